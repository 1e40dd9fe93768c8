//! The running thread: its id, how much native stack it has left, whether it survived a fork; and how a new one begins.
//!
//! In: work for a thread. Out: numbers, cached per thread. Never here: an allocation or a lock after the first call of a
//! thread.

use std::cell::Cell;
use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Bumped in a forked child, where the one surviving thread has another id.
static FORKS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static ID: Cell<(u32, u32)> = const { Cell::new((u32::MAX, 0)) };
    static STACK_LOW: Cell<usize> = const { Cell::new(0) };
}

/// The kernel's id of this thread.
#[inline]
pub fn id() -> u32 {
    let forks = FORKS.load(Relaxed);
    let (seen, id) = ID.get();
    if seen == forks {
        return id;
    }
    let id = nix::unistd::gettid().as_raw().cast_unsigned();
    ID.set((forks, id));
    id
}

/// Bytes of native stack below this frame; 0 when they cannot be known.
#[inline]
pub fn headroom() -> usize {
    let marker = 0u8;
    let here = std::ptr::from_ref(&marker) as usize;
    let low = match STACK_LOW.get() {
        0 => find_stack_low(),
        low => low,
    };
    here.saturating_sub(low)
}

#[cold]
fn find_stack_low() -> usize {
    // Asked again next time if it cannot be known now: the first thread's bounds take a descriptor.
    let Some(low) = stack_low() else { return usize::MAX };
    STACK_LOW.set(low);
    low
}

/// The lowest address of this thread's stack, guard excluded.
fn stack_low() -> Option<usize> {
    // SAFETY: `attributes` is written by `pthread_getattr_np` before anything reads it, and destroyed once; the out
    // parameters are locals of the right types.
    unsafe {
        let mut attributes = std::mem::zeroed::<libc::pthread_attr_t>();
        if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) != 0 {
            return None;
        }
        let (mut low, mut size, mut guard) = (std::ptr::null_mut(), 0, 0);
        let found = libc::pthread_attr_getstack(&raw const attributes, &raw mut low, &raw mut size) == 0
            && libc::pthread_attr_getguardsize(&raw const attributes, &raw mut guard) == 0;
        libc::pthread_attr_destroy(&raw mut attributes);
        found.then_some(low as usize + guard)
    }
}

/// Set in a forked child until somebody has dealt with it.
static FORKED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// From now on a fork is noticed in the child. `vfork` and `posix_spawn` are not forks in this sense: they share memory
/// with the parent and only exec.
pub fn watch_forks() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handler only stores to an atomic, which is allowed between fork and exec.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

unsafe extern "C" fn in_child() {
    FORKED.store(true, Relaxed);
}

/// Whether this process is a forked child that has not been told so yet.
#[inline]
pub fn is_forked() -> bool {
    FORKED.load(Relaxed)
}

/// The child has been dealt with: its ids are its own.
pub fn settle_fork() {
    FORKS.fetch_add(1, Relaxed);
    FORKED.store(false, Relaxed);
}

/// What a thread does.
pub type Work = Box<dyn FnOnce() + Send>;

/// Begins a thread that no signal of the application reaches, and that nobody waits for. The standard library's threads
/// would be 30 KB of code in every program that is probed.
///
/// # Errors
/// When the system has no thread to give; the work is not done then.
pub fn start(stack_bytes: usize, work: Work) -> io::Result<()> {
    let work = Box::into_raw(Box::new(work));
    // SAFETY: the pointer is of a box that the thread takes over, or, where none began, that is taken back here.
    unsafe {
        let failed = masked(|| begin(stack_bytes, work.cast()));
        if failed != 0 {
            drop(Box::from_raw(work));
            return Err(io::Error::from_raw_os_error(failed));
        }
    }
    Ok(())
}

/// Does something while this thread blocks every signal, which a thread that begins meanwhile inherits.
fn masked(create: impl FnOnce() -> i32) -> i32 {
    let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: both sets are locals of the right type; `all` is filled before it is read, `before` by the first call.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        let done = create();
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut());
        done
    }
}

/// # Safety
/// `work` is of a boxed [`Work`], which the thread owns where this gives 0.
unsafe fn begin(stack_bytes: usize, work: *mut c_void) -> i32 {
    let (mut attributes, mut thread) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: the attributes are initialised before they are read and destroyed once.
    unsafe {
        let failed = libc::pthread_attr_init(attributes.as_mut_ptr());
        if failed != 0 {
            return failed;
        }
        libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), stack_bytes);
        libc::pthread_attr_setdetachstate(attributes.as_mut_ptr(), libc::PTHREAD_CREATE_DETACHED);
        let failed = libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), run, work);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        failed
    }
}

extern "C" fn run(work: *mut c_void) -> *mut c_void {
    // SAFETY: as `begin` demands: a boxed `Work`, owned by this thread alone.
    let work = unsafe { Box::from_raw(work.cast::<Work>()) };
    let _ = catch_unwind(AssertUnwindSafe(*work));
    std::ptr::null_mut()
}
