//! The extension module: the only door.
//!
//! In: calls from Python. Out: Python values. Never here: work; each call is handed to its room.

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    crate::attach::testing::add_to(module)
}
