//! The extension module: the only door between Python and the rooms.

use pyo3::prelude::*;

#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(crate::attach::testing::rewrite, module)?)
}
