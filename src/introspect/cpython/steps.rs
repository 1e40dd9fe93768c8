//! Steps: work that nobody could tell before it was done, counted where it is done.
//!
//! In: what a walk along bases, a chain of colliding keys or a method resolution order took. Out: the sum since it was last
//! asked for, about one for each nanosecond. Never here: a walk without end; each has a bound of its own.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Read and written with the GIL held only, so that a load and a store are enough.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// One class along a chain of bases.
pub(super) const BASE: u64 = 6;
/// One class's dict asked for a name.
pub(super) const CLASS_DICT: u64 = 24;
/// One place of a hash table, and the key there compared.
pub(super) const PROBE: u64 = 32;
/// A place of a table that holds nothing any more.
pub(super) const HOLE: u64 = 2;
/// So many of each are part of what a call costs anyway.
pub(super) const FREE: usize = 4;

pub(super) fn add(units: u64) {
    TAKEN.store(TAKEN.load(Relaxed).saturating_add(units), Relaxed);
}

/// The `i`-th of a chain: the first few are free.
#[inline]
pub(super) fn at(i: usize, units: u64) {
    if i >= FREE {
        add(units);
    }
}

#[inline]
pub(super) fn take() -> u64 {
    let taken = TAKEN.load(Relaxed);
    if taken != 0 {
        TAKEN.store(0, Relaxed);
    }
    taken
}
