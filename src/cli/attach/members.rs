//! Who takes processes in.
//!
//! In: what joined. Out: what is known of it. Never here: how a process is found or entered.

use crate::cli::observe::Observation;
use crate::control::client::Joined;

/// Whoever observes the processes of a group.
pub(in crate::cli) trait Members {
    fn join(&mut self, joined: Joined);
    /// Whether any process ever joined.
    fn has_begun(&self) -> bool;
    /// Whether a process that stays is still there.
    fn is_held(&self) -> bool;
    /// Whether this process stays still.
    fn holds(&self, pid: u32) -> bool;
}

impl Members for Observation {
    fn join(&mut self, joined: Joined) {
        self.join(joined);
    }

    fn has_begun(&self) -> bool {
        self.has_begun()
    }

    fn is_held(&self) -> bool {
        self.is_held()
    }

    fn holds(&self, pid: u32) -> bool {
        self.holds(pid)
    }
}
