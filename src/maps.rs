//! Aggregations: numbers summed by key, in place in the ledger.
//!
//! In: an aggregation, a key in byte form, a number. Out: bumped counters. Bounded by entries and bytes; a key that
//! does not fit is refused and the caller counts it. Never here: a decode of a key, or a lock.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::cell::{Cell, RefCell};
use std::hash::BuildHasher;

use crate::ledger::{Agg, Block, CLEARS, HISTOGRAM_HEAD, Ledger, add, add_float, linear_low, quantize_bucket, top};
use crate::limits;
use crate::sketch::{Moments, TOP_SLOTS, register};

/// How many immediate keys (scalars, literals) are remembered by their bits.
const RECENT: usize = 64;

struct Entry {
    key: Box<[u8]>,
    /// Where the key's counters are.
    at: u32,
}

/// One aggregation of one session.
pub struct Aggregation {
    number: u32,
    agg: Agg,
    /// Where its own counters are.
    at: usize,
    bytes: Cell<u64>,
    hasher: RandomState,
    index: RefCell<HashTable<Entry>>,
    recent: [Cell<(u64, u32)>; RECENT],
}

/// No room for another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Aggregation {
    /// Declares it in the ledger.
    pub fn new(ledger: &Ledger, number: u32, module: u32, name: &str, agg: Agg) -> Option<Self> {
        let (low, high, step) = match agg {
            Agg::Lquantize { low, high, step } => (low, high, step),
            _ => (0.0, 0.0, 0.0),
        };
        let counters = [u64::from(module), agg.number(), low.to_bits(), high.to_bits(), step.to_bits(), 0];
        let at = ledger.append(Block::Aggregation, number, &counters, name.as_bytes())?;
        Some(Self {
            number,
            agg,
            at: at as usize,
            bytes: Cell::new(0),
            hasher: RandomState::default(),
            index: RefCell::new(HashTable::new()),
            recent: std::array::from_fn(|_| Cell::new((0, u32::MAX))),
        })
    }

    /// Adds `x` under a key that stands for itself: its value bits never mean another key.
    ///
    /// # Errors
    /// [`Full`].
    #[inline]
    pub fn add_immediate(
        &self,
        ledger: &Ledger,
        bits: u64,
        key: impl FnOnce(&mut Vec<u8>),
        x: f64,
    ) -> Result<(), Full> {
        let at = self.find_immediate(ledger, bits, key)?;
        self.bump(ledger, at, x);
        Ok(())
    }

    #[inline]
    fn find_immediate(&self, ledger: &Ledger, bits: u64, key: impl FnOnce(&mut Vec<u8>)) -> Result<usize, Full> {
        let place = &self.recent[(bits.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58) as usize];
        let (seen, at) = place.get();
        if seen == bits && at != u32::MAX {
            return Ok(at as usize);
        }
        let mut bytes = Vec::new();
        key(&mut bytes);
        let at = self.find(ledger, &bytes)?;
        place.set((bits, at));
        Ok(at as usize)
    }

    /// Adds `x` under a key in byte form.
    ///
    /// # Errors
    /// [`Full`].
    pub fn add(&self, ledger: &Ledger, key: &[u8], x: f64) -> Result<(), Full> {
        let at = self.find(ledger, key)?;
        self.bump(ledger, at as usize, x);
        Ok(())
    }

    /// Adds a value in byte form under a key in byte form.
    ///
    /// # Errors
    /// [`Full`].
    pub fn add_value(&self, ledger: &Ledger, key: &[u8], value: &[u8]) -> Result<(), Full> {
        let at = self.find(ledger, key)? as usize;
        match self.agg {
            Agg::Uniq => bump_register(ledger, at + 1, value),
            _ => bump_top(ledger, at + 1, &value[..value.len().min(top::VALUE_BYTES)]),
        }
        ledger.bump(at, 1);
        Ok(())
    }

    /// Its number in the session.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Words that a look at all keys passes.
    pub fn size(&self) -> usize {
        self.index.borrow().len() * self.agg.words()
    }

    /// Begins anew: every key stays where it is, with nothing counted. A reader that looks on has all or nothing of it.
    pub fn clear(&self, ledger: &Ledger) {
        ledger.versioned(self.at + CLEARS, |ledger| {
            for entry in self.index.borrow().iter() {
                let at = entry.at as usize;
                (at..at + self.agg.words()).for_each(|at| ledger.set(at, 0));
                ledger.set(at, self.agg.initial());
            }
        });
    }

    /// Appends what was counted: how many keys have anything, then of the highest, as far as they fit, the key, its length before
    /// it, and the counters that are not 0, each by its place, their number before them.
    pub fn print(&self, ledger: &Ledger, rows_max: usize, bytes_max: usize, out: &mut Vec<u8>) {
        let (index, counted) = (self.index.borrow(), self.agg.counted_at());
        let has_any = |entry: &&Entry| {
            let untouched = if counted == 0 { self.agg.initial() } else { 0 };
            ledger.get(entry.at as usize + counted) != untouched
        };
        // The highest so far, in order: a whole sort would be as long as the rest of this room.
        let (mut all, mut rows) = (0u32, Vec::<(f64, &Entry)>::new());
        for entry in index.iter().filter(has_any) {
            all += 1;
            let rank = self.rank(ledger, entry);
            let goes_first = |other: &(f64, &Entry)| other.0.total_cmp(&rank).then(entry.at.cmp(&other.1.at)).is_ge();
            let place = rows.partition_point(goes_first);
            if place < rows_max {
                rows.truncate(rows_max - 1);
                rows.insert(place, (rank, entry));
            }
        }
        out.extend_from_slice(&all.to_le_bytes());
        for (_, entry) in rows {
            let start = out.len();
            self.print_row(ledger, entry, out);
            if out.len() > bytes_max {
                return out.truncate(start);
            }
        }
    }

    fn print_row(&self, ledger: &Ledger, entry: &Entry, out: &mut Vec<u8>) {
        let words = |i: &usize| ledger.get(entry.at as usize + i);
        let set: Vec<usize> = (0..self.agg.words()).filter(|i| words(i) != 0).collect();
        out.extend_from_slice(&(entry.key.len() as u32).to_le_bytes());
        out.extend_from_slice(&entry.key);
        out.extend_from_slice(&(set.len() as u32).to_le_bytes());
        for i in set {
            out.extend_from_slice(&(i as u32).to_le_bytes());
            out.extend_from_slice(&words(&i).to_le_bytes());
        }
    }

    /// What rows are sorted by; the smallest minimum comes first.
    fn rank(&self, ledger: &Ledger, entry: &Entry) -> f64 {
        let word = |i| ledger.get(entry.at as usize + i);
        let (first, float) = (word(0), |i| f64::from_bits(word(i)));
        match self.agg {
            Agg::Sum | Agg::Max => float(0),
            Agg::Min => -float(0),
            Agg::Avg => float(1) / first as f64,
            Agg::Stddev => float(3) / word(1) as f64,
            _ => first as f64,
        }
    }

    /// What it keeps.
    pub fn agg(&self) -> Agg {
        self.agg
    }

    fn find(&self, ledger: &Ledger, key: &[u8]) -> Result<u32, Full> {
        let mut index = self.index.borrow_mut();
        let hash = self.hasher.hash_one(key);
        if let Some(entry) = index.find(hash, |entry| *entry.key == *key) {
            return Ok(entry.at);
        }
        let bytes = (self.agg.words() * 8 + key.len() + 16) as u64;
        if index.len() as u64 >= limits::MAP_ENTRIES_MAX || self.bytes.get() + bytes > limits::MAP_BYTES_MAX {
            return Err(Full);
        }
        let mut counters = vec![0; self.agg.words()];
        counters[0] = self.agg.initial();
        let at = ledger.append(Block::Key, self.number, &counters, key).ok_or(Full)?;
        self.bytes.set(self.bytes.get() + bytes);
        index.insert_unique(hash, Entry { key: key.into(), at }, |entry| self.hasher.hash_one(&*entry.key));
        Ok(at)
    }

    #[inline]
    fn bump(&self, ledger: &Ledger, at: usize, x: f64) {
        match self.agg {
            Agg::Count => ledger.bump(at, 1),
            Agg::Sum => ledger.add_float(at, x),
            Agg::Min => ledger.set(at, f64::from_bits(ledger.get(at)).min(x).to_bits()),
            Agg::Max => ledger.set(at, f64::from_bits(ledger.get(at)).max(x).to_bits()),
            Agg::Avg => {
                ledger.bump(at, 1);
                ledger.add_float(at + 1, x);
            }
            Agg::Stddev => bump_moments(ledger, at, x),
            // They are of values, not numbers.
            Agg::Uniq | Agg::Top => {}
            Agg::Quantize => bump_histogram(ledger, at, quantize_bucket(x), x),
            Agg::Lquantize { low, high, step } => {
                let last = self.agg.linear_buckets() - 1;
                bump_histogram(ledger, at, linear_bucket(x, low, high, step, last), x);
            }
        }
    }
}

