//! The script: `__main__` as C starts it (`python app.py`, `-c`, stdin), which no Python function ever returns.
//!
//! In: a [`Watch`], armed before the script starts. Out: the script's own functions rewritten before its first line
//! runs. Never here: anything after that line; the profile function takes itself out at the first frame of `__main__`.

use std::cell::RefCell;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyString, PyTuple};

use super::gil::Gil;
use super::pending::{Watch, frame_module};
use super::visit;

/// Who waits for the script. Once it is `None`, the profile function takes itself out when it is next called.
static ARMED: Gil<RefCell<Option<Arc<Watch>>>> = Gil::new(RefCell::new(None));

/// Waits for the script on this thread, which must be the main one, before it starts. False if a profile function is
/// set already or setting one was refused: then the script's functions are found once they are loaded.
pub(super) fn arm(py: Python<'_>, watch: Arc<Watch>) -> bool {
    if profile_function_set(py) {
        return false;
    }
    // What was armed before goes when nothing is borrowed any more.
    drop(ARMED.get(py).replace(Some(watch)));
    // SAFETY: the GIL is held; `on_event` lives as long as this library, which is never unloaded.
    unsafe { ffi::PyEval_SetProfile(Some(on_event), std::ptr::null_mut()) };
    true
}

/// Stops waiting. From another thread than the one that waits, the profile function goes at that thread's next call.
pub(super) fn disarm(py: Python<'_>) {
    let watch = ARMED.get(py).take();
    if watch.is_some() {
        unset(py);
    }
}

fn unset(py: Python<'_>) {
    if !profile_function_set(py) {
        // SAFETY: the GIL is held. This thread's profile function is ours or none: `sys.setprofile` was not used.
        unsafe { ffi::PyEval_SetProfile(None, std::ptr::null_mut()) };
    }
}

/// Whether Python code set one; ours has no object and shows as None.
fn profile_function_set(py: Python<'_>) -> bool {
    let get = super::walk::global(py, "sys", "getprofile");
    !get.and_then(|g| g.call0().ok()).is_some_and(|p| p.is_none())
}

unsafe extern "C" fn on_event(
    _: *mut ffi::PyObject,
    frame: *mut ffi::PyFrameObject,
    what: c_int,
    _: *mut ffi::PyObject,
) -> c_int {
    if what == ffi::PyTrace_CALL {
        // SAFETY: the interpreter calls this with the GIL held and a live frame.
        let (py, frame) = unsafe {
            let py = Python::assume_attached();
            (py, Bound::from_borrowed_ptr(py, frame.cast()))
        };
        // A panic must not cross into C; the script then runs as if nobody had waited.
        let _ = catch_unwind(AssertUnwindSafe(|| on_call(py, &frame)));
    }
    0
}

fn on_call(py: Python<'_>, frame: &Bound<'_, PyAny>) {
    let is_armed = ARMED.get(py).borrow().is_some();
    if is_armed && !is_main_module(frame) {
        return;
    }
    let watch = ARMED.get(py).take();
    unset(py);
    // Called from Python code, it is `runpy`'s: its code came through a loader and has been seen.
    let is_outermost = visit::own(frame, intern!(py, "f_back")).is_some_and(|back| back.is_none());
    if let (Some(watch), Some(code), true) = (watch, visit::own(frame, intern!(py, "f_code")), is_outermost)
        && let Some(new) = (watch.transform)(&["__main__"], &code)
    {
        take_constants(&code, new.bind(py));
    }
}

fn is_main_module(frame: &Bound<'_, PyAny>) -> bool {
    let py = frame.py();
    let name = visit::own(frame, intern!(py, "f_code")).and_then(|c| visit::own(&c, intern!(py, "co_name")));
    let is_module = name.is_some_and(|n| n.cast_exact::<PyString>().is_ok_and(|n| visit::is_text(n, "<module>")));
    is_module && frame_module(frame).as_deref() == Some("__main__")
}

/// Puts the code constants of `new` into `code`, which is about to run and cannot be exchanged itself.
fn take_constants(code: &Bound<'_, PyAny>, new: &Bound<'_, PyAny>) {
    let py = code.py();
    let constants = |c| visit::own(c, intern!(py, "co_consts")).and_then(|t| t.cast_into_exact::<PyTuple>().ok());
    let (Some(old), Some(new)) = (constants(code), constants(new)) else { return };
    // Shared with nobody: one reference is the code's, one is `old`.
    // SAFETY: reads a count, with the GIL held.
    let owners = unsafe { ffi::Py_REFCNT(old.as_ptr()) };
    if owners != 2 || old.len() != new.len() {
        return;
    }
    let codes = new.iter().enumerate().filter(|(_, c)| c.is_exact_instance_of::<PyCode>());
    codes.for_each(|(index, constant)| set_item(&old, index, constant));
}

fn set_item(tuple: &Bound<'_, PyTuple>, index: usize, value: Bound<'_, PyAny>) {
    // SAFETY: `index` is within the tuple, whose only other owner is a code object of which no instruction but its
    // RESUME has run: the interpreter reads `co_consts` item by item at each LOAD_CONST and keeps no copy, nobody has
    // hashed or compared the code, and the GIL is held. The slot owned its old item and owns the new one after.
    let old = unsafe {
        let items = (&raw mut (*tuple.as_ptr().cast::<ffi::PyTupleObject>()).ob_item).cast::<*mut ffi::PyObject>();
        Bound::from_owned_ptr(tuple.py(), std::ptr::replace(items.add(index), value.into_ptr()))
    };
    drop(old);
}
