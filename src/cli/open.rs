//! Modules named on the command line.
//!
//! In: a path or a program's text, and overrides. Out: a checked module. Never here: a search; a path is a path.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::language::{Program, is_program};
use super::profile::ProfileArg;
use crate::limits::{self, Profile};
use crate::module::{At, ModuleError, ProbeModule, parse_for};

/// One module, and where its exports belong.
#[derive(clap::Args)]
pub(crate) struct ModuleArgs {
    /// A module: `.wasm`, `.wat` as text, or a program as `.probe`
    #[arg(required_unless_present = "text")]
    file: Option<PathBuf>,

    /// The program itself: `-e 'fn:shop.cart.add:entry { capture(arg0); }'`
    #[arg(short = 'e', long = "text", value_name = "TEXT", conflicts_with = "file")]
    text: Option<String>,

    #[command(flatten)]
    at: AtArgs,

    #[command(flatten)]
    profile: ProfileArg,
}

impl ModuleArgs {
    pub(crate) fn open(&self) -> anyhow::Result<ProbeModule> {
        let given = all(self.file.as_slice(), self.text.as_slice());
        open(given.first().context("expected a module")?, &self.at.parse()?, self.profile.profile)
    }
}

#[derive(clap::Args)]
pub(crate) struct AtArgs {
    /// Attach EXPORT at SPEC, instead of where its name says; repeatable
    ///
    /// For modules whose exports cannot be named freely: `--at 'on_add=fn:shop.cart.add:entry?sample=0.1'`.
    #[arg(long = "at", value_name = "EXPORT=SPEC")]
    at: Vec<String>,
}

impl AtArgs {
    /// The overrides, parsed.
    pub(crate) fn parse(&self) -> Result<Vec<At>, ModuleError> {
        self.at.iter().map(|text| text.parse()).collect()
    }
}

/// What stands on the command line for a module.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given<'a> {
    File(&'a Path),
    /// The `number`th `-e`, from 1.
    Text {
        number: usize,
        text: &'a str,
    },
}

/// Files, then texts.
pub(crate) fn all<'a>(files: &'a [PathBuf], texts: &'a [String]) -> Vec<Given<'a>> {
    let texts = texts.iter().enumerate().map(|(i, text)| Given::Text { number: i + 1, text });
    files.iter().map(|file| Given::File(file)).chain(texts).collect()
}

/// What was read: a program, or a module as it is.
#[derive(Debug)]
pub(crate) enum Opened {
    Program(Program),
    Module(Vec<u8>),
}

impl Opened {
    /// The module's bytes. A program's warnings go to stderr.
    pub(crate) fn into_module(self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Program(program) => program.compile(),
            Self::Module(bytes) => Ok(bytes),
        }
    }
}

impl Given<'_> {
    /// As people call the module: the last part of the path.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(file) => file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned(),
            Self::Text { .. } => self.shown(),
        }
    }

    /// As it stands on the command line.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::File(file) => file.display().to_string(),
            Self::Text { number: 1, .. } => "-e".to_owned(),
            Self::Text { number, .. } => format!("-e {number}"),
        }
    }

    pub(crate) fn read(&self) -> anyhow::Result<Opened> {
        let bytes = match self {
            Self::File(file) => read(file)?,
            Self::Text { text, .. } => {
                return Ok(Opened::Program(Program::new(&self.shown(), text.as_bytes().to_vec())?));
            }
        };
        opened(&self.name(), &self.shown(), bytes)
    }
}

/// Tells programs from modules; `shown` is what mistakes are shown under.
pub(crate) fn opened(name: &str, shown: &str, bytes: Vec<u8>) -> anyhow::Result<Opened> {
    if is_program(name, &bytes) { Program::new(shown, bytes).map(Opened::Program) } else { Ok(Opened::Module(bytes)) }
}

/// Reads and checks one module.
pub(crate) fn open(given: &Given<'_>, at: &[At], profile: Profile) -> anyhow::Result<ProbeModule> {
    let subject = || format!("`{}`", given.shown());
    let bytes = given.read().and_then(Opened::into_module).with_context(subject)?;
    parse_for(&given.name(), &bytes, at, profile).with_context(subject)
}

/// Of the bytes of a module, one more than any may have.
pub(crate) fn longest() -> u64 {
    limits::MODULE_TEXT_BYTES_MAX.max(limits::large::MODULE_BYTES_MAX) + 1
}

/// No more than any module may have: a device or a log file given by mistake is not read to its end.
pub(crate) fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(longest()).read_to_end(&mut bytes)?;
    Ok(bytes)
}
