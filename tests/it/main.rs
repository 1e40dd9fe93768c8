//! The one integration binary: each file is one boundary with one `check`, its cases are data.

mod abi;
mod budget;
mod calls;
mod cli;
mod compile;
mod compiler;
mod control;
mod drain;
mod guest;
mod hostile;
mod imports;
#[cfg(target_arch = "x86_64")]
mod inject;
mod lang;
mod maps;
mod module;
mod path;
mod plain;
mod policy;
mod protocol;
mod render;
mod request;
mod rewrite;
mod ring;
mod run;
mod scaffold;
mod script;
mod sdk;
mod segment;
mod signed;
mod sketch;
mod spec;
mod start;
mod tidy;
#[cfg(target_arch = "x86_64")]
mod top;
mod tree;
mod value;
