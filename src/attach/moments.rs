//! `begin`, `end` and `tick`: probes that fire without a call; and a session's last moment, where it has one.
//!
//! In: a live session, the time. Out: firings of its probes that have no function; a session that is over. Never here: a thread, a signal or a timer;
//! a tick comes with the first firing after its time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use pyo3::Python;

use super::live::{self, Live};
use crate::guest::Guest;
use crate::host::Firing;
use crate::introspect::cpython::CPython;
use crate::ledger::NO_FUNCTION;
use crate::limits;
use crate::report::DropKind;
use crate::spec::Point;

type Guests = Vec<Rc<RefCell<Guest<CPython>>>>;

/// A session's ticks; times are those of its clock.
pub(super) struct Ticks {
    all: Vec<Tick>,
    /// When the session is over; never, as a rule.
    over_ns: Cell<u64>,
    /// Nobody has to ask for the time.
    idle: Cell<bool>,
}

struct Tick {
    guest: usize,
    probe: usize,
    every_ns: u64,
    due_ns: Cell<u64>,
}

impl Ticks {
    /// The first of each comes after its time has passed once.
    pub(super) fn new(guests: &Guests, now_ns: u64) -> Self {
        let mut all = Vec::new();
        for (guest, each) in guests.iter().enumerate() {
            for (probe, each) in each.borrow().probes().iter().enumerate() {
                if let Point::Tick(every_ns) = each.spec.point {
                    let due_ns = Cell::new(now_ns.saturating_add(every_ns));
                    all.push(Tick { guest, probe, every_ns, due_ns });
                }
            }
        }
        let idle = Cell::new(all.is_empty());
        Self { all, over_ns: Cell::new(u64::MAX), idle }
    }
}

impl Tick {
    /// Whether it is due, once for all times that passed meanwhile.
    fn take(&self, now_ns: u64) -> bool {
        let late_ns = now_ns.checked_sub(self.due_ns.get());
        if let Some(late_ns) = late_ns {
            self.due_ns.set(now_ns.saturating_add(self.every_ns - late_ns % self.every_ns));
        }
        late_ns.is_some()
    }
}

impl Live {
    /// Before a firing: the ticks whose time has come. False where the session's has.
    #[inline(always)]
    pub(super) fn tick(&self) -> bool {
        self.ticks.idle.get() || self.tick_now()
    }

    #[inline(never)]
    fn tick_now(&self) -> bool {
        let now_ns = self.outlet.clock.mono_now();
        if now_ns >= self.ticks.over_ns.get() {
            super::renew::ask();
            return false;
        }
        for tick in self.ticks.all.iter().filter(|tick| tick.take(now_ns)) {
            fire(&self.guests[tick.guest], tick.probe, Point::Tick(0));
        }
        true
    }

    /// From then on it is over. Each firing until then looks at the clock.
    pub fn expire_in(&self, ns: u64) {
        self.ticks.over_ns.set(self.outlet.clock.mono_now().saturating_add(ns));
        self.ticks.idle.set(false);
    }

    /// Whether its time has come.
    pub fn is_expired(&self) -> bool {
        let over_ns = self.ticks.over_ns.get();
        over_ns < u64::MAX && self.outlet.clock.mono_now() >= over_ns
    }

    /// Whether any probe is of a point.
    pub fn has(&self, point: Point) -> bool {
        self.guests.iter().any(|guest| guest.borrow().probes().iter().any(|probe| probe.spec.point == point))
    }

    /// Fires all probes of a point, in load order.
    pub(super) fn fire_all(&self, point: Point) {
        for guest in &self.guests {
            let many = guest.borrow().probes().len();
            for probe in 0..many {
                if guest.borrow().probes()[probe].spec.point == point {
                    fire(guest, probe, point);
                }
            }
        }
    }
}

/// The session, or the process, ends: `end` fires, once in each process.
pub fn end(py: Python<'_>, live: &Rc<Live>) {
    // A forked child that nothing fired in yet has no segment of its own.
    if crate::thread::is_forked() {
        live::settle_fork(py);
    }
    if !live.is_stopped() && !live.ended.replace(true) {
        live.fire_all(Point::End);
    }
}

fn fire(guest: &RefCell<Guest<CPython>>, probe: usize, point: Point) {
    let mut guest = guest.borrow_mut();
    if (crate::thread::headroom() as u64) < limits::STACK_HEADROOM_BYTES {
        return guest.skipped(probe, DropKind::StackHeadroom);
    }
    let firing = Firing { point: point.number(), function: NO_FUNCTION, ..Firing::default() };
    guest.fire_without_call(probe, firing);
}
