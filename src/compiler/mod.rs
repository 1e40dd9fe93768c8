//! Compiling from inside an application: the `waspect` binary that belongs to this package, as a process the application
//! never sees.
//!
//! In: a module's bytes or text, and where exports belong. Out: an artifact, or a refusal with its stage. Never here: a
//! compiler in this process, a program found on PATH, a child or signal that the application could notice.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::frames::{self, Artifact, FromCompiler, Refusal};
use crate::limits::{self, Profile};
use crate::pipes;
use crate::policy::Policy;

#[expect(unsafe_code, reason = "a child without an exit signal can only be made by a raw clone")]
mod hidden;

use hidden::Hidden;

/// How long to wait for the compiler: the compilation, which it bounds itself, and time to start, check and seal.
pub const fn wall(profile: Profile) -> Duration {
    Duration::from_secs(profile.of(limits::COMPILE_WALL_SECONDS_MAX, limits::large::COMPILE_WALL_SECONDS_MAX) + 5)
}
/// All that the compiler learns of the application's environment: where the user's cache is.
const ENVIRONMENT: [&str; 2] = ["HOME", "XDG_CACHE_HOME"];

/// Why the application has no artifact.
#[derive(Debug, thiserror::Error)]
pub enum CompilerError {
    #[error("no `waspect` binary belongs to `{0}`")]
    Missing(String),
    #[error("{}", .0.message)]
    Refused(Refusal),
    #[error("`{compiler}` cannot be started: {error}")]
    Start { compiler: String, error: io::Error },
    #[error("`{compiler}` gave no answer: {why}")]
    Silent { compiler: String, why: String },
}

impl CompilerError {
    /// `spec`, `module` or `compile`.
    pub fn stage(&self) -> &str {
        if let Self::Refused(refusal) = self { &refusal.stage } else { "compile" }
    }

    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Missing(_) => Some("install the wheel, or load a ready `.cwasm`"),
            Self::Refused(refusal) => refusal.hint.as_deref(),
            _ => None,
        }
    }
}

/// A module as the application has it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// For people: the file's name without folder.
    pub name: &'a str,
    /// Wasm, or its text form.
    pub bytes: &'a [u8],
    /// `EXPORT=SPEC` lines.
    pub at: &'a [String],
    pub profile: Profile,
}

/// Compiles in another process. Takes as long as compiling takes, so a caller lets go of the interpreter before.
///
/// # Errors
/// When the compiler cannot be started, does not answer in time, or refuses.
pub fn compile(compiler: &Path, source: Source<'_>, wall: Duration) -> Result<Artifact, CompilerError> {
    match ask(compiler, &arguments(source), source.bytes, wall)? {
        FromCompiler::Made(artifact) => Ok(*artifact),
        other => Err(other_answer(compiler, other)),
    }
}

/// Has a policy file's text read, since its language is the command's alone.
///
/// # Errors
/// As [`compile`].
pub fn policy(compiler: &Path, name: &str, text: &[u8], wall: Duration) -> Result<Policy, CompilerError> {
    let arguments = ["waspect".into(), "policy".into(), format!("--name={name}").into()];
    match ask(compiler, &arguments, text, wall)? {
        FromCompiler::Policy(policy) => Ok(*policy),
        other => Err(other_answer(compiler, other)),
    }
}

fn other_answer(compiler: &Path, answer: FromCompiler) -> CompilerError {
    match answer {
        FromCompiler::Refused(refusal) => CompilerError::Refused(refusal),
        _ => {
            CompilerError::Silent { compiler: compiler.display().to_string(), why: "it answered something else".into() }
        }
    }
}

fn ask(compiler: &Path, arguments: &[OsString], input: &[u8], wall: Duration) -> Result<FromCompiler, CompilerError> {
    let named = || compiler.display().to_string();
    let start = |error| CompilerError::Start { compiler: named(), error };
    let silent = |why| CompilerError::Silent { compiler: named(), why };
    let deadline = Instant::now() + wall;
    let input = pipes::input(input).map_err(start)?;
    let mut hidden = Hidden::start(compiler, arguments, &environment(), &input).map_err(start)?;
    let said = hidden.listen(deadline).map_err(|e| silent(e.to_string()))?;
    match frames::read(&mut said.out.as_slice()) {
        Ok(answer) => Ok(answer),
        Err(_) if !said.done => Err(silent("it took too long and was ended".into())),
        Err(e) if said.err.is_empty() => Err(silent(format!("{}, {e}", hidden.status(deadline)))),
        Err(_) => Err(silent(format!("{}: {}", hidden.status(deadline), said.complaint()))),
    }
}

/// Text before values, so that no name or spec can pass for an option.
fn arguments(source: Source<'_>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["waspect", "compile", "-o", "-"].map(Into::into).into();
    arguments.push(format!("--name={}", source.name).into());
    arguments.push(["--profile=", source.profile.name()].concat().into());
    arguments.extend(source.at.iter().map(|at| format!("--at={at}").into()));
    arguments.push("-".into());
    arguments
}

fn environment() -> Vec<OsString> {
    let variable =
        |name: &str| Some([OsStr::new(name), OsStr::new("="), &std::env::var_os(name)?].into_iter().collect());
    ENVIRONMENT.into_iter().filter_map(variable).collect()
}

static HANDED: OnceLock<PathBuf> = OnceLock::new();

/// Says which binary started this process: it belongs to this agent, wherever it is. The first word stands.
pub fn hand_over(compiler: PathBuf) {
    let _ = HANDED.set(compiler);
}

/// The binary that started this process, if one did.
pub fn handed() -> Option<&'static Path> {
    HANDED.get().map(PathBuf::as_path)
}

/// The binary that was installed with the package in this folder, or built beside it in a source checkout.
///
/// # Errors
/// When there is none. Other places are not looked at: somebody else could have put a program there.
pub fn find(package: &Path) -> Result<PathBuf, CompilerError> {
    let missing = || CompilerError::Missing(package.display().to_string());
    let package = package.canonicalize().map_err(|_| missing())?;
    let site = package.parent().ok_or_else(missing)?;
    installed(site).or_else(|| built(site)).ok_or_else(missing)
}

/// The wheel's own record says where its script went.
fn installed(site: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(site).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut records = folders.filter(|name| name.starts_with("waspect-") && name.ends_with(".dist-info"));
    records.find_map(|folder| {
        let record = std::fs::read_to_string(site.join(folder).join("RECORD")).ok()?;
        record.lines().filter_map(recorded).find_map(|path| program(&site.join(path)))
    })
}

/// A line's path: the first of three fields, in quotes if it has a comma.
fn recorded(line: &str) -> Option<&str> {
    let path = match line.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => line.split(',').next()?,
    };
    path.ends_with("/waspect").then_some(path)
}

/// `python/waspect` beside `target/release/waspect`.
fn built(site: &Path) -> Option<PathBuf> {
    let root = site.parent().filter(|root| root.join("Cargo.toml").is_file())?;
    program(&root.join("target/release/waspect"))
}

fn program(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    let found = path.metadata().ok()?;
    (found.is_file() && found.permissions().mode() & 0o111 != 0).then_some(path)
}
