//! A probe's share of the time that passes: what its firings took in a window, and what follows from it.
//!
//! In: fuel and firings as they are counted, sampled times, how much is allowed. Out: [`Change`]s of a probe's state, and
//! whether a throttled probe may still fire. Never here: a clock, a ledger, a verdict by one sample.
//!
//! Time is not measured at each firing: it is what the fuel of all firings comes to, at the price that samples have shown.
//! So a probe that runs seldom and long is seen by its fuel before it was sampled, and one that runs often and short by both.

use std::cell::Cell;

use crate::limits;
use crate::outlet::Counts;

/// What entering and leaving a firing stands for, in fuel.
const FIRING_FUEL: u64 = 100;
/// What the hook around a firing takes, which no sample sees.
const HOOK_NS: u64 = 30;
/// So many samples make a price; the dearest of them is left out.
const SAMPLES: u64 = 8;
/// A sample of a thread that was not running says nothing: it counts for no more than this for each unit of fuel, which is
/// twenty times what fuel costs at most.
const DEAREST_NS: u64 = 32;
/// Fractions of a ns in a price.
const SCALE: u64 = 1_024;
/// Windows below half of the share before a throttled probe is let go: one, and twice as many each time, up to this.
const CALM_MAX: u32 = 64;

/// What a unit of fuel costs, by samples.
pub struct Price {
    /// 1 ns until enough samples have shown another.
    scaled: Cell<u64>,
    sum: Cell<(u64, u64)>,
    dearest: Cell<(u64, u64)>,
    samples: Cell<u64>,
}

impl Default for Price {
    fn default() -> Self {
        Self { scaled: Cell::new(SCALE), sum: Cell::default(), dearest: Cell::default(), samples: Cell::default() }
    }
}

impl Price {
    /// One firing was timed.
    pub fn sample(&self, fuel: u64, ns: u64) {
        let work = fuel + FIRING_FUEL;
        let new = (ns.saturating_add(HOOK_NS).min(work * DEAREST_NS), work);
        let old = self.dearest.get();
        let (kept, dearest) = if new.0 * old.1 >= old.0 * new.1 { (old, new) } else { (new, old) };
        let sum = self.sum.get();
        self.sum.set((sum.0 + kept.0, sum.1 + kept.1));
        self.dearest.set(dearest);
        self.samples.set(self.samples.get() + 1);
        if self.samples.get() == SAMPLES {
            self.settle();
        }
    }

    /// Half of the new price and half of the old, and one and a half times that at most: what it costs while the machine is
    /// busy with others has to last.
    fn settle(&self) {
        let (ns, work) = self.sum.take();
        let new = (ns * SCALE / work.max(1)).min(self.scaled.get() * 2);
        self.scaled.set(u64::midpoint(self.scaled.get(), new).max(1));
        self.dearest.set((0, 0));
        self.samples.set(0);
    }

    fn ns(&self, work: u64) -> u64 {
        let ns = u128::from(work) * u128::from(self.scaled.get()) / u128::from(SCALE);
        u64::try_from(ns).unwrap_or(u64::MAX)
    }

    fn work(&self, ns: u64) -> u64 {
        ns.saturating_mul(SCALE) / self.scaled.get()
    }
}

/// What a probe took in a window, and what it would have taken had no firing been skipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    pub spent_ns: u64,
    pub wanted_ns: u64,
}

/// What happens to a probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Throttled,
    Recovered,
    Disarmed,
}

/// How a window is judged.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// What the probe may take in a window of that length.
    pub allowed_ns: u64,
    /// Less than it may by itself, since all probes together took too much.
    pub shared: bool,
    /// All probes together are well below what they may take.
    pub calm: bool,
    /// Being over counts towards being disarmed.
    pub strikes: bool,
    /// What it may take in the next window, if it is throttled then.
    pub next_ns: u64,
}

