//! The extension module: the only door by which Python enters.
//!
//! In: calls from Python. Out: Python objects and exceptions. Never here: work; every function hands on to its room.

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    crate::introspect::testing::add_to(module)
}
