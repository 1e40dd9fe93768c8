//! Summaries that are small whatever they saw, and that add up: moments, distinct values, heavy hitters.
//!
//! In: numbers, and values in byte form. Out: estimates with a known error, the same whichever process is
//! merged first (but for how floats round). Never here: shared memory, or trust in a register that another process wrote.

use std::collections::BTreeMap;

use crate::sorted;

/// How many, their mean, and the sum of squared distances from it.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Moments {
    pub count: u64,
    pub mean: f64,
    pub m2: f64,
}

impl Moments {
    /// Welford's step: no large squares are subtracted from each other.
    pub fn add(&mut self, x: f64) {
        self.count = self.count.saturating_add(1);
        let before = x - self.mean;
        self.mean += before / self.count as f64;
        self.m2 += before * (x - self.mean);
    }

    /// As if both had seen the numbers of both.
    pub fn merge(&mut self, new: &Self) {
        if self.count == 0 || new.count == 0 {
            *self = if self.count == 0 { *new } else { *self };
            return;
        }
        let (a, b) = (self.count as f64, new.count as f64);
        let apart = new.mean - self.mean;
        self.count = self.count.saturating_add(new.count);
        // Weighed, not stepped, so that neither side is the first.
        self.mean = (self.mean * a + new.mean * b) / (a + b);
        self.m2 = self.m2 + new.m2 + apart * apart * (a * b / (a + b));
    }

    pub fn sum(&self) -> f64 {
        self.mean * self.count as f64
    }

    /// Of exactly these numbers, not of what they may be a sample of.
    pub fn deviation(&self) -> f64 {
        (self.m2 / self.count.max(1) as f64).sqrt()
    }
}

const INDEX_BITS: u32 = 10;
/// Registers of a [`Distinct`]: an estimate is off by 3.3 % in the middle.
pub const REGISTERS: usize = 1 << INDEX_BITS;
/// The most a register can hold: all bits of a hash beside its index are 0.
const RANK_MAX: u8 = (64 - INDEX_BITS + 1) as u8;

/// How many different values there were: the registers of a `HyperLogLog`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "cli", serde(from = "Vec<u8>"))]
pub struct Distinct(Box<[u8]>);

impl Default for Distinct {
    fn default() -> Self {
        Self(vec![0; REGISTERS].into())
    }
}

#[cfg(feature = "cli")]
impl From<Vec<u8>> for Distinct {
    fn from(registers: Vec<u8>) -> Self {
        Self::of(registers.into_iter())
    }
}

impl Distinct {
    /// Takes registers from bytes that anyone may have written.
    pub fn of(bytes: impl Iterator<Item = u8>) -> Self {
        let mut registers = Self::default();
        registers.0.iter_mut().zip(bytes).for_each(|(register, rank)| *register = rank.min(RANK_MAX));
        registers
    }

    pub fn add(&mut self, value: &[u8]) {
        let (register, rank) = register(value);
        self.0[register] = self.0[register].max(rank);
    }

    /// As if one had seen the values of both.
    pub fn merge(&mut self, new: &Self) {
        self.0.iter_mut().zip(&new.0).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
    }

    /// Ertl's estimator: good from 0 on, without a second method for small numbers.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and the cast saturates")]
    pub fn estimate(&self) -> u64 {
        let m = REGISTERS as f64;
        let mut holding = [0.0_f64; RANK_MAX as usize + 1];
        self.0.iter().for_each(|rank| holding[usize::from(*rank)] += 1.0);
        let mut z = m * above(1.0 - holding[usize::from(RANK_MAX)] / m);
        for many in holding[1..usize::from(RANK_MAX)].iter().rev() {
            z = 0.5 * (z + many);
        }
        z += m * below(holding[0] / m);
        (m * m / (2.0 * std::f64::consts::LN_2) / z).round() as u64
    }
}

/// Where a value belongs, and its rank there.
pub fn register(value: &[u8]) -> (usize, u8) {
    let hash = hash(value);
    let index = (hash >> (64 - INDEX_BITS)) as usize;
    // A bit behind the last bounds the rank.
    let rest = hash << INDEX_BITS | 1 << (INDEX_BITS - 1);
    (index, rest.leading_zeros() as u8 + 1)
}

/// The same in every process. FNV-1a, its bits then spread by the finisher of `splitmix64`.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    let mut hash = bytes.iter().fold(0xCBF2_9CE4_8422_2325, step);
    hash = (hash ^ hash >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ hash >> 31
}

/// What registers that are still 0 say; infinite when all are.
fn below(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * y;
        y += y;
        if sum.to_bits() == before.to_bits() {
            return sum;
        }
    }
}

/// What registers that can hold no more say.
fn above(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        y *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * y;
        if sum.to_bits() == before.to_bits() {
            return sum / 3.0;
        }
    }
}

/// Values that one process follows under one key, and that a report shows.
pub const TOP_SLOTS: usize = 32;
/// Values kept while processes are added up.
const MERGED_MAX: usize = 1_024;

/// How often a value came: at most `count`, at least `count - error`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Tally {
    pub count: u64,
    pub error: u64,
    /// What of [`Top::floor`] is of the processes that list this value.
    floor: u64,
}

/// The most frequent values, by their byte form.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Top {
    values: BTreeMap<Vec<u8>, Tally>,
    /// A value that is not listed came at most so often.
    floor: u64,
}

impl Top {
    /// One process's values; `floor` bounds what it does not list.
    pub fn of(listed: impl IntoIterator<Item = (Vec<u8>, u64, u64)>, floor: u64) -> Self {
        let tally =
            |(value, count, error): (Vec<u8>, u64, u64)| (value, Tally { count, error: error.min(count), floor });
        Self { values: listed.into_iter().map(tally).collect(), floor }
    }

    /// Adds another process's. Until a thousand values are listed nothing is lost, so no order is the better one.
    pub fn merge(&mut self, new: &Self) {
        for (value, theirs) in &new.values {
            let mine = self.values.entry(value.clone()).or_default();
            mine.count = mine.count.saturating_add(theirs.count);
            mine.error = mine.error.saturating_add(theirs.error);
            mine.floor = mine.floor.saturating_add(theirs.floor);
        }
        self.floor = self.floor.saturating_add(new.floor);
        self.forget();
    }

    /// Drops the rarest of too many; the floor rises to what they came to.
    fn forget(&mut self) {
        let Some(many) = self.values.len().checked_sub(MERGED_MAX).filter(|n| *n > 0) else { return };
        let counts: Vec<_> = self.values.iter().map(|(v, t)| (self.whole(t).0, v.clone())).collect();
        let counts = sorted::by(counts, Ord::cmp);
        let rise = counts[many - 1].0.saturating_sub(self.floor);
        for (_, value) in &counts[..many] {
            self.values.remove(value);
        }
        self.floor += rise;
        self.values.values_mut().for_each(|tally| tally.floor = tally.floor.saturating_add(rise));
    }

    /// Count and error, with what processes that do not list the value may have seen of it.
    fn whole(&self, tally: &Tally) -> (u64, u64) {
        let unseen = self.floor.saturating_sub(tally.floor);
        (tally.count.saturating_add(unseen), tally.error.saturating_add(unseen))
    }

    /// The most frequent first: byte form, count, error.
    pub fn ranked(&self) -> Vec<(&[u8], u64, u64)> {
        let whole = |(value, tally)| {
            let (count, error) = self.whole(tally);
            (Vec::as_slice(value), count, error)
        };
        let all = self.values.iter().map(whole).collect();
        let mut all = sorted::by(all, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.truncate(TOP_SLOTS);
        all
    }
}
