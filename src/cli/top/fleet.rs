//! What the dashboard sees, and what it can ask for: the processes of a target as one thing.
//!
//! In: nothing; a trait and plain values. Out: [`Fleet`], [`Snapshot`]. Never here: how a process is reached, or drawn.

use std::time::Duration;

use crate::report::{Exits, Histogram, Phase, Record};

/// All processes that are looked at. Each call may take its time; two may run at once.
pub trait Fleet: Send + Sync {
    /// Names of loaded functions that contain the text.
    ///
    /// # Errors
    /// In words for the operator.
    fn find(&self, text: &str) -> Result<Found, String>;
    /// Puts a probe into every function of that name. With `wait` also where there is none yet.
    ///
    /// # Errors
    /// When no such function is loaded and `wait` is not set, or the probe does not load.
    fn instrument(&self, name: &str, wait: bool) -> Result<(), Refused>;
    /// Takes out what was put in under that name.
    ///
    /// # Errors
    /// In words for the operator.
    fn remove(&self, session: &str) -> Result<(), String>;
    /// Records calls of one function that take at least so long, or no calls any more.
    ///
    /// # Errors
    /// In words for the operator.
    fn watch(&self, slow: Option<&Slow>) -> Result<(), String>;
    /// Gives processes that came since what the others have; asked for a few times in a second.
    fn welcome(&self) {}
    /// Takes up what was recorded; asked for a few times in a second.
    fn tend(&self) {}
    /// Everything counted so far, and what was recorded since the last call.
    fn snapshot(&self) -> Snapshot;
}

/// Names that contain what was asked for, the shortest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    pub names: Vec<String>,
    /// There are so many more.
    pub more: u64,
    /// Where an exact name is no function: what of it exists.
    pub why: Option<String>,
}

/// Why a function was not instrumented.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    pub why: String,
    /// It may still come: asked for with `wait`, it is instrumented when it does.
    pub may_come: bool,
}

/// Calls worth a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slow {
    pub function: String,
    pub min_ns: u64,
}

/// One moment.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Snapshot {
    /// Since the first was possible.
    pub at: Duration,
    /// By the wall clock.
    pub ts_ns: i64,
    pub processes: Vec<u32>,
    pub functions: Vec<Seen>,
    pub records: Vec<Record>,
    /// What went wrong, a line each.
    pub said: Vec<String>,
    /// Why there will be nothing more to see.
    pub over: Option<String>,
}

/// One function, in all processes; or a name that is no function yet.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    pub function: String,
    /// What was asked for: the function's own name, a pattern, or a program as it is called.
    pub session: String,
    pub calls: u64,
    pub exits: Exits,
    pub latency: Option<Histogram>,
    /// What its probes take at each call, by their own clock.
    pub per_call_ns: f64,
    pub phase: Phase,
    pub reason: String,
}
