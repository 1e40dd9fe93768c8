//! `waspect compile`: a module becomes an artifact file, or one frame for the agent that asked.
//!
//! In: a `.wasm` or `.wat`, by path or on standard input. Out: a sealed file; data on stdout, reports on stderr. Never here:
//! a module that was not checked, an artifact that was not sealed in a place where others could change it.

use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use crate::compile::{self, Cache, CompileError, Options, Source};
use crate::frames::{self, Artifact, FromCompiler, Refusal};
use crate::module::{self, At, ModuleError};
use crate::seal::{self, Folder};

/// Compile a module ahead of time.
///
/// The artifact is sealed with the key in your cache directory: only you can load it, on this machine.
#[derive(Debug, clap::Args)]
pub struct Compile {
    /// The module, `.wasm` or `.wat`; `-` reads it from standard input
    file: PathBuf,
    /// Where the artifact goes; `-` writes one frame for an agent to standard output
    #[arg(short, long, value_name = "OUT.cwasm")]
    output: PathBuf,
    /// Say where an export belongs, in place of its name
    #[arg(long, value_name = "EXPORT=SPEC")]
    at: Vec<String>,
    /// Neither look in the cache nor keep anything there
    #[arg(long)]
    no_cache: bool,
    /// Report as one JSON object: on standard output what was made, on standard error why not
    #[arg(long)]
    json: bool,
    /// The module's name where the path has none
    #[arg(long, hide = true)]
    name: Option<String>,
}

/// The reason was given already, in the form that was asked for: only the exit code is left to set.
#[derive(Debug)]
pub struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not compiled")
    }
}

impl std::error::Error for Told {}

/// Compiles and writes.
///
/// # Errors
/// When the module is refused, does not compile, or the artifact cannot be written.
pub fn run(args: &Compile) -> anyhow::Result<()> {
    let made = make(args);
    if is_dash(&args.output) {
        return answer(made);
    }
    let told = made.and_then(|(artifact, source)| {
        let bytes = save(&artifact, &args.output)?;
        Ok(report(args, bytes, &source))
    });
    match told {
        Ok(report) => Ok(report?),
        Err(refusal) if args.json => complain(&refusal),
        Err(refusal) => Err(refused(&refusal)),
    }
}

fn make(args: &Compile) -> Result<(Artifact, Source), Refusal> {
    let bytes = read(&args.file).map_err(|e| refusal("module", format!("`{}`: {e}", args.file.display()), None))?;
    if seal::is_sealed(&bytes) {
        let message = format!("expected a module, found an artifact in `{}`", args.file.display());
        return Err(refusal("module", message, Some("it is compiled already: load it as it is".into())));
    }
    let at = args.at.iter().map(|text| text.parse()).collect::<Result<Vec<At>, _>>().map_err(unchecked)?;
    let checked = module::parse(&name(args), &bytes, &at).map_err(unchecked)?;
    let cache = if args.no_cache { Cache::Off } else { Cache::User };
    let options = Options { cache, ..Options::default() };
    compile::artifact(checked.bytes(), checked.manifest(), &options).map_err(uncompiled)
}

fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if is_dash(file) {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(file)?;
    }
    Ok(bytes)
}

fn name(args: &Compile) -> String {
    let of_file = || args.file.file_name().map(|name| name.to_string_lossy().into_owned());
    args.name.clone().or_else(of_file).unwrap_or_default()
}

/// Gives the file's size.
fn save(artifact: &Artifact, output: &Path) -> Result<usize, Refusal> {
    let unsealed = |e: seal::SealError| refusal("compile", format!("cannot seal: {e}"), Some(e.hint().into()));
    let folder = Folder::open().map_err(|e| unsealed(e.into()))?;
    let bytes = seal::save(&folder, artifact).map_err(unsealed)?;
    match write_whole(output, &bytes) {
        Ok(()) => Ok(bytes.len()),
        Err(e) => Err(refusal("compile", format!("`{}`: {e}", output.display()), None)),
    }
}

/// A reader finds the old file or the new one.
fn write_whole(output: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut scratch = tempfile::NamedTempFile::new_in(folder)?;
    scratch.write_all(bytes)?;
    scratch.persist(output).map_err(|e| e.error)?;
    Ok(())
}

/// For an agent: one frame, whatever came of it.
fn answer(made: Result<(Artifact, Source), Refusal>) -> anyhow::Result<()> {
    let refused = made.is_err();
    let frame = made.map_or_else(FromCompiler::Refused, |(artifact, _)| FromCompiler::Made(Box::new(artifact)));
    frames::write(&mut std::io::stdout().lock(), &frame).context("writing the answer")?;
    if refused { Err(Told.into()) } else { Ok(()) }
}

fn report(args: &Compile, bytes: usize, source: &Source) -> std::io::Result<()> {
    if !args.json {
        return writeln!(anstream::stderr(), "{}: {bytes} bytes, {source}", args.output.display());
    }
    let (from, millis, trouble) = match source {
        Source::Cache => ("cache", None, None),
        Source::Compiled { millis, trouble } => ("compiler", Some(millis), trouble.as_ref().map(ToString::to_string)),
    };
    let output = args.output.to_string_lossy();
    let told = json!({"output": output, "bytes": bytes, "from": from, "millis": millis, "cache_trouble": trouble});
    writeln!(std::io::stdout(), "{told}")
}

fn complain(refusal: &Refusal) -> anyhow::Result<()> {
    let told = json!({"stage": refusal.stage, "message": refusal.message, "hint": refusal.hint});
    writeln!(std::io::stderr(), "{told}")?;
    Err(Told.into())
}

fn refused(refusal: &Refusal) -> anyhow::Error {
    let hint = refusal.hint.iter().map(|hint| format!("\nhint: {hint}")).collect::<String>();
    anyhow::anyhow!("{}{hint}", refusal.message)
}

fn refusal(stage: &str, message: String, hint: Option<String>) -> Refusal {
    Refusal { stage: stage.into(), message, hint }
}

fn unchecked(error: ModuleError) -> Refusal {
    let stage = if matches!(error, ModuleError::Spec { .. } | ModuleError::At(_)) { "spec" } else { "module" };
    refusal(stage, error.to_string(), error.hint())
}

fn uncompiled(error: CompileError) -> Refusal {
    refusal("compile", error.to_string(), error.hint().map(Into::into))
}
