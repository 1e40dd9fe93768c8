//! Renderers: reports in, text out.
//!
//! In: [`Report`]s, in the order they came. Out: bytes to a writer. Never here: a clock, a socket, a decision about what
//! is worth telling: a renderer that leaves something out says how much.

pub mod histogram;
pub mod json;
pub mod jsonl;
pub mod stack;
pub mod table;
pub mod terminal;
pub mod text;

use std::io;

use crate::report::Report;

pub use jsonl::Jsonl;
pub use terminal::Terminal;

/// A consumer of reports.
pub trait Renderer {
    /// # Errors
    /// When the writer fails.
    fn report(&mut self, report: &Report) -> io::Result<()>;
    /// Makes what was reported visible.
    ///
    /// # Errors
    /// When the writer fails.
    fn flush(&mut self) -> io::Result<()>;
    /// The last call: what can only be shown as a whole.
    ///
    /// # Errors
    /// When the writer fails.
    fn finish(&mut self) -> io::Result<()>;
}
