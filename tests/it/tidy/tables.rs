//! What the tree promises, as data: rooms and their imports, crates and their owners, where unsafe may stand, words.
//!
//! In: nothing. Out: tables that `docs/ARCHITECTURE.md` tells in prose. Never here: a rule, or an exception in code.

/// A room, or one file of it that has a row of its own, and the rooms it may import.
pub(super) type Room = (&'static str, &'static [&'static str]);

/// Top to bottom: plain words, then load, fire and drain, then the doors. `main` and `lib` are the files of that name.
#[rustfmt::skip]
pub(super) const ROOMS: &[Room] = &[
    // Shared words.
    ("limits", &[]),
    ("value", &["limits"]),
    ("signature", &[]),
    ("spec", &["limits", "signature"]),
    ("path", &["limits", "spec"]),
    ("sorted", &[]),
    ("sketch", &["sorted"]),
    ("report", &["limits", "value", "spec", "sketch"]),
    ("policy", &["limits", "path", "signature", "spec"]),
    ("frames", &["limits", "value", "spec", "report", "policy"]),
    ("desk", &["report"]),
    // The machine: clocks, threads, children.
    ("clock", &[]),
    ("thread", &[]),
    ("pipes", &[]),
    // Load, operator's side: bytes to artifact. The language never sees the runtime.
    ("lang", &["limits", "path", "spec"]),
    ("module", &["limits", "path", "signature", "spec"]),
    ("seal", &["limits", "frames", "sorted"]),
    ("engine", &["limits", "spec", "frames"]),
    ("compile", &["limits", "spec", "frames", "pipes", "seal", "engine", "module"]),
    // Load, agent's side: a helper process that compiles, functions rewritten.
    ("compiler", &["limits", "spec", "frames", "pipes", "policy"]),
    ("bytecode", &[]),
    // The segment: what agent and operator both map. Fire writes it, drain reads it, neither names the other.
    ("segment", &["limits"]),
    ("ring", &["limits", "value", "report", "segment"]),
    ("ledger", &["limits", "value", "report", "segment", "sketch"]),
    ("segment/reader", &["limits", "value", "spec", "report", "segment", "ring", "ledger", "sketch"]),
    ("segment/reader/sketches", &["value", "segment", "ledger", "sketch"]),
    ("maps", &["limits", "value", "ledger", "sketch"]),
    ("stores", &["limits"]),
    ("outlet", &["limits", "value", "report", "clock", "thread", "segment", "ring", "ledger", "maps", "stores"]),
    // Fire. Only `introspect` and `attach` know CPython.
    ("request", &["limits"]),
    ("introspect", &["limits", "value", "request", "policy"]),
    ("host", &["limits", "value", "path", "spec", "report", "policy", "clock", "thread", "introspect", "request", "ledger", "outlet", "stores"]),
    ("guest", &["limits", "value", "sorted", "path", "spec", "report", "frames", "clock", "thread", "engine", "introspect", "host", "outlet"]),
    ("attach", &["limits", "value", "sorted", "spec", "report", "frames", "policy", "clock", "thread", "engine", "bytecode", "introspect", "request", "guest", "host", "segment", "ledger", "outlet"]),
    // Drain.
    ("drain", &["limits", "value", "spec", "report", "frames", "clock", "segment", "ledger"]),
    ("render", &["limits", "value", "report", "sketch"]),
    // The seam, and the doors.
    ("control", &["limits", "value", "spec", "report", "frames", "policy", "clock", "segment", "outlet", "engine", "guest", "attach", "seal", "compiler"]),
    ("control/client", &["limits", "value", "spec", "report", "frames", "control", "segment"]),
    ("inject", &[]),
    ("replay", &["limits", "value", "spec", "report", "frames", "introspect", "host", "guest"]),
    ("cli", &["limits", "value", "path", "spec", "report", "frames", "desk", "clock", "ledger", "policy", "signature", "lang", "module", "seal", "compile", "engine", "segment", "drain", "render", "control", "inject", "replay"]),
    ("python", &["limits", "value", "spec", "report", "frames", "policy", "clock", "thread", "introspect", "request", "segment", "ledger", "outlet", "drain", "compiler", "seal", "engine", "guest", "attach", "control", "sketch"]),
    ("main", &["cli", "compile"]),
    ("lib", &[]),
];

/// A crate as code names it, and the files (by how their path in `src/` begins) that may. `""` is everywhere.
#[rustfmt::skip]
pub(super) const CRATES: &[(&str, &[&str])] = &[
    ("waspect_abi", &[""]),
    ("waspect_grammar", &["limits", "spec", "path"]),
    ("thiserror", &[""]),
    ("wasmtime", &["engine", "guest", "host", "compile/", "replay"]),
    // System calls, behind rooms that name what they are for.
    ("nix", &["clock", "thread", "pipes", "seal", "segment", "control", "compile/", "compiler", "inject", "attach", "host/context", "cli", "python"]),
    ("libc", &["thread", "seal", "compiler", "inject", "attach", "cli", "python"]),
    ("memmap2", &["segment"]),
    // Shared words derive its traits; only `frames` knows the codec.
    ("serde", &["limits", "value", "path", "spec", "report", "sketch", "frames", "desk", "compile/", "control", "policy", "signature", "cli/policy"]),
    ("postcard", &["frames"]),
    ("hashbrown", &["maps"]),
    ("foldhash", &["maps"]),
    ("twox_hash", &["host/text"]),
    ("pyo3", &["introspect/cpython", "introspect/testing", "attach", "python"]),
    ("wasm_encoder", &["lang"]),
    ("wasmparser", &["module"]),
    ("wat", &["module"]),
    ("wast", &["module"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli", "main"]),
    ("serde_json", &["render", "cli"]),
    ("cap_std", &["seal"]),
    ("hmac", &["seal"]),
    ("ed25519_compact", &["signature"]),
    ("sha2", &["seal", "compile/", "module"]),
    ("getrandom", &["seal", "cli/keygen"]),
    ("base64", &["render"]),
    ("unicode_width", &["render"]),
    ("terminal_size", &["cli"]),
    ("anstream", &["render", "cli", "main"]),
    ("anstyle", &["render", "cli"]),
    ("annotate_snippets", &["cli/language"]),
    ("csv_core", &["render/csv"]),
    ("ratatui", &["cli/top"]),
    ("toml", &["cli/policy"]),
    ("tempfile", &["compile/", "cli", "render/spool"]),
];

/// Where `unsafe` may stand (by how the path begins), and how often at most.
pub(super) const UNSAFE: &[(&str, usize)] = &[
    ("src/introspect/cpython", usize::MAX),  // reads of CPython's memory
    ("src/attach/patch.rs", usize::MAX),     // the only writer of a function
    ("src/attach/hook.rs", usize::MAX),      // the native subscript objects
    ("src/attach/code.rs", usize::MAX),      // code objects, in and out
    ("src/attach/visit.rs", usize::MAX),     // builtin objects' own slots
    ("src/attach/renew.rs", usize::MAX),     // a call that the interpreter makes later
    ("src/attach/script.rs", usize::MAX),    // the frame evaluator's first `__main__`
    ("src/attach/gil.rs", usize::MAX),       // statics under the interpreter lock
    ("src/compiler/hidden.rs", usize::MAX),  // a helper process the application never sees
    ("src/inject/tracee.rs", 1),             // a traced thread's vector registers and signals
    ("src/inject/shim/shim.rs", usize::MAX), // a program without libraries, in the target
    ("src/python/prepared.rs", 3),           // a descriptor that was just made, a look at a handler
    ("src/segment/mod.rs", usize::MAX),      // shared memory
    ("src/clock.rs", usize::MAX),            // the time-stamp counter
    ("src/thread.rs", usize::MAX),           // the bounds of the stack
    ("src/host/link/call.rs", 2),            // an import's words, by the types of its row
    ("src/engine.rs", 1),                    // `deserialize` runs what it is given
    ("probe-sdk/rust/", usize::MAX),         // import declarations
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
