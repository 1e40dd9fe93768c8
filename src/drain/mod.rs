//! Drains every process that joined, and adds up what they counted.
//!
//! In: sources of records (one per process). Out: [`Report`]s, in each process's order, and at the end the totals of all.
//! Never here: a socket, formatting, a record held back, a process's totals counted twice.

mod merge;

use std::collections::BTreeSet;
use std::fs;

use crate::report::{Account, Aggregation, Report, Start};
use crate::segment::{ReadError, Reader, Totals};
use merge::Merged;

/// The reader of one process's segment.
pub trait Source {
    /// Tells what was written since the last call: records, logs, faults, states, in order.
    ///
    /// # Errors
    /// When the process wrote what no agent writes.
    fn drain(&mut self, tell: &mut dyn FnMut(Report)) -> Result<(), ReadError>;
    /// Everything counted so far.
    ///
    /// # Errors
    /// As [`Source::drain`].
    fn totals(&mut self) -> Result<Totals, ReadError>;
    /// Makes every probe of the process inert.
    fn stop(&mut self);
    /// Children of the process that go on unobserved.
    fn unobserved(&self) -> u64;
}

impl Source for Reader {
    fn drain(&mut self, tell: &mut dyn FnMut(Report)) -> Result<(), ReadError> {
        Self::drain(self, tell).map(drop)
    }
    fn totals(&mut self) -> Result<Totals, ReadError> {
        Self::totals(self)
    }
    fn stop(&mut self) {
        Self::stop(self);
    }
    fn unobserved(&self) -> u64 {
        Self::unobserved(self)
    }
}

/// A process whose segment cannot be read further. What was read before has been told.
#[derive(Debug)]
pub struct Damage {
    pub pid: u32,
    pub error: ReadError,
}

/// After `stop` a process may still commit what was under way; it cannot do so for ever.
const LAST_ROUNDS_MAX: usize = 16;

struct Process<S> {
    pid: u32,
    source: S,
    gone: bool,
}

/// All processes of a session.
pub struct Drain<S> {
    live: Vec<Process<S>>,
    /// Of processes that ended.
    merged: Merged,
    damages: Vec<Damage>,
    unobserved: u64,
}

impl<S> Default for Drain<S> {
    fn default() -> Self {
        Self { live: Vec::new(), merged: Merged::default(), damages: Vec::new(), unobserved: 0 }
    }
}

impl<S: Source> Drain<S> {
    /// Takes a process in; the report says so. `pid` is as seen from here.
    pub fn join(&mut self, pid: u32, start: Start, source: S) -> Report {
        self.live.push(Process { pid, source, gone: false });
        Report::Start(start)
    }

    /// Processes that are read.
    pub fn pids(&self) -> BTreeSet<u32> {
        self.live.iter().map(|process| process.pid).collect()
    }

    /// The damages found since the last call.
    pub fn damages(&mut self) -> Vec<Damage> {
        std::mem::take(&mut self.damages)
    }

    /// Drains each process once; gives how many reports there were.
    ///
    /// # Errors
    /// What `tell` gives; it is asked no more then.
    pub fn round<E>(&mut self, mut tell: impl FnMut(&Report) -> Result<(), E>) -> Result<usize, E> {
        let (damages, mut told, mut many) = (&mut self.damages, Ok(()), 0);
        let mut one = |report: Report| {
            many += 1;
            if told.is_ok() {
                told = tell(&report);
            }
        };
        self.live.retain_mut(|p| match p.source.drain(&mut one) {
            Ok(()) => true,
            Err(error) => {
                damages.push(Damage { pid: p.pid, error });
                false
            }
        });
        told.map(|()| many)
    }

    /// Lets go of processes that ended, keeping their totals: a server that forks for each request ends thousands.
    ///
    /// # Errors
    /// What `tell` gives.
    pub fn retire<E>(&mut self, tell: impl FnMut(&Report) -> Result<(), E>) -> Result<(), E> {
        // Who is gone is asked before the last round: what it wrote until its end is in that round.
        for process in &mut self.live {
            process.gone = is_gone(process.pid);
        }
        if self.live.iter().any(|p| p.gone) {
            self.round(tell)?;
            let (gone, live) = std::mem::take(&mut self.live).into_iter().partition(|p| p.gone);
            self.live = live;
            self.count(gone);
        }
        Ok(())
    }

    /// What all processes counted so far, those that ended too. One that cannot be read is left to the next round.
    pub fn aggregations(&mut self) -> Vec<Aggregation> {
        let mut all = self.merged.aggregations_only();
        for process in &mut self.live {
            if let Ok(totals) = process.source.totals() {
                totals.aggregations.into_iter().for_each(|a| all.add_aggregation(a));
            }
        }
        all.into_aggregations()
    }

    /// Everything that all processes counted so far, those that ended too: what the end would tell now.
    pub fn totals(&mut self) -> (Vec<Report>, Vec<Account>) {
        let mut all = self.merged.clone();
        for process in &mut self.live {
            if let Ok(totals) = process.source.totals() {
                all.add(totals);
            }
        }
        let reports = all.reports().filter(|report| !matches!(report, Report::Summary(_))).collect();
        (reports, all.into_accounts())
    }

    /// Children of processes that ended, that went on unobserved.
    pub fn unobserved(&self) -> u64 {
        self.unobserved
    }

    fn count(&mut self, ended: Vec<Process<S>>) {
        for mut process in ended {
            self.unobserved = self.unobserved.saturating_add(process.source.unobserved());
            match process.source.totals() {
                Ok(totals) => self.merged.add(totals),
                Err(error) => self.damages.push(Damage { pid: process.pid, error }),
            }
        }
    }

    /// Makes all probes inert, drains what is left and tells the totals; the processes are let go of.
    ///
    /// # Errors
    /// What `tell` gives.
    pub fn finish<E>(&mut self, mut tell: impl FnMut(&Report) -> Result<(), E>) -> Result<(), E> {
        for process in &mut self.live {
            process.source.stop();
        }
        for _ in 0..LAST_ROUNDS_MAX {
            if self.round(&mut tell)? == 0 {
                break;
            }
        }
        let ended = std::mem::take(&mut self.live);
        self.count(ended);
        std::mem::take(&mut self.merged).reports().try_for_each(|report| tell(&report))
    }
}

/// Whether a process ended (a zombie has). Reused ids only keep a source longer; 0 is a process this one cannot see.
pub fn is_gone(pid: u32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Err(_) => pid != 0,
        // `PID (name) STATE …`, and the name may hold anything, brackets too.
        Ok(stat) => stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| matches!(rest.trim_start().as_bytes().first(), Some(b'Z' | b'X'))),
    }
}
