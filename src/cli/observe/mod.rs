//! Processes under observation: what joined, what they say on its way to the outputs, the totals at the end.
//!
//! In: processes that joined, outputs. Out: everything reported. Never here: a record left in a segment, a process harmed
//! because its observer failed, a decision about a program.

pub(super) mod args;
pub(super) mod modules;
pub(super) mod outputs;
pub(super) mod screen;

use std::convert::Infallible;
use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;

pub(crate) use args::Probing;
pub(super) use args::duration;
use outputs::{Outputs, warn};
pub(super) use screen::is_ascii;

use crate::cli::desk::Desk;
use crate::control::client::Joined;
use crate::control::standing::Standing;
use crate::desk::{Answer, Ended};
use crate::drain::{Drain, is_gone};
use crate::frames::Refusal;
use crate::render::Picture;
use crate::report::{Report, Start};
use crate::segment::Reader;

/// Between rounds: a ring of the default size fills in no less than this at any rate a probe is allowed.
pub(super) const REST: Duration = Duration::from_millis(20);
/// A round with more reports than this is followed by another at once.
const BUSY_REPORTS: usize = 256;
/// How often processes that ended are looked for.
const RETIRE_EVERY: Duration = Duration::from_secs(1);
/// A process whose session ends gets so long to put its functions back; one that is busy does it when it can.
const PUT_BACK_MAX: Duration = Duration::from_secs(2);
/// Between two looks whether it has.
const GLANCE: Duration = Duration::from_millis(2);

/// How long is watched, and how often is shown what was counted.
#[derive(Clone, Copy, Debug)]
struct Pace {
    time: Option<Duration>,
    every: Option<Duration>,
}

/// All processes of a session, and where their reports go.
pub(crate) struct Observation {
    outputs: Outputs,
    desk: Desk,
    pace: Pace,
    drain: Drain<Reader>,
    standing: Vec<(u32, Standing)>,
    /// How many were asked for the end.
    asked: Option<usize>,
    first: Option<Instant>,
    shown: Option<Instant>,
    retired: Instant,
    over: bool,
}

impl Observation {
    fn new(outputs: Outputs, pace: Pace) -> Self {
        let (desk, drain, standing, retired) = (Desk::default(), Drain::default(), Vec::new(), Instant::now());
        Self { outputs, desk, pace, drain, standing, asked: None, first: None, shown: None, retired, over: false }
    }

    /// Others can ask for it there.
    pub(super) fn at(self, desk: Desk) -> Self {
        Self { desk, ..self }
    }

    /// What it is called where others can ask for it, and its id.
    pub(super) fn shown(&self) -> Option<(String, u32)> {
        self.desk.shown()
    }

