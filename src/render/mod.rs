//! Renderers: reports in, text out.
//!
//! In: [`Report`]s, in the order they came. Out: bytes to a writer. Never here: a clock, a socket, a decision about what
//! is worth telling: a renderer that leaves something out says how much.

pub mod aggregations;
pub mod ascii;
pub mod chrome;
pub mod csv;
pub mod histogram;
pub mod json;
pub mod jsonl;
pub mod live;
pub mod perfetto;
pub mod spans;
pub mod speedscope;
mod spool;
pub mod stack;
pub mod stats;
pub mod table;
pub mod terminal;
pub mod text;
pub mod width;

use std::io;
use std::time::Duration;

use anstyle::Style;

use crate::report::{Aggregation, Report};

pub use ascii::Ascii;
pub use chrome::Chrome;
pub use csv::Csv;
pub use jsonl::Jsonl;
pub use live::Live;
pub use perfetto::Perfetto;
pub use speedscope::Speedscope;
pub use terminal::Terminal;

/// What was counted up to a moment, while counting goes on.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The moment, by the wall clock.
    pub ts_ns: i64,
    /// How long had been counted.
    pub after: Duration,
    pub aggregations: &'a [Aggregation],
}

impl Picture<'_> {
    /// Its first line.
    fn title(&self) -> String {
        const HEAD: Style = Style::new().bold();
        const QUIET: Style = Style::new().dimmed();
        let after = text::duration(self.after.as_nanos() as f64);
        let nothing = if self.aggregations.is_empty() { ", nothing counted yet" } else { "" };
        format!("{HEAD}{}{HEAD:#}  {QUIET}after {after}{nothing}{QUIET:#}", text::clock(self.ts_ns))
    }
}

/// A consumer of reports.
pub trait Renderer {
    /// # Errors
    /// When the writer fails.
    fn report(&mut self, report: &Report) -> io::Result<()>;
    /// Shows what was counted so far. Where every line is final there is nothing to show.
    ///
    /// # Errors
    /// When the writer fails.
    fn picture(&mut self, _: &Picture) -> io::Result<()> {
        Ok(())
    }
    /// Whether the last picture no longer fits where it stands.
    fn is_stale(&self) -> bool {
        false
    }
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
