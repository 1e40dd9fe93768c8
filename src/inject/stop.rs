//! Finding a thread at a place where it can be borrowed.
//!
//! In: a target and a time limit. Out: one thread, stopped where [`safe`] says yes. Never here: two threads stopped at
//! once (the others go on, so a lock that one of them holds is released), a thread kept that does not fit.

use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::unistd::Pid;

use super::access::{self, Status};
use super::error::InjectError;
use super::frame::Saved;
use super::maps::Maps;
use super::memory::Memory;
use super::safe::{self, Moment, Unsafe};
use super::target::{self, Target};
use super::tracee::{Stop, Tracee};

/// The main thread, and as many others in each round.
const THREADS_MAX: usize = 9;
/// A thread that does not stop for so long is in an uninterruptible call.
const STOP_MAX: Duration = Duration::from_secs(1);
/// Between rounds, shorter first.
const PAUSES: [Duration; 4] =
    [Duration::from_micros(300), Duration::from_micros(700), Duration::from_millis(1), Duration::from_millis(2)];
/// How many times as long as they stood still threads go on between rounds.
const GOING_ON: u32 = 3;
const PAUSE_MAX: Duration = Duration::from_millis(50);
/// Signal handlers are looked for so far up.
const STACK_SEEN_BYTES: usize = 32 << 10;
/// What the loader may need below.
const ROOM_BYTES: u64 = 128 << 10;
/// The first thread's stack grows by itself, but not for one who writes from outside.
const GROWING_ROOM_BYTES: u64 = 16 << 10;

/// A thread that stands still at a safe place.
pub(super) struct Found {
    pub(super) tracee: Tracee,
    pub(super) saved: Saved,
    pub(super) since: Instant,
    pub(super) tries: u32,
    /// How long threads stood still in the tries before.
    pub(super) before: Duration,
}

/// Tries thread after thread, round after round.
pub(super) fn find(target: &Target, most: Duration) -> Result<Found, InjectError> {
    let (began, before, last) = (Instant::now(), Duration::ZERO, Unsafe::NeverStopped);
    let mut search = Search { target, began, most, tries: 0, before, last, maps: None };
    for round in 0.. {
        let before = search.before;
        for thread in threads(target.pid)? {
            let since = Instant::now();
            if let Some(found) = search.attempt(thread, since)? {
                return Ok(found);
            }
            search.before += since.elapsed();
        }
        if search.began.elapsed() >= most {
            break;
        }
        std::thread::sleep(pause(round, search.before - before));
        search.look_again(round)?;
    }
    let waited = search.began.elapsed();
    Err(InjectError::NoSafePoint { pid: target.pid, tries: search.tries, waited, last: search.last })
}

/// Where a stop takes long, because others run too, the target gets more of its time back before the next.
fn pause(round: usize, stopped: Duration) -> Duration {
    PAUSES[round.min(PAUSES.len() - 1)].max((stopped * GOING_ON).min(PAUSE_MAX))
}

/// The first is the one that has the process's own number.
fn threads(pid: i32) -> Result<Vec<Pid>, InjectError> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/task")).map_err(|_| InjectError::Gone { pid })?;
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let mut threads: Vec<i32> = numbers.collect();
    threads.sort_unstable_by_key(|thread| (*thread != pid, *thread));
    Ok(threads.into_iter().take(THREADS_MAX).map(Pid::from_raw).collect())
}

struct Search<'t> {
    target: &'t Target,
    began: Instant,
    most: Duration,
    tries: u32,
    before: Duration,
    last: Unsafe,
    /// What is mapped by now, once it matters.
    maps: Option<Maps>,
}

