//! `--budget`: what each module may spend, as the operator says.
//!
//! In: `fuel=50000,share=0.2%`. Out: a [`Budget`]. Never here: a bound of its own; `limits` has them all.

use anyhow::anyhow;

use crate::cli::policy::refused;
use crate::limits::{BYTES_PER_SECOND, Budget, EVENTS_PER_SECOND, Named, Row};
use crate::policy::{GrantError, Policy};

#[derive(clap::Args, Debug, Clone, Default)]
pub(crate) struct Budgeted {
    /// What each module may spend, by names of `waspect limits` or short ones: `fuel=50000,events=100,bytes=1M,share=0.2%,faults=1`.
    /// Rates and the share of time may be raised too, the rest only lowered
    #[arg(long = "budget", value_name = "NAME=N,…", value_delimiter = ',', value_parser = asked)]
    asked: Vec<Named>,
}

impl Budgeted {
    /// The budget, where `--events` says how many records a second are let through. Bytes are raised with them.
    pub(crate) fn budget(&self, events: Option<u64>, policy: &Policy) -> anyhow::Result<Budget> {
        let mut all = Vec::new();
        if let Some(events) = events {
            all.push(("events_per_second", events));
            let bytes = events.saturating_mul(BYTES_PER_SECOND / EVENTS_PER_SECOND);
            // Nobody asked for these: a policy's maximum lowers them, and refuses nothing.
            all.push(("bytes_per_second", policy.most("bytes_per_second", bytes.max(BYTES_PER_SECOND))));
        }
        all.extend_from_slice(&self.asked);
        policy.granted(&all).map_err(|e| match e {
            GrantError::Policy(e) => refused(&e),
            GrantError::Budget(e) => anyhow!("{e}\nhint: `waspect limits` has them all"),
        })
    }
}

fn asked(text: &str) -> Result<Named, String> {
    let (name, amount) = text.split_once('=').ok_or("expected `NAME=N`, as in `fuel=50000`")?;
    Row::of(name).and_then(|row| row.asked(amount)).map_err(|e| e.to_string())
}
