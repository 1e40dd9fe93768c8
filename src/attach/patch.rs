//! The patch: the only writer of a function's code.
//!
//! In: a function, the code it has and the code it shall have. Out: the function with that code, as fast to call as
//! before. Never here: a write when the function has another code than expected; it is somebody else's then.
//!
//! On CPython 3.13 assigning `__code__` clears the function's version for ever, and with it the specialised call. The
//! version is given back under the rule that makes it true again: it is the version of the code that is there now, and
//! it was valid before. Assignment and write are one step under the interpreter lock.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyFunction};

use super::visit;

/// Gives `function` the code `new` if it has `old`; false when it has another by now.
///
/// # Errors
/// When an audit hook refuses the assignment.
pub(super) fn swap(
    function: &Bound<'_, PyFunction>,
    old: &Bound<'_, PyCode>,
    new: &Bound<'_, PyCode>,
) -> PyResult<bool> {
    let py = function.py();
    if !visit::code(function).is(old) {
        return Ok(false);
    }
    let version = version::of(function, old);
    function.setattr(intern!(py, "__code__"), new)?;
    version::give_back(function, new, version);
    copy_local_events(py, old, new);
    Ok(true)
}

/// Local events of `sys.monitoring` belong to a code object: coverage and debuggers keep theirs.
#[cfg(Py_3_12)]
fn copy_local_events(py: Python<'_>, old: &Bound<'_, PyCode>, new: &Bound<'_, PyCode>) {
    const TOOLS: u8 = 6;
    let Some(monitoring) = visit::sys(py, c"monitoring") else { return };
    for tool in 0..TOOLS {
        let used = monitoring.call_method1(intern!(py, "get_tool"), (tool,));
        if used.is_ok_and(|name| !name.is_none()) {
            let events = monitoring.call_method1(intern!(py, "get_local_events"), (tool, old));
            let events = events.and_then(|e| e.extract::<u32>()).unwrap_or(0);
            if events != 0 {
                // A tool that refuses keeps its events on the old code; the function is attached all the same.
                drop(monitoring.call_method1(intern!(py, "set_local_events"), (tool, new, events)));
            }
        }
    }
}

#[cfg(not(Py_3_12))]
fn copy_local_events(_: Python<'_>, _: &Bound<'_, PyCode>, _: &Bound<'_, PyCode>) {}

#[cfg(Py_3_13)]
mod version {
    use std::sync::OnceLock;

    use pyo3::prelude::*;
    use pyo3::types::{PyCode, PyFunction};

    /// Where CPython 3.13 keeps them, checked at first use.
    const FUNCTION_VERSION: usize = 136;
    const CODE_VERSION: usize = 92;

    fn read(object: &Bound<'_, PyAny>, offset: usize) -> u32 {
        // SAFETY: a function is longer than 140 bytes and a code object longer than 96; both are alive, aligned, and
        // hold a u32 there in the version this extension is built for.
        unsafe { object.as_ptr().byte_add(offset).cast::<u32>().read() }
    }

    /// The function's version, if it is valid and the one of its code.
    pub(super) fn of(function: &Bound<'_, PyFunction>, code: &Bound<'_, PyCode>) -> Option<u32> {
        let version = read(function, FUNCTION_VERSION);
        (version != 0 && version == read(code, CODE_VERSION)).then_some(version)
    }

    /// Makes the version that of the code the function has now. A version that was cleared stays cleared: somebody may
    /// have changed what specialised calls do not look at.
    pub(super) fn give_back(function: &Bound<'_, PyFunction>, code: &Bound<'_, PyCode>, had: Option<u32>) {
        let version = read(code, CODE_VERSION);
        if had.is_some() && version != 0 && offsets_hold(function.py()) {
            write(function, version);
        }
    }

    fn write(function: &Bound<'_, PyFunction>, version: u32) {
        // SAFETY: as in `read`; the field belongs to the function alone and the lock is held.
        unsafe { function.as_ptr().byte_add(FUNCTION_VERSION).cast::<u32>().write(version) }
    }

    /// A fresh function has its code's version, and loses it when its code is assigned; otherwise the offsets are wrong
    /// and only speed is lost.
    fn offsets_hold(py: Python<'_>) -> bool {
        static HOLD: OnceLock<bool> = OnceLock::new();
        if let Some(hold) = HOLD.get() {
            return *hold;
        }
        // Not inside: Python code may let another thread run, which would wait here, and with it the lock.
        let found = check(py).unwrap_or(false);
        *HOLD.get_or_init(|| found)
    }

    fn check(py: Python<'_>) -> PyResult<bool> {
        let fresh = py.eval(c"lambda: 0", None, None)?;
        let code = fresh.getattr("__code__")?;
        let before = read(&fresh, FUNCTION_VERSION);
        let same = before != 0 && before == read(&code, CODE_VERSION);
        fresh.setattr("__code__", &code)?;
        Ok(same && read(&fresh, FUNCTION_VERSION) == 0)
    }
}

/// 3.11 and 3.12 hand out a fresh version at the next call by themselves.
#[cfg(not(Py_3_13))]
mod version {
    use pyo3::prelude::*;
    use pyo3::types::{PyCode, PyFunction};

    pub(super) fn of(_: &Bound<'_, PyFunction>, _: &Bound<'_, PyCode>) -> Option<u32> {
        None
    }
    pub(super) fn give_back(_: &Bound<'_, PyFunction>, _: &Bound<'_, PyCode>, _: Option<u32>) {}
}