fn bump_moments(ledger: &Ledger, at: usize, x: f64) {
    let float = |i| f64::from_bits(ledger.get(at + i));
    let mut moments = Moments { count: ledger.get(at + 1), mean: float(2), m2: float(3) };
    moments.add(x);
    ledger.versioned(at, |ledger| {
        ledger.set(at + 1, moments.count);
        ledger.set(at + 2, moments.mean.to_bits());
        ledger.set(at + 3, moments.m2.to_bits());
    });
}

fn bump_register(ledger: &Ledger, at: usize, value: &[u8]) {
    let (register, rank) = register(value);
    let (at, shift) = (at + register / 8, register % 8 * 8);
    let word = ledger.get(at);
    if u64::from(rank) > word >> shift & 0xFF {
        ledger.set(at, word & !(0xFF << shift) | u64::from(rank) << shift);
    }
}

/// Space-saving: a value that has no slot takes over that of the rarest, and its count as the error.
fn bump_top(ledger: &Ledger, at: usize, value: &[u8]) {
    let slots = || (0..TOP_SLOTS).map(|i| at + i * top::SLOT_WORDS);
    if let Some(slot) = slots().find(|slot| ledger.get(*slot) != 0 && holds(ledger, *slot, value)) {
        ledger.bump(slot + top::COUNT, 1);
        return;
    }
    // A slot that was never taken counts 0.
    let Some(slot) = slots().min_by_key(|slot| ledger.get(slot + top::COUNT)) else { return };
    let rarest = ledger.get(slot + top::COUNT);
    ledger.versioned(slot, |ledger| {
        ledger.set(slot + top::COUNT, rarest.saturating_add(1));
        ledger.set(slot + top::ERROR, rarest);
        ledger.set(slot + top::BYTES, value.len() as u64);
        words(value).enumerate().for_each(|(i, word)| ledger.set(slot + top::VALUE + i, word));
    });
}

