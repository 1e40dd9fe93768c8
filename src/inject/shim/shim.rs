//! The shim: a few hundred instructions that the target loads as a shared object, and one thread that runs them once.
//!
//! In: a [`Block`]. Out: the agent loaded, a piece of Python run, the outcome in the block. Never here: a library (all
//! that is called comes as an address), a lookup, a static that is written, Python on any thread but its own.
//!
//! When the thread ends, the block is unmapped and the shim unloads itself: its last instruction is a jump into `dlclose`,
//! so that no code of it is left to return to.

#![no_std]
#![no_main]

mod block;

use core::ffi::{CStr, c_char, c_int, c_long, c_void};
use core::mem::{size_of, transmute};
use core::ptr::null_mut;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use block::{Block, Calls, LEASE_SECONDS, SAID_BYTES_MAX, state};

type Object = *mut c_void;

const SYS_CLOCK_GETTIME: c_long = 228;
const CLOCK_REALTIME: c_long = 0;
const RTLD_NOW: c_int = 2;
const RTLD_DL_LINKMAP: c_int = 2;
const PY_FILE_INPUT: c_int = 257;

/// A function of the target by its type.
macro_rules! call {
    ($calls:expr, $name:ident($($arg:expr => $of:ty),*) $(-> $out:ty)?) => {{
        // SAFETY: the command found this address under this name in the target, and the type is the one of its header.
        let function: unsafe extern "C" fn($($of),*) $(-> $out)? = unsafe { transmute($calls.$name) };
        // SAFETY: as each place says that passes something other than numbers and its own objects.
        unsafe { function($($arg),*) }
    }};
}

/// What is left to do when nothing of the shim may be on the stack any more.
#[repr(C)]
struct Last {
    handle: *mut c_void,
    dlclose: usize,
}

/// The thread's start routine, and the object's entry point.
///
/// # Safety
/// `pthread_create` calls it, with a block that nobody unmaps.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn waspect_enter(block: *mut Block) {
    core::arch::naked_asm!(
        "sub rsp, 8",
        "call {main}",
        "add rsp, 8",
        "mov rdi, rax",
        "jmp rdx",
        main = sym main,
    )
}

extern "C" fn main(block: *mut Block) -> Last {
    // SAFETY: see `waspect_enter`; the reference ends before the block is unmapped.
    let (end, calls) = unsafe { (run(&*block), &(*block).calls) };
    let (munmap, dlclose, handle) = (calls.munmap, calls.dlclose, own_handle(calls));
    // SAFETY: as above.
    unsafe { (*block).state.store(end, Release) };
    // SAFETY: `munmap` by its own type; nobody in this process has the block but this thread, which is done with it.
    unsafe {
        let munmap: unsafe extern "C" fn(*mut c_void, usize) -> c_int = transmute(munmap);
        munmap(block.cast(), size_of::<Block>());
    }
    Last { handle, dlclose }
}

/// What `dlopen` gave for this object.
fn own_handle(calls: &Calls) -> *mut c_void {
    let (mut info, mut handle) = ([0usize; 4], null_mut::<c_void>());
    let here = main as *const c_void;
    call!(calls, dladdr1(here => *const c_void, info.as_mut_ptr() => *mut usize, &raw mut handle => *mut *mut c_void, RTLD_DL_LINKMAP => c_int) -> c_int);
    handle
}

/// Gives the state it ends in.
fn run(block: &Block) -> u32 {
    let calls = &block.calls;
    block.state.store(state::STARTED, Release);
    let own = call!(calls, pthread_self() -> usize);
    call!(calls, pthread_detach(own => usize) -> c_int);
    if call!(calls, Py_IsInitialized() -> c_int) == 0 {
        return state::NOT_INITIALISED;
    }
    // Before the interpreter's lock is taken: loading takes milliseconds.
    if block.agent[0] != 0 && !load(block) {
        return state::AGENT_REFUSED;
    }
    block.state.store(state::WAITING, Release);
    if call!(calls, Py_IsFinalizing() -> c_int) != 0 {
        return state::FINALIZING;
    }
    let held = call!(calls, PyGILState_Ensure() -> c_int);
    let end = with_interpreter(block);
    call!(calls, PyGILState_Release(held => c_int));
    end
}

fn load(block: &Block) -> bool {
    let agent = call!(block.calls, dlopen(text(&block.agent) => *const c_char, RTLD_NOW => c_int) -> *mut c_void);
    if agent.is_null() {
        say(block, 0, call!(block.calls, dlerror() -> *const c_char));
    }
    !agent.is_null()
}

