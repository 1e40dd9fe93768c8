//! The one integration binary: each file is one boundary, its cases are data.

mod abi;
mod cli;
mod compile;
mod compiler;
mod module;
mod path;
mod spec;
