//! What surrounds a firing: an exception's message, the call depth, the running thread's name.
//!
//! In: an exception, a frame, the running thread. Out: borrowed objects, numbers, text. Never here: `str(exception)`, a
//! call into `threading`.

#[cfg(not(Py_3_13))]
use std::ffi::c_int;

use pyo3::ffi;
#[cfg(Py_3_13)]
use pyo3::ffi::Py_IsFinalizing;
use waspect_abi::Code;

use super::layout::{class_of, part, tuple};
use super::{CPython, Frame, Name, Obj, scalar};
use crate::introspect::{DEPTH_MAX, Introspect};

/// A thread's name is cut at so many bytes.
const THREAD_NAME_BYTES_MAX: usize = 128;

/// `args[0]`, if it is exactly a str.
pub(super) fn message(o: Obj) -> Result<Obj, Code> {
    if !class_of(o).has(ffi::Py_TPFLAGS_BASE_EXC_SUBCLASS) {
        return Err(Code::Kind);
    }
    // SAFETY: a live exception, as its class says.
    let args = part(unsafe { (*o.as_ptr().cast::<ffi::PyBaseExceptionObject>()).args });
    let first =
        args.filter(|args| class_of(*args).is(&raw const ffi::PyTuple_Type)).and_then(|args| tuple(args).first());
    let first = first.copied().flatten().ok_or(Code::Absent)?;
    if class_of(first).is(&raw const ffi::PyUnicode_Type) { Ok(first) } else { Err(Code::Absent) }
}

/// The line that the newest entry of an exception's traceback has for this frame.
pub(super) fn raised_line(frame: Frame, exception: Obj) -> i32 {
    if !class_of(exception).has(ffi::Py_TPFLAGS_BASE_EXC_SUBCLASS) {
        return -1;
    }
    // SAFETY: a live exception, as its class says.
    let traceback = part(unsafe { (*exception.as_ptr().cast::<ffi::PyBaseExceptionObject>()).traceback });
    let Some(traceback) = traceback.filter(|t| class_of(*t).is(&raw const ffi::PyTraceBack_Type)) else { return -1 };
    // SAFETY: a live traceback: behind its head the next one, the frame, and the instruction as an int.
    let (of, offset) = unsafe {
        let parts = traceback.as_ptr().add(1).cast::<*mut ffi::PyObject>();
        (part(parts.add(1).read()), parts.add(2).cast::<i32>().read())
    };
    if of.is_some_and(|of| frame.is_of(of)) { super::frame::line_at(frame, offset) } else { -1 }
}

/// Frames below this one.
pub(super) fn depth(frame: Frame) -> i32 {
    let below = std::iter::successors(frame.previous(), |frame| frame.previous());
    i32::try_from(below.take(usize::try_from(DEPTH_MAX).unwrap_or(0)).count()).unwrap_or(DEPTH_MAX)
}

#[cfg(not(Py_3_13))]
unsafe extern "C" {
    /// The name that `Py_IsFinalizing` had before it was public.
    #[link_name = "_Py_IsFinalizing"]
    fn Py_IsFinalizing() -> c_int;
}

/// `sys.modules` itself, not through `sys`; `None` once the interpreter takes itself apart, for then the dict goes while
/// destructors still run, and asking for it would end the process.
pub fn modules() -> Option<Obj> {
    // SAFETY: the GIL is held; the interpreter keeps `sys.modules` while it runs.
    unsafe { if Py_IsFinalizing() == 0 { part(ffi::PyImport_GetModuleDict()) } else { None } }
}

/// `threading._active[get_ident()]._name`, read as data.
pub(super) fn thread_name() -> Option<String> {
    // SAFETY: the GIL is held.
    let ident = unsafe { ffi::PyThread_get_thread_ident() };
    let threading = CPython::key(modules()?, &Name::new("threading")).ok()?;
    let active = CPython::attr(threading, &Name::new("_active")).ok()?;
    let thread = CPython::index(active, i64::try_from(ident).ok()?).ok()?;
    let name = CPython::attr(thread, &Name::new("_name")).ok()?;
    let mut text = Vec::new();
    scalar::text(name, THREAD_NAME_BYTES_MAX, &mut text);
    String::from_utf8(text).ok().filter(|text| !text.is_empty())
}
