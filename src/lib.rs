//! waspect: eBPF for Python. WebAssembly probes in running, unmodified applications.
//!
//! In: modules and specs. Out: records, aggregations, counts. Never here: anything that lets a probe act.
//!
//! The rooms follow a probe's life: *load* (`module compile engine bytecode attach`), *fire* (`attach::hook guest host
//! introspect maps ring`), *drain* (`segment control render`). `docs/ARCHITECTURE.md` is the map.

// Shared words: rooms of plain data that any other may name.
pub mod frames;
pub mod limits;
pub mod path;
pub mod report;
pub mod spec;
pub mod value;

pub mod bytecode;
pub mod engine;
pub mod introspect;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
#[expect(unsafe_code, reason = "the compiling child sets its own limits between fork and exec")]
pub mod compile;
#[cfg(feature = "cli")]
pub mod module;
#[cfg(feature = "python")]
mod python;
#[cfg(feature = "cli")]
pub mod render;
