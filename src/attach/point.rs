//! A point: one probed function, and every link that fires there.
//!
//! In: entries and exits, told by the hook. Out: firings in order (low `prio` first, then load order, then export order;
//! exits in reverse), and counts that balance. Never here: unsafe, an interpreter call.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::host::{Firing, Slots};
use crate::introspect::cpython::{CPython, Obj};
use crate::ledger::function;
use crate::limits;
use crate::report::{DropKind, FaultKind};
use crate::spec;

use super::live::Live;

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Return,
    Raise,
}

/// What fires: one probe of one live session.
#[derive(Clone)]
pub struct Fire {
    pub live: Rc<Live>,
    pub module: usize,
    pub probe: usize,
    pub point: spec::Point,
    /// `min`: only calls that took at least so long.
    pub min_ns: u64,
    /// `prio`, load order, export order.
    pub order: (i32, u64, usize, usize),
    pub elapsed: bool,
    pub function: u32,
    /// As in the session's counts: calls entered before this are not this probe's.
    pub since: u64,
}

/// A session's counts of this function.
struct Account {
    live: Rc<Live>,
    at: usize,
    function: u32,
    /// Calls entered before this do not count: their entry was not seen.
    since: u64,
}

/// One probed function.
#[derive(Default)]
pub struct Point {
    armed: Cell<bool>,
    entry: RefCell<Vec<Fire>>,
    exit: RefCell<Vec<Fire>>,
    accounts: RefCell<Vec<Account>>,
    clock: Cell<bool>,
    sequence: Cell<u64>,
}

/// Enough native stack for the guest and for a trap.
#[inline]
pub fn has_headroom() -> bool {
    crate::thread::headroom() as u64 >= limits::STACK_HEADROOM_BYTES
}

impl Point {
    /// Adds a link.
    pub fn add(&self, fire: Fire) {
        let list = if fire.point == spec::Point::Entry { &self.entry } else { &self.exit };
        let at_entry = fire.point == spec::Point::Entry;
        if !at_entry {
            self.see_exits(&fire.live);
        }
        let mut list = list.borrow_mut();
        list.push(fire);
        list.sort_by_key(|fire| fire.order);
        if !at_entry {
            list.reverse();
        }
        drop(list);
        self.settle();
    }

    /// Whether a probe is linked here.
    pub fn has_link(&self, live: &Rc<Live>, module: usize, probe: usize) -> bool {
        let is = |fire: &Fire| Rc::ptr_eq(&fire.live, live) && (fire.module, fire.probe) == (module, probe);
        self.entry.borrow().iter().any(is) || self.exit.borrow().iter().any(is)
    }

    /// Removes a session's links and counts; gives whether there were any.
    pub fn remove(&self, live: &Rc<Live>) -> bool {
        let before = self.entry.borrow().len() + self.exit.borrow().len();
        self.entry.borrow_mut().retain(|fire| !Rc::ptr_eq(&fire.live, live));
        self.exit.borrow_mut().retain(|fire| !Rc::ptr_eq(&fire.live, live));
        self.accounts.borrow_mut().retain(|account| !Rc::ptr_eq(&account.live, live));
        self.settle();
        before != self.entry.borrow().len() + self.exit.borrow().len()
    }

    fn settle(&self) {
        let (entry, exit) = (self.entry.borrow(), self.exit.borrow());
        let timed = |fire: &Fire| fire.elapsed || fire.min_ns > 0;
        self.clock.set(entry.iter().any(timed) || exit.iter().any(timed));
        self.armed.set(!(entry.is_empty() && exit.is_empty()));
    }

    /// Opens a session's counts, once.
    pub fn account(&self, live: &Rc<Live>, declare: impl FnOnce() -> Option<(u32, usize)>) -> Option<(u32, u64)> {
        if let Some(account) = self.accounts.borrow().iter().find(|a| Rc::ptr_eq(&a.live, live)) {
            return Some((account.function, account.since));
        }
        let (function, at) = declare()?;
        let since = self.sequence.get() + 1;
        self.sequence.set(since);
        self.accounts.borrow_mut().push(Account { live: live.clone(), at, function, since });
        Some((function, since))
    }

    /// A session with an exit link sees how each of its calls ends, unless some were entered before it had one.
    fn see_exits(&self, live: &Rc<Live>) {
        for account in self.accounts.borrow().iter().filter(|account| Rc::ptr_eq(&account.live, live)) {
            let ledger = &live.outlet.borrow().ledger;
            if ledger.get(account.at + function::ENTRIES) == 0 {
                ledger.set(account.at + function::HAS_EXITS, 1);
            }
        }
    }

