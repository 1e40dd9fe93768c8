//! The ledger: self-describing blocks with live counters, appended to a segment and never moved.
//!
//! In: what a session has (modules, probes, functions, aggregations, keys, names, threads, states). Out: blocks whose
//! counters the fire path bumps in place. Never here: a lock; a block is whole before `LEDGER_USED` passes it, and a
//! block that does not fit is counted in `LEDGER_FULL`.
//!
//! A block is a head word (kind, number, words), then counters, then one text: a length word and its bytes.

use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::atomic::fence;

use crate::report::{DropKind, FaultKind};
use crate::segment::{Own, Words, header};
use crate::sketch::{REGISTERS, TOP_SLOTS};

/// What a block describes, and how many counters it carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Block {
    /// Text: file name.
    Module = 1,
    /// Counters: see [`probe`]; text: display name.
    Probe = 2,
    /// Counters: see [`function`]; text: dotted name.
    Function = 3,
    /// Counters: module, [`Agg`], three f64 of lquantize, [`CLEARS`]; text: name.
    Aggregation = 4,
    /// Counters: by [`Agg`]; text: the key's byte form. Number: its aggregation.
    Key = 5,
    /// Text: a field's name.
    Name = 6,
    /// Number: the thread's id; text: its name.
    Thread = 7,
    /// Counters: phase, functions, time; text: reason. Number: its probe.
    State = 8,
}

impl Block {
    pub const ALL: [Self; 8] = [
        Self::Module,
        Self::Probe,
        Self::Function,
        Self::Aggregation,
        Self::Key,
        Self::Name,
        Self::Thread,
        Self::State,
    ];
}

/// In place of a field's name: what follows is the name of the task that ran, and ends the record.
pub const TASK_NAME: u32 = u32::MAX;

/// In place of a function's number, at points that have none.
pub const NO_FUNCTION: u32 = u32::MAX;

/// Counters of a probe.
pub mod probe {
    use super::{DropKind, FaultKind};
    pub const MODULE: usize = 0;
    pub const FIRINGS: usize = 1;
    pub const REJECTED: usize = 2;
    pub const RECORDS: usize = 3;
    pub const FUEL: usize = 4;
    pub const HOST_BYTES: usize = 5;
    pub const RECORD_BYTES: usize = 6;
    /// The highest of any window, in millionths, and one more; 0 before the first.
    pub const SHARE: usize = 7;
    pub const TIMED: usize = 8;
    pub const TIMED_NS: usize = 9;
    pub const FAULTS: usize = 10;
    pub const DROPS: usize = FAULTS + FaultKind::ALL.len();
    /// A histogram of sampled firing times: eight buckets to each power of two.
    pub const TIMES: usize = DROPS + DropKind::ALL.len();
    pub const TIME_BUCKETS: usize = 8 * 32;
    pub const WORDS: usize = TIMES + TIME_BUCKETS;

    /// The bucket of a time in ns.
    pub fn time_bucket(ns: u64) -> usize {
        let power = ns.max(8).ilog2();
        let eighth = (ns.max(8) >> (power - 3)) & 7;
        usize::try_from(u64::from(power) * 8 + eighth).map_or(TIME_BUCKETS - 1, |i| i.min(TIME_BUCKETS - 1))
    }

    /// The lowest time of a bucket, ns.
    pub fn bucket_low(bucket: usize) -> u64 {
        let power = (bucket / 8).max(3);
        (8 + (bucket % 8) as u64) << (power - 3)
    }
}

/// Counters of a function.
pub mod function {
    pub const ENTRIES: usize = 0;
    pub const RETURNS: usize = 1;
    pub const RAISES: usize = 2;
    pub const ABANDONED: usize = 3;
    /// 1 when exits are seen.
    pub const HAS_EXITS: usize = 4;
    pub const WORDS: usize = 5;
}

/// What an aggregation keeps of its numbers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Agg {
    Count,
    Sum,
    Min,
    Max,
    Avg,
    /// Version, then [`Moments`](crate::sketch::Moments).
    Stddev,
    /// How many values came, then the registers of a [`Distinct`](crate::sketch::Distinct), eight to a word.
    Uniq,
    /// How many values came, then the slots of [`top`].
    Top,
    Quantize,
    Lquantize {
        low: f64,
        high: f64,
        step: f64,
    },
}

/// Slots of `top`: each is a version, odd while value and error are being written, then:
pub mod top {
    pub const COUNT: usize = 1;
    pub const ERROR: usize = 2;
    /// How long the value's byte form is.
    pub const BYTES: usize = 3;
    pub const VALUE: usize = 4;
    /// A value is cut to this.
    pub const VALUE_BYTES: usize = crate::limits::TOP_VALUE_BYTES_MAX as usize;
    pub const SLOT_WORDS: usize = VALUE + VALUE_BYTES / 8;
}