impl Search<'_> {
    /// Libraries may have been loaded since the target was looked at.
    fn look_again(&mut self, round: usize) -> Result<(), InjectError> {
        if round % 64 == 63 {
            self.maps = Some(target::maps(self.target.pid)?);
        }
        Ok(())
    }

    fn attempt(&mut self, thread: Pid, since: Instant) -> Result<Option<Found>, InjectError> {
        let tracee = match Tracee::seize(thread) {
            Ok(tracee) => tracee,
            Err(Errno::ESRCH) => return Ok(None),
            Err(_) => return Err(self.not_seized(thread)),
        };
        self.tries += 1;
        let until = since + STOP_MAX;
        let stop = tracee.interrupt().and_then(|()| tracee.wait(until));
        match stop.map_err(|e| self.failed("stopping a thread", e))? {
            Some(Stop::Asked) => self.examine(tracee, since),
            Some(Stop::Group(_)) => self.let_go(&tracee, None).and(Err(InjectError::Stopped { pid: self.target.pid })),
            Some(Stop::Sent(signal)) => self.let_go(&tracee, Some(signal)),
            Some(Stop::Call) => self.let_go(&tracee, None),
            Some(Stop::Ended) => Ok(None),
            // It cannot even be let go before it stops: that happens when this thread ends.
            None => {
                let waited = self.began.elapsed();
                Err(InjectError::NoSafePoint { pid: self.target.pid, tries: self.tries, waited, last: self.last })
            }
        }
    }

    fn examine(&mut self, tracee: Tracee, since: Instant) -> Result<Option<Found>, InjectError> {
        let regs = tracee.regs().map_err(|e| self.failed("reading a thread's state", e))?;
        if let Err(why) = self.check(&regs) {
            self.last = why;
            return self.let_go(&tracee, None);
        }
        if !self.target.is_unchanged() {
            return self.let_go(&tracee, None).and(Err(InjectError::Changed { pid: self.target.pid }));
        }
        let saved = save(&tracee, regs).map_err(|e| self.failed("reading a thread's state", e))?;
        Ok(Some(Found { tracee, saved, since, tries: self.tries, before: self.before }))
    }

    /// What costs least is looked at first: the thread stands still meanwhile.
    fn check(&self, regs: &libc::user_regs_struct) -> Result<(), Unsafe> {
        let moment = self.moment(regs);
        safe::check(&moment)?;
        safe::check(&Moment { in_handler: self.in_handler(regs.rsp), ..moment })
    }

    fn moment(&self, regs: &libc::user_regs_struct) -> Moment {
        let maps = self.maps.as_ref().unwrap_or(&self.target.maps);
        let spent = self.began.elapsed().as_millis() * 100 / self.most.as_millis().max(1);
        Moment {
            call: regs.orig_rax.cast_signed(),
            result: regs.rax.cast_signed(),
            second: regs.rsi,
            place: maps.place(regs.rip, &self.target.python.path),
            in_loop: self.target.python.eval.contains(&regs.rip),
            in_handler: false,
            has_room: has_room(maps, regs.rsp),
            // Without `errno` code that reads it must not be taken.
            spent: if self.target.errno.is_some() { u32::try_from(spent).unwrap_or(100) } else { 0 },
        }
    }

    fn in_handler(&self, stack: u64) -> bool {
        let mut seen = vec![0; STACK_SEEN_BYTES];
        let read = Memory(Pid::from_raw(self.target.pid)).read_some(stack & !7, &mut seen).unwrap_or(0);
        seen[..read].chunks_exact(8).any(|word| *word == self.target.restorer.to_le_bytes())
    }

    fn let_go(&self, tracee: &Tracee, signal: Option<nix::sys::signal::Signal>) -> Result<Option<Found>, InjectError> {
        match tracee.detach(signal) {
            Ok(()) | Err(Errno::ESRCH) => Ok(None),
            Err(e) => Err(self.failed("letting a thread go", e)),
        }
    }

    fn not_seized(&self, thread: Pid) -> InjectError {
        let pid = self.target.pid;
        let status = Status::of(thread).unwrap_or_default();
        match status.tracer {
            0 => access::refused(pid, &status),
            by => InjectError::Traced { pid, by, name: Status::of(by).map_or_else(String::new, |tracer| tracer.name) },
        }
    }

    fn failed(&self, what: &'static str, error: Errno) -> InjectError {
        match error {
            Errno::ESRCH => InjectError::Gone { pid: self.target.pid },
            error => InjectError::Os { pid: self.target.pid, what, error: error.into() },
        }
    }
}

fn save(tracee: &Tracee, regs: libc::user_regs_struct) -> nix::Result<Saved> {
    Ok(Saved { regs, xstate: tracee.xstate()?, mask: tracee.mask()? })
}

fn has_room(maps: &Maps, stack: u64) -> bool {
    maps.at(stack).filter(|mapping| mapping.writable).is_some_and(|mapping| {
        let room = stack - mapping.range.start;
        room >= if mapping.path == "[stack]" { GROWING_ROOM_BYTES } else { ROOM_BYTES }
    })
}
