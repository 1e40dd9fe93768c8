//! `sample every rate`, `has`: decisions that a guest asks for while it fires.
//!
//! In: a probability, a number. Out: 1 or 0, from state kept per probe and number. Bounded: a probe has so many numbers.
//! Never here: state in the instance, which a fault renews.

use std::cell::{Cell, RefCell};

use waspect_abi::{Arg, CORE, Code, IMPORTS};

use super::State;
use crate::introspect::Introspect;
use crate::outlet::Rate;

/// Different numbers one probe may ask by.
const NUMBERS_MAX: usize = 16;

/// What one probe's decisions remember.
#[derive(Default)]
pub(super) struct Chances {
    every: RefCell<Vec<(u32, Cell<u32>)>>,
    rates: RefCell<Vec<(u32, Rate)>>,
}

impl Chances {
    /// The first of each n.
    fn every(&self, n: u32) -> Option<bool> {
        remembered(
            &self.every,
            n,
            || Cell::new(0),
            |seen| {
                let at = seen.get();
                seen.set(if at + 1 >= n { 0 } else { at + 1 });
                at == 0
            },
        )
    }

    fn rate(&self, n: u32, now_ns: u64) -> Option<bool> {
        remembered(&self.rates, n, || Rate::new(f64::from(n)), |rate| rate.take(now_ns))
    }
}

/// What is kept by that number, made at its first use; `None` when there are too many.
fn remembered<T>(
    all: &RefCell<Vec<(u32, T)>>,
    n: u32,
    make: impl FnOnce() -> T,
    decide: impl FnOnce(&T) -> bool,
) -> Option<bool> {
    let mut all = all.borrow_mut();
    if let Some((_, known)) = all.iter().find(|(number, _)| *number == n) {
        return Some(decide(known));
    }
    if all.len() == NUMBERS_MAX {
        return None;
    }
    all.push((n, make()));
    all.last().map(|(_, made)| decide(made))
}

impl<I: Introspect> State<I> {
    /// One with this probability; NaN is never.
    pub(super) fn sample(&mut self, p: f64) -> i32 {
        i32::from(self.random() < p)
    }

    pub(super) fn every(&self, n: i32) -> i32 {
        decided(n, |n| self.chances()?.every(n))
    }

    pub(super) fn rate(&self, n: i32) -> i32 {
        decided(n, |n| self.chances()?.rate(n, self.shared.outlet.clock.mono_now()))
    }

    fn chances(&self) -> Option<&Chances> {
        self.shared.chances.get(self.probe)
    }
}

fn decided(n: i32, decide: impl FnOnce(u32) -> Option<bool>) -> i32 {
    match u32::try_from(n) {
        Ok(n @ 1..) => decide(n).map_or(Code::Limit.status(), i32::from),
        _ => Code::Range.status(),
    }
}

/// Whether this version has a function of `probe1`, or a family by its module's name.
pub(super) fn has(name: &[u8]) -> bool {
    IMPORTS.iter().any(|import| {
        let known = match import.arg {
            Arg::Fixed(fixed) => fixed,
            _ => import.module,
        };
        known != CORE && known.as_bytes() == name
    })
}
