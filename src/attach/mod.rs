//! The attach room: from a probe's target to the functions it means, loaded or not yet run.

pub mod explain;
pub mod inner;
pub mod pending;
#[expect(unsafe_code, reason = "a one-shot profile function sees the script before its first line runs")]
pub mod script;
mod standin;
pub mod target;
pub mod testing;
mod tree;
#[expect(unsafe_code, reason = "reads builtin objects' own slots, so that no descriptor of the application runs")]
mod visit;
mod walk;

pub use tree::{Pair, Rewrite, Tree, transform_tree};
