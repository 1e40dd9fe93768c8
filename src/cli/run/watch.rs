//! The session while the program runs: greetings heard, segments drained, signals passed on, the summary at the end.
//!
//! In: a started program, its client, outputs. Out: everything reported, and the program's end. Never here: a record
//! left in a segment, a program ended because its observer failed.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;

use super::bootstrap::Bootstrap;
use super::outputs::{Outputs, warn};
use super::program::{End, Program};
use crate::control::client::{Client, Joined, Meeting};
use crate::drain::Drain;
use crate::frames::Refusal;
use crate::render::Picture;
use crate::report::{Report, Start};
use crate::segment::Reader;

/// Between rounds: a ring of the default size fills in no less than this at any rate a probe is allowed.
const REST: Duration = Duration::from_millis(20);
/// A round with more reports than this is followed by another at once.
const BUSY_REPORTS: usize = 256;
/// A bootstrap that failed gets this long to say why.
const LAST_WORDS_MAX: Duration = Duration::from_secs(1);
/// How often processes that ended are looked for.
const RETIRE_EVERY: Duration = Duration::from_secs(1);

/// How long is watched, and how often is shown what was counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) time: Option<Duration>,
    pub(super) every: Option<Duration>,
}

/// Watches until the program ends, or for the time asked for after it was first observed.
pub(super) fn watch(
    program: Program,
    client: Client,
    outputs: Outputs,
    bootstrap: &Bootstrap,
    pace: Pace,
) -> anyhow::Result<End> {
    let mut session = Session { outputs, drain: Drain::default(), first: None, shown: None, over: false };
    let mut client = Some(client);
    let mut retired = Instant::now();
    let end = loop {
        if let Some(open) = &client {
            let meetings: Vec<Meeting> = open.meetings().collect();
            session.hear(meetings, &program, bootstrap)?;
        }
        // Asked before the last round, so that the round sees all that was written.
        let ended = program.ended();
        let busy = session.round() > BUSY_REPORTS;
        if let Some(end) = ended {
            break end;
        }
        if let Some(every) = pace.every {
            session.show(every);
        }
        if pace.time.is_some_and(|time| session.first.is_some_and(|first| first.elapsed() >= time)) {
            session.close(client.take(), &program, bootstrap)?;
        }
        if retired.elapsed() >= RETIRE_EVERY {
            session.retire();
            retired = Instant::now();
        }
        program.wait(if busy { Duration::ZERO } else { REST });
    };
    session.close(client.take(), &program, bootstrap)?;
    if session.first.is_none() {
        unobserved(bootstrap)?;
    }
    Ok(end)
}

/// The program ended and no agent ever came.
fn unobserved(bootstrap: &Bootstrap) -> anyhow::Result<()> {
    if let Some(why) = bootstrap.failure() {
        return Err(not_loaded(&why));
    }
    warn("the program ran without probes: its interpreter loaded no agent");
    Ok(())
}

/// What the bootstrap says of a greeting that failed. It writes that down and ends by itself, at once.
fn last_words(program: &Program, bootstrap: &Bootstrap) -> Option<String> {
    let late = Instant::now() + LAST_WORDS_MAX;
    while program.ended().is_none() && Instant::now() < late {
        program.wait(REST);
    }
    program.kill();
    bootstrap.failure()
}

fn not_loaded(why: &str) -> anyhow::Error {
    anyhow!("the agent does not load: {why}\nhint: the program was not started")
}

struct Session {
    outputs: Outputs,
    drain: Drain<Reader>,
    /// When the first process joined.
    first: Option<Instant>,
    /// When it was last shown what was counted.
    shown: Option<Instant>,
    over: bool,
}

impl Session {
    fn hear(&mut self, meetings: Vec<Meeting>, program: &Program, bootstrap: &Bootstrap) -> anyhow::Result<()> {
        for meeting in meetings {
            match meeting {
                Meeting::Joined(joined) => self.join(joined),
                Meeting::Refused(refused) if self.first.is_none() => {
                    // Still waiting for this: the program has not begun.
                    program.kill();
                    return Err(refusal(refused.refusal));
                }
                Meeting::Failed(error) if self.first.is_none() => {
                    let why = last_words(program, bootstrap).unwrap_or_else(|| error.to_string());
                    return Err(not_loaded(&why));
                }
                Meeting::Refused(refused) => warn(&refusal(refused.refusal).to_string()),
                Meeting::Failed(error) => warn(&format!("a process could not join: {error}")),
            }
        }
        Ok(())
    }

    fn join(&mut self, joined: Joined) {
        self.first.get_or_insert_with(Instant::now);
        match Reader::map(&joined.segment) {
            Ok(reader) => {
                let start = Start { python: joined.hello.python, pid: joined.hello.pid };
                let report = self.drain.join(joined.pid, start, reader);
                self.outputs.report(&report);
            }
            Err(e) => warn(&format!("process {} cannot be observed: {e}", joined.hello.pid)),
        }
    }

    fn round(&mut self) -> usize {
        let many = self.drain.round(tell(&mut self.outputs)).unwrap_or(0);
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

    fn retire(&mut self) {
        let _ = self.drain.retire(tell(&mut self.outputs));
        self.complain();
    }

    /// Ends the observation: the last greetings, the last records, the totals. A second time does nothing.
    fn close(&mut self, client: Option<Client>, program: &Program, bootstrap: &Bootstrap) -> anyhow::Result<()> {
        if std::mem::replace(&mut self.over, true) {
            return Ok(());
        }
        if let Some(client) = client {
            self.hear(client.finish(), program, bootstrap)?;
        }
        let _ = self.drain.finish(tell(&mut self.outputs));
        self.complain();
        match self.drain.unobserved() {
            0 => {}
            n => warn(&format!(
                "{n} forked processes went on unobserved: they could not reach this one, or had no memory"
            )),
        }
        self.outputs.finish();
        Ok(())
    }

    fn complain(&mut self) {
        for damage in self.drain.damages() {
            warn(&format!("process {} is no longer observed: {}", damage.pid, damage.error));
        }
    }
}

/// Outputs deal with their own failures.
fn tell(outputs: &mut Outputs) -> impl FnMut(&Report) -> Result<(), std::convert::Infallible> + '_ {
    |report| {
        outputs.report(report);
        Ok(())
    }
}

fn refusal(refusal: Refusal) -> anyhow::Error {
    let hint = refusal.hint.map_or_else(String::new, |hint| format!("\nhint: {hint}"));
    anyhow!("probes do not load ({}): {}{hint}", refusal.stage, refusal.message)
}
