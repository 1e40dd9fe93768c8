//! A point: one probed function, and every link that fires there.
//!
//! In: entries and exits, told by the hook. Out: firings in order (low `prio` first, then load order, then export order;
//! exits in reverse), and counts that balance. Never here: unsafe, an interpreter call.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::guest::Guest;
use crate::host::{Firing, Slots};
use crate::introspect::cpython::{CPython, Obj};
use crate::ledger::function;
use crate::limits;
use crate::outlet::Outlet;
use crate::report::DropKind;
use crate::spec;

use super::live::Live;
use super::roots::{Role, Root};

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Return,
    Raise,
}

/// Which links.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Entry,
    Exit,
}

/// What fires: one probe of one live session.
#[derive(Clone)]
pub(super) struct Fire {
    pub live: Rc<Live>,
    pub guest: Rc<RefCell<Guest<CPython>>>,
    pub module: usize,
    pub probe: usize,
    pub point: spec::Point,
    /// `min`: only calls that took at least so long.
    pub min_ns: u64,
    /// `scope=request`.
    pub opens: bool,
    /// `prio`, load order, export order.
    pub order: (i32, u64, usize, usize),
    pub elapsed: bool,
    /// With `HIDES` where some parameter of it is withheld by its name.
    pub function: u32,
    /// As in the session's counts: calls entered before this are not this probe's.
    pub since: u64,
}

/// A session's counts of this function.
struct Account {
    outlet: Rc<Outlet>,
    at: usize,
    function: u32,
    /// Calls entered before this do not count: their entry was not seen.
    since: u64,
}

/// One probed function.
#[derive(Default)]
pub(super) struct Point {
    /// By [`Side`].
    armed: [Cell<bool>; 2],
    entry: RefCell<Vec<Fire>>,
    exit: RefCell<Vec<Fire>>,
    roots: RefCell<Vec<Root>>,
    /// What a call does to requests, if anything.
    role: Cell<Option<Role>>,
    accounts: RefCell<Vec<Account>>,
    clock: Cell<bool>,
}

/// Calls entered in this process. Written under the interpreter lock alone, so it takes no locked instruction.
static CALLS: AtomicU64 = AtomicU64::new(0);

/// The number of the next call, which is no other's.
#[inline]
fn next_call() -> u64 {
    let call = CALLS.load(Relaxed) + 1;
    CALLS.store(call, Relaxed);
    call
}

/// Enough native stack for the guest and for a trap.
#[inline]
pub(super) fn has_headroom() -> bool {
    crate::thread::headroom() as u64 >= limits::STACK_HEADROOM_BYTES
}

impl Point {
    /// Adds a link.
    pub(super) fn add(&self, fire: Fire) {
        let list = if fire.point == spec::Point::Entry { &self.entry } else { &self.exit };
        let at_entry = fire.point == spec::Point::Entry;
        if !at_entry {
            self.see_exits(&fire.live);
        }
        let mut list = list.borrow_mut();
        // Exits fire in reverse.
        let before = |other: &Fire| if at_entry { other.order <= fire.order } else { other.order > fire.order };
        let at = list.partition_point(before);
        list.insert(at, fire);
        drop(list);
        self.settle();
    }

    /// Requests begin here, or change threads, while the session is live.
    pub(super) fn add_root(&self, root: Root) {
        self.roots.borrow_mut().push(root);
        self.settle();
    }

    /// Whether requests begin here for a session.
    pub(super) fn has_root(&self, live: &Rc<Live>, role: Role) -> bool {
        self.roots.borrow().iter().any(|root| Rc::ptr_eq(&root.live, live) && root.role == role)
    }

    /// What a call that begins now does to requests.
    #[inline]
    pub(super) fn role(&self) -> Option<Role> {
        self.role.get().filter(|_| self.begins_requests())
    }

    /// Whether a session that made this a place of requests still runs.
    #[cold]
    fn begins_requests(&self) -> bool {
        let opens = |fire: &Fire| fire.opens && !fire.live.is_stopped();
        self.roots.borrow().iter().any(|root| !root.live.is_stopped())
            || self.entry.borrow().iter().any(opens)
            || self.exit.borrow().iter().any(opens)
    }

    /// Whether a probe is linked here.
    pub(super) fn has_link(&self, live: &Rc<Live>, module: usize, probe: usize) -> bool {
        let is = |fire: &Fire| Rc::ptr_eq(&fire.live, live) && (fire.module, fire.probe) == (module, probe);
        self.entry.borrow().iter().any(is) || self.exit.borrow().iter().any(is)
    }

