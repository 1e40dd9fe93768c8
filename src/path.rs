//! Paths: the grammar of what an import reads, as guests share it.
//!
//! In: names of imports. Out: [`Path`]. Never here: reading anything by them.

pub use waspect_grammar::path::{Context, Path, PathError, Root, Step, parse_steps};