fn with_interpreter(block: &Block) -> u32 {
    if block.cancelled.load(Acquire) != 0 || is_forgotten(block) {
        return state::CANCELLED;
    }
    block.state.store(state::RUNNING, Release);
    if execute(block) {
        return state::DONE;
    }
    complain(block);
    state::RAISED
}

/// The interpreter's lock may have taken long, and the command may have been ended meanwhile.
fn is_forgotten(block: &Block) -> bool {
    let mut now = [0u64; 2];
    call!(block.calls, syscall(SYS_CLOCK_GETTIME => c_long, CLOCK_REALTIME => c_long, now.as_mut_ptr() => *mut u64) -> c_long);
    now[0] > block.looked.load(Acquire) + LEASE_SECONDS
}

/// Runs the source in a namespace of its own: `agent` is the path, nothing else is there.
fn execute(block: &Block) -> bool {
    let calls = &block.calls;
    let space = call!(calls, PyDict_New() -> Object);
    let builtins = call!(calls, PyEval_GetBuiltins() -> Object);
    let name = call!(calls, PyUnicode_FromString(c"_waspect_boot".as_ptr() => *const c_char) -> Object);
    let agent = call!(calls, PyUnicode_DecodeFSDefault(text(&block.agent) => *const c_char) -> Object);
    let is_set = !space.is_null()
        && set(calls, space, c"__builtins__", builtins)
        && set(calls, space, c"__name__", name)
        && set(calls, space, c"agent", agent);
    let done = is_set && evaluate(block, space);
    for object in [name, agent, space] {
        call!(calls, Py_DecRef(object => Object));
    }
    done
}

fn set(calls: &Calls, space: Object, name: &CStr, value: Object) -> bool {
    !value.is_null()
        && call!(calls, PyDict_SetItemString(space => Object, name.as_ptr() => *const c_char, value => Object) -> c_int)
            == 0
}

fn evaluate(block: &Block, space: Object) -> bool {
    let calls = &block.calls;
    let file = c"<waspect>".as_ptr();
    let code = call!(calls, Py_CompileString(text(&block.source) => *const c_char, file => *const c_char, PY_FILE_INPUT => c_int) -> Object);
    if code.is_null() {
        return false;
    }
    let value = call!(calls, PyEval_EvalCode(code => Object, space => Object, space => Object) -> Object);
    call!(calls, Py_DecRef(code => Object));
    call!(calls, Py_DecRef(value => Object));
    !value.is_null()
}

/// Takes the exception that is set and leaves it as `Type: text`.
fn complain(block: &Block) {
    let calls = &block.calls;
    let (mut kind, mut value, mut trace) = (null_mut(), null_mut(), null_mut());
    call!(calls, PyErr_Fetch(&raw mut kind => *mut Object, &raw mut value => *mut Object, &raw mut trace => *mut Object));
    call!(calls, PyErr_NormalizeException(&raw mut kind => *mut Object, &raw mut value => *mut Object, &raw mut trace => *mut Object));
    if !kind.is_null() {
        let at = say(block, 0, call!(calls, PyExceptionClass_Name(kind => Object) -> *const c_char));
        let shown = call!(calls, PyObject_Str(value => Object) -> Object);
        if !shown.is_null() {
            let at = say(block, at, c": ".as_ptr());
            say(block, at, call!(calls, PyUnicode_AsUTF8(shown => Object) -> *const c_char));
        }
        call!(calls, Py_DecRef(shown => Object));
    }
    call!(calls, PyErr_Clear());
    for object in [kind, value, trace] {
        call!(calls, Py_DecRef(object => Object));
    }
}

/// Copies a C string into the block from `at` on, as much as there is room for; gives where it ends.
fn say(block: &Block, at: usize, what: *const c_char) -> usize {
    let mut end = at;
    let mut from = what.cast::<u8>();
    // SAFETY: a null-terminated text, or none.
    while let Some(byte) = unsafe { from.as_ref() }.filter(|byte| **byte != 0) {
        // The last byte stays zero.
        let Some(room) = block.said.get(end).filter(|_| end < SAID_BYTES_MAX - 1) else { break };
        room.store(*byte, Relaxed);
        (from, end) = (from.wrapping_add(1), end + 1);
    }
    end
}

fn text(bytes: &[u8]) -> *const c_char {
    bytes.as_ptr().cast()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
