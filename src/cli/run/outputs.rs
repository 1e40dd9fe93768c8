//! Where reports go.
//!
//! In: `-o` values. Out: renderers, told everything. Never here: an output that fails and is not said to have failed, or
//! that ends the program by failing.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Stderr, Write};
use std::path::PathBuf;
use std::str::FromStr;

use anstream::AutoStream;
use anyhow::Context;

use crate::render::{Jsonl, Renderer, Terminal};
use crate::report::Report;

/// One `-o`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Output {
    Terminal,
    Jsonl(PathBuf),
}

impl FromStr for Output {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "terminal" => Ok(Self::Terminal),
            Some(("jsonl", "-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1")) => {
                Err("the program has stdout for itself; expected `jsonl:PATH` (a named pipe will do)".into())
            }
            Some(("jsonl", path)) if !path.is_empty() => Ok(Self::Jsonl(path.into())),
            _ => Err("expected `terminal` or `jsonl:PATH`".into()),
        }
    }
}

struct Open {
    name: String,
    renderer: Box<dyn Renderer>,
}

/// All outputs of a session.
pub(super) struct Outputs(Vec<Open>);

impl Outputs {
    pub(super) fn open(asked: &[Output]) -> anyhow::Result<Self> {
        let default = [Output::Terminal];
        let asked = if asked.is_empty() { &default } else { asked };
        asked.iter().map(open).collect::<anyhow::Result<_>>().map(Self)
    }

    pub(super) fn report(&mut self, report: &Report) {
        self.each(|renderer| renderer.report(report));
    }

    pub(super) fn flush(&mut self) {
        self.each(|renderer| renderer.flush());
    }

    pub(super) fn finish(&mut self) {
        self.each(|renderer| renderer.finish());
    }

    /// An output that fails is given up; the others go on.
    fn each(&mut self, mut tell: impl FnMut(&mut dyn Renderer) -> io::Result<()>) {
        self.0.retain_mut(|open| match tell(open.renderer.as_mut()) {
            Ok(()) => true,
            Err(e) => {
                warn(&format!("output `{}` failed and gets no more: {e}", open.name));
                false
            }
        });
    }
}

fn open(output: &Output) -> anyhow::Result<Open> {
    Ok(match output {
        Output::Terminal => Open { name: "terminal".into(), renderer: Box::new(Terminal::new(stderr(), width())) },
        Output::Jsonl(path) => {
            let name = format!("jsonl:{}", path.display());
            let file = File::create(path).with_context(|| format!("output `{name}` cannot be written"))?;
            Open { name, renderer: Box::new(Jsonl::new(BufWriter::with_capacity(1 << 16, file))) }
        }
    })
}

fn stderr() -> BufWriter<AutoStream<Stderr>> {
    BufWriter::new(AutoStream::auto(io::stderr()))
}

/// As `COLUMNS` says; what is not a terminal is read in an editor or a log, where lines may be longer.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).filter(|c| *c >= 20);
    said.unwrap_or(if io::stderr().is_terminal() { 80 } else { 100 })
}

/// A line for the operator; nobody can be told if stderr fails.
pub(super) fn warn(text: &str) {
    let _ = writeln!(anstream::stderr(), "waspect: {text}");
}
