//! What a module says of itself: its probes with their specs, its imports, its memory.
//!
//! In: nothing. Out: [`Manifest`], made by `module`, and the grammar of specs that guests share. Never here: bytes of a
//! module.

use serde::{Deserialize, Serialize};

pub use waspect_grammar::spec::{Options, Part, Point, Problem, Spec, SpecError, Target, glob, mangle, unmangle};
pub use waspect_grammar::words;

use crate::limits::Profile;
use crate::signature::Signed;

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
    /// An operator's `--at` placed a probe, whatever the module says.
    pub is_placed: bool,
    pub signed: Signed,
    /// The limits it was checked against, and runs under.
    pub profile: Profile,
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

impl Manifest {
    /// Whether anything is asked of requests: a value, its id, or that one begins.
    pub fn wants_requests(&self) -> bool {
        let of_request = |import: &ImportUse| match import.module.as_str() {
            "probe1.req" | "probe1.req.set" | "probe1.req.add" => true,
            "probe1" => matches!(import.name.as_str(), "request" | "speculate" | "commit" | "forget"),
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