/// Counters of an aggregation: how often it was cleared, twice, and odd while it is.
pub const CLEARS: usize = 5;
/// All of them.
pub const AGGREGATION_WORDS: usize = CLEARS + 1;

/// Words of quantize before its buckets: count, sum.
pub const HISTOGRAM_HEAD: usize = 2;
/// Buckets of quantize: below -2^62, … [-1, 0), [0, 1), [1, 2) … from 2^62.
pub const QUANTIZE_BUCKETS: usize = 64 + 64;
/// Buckets of lquantize at most, under and over included.
pub const LQUANTIZE_BUCKETS_MAX: usize = 1_024;

impl Agg {
    pub const fn number(self) -> u64 {
        match self {
            Self::Count => 0,
            Self::Sum => 1,
            Self::Min => 2,
            Self::Max => 3,
            Self::Avg => 4,
            Self::Quantize => 5,
            Self::Lquantize { .. } => 6,
            Self::Stddev => 7,
            Self::Uniq => 8,
            Self::Top => 9,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Avg => "avg",
            Self::Stddev => "stddev",
            Self::Uniq => "uniq",
            Self::Top => "top",
            Self::Quantize => "quantize",
            Self::Lquantize { .. } => "lquantize",
        }
    }

    /// Counters of one key.
    pub fn words(self) -> usize {
        match self {
            Self::Count | Self::Sum | Self::Min | Self::Max => 1,
            Self::Avg => 2,
            Self::Stddev => 4,
            Self::Uniq => 1 + REGISTERS / 8,
            Self::Top => 1 + TOP_SLOTS * top::SLOT_WORDS,
            Self::Quantize => HISTOGRAM_HEAD + QUANTIZE_BUCKETS,
            Self::Lquantize { .. } => HISTOGRAM_HEAD + self.linear_buckets(),
        }
    }

    /// Buckets of a linear histogram: under, the steps, over.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the maximum first")]
    pub fn linear_buckets(self) -> usize {
        let Self::Lquantize { low, high, step } = self else { return 0 };
        let steps = ((high - low) / step).ceil().clamp(1.0, LQUANTIZE_BUCKETS_MAX as f64 - 2.0);
        steps as usize + 2
    }

    /// The counter that shows whether anything was counted: then it is no more what it was at first.
    pub fn counted_at(self) -> usize {
        usize::from(self == Self::Stddev)
    }

    /// The first value of a key's first counter, so that none needs a flag.
    pub fn initial(self) -> u64 {
        match self {
            Self::Min => f64::INFINITY.to_bits(),
            Self::Max => f64::NEG_INFINITY.to_bits(),
            // Minus zero: adding anything to it gives that, and a sum that was never touched shows.
            Self::Sum => (-0.0_f64).to_bits(),
            _ => 0,
        }
    }
}

/// The bucket of a number in a power-of-two histogram; NaN has none.
pub fn quantize_bucket(x: f64) -> Option<usize> {
    const ZERO: i64 = 64;
    let power = ((x.to_bits() >> 52) & 0x7FF) as i64 - 1023;
    let place = if x.is_nan() {
        return None;
    } else if x >= 1.0 {
        ZERO + 1 + power.min(62)
    } else if x > -1.0 {
        if x < 0.0 { ZERO - 1 } else { ZERO }
    } else {
        // [-2^k, -2^(k-1)): an exact power belongs to the lower bucket it opens.
        let exact = x.to_bits().trailing_zeros() >= 52;
        ZERO - 1 - (power + i64::from(!exact)).min(63)
    };
    usize::try_from(place).ok()
}

/// The bounds of a power-of-two bucket: low inclusive, high exclusive; the outermost are open.
pub fn quantize_bounds(bucket: usize) -> (f64, f64) {
    const LAST: usize = QUANTIZE_BUCKETS - 1;
    let power = |k: usize| (k as f64).exp2();
    match bucket {
        0 => (f64::NEG_INFINITY, -power(62)),
        LAST => (power(62), f64::INFINITY),
        64 => (0.0, 1.0),
        63 => (-1.0, 0.0),
        b if b > 64 => (power(b - 65), power(b - 64)),
        b => (-power(63 - b), -power(62 - b)),
    }
}

/// Where a step of a linear histogram starts; the first is bucket 1.
pub fn linear_low(low: f64, step: f64, bucket: usize) -> f64 {
    low + (bucket - 1) as f64 * step
}

/// Beyond any segment, and far enough from the end of numbers.
const CLOSED: usize = usize::MAX / 2;

/// The writing end.
pub struct Ledger {
    words: Own,
    end: usize,
    used: Cell<usize>,
}

impl Ledger {
    pub fn new(words: Words) -> Self {
        let end = words.ring_start();
        Self { words: Own::new(words), end, used: Cell::new(header::WORDS) }
    }

