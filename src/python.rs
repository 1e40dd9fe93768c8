//! The extension module: the only door by which Python enters.
use pyo3::prelude::*;

use pyo3::types::PyBytes;

use crate::compiler::{self, CompilerError, Source};
use crate::seal;

/// Text or wasm to an artifact, in a process that the application never sees. Other threads run meanwhile.
#[pyfunction]
fn compile<'py>(
    py: Python<'py>,
    compiler: std::path::PathBuf,
    source: Vec<u8>,
    name: &str,
    at: Vec<String>,
) -> PyResult<Bound<'py, PyBytes>> {
    let source = Source { name, bytes: &source, at: &at };
    let made = py.detach(|| compiler::compile(&compiler, source, compiler::WALL));
    let artifact = made.map_err(|e| refused(py, &e))?;
    let lent = seal::lend(&artifact).map_err(|e| raised(py, "CompileError", &e.to_string(), Some(e.hint())))?;
    Ok(PyBytes::new(py, &lent))
}

/// The `waspect` binary that started this process, if one did.
#[pyfunction]
fn handed_compiler() -> Option<&'static std::path::Path> {
    compiler::handed()
}

fn refused(py: Python<'_>, error: &CompilerError) -> PyErr {
    let class = match error.stage() {
        "spec" => "SpecError",
        "module" => "ModuleError",
        _ => "CompileError",
    };
    raised(py, class, &error.to_string(), error.hint())
}

/// One of the classes in `waspect.errors`, by name.
fn raised(py: Python<'_>, class: &str, message: &str, hint: Option<&str>) -> PyErr {
    let made = py.import("waspect.errors").and_then(|errors| errors.getattr(class)?.call1((message, hint)));
    made.map_or_else(|e| e, PyErr::from_value)
}

#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(crate::attach::testing::rewrite, module)?)?;
    module.add_function(wrap_pyfunction!(compile, module)?)?;
    module.add_function(wrap_pyfunction!(handed_compiler, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    crate::introspect::testing::add_to(module)
}
