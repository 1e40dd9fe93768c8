//! What is said of entering: one line each for few processes, one for many.
//!
//! In: reports, failures. Out: lines on stderr, or the one error where none could be entered. Never here: a line twice.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::entry::Way;
use crate::cli;
use crate::cli::observe::outputs::warn;
use crate::inject::{InjectError, Report};

/// More have one line together.
const EACH_MAX: usize = 3;
/// One that takes long does not keep back so long what is known of the others.
const KEPT_MAX: Duration = Duration::from_secs(1);

/// What is to be said once nothing is under way any more.
#[derive(Default)]
pub(super) struct Said {
    /// How many processes there were at first.
    first: usize,
    entered: Vec<(i32, Way)>,
    failed: Vec<(i32, anyhow::Error)>,
    /// Since when there is something to say.
    since: Option<Instant>,
    /// Of these it was said already.
    known: HashSet<i32>,
    hints: HashSet<String>,
}

impl Said {
    pub(super) fn of(first: usize) -> Self {
        Self { first, ..Self::default() }
    }

    pub(super) fn entered(&mut self, pid: i32, way: Way) {
        self.known.remove(&pid);
        self.since.get_or_insert_with(Instant::now);
        self.entered.push((pid, way));
    }

    pub(super) fn failed(&mut self, pid: i32, error: anyhow::Error) {
        self.since.get_or_insert_with(Instant::now);
        self.failed.push((pid, error));
    }

    pub(super) fn is_late(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() >= KEPT_MAX)
    }

    /// Says it.
    pub(super) fn tell(&mut self) {
        self.since = None;
        match std::mem::take(&mut self.entered) {
            few if few.len() <= EACH_MAX => few.iter().for_each(|(pid, way)| warn(&one(*pid, way))),
            many => warn(&summary(&many)),
        }
        for (says, pids, hint) in self.failures() {
            let hint = hint.filter(|hint| self.hints.insert(hint.clone()));
            cli::warn(&not_entered(&pids, &says), hint.as_deref());
        }
    }

    /// What failed and was not said yet: each reason once, with all that have it.
    fn failures(&mut self) -> Vec<(String, Vec<i32>, Option<String>)> {
        let mut all: Vec<(String, Vec<i32>, Option<String>)> = Vec::new();
        for (pid, error) in std::mem::take(&mut self.failed) {
            // One that ended meanwhile is nobody's trouble.
            let is_gone = matches!(error.downcast_ref(), Some(InjectError::Gone { .. } | InjectError::Ended { .. }));
            if is_gone || !self.known.insert(pid) {
                continue;
            }
            let says = format!("{error:#}");
            match all.iter_mut().find(|(other, ..)| *other == says) {
                Some((_, pids, _)) => pids.push(pid),
                None => all.push((says, vec![pid], cli::hint(&error))),
            }
        }
        all
    }

    /// The error of the only one; of several all are said, and that there was none. Nothing where nothing was tried.
    pub(super) fn none_entered(&mut self) -> Option<anyhow::Error> {
        if self.first <= 1 {
            return self.failed.pop().map(|(_, error)| error);
        }
        let tried = self.failed.len();
        self.tell();
        (tried > 0).then(|| anyhow!("none of {tried} processes could be entered"))
    }
}

/// The stop in which it was entered, and those before, at places where that could not be.
fn one(pid: i32, way: &Way) -> String {
    let Way::Injected(report) = way else {
        return format!("process {pid} came by its own socket: nothing was stopped");
    };
    let [stopped, before, loaded] =
        [report.stopped, report.stopped_before, report.answered].map(|took| took.as_secs_f64() * 1e3);
    let tries = match report.tries {
        0 | 1 => String::new(),
        2 => format!(", and {before:.1} ms in one try before"),
        n => format!(", and {before:.1} ms in {} tries before", n - 1),
    };
    format!("entered process {pid}: one thread stopped for {stopped:.1} ms{tries}; ready after another {loaded:.0} ms")
}