/// One probe's share.
#[derive(Default)]
pub struct Share {
    /// In millionths of the time that passes; [`limits::WHOLE`] is no limit.
    limit: u64,
    pub price: Price,
    /// The counters when the window began.
    began: Cell<Counts>,
    /// While throttled: work from the window's begin that is the last to fire.
    last_work: Cell<Option<u64>>,
    /// It was throttled for what all probes took together.
    shared: Cell<bool>,
    strikes: Cell<u64>,
    calm: Cell<u32>,
    calm_wanted: Cell<u32>,
}

impl Share {
    pub fn new(limit: u64) -> Self {
        Self { limit, calm_wanted: Cell::new(1), ..Self::default() }
    }

    /// In millionths.
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    pub const fn is_judged(&self) -> bool {
        self.limit < limits::WHOLE
    }

    pub fn is_throttled(&self) -> bool {
        self.last_work.get().is_some()
    }

    /// Whether a firing of a throttled probe still fits into the window.
    pub fn fits(&self, now: Counts) -> bool {
        self.last_work.get().is_none_or(|last| self.work(now) < last)
    }

    fn work(&self, now: Counts) -> u64 {
        let began = self.began.get();
        let (fuel, firings) = (now.fuel.saturating_sub(began.fuel), now.firings.saturating_sub(began.firings));
        fuel.saturating_add(firings.saturating_mul(FIRING_FUEL))
    }

    /// Since the window began.
    pub fn taken(&self, now: Counts) -> Taken {
        let began = self.began.get();
        let spent_ns = self.price.ns(self.work(now));
        let fired = u128::from(now.firings.saturating_sub(began.firings).max(1));
        let skipped = u128::from(now.throttled.saturating_sub(began.throttled));
        let wanted = u128::from(spent_ns) * (fired + skipped) / fired;
        Taken { spent_ns, wanted_ns: u64::try_from(wanted).unwrap_or(u64::MAX) }
    }

    /// The same, and the next window begins.
    pub fn take(&self, now: Counts) -> Taken {
        let taken = self.taken(now);
        self.began.set(now);
        taken
    }

    /// In the middle of a window: whether so much was taken that nothing may follow. Then nothing does.
    pub fn bursts(&self, taken: Taken, window_ns: u64) -> bool {
        let most_ns = part(self.limit, window_ns).saturating_mul(limits::TIME_BURST_WINDOWS);
        let bursts = self.is_judged() && !self.is_throttled() && taken.spent_ns > most_ns;
        if bursts {
            self.throttle(0, false);
        }
        bursts
    }

    fn throttle(&self, ns: u64, shared: bool) {
        self.last_work.set(Some(self.price.work(ns)));
        self.shared.set(shared);
        self.strikes.set(0);
        self.calm.set(0);
    }

    /// A window has ended.
    pub fn judge(&self, taken: Taken, verdict: Verdict) -> Option<Change> {
        let over = taken.wanted_ns > verdict.allowed_ns;
        if !self.is_throttled() {
            if over {
                self.throttle(verdict.next_ns, verdict.shared);
            }
            return over.then_some(Change::Throttled);
        }
        self.last_work.set(Some(self.price.work(verdict.next_ns)));
        if over {
            self.calm.set(0);
            self.strikes.set(self.strikes.get() + u64::from(verdict.strikes));
            return (self.strikes.get() >= limits::THROTTLED_TO_DISARM).then_some(Change::Disarmed);
        }
        let calm = if self.shared.get() { verdict.calm } else { taken.wanted_ns <= verdict.allowed_ns / 2 };
        self.calm.set(if calm { self.calm.get() + 1 } else { 0 });
        if self.calm.get() < self.calm_wanted.get() {
            return None;
        }
        self.last_work.set(None);
        self.calm_wanted.set((self.calm_wanted.get() * 2).min(CALM_MAX));
        Some(Change::Recovered)
    }

    /// A forked child begins as if nothing had been; gives whether its parent's was throttled.
    pub fn restart(&self, now: Counts) -> bool {
        self.began.set(now);
        self.calm_wanted.set(1);
        self.last_work.take().is_some()
    }
}

/// So many millionths of a time.
pub fn part(millionths: u64, ns: u64) -> u64 {
    u64::try_from(u128::from(millionths) * u128::from(ns) / u128::from(limits::WHOLE)).unwrap_or(u64::MAX)
}