    /// Whether any process ever joined.
    pub(super) fn has_begun(&self) -> bool {
        self.first.is_some()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the time asked for has passed since the first joined, or another command asked for the end.
    pub(super) fn is_due(&self) -> bool {
        self.desk.is_ending()
            || self.pace.time.is_some_and(|time| self.first.is_some_and(|first| first.elapsed() >= time))
    }

    pub(super) fn join(&mut self, joined: Joined) {
        self.first.get_or_insert_with(Instant::now);
        self.standing.extend(joined.standing.map(|standing| (joined.pid, standing)));
        let Some((_, segment)) = joined.session else { return };
        match Reader::map(&segment) {
            Ok(reader) => {
                let start = Start { python: joined.hello.python, pid: joined.hello.pid };
                self.desk.joined(joined.pid, &start.python);
                let report = self.drain.join(joined.pid, start, reader);
                let Ok(()) = tell(&mut self.outputs, &self.desk)(&report);
            }
            Err(e) => warn(&format!("process {} cannot be observed: {e}", joined.hello.pid)),
        }
    }

    /// Whether a process that stays is still there.
    pub(super) fn is_held(&self) -> bool {
        self.standing.iter().any(|(_, standing)| !standing.is_closed())
    }

    /// Whether this process stays still.
    pub(super) fn holds(&self, pid: u32) -> bool {
        self.standing.iter().any(|(held, standing)| *held == pid && !standing.is_closed())
    }

    /// Reports what came since the last round; gives how long there is nothing to do.
    pub(super) fn round(&mut self) -> Duration {
        if self.drain_once() > BUSY_REPORTS { Duration::ZERO } else { REST }
    }

    /// What is to be done now and then while processes run.
    pub(super) fn tend(&mut self) {
        if let Some(every) = self.pace.every {
            self.show(every);
        }
        self.desk.answer(|| totals(&mut self.drain));
        if self.retired.elapsed() >= RETIRE_EVERY {
            let _ = self.drain.retire(tell(&mut self.outputs, &self.desk));
            self.complain();
            self.desk.keep(|| self.drain.pids());
            self.standing.retain(|(_, standing)| !standing.is_closed());
            self.retired = Instant::now();
        }
    }

    fn drain_once(&mut self) -> usize {
        let many = self.drain.round(tell(&mut self.outputs, &self.desk)).unwrap_or(0);
        if many > 0 {
            self.outputs.flush();
        }
        self.complain();
        many
    }

    /// Shows what was counted so far, if it was not shown for the time `every` or no longer fits.
    fn show(&mut self, every: Duration) {
        let Some(first) = self.first.filter(|_| !self.over) else { return };
        if self.shown.unwrap_or(first).elapsed() < every && !self.outputs.are_stale() {
            return;
        }
        let now = Instant::now();
        let ts_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let ts_ns = i64::try_from(ts_ns).unwrap_or(i64::MAX);
        let aggregations = self.drain.aggregations();
        self.outputs.picture(&Picture { ts_ns, after: now - first, aggregations: &aggregations });
        self.shown = Some(now);
    }

    /// Asks those that stay for the end of their sessions.
    pub(super) fn ask_back(&mut self) {
        if self.asked.is_none() {
            self.standing.retain(|(pid, standing)| !standing.is_closed() && !is_gone(*pid));
            self.asked = Some(self.standing.len());
        }
        self.standing.iter().for_each(|(_, standing)| standing.ask_back());
    }

    /// Ends sessions of those that stay: reports what is said until each has put its functions back.
    fn give_back(&mut self) -> Ended {
        self.ask_back();
        let late = Instant::now() + PUT_BACK_MAX;
        let mut waiting = std::mem::take(&mut self.standing);
        loop {
            self.drain_once();
            waiting.retain(|(pid, standing)| !standing.is_closed() && !is_gone(*pid));
            if waiting.is_empty() || Instant::now() >= late {
                break;
            }
            std::thread::sleep(GLANCE);
        }
        let slow: Vec<u32> = waiting.into_iter().map(|(pid, _)| pid).collect();
        for pid in &slow {
            warn(&format!(
                "process {pid} did not let go of the interpreter for {} s: nothing fires there any more, and its \
                 functions are put back as soon as it does",
                PUT_BACK_MAX.as_secs()
            ));
        }
        let asked = self.asked.unwrap_or_default();
        Ended { put_back: asked.saturating_sub(slow.len()) as u64, late: slow, inert: 0 }
    }

    /// Ends the observation: the last records, the totals. A second time does nothing.
    pub(super) fn close(&mut self) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let held = self.give_back();
        let inert = if held == Ended::default() { self.drain.pids().len() as u64 } else { 0 };
        let _ = self.drain.finish(tell(&mut self.outputs, &self.desk));
        self.desk.close(Ended { inert, ..held });
        self.complain();
        match self.drain.unobserved() {
            0 => {}
            n => warn(&format!(
                "{n} forked processes went on unobserved: they could not reach this one, or had no memory"
            )),
        }
        self.outputs.finish();
    }

    fn complain(&mut self) {
        for damage in self.drain.damages() {
            warn(&format!("process {} is no longer observed: {}", damage.pid, damage.error));
        }
    }
}

/// Why an agent did not load the session.
pub(super) fn refusal(refusal: Refusal) -> anyhow::Error {
    let hint = refusal.hint.map_or_else(String::new, |hint| format!("\nhint: {hint}"));
    anyhow!("probes do not load ({}): {}{hint}", refusal.stage, refusal.message)
}

/// Said of one process among others that are in.
pub(super) fn could_not_join(pid: Option<u32>, why: &dyn fmt::Display) -> String {
    let whose = pid.map_or_else(|| "a process".to_owned(), |pid| format!("process {pid}"));
    format!("{whose} could not join: {why}")
}

/// Outputs deal with their own failures, and nobody who asks can fail an observation.
fn tell<'a>(outputs: &'a mut Outputs, desk: &'a Desk) -> impl FnMut(&Report) -> Result<(), Infallible> + 'a {
    |report| {
        desk.tell(report);
        outputs.report(report);
        Ok(())
    }
}

/// What the end would tell now, as answers.
fn totals(drain: &mut Drain<Reader>) -> Vec<Answer> {
    let (reports, accounts) = drain.totals();
    reports.into_iter().map(Answer::Told).chain(accounts.into_iter().map(Answer::Counted)).collect()
}
