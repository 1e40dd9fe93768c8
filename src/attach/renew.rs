//! Renewal: torn instances that must start again are made anew by the main thread, between two bytecodes of the program; and
//! sessions whose time is over are taken out.
//!
//! In: a guest's word, inside a firing, that it is torn, or a session's that it is over. Out: every torn guest of the process,
//! renewed; functions given back. Never here: a
//! pointer that waits in the interpreter's queue; what is called later looks for itself who is live then.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use pyo3::Python;
use pyo3::ffi;

use super::gil::Gil;
use super::live::{self, Live};
use crate::guest::Guest;
use crate::introspect::cpython::CPython;

/// The interpreter was asked and has not come yet. In a forked child both are as they were.
static ASKED: Gil<Cell<bool>> = Gil::new(Cell::new(false));

/// Asks the interpreter to renew what is torn, soon and in its main thread. Runs no Python code.
pub(super) fn ask() {
    // SAFETY: guests say that they are torn from inside a firing, and `after_fork` has its own proof: the lock is held.
    let py = unsafe { Python::assume_attached() };
    if ASKED.get(py).replace(true) {
        return;
    }
    // SAFETY: the lock is held; the function is there for as long as the process, and is handed nothing.
    if unsafe { ffi::Py_AddPendingCall(Some(come), std::ptr::null_mut()) } != 0 {
        // The queue is full. Nobody asks again: the next firing but a second renews.
        ASKED.get(py).set(false);
    }
}

extern "C" fn come(_: *mut c_void) -> c_int {
    // SAFETY: the interpreter makes pending calls with the lock held.
    let py = unsafe { Python::assume_attached() };
    ASKED.get(py).set(false);
    // A forked child writes nothing before its first firing has given it a segment of its own.
    if !crate::thread::is_forked() {
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let all = live::all(py);
            renew(&all);
            all.iter().filter(|live| live.is_expired()).for_each(|live| super::detach(py, live));
        }));
    }
    0
}

fn renew(all: &[Rc<Live>]) {
    torn(all, Guest::renew);
}

/// A forked child has settled: what its parent had torn is the child's to renew.
pub(super) fn after_fork(_py: Python<'_>, all: &[Rc<Live>]) {
    torn(all, |_| ask());
}

/// Each torn guest that nobody is busy with.
fn torn(all: &[Rc<Live>], f: impl Fn(&mut Guest<CPython>)) {
    let guests = all.iter().filter(|live| !live.is_stopped()).flat_map(|live| &live.guests);
    let free = guests.filter_map(|guest: &Rc<RefCell<Guest<CPython>>>| guest.try_borrow_mut().ok());
    free.for_each(|mut guest| {
        if guest.wants_renewal() {
            f(&mut guest);
        }
    });
}
