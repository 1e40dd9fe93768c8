//! `count sum min max avg stddev quantize lquantize`: numbers by key; `uniq top`: values by key; `print clear`.
//!
//! In: a key (NONE = no key) and a number or a value. Out: bumped counters in the ledger, or a counted drop. Never here: a key that
//! is compared by running `__eq__`; keys are their byte form.

use waspect_abi::{Code, TAG_HANDLE};

use super::{HostBudget, State, key};
use crate::introspect::Introspect;
use crate::ledger::{Agg, top};
use crate::limits;
use crate::outlet::Aggregation;
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

    /// Tells the operator what the aggregations of a name hold now.
    pub(super) fn print_group(&mut self, group: usize) -> Result<i32, HostBudget> {
        if self.starting {
            return Ok(Code::Point.status());
        }
        self.wrote = true;
        let shared = self.shared.clone();
        let mut told = true;
        for aggregation in shared.groups.get(group).into_iter().flatten() {
            self.effort(aggregation.size() / 2);
            self.records += 1;
            told &= if self.records <= limits::RECORDS_PER_FIRE_MAX {
                self.print_one(aggregation)?
            } else {
                self.drop_one(DropKind::PerFire)
            };
        }
        Ok(if told { 0 } else { Code::Dropped.status() })
    }

    fn print_one(&mut self, aggregation: &Aggregation) -> Result<bool, HostBudget> {
        let (outlet, max) = (&self.shared.outlet, |n: u64| usize::try_from(n).unwrap_or(usize::MAX));
        let mut rows = Vec::new();
        let bytes_max = max(self.shared.budget.record_bytes_max);
        aggregation.print(&outlet.ledger, max(limits::PRINT_ROWS_MAX), bytes_max, &mut rows);
        let told = outlet.print(self.account(), aggregation.number(), &rows);
        self.charge(rows.len()).map(|()| told)
    }

    /// Lets the aggregations of a name begin anew.
    pub(super) fn clear_group(&mut self, group: usize) -> i32 {
        self.wrote = true;
        for aggregation in self.shared.groups.get(group).into_iter().flatten() {
            self.effort(aggregation.size() / 2);
            aggregation.clear(&self.shared.outlet.ledger);
        }
        0
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
