//! Which processes shall be observed: now, and when it is asked again.
//!
//! In: targets, whether descendants are meant. Out: processes. Never here: one taken for another that had its id before.

use std::collections::BTreeSet;

use crate::cli::target::processes::{self, Process};
use crate::cli::target::{Found, Target, family};

/// What the operator named.
#[derive(Debug)]
pub(in crate::cli) struct Wanted {
    targets: Vec<Target>,
    /// Whether the Python descendants of a process named by its id are meant too.
    children: bool,
    /// Those named by their ids alone.
    alone: Vec<Found>,
}

impl Wanted {
    /// Finds what is there.
    ///
    /// # Errors
    /// When a target names nothing.
    pub(in crate::cli) fn find(targets: &[Target], children: bool) -> anyhow::Result<(Self, Vec<Found>)> {
        let mut wanted = Self { targets: targets.to_vec(), children, alone: Vec::new() };
        let mut found = Vec::new();
        for target in targets {
            let processes = target.processes()?;
            if !target.is_group() && !children {
                wanted.alone.extend(processes.iter().cloned());
            }
            found.extend(processes);
        }
        let found = if wanted.is_group() { wanted.again(&found) } else { found };
        Ok((wanted, unique(found)))
    }

    /// Whether processes may be added to it.
    pub(in crate::cli) fn is_group(&self) -> bool {
        self.children || self.targets.iter().any(Target::is_group)
    }

    /// Finds what is there now: what was known and still runs, what fits by now, and their descendants.
    pub(in crate::cli) fn again(&self, known: &[Found]) -> Vec<Found> {
        let all = processes::all();
        let (alone, known): (Vec<&Found>, Vec<&Found>) = known.iter().partition(|found| self.alone.contains(found));
        let mut roots: BTreeSet<i32> = living(&all, &known).map(|process| process.pid).collect();
        self.targets.iter().filter(|target| target.is_group()).for_each(|target| roots.extend(target.roots(&all)));
        let alone = living(&all, &alone);
        unique(family(&all, &roots).into_iter().chain(alone).map(Found::from).collect())
    }

    /// As the operator named it.
    pub(in crate::cli) fn shown(&self) -> String {
        self.targets.iter().map(|target| format!("`{target}`")).collect::<Vec<_>>().join(", ")
    }
}

fn living<'a>(all: &'a [Process], known: &[&Found]) -> impl Iterator<Item = &'a Process> {
    let is_known =
        |process: &&Process| known.iter().any(|found| found.pid == process.pid && found.started == process.started);
    all.iter().filter(is_known)
}

fn unique(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| found.pid);
    found.dedup_by_key(|found| found.pid);
    found
}
