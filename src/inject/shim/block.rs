//! What the shim and the command that brings it both read and write: one block of shared memory.
//!
//! In: nothing. Out: the block's form. Never here: a pointer that only one of the two processes understands, other than
//! the target's own addresses, as plain numbers.

use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};

pub const AGENT_BYTES_MAX: usize = 4 << 10;
pub const SOURCE_BYTES_MAX: usize = 64 << 10;
pub const SAID_BYTES_MAX: usize = 4 << 10;

/// A command that has not looked for so long is gone, and then nothing may begin either.
#[allow(dead_code, reason = "only the shim keeps it")]
pub(super) const LEASE_SECONDS: u64 = 3;

/// How far the shim's thread is. From `DONE` on it is over, and the numbers say how it ended.
#[allow(dead_code, reason = "the shim never sees the state it is sent in")]
pub mod state {
    pub const SENT: u32 = 0;
    pub const STARTED: u32 = 1;
    /// The agent is loaded; what is missing is the interpreter's lock.
    pub const WAITING: u32 = 2;
    /// Python code runs.
    pub const RUNNING: u32 = 3;
    pub const DONE: u32 = 16;
    pub const NOT_INITIALISED: u32 = 17;
    pub const FINALIZING: u32 = 18;
    /// `said` has the loader's reason.
    pub const AGENT_REFUSED: u32 = 19;
    /// `said` has the exception.
    pub const RAISED: u32 = 20;
    pub const CANCELLED: u32 = 21;
}

macro_rules! calls {
    ($($name:ident)*) => {
        /// Where in the target the functions are that the shim calls: it looks nothing up and is linked to nothing.
        #[repr(C)]
        #[allow(non_snake_case, reason = "the functions' own names")]
        #[derive(Clone, Copy, Debug, Default)]
        pub(super) struct Calls { $(pub $name: usize,)* }
        /// Their names, in the same order.
        #[allow(dead_code, reason = "the shim needs only the addresses")]
        pub const NAMES: &[&str] = &[$(stringify!($name),)*];
    };
}

calls! {
    syscall munmap dlopen dlerror dlclose dladdr1 pthread_self pthread_detach
    Py_IsInitialized Py_IsFinalizing PyGILState_Ensure PyGILState_Release PyDict_New PyDict_SetItemString
    PyEval_GetBuiltins PyUnicode_FromString PyUnicode_DecodeFSDefault PyUnicode_AsUTF8 Py_CompileString PyEval_EvalCode
    PyErr_Fetch PyErr_NormalizeException PyErr_Clear PyExceptionClass_Name PyObject_Str Py_DecRef
}

#[repr(C)]
pub(super) struct Block {
    pub state: AtomicU32,
    /// Not zero: nobody waits any more, so nothing may run that has not begun.
    pub cancelled: AtomicU32,
    /// When the command last looked, in seconds of the calendar's clock, the one that is the same in every namespace.
    pub looked: AtomicU64,
    pub calls: Calls,
    /// Where `pthread_create` puts the thread.
    pub thread: usize,
    /// The three texts end with a zero byte.
    pub said: [AtomicU8; SAID_BYTES_MAX],
    pub agent: [u8; AGENT_BYTES_MAX],
    pub source: [u8; SOURCE_BYTES_MAX],
}
