//! The rule for where a thread can be borrowed: where it surely holds no lock that loading a library takes.
//!
//! In: what a stopped thread was doing. Out: yes, or why not. Never here: a look at the process; the rule is plain data.
//!
//! A thread that waits in the kernel for something outside of the process waits where a signal handler could run too, and
//! no library waits so with a lock of the loader or the allocator held. A plain futex wait is the exception: that *is* how
//! the C library's own locks wait. A thread inside of the interpreter's loop has called nothing. The more time has gone by,
//! the more of other code is taken, but never that of the C library itself.

use super::maps::Place;

/// Calls that wait and that a signal may interrupt, by their numbers on x86-64.
#[rustfmt::skip]
const WAITS: [u64; 37] = [
    0, 1, 7, 17, 18, 19, 20,             // read write poll pread64 pwrite64 readv writev
    23, 34, 35, 42, 43, 44, 45, 46, 47,  // select pause nanosleep connect accept sendto recvfrom sendmsg recvmsg
    61, 65, 69, 70, 72, 73,              // wait4 semop msgsnd msgrcv fcntl flock
    128, 130, 208, 219, 220, 230,        // rt_sigtimedwait rt_sigsuspend io_getevents restart_syscall semtimedop clock_nanosleep
    232, 247, 270, 271, 281, 288, 299,   // epoll_wait waitid pselect6 ppoll epoll_pwait accept4 recvmmsg
    307, 441,                            // sendmmsg epoll_pwait2
];
const FUTEX: u64 = 202;
const FUTEX_WAIT_BITSET: u64 = 9;
/// Without the flags for private ones and for the clock.
const FUTEX_OPERATION: u64 = 127;
/// What a call that was interrupted will be begun again by: the kernel's own codes, which no program sees.
pub const RESTARTS: [i64; 4] = [-512, -513, -514, -516];
/// From which share of the time on code of the interpreter's library is good enough, in percent, and from which any.
const INTERPRETER_FROM: u32 = 10;
const OTHERS_FROM: u32 = 25;

/// What a stopped thread was doing.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The number of the call it is in; negative outside of any.
    pub call: i64,
    pub result: i64,
    /// The call's second argument: the operation, for a futex.
    pub second: u64,
    pub place: Place,
    /// It is in the function that evaluates frames, not in one that it called.
    pub in_loop: bool,
    /// The return of a signal handler is on its stack: what the handler interrupted cannot be seen.
    pub in_handler: bool,
    /// There is enough stack for the loader.
    pub has_room: bool,
    /// How much of the time for finding one has gone by, in percent.
    pub spent: u32,
}

/// Why a thread was let go again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    #[error("no thread could be stopped")]
    NeverStopped,
    #[error("it is in a signal handler")]
    InHandler,
    #[error("it has too little stack left")]
    NoRoom,
    #[error("it waits for a lock of the C library")]
    Lock,
    #[error("it is in system call {0}")]
    Call(i64),
    #[error("it is in the C library or an allocator")]
    Locking,
    #[error("it is in code that may hold a lock")]
    Code,
}

/// Whether the thread can be borrowed at this moment.
///
/// # Errors
/// What speaks against it.
pub fn check(moment: &Moment) -> Result<(), Unsafe> {
    if moment.in_handler {
        return Err(Unsafe::InHandler);
    }
    if !moment.has_room {
        return Err(Unsafe::NoRoom);
    }
    if RESTARTS.contains(&moment.result) && moment.call >= 0 {
        return check_call(moment);
    }
    match moment.place {
        Place::Python if moment.in_loop || moment.spent >= INTERPRETER_FROM => Ok(()),
        Place::Other if moment.spent >= OTHERS_FROM => Ok(()),
        Place::Locking => Err(Unsafe::Locking),
        _ => Err(Unsafe::Code),
    }
}

fn check_call(moment: &Moment) -> Result<(), Unsafe> {
    match u64::try_from(moment.call) {
        Ok(FUTEX) if moment.second & FUTEX_OPERATION == FUTEX_WAIT_BITSET => Ok(()),
        Ok(FUTEX) => Err(Unsafe::Lock),
        Ok(call) if WAITS.contains(&call) => Ok(()),
        _ => Err(Unsafe::Call(moment.call)),
    }
}
