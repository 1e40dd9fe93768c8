//! Drains every process that joined, and adds up what they counted.
//!
//! In: sources of records (one per process). Out: [`Report`]s, in each process's order, and at the end the totals of all.
//! Never here: a socket, formatting, a record held back, a process's totals counted twice.

use std::fs;

use crate::report::{Report, Start};
use crate::totals::{Merged, Totals};

/// The reader of one process's segment.
pub trait Source {
    /// Appends what was written since the last call: records, logs, faults, states, in order.
    fn drain(&mut self, out: &mut Vec<Report>);
    /// Everything counted so far.
    fn totals(&mut self) -> Totals;
    /// Makes every probe of the process inert.
    fn stop(&mut self);
}

/// After `stop` a process may still commit what was under way; it cannot do so for ever.
const LAST_ROUNDS_MAX: usize = 16;

struct Process<S> {
    pid: u32,
    source: S,
}

/// All processes of a session.
pub struct Drain<S> {
    live: Vec<Process<S>>,
    /// Of processes that ended.
    merged: Merged,
    batch: Vec<Report>,
}

impl<S> Default for Drain<S> {
    fn default() -> Self {
        Self { live: Vec::new(), merged: Merged::default(), batch: Vec::new() }
    }
}

impl<S: Source> Drain<S> {
    /// Takes a process in; the report says so. `pid` is as seen from here.
    pub fn join(&mut self, pid: u32, start: Start, source: S) -> Report {
        self.live.push(Process { pid, source });
        Report::Start(start)
    }

    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Drains each process once; gives how many reports there were. The batch keeps its room from round to round.
    ///
    /// # Errors
    /// What `tell` gives.
    pub fn round<E>(&mut self, mut tell: impl FnMut(&Report) -> Result<(), E>) -> Result<usize, E> {
        for process in &mut self.live {
            process.source.drain(&mut self.batch);
        }
        let told = self.batch.iter().try_for_each(&mut tell);
        let many = self.batch.len();
        self.batch.clear();
        told.map(|()| many)
    }

    /// Lets go of processes that ended, keeping their totals: a server that forks for each request ends thousands.
    ///
    /// # Errors
    /// What `tell` gives.
    pub fn retire<E>(&mut self, tell: impl FnMut(&Report) -> Result<(), E>) -> Result<(), E> {
        // Who is gone is asked before the last round: what it wrote until its end is in that round.
        let gone: Vec<bool> = self.live.iter().map(|p| is_gone(p.pid)).collect();
        if gone.contains(&true) {
            self.round(tell)?;
        }
        for i in (0..gone.len()).rev().filter(|&i| gone[i]) {
            let mut process = self.live.swap_remove(i);
            self.merged.add(process.source.totals());
        }
        Ok(())
    }

    /// Makes all probes inert, drains what is left and tells the totals.
    ///
    /// # Errors
    /// What `tell` gives.
    pub fn finish<E>(mut self, mut tell: impl FnMut(&Report) -> Result<(), E>) -> Result<(), E> {
        for process in &mut self.live {
            process.source.stop();
        }
        for _ in 0..LAST_ROUNDS_MAX {
            if self.round(&mut tell)? == 0 {
                break;
            }
        }
        for mut process in self.live {
            self.merged.add(process.source.totals());
        }
        self.merged.reports().try_for_each(|report| tell(&report))
    }
}

/// Whether a process ended (a zombie has). Reused ids only keep a source longer; 0 is a process this one cannot see.
fn is_gone(pid: u32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Err(_) => pid != 0,
        // `PID (name) STATE …`, and the name may hold anything, brackets too.
        Ok(stat) => stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| matches!(rest.trim_start().as_bytes().first(), Some(b'Z' | b'X'))),
    }
}