    /// The segment, for a reader in the same process.
    pub fn words(&self) -> Words {
        self.words.share()
    }

    /// Appends a block; gives where its counters start, or `None` when it does not fit.
    pub fn append(&self, kind: Block, number: u32, counters: &[u64], text: &[u8]) -> Option<u32> {
        let total = 2 + counters.len() + text.len().div_ceil(8);
        let at = self.used.get();
        if at + total > self.end {
            if at != CLOSED {
                self.bump(header::LEDGER_FULL, 1);
            }
            return None;
        }
        self.put(at, kind as u64 | (total as u64) << 8 | u64::from(number) << 32);
        for (i, counter) in counters.iter().enumerate() {
            self.put(at + 1 + i, *counter);
        }
        self.put_text(at + 1 + counters.len(), text);
        self.used.set(at + total);
        self.words.at(header::LEDGER_USED).store((at + total) as u64, Release);
        u32::try_from(at + 1).ok()
    }

    /// Appends nothing more: it is another process's.
    pub fn close(&self) {
        self.used.set(CLOSED);
    }

    /// Goes on in a child's own segment of the same size: the same blocks at the same places, with nothing counted.
    ///
    /// Heads and texts never change once written, so the parent may go on writing its counters meanwhile.
    pub fn move_to(&self, child: Words, agg_of: impl Fn(u32) -> Option<Agg>) {
        let parent = self.words();
        self.words.replace(child);
        let mut at = header::WORDS;
        while at < self.used.get() {
            let head = parent.load(at);
            let words = usize::try_from(head >> 8 & 0xFF_FFFF).unwrap_or(0).max(2);
            (at..at + words).for_each(|i| self.put(i, parent.load(i)));
            self.forget_counts(at + 1, head, &agg_of);
            at += words;
        }
        for mark in [header::LEDGER_USED, header::INHERITED] {
            self.words.at(mark).store(at as u64, Release);
        }
    }

    fn forget_counts(&self, at: usize, head: u64, agg_of: &impl Fn(u32) -> Option<Agg>) {
        let zero = |range: std::ops::Range<usize>| range.for_each(|i| self.put(at + i, 0));
        match head & 0xFF {
            k if k == Block::Probe as u64 => zero(probe::FIRINGS..probe::WORDS),
            k if k == Block::Function as u64 => zero(function::ENTRIES..function::HAS_EXITS),
            k if k == Block::Key as u64 => {
                if let Some(agg) = agg_of(u32::try_from(head >> 32).unwrap_or(0)) {
                    zero(0..agg.words());
                    self.put(at, agg.initial());
                }
            }
            _ => {}
        }
    }

    fn put_text(&self, at: usize, text: &[u8]) {
        self.put(at, text.len() as u64);
        for (i, chunk) in text.chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.put(at + 1 + i, u64::from_le_bytes(word));
        }
    }

    fn put(&self, at: usize, word: u64) {
        self.words.at(at).store(word, Relaxed);
    }

    /// A counter's value.
    #[inline]
    pub fn get(&self, at: usize) -> u64 {
        self.words.load(at)
    }

    /// Sets a counter.
    #[inline]
    pub fn set(&self, at: usize, word: u64) {
        self.put(at, word);
    }

    /// Adds to a counter. There is one writer, so a load and a store are enough.
    #[inline]
    pub fn bump(&self, at: usize, by: u64) {
        add(self.words.at(at), by);
    }

    /// Counters that stand together, for several steps under one look at the bounds.
    #[inline]
    pub fn counters<const N: usize>(&self, at: usize) -> Option<&[AtomicU64; N]> {
        self.words.all().get(at..)?.first_chunk()
    }

    /// Writes words that belong together: who reads them between two even versions has them whole.
    pub fn versioned(&self, version: usize, write: impl FnOnce(&Self)) {
        let before = self.get(version);
        self.put(version, before.wrapping_add(1));
        fence(Release);
        write(self);
        self.words.at(version).store(before.wrapping_add(2), Release);
    }

    /// Adds to a counter that holds a float.
    #[inline]
    pub fn add_float(&self, at: usize, by: f64) {
        add_float(self.words.at(at), by);
    }

    /// Not 0: the operator wants no more firings.
    #[inline]
    pub fn stopped(&self) -> bool {
        self.words.load(header::STOP) != 0
    }
}

/// Adds to a counter. There is one writer, so a load and a store are enough.
#[inline]
pub fn add(counter: &AtomicU64, by: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(by), Relaxed);
}

/// Adds to a counter that holds a float.
#[inline]
pub fn add_float(counter: &AtomicU64, by: f64) {
    counter.store((f64::from_bits(counter.load(Relaxed)) + by).to_bits(), Relaxed);
}
