//! The gate before a probe: options that decide without entering wasm, and the rule that disarms.
//!
//! In: the options of a spec, the time, faults, a verdict on its share of time. Out: whether to fire; why a probe is
//! throttled or disarmed. Never here: a clock that is read when no option needs it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::share::{Change, Share};
use crate::limits::{self, Budget};
use crate::outlet::{Account, Counts, Outlet, Rate};
use crate::report::{DropKind, FaultKind, Phase};
use crate::spec::Options;

/// Why a probe that was throttled is not any more.
const CALM: &str = "below its share of time again";
const AGAIN: &str = "over its share of time again and again while throttled: ";

/// One probe's gate.
pub struct Gate {
    /// Nothing to decide: the commonest case is one load.
    open: Cell<bool>,
    disarmed: RefCell<Option<String>>,
    /// Why it is throttled, while it is.
    throttled: RefCell<Option<String>>,
    pub(super) share: Share,
    pub(super) outlet: Rc<Outlet>,
    pub(super) account: Rc<Account>,
    sample: Option<f64>,
    every: Option<u32>,
    rate: Option<Rate>,
    seen: Cell<u32>,
    random: Cell<u64>,
    functions: Cell<u64>,
    /// What one firing may use.
    pub(super) fuel: u64,
    faults: RefCell<Window>,
    /// Traps, and firings out of fuel, that disarm.
    faults_allowed: (u64, u64),
}

/// Times of recent faults, traps and out-of-fuel apart.
#[derive(Default)]
struct Window {
    traps: VecDeque<u64>,
    fuel: VecDeque<u64>,
}

impl Gate {
    pub fn new(options: &Options, budget: &Budget, outlet: &Rc<Outlet>, account: &Rc<Account>) -> Self {
        let fuel_max = budget.fuel_per_fire;
        let gate = Self {
            open: Cell::new(false),
            disarmed: RefCell::default(),
            throttled: RefCell::default(),
            share: Share::new(budget.time_share_max),
            outlet: outlet.clone(),
            account: account.clone(),
            sample: options.sample,
            every: options.every,
            rate: options.rate.map(Rate::new),
            seen: Cell::new(0),
            random: Cell::new(0x9E37_79B9_7F4A_7C15 ^ u64::from(std::process::id())),
            functions: Cell::new(0),
            fuel: options.fuel.map_or(fuel_max, |lower| lower.min(fuel_max)),
            faults: RefCell::default(),
            faults_allowed: (budget.faults_to_disarm, budget.out_of_fuel_to_disarm),
        };
        gate.settle();
        gate
    }

    /// Whether there is something to decide.
    fn settle(&self) {
        let plain = self.sample.is_none() && self.every.is_none() && self.rate.is_none();
        self.open.set(plain && !self.is_disarmed() && !self.share.is_throttled());
    }

    /// How many functions the probe is attached to.
    pub fn functions(&self) -> u64 {
        self.functions.get()
    }

    /// One more, or one less.
    pub fn count_functions(&self, by: i64) {
        self.functions.set(self.functions.get().saturating_add_signed(by));
    }

    /// Why the probe fires no more, if it does not.
    pub fn disarmed(&self) -> Option<String> {
        self.disarmed.borrow().clone()
    }

    pub(super) fn is_disarmed(&self) -> bool {
        self.disarmed.borrow().is_some()
    }

    /// Why the probe fires only now and then, if it does.
    pub fn throttled(&self) -> Option<String> {
        self.throttled.borrow().clone()
    }

    pub(super) fn counts(&self) -> Counts {
        self.outlet.counts(&self.account)
    }

    /// Tells the operator the probe's state.
    pub(super) fn say(&self, phase: Phase, reason: &str) {
        self.outlet.state(&self.account, phase, self.functions(), reason);
    }

    /// The verdict on its share of time, and why.
    #[cold]
    pub(super) fn tell(&self, change: Change, reason: &str) {
        let why = if change == Change::Throttled { Some(reason.to_owned()) } else { None };
        *self.throttled.borrow_mut() = why;
        match change {
            Change::Throttled => self.say(Phase::Throttled, reason),
            Change::Recovered => self.say(Phase::Attached, CALM),
            Change::Disarmed => {
                let reason = [AGAIN, reason].concat();
                self.disarm(&reason);
                self.say(Phase::Disarmed, &reason);
            }
        }
        self.settle();
    }

    /// A forked child: what its parent spent is the parent's.
    pub(super) fn restart(&self) {
        if self.share.restart(self.counts()) && !self.is_disarmed() {
            self.throttled.take();
            self.say(Phase::Attached, CALM);
        }
        self.settle();
    }

    /// Whether this firing happens.
    #[inline]
    pub fn passes(&self, now_ns: impl FnOnce() -> u64) -> bool {
        self.open.get() || self.decide(now_ns)
    }

    #[inline(never)]
    fn decide(&self, now_ns: impl FnOnce() -> u64) -> bool {
        !self.is_disarmed()
            && self.every.is_none_or(|n| self.nth(n))
            && self.sample.is_none_or(|p| self.random() < p)
            && self.rate.as_ref().is_none_or(|rate| rate.take(now_ns()))
            && (!self.share.is_throttled() || self.fits())
    }

    /// Whether a throttled probe may fire now; if not, that is counted.
    #[cold]
    fn fits(&self) -> bool {
        let fits = self.share.fits(self.counts());
        if !fits {
            self.outlet.dropped(&self.account, DropKind::Throttled);
        }
        fits
    }

    /// The first of each n.
    fn nth(&self, n: u32) -> bool {
        let seen = self.seen.get();
        self.seen.set(if seen + 1 >= n { 0 } else { seen + 1 });
        seen == 0
    }

    fn random(&self) -> f64 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        (x >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Files a fault; gives the reason if the probe is disarmed by it.
    pub(super) fn judge(&self, kind: FaultKind, now_ns: u64) -> Option<String> {
        if kind == FaultKind::Guest || self.is_disarmed() {
            return None;
        }
        let mut faults = self.faults.borrow_mut();
        let out_of_fuel = kind == FaultKind::OutOfFuel;
        let (times, allowed) = if out_of_fuel {
            (&mut faults.fuel, self.faults_allowed.1)
        } else {
            (&mut faults.traps, self.faults_allowed.0)
        };
        let window = limits::FAULT_WINDOW_SECONDS * 1_000_000_000;
        times.push_back(now_ns);
        while times.front().is_some_and(|t| now_ns.saturating_sub(*t) > window) {
            times.pop_front();
        }
        if (times.len() as u64) < allowed {
            return None;
        }
        let mut reason = format!("{allowed} faults `{}` within {} s", kind.name(), limits::FAULT_WINDOW_SECONDS);
        if allowed == 1 {
            reason = reason.replacen("faults", "fault", 1);
        }
        self.disarm(&reason);
        Some(reason)
    }

    /// The probe fires no more; false if it did not before.
    pub(super) fn disarm(&self, reason: &str) -> bool {
        if self.is_disarmed() {
            return false;
        }
        *self.disarmed.borrow_mut() = Some(reason.to_owned());
        self.open.set(false);
        true
    }
}
