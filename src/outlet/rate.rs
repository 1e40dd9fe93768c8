//! Rates: how many records a second, and how many words of the ring they take.
//!
//! In: the time, when something is to be written. Out: whether it may. Never here: a division where the answer is yes.

use std::cell::Cell;

/// Records in a second, and the ring's words they take.
pub(super) struct Rates {
    pub(super) events: Rate,
    pub(super) words: Words,
}

impl Rates {
    pub(super) fn new(events: u64, bytes: u64) -> Self {
        let words = Words::default();
        words.set(bytes);
        Self { events: Rate::new(events as f64), words }
    }
}

/// A bucket of words that is filled up only when it is found empty: what passed since then, a second's worth at most.
#[derive(Default)]
pub(super) struct Words {
    per_second: Cell<i64>,
    left: Cell<i64>,
    filled_ns: Cell<u64>,
}

impl Words {
    /// From now on so many bytes a second.
    pub(super) fn set(&self, bytes: u64) {
        self.per_second.set((bytes / 8).cast_signed());
        self.left.set(self.per_second.get());
    }

    /// Takes so many, if they are there.
    #[inline]
    pub(super) fn take(&self, words: i64, now_ns: u64) -> bool {
        let left = self.left.get() - words;
        if left >= 0 {
            self.left.set(left);
            return true;
        }
        self.fill(now_ns) && self.take_filled(words)
    }

    /// A full bucket gives out more than it holds.
    #[cold]
    fn take_filled(&self, words: i64) -> bool {
        let left = self.left.get();
        let there = words <= left || left == self.per_second.get();
        if there {
            self.left.set(left - words);
        }
        there
    }

    /// Whether anything came in.
    #[cold]
    fn fill(&self, now_ns: u64) -> bool {
        let passed_ns = now_ns.saturating_sub(self.filled_ns.get()).min(SECOND_NS);
        let all = self.per_second.get();
        let more = i128::from(all) * i128::from(passed_ns) / i128::from(SECOND_NS);
        // What is less than a word goes on being waited for.
        if more > 0 {
            self.filled_ns.set(now_ns);
            let left = i128::from(self.left.get()) + more;
            self.left.set(i64::try_from(left).unwrap_or(all).min(all));
        }
        more > 0
    }
}

/// A bucket that holds one second's worth of events, and one at least. It keeps when it would be full again, so that a
/// decision takes no division.
pub struct Rate {
    interval_ns: Cell<u64>,
    full_at_ns: Cell<u64>,
}

impl Rate {
    pub fn new(per_second: f64) -> Self {
        let rate = Self { interval_ns: Cell::new(0), full_at_ns: Cell::new(0) };
        rate.set(per_second);
        rate
    }

    /// From now on so many a second.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is bounded then")]
    pub(super) fn set(&self, per_second: f64) {
        self.interval_ns.set(((1e9 / per_second) as u64).min(INTERVAL_NS_MAX));
    }

    /// Takes one event, if there is one.
    #[inline]
    pub fn take(&self, now_ns: u64) -> bool {
        let interval = self.interval_ns.get();
        let full_at = self.full_at_ns.get().max(now_ns).saturating_add(interval);
        let there = full_at - now_ns <= interval.max(SECOND_NS);
        if there {
            self.full_at_ns.set(full_at);
        }
        there
    }
}

const SECOND_NS: u64 = 1_000_000_000;
/// 36 years: no event after the first.
const INTERVAL_NS_MAX: u64 = 1 << 60;
