//! `count sum min max avg quantize lquantize`: numbers by key.
//!
//! In: a key (NONE = no key) and a number. Out: bumped counters in the ledger, or a counted drop. Never here: a key that
//! is compared by running `__eq__`; keys are their byte form.

use waspect_abi::TAG_HANDLE;

use super::{HostBudget, State};
use crate::introspect::Introspect;
use crate::report::DropKind;

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