    pub fn has_links(&self) -> bool {
        self.armed.get()
    }

    pub fn has_exits(&self) -> bool {
        !self.exit.borrow().is_empty()
    }

    /// The positional arguments that the entry links are known to want, sorted.
    pub fn wanted(&self) -> Vec<u16> {
        let mut wanted = Vec::new();
        for fire in self.entry.borrow().iter() {
            let guest = fire.live.guests[fire.module].borrow();
            wanted.extend_from_slice(&guest.probes()[fire.probe].wants.args);
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    #[inline]
    pub fn is_armed(&self) -> bool {
        self.armed.get()
    }

    /// Ticks at an entry, where an exit asks for them.
    #[inline]
    pub fn clock_ticks(&self) -> u64 {
        if !self.clock.get() {
            return 0;
        }
        self.accounts.borrow().first().map_or(0, |a| a.live.outlet.borrow().clock.ticks())
    }

    /// Counts an entry; gives what its exit must bring back.
    #[inline]
    pub fn entered(&self) -> u64 {
        self.count(function::ENTRIES, u64::MAX);
        self.sequence.get()
    }

    /// Counts an exit.
    #[inline]
    pub fn left(&self, outcome: Outcome, sequence: u64) {
        self.count(if outcome == Outcome::Return { function::RETURNS } else { function::RAISES }, sequence);
    }

    /// Counts a frame that vanished.
    #[cold]
    pub fn abandoned(&self, sequence: u64) {
        self.count(function::ABANDONED, sequence);
    }

    #[inline]
    fn count(&self, counter: usize, sequence: u64) {
        for account in self.accounts.borrow().iter() {
            if sequence >= account.since {
                account.live.outlet.borrow().ledger.bump(account.at + counter, 1);
            }
        }
    }

    /// Calls entered before now are another process's.
    pub fn forget_calls(&self) {
        let since = self.sequence.get() + 1;
        self.sequence.set(since);
        self.accounts.borrow_mut().iter_mut().for_each(|account| account.since = since);
    }

    /// Fires the entry links.
    #[inline]
    pub fn fire_entry(&self, passed: [(i32, Option<Obj>); 2], start_ticks: u64, slots: &mut Slots) {
        for fire in self.entry.borrow().iter() {
            fire.fire(Firing { point: 0, function: fire.function, passed, outcome: None, start_ticks }, slots);
        }
    }

    /// Fires the exit links that want this outcome of a call, and that were there when it began.
    #[inline]
    pub fn fire_exit(&self, outcome: Outcome, object: Obj, start_ticks: u64, sequence: u64, slots: &mut Slots) {
        for fire in self.exit.borrow().iter() {
            if sequence >= fire.since && fire.wants(outcome, start_ticks) {
                let point = if outcome == Outcome::Return { 1 } else { 2 };
                let passed = [(-1, None); 2];
                let firing = Firing { point, function: fire.function, passed, outcome: Some(object), start_ticks };
                fire.fire(firing, slots);
            }
        }
    }

    /// Counts a firing that was not begun, for each link.
    #[cold]
    pub fn skipped(&self, why: DropKind) {
        for fire in self.entry.borrow().iter().chain(self.exit.borrow().iter()) {
            fire.live.guests[fire.module].borrow().skipped(fire.probe, why);
        }
    }

    /// A panic outside any guest: counted as the host's, and this function fires no more.
    #[cold]
    pub fn panicked(&self) {
        self.armed.set(false);
        for fire in self.entry.borrow().iter().chain(self.exit.borrow().iter()) {
            let Ok(guest) = fire.live.guests[fire.module].try_borrow() else { continue };
            guest.report_fault(fire.probe, FaultKind::HostPanic, fire.function);
        }
    }
}

impl Fire {
    fn wants(&self, outcome: Outcome, start_ticks: u64) -> bool {
        let point = match self.point {
            spec::Point::Return => outcome == Outcome::Return,
            spec::Point::Raise => outcome == Outcome::Raise,
            _ => true,
        };
        point && (self.min_ns == 0 || self.took(start_ticks) >= self.min_ns)
    }

    fn took(&self, start_ticks: u64) -> u64 {
        if start_ticks == 0 {
            return 0;
        }
        let outlet = self.live.outlet.borrow();
        outlet.clock.span_ns(outlet.clock.ticks().saturating_sub(start_ticks))
    }

    #[inline]
    fn fire(&self, firing: Firing<CPython>, slots: &mut Slots) {
        if self.live.is_stopped() {
            return;
        }
        self.live.guests[self.module].borrow_mut().fire(self.probe, firing, slots);
    }
}
