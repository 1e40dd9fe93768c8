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
            let gone = has_ended(self.pid);
            let rest = self.observation.round();
            if gone {
                warn(&format!("process {} has ended", self.pid));
            }
            if gone || self.observation.is_due() || self.asked.wait(rest) {
                break;
            }
        }
        self.asked.let_go();
        self.hear(client.finish())?;
        self.observation.close();
        Ok(ExitCode::SUCCESS)
    }

    fn hear(&mut self, meetings: Vec<Meeting>) -> anyhow::Result<()> {
        for meeting in meetings {
            match meeting {
                Meeting::Joined(joined) => self.observation.join(joined),
                Meeting::Refused(by) if !self.observation.has_begun() => return Err(refusal(by.refusal)),
                Meeting::Refused(by) => warn(&refusal(by.refusal).to_string()),
                Meeting::Failed(error) => warn(&format!("a process could not join: {error}")),
            }
        }
        Ok(())
    }
}