fn summary(all: &[(i32, Way)]) -> String {
    let stops = all.iter().filter_map(|(_, way)| match way {
        Way::Injected(report) => Some(stopped(report)),
        Way::Came => None,
    });
    let (many, least, most) =
        stops.fold((0, f64::MAX, 0.0_f64), |(many, least, most), ms| (many + 1, least.min(ms), most.max(ms)));
    let came = match all.len() - many {
        0 => String::new(),
        _ if many == 0 => return format!("{} processes came by their own sockets: nothing was stopped", all.len()),
        came => format!("; {came} came by their own sockets"),
    };
    format!("entered {many} processes: one thread of each stopped for {least:.1} to {most:.1} ms{came}")
}

/// In milliseconds, all tries together.
fn stopped(report: &Report) -> f64 {
    (report.stopped_before + report.stopped).as_secs_f64() * 1e3
}

fn not_entered(pids: &[i32], says: &str) -> String {
    match pids {
        [pid] if says.contains(&format!("process {pid} ")) => format!("not entered: {says}"),
        [pid] => format!("process {pid} is not entered: {says}"),
        _ => {
            let pids: Vec<String> = pids.iter().map(i32::to_string).collect();
            format!("processes {} are not entered: {says}", pids.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn report(ms: u64) -> Report {
        let (stopped, stopped_before) = (Duration::from_millis(ms), Duration::from_millis(1));
        Report { stopped, tries: 1, stopped_before, thread: 1, answered: Duration::from_millis(40) }
    }

    fn injected(ms: u64) -> Way {
        Way::Injected(report(ms))
    }

    #[test]
    fn many_are_one_line() {
        for (tries, expected) in [
            (1, "stopped for 2.0 ms; ready after"),
            (2, "stopped for 2.0 ms, and 1.0 ms in one try before; ready after"),
            (9, "stopped for 2.0 ms, and 1.0 ms in 8 tries before; ready after"),
        ] {
            let expected = format!("entered process 7: one thread {expected} another 40 ms");
            assert_eq!(one(7, &Way::Injected(Report { tries, ..report(2) })), expected);
        }
        assert_eq!(one(7, &Way::Came), "process 7 came by its own socket: nothing was stopped");
        let many = [5, 1, 3].map(|ms| (7, injected(ms)));
        assert_eq!(summary(&many), "entered 3 processes: one thread of each stopped for 2.0 to 6.0 ms");
        let mixed = [(7, injected(5)), (8, Way::Came), (9, Way::Came)];
        let said = "entered 1 processes: one thread of each stopped for 6.0 to 6.0 ms; 2 came by their own sockets";
        assert_eq!(summary(&mixed), said);
        assert_eq!(summary(&mixed[1..]), "2 processes came by their own sockets: nothing was stopped");
    }

    #[test]
    fn a_failure_names_its_process() {
        for (pids, says, expected) in [
            (&[7][..], "process 7 is stopped", "not entered: process 7 is stopped"),
            (&[7], "no agent for CPython 3.14.0", "process 7 is not entered: no agent for CPython 3.14.0"),
            (&[7, 8], "no agent", "processes 7, 8 are not entered: no agent"),
        ] {
            assert_eq!(not_entered(pids, says), expected);
        }
        let mut said = Said::of(3);
        [7, 8].iter().for_each(|pid| said.failed(*pid, anyhow!("no agent")));
        said.failed(9, InjectError::Gone { pid: 9 }.into());
        assert_eq!(said.failures(), [("no agent".to_owned(), vec![7, 8], None)]);
        said.failed(7, anyhow!("no agent"));
        assert_eq!(said.failures(), []);
    }

    #[test]
    fn the_only_one_keeps_its_error() {
        let failed = |first: usize, errors: &[&'static str]| {
            let mut said = Said::of(first);
            errors.iter().for_each(|error| said.failed(7, anyhow!(*error)));
            said.none_entered().map(|error| error.to_string())
        };
        assert_eq!(failed(1, &["process 7 is stopped"]).as_deref(), Some("process 7 is stopped"));
        assert_eq!(failed(2, &["a", "b"]).as_deref(), Some("none of 2 processes could be entered"));
        assert_eq!(failed(2, &[]), None);
    }
}
