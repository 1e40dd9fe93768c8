//! Ends by signal.
//!
//! In: a signal. Out: this process's end. Never here: a handler, a disposition changed.

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal, raise};

/// Comes back only where the signal does not end this process.
pub(super) fn die_by(signal: Signal) {
    // The program left its core, if it may; ours would say nothing.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let mut own = SigSet::empty();
    own.add(signal);
    let _ = own.thread_unblock();
    // The second reaches the default where the runtime had a handler that took itself off at the first.
    let _ = raise(signal);
    let _ = raise(signal);
}
