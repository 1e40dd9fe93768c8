//! Calls on a borrowed thread, and its return to what it was doing.
//!
//! In: a stopped thread, functions of the target. Out: what the kernel was asked for meanwhile. Never here: code written
//! into the target, a breakpoint, a moment in which the end of this command would harm it.
//!
//! ```text
//!  its stack   what it was doing │ red zone │ texts │ vector state │ way back │ ◀─ the function's own frames
//! ```
//!
//! A function returns to the C library's `rt_sigreturn`, and is caught at the door of that call: its result is gone by
//! then, so what counts is what it asked of the kernel. The order of every step is such that the thread could go on alone
//! after it: first the way back is laid, then the registers change, then signals are held.

use std::cell::Cell;
use std::ffi::CStr;
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::elf::Bytes;
use super::frame::{FLAGS_NOT_TAKEN, Last, Place, Saved};
use super::memory::Memory;
use super::stop::Found;
use super::target::Target;
use super::tracee::{Stop, Tracee};

const SYS_RT_SIGRETURN: u64 = 15;
/// `mov $15, %rax; syscall`
const RESTORER_BYTES: u64 = 9;
const NO_CALL: u64 = u64::MAX;
/// `clone`, `clone3`
pub(super) const THREADS: [u64; 2] = [56, 435];
/// Never held back, or a thread would be ended by them at once.
const FAULTS: [Signal; 6] =
    [Signal::SIGILL, Signal::SIGTRAP, Signal::SIGBUS, Signal::SIGFPE, Signal::SIGSEGV, Signal::SIGSYS];

/// One system call of the borrowed thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) number: u64,
    /// The fifth argument: `mmap`'s file.
    pub(super) fifth: u64,
    pub(super) result: i64,
}

/// A system call that gives a descriptor, and what closes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opens {
    pub(super) by: u64,
    /// The C library's `syscall`, and the number of `close` for it.
    pub(super) syscall: u64,
    pub(super) close: u64,
    /// What it will give, where that is certain.
    pub(super) gives: Option<u64>,
}

impl Opens {
    fn last(self, fd: u64) -> Last {
        Last { function: self.syscall, arguments: [self.close, fd], mask: held() }
    }
}

/// Why a call did not come to its end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Halt {
    /// It goes on by itself.
    Late,
    Ended,
    /// The thread is back where it was.
    Fault(Signal),
    Os(Errno),
}

impl From<Errno> for Halt {
    fn from(e: Errno) -> Self {
        if e == Errno::ESRCH { Self::Ended } else { Self::Os(e) }
    }
}

pub(super) struct Borrowed<'t> {
    tracee: Tracee,
    target: &'t Target,
    memory: Memory,
    saved: Saved,
    place: Place,
    errno: Option<[u8; 4]>,
    /// What the thread does by itself where this command ends or gives up in the middle of a call.
    last: Cell<Option<Last>>,
    opens: Cell<Option<Opens>>,
    until: Instant,
    where_it_is: WhereItIs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WhereItIs {
    /// Where it was found.
    Found,
    /// At the door of `rt_sigreturn`, after a call.
    Door,
    /// Put back after a fault.
    Back,
    /// On its own way through a call that was not seen to its end: whoever changed its registers now would leave it in the
    /// middle of a function, with the locks of that function.
    Lost,
}

impl<'t> Borrowed<'t> {
    pub(super) fn new(found: Found, target: &'t Target, until: Instant) -> Self {
        let memory = Memory(Pid::from_raw(target.pid));
        let place = found.saved.place();
        let (tracee, saved) = (found.tracee, found.saved);
        let mut borrowed = Self {
            tracee,
            target,
            memory,
            saved,
            place,
            errno: None,
            last: Cell::new(None),
            opens: Cell::new(None),
            until,
            where_it_is: WhereItIs::Found,
        };
        borrowed.errno = borrowed.errno_place().and_then(|at| {
            let mut bytes = [0; 4];
            memory.read(at, &mut bytes).map(|()| bytes)
        });
        borrowed
    }

    fn errno_place(&self) -> Option<u64> {
        self.saved.regs.fs_base.checked_add_signed(self.target.errno?)
    }

    /// Puts a text where the thread can read it; the next one takes its place.
    pub(super) fn text(&self, text: &CStr) -> Result<u64, Halt> {
        self.memory.write(self.place.scratch, text.to_bytes_with_nul()).ok_or(Halt::Os(Errno::EFAULT))?;
        Ok(self.place.scratch)
    }

    /// What the next call opens is closed on the thread's way back, from the moment on that it is known.
    pub(super) fn opens(&self, opens: Opens) {
        self.opens.set(Some(opens));
        self.last.set(opens.gives.map(|fd| opens.last(fd)));
    }

    /// Has the thread close it, on the way back that it would go alone: so it is closed once, whoever ends meanwhile.
    pub(super) fn close(&mut self) -> Result<(), Halt> {
        if self.where_it_is != WhereItIs::Door || self.last.get().is_none() {
            return Err(Halt::Late);
        }
        self.where_it_is = WhereItIs::Lost;
        // The way back is taken as far as the call of `close`.
        self.next()?;
        self.until_door(self.place.slots()[1])?;
        self.last.set(None);
        self.where_it_is = WhereItIs::Door;
        Ok(())
    }

    /// Lays the way back.
    fn lay(&self) -> Option<()> {
        let frame = self.saved.frame(self.place, self.target.restorer, self.last.get());
        self.memory.write(self.place.stack, &frame)
    }

