//! What an operator tells of its session, and the few frames by which other commands ask it.
//!
//! In: nothing; these are plain values. Out: [`Question`]s and [`Answer`]s. Never here: a socket, or a process of the
//! application: whoever asks never touches one.
//!
//! ```text
//!  who asks                      operator
//!  Hello                    ──▶
//!                           ◀──  Hello               (another protocol: both close)
//!  Describe                 ──▶
//!                           ◀──  Described
//!  Totals                   ──▶
//!                           ◀──  Told, Counted …, Done
//!  Tail                     ──▶
//!                           ◀──  Told, Lost …, Done  (when the session is over)
//!  End                      ──▶
//!                           ◀──  Ended               (when the probes are out)
//! ```
//!
//! A connection may ask any number of questions one after the other; a tail is its last. `Busy` in place of an answer says
//! that the operator is waiting for whoever reads its output.

use serde::{Deserialize, Serialize};

use crate::report::{Account, Phase, Report};

/// Operators and those who ask them understand each other by this number.
pub const PROTOCOL: u32 = 3;

/// The first frame of both. Its form does not change with the number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    /// Of waspect, for people.
    pub version: String,
}

impl Hello {
    /// This binary's.
    pub fn own() -> Self {
        Self { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// What an operator can be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Question {
    Describe,
    /// What was counted so far, by all processes.
    Totals,
    /// Reports as they come.
    Tail,
    /// The end of the session.
    End,
}

/// What it answers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Answer {
    Described(Box<Described>),
    Told(Report),
    Counted(Account),
    /// So many reports after the last one were not told: who asked did not read them in time.
    Lost(u64),
    Ended(Ended),
    Done,
    Busy,
}

/// A session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Described {
    /// The operator's process id.
    pub id: u32,
    pub name: Option<String>,
    pub how: How,
    /// As it was named.
    pub target: String,
    /// Wall clock.
    pub since_ns: i64,
    pub processes: Vec<Process>,
    pub modules: Vec<String>,
    pub probes: Vec<Standing>,
    pub outputs: Vec<String>,
    /// What probes are known to capture, by name.
    pub fields: Vec<String>,
    /// Firings that did not finish, as far as they were told.
    pub faults: u64,
}

/// How a session came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum How {
    Run,
    Attach,
    Load,
}

impl How {
    /// The command's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Attach => "attach",
            Self::Load => "load",
        }
    }
}

/// A process under observation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Process {
    /// As the operator sees it.
    pub pid: u32,
    pub python: String,
    /// When it joined, by the wall clock.
    pub since_ns: i64,
}

/// What a probe does, as far as was told last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Standing {
    pub module: String,
    pub probe: String,
    pub phase: Phase,
    pub reason: String,
    pub functions: u64,
}

/// How a session ended.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ended {
    /// Processes that put their functions back.
    pub put_back: u64,
    /// Processes in which nothing fires any more, and that put their functions back when they can.
    pub late: Vec<u32>,
    /// Processes of a program that was started under probes: nothing fires in them any more.
    pub inert: u64,
}
