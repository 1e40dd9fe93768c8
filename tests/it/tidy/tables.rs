//! What the tree promises, as data: rooms and their imports, crates and their owners, where unsafe may stand, words.
//!
//! In: nothing. Out: tables that `docs/ARCHITECTURE.md` tells in prose. Never here: a rule, or an exception in code.

/// A room, and the rooms it may import.
pub(super) type Room = (&'static str, &'static [&'static str]);

/// Top to bottom: plain words, then load, fire and drain, then the doors. `main` and `lib` are the files of that name.
#[rustfmt::skip]
pub(super) const ROOMS: &[Room] = &[
    // Shared words: any room above the doors may name them.
    ("limits", &[]),
    ("value", &["limits"]),
    ("path", &["limits"]),
    ("spec", &["limits", "path"]),
    ("report", &["limits", "value", "spec"]),
    ("frames", &["limits", "value", "spec", "report"]),
    ("clock", &[]),
    // Load, operator's side: bytes to artifact. The language never sees the runtime.
    ("policy", &["limits", "spec"]),
    ("lang", &["limits", "value", "spec"]),
    ("module", &["limits", "path", "spec"]),
    ("compile", &["limits", "spec", "frames", "module", "engine"]),
    // Load, agent's side: artifact to attached probe.
    ("bytecode", &[]),
    ("engine", &["limits", "spec", "frames"]),
    ("compiler", &["limits", "spec", "frames"]),
    // The segment: what agent and operator both map. Fire writes it, drain reads it, neither names the other.
    ("segment", &["limits"]),
    ("ring", &["limits", "value", "report", "segment"]),
    ("ledger", &["limits", "value", "report", "segment"]),
    // Fire.
    ("introspect", &["limits", "value"]),
    ("request", &["limits", "value", "introspect"]),
    ("host", &["limits", "value", "path", "spec", "report", "clock", "introspect", "request", "ring", "ledger"]),
    ("guest", &["limits", "value", "path", "spec", "report", "frames", "clock", "engine", "introspect", "host", "ring", "ledger"]),
    ("attach", &["limits", "value", "spec", "report", "clock", "bytecode", "introspect", "guest"]),
    // Drain.
    ("drain", &["limits", "value", "spec", "report", "frames", "clock", "segment", "ring", "ledger"]),
    ("render", &["limits", "value", "report"]),
    // The seam, and the doors.
    ("control", &["limits", "value", "spec", "report", "frames", "policy", "segment", "ring", "ledger", "drain", "engine", "guest", "attach", "compiler"]),
    ("inject", &["limits", "frames", "control"]),
    ("replay", &["limits", "value", "spec", "report", "frames", "introspect", "host", "guest"]),
    ("cli", &["limits", "value", "path", "spec", "report", "frames", "clock", "policy", "lang", "module", "compile", "engine", "segment", "drain", "render", "control", "inject", "replay"]),
    ("python", &["limits", "value", "spec", "report", "frames", "introspect", "drain", "compiler", "engine", "attach", "control"]),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// A crate as code names it, and the files (by how their path in `src/` begins) that may. `""` is everywhere.
#[rustfmt::skip]
pub(super) const CRATES: &[(&str, &[&str])] = &[
    ("waspect_abi", &[""]),
    ("thiserror", &[""]),
    ("wasmtime", &["engine", "guest", "host", "compile/", "replay"]),
    // System calls.
    ("nix", &["segment", "drain", "control", "compile", "inject", "attach", "clock", "cli", "python"]),
    ("libc", &["segment", "drain", "control", "compile", "inject", "attach", "clock", "cli", "python"]),
    ("memmap2", &["segment"]),
    // Shared words derive its traits; only `frames` knows the codec.
    ("serde", &["limits", "value", "path", "spec", "report", "frames"]),
    ("bincode", &["frames"]),
    ("hashbrown", &["ledger"]),
    ("foldhash", &["ledger"]),
    ("pyo3", &["introspect/cpython", "attach", "request", "python"]),
    ("wasmparser", &["module"]),
    ("wat", &["module"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli", "main"]),
    ("serde_json", &["render", "cli"]),
    ("cap_std", &["compile/"]),
    ("hmac", &["compile/"]),
    ("sha2", &["compile/", "module"]),
    ("getrandom", &["compile/", "ledger"]),
    ("base64", &["render"]),
    ("comfy_table", &["render"]),
    ("anstream", &["render", "cli", "main"]),
    ("anstyle", &["render", "cli"]),
    ("tempfile", &["compile/", "cli"]),
];

/// Where `unsafe` may stand (by how the path begins), and how often at most.
pub(super) const UNSAFE: &[(&str, usize)] = &[
    ("src/introspect/cpython", usize::MAX), // reads of CPython's memory
    ("src/attach/patch.rs", usize::MAX),    // the only writer of a function
    ("src/attach/hook.rs", usize::MAX),     // the native subscript objects
    ("src/attach/code.rs", usize::MAX),     // code objects, in and out
    ("src/compile/", usize::MAX),           // the compiling child sets its own limits
    ("src/compiler.rs", usize::MAX),        // a helper process the application never sees
    ("src/segment", usize::MAX),            // shared memory
    ("src/clock.rs", usize::MAX),           // the time-stamp counter
    ("src/engine.rs", 1),                   // `deserialize` runs what it is given
    ("probe-sdk/rust/", usize::MAX),        // import declarations
];

/// Longest file, in lines; prose of its own has less.
pub(super) const LINES_MAX: usize = 500;
pub(super) const ARCHITECTURE_LINES_MAX: usize = 250;

/// What must not be written anywhere: each in two halves, so that this file keeps the rule too.
pub(super) const WORDS: &[(&str, &str, &str)] = &[
    ("TO", "DO", "finish it or leave it out"),
    ("FIX", "ME", "finish it or leave it out"),
    ("XX", "X", "finish it or leave it out"),
    ("#[ign", "ore", "a test runs or does not exist"),
    ("mark.sk", "ip", "a test runs or does not exist"),
    ("mark.xf", "ail", "a test runs or does not exist"),
    ("should_", "panic", "say what the error is"),
    ("/ro", "ot/", "a path of one machine"),
    ("/ho", "me/", "a path of one machine"),
    ("/wo", "rk/", "a path of one machine"),
    ("../sha", "red", "a path of one machine"),
    ("crates", ".io", "a registry's host; cargo knows it"),
    ("pypi", ".org", "a registry's host; pip knows it"),
    ("pythonhosted", ".org", "a registry's host; pip knows it"),
    ("sub", "agent", "the project speaks of itself alone"),
    ("closing", " note", "the project speaks of itself alone"),
    ("this ses", "sion of work", "the project speaks of itself alone"),
];
