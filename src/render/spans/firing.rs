//! What one entry or exit of a call was told in: one record, or one for each probe and `capture` there.
//!
//! In: records, in the order they came. Out: [`Firing`]s, whole. Never here: a firing of two calls, as far as that can be told.

use std::collections::HashMap;

use crate::report::{Name, Record};
use crate::value::Value;

/// Firings that wait for another record, one for each process; beyond that all are taken as whole.
const WAITING_MAX: usize = 1024;

/// One point of one call.
#[derive(Clone, Debug)]
pub struct Firing {
    /// The first record of it, with the fields of all.
    pub record: Record,
    /// When the last record of it was made.
    pub last_ns: i64,
    parts: Vec<Part>,
}

/// A probe that said something, and which fields.
#[derive(Clone, Debug)]
struct Part {
    module: Name,
    probe: Name,
    fields: Vec<Name>,
}

impl Firing {
    fn new(record: &Record) -> Self {
        Self { record: record.clone(), last_ns: record.mono_ns, parts: vec![Part::of(record)] }
    }

    /// Whether a record that came next is of the same firing. Nothing in a record says so: the same point of the same
    /// function, and a probe that has not spoken yet, or not of these fields.
    fn goes_on(&self, next: &Record) -> bool {
        let own = &self.record;
        (own.tid, &own.point, &own.function, &own.task) == (next.tid, &next.point, &next.function, &next.task)
            && !own.function.is_empty()
            && next.mono_ns >= self.last_ns
            && self.parts.iter().all(|part| part.allows(next))
    }

    fn add(&mut self, next: &Record) {
        self.last_ns = next.mono_ns;
        self.parts.push(Part::of(next));
        for (name, value) in &next.fields {
            self.record.fields.push((self.free(name), value.clone()));
        }
    }

    /// The name, or with a number where another probe's field has it.
    fn free(&self, name: &Name) -> Name {
        let taken = |wanted: &str| self.record.fields.iter().any(|(name, _)| **name == *wanted);
        let numbered = (2..).map(|n| Name::from(format!("{name} {n}")));
        std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or_else(|| name.clone())
    }

    /// How long the call had taken, where a probe captured it under its own name.
    pub(super) fn elapsed_ns(&self) -> Option<i64> {
        self.record.fields.iter().find_map(|(name, value)| match value {
            Value::Int(ns) if &**name == "elapsed" && *ns >= 0 => Some(*ns),
            _ => None,
        })
    }
}

impl Part {
    fn of(record: &Record) -> Self {
        let fields = record.fields.iter().map(|(name, _)| name.clone()).collect();
        Self { module: record.module.clone(), probe: record.probe.clone(), fields }
    }

    fn allows(&self, next: &Record) -> bool {
        if (&self.module, &self.probe) != (&next.module, &next.probe) {
            return true;
        }
        let is_new = |(name, _): &(Name, Value)| !self.fields.contains(name);
        !self.fields.is_empty() && !next.fields.is_empty() && next.fields.iter().all(is_new)
    }
}

/// Records on their way to being firings. A process writes those of one firing one after the other.
#[derive(Default)]
pub(super) struct Gathered(HashMap<u32, Firing>);

impl Gathered {
    /// Takes a record; gives the firings that are whole now.
    pub(super) fn take(&mut self, record: &Record) -> Vec<Firing> {
        if let Some(waiting) = self.0.get_mut(&record.pid) {
            if waiting.goes_on(record) {
                waiting.add(record);
                return Vec::new();
            }
            return vec![std::mem::replace(waiting, Firing::new(record))];
        }
        let whole = if self.0.len() < WAITING_MAX { Vec::new() } else { self.rest() };
        self.0.insert(record.pid, Firing::new(record));
        whole
    }

    /// What is left, by process.
    pub(super) fn rest(&mut self) -> Vec<Firing> {
        let mut rest: Vec<Firing> = self.0.drain().map(|(_, firing)| firing).collect();
        rest.sort_by_key(|firing| firing.record.pid);
        rest
    }
}
