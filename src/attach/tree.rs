//! Code trees: a module's or function's code object and the code constants inside it, at any depth.
//!
//! In: a code object. Out: what is inside it, or a copy with something else inside. Never here: a function object, a change
//! to a code object that exists.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyDict, PyTuple};

use super::visit;

const FUNCTION: i32 = pyo3::ffi::CO_OPTIMIZED | pyo3::ffi::CO_NEWLOCALS;

/// The code constants of a code object, with their index.
pub(super) fn code_constants<'py>(code: &Bound<'py, PyAny>) -> Vec<(usize, Bound<'py, PyCode>)> {
    let Some(constants) = constants(code) else { return Vec::new() };
    let codes = constants.iter().enumerate().filter(|(_, c)| c.is_exact_instance_of::<PyCode>());
    codes.filter_map(|(index, c)| Some((index, c.cast_into().ok()?))).collect()
}

/// The code constant at an index.
pub(super) fn constant<'py>(code: &Bound<'py, PyCode>, index: usize) -> Option<Bound<'py, PyCode>> {
    constants(code)?.get_item(index).ok()?.cast_into::<PyCode>().ok()
}

/// A copy with other constants at some indexes.
///
/// # Errors
/// When an audit hook refuses the new code object.
pub(super) fn with_constants<'py>(
    code: &Bound<'py, PyCode>,
    changed: impl Iterator<Item = (usize, Bound<'py, PyCode>)>,
) -> PyResult<Bound<'py, PyCode>> {
    let py = code.py();
    let mut all: Vec<_> = constants(code).iter().flatten().collect();
    changed.for_each(|(index, new)| all[index] = new.into_any());
    let arguments = PyDict::new(py);
    arguments.set_item(intern!(py, "co_consts"), PyTuple::new(py, all)?)?;
    Ok(code.call_method(intern!(py, "replace"), (), Some(&arguments))?.cast_into()?)
}

/// Whether this is the code of a function: no module, no class body.
pub(super) fn is_function(code: &Bound<'_, PyAny>) -> bool {
    let flags = visit::own(code, intern!(code.py(), "co_flags")).and_then(|f| f.extract::<i32>().ok());
    flags.is_some_and(|f| f & FUNCTION == FUNCTION)
}

/// Whether a qualified name ends in a name: not `<lambda>`, `<listcomp>`, `<module>`.
pub(super) fn is_named(qualname: &str) -> bool {
    !qualname.rsplit('.').next().is_some_and(|last| last.starts_with('<'))
}

fn constants<'py>(code: &Bound<'py, PyAny>) -> Option<Bound<'py, PyTuple>> {
    visit::own(code, intern!(code.py(), "co_consts"))?.cast_into::<PyTuple>().ok()
}
