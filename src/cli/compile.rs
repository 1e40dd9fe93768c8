//! `waspect compile`: a module becomes an artifact file, or one frame for the agent that asked.
//!
//! In: a `.wasm`, `.wat` or `.probe`, by path or on standard input. Out: a sealed file; data on stdout, reports on stderr. Never here:
//! a module that was not checked, an artifact in a file without a seal.

use std::fs::Permissions;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::language::Refused;
use super::open::{Given, all, longest, opened};
use super::profile::ProfileArg;
use super::{TROUBLE, hint};
use crate::compile::{self, Bounds, Cache, CompileError, Options, Source};
use crate::frames::{self, Artifact, FromCompiler, Refusal};
use crate::module::{self, At, ModuleError};
use crate::seal::{self, Folder, SealError};

/// Compile a module ahead of time
///
/// The artifact is sealed with the key in your cache directory: only you can load it, on this machine.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A module: `.wasm`, `.wat` as text, or a program as `.probe`; `-` reads it from standard input
    #[arg(required_unless_present = "text")]
    file: Option<PathBuf>,

    /// The program itself
    #[arg(short = 'e', long = "text", value_name = "TEXT", conflicts_with = "file")]
    text: Option<String>,

    /// Where the artifact goes; `-` writes one frame for an agent to standard output
    #[arg(short, long, value_name = "OUT.cwasm")]
    output: PathBuf,

    /// Attach EXPORT at SPEC, instead of where its name says; repeatable
    #[arg(long, value_name = "EXPORT=SPEC")]
    at: Vec<String>,

    #[command(flatten)]
    profile: ProfileArg,

    /// Neither look in the cache nor keep anything there
    #[arg(long)]
    no_cache: bool,

    /// One JSON object: what was made on standard output, or why not on standard error
    #[arg(long)]
    json: bool,

    /// The module's name where the path has none
    #[arg(long, hide = true)]
    name: Option<String>,
}

/// Compiles and writes.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let made = make(args);
    if is_dash(&args.output) {
        return answer(made);
    }
    let saved = made.and_then(|(artifact, source)| Ok((save(&artifact, &args.output)?, source)));
    match saved {
        Ok((bytes, source)) => report(args, bytes, &source),
        Err(e) if args.json => complain(&e),
        Err(e) => Err(e),
    }
}

fn make(args: &Args) -> anyhow::Result<(Artifact, Source)> {
    let given = given(args)?;
    let name = args.name.clone().unwrap_or_else(|| given.name());
    let subject = || format!("`{}`", given.shown());
    let bytes = module(&given, &name).with_context(subject)?;
    if seal::is_sealed(&bytes) {
        anyhow::bail!("{}: expected a module, found an artifact, which is compiled already", subject());
    }
    let at = args.at.iter().map(|text| text.parse()).collect::<Result<Vec<At>, ModuleError>>()?;
    let checked = module::parse_for(&name, &bytes, &at, args.profile.profile).with_context(subject)?;
    let cache = if args.no_cache { Cache::Off } else { Cache::User };
    let options = Options { cache, bounds: Bounds::of(args.profile.profile), ..Options::default() };
    compile::artifact(checked.bytes(), checked.manifest(), &options).with_context(subject)
}

fn given(args: &Args) -> anyhow::Result<Given<'_>> {
    all(args.file.as_slice(), args.text.as_slice()).first().copied().context("expected a module")
}

/// The name may come from whoever writes to standard input.
fn module(given: &Given<'_>, name: &str) -> anyhow::Result<Vec<u8>> {
    let opened = match given {
        Given::File(file) if is_dash(file) => opened(name, name, read()?)?,
        given => given.read()?,
    };
    opened.into_module()
}

fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// No more than any module may have: what is longer is refused for its length.
fn read() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(longest()).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Gives the file's size.
fn save(artifact: &Artifact, output: &Path) -> anyhow::Result<usize> {
    let folder = Folder::open().map_err(SealError::from).context("sealing")?;
    let bytes = seal::save(&folder, artifact).context("sealing")?;
    write_whole(output, &bytes, 0o600).with_context(|| format!("`{}`", output.display()))?;
    Ok(bytes.len())
}

/// A reader finds the old file or the new one.
pub(super) fn write_whole(output: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut scratch = tempfile::Builder::new().permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
    scratch.write_all(bytes)?;
    scratch.persist(output).map_err(|e| e.error)?;
    Ok(())
}

/// For an agent: one frame, whatever came of it.
fn answer(made: anyhow::Result<(Artifact, Source)>) -> anyhow::Result<ExitCode> {
    let code = if made.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(TROUBLE) };
    let frame = match made {
        Ok((artifact, _)) => FromCompiler::Made(Box::new(artifact)),
        Err(e) => FromCompiler::Refused(refusal(&e)),
    };
    frames::write(&mut io::stdout().lock(), &frame).context("writing the answer")?;
    Ok(code)
}

fn report(args: &Args, bytes: usize, source: &Source) -> anyhow::Result<ExitCode> {
    if args.json {
        writeln!(io::stdout(), "{}", described(args, bytes, source))?;
    } else {
        writeln!(anstream::stderr(), "{}: {bytes} bytes, {source}", args.output.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn described(args: &Args, bytes: usize, source: &Source) -> serde_json::Value {
    let (from, millis, trouble) = match source {
        Source::Cache => ("cache", None, None),
        Source::Compiled { millis, trouble } => ("compiler", Some(millis), trouble.as_ref().map(ToString::to_string)),
    };
    let output = args.output.to_string_lossy();
    json!({"output": output, "bytes": bytes, "from": from, "millis": millis, "cache_trouble": trouble})
}

fn complain(e: &anyhow::Error) -> anyhow::Result<ExitCode> {
    let Refusal { stage, message, hint } = refusal(e);
    writeln!(io::stderr(), "{}", json!({"stage": stage, "message": message, "hint": hint}))?;
    Ok(ExitCode::from(TROUBLE))
}

fn refusal(e: &anyhow::Error) -> Refusal {
    Refusal { stage: stage(e).into(), message: format!("{e:#}"), hint: hint(e) }
}

/// Which of the agent's exceptions it becomes.
fn stage(e: &anyhow::Error) -> &'static str {
    match e.downcast_ref::<ModuleError>() {
        Some(ModuleError::Spec { .. } | ModuleError::At(_)) => "spec",
        None if e.is::<CompileError>() || e.is::<SealError>() || e.is::<Refused>() => "compile",
        _ => "module",
    }
}
