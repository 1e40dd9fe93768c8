//! `now_mono now_wall elapsed rand firing depth` and the `$` roots: what a firing knows besides the frame.
//!
//! In: the firing. Out: times in ns, names, numbers. Never here: a system call where the counter is trusted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use waspect_abi::NONE;

use super::{HostBudget, State, number_of, values};
use crate::clock;
use crate::introspect::Introspect;
use crate::outlet::Naming;
use crate::path::Context;

/// Firings of this process that asked for their number.
static NUMBERED: AtomicU64 = AtomicU64::new(0);

impl<I: Introspect> State<I> {
    /// The firing's own number, given when it is first asked for, so that no other firing pays for it.
    pub(super) fn firing_number(&mut self) -> u64 {
        if self.number == 0 {
            self.number = NUMBERED.fetch_add(1, Relaxed) + 1;
            // So that `begin` sees that something happened.
            self.work(1);
        }
        self.number
    }

    /// Frames below this one, each charged; -code without a frame.
    pub(super) fn depth(&mut self) -> Result<i32, HostBudget> {
        let Some(frame) = self.here() else { return Ok(self.no_call().status()) };
        let depth = I::depth(frame);
        self.charge(usize::try_from(depth).unwrap_or(0)).map(|()| depth)
    }

    pub(super) fn now_mono(&self) -> i64 {
        self.shared.outlet.clock.mono_now().cast_signed()
    }

    /// Nanoseconds since this call was entered; -1 when the entry was not seen.
    #[inline]
    pub(super) fn elapsed(&self) -> i64 {
        if self.firing.start_ticks == 0 {
            return -1;
        }
        let clock = &self.shared.outlet.clock;
        clock.span_ns(clock.ticks().saturating_sub(self.firing.start_ticks)).cast_signed()
    }

    pub(super) fn context(&mut self, what: Context) -> Result<u64, HostBudget> {
        let v = match what {
            Context::Pid => self.integer(i64::from(std::process::id())),
            Context::Tid => self.integer(i64::from(crate::thread::id())),
            Context::Fn => self.name(Naming::Dotted),
            Context::Qualname => self.name(Naming::Qualname),
            Context::Module => self.name(Naming::Module),
            Context::File => self.name(Naming::File),
            Context::Now => self.integer(clock::wall_ns().cast_signed()),
            Context::Mono => {
                let n = self.now_mono();
                self.integer(n)
            }
            Context::Elapsed => {
                let n = self.elapsed();
                self.integer(n)
            }
            Context::Line => match self.here() {
                Some(frame) => self.integer(i64::from(I::line(frame))),
                None => self.no_call().value(),
            },
            Context::Depth => match self.here() {
                Some(frame) => {
                    let depth = I::depth(frame);
                    self.work(u64::from(depth.unsigned_abs()));
                    self.integer(i64::from(depth))
                }
                None => self.no_call().value(),
            },
            Context::Cpu => nix::sched::sched_getcpu().map_or(NONE, |cpu| self.integer(cpu as i64)),
            Context::Thread => self.thread(),
            Context::Task => self.task(),
            Context::Request => self.request(),
        };
        self.within_budget().map(|()| v)
    }

    fn name(&mut self, naming: Naming) -> u64 {
        if !self.has_call() {
            return self.no_call().value();
        }
        let (function, shared) = (number_of(self.firing.function), &self.shared);
        let known = shared.literals.borrow().function(function, naming as u8);
        known.unwrap_or_else(|| {
            let text = shared.outlet.place(function, naming);
            shared.literals.borrow_mut().add_function(function, naming as u8, text)
        })
    }

    fn thread(&mut self) -> u64 {
        let Some(name) = I::thread_name() else { return NONE };
        let at = self.keep(|out| crate::value::put::str(out, &name));
        self.stored_handle(at)
    }

    /// An int of any size: inline where it fits, else kept for this firing.
    pub(super) fn integer(&mut self, n: i64) -> u64 {
        values::int(n).unwrap_or_else(|| {
            let at = self.keep(|out| crate::value::put::int(out, n));
            self.stored_handle(at)
        })
    }
}
