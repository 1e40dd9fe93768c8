//! The one integration binary: each file is one boundary with one `check`, its cases are data.

mod abi;
mod cli;
mod compile;
mod control;
mod drain;
mod module;
mod path;
mod render;
mod spec;
mod tidy;
