//! The one Rust integration binary: a module per boundary.

mod control;
mod drain;
mod render;
