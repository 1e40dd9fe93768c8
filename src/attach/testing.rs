//! A door for the tests: the rewriter as Python sees it.
//!
//! In: a code object. Out: a new one. Never here: anything the product uses.

use pyo3::{exceptions::PyValueError, prelude::*, types::PyCode};

use super::code;
use crate::bytecode::Shape;

/// Adds the door's functions to the extension module.
///
/// # Errors
/// When Python refuses one.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(rewrite, module)?)
}

/// `code` with `hook` in it, in the shape `entry` or `token`. `want`: indexes of parameters, `None` for all.
///
/// # Errors
/// `ValueError` that says what is not understood.
#[pyfunction]
#[pyo3(name = "_rewrite", signature = (code, hook, shape, want))]
pub fn rewrite<'py>(
    code: &Bound<'py, PyCode>,
    hook: &Bound<'py, PyAny>,
    shape: &str,
    want: Option<Vec<u16>>,
) -> PyResult<Bound<'py, PyCode>> {
    let shape = match shape {
        "entry" => Shape::Entry,
        "token" => Shape::Token,
        other => return Err(PyValueError::new_err(format!("shape `{other}`, expected `entry` or `token`"))),
    };
    let want = match want {
        Some(want) => want,
        None => (0..u16::try_from(code::read(code)?.parameters())?).collect(),
    };
    Ok(code::rewritten(code, shape, &want, hook)?)
}
