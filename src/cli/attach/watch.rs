//! The session while the process is observed.
//!
//! In: a client that the agent meets, signals. Out: everything reported, the end of the session. Never here: a process
//! ended, or waited for.

use std::process::ExitCode;

use super::asked::Asked;
use crate::cli::observe::outputs::warn;
use crate::cli::observe::{Observation, refusal};
use crate::control::client::{Client, Meeting};
use crate::inject::{Report, has_ended};

pub(super) struct Watch {
    pub(super) pid: i32,
    pub(super) asked: Asked,
    pub(super) observation: Observation,
}

impl Watch {
    /// Says what entering took.
    pub(super) fn entered(&self, report: &Report) {
        let stopped = (report.stopped_before + report.stopped).as_secs_f64() * 1e3;
        let loaded = report.answered.as_secs_f64() * 1e3;
        warn(&format!(
            "entered process {}: one thread stopped for {stopped:.1} ms, ready after another {loaded:.0} ms",
            self.pid
        ));
    }

    /// Observes to the end.
    pub(super) fn run(mut self, client: Client) -> anyhow::Result<ExitCode> {
        loop {
            let meetings: Vec<Meeting> = client.meetings().collect();
            self.hear(meetings)?;
            // Asked before the last round, so that the round sees all that was written.
            let over = self.over();
            let rest = self.observation.round();
            if let Some(why) = over {
                warn(&why);
                break;
            }
            if self.observation.is_due() || self.asked.wait(rest).is_some() {
                break;
            }
            self.observation.tend();
        }
        self.observation.ask_back();
        self.asked.let_go();
        self.hear(client.finish())?;
        self.observation.close();
        Ok(ExitCode::SUCCESS)
    }

    /// Why there is nothing more to observe.
    fn over(&self) -> Option<String> {
        if has_ended(self.pid) {
            return Some(format!("process {} has ended", self.pid));
        }
        let lost = self.observation.has_begun() && !self.observation.is_held();
        lost.then(|| {
            format!(
                "process {} goes on without the probes: it runs another program now, or closed the connection",
                self.pid
            )
        })
    }

    fn hear(&mut self, meetings: Vec<Meeting>) -> anyhow::Result<()> {
        for meeting in meetings {
            match meeting {
                Meeting::Joined(joined) => self.observation.join(joined),
                Meeting::Refused(by) if !self.observation.has_begun() => return Err(refusal(by.refusal)),
                Meeting::Failed(error) if !self.observation.has_begun() => return Err(error.into()),
                Meeting::Refused(by) => warn(&refusal(by.refusal).to_string()),
                Meeting::Failed(error) => warn(&format!("a process could not join: {error}")),
            }
        }
        Ok(())
    }
}

/// What was said on the way, where entering failed: it knows better why.
pub(super) fn said(client: Client) -> Option<anyhow::Error> {
    client.finish().into_iter().find_map(|meeting| match meeting {
        Meeting::Refused(by) => Some(refusal(by.refusal)),
        Meeting::Failed(error) => Some(error.into()),
        Meeting::Joined(_) => None,
    })
}
