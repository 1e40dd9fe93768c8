//! Exceptions of the Python package, by name.
//!
//! In: a class's name, a message, a hint. Out: an exception. Never here: an exception on the fire path.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// An instance of `waspect.errors.NAME`.
pub(super) fn raise(py: Python<'_>, name: &str, message: &str, hint: Option<&str>) -> PyErr {
    let class = py.import("waspect.errors").and_then(|errors| errors.getattr(name));
    match class.and_then(|class| class.call1((message, hint))) {
        Ok(error) => PyErr::from_value(error),
        // The package is not importable where the CLI brought only the extension.
        Err(_) => PyRuntimeError::new_err(format!("{name}: {message}")),
    }
}

/// The class for a stage of the load path.
pub(super) fn of_stage(stage: &str) -> &'static str {
    match stage {
        "spec" => "SpecError",
        "module" => "ModuleError",
        "attach" => "AttachError",
        "policy" => "PolicyError",
        "engine" => "EngineError",
        _ => "CompileError",
    }
}