    /// Removes a session's links and counts; gives whether there were any.
    pub(super) fn remove(&self, live: &Rc<Live>) -> bool {
        let before = self.links_len();
        self.roots.borrow_mut().retain(|root| !Rc::ptr_eq(&root.live, live));
        self.entry.borrow_mut().retain(|fire| !Rc::ptr_eq(&fire.live, live));
        self.exit.borrow_mut().retain(|fire| !Rc::ptr_eq(&fire.live, live));
        self.accounts.borrow_mut().retain(|account| !Rc::ptr_eq(&account.outlet, &live.outlet));
        self.settle();
        before != self.links_len()
    }

    fn links_len(&self) -> usize {
        self.entry.borrow().len() + self.exit.borrow().len() + self.roots.borrow().len()
    }

    fn settle(&self) {
        let (entry, exit) = (self.entry.borrow(), self.exit.borrow());
        let timed = |fire: &Fire| fire.elapsed || fire.min_ns > 0;
        self.clock.set(entry.iter().any(timed) || exit.iter().any(timed));
        let opens = entry.iter().chain(exit.iter()).any(|fire| fire.opens).then_some(Role::Child);
        self.role.set(self.roots.borrow().iter().map(|root| root.role).chain(opens).max());
        self.armed[Side::Entry as usize].set(!entry.is_empty());
        self.armed[Side::Exit as usize].set(!exit.is_empty());
    }

    /// Opens a session's counts, once.
    pub(super) fn account(
        &self,
        live: &Rc<Live>,
        declare: impl FnOnce() -> Option<(u32, usize)>,
    ) -> Option<(u32, u64)> {
        if let Some(account) = self.accounts.borrow().iter().find(|a| Rc::ptr_eq(&a.outlet, &live.outlet)) {
            return Some((account.function, account.since));
        }
        let (function, at) = declare()?;
        let since = next_call();
        self.accounts.borrow_mut().push(Account { outlet: live.outlet.clone(), at, function, since });
        Some((function, since))
    }

    /// A session with an exit link sees how each of its calls ends, unless some were entered before it had one.
    fn see_exits(&self, live: &Rc<Live>) {
        for account in self.accounts.borrow().iter().filter(|account| Rc::ptr_eq(&account.outlet, &live.outlet)) {
            let ledger = &live.outlet.ledger;
            if ledger.get(account.at + function::ENTRIES) == 0 {
                ledger.set(account.at + function::HAS_EXITS, 1);
            }
        }
    }

    pub(super) fn has_links(&self) -> bool {
        self.links_len() > 0
    }

    /// Whether anything happens when a call ends.
    pub(super) fn has_exits(&self) -> bool {
        !self.exit.borrow().is_empty() || self.role.get().is_some_and(|role| role != Role::Submits)
    }

    /// The positional arguments that the entry links are known to want, each once, in order.
    pub(super) fn wanted(&self) -> Vec<u16> {
        let mut wanted: Vec<u16> = Vec::new();
        for fire in self.entry.borrow().iter() {
            let guest = fire.guest.borrow();
            for &arg in &guest.probes()[fire.probe].wants.args {
                if let Err(at) = wanted.binary_search(&arg) {
                    wanted.insert(at, arg);
                }
            }
        }
        wanted
    }

    #[inline]
    pub(super) fn is_armed(&self, side: Side) -> bool {
        self.armed[side as usize].get()
    }

    /// Ticks at an entry, where an exit asks for them.
    #[inline]
    pub(super) fn clock_ticks(&self) -> u64 {
        if !self.clock.get() {
            return 0;
        }
        self.accounts.borrow().first().map_or(0, |a| a.outlet.clock.ticks())
    }

    /// Counts an entry; gives the call's number, which its exit must bring back.
    #[inline]
    pub(super) fn entered(&self) -> u64 {
        self.count(function::ENTRIES, u64::MAX);
        next_call()
    }

    /// Counts an exit.
    #[inline]
    pub(super) fn left(&self, outcome: Outcome, sequence: u64) {
        self.count(if outcome == Outcome::Return { function::RETURNS } else { function::RAISES }, sequence);
    }

    /// Counts a frame that vanished.
    #[cold]
    pub(super) fn abandoned(&self, sequence: u64) {
        self.count(function::ABANDONED, sequence);
    }

    #[inline]
    fn count(&self, counter: usize, sequence: u64) {
        for account in self.accounts.borrow().iter() {
            if sequence >= account.since {
                account.outlet.ledger.bump(account.at + counter, 1);
            }
        }
    }

