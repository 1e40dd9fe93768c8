//! From checked module to artifact: the user's cache, else Cranelift in a limited child process.
//!
//! In: a module's bytes, which `module` has checked, and its manifest. Out: an artifact, and where it came from. Never here:
//! Cranelift in the process of the caller, a thread, an artifact that was found and not believed.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::frames::Artifact;
use crate::limits::{self, Profile};
use crate::seal::FolderError;
use crate::spec::Manifest;

mod cache;
mod child;
mod parent;

pub use cache::CacheError;
pub use child::{ARGUMENT, run as child};

/// How to compile.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub cache: Cache,
    pub bounds: Bounds,
    pub compiler: Compiler,
}

/// Where machine code is kept between compilations.
#[derive(Clone, Debug, Default)]
pub enum Cache {
    /// The user's own cache directory.
    #[default]
    User,
    At(PathBuf),
    Off,
}

/// What one compilation may take. The child lowers its own limits to the first two; the parent ends it by the third.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    pub cpu_seconds: u64,
    pub memory_bytes: u64,
    pub wall: Duration,
}

impl Bounds {
    /// What a module of this profile may take.
    pub const fn of(profile: Profile) -> Self {
        use limits::large;
        let wall = profile.of(limits::COMPILE_WALL_SECONDS_MAX, large::COMPILE_WALL_SECONDS_MAX);
        Self {
            cpu_seconds: profile.of(limits::COMPILE_CPU_SECONDS_MAX, large::COMPILE_CPU_SECONDS_MAX),
            memory_bytes: profile.of(limits::COMPILE_MEMORY_BYTES_MAX, large::COMPILE_MEMORY_BYTES_MAX),
            wall: Duration::from_secs(wall),
        }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::of(Profile::Default)
    }
}

/// The program that becomes the child when its first argument is [`ARGUMENT`]. By default the running one, as it was started:
/// a file put in its place meanwhile is not it.
#[derive(Clone, Debug)]
pub struct Compiler(pub OsString);

impl Default for Compiler {
    fn default() -> Self {
        Self("/proc/self/exe".into())
    }
}

/// Where an artifact came from.
#[derive(Debug)]
pub enum Source {
    Cache,
    /// Compiled now; `trouble` is why the cache could not serve or keep it, if that is not simply that it was new.
    Compiled {
        millis: u64,
        trouble: Option<CacheError>,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cache => f.write_str("from the cache"),
            Self::Compiled { millis, trouble: None } => write!(f, "compiled in {millis} ms"),
            Self::Compiled { millis, trouble: Some(why) } => write!(f, "compiled in {millis} ms; {why}"),
        }
    }
}

/// A bound of the child, by its name in the table of limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    Cpu,
    Memory,
    Wall,
}

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error("compiling took {}", limit.describe(.bounds))]
    Limit { limit: Bound, bounds: Bounds },
    #[error("the module does not compile: {0}")]
    Refused(String),
    #[error("the compiler panicked: {0}")]
    Panicked(String),
    #[error("the compiler was ended by {signal}{}", because(.complaint))]
    Killed { signal: &'static str, complaint: String },
    #[error("the compiler ended with exit code {code}, expected 0{}", because(.complaint))]
    Exit { code: i32, complaint: String },
    #[error("the compiler's answer is not understood: {0}")]
    Garbled(String),
    #[error("the compiler cannot be started: {0}")]
    Start(#[from] std::io::Error),
    #[error("this machine cannot run probes: {0}")]
    Engine(String),
}

impl CompileError {
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Limit { bounds, .. } if *bounds == Bounds::default() => Some(
                "fewer nested loops, and fewer locals in functions with loops, compile faster; `--profile large` waits longer",
            ),
            Self::Limit { .. } => Some("fewer nested loops, and fewer locals in functions with loops, compile faster"),
            Self::Killed { signal: "SIGKILL", .. } => Some("the system may be out of memory"),
            Self::Panicked(_) => Some("this is a fault of the compiler: please report the module"),
            _ => None,
        }
    }
}

impl Bound {
    fn describe(self, bounds: &Bounds) -> String {
        match self {
            Self::Cpu => format!("more than {} s of CPU (`compile_cpu_seconds_max`)", bounds.cpu_seconds),
            Self::Memory => format!("more than {} bytes of memory (`compile_memory_bytes_max`)", bounds.memory_bytes),
            Self::Wall => format!("longer than {:?} (`compile_wall_seconds_max`)", bounds.wall),
        }
    }
}

/// The artifact of a module that `module` has checked.
///
/// # Errors
/// When it does not compile within its bounds. Trouble with the cache is no error: it is told in [`Source`].
pub fn artifact(bytes: &[u8], manifest: &Manifest, options: &Options) -> Result<(Artifact, Source), CompileError> {
    let engine = crate::engine::engine().map_err(|e| CompileError::Engine(e.to_string()))?;
    let name = cache::name(bytes, manifest.profile, &engine);
    let artifact = |code| Artifact { manifest: manifest.clone(), code };
    let opened = cache::open(&options.cache);
    let missed = match find(&opened, &name) {
        Ok(code) => return Ok((artifact(code), Source::Cache)),
        Err(missed) => missed,
    };
    let start = Instant::now();
    let code = parent::compile(bytes, &options.compiler, options.bounds)?;
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let kept = keep(opened, &name, &code);
    Ok((artifact(code), Source::Compiled { millis, trouble: missed.or(kept) }))
}

type Opened = Result<Option<cache::Cabinet>, FolderError>;

/// The code, or why it is not there; nothing said when it is simply new or the cache is off.
fn find(opened: &Opened, name: &str) -> Result<Vec<u8>, Option<CacheError>> {
    match opened {
        Ok(Some(cabinet)) => cabinet.find(name).map_err(Some)?.ok_or(None),
        _ => Err(None),
    }
}

fn keep(opened: Opened, name: &str, code: &[u8]) -> Option<CacheError> {
    match opened {
        Ok(Some(cabinet)) => cabinet.keep(name, code).err(),
        Ok(None) => None,
        Err(e) => Some(CacheError::Unusable(e)),
    }
}

fn because(complaint: &str) -> String {
    if complaint.is_empty() { String::new() } else { format!(": {complaint}") }
}
