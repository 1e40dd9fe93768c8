//! Where reports go.
//!
//! In: `-o` values. Out: renderers, told everything. Never here: an output that fails and is not said to have failed, or
//! that ends the program by failing.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, bail};

use super::screen;
use crate::render::{Jsonl, Picture, Renderer};
use crate::report::Report;

/// One `-o`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Output {
    Terminal,
    Jsonl(PathBuf),
    JsonlStdout,
}

impl FromStr for Output {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "terminal" => Ok(Self::Terminal),
            None if text == "jsonl" => Ok(Self::JsonlStdout),
            Some(("jsonl", "-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1")) => Ok(Self::JsonlStdout),
            Some(("jsonl", path)) if !path.is_empty() => Ok(Self::Jsonl(path.into())),
            _ => Err("expected `terminal`, `jsonl` or `jsonl:PATH`".into()),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terminal => f.write_str("terminal"),
            Self::Jsonl(path) => write!(f, "jsonl:{}", path.display()),
            Self::JsonlStdout => f.write_str("jsonl"),
        }
    }
}

struct Open {
    name: String,
    renderer: Box<dyn Renderer>,
}

/// All outputs of a session.
pub(crate) struct Outputs(Vec<Open>);

impl Outputs {
    /// `pictures`: whether some will be shown.
    pub(crate) fn open(asked: &[Output], pictures: bool) -> anyhow::Result<Self> {
        let default = [Output::Terminal];
        let asked = if asked.is_empty() { &default } else { asked };
        if pictures && !asked.contains(&Output::Terminal) {
            bail!("`--every` has nowhere to show anything\nhint: add `-o terminal`");
        }
        asked.iter().map(|output| open(output, pictures)).collect::<anyhow::Result<_>>().map(Self)
    }

    /// Those that were asked for, and no more.
    pub(crate) fn files(asked: &[Output]) -> anyhow::Result<Self> {
        asked.iter().map(|output| open(output, false)).collect::<anyhow::Result<_>>().map(Self)
    }

    /// Whether all have failed.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn report(&mut self, report: &Report) {
        self.each(|renderer| renderer.report(report));
    }

    pub(crate) fn picture(&mut self, picture: &Picture) {
        self.each(|renderer| renderer.picture(picture).and_then(|()| renderer.flush()));
    }

    pub(crate) fn are_stale(&self) -> bool {
        self.0.iter().any(|open| open.renderer.is_stale())
    }

    pub(crate) fn flush(&mut self) {
        self.each(|renderer| renderer.flush());
    }

    pub(crate) fn finish(&mut self) {
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

fn open(output: &Output, pictures: bool) -> anyhow::Result<Open> {
    Ok(match output {
        Output::Terminal => Open { name: "terminal".into(), renderer: screen::renderer(pictures) },
        Output::JsonlStdout => {
            Open { name: "jsonl".into(), renderer: Box::new(Jsonl::new(BufWriter::new(io::stdout()))) }
        }
        Output::Jsonl(path) => {
            let name = output.to_string();
            let file = File::create(path).with_context(|| format!("output `{name}` cannot be written"))?;
            Open { name, renderer: Box::new(Jsonl::new(BufWriter::with_capacity(1 << 16, file))) }
        }
    })
}

/// A line for the operator; nobody can be told if stderr fails.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(anstream::stderr(), "waspect: {text}");
}
