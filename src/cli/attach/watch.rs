//! The session while its processes are observed.
//!
//! In: processes that join, signals. Out: everything reported, the end of the session. Never here: a process ended, or waited
//! for.

use std::process::ExitCode;

use super::group::Group;
use crate::cli::asked::Asked;
use crate::cli::load::Background;
use crate::cli::observe::Observation;
use crate::cli::observe::outputs::warn;
use crate::cli::signals::die_by;

pub(super) struct Watch {
    pub(super) asked: Asked,
    pub(super) observation: Observation,
    pub(super) group: Group,
    /// Where this goes once all are entered.
    pub(super) background: Option<Background>,
}

impl Watch {
    /// Observes to the end.
    pub(super) fn run(mut self) -> anyhow::Result<ExitCode> {
        loop {
            self.group.step(&mut self.observation)?;
            if self.group.is_settled()
                && self.observation.has_begun()
                && let Some(background) = self.background.take()
            {
                background.go(self.observation.shown())?;
            }
            // Asked before the last round, so that the round sees all that was written.
            let over = self.group.over(&self.observation);
            let rest = self.observation.round();
            if let Some(why) = over {
                warn(&why);
                break;
            }
            let signal = self.asked.wait(rest);
            if let Some(signal) = signal.filter(|_| !self.observation.has_begun()) {
                // A process that is being entered stays as it was.
                self.group.remove();
                die_by(signal);
            }
            if signal.is_some() || self.observation.is_due() {
                break;
            }
            self.observation.tend();
        }
        self.observation.ask_back();
        self.asked.let_go();
        self.group.finish(&mut self.observation);
        self.observation.close();
        Ok(ExitCode::SUCCESS)
    }
}
