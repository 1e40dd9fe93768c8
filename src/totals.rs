//! What a process has counted so far, and how several processes' counts become one.
//!
//! In: cumulative totals of one process. Out: their sum, as reports. Never here: a rate, a mean of means, an order that
//! depends on which process came first.

use std::collections::BTreeMap;

use crate::report::{Aggregation, Exits, Function, Histogram, Report, Summary, Summed};
use crate::value::Value;

/// A process's cumulative counts at one instant.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Totals {
    pub aggregations: Vec<Aggregation>,
    pub functions: Vec<Function>,
    pub accounts: Vec<Account>,
}

/// A probe's account with the times it was made from, so that accounts can be added.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Account {
    /// `mean_ns`, `p99_ns` and `sampled` are ignored here: `times` says them.
    pub summary: Summary,
    /// Wall time of the sampled firings, in ns.
    pub times: Histogram,
}

/// Totals of many processes, being added up.
#[derive(Default)]
pub struct Merged {
    aggregations: BTreeMap<(String, String, &'static str, Vec<u8>), Aggregation>,
    functions: BTreeMap<String, Function>,
    accounts: BTreeMap<(String, String), Account>,
}

impl Merged {
    /// Adds one process's totals. Each process may be added once: totals are cumulative.
    pub fn add(&mut self, totals: Totals) {
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

    fn add_aggregation(&mut self, new: Aggregation) {
        let key = (new.module.clone(), new.name.clone(), new.value.kind(), bytes_of(&new.key));
        match self.aggregations.get_mut(&key) {
            Some(sum) => sum.value.merge(&new.value),
            None => drop(self.aggregations.insert(key, new)),
        }
    }

    fn add_function(&mut self, new: Function) {
        match self.functions.get_mut(&new.function) {
            Some(sum) => {
                sum.entries += new.entries;
                sum.exits = add_exits(sum.exits, new.exits);
            }
            None => drop(self.functions.insert(new.function.clone(), new)),
        }
    }

    fn add_account(&mut self, new: Account) {
        let key = (new.summary.module.clone(), new.summary.probe.clone());
        match self.accounts.get_mut(&key) {
            Some(sum) => sum.merge(new),
            None => drop(self.accounts.insert(key, new)),
        }
    }

    /// The sum as reports: aggregations by module, name and key, then functions, then summaries.
    pub fn reports(&self) -> impl Iterator<Item = Report> + '_ {
        let aggregations = self.aggregations.values().cloned().map(Report::Aggregation);
        let functions = self.functions.values().cloned().map(Report::Function);
        let summaries = self.accounts.values().map(|a| Report::Summary(a.summarised()));
        aggregations.chain(functions).chain(summaries)
    }
}

impl Account {
    fn merge(&mut self, new: Self) {
        let (sum, new, times) = (&mut self.summary, new.summary, new.times);
        sum.firings += new.firings;
        sum.rejected += new.rejected;
        sum.records += new.records;
        sum.fuel += new.fuel;
        add_counts(&mut sum.faults, new.faults);
        add_counts(&mut sum.drops, new.drops);
        self.times.merge(&times);
    }

    /// The summary, with what the sampled times say.
    pub fn summarised(&self) -> Summary {
        let timed = self.times.count > 0;
        Summary {
            mean_ns: timed.then(|| whole(self.times.sum / self.times.count as f64)),
            p99_ns: timed.then(|| whole(self.times.quantile(0.99))),
            sampled: self.times.count,
            ..self.summary.clone()
        }
    }
}

/// Times are positive and far below 2^53 ns.
fn whole(ns: f64) -> u64 {
    ns.round() as u64
}

impl Summed {
    /// Its name in reports, and what keeps aggregations of one name but different kinds apart.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Count(_) => "count",
            Self::Sum(_) => "sum",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::Avg { .. } => "avg",
            Self::Quantize(_) => "quantize",
            Self::Lquantize(_) => "lquantize",
        }
    }

    /// Adds another summary of the same kind; one of another kind is not added.
    pub fn merge(&mut self, new: &Self) {
        match (self, new) {
            (Self::Count(a), Self::Count(b)) => *a += b,
            (Self::Sum(a), Self::Sum(b)) => *a += b,
            (Self::Min(a), Self::Min(b)) => *a = a.min(*b),
            (Self::Max(a), Self::Max(b)) => *a = a.max(*b),
            (Self::Avg { count, sum }, Self::Avg { count: n, sum: x }) => {
                *count += n;
                *sum += x;
            }
            (Self::Quantize(a), Self::Quantize(b)) | (Self::Lquantize(a), Self::Lquantize(b)) => a.merge(b),
            _ => {}
        }
    }
}

impl Histogram {
    /// Adds the buckets of another histogram with the same bounds.
    pub fn merge(&mut self, new: &Self) {
        self.count += new.count;
        self.sum += new.sum;
        for &(low, high, n) in &new.buckets {
            match self.buckets.binary_search_by(|b| b.0.total_cmp(&low).then(b.1.total_cmp(&high))) {
                Ok(i) => self.buckets[i].2 += n,
                Err(i) => self.buckets.insert(i, (low, high, n)),
            }
        }
    }

    /// The value below which the share `q` of the samples lies, interpolated inside its bucket.
    pub fn quantile(&self, q: f64) -> f64 {
        let wanted = q * self.count as f64;
        let mut below = 0.0;
        for &(low, high, n) in &self.buckets {
            let n = n as f64;
            if below + n >= wanted {
                return low + (high - low) * ((wanted - below) / n);
            }
            below += n;
        }
        self.buckets.last().map_or(0.0, |b| b.1)
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
        returns: a.returns + b.returns,
        raises: a.raises + b.raises,
        abandoned: a.abandoned + b.abandoned,
        live: a.live + b.live,
    })
}

fn add_counts<K: PartialEq>(sum: &mut Vec<(K, u64)>, new: Vec<(K, u64)>) {
    for (kind, n) in new {
        match sum.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, total)) => *total += n,
            None => sum.push((kind, n)),
        }
    }
}
