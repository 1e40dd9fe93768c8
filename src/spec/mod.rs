//! Probe specs: `fn:shop.cart.*:entry?min=5ms#slow`, the name a module gives an export to say where it belongs.
//!
//! In: text in the plain or the identifier spelling. Out: [`Spec`]. Never here: resolving a target to functions.

mod error;
mod mangle;
mod options;
mod parse;
mod target;
pub mod words;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use error::{Problem, SpecError};
pub use mangle::{mangle, unmangle};

/// Where and under which options an export fires.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spec {
    pub target: Target,
    pub point: Point,
    pub options: Options,
    /// Makes names unique; also the display name.
    pub tag: Option<String>,
}

/// Parts of a dotted path; `<locals>` is never a part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Target {
    pub parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Part {
    /// A name, possibly with `*` (which never crosses a dot).
    Name(String),
    /// `**`: zero or more parts.
    Any,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Point {
    Entry,
    /// Return or raise.
    Exit,
    Return,
    Raise,
}

impl Point {
    pub const ALL: &[Point] = &[Self::Entry, Self::Exit, Self::Return, Self::Raise];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Exit => "exit",
            Self::Return => "return",
            Self::Raise => "raise",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The canonical spelling: what it gives parses to an equal spec.
impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fn:{}:{}{}", self.target, self.point, self.options)?;
        match &self.tag {
            Some(tag) => write!(f, "#{tag}"),
            None => Ok(()),
        }
    }
}

/// Run by the host before it enters wasm.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Options {
    /// Fire with this probability.
    pub sample: Option<f64>,
    /// Fire each n-th time.
    pub every: Option<u32>,
    /// Fire at most so many times a second.
    pub rate: Option<f64>,
    /// Exit points: only calls that took at least so many ns.
    pub min_ns: Option<u64>,
    /// Low fires first; 0 by default.
    pub prio: i32,
    /// Lowers the fuel budget.
    pub fuel: Option<u64>,
    /// `scope=request`.
    pub request_scope: bool,
}

/// What the agent must know of a module besides its machine code; made by `module`, which read it in the bytes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// File name without folder, for people.
    pub name: String,
    pub sha256: [u8; 32],
    pub wasm_bytes: u64,
    pub memory: Option<Memory>,
    pub probes: Vec<Probe>,
    pub imports: Vec<ImportUse>,
    pub has_initialize: bool,
}

/// Linear memory as declared, in 64 KiB pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Memory {
    pub pages_min: u64,
    pub pages_max: Option<u64>,
}

/// One export that is a probe.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Probe {
    pub export: String,
    pub spec: Spec,
    /// `() -> i32` instead of `() -> ()`.
    pub status: bool,
    pub wants: Wants,
}

/// What a probe may read of a call, by the imports its export can reach.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Wants {
    /// Positional arguments by number, sorted.
    pub args: Vec<u16>,
    /// Arguments that only run time knows (`probe1.arg` dynamic, `args`, `locals`, …).
    pub any_arg: bool,
    /// Time since entry: makes the entry take the clock.
    pub elapsed: bool,
    /// Invocation-local state: needs a token even on an entry point.
    pub slots: bool,
    /// Writes records, so that a firing must keep the clock.
    pub emits: bool,
}

/// One import, as written in the module.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportUse {
    pub module: String,
    pub name: String,
}

impl Point {
    /// What a firing calls itself: the points that happen, not the ones that group them.
    pub const HAPPENING: &[(&'static str, Point)] =
        &[("entry", Self::Entry), ("return", Self::Return), ("raise", Self::Raise)];

    /// The number a record carries.
    pub fn number(self) -> u8 {
        match self {
            Self::Entry => 0,
            Self::Return | Self::Exit => 1,
            Self::Raise => 2,
        }
    }

    /// The name of a record's number.
    pub fn name_of(number: u8) -> &'static str {
        Self::HAPPENING.get(usize::from(number)).map_or("unknown", |(name, _)| name)
    }
}

impl Manifest {
    /// Whether anything is asked of requests: a value, its id, or that one begins.
    pub fn wants_requests(&self) -> bool {
        let of_request = |import: &ImportUse| match import.module.as_str() {
            "probe1.req" | "probe1.req.set" | "probe1.req.add" => true,
            "probe1" => import.name == "request",
            "probe1.get" => import.name.starts_with("$request"),
            _ => false,
        };
        self.imports.iter().any(of_request) || self.probes.iter().any(|probe| probe.spec.options.request_scope)
    }

    /// What each probe is called in reports: its tag where no other probe of the module has it, else its spec.
    pub fn display_names(&self) -> Vec<String> {
        let tags = || self.probes.iter().filter_map(|probe| probe.spec.tag.as_deref());
        let name = |probe: &Probe| match probe.spec.tag.as_deref() {
            Some(tag) if tags().filter(|other| *other == tag).count() == 1 => tag.to_owned(),
            _ => probe.spec.to_string(),
        };
        self.probes.iter().map(name).collect()
    }
}
