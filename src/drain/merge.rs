//! How several processes' counts become one.
//!
//! In: cumulative totals of one process after the other. Out: their sum, as reports. Never here: a rate, a mean of means,
//! an order that depends on which process came first, a count that runs over: what a process says is a claim.

use std::collections::BTreeMap;

use crate::ledger::probe::bucket_low;
use crate::report::{Account, Aggregation, Exits, Function, Histogram, Ledger, Report, Summed};
use crate::segment::Totals;
use crate::value::Value;

/// Totals of many processes, being added up.
#[derive(Clone, Default)]
pub(super) struct Merged {
    aggregations: BTreeMap<(String, String, &'static str, Vec<u8>), Aggregation>,
    functions: BTreeMap<String, Function>,
    accounts: BTreeMap<(String, String), Account>,
    refused: u64,
}

impl Merged {
    /// Adds one process's totals. Each process may be added once: totals are cumulative.
    pub(super) fn add(&mut self, totals: Totals) {
        self.refused = self.refused.saturating_add(totals.refused);
        for a in totals.aggregations {
            self.add_aggregation(a);
        }
        for f in totals.functions {
            self.add_function(f);
        }
        for a in totals.accounts {
            self.add_account(a);
        }
    }

    /// A copy that can be added to without these being counted twice.
    pub(super) fn aggregations_only(&self) -> Self {
        Self { aggregations: self.aggregations.clone(), ..Self::default() }
    }

    /// By module, name and key.
    pub(super) fn into_aggregations(self) -> Vec<Aggregation> {
        self.aggregations.into_values().collect()
    }

    /// By module and probe.
    pub(super) fn into_accounts(self) -> Vec<Account> {
        self.accounts.into_values().collect()
    }

    pub(super) fn add_aggregation(&mut self, new: Aggregation) {
        let key = (new.module.clone(), new.name.clone(), new.value.kind(), bytes_of(&new.key));
        match self.aggregations.get_mut(&key) {
            Some(sum) => sum.value.merge(&new.value),
            None => drop(self.aggregations.insert(key, new)),
        }
    }

    fn add_function(&mut self, new: Function) {
        match self.functions.get_mut(&new.function) {
            Some(sum) => {
                sum.entries = sum.entries.saturating_add(new.entries);
                sum.exits = add_exits(sum.exits, new.exits);
            }
            None => drop(self.functions.insert(new.function.clone(), new)),
        }
    }

    fn add_account(&mut self, new: Account) {
        let key = (new.module.clone(), new.probe.clone());
        match self.accounts.get_mut(&key) {
            Some(sum) => sum.add(&new),
            None => drop(self.accounts.insert(key, new)),
        }
    }

    /// The sum as reports: aggregations by module, name and key, then functions, then summaries, then what did not fit.
    pub(super) fn reports(&self) -> impl Iterator<Item = Report> + '_ {
        let aggregations = self.aggregations.values().cloned().map(Report::Aggregation);
        let functions = self.functions.values().cloned().map(Report::Function);
        let summaries = self.accounts.values().map(|a| Report::Summary(a.summary(bucket_low)));
        // Said only where there is something to say.
        let ledger = (self.refused > 0).then_some(Report::Ledger(Ledger { refused: self.refused }));
        aggregations.chain(functions).chain(summaries).chain(ledger)
    }
}

impl Summed {
    /// Every name that [`Summed::kind`] gives.
    pub const KINDS: [&'static str; 10] =
        ["count", "sum", "min", "max", "avg", "stddev", "uniq", "top", "quantize", "lquantize"];

    /// Its name in reports, and what keeps aggregations of one name but different kinds apart.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Count(_) => "count",
            Self::Sum(_) => "sum",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::Avg { .. } => "avg",
            Self::Stddev(_) => "stddev",
            Self::Uniq(_) => "uniq",
            Self::Top(_) => "top",
            Self::Quantize(_) => "quantize",
            Self::Lquantize(_) => "lquantize",
        }
    }

    /// Adds another summary of the same kind; one of another kind is not added.
    pub fn merge(&mut self, new: &Self) {
        match (self, new) {
            (Self::Count(a), Self::Count(b)) => *a = a.saturating_add(*b),
            (Self::Sum(a), Self::Sum(b)) => *a += b,
            (Self::Min(a), Self::Min(b)) => *a = a.min(*b),
            (Self::Max(a), Self::Max(b)) => *a = a.max(*b),
            (Self::Avg { count, sum }, Self::Avg { count: n, sum: x }) => {
                *count = count.saturating_add(*n);
                *sum += x;
            }
            (Self::Stddev(a), Self::Stddev(b)) => a.merge(b),
            (Self::Uniq(a), Self::Uniq(b)) => a.merge(b),
            (Self::Top(a), Self::Top(b)) => a.merge(b),
            (Self::Quantize(a), Self::Quantize(b)) | (Self::Lquantize(a), Self::Lquantize(b)) => a.merge(b),
            _ => {}
        }
    }
}

impl Histogram {
    /// Adds the buckets of another histogram with the same bounds.
    pub fn merge(&mut self, new: &Self) {
        self.count = self.count.saturating_add(new.count);
        self.sum += new.sum;
        for &(low, high, n) in &new.buckets {
            match self.buckets.binary_search_by(|b| b.0.total_cmp(&low).then(b.1.total_cmp(&high))) {
                Ok(i) => self.buckets[i].2 = self.buckets[i].2.saturating_add(n),
                Err(i) => self.buckets.insert(i, (low, high, n)),
            }
        }
    }
}

fn bytes_of(key: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    key.iter().for_each(|part| part.write(&mut out));
    out
}

/// Exits are known only where every process knows them.
fn add_exits(a: Option<Exits>, b: Option<Exits>) -> Option<Exits> {
    let (a, b) = (a?, b?);
    Some(Exits {
        returns: a.returns.saturating_add(b.returns),
        raises: a.raises.saturating_add(b.raises),
        abandoned: a.abandoned.saturating_add(b.abandoned),
        live: a.live.saturating_add(b.live),
    })
}
