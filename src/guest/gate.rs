//! The gate before a probe: options that decide without entering wasm, and the rule that disarms.
//!
//! In: the options of a spec, the time, faults. Out: whether to fire; why a probe is disarmed. Never here: a clock that is
//! read when no option needs it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::limits;
use crate::outlet::Rate;
use crate::report::FaultKind;
use crate::spec::Options;

/// One probe's gate.
pub struct Gate {
    /// Nothing to decide: the commonest case is one load.
    open: Cell<bool>,
    disarmed: RefCell<Option<String>>,
    sample: Option<f64>,
    every: Option<u32>,
    rate: Option<Rate>,
    seen: Cell<u32>,
    random: Cell<u64>,
    functions: Cell<u64>,
    /// What one firing may use.
    pub(super) fuel: u64,
    faults: RefCell<Window>,
}

/// Times of recent faults, traps and out-of-fuel apart.
#[derive(Default)]
struct Window {
    traps: VecDeque<u64>,
    fuel: VecDeque<u64>,
}

impl Gate {
    pub fn new(options: &Options, fuel_max: u64) -> Self {
        let open = options.sample.is_none() && options.every.is_none() && options.rate.is_none();
        Self {
            open: Cell::new(open),
            disarmed: RefCell::default(),
            sample: options.sample,
            every: options.every,
            rate: options.rate.map(Rate::new),
            seen: Cell::new(0),
            random: Cell::new(0x9E37_79B9_7F4A_7C15 ^ u64::from(std::process::id())),
            functions: Cell::new(0),
            fuel: options.fuel.map_or(fuel_max, |lower| lower.min(fuel_max)),
            faults: RefCell::default(),
        }
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

    /// Whether this firing happens.
    #[inline]
    pub fn passes(&self, now_ns: impl FnOnce() -> u64) -> bool {
        self.open.get() || self.decide(now_ns)
    }

    #[inline(never)]
    fn decide(&self, now_ns: impl FnOnce() -> u64) -> bool {
        self.disarmed.borrow().is_none()
            && self.every.is_none_or(|n| self.nth(n))
            && self.sample.is_none_or(|p| self.random() < p)
            && self.rate.as_ref().is_none_or(|rate| rate.take(now_ns()))
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
        if kind == FaultKind::Guest || self.disarmed.borrow().is_some() {
            return None;
        }
        let mut faults = self.faults.borrow_mut();
        let out_of_fuel = kind == FaultKind::OutOfFuel;
        let (times, allowed) = if out_of_fuel {
            (&mut faults.fuel, limits::OUT_OF_FUEL_TO_DISARM)
        } else {
            (&mut faults.traps, limits::FAULTS_TO_DISARM)
        };
        let window = limits::FAULT_WINDOW_SECONDS * 1_000_000_000;
        times.push_back(now_ns);
        while times.front().is_some_and(|t| now_ns.saturating_sub(*t) > window) {
            times.pop_front();
        }
        if (times.len() as u64) < allowed {
            return None;
        }
        let reason = format!("{allowed} faults `{}` within {} s", kind.name(), limits::FAULT_WINDOW_SECONDS);
        self.disarm(&reason);
        Some(reason)
    }

    /// The probe fires no more; false if it did not before.
    pub(super) fn disarm(&self, reason: &str) -> bool {
        if self.disarmed.borrow().is_some() {
            return false;
        }
        *self.disarmed.borrow_mut() = Some(reason.to_owned());
        self.open.set(false);
        true
    }
}
