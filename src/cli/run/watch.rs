//! The session while the program runs: greetings heard, signals passed on, the summary at the end.
//!
//! In: a started program, its client, an observation. Out: everything reported, and the program's end. Never here: a
//! program ended because its observer failed.

use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::bootstrap::Bootstrap;
use super::program::{End, Program};
use crate::cli::observe::outputs::warn;
use crate::cli::observe::{Observation, REST, could_not_join, refusal};
use crate::control::client::{Client, Meeting};

/// A bootstrap that failed gets this long to say why.
const LAST_WORDS_MAX: Duration = Duration::from_secs(1);

/// A started program and what it is observed through.
pub(super) struct Watch<'a> {
    pub(super) program: Program,
    pub(super) bootstrap: &'a Bootstrap,
    pub(super) observation: Observation,
}

impl Watch<'_> {
    /// Watches until the program ends, or for the time asked for after it was first observed.
    pub(super) fn run(mut self, client: Client) -> anyhow::Result<End> {
        let mut client = Some(client);
        let end = loop {
            if let Some(open) = &client {
                let meetings: Vec<Meeting> = open.meetings().collect();
                self.hear(meetings)?;
            }
            // Asked before the last round, so that the round sees all that was written.
            let ended = self.program.ended();
            let rest = self.observation.round();
            if let Some(end) = ended {
                break end;
            }
            self.observation.tend();
            if self.observation.is_due() {
                self.close(client.take())?;
            }
            self.program.wait(rest);
        };
        self.close(client.take())?;
        if !self.observation.has_begun() {
            self.unobserved()?;
        }
        Ok(end)
    }

    fn hear(&mut self, meetings: Vec<Meeting>) -> anyhow::Result<()> {
        for meeting in meetings {
            match meeting {
                Meeting::Joined(joined) => self.observation.join(joined),
                Meeting::Refused(by) if !self.observation.has_begun() => {
                    // Still waiting for this: the program has not begun.
                    self.program.kill();
                    return Err(refusal(by.refusal));
                }
                Meeting::Failed(failed) if !self.observation.has_begun() => {
                    let why = self.last_words().unwrap_or_else(|| failed.error.to_string());
                    return Err(not_loaded(&why));
                }
                Meeting::Refused(by) => warn(&could_not_join(Some(by.pid), &refusal(by.refusal))),
                Meeting::Failed(failed) => warn(&could_not_join(failed.pid, &failed.error)),
            }
        }
        Ok(())
    }

    /// Ends the observation, after the last greetings.
    fn close(&mut self, client: Option<Client>) -> anyhow::Result<()> {
        if let Some(client) = client.filter(|_| !self.observation.is_over()) {
            self.hear(client.finish())?;
        }
        self.observation.close();
        Ok(())
    }

    /// The program ended and no agent ever came.
    fn unobserved(&self) -> anyhow::Result<()> {
        if let Some(why) = self.bootstrap.failure() {
            return Err(not_loaded(&why));
        }
        warn("the program ran without probes: its interpreter loaded no agent");
        Ok(())
    }

    /// What the bootstrap says of a greeting that failed. It writes that down and ends by itself, at once.
    fn last_words(&self) -> Option<String> {
        let late = Instant::now() + LAST_WORDS_MAX;
        while self.program.ended().is_none() && Instant::now() < late {
            self.program.wait(REST);
        }
        self.program.kill();
        self.bootstrap.failure()
    }
}

fn not_loaded(why: &str) -> anyhow::Error {
    anyhow!("the agent does not load: {why}\nhint: the program was not started")
}
