//! Where CPython keeps what runs: the frames of a thread, their code, its context; private layouts like those of `layout`.
//!
//! In: a thread's state. Out: its frame and context, and their parts. Never here: a decision about what a part means.

use std::ffi::{c_int, c_void};
use std::mem::offset_of;

use pyo3::ffi::{self, PyObject, PyVarObject};

#[repr(C)]
pub(super) struct InterpreterFrame {
    #[cfg(not(Py_3_12))]
    pub(super) func: *mut PyObject,
    #[cfg(Py_3_12)]
    pub(super) code: *mut PyObject,
    #[cfg(Py_3_12)]
    pub(super) previous: *mut InterpreterFrame,
    #[cfg(Py_3_12)]
    pub(super) func: *mut PyObject,
    pub(super) globals: *mut PyObject,
    pub(super) builtins: *mut PyObject,
    pub(super) locals: *mut PyObject,
    #[cfg(not(Py_3_12))]
    pub(super) code: *mut PyObject,
    pub(super) frame_obj: *mut PyObject,
    #[cfg(not(Py_3_12))]
    pub(super) previous: *mut InterpreterFrame,
    /// 3.11, 3.12: the unit before the next instruction. 3.13: the instruction itself.
    pub(super) instruction: *const u16,
    pub(super) stacktop: c_int,
    #[cfg(not(Py_3_12))]
    pub(super) is_entry: bool,
    #[cfg(Py_3_12)]
    pub(super) return_offset: u16,
    pub(super) owner: u8,
    pub(super) localsplus: [*mut PyObject; 1],
}

/// `owner` of a generator's or coroutine's frame, which lies inside it.
pub(super) const OWNED_BY_GENERATOR: u8 = 1;
/// `owner` of a frame that stands for C code (3.12+).
pub(super) const OWNED_BY_CSTACK: u8 = 3;

#[repr(C)]
pub(super) struct CodeHead {
    head: PyVarObject,
    consts: *mut PyObject,
    names: *mut PyObject,
    exceptiontable: *mut PyObject,
    pub(super) flags: c_int,
    #[cfg(not(Py_3_12))]
    warmup_and_linearray: [i16; 2],
    pub(super) argcount: c_int,
    pub(super) posonlyargcount: c_int,
    pub(super) kwonlyargcount: c_int,
    stacksize: c_int,
    pub(super) firstlineno: c_int,
    pub(super) nlocalsplus: c_int,
    #[cfg(Py_3_12)]
    framesize: c_int,
    nlocals: c_int,
    #[cfg(not(Py_3_12))]
    nplaincellvars: c_int,
    ncellvars: c_int,
    pub(super) nfreevars: c_int,
    #[cfg(Py_3_12)]
    version: u32,
    pub(super) localsplusnames: *mut PyObject,
    pub(super) localspluskinds: *mut PyObject,
    pub(super) filename: *mut PyObject,
    pub(super) name: *mut PyObject,
    pub(super) qualname: *mut PyObject,
    pub(super) linetable: *mut PyObject,
}

/// Where a code object's instructions begin.
pub(super) const CODE_UNITS: usize = match (cfg!(Py_3_13), cfg!(Py_3_12)) {
    (true, _) => 200,
    (_, true) => 192,
    _ => 184,
};

/// Where a code object keeps the number of its first instruction that counts as its function's own.
pub(super) const FIRST_TRACEABLE: usize = CODE_UNITS - 16;

/// Where a generator keeps its state, and its frame.
pub(super) const GENERATOR_STATE: usize = if cfg!(Py_3_12) { 67 } else { 75 };
pub(super) const GENERATOR_FRAME: usize = if cfg!(Py_3_12) { 72 } else { 80 };

/// What each place of `localsplus` is.
pub(super) const FAST_HIDDEN: u8 = 0x10;
pub(super) const FAST_CELL: u8 = 0x40;
pub(super) const FAST_FREE: u8 = 0x80;

/// The frame that a thread runs.
///
/// # Safety
/// `thread` is the calling thread's state.
#[inline]
pub(super) unsafe fn running(thread: *mut ffi::PyThreadState) -> *mut InterpreterFrame {
    // SAFETY: by contract.
    unsafe { running_place(thread).read() }
}

/// Where a thread's state says which frame it runs.
///
/// # Safety
/// `thread` is the calling thread's state.
#[inline]
pub(super) unsafe fn running_place(thread: *mut ffi::PyThreadState) -> *mut *mut InterpreterFrame {
    const CFRAME: usize = 56;
    const CURRENT_IN_CFRAME: usize = if cfg!(Py_3_12) { 0 } else { 8 };
    const CURRENT: usize = 72;
    let thread = thread.cast::<u8>();
    // SAFETY: offsets of `struct _ts` and `_PyCFrame`; both are live while the thread runs.
    unsafe {
        if cfg!(Py_3_13) {
            return thread.add(CURRENT).cast();
        }
        thread.add(CFRAME).cast::<*mut u8>().read().add(CURRENT_IN_CFRAME).cast()
    }
}

/// The context that a thread runs in; null before it has one.
///
/// # Safety
/// `thread` is the calling thread's state.
#[inline]
pub(super) unsafe fn running_context(thread: *mut ffi::PyThreadState) -> *mut PyObject {
    const CONTEXT: usize = if cfg!(Py_3_12) { 208 } else { 224 };
    // SAFETY: the offset of `struct _ts`, which is live while the thread runs.
    unsafe { thread.cast::<u8>().add(CONTEXT).cast::<*mut PyObject>().read() }
}

/// What a weak reference refers to; None when that is gone.
///
/// # Safety
/// `weak` is a live `weakref.ref`.
#[inline]
pub(super) unsafe fn weakly(weak: *mut PyObject) -> *mut PyObject {
    // SAFETY: the target is the first field behind the head.
    unsafe { weak.add(1).cast::<*mut PyObject>().read() }
}

/// What a capsule holds.
///
/// # Safety
/// `capsule` is a live `PyCapsule`.
#[inline]
pub(super) unsafe fn capsuled(capsule: *mut PyObject) -> *mut c_void {
    // SAFETY: the pointer is the first field behind the head.
    unsafe { capsule.add(1).cast::<*mut c_void>().read() }
}

const _: () = {
    assert!(offset_of!(InterpreterFrame, localsplus) == 72);
    assert!(offset_of!(CodeHead, localsplusnames) == 96);
    assert!(offset_of!(CodeHead, linetable) == 136);
};
