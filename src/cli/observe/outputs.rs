//! Where reports go.
//!
//! In: `-o` values. Out: renderers, told everything. Never here: an output that fails and is not said to have failed, or
//! that ends the program by failing.

use std::env;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};

use super::screen;
use crate::cli::held;
use crate::render::{Chrome, Csv, Jsonl, Perfetto, Picture, Renderer, Speedscope};
use crate::report::Report;

/// One `-o`: in which form, and where to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Output {
    Terminal,
    File(Format, PathBuf),
    Stdout(Format),
}

/// What programs read, and their viewers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Jsonl,
    Csv,
    Chrome,
    Perfetto,
    Speedscope,
}

const FORMATS: &[(&str, Format)] = &[
    ("jsonl", Format::Jsonl),
    ("csv", Format::Csv),
    ("chrome", Format::Chrome),
    ("perfetto", Format::Perfetto),
    ("speedscope", Format::Speedscope),
];

impl Format {
    fn name(self) -> &'static str {
        FORMATS.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// Whether it is read as it comes; the others are files for a viewer, and to have one on stdout is to be asked for.
    fn is_stream(self) -> bool {
        matches!(self, Self::Jsonl | Self::Csv)
    }
}

impl FromStr for Output {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "terminal" {
            return Ok(Self::Terminal);
        }
        let (name, path) = text.split_once(':').map_or((text, None), |(name, path)| (name, Some(path)));
        let Some((_, format)) = FORMATS.iter().find(|(known, _)| *known == name) else {
            return Err("expected `terminal`, `jsonl`, `csv`, or one of `jsonl csv chrome perfetto speedscope` with \
                        `:PATH`"
                .into());
        };
        match path {
            None if format.is_stream() => Ok(Self::Stdout(*format)),
            None | Some("") => Err(format!("expected `{name}:PATH`; `{name}:-` is stdout")),
            Some("-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => Ok(Self::Stdout(*format)),
            Some(path) => Ok(Self::File(*format, path.into())),
        }
    }
}

impl Output {
    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout(_))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terminal => f.write_str("terminal"),
            Self::File(format, path) => write!(f, "{}:{}", format.name(), path.display()),
            Self::Stdout(format) if format.is_stream() => f.write_str(format.name()),
            Self::Stdout(format) => write!(f, "{}:-", format.name()),
        }
    }
}

/// What an output is told before the first report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead<'a> {
    /// Whether pictures will be shown.
    pub(crate) pictures: bool,
    /// What probes are known to capture, by name.
    pub(crate) fields: &'a [String],
}

struct Open {
    name: String,
    renderer: Box<dyn Renderer>,
}

/// All outputs of a session.
pub(crate) struct Outputs(Vec<Open>);

impl Outputs {
    /// Opens all, or none that is left open.
    pub(crate) fn open(asked: &[Output], ahead: Ahead<'_>) -> anyhow::Result<Self> {
        let default = [Output::Terminal];
        let asked = if asked.is_empty() { &default } else { asked };
        once(asked)?;
        if ahead.pictures && !asked.contains(&Output::Terminal) {
            bail!("`--every` has nowhere to show anything\nhint: add `-o terminal`");
        }
        asked.iter().map(|output| open(output, ahead)).collect::<anyhow::Result<_>>().map(Self)
    }

    /// Those that were asked for, and no more.
    pub(crate) fn files(asked: &[Output], fields: &[String]) -> anyhow::Result<Self> {
        once(asked)?;
        let ahead = Ahead { pictures: false, fields };
        asked.iter().map(|output| open(output, ahead)).collect::<anyhow::Result<_>>().map(Self)
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

/// Two outputs in one place would be neither.
fn once(asked: &[Output]) -> anyhow::Result<()> {
    let place = |output: &Output| match output {
        Output::Terminal => None,
        Output::File(_, path) => Some(path.clone()),
        Output::Stdout(_) => Some(PathBuf::from("-")),
    };
    for (at, output) in asked.iter().enumerate() {
        if let Some(first) = asked[..at].iter().find(|first| place(first).is_some() && place(first) == place(output)) {
            bail!(
                "outputs `{first}` and `{output}` are in one place\nhint: name a file for each, `-o {}:PATH`",
                name(output)
            );
        }
    }
    Ok(())
}

fn name(output: &Output) -> &'static str {
    match output {
        Output::Terminal => "terminal",
        Output::File(format, _) | Output::Stdout(format) => format.name(),
    }
}

fn open(output: &Output, ahead: Ahead<'_>) -> anyhow::Result<Open> {
    let cannot = || format!("output `{output}` cannot be written");
    let renderer = match output {
        Output::Terminal => Ok(screen::renderer(ahead.pictures)),
        Output::Stdout(format) => to(*format, BufWriter::new(io::stdout()), &env::temp_dir(), ahead),
        Output::File(format, path) => {
            let file = BufWriter::with_capacity(1 << 16, File::create(path).with_context(cannot)?);
            to(*format, file, path.parent().unwrap_or(Path::new("")), ahead)
        }
    };
    Ok(Open { name: output.to_string(), renderer: renderer.with_context(cannot)? })
}

/// `beside`: the folder where scratch may be.
fn to(format: Format, out: impl Write + 'static, beside: &Path, ahead: Ahead<'_>) -> io::Result<Box<dyn Renderer>> {
    Ok(match format {
        Format::Jsonl => Box::new(Jsonl::new(out)),
        Format::Csv => Box::new(Csv::new(out, ahead.fields.iter().cloned())),
        Format::Chrome => Box::new(Chrome::spans(out)),
        Format::Perfetto => Box::new(Perfetto::spans(out)),
        Format::Speedscope => Box::new(Speedscope::new(out, scratch(beside))?),
    })
}

/// Where the output is, if that is a folder at all: it may be a device.
fn scratch(beside: &Path) -> &Path {
    if beside.as_os_str().is_empty() { Path::new(".") } else { beside }
}

/// A line for the operator; nobody can be told if stderr fails.
pub(crate) fn warn(text: &str) {
    if held::holds(text) {
        return;
    }
    let _ = writeln!(anstream::stderr(), "waspect: {text}");
}