    /// Calls a function; gives what it asked of the kernel.
    pub(super) fn call(&mut self, function: u64, arguments: &[u64]) -> Result<Vec<Asked>, Halt> {
        let was = std::mem::replace(&mut self.where_it_is, WhereItIs::Lost);
        let called = match was {
            WhereItIs::Found | WhereItIs::Door => self.go(was, function, arguments),
            WhereItIs::Back | WhereItIs::Lost => Err(Halt::Late),
        };
        self.where_it_is = match &called {
            Ok(_) => WhereItIs::Door,
            Err(Halt::Fault(_)) => WhereItIs::Back,
            Err(_) => WhereItIs::Lost,
        };
        called
    }

    fn go(&self, from: WhereItIs, function: u64, arguments: &[u64]) -> Result<Vec<Asked>, Halt> {
        self.lay().ok_or(Halt::Os(Errno::EFAULT))?;
        self.tracee.set_regs(self.registers(function, arguments))?;
        if from == WhereItIs::Found {
            self.tracee.set_mask(held())?;
        } else {
            // The call of `rt_sigreturn` that was begun ends here, without having been made.
            self.next()?;
        }
        self.until_door(self.place.stack)
    }

    fn registers(&self, function: u64, arguments: &[u64]) -> libc::user_regs_struct {
        let mut regs = self.saved.regs;
        let given = |n: usize| arguments.get(n).copied().unwrap_or(0);
        (regs.rdi, regs.rsi, regs.rdx) = (given(0), given(1), given(2));
        (regs.rcx, regs.r8, regs.r9) = (given(3), given(4), given(5));
        (regs.rip, regs.rsp, regs.rax, regs.orig_rax) = (function, self.place.stack, 0, NO_CALL);
        regs.eflags &= !FLAGS_NOT_TAKEN;
        regs
    }

    /// Until the thread stands before the way back that it came to by this slot.
    fn until_door(&self, slot: u64) -> Result<Vec<Asked>, Halt> {
        let mut asked = Vec::new();
        loop {
            self.next()?;
            let begun = self.tracee.regs()?;
            if self.is_door(&begun, slot) {
                return Ok(asked);
            }
            self.next()?;
            let result = self.tracee.regs()?.rax.cast_signed();
            asked.push(Asked { number: begun.orig_rax, fifth: begun.r8, result });
            self.opened(begun.orig_rax, result)?;
        }
    }

    fn opened(&self, number: u64, result: i64) -> Result<(), Halt> {
        if let Some(opens) = self.opens.get().filter(|opens| opens.by == number && result >= 0) {
            self.opens.set(None);
            self.last.set(Some(opens.last(result.cast_unsigned())));
            self.lay().ok_or(Halt::Os(Errno::EFAULT))?;
        }
        Ok(())
    }

    fn is_door(&self, regs: &libc::user_regs_struct, slot: u64) -> bool {
        regs.orig_rax == SYS_RT_SIGRETURN && regs.rip == self.target.restorer + RESTORER_BYTES && regs.rsp == slot + 8
    }

    /// The next beginning or end of a system call. A stop of the whole process is passed on: this thread joins it when it
    /// is given back, and not in the middle of a function.
    fn next(&self) -> Result<(), Halt> {
        let mut sent = None;
        loop {
            self.tracee.to_call(sent.take())?;
            match self.tracee.wait(self.until)? {
                Some(Stop::Call) => return Ok(()),
                Some(Stop::Asked | Stop::Group(_)) => {}
                Some(Stop::Sent(signal)) if !FAULTS.contains(&signal) => sent = Some(signal),
                Some(Stop::Sent(signal)) => {
                    self.restore()?;
                    return Err(Halt::Fault(signal));
                }
                Some(Stop::Ended) => return Err(Halt::Ended),
                None => return Err(Halt::Late),
            }
        }
    }

    /// Gives the thread back.
    pub(super) fn leave(self) -> Result<(), Halt> {
        match self.where_it_is {
            WhereItIs::Lost => return Ok(()),
            WhereItIs::Found | WhereItIs::Back => {}
            WhereItIs::Door => {
                self.stop_at_door()?;
                self.restore()?;
            }
        }
        Ok(self.tracee.detach(None)?)
    }

    /// Only after a stop that was asked for does the kernel begin the interrupted call again. Until then the thread stands
    /// before the way back.
    fn stop_at_door(&self) -> Result<(), Halt> {
        let mut regs = self.tracee.regs()?;
        (regs.rip, regs.orig_rax) = (self.target.restorer, NO_CALL);
        self.tracee.set_regs(regs)?;
        self.tracee.interrupt()?;
        let mut sent = None;
        loop {
            self.tracee.go_on(sent.take())?;
            match self.tracee.wait(self.until)? {
                Some(Stop::Asked | Stop::Group(_)) => return Ok(()),
                Some(Stop::Sent(signal)) => sent = Some(signal),
                Some(Stop::Call) => {}
                Some(Stop::Ended) => return Err(Halt::Ended),
                None => return Err(Halt::Late),
            }
        }
    }

    /// Registers last: until then the way back puts all of it back.
    fn restore(&self) -> Result<(), Halt> {
        if let (Some(at), Some(errno)) = (self.errno_place(), self.errno) {
            self.memory.write(at, &errno).ok_or(Halt::Os(Errno::EFAULT))?;
        }
        self.tracee.set_xstate(&self.saved.xstate)?;
        self.tracee.set_mask(self.saved.mask)?;
        self.tracee.set_regs(self.saved.regs)?;
        // So that nobody takes it for a signal handler's.
        for slot in self.place.slots() {
            let _ = self.memory.write(slot, &[0; 8]);
        }
        Ok(())
    }
}

/// The signals that wait until the thread is back.
fn held() -> u64 {
    FAULTS.iter().fold(u64::MAX, |mask, signal| mask & !(1 << (*signal as i32 - 1)))
}