fn holds(ledger: &Ledger, slot: usize, value: &[u8]) -> bool {
    ledger.get(slot + top::BYTES) == value.len() as u64
        && words(value).enumerate().all(|(i, word)| ledger.get(slot + top::VALUE + i) == word)
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    })
}

/// A number without a bucket, NaN, shows in count and sum.
fn bump_histogram(ledger: &Ledger, at: usize, bucket: Option<usize>, x: f64) {
    if let Some([count, sum]) = ledger.counters(at) {
        add(count, 1);
        add_float(sum, x);
    }
    if let Some(bucket) = bucket {
        ledger.bump(at + HISTOGRAM_HEAD + bucket, 1);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between low and high, so small and positive"
)]
fn linear_bucket(x: f64, low: f64, high: f64, step: f64, last: usize) -> Option<usize> {
    if x.is_nan() {
        return None;
    }
    if x < low {
        return Some(0);
    }
    if x >= high {
        return Some(last);
    }
    // The quotient is rounded, and may so land beside a border; what counts are the bounds that are shown.
    let mut bucket = (((x - low) / step) as usize + 1).min(last - 1);
    while bucket > 1 && x < linear_low(low, step, bucket) {
        bucket -= 1;
    }
    while bucket < last - 1 && x >= linear_low(low, step, bucket + 1) {
        bucket += 1;
    }
    Some(bucket)
}
