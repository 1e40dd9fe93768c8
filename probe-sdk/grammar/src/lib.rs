//! What the names of a probe module say: specs (`fn:shop.cart.add:exit?min=5ms`), where an export fires, and paths
//! (`arg0.user.email`), what an import reads.
//!
//! In: names. Out: [`spec::Spec`] and [`path::Path`], or an error that says at which byte and what was expected. Never
//! here: a function of Python, a module's bytes, a name that is guessed.

pub mod path;
pub mod spec;
pub mod words;

/// Longest name of an export or import, in bytes.
pub const NAME_BYTES_MAX: usize = 512;

/// Shortest time between two ticks: what is shorter would only be every firing.
pub const TICK_NS_MIN: u64 = 1_000_000;
