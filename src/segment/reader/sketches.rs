//! Reading what belongs together while the target may be writing it: whole, or not at all.
//!
//! In: places of counters that were checked against the segment. Out: summaries. Never here: a wait for a writer, who may
//! be dead, or trust in a length, a register or a version.

use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::fence;

use crate::ledger::top;
use crate::segment::Words;
use crate::sketch::{Distinct, Moments, REGISTERS, TOP_SLOTS, Top};
use crate::value::Value;

/// Looks at words that a writer is at; it writes a few and is done, unless it is dead.
const LOOKS_MAX: usize = 64;

/// What `read` gives between two looks at the same even version.
fn whole<T>(words: &Words, version: usize, read: impl Fn() -> T) -> Option<T> {
    (0..LOOKS_MAX).find_map(|_| {
        let before = words.at(version).load(Acquire);
        let found = read();
        fence(Acquire);
        (before.is_multiple_of(2) && words.at(version).load(Relaxed) == before).then_some(found)
    })
}

/// Moments are as they stand where the writer died over them: that is off by one number at most.
pub(super) fn moments(words: &Words, at: usize) -> Moments {
    let float = |i| f64::from_bits(words.load(at + i));
    let read = || Moments { count: words.load(at + 1), mean: float(2), m2: float(3) };
    whole(words, at, read).unwrap_or_else(read)
}

pub(super) fn distinct(words: &Words, at: usize) -> Distinct {
    Distinct::of((0..REGISTERS / 8).flat_map(|i| words.load(at + i).to_le_bytes()))
}

/// A slot that is not whole is left out, and its count bounds what is not listed.
pub(super) fn top(words: &Words, at: usize) -> Top {
    let mut listed = Vec::new();
    let (mut floor, mut rarest) = (0, u64::MAX);
    for slot in (0..TOP_SLOTS).map(|i| at + i * top::SLOT_WORDS) {
        let count = words.load(slot + top::COUNT);
        match whole(words, slot, || slot_value(words, slot)).flatten() {
            Some((value, count, error)) => {
                rarest = rarest.min(count);
                listed.push((value, count, error));
            }
            None if words.load(slot) == 0 => rarest = 0,
            None => floor = floor.max(count),
        }
    }
    Top::of(listed, if rarest == u64::MAX { floor } else { floor.max(rarest) })
}

/// Value, count, error; nothing where no value was written, or what none writes.
fn slot_value(words: &Words, slot: usize) -> Option<(Vec<u8>, u64, u64)> {
    let bytes = usize::try_from(words.load(slot + top::BYTES)).ok().filter(|n| (1..=top::VALUE_BYTES).contains(n))?;
    let text = (0..top::VALUE_BYTES / 8).flat_map(|i| words.load(slot + top::VALUE + i).to_le_bytes());
    let value: Vec<u8> = text.take(bytes).collect();
    let mut rest = value.as_slice();
    Value::read(&mut rest).ok().filter(|_| rest.is_empty())?;
    Some((value, words.load(slot + top::COUNT), words.load(slot + top::ERROR)))
}