    /// Calls entered before now are another process's.
    pub(super) fn forget_calls(&self) {
        let since = next_call();
        self.accounts.borrow_mut().iter_mut().for_each(|account| account.since = since);
    }

    /// A session counts nothing here any more.
    pub(super) fn forget(&self, live: &Rc<Live>) {
        self.accounts.borrow_mut().retain(|account| !Rc::ptr_eq(&account.outlet, &live.outlet));
    }

    /// Fires the entry links.
    #[inline(always)]
    pub(super) fn fire_entry(
        &self,
        passed: [(i32, Option<Obj>); 2],
        (start_ticks, sequence): (u64, u64),
        next: &mut usize,
        slots: &mut Slots,
    ) {
        let entry = self.entry.borrow();
        while let Some(fire) = entry.get(*next) {
            *next += 1;
            let (function, invocation) = (fire.function, sequence);
            fire.fire(Firing { point: 0, function, passed, outcome: None, start_ticks, invocation }, slots);
        }
    }

    /// Fires the exit links that want this outcome of a call, and that were there when it began.
    #[inline(always)]
    pub(super) fn fire_exit(
        &self,
        outcome: Outcome,
        object: Obj,
        (start_ticks, sequence): (u64, u64),
        next: &mut usize,
        slots: &mut Slots,
    ) {
        let exit = self.exit.borrow();
        while let Some(fire) = exit.get(*next) {
            *next += 1;
            if sequence >= fire.since && fire.wants(outcome, start_ticks) {
                let point = if outcome == Outcome::Return { 1 } else { 2 };
                let passed = [(-1, None); 2];
                let (function, outcome, invocation) = (fire.function, Some(object), sequence);
                let firing = Firing { point, function, passed, outcome, start_ticks, invocation };
                fire.fire(firing, slots);
            }
        }
    }

    /// Counts an entry's firings that were not begun.
    #[cold]
    pub(super) fn skipped_entry(&self, why: DropKind) {
        self.entry.borrow().iter().for_each(|fire| fire.skipped(why));
    }

    /// Counts an exit's firings that were not begun: those that would have been.
    #[cold]
    pub(super) fn skipped_exit(&self, outcome: Outcome, start_ticks: u64, sequence: u64, why: DropKind) {
        let exit = self.exit.borrow();
        let began = |fire: &&Fire| sequence >= fire.since && fire.wants(outcome, start_ticks);
        exit.iter().filter(began).for_each(|fire| fire.skipped(why));
    }

    /// The host panicked in the firing before `next`: counted as a fault of that one. Gives whether others may go on.
    #[cold]
    pub(super) fn panicked(&self, side: Side, next: usize, slots: &mut Slots) -> bool {
        let links = self.links(side).try_borrow();
        let fire = links.as_ref().ok().and_then(|links| links.get(next.checked_sub(1)?));
        let guest = fire.and_then(|fire| Some((fire, fire.guest.try_borrow_mut().ok()?)));
        let Some((fire, mut guest)) = guest else {
            // Outside any firing: this function fires no more.
            self.armed.iter().for_each(|armed| armed.set(false));
            return false;
        };
        guest.panicked(fire.probe, fire.function, slots);
        true
    }

    fn links(&self, side: Side) -> &RefCell<Vec<Fire>> {
        if side == Side::Entry { &self.entry } else { &self.exit }
    }
}

impl Fire {
    #[inline]
    fn wants(&self, outcome: Outcome, start_ticks: u64) -> bool {
        let point = match self.point {
            spec::Point::Return => outcome == Outcome::Return,
            spec::Point::Raise => outcome == Outcome::Raise,
            _ => true,
        };
        point && (self.min_ns == 0 || self.took(start_ticks) >= self.min_ns)
    }

    #[inline(never)]
    fn took(&self, start_ticks: u64) -> u64 {
        if start_ticks == 0 {
            return 0;
        }
        let clock = &self.live.outlet.clock;
        clock.span_ns(clock.ticks().saturating_sub(start_ticks))
    }

    fn skipped(&self, why: DropKind) {
        // A guest that is firing counts nothing else.
        if let (false, Ok(guest)) = (self.live.is_stopped(), self.guest.try_borrow()) {
            guest.skipped(self.probe, why);
        }
    }

    // Always inlined, down to where the firing is kept: handed over in memory it would be read back at other widths than
    // it was written, which stalls the processor for longer than the rest of the hook takes.
    #[inline(always)]
    fn fire(&self, firing: Firing<CPython>, slots: &mut Slots) {
        if self.live.is_stopped() || !self.live.tick() {
            return;
        }
        self.guest.borrow_mut().fire_through(self.probe, firing, slots);
    }
}
