//! `waspect build`: from a folder to a module that waspect takes.
//!
//! In: a folder with a `Cargo.toml`, a `.wat` or a `.probe`, or such a file. Out: a `.wasm`, one line about it on stdout; what the
//! compiler says goes to stderr as it comes. Never here: a rule about modules, a tool installed.

mod cargo;
mod source;
mod toolchain;

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use self::source::Source;
use super::compile::write_whole;
use super::language::Refused;
use super::open::{Given, open};
use super::profile::ProfileArg;
use super::{BAD, report, text};
use crate::module::{ModuleError, ProbeModule};

/// Build a probe, and check that it would be taken
///
/// A folder with a `Cargo.toml` is built by cargo, for `wasm32-unknown-unknown` in release mode; a `.wat` is
/// translated, and so is a `.probe`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect build slow_calls
  waspect build slow_calls -o slow_calls.wasm
  waspect build probes/slow_calls
  waspect build shop.probe -o shop.wasm

Exit codes: 0 built and good; 1 built, and the module is refused; 2 usage, a tool that is missing, or it does not build.
A program with mistakes is a module refused.")]
pub(super) struct Args {
    /// A folder with a `Cargo.toml`, or with one `.wat` or `.probe`, or such a file
    #[arg(value_name = "DIR", default_value = ".")]
    source: PathBuf,

    /// Where the module goes; without it, where cargo puts it, or beside the text
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    profile: ProfileArg,

    /// Write one JSON object: `output`, `bytes`, `probes`
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (made, beside) = match source::find(&args.source)? {
        Source::Cargo(folder) => (cargo::build(&folder)?, None),
        Source::Text(file) => (file.clone(), Some(file.with_extension("wasm"))),
    };
    let module = match open(&Given::File(&made), &[], args.profile.profile) {
        Ok(module) => module,
        Err(e) if e.is::<ModuleError>() || e.is::<Refused>() => {
            report(&e);
            return Ok(ExitCode::from(BAD));
        }
        Err(e) => return Err(e),
    };
    let written = args.output.clone().or(beside);
    if let Some(output) = &written {
        write_whole(output, module.bytes(), 0o666).with_context(|| format!("`{}`", output.display()))?;
    }
    tell(args, &written.unwrap_or(made), &module)?;
    Ok(ExitCode::SUCCESS)
}

fn tell(args: &Args, output: &Path, module: &ProbeModule) -> anyhow::Result<()> {
    let manifest = module.manifest();
    let specs: Vec<String> = manifest.probes.iter().map(|probe| probe.spec.to_string()).collect();
    let mut out = anstream::stdout().lock();
    if args.json {
        let said = json!({ "output": output.to_string_lossy(), "bytes": manifest.wasm_bytes, "probes": specs });
        writeln!(out, "{said}")?;
    } else {
        let (size, probes) = (text::bytes(manifest.wasm_bytes), text::count(specs.len(), "probe"));
        writeln!(out, "{}: {size}, {probes}: {}", nearer(output).display(), specs.join(" "))?;
    }
    Ok(())
}

/// As one would write it here: cargo gives whole paths.
fn nearer(path: &Path) -> PathBuf {
    let here = env::current_dir().and_then(|here| here.canonicalize()).ok();
    let inside = here.as_ref().and_then(|here| path.strip_prefix(here).ok());
    inside.unwrap_or(path).to_owned()
}
