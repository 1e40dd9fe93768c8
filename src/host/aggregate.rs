//! `count sum min max avg stddev quantize lquantize`: numbers by key; `uniq top`: values by key.
//!
//! In: a key (NONE = no key) and a number or a value. Out: bumped counters in the ledger, or a counted drop. Never here: a key that
//! is compared by running `__eq__`; keys are their byte form.

use waspect_abi::TAG_HANDLE;

use super::{HostBudget, State, key};
use crate::introspect::Introspect;
use crate::ledger::{Agg, top};
use crate::report::DropKind;
use crate::value::put;

/// What looking through the slots of a `top` is charged.
const TOP_SLOTS_BYTES: usize = 32;

impl<I: Introspect> State<I> {
    pub(super) fn aggregate(&mut self, number: usize, key: u64, x: f64) -> Result<(), HostBudget> {
        self.wrote = true;
        let immediate = key >> 48 != TAG_HANDLE || key >> 16 & 0xFF == 0;
        let full = if immediate { self.add_immediate(number, key, x) } else { self.add_encoded(number, key, x)? };
        if full {
            self.drop_one(DropKind::MapFull);
        }
        Ok(())
    }

    pub(super) fn aggregate_value(&mut self, number: usize, key: u64, v: u64) -> Result<(), HostBudget> {
        self.wrote = true;
        let Some(aggregation) = self.shared.aggregations.get(number).cloned() else { return Ok(()) };
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        self.counted(aggregation.agg(), v, &mut bytes);
        let mut under = Vec::new();
        self.key(key, &mut under);
        let full = aggregation.add_value(&self.shared.outlet.ledger, &under, &bytes).is_err();
        let cost = bytes.len() + under.len() + TOP_SLOTS_BYTES;
        self.scratch = bytes;
        if full {
            self.drop_one(DropKind::MapFull);
        }
        self.charge(cost)
    }

    /// A counted value is written as a key is; None is a value too.
    fn counted(&self, agg: Agg, v: u64, out: &mut Vec<u8>) {
        self.key(v, out);
        if out.is_empty() {
            put::none(out);
        }
        if agg == Agg::Top {
            key::shorten(top::VALUE_BYTES, out);
        }
    }

    fn add_immediate(&self, number: usize, key: u64, x: f64) -> bool {
        let Some(aggregation) = self.shared.aggregations.get(number) else { return true };
        aggregation.add_immediate(&self.shared.outlet.ledger, key, |out| self.key(key, out), x).is_err()
    }

    fn add_encoded(&mut self, number: usize, key: u64, x: f64) -> Result<bool, HostBudget> {
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        self.key(key, &mut bytes);
        let ledger = &self.shared.outlet.ledger;
        let aggregation = self.shared.aggregations.get(number);
        let full = aggregation.is_none_or(|aggregation| aggregation.add(ledger, &bytes, x).is_err());
        let cost = bytes.len();
        self.scratch = bytes;
        self.charge(cost)?;
        Ok(full)
    }
}
