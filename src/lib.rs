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
pub mod policy;
pub mod report;
pub mod request;
pub mod signature;
pub mod sketch;
pub mod sorted;
pub mod spec;
pub mod value;

pub mod bytecode;
pub mod compiler;
pub mod control;
pub mod engine;
pub mod guest;
pub mod host;
pub mod introspect;
pub mod pipes;
pub mod seal;

// What a target writes and an operator reads.
#[expect(unsafe_code, reason = "reads the time-stamp counter")]
pub mod clock;
pub mod ledger;
pub mod maps;
pub mod outlet;
pub mod ring;
#[expect(unsafe_code, reason = "the only room that maps shared memory")]
pub mod segment;
pub mod stores;
#[expect(unsafe_code, reason = "asks the C library for the bounds of the stack, and for a thread")]
pub mod thread;

#[cfg(feature = "python")]
pub mod attach;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod compile;
#[cfg(feature = "cli")]
pub mod desk;
#[cfg(feature = "cli")]
pub mod drain;
#[cfg(all(feature = "cli", target_arch = "x86_64"))]
pub mod inject;
#[cfg(feature = "cli")]
pub mod lang;
#[cfg(feature = "cli")]
pub mod module;
#[cfg(feature = "python")]
mod python;
#[cfg(feature = "cli")]
pub mod render;
