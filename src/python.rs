//! The extension module: the only door by which Python enters.
use pyo3::prelude::*;

#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(crate::attach::testing::rewrite, module)?)?;
    crate::introspect::testing::add_to(module)
}
