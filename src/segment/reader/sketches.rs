//! Reading what belongs together while the target may be writing it: whole, or not at all.
//!
//! In: places of counters that were checked against the segment. Out: summaries. Never here: a wait for a writer, who may
//! be dead, or trust in a length, a register or a version.

use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::{AtomicU64, fence};

use crate::ledger::top;
use crate::sketch::{Distinct, Moments, REGISTERS, TOP_SLOTS, Top};
use crate::value::Value;

/// Looks at words that a writer is at; it writes a few and is done, unless it is dead.
const LOOKS_MAX: usize = 64;

/// What `read` gives between two looks at the same even version.
pub(super) fn whole<T>(words: &[AtomicU64], version: usize, read: impl Fn() -> T) -> Option<T> {
    (0..LOOKS_MAX).find_map(|_| {
        let before = words[version].load(Acquire);
        let found = read();
        fence(Acquire);
        (before.is_multiple_of(2) && words[version].load(Relaxed) == before).then_some(found)
    })
}

/// Moments are as they stand where the writer died over them: that is off by one number at most.
pub(super) fn moments(words: &[AtomicU64], at: usize) -> Moments {
    let float = |i: usize| f64::from_bits(words[at + i].load(Relaxed));
    let read = || Moments { count: words[at + 1].load(Relaxed), mean: float(2), m2: float(3) };
    whole(words, at, read).unwrap_or_else(read)
}

pub(super) fn distinct(words: &[AtomicU64], at: usize) -> Distinct {
    Distinct::of((0..REGISTERS / 8).flat_map(|i| words[at + i].load(Relaxed).to_le_bytes()))
}

/// A slot that is not whole is left out, and its count bounds what is not listed.
pub(super) fn top(words: &[AtomicU64], at: usize) -> Top {
    let mut listed = Vec::new();
    let (mut floor, mut rarest) = (0, u64::MAX);
    for slot in (0..TOP_SLOTS).map(|i| at + i * top::SLOT_WORDS) {
        let count = words[slot + top::COUNT].load(Relaxed);
        match whole(words, slot, || slot_value(words, slot)).flatten() {
            Some((value, count, error)) => {
                rarest = rarest.min(count);
                listed.push((value, count, error));
            }
            None if words[slot].load(Relaxed) == 0 => rarest = 0,
            None => floor = floor.max(count),
        }
    }
    Top::of(listed, if rarest == u64::MAX { floor } else { floor.max(rarest) })
}

/// Value, count, error; nothing where no value was written, or what none writes.
fn slot_value(words: &[AtomicU64], slot: usize) -> Option<(Vec<u8>, u64, u64)> {
    let bytes =
        usize::try_from(words[slot + top::BYTES].load(Relaxed)).ok().filter(|n| (1..=top::VALUE_BYTES).contains(n))?;
    let text = (0..top::VALUE_BYTES / 8).flat_map(|i| words[slot + top::VALUE + i].load(Relaxed).to_le_bytes());
    let value: Vec<u8> = text.take(bytes).collect();
    let mut rest = value.as_slice();
    Value::read(&mut rest).ok().filter(|_| rest.is_empty())?;
    Some((value, words[slot + top::COUNT].load(Relaxed), words[slot + top::ERROR].load(Relaxed)))
}
