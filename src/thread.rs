//! The running thread: its id, how much native stack it has left, whether it survived a fork.
//!
//! In: nothing. Out: numbers, cached per thread. Never here: an allocation or a lock after the first call of a thread.

use std::cell::Cell;
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
