//! Why bytes are not a probe module: the place, what was found there, and how to do it.
//!
//! In: what the checks met. Out: [`ModuleError`]. Never here: a refusal that does not say where.

use std::fmt;

use waspect_abi::{Arg, WASI, WASI_MODULE};

use crate::spec::SpecError;
use crate::spec::words::quoted;

/// A refused module. The message is one line (for text modules, the excerpt of the source);
/// [`ModuleError::hint`] is the next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    #[error("expected a wasm module (`.wasm`, or `.wat` as text)")]
    NotWasm,
    #[error("expected a core module, found a component")]
    Component,
    #[error("module text is not understood: {0}")]
    Text(String),
    #[error("{place} is not valid: {message} (byte {offset})")]
    Invalid { place: Place, message: String, offset: u64 },
    #[error("{place} has {found} {unit}, expected at most {max} (`{limit}`)")]
    Cap {
        place: Place,
        found: u64,
        unit: &'static str,
        max: u64,
        limit: String,
        /// The whole module is within the limits of the large profile.
        fits_large: bool,
    },
    #[error("module has a start section, expected none")]
    Start,
    #[error("export `_start` makes this a program, expected a library")]
    Program,
    #[error("{place} is a {found}, expected a function")]
    NotFunction { place: Place, found: &'static str },
    #[error("{place} is an import handed on, expected a function of the module itself")]
    Reexport { place: Place },
    #[error("{place} has type `{found}`, expected {expected}")]
    Signature { place: Place, found: String, expected: String },
    #[error("{place} is not known to this version")]
    UnknownImport { place: Place, nearest: Option<String>, module: String },
    #[error("{place}: {message}")]
    Argument { place: Place, message: String },
    #[error("{place} takes a pointer, expected the module to export its `memory`")]
    NoMemory { place: Place },
    #[error("{place}: {error}")]
    Spec { place: Place, error: SpecError },
    #[error("expected `EXPORT=SPEC`, found {}", quoted(.0))]
    At(String),
    #[error("custom section `probe1.at` is not UTF-8")]
    AtNotText,
    #[error("custom section `probe1.sig` is {0}")]
    Signatures(&'static str),
    #[error("{by} names export {}, which is not a function export of the module", quoted(.export))]
    NoSuchExport { by: &'static str, export: String, exports: Vec<String> },
    #[error("export {} is given spec `{spec}` twice", quoted(.export))]
    SameSpec { export: String, spec: String },
    #[error("module has no probe")]
    NoProbe { exports: Vec<String> },
}

/// What a refusal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Module,
    Memory,
    Table,
    Type(u32),
    Export(String),
    /// Module and name.
    Import(String, String),
    /// By index until its name is looked up.
    Function(u32, Option<String>),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module => f.write_str("module"),
            Self::Memory => f.write_str("memory"),
            Self::Table => f.write_str("table"),
            Self::Type(index) => write!(f, "type {index}"),
            Self::Export(name) => write!(f, "export {}", quoted(name)),
            Self::Import(module, name) => write!(f, "import {} {}", quoted(module), quoted(name)),
            Self::Function(index, None) => write!(f, "function {index}"),
            Self::Function(_, Some(name)) => write!(f, "function {}", quoted(name)),
        }
    }
}

impl ModuleError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Component => Some("build a core module; components are not needed for probes".to_owned()),
            Self::Invalid { message, .. } => invalid_hint(message),
            Self::Cap { limit, max, fits_large, .. } => Some(cap_hint(limit, *max, *fits_large)),
            Self::Start => Some("export `_initialize` for what must run once".to_owned()),
            Self::Program => Some(REACTOR.to_owned()),
            Self::UnknownImport { nearest, module, .. } => Some(import_hint(nearest.as_deref(), module)),
            Self::NoMemory { .. } => Some("export it as `memory`, or use an import whose name is the text".to_owned()),
            Self::Spec { error, .. } => error.hint(),
            Self::At(_) => Some("for example `--at 'on_add=fn:shop.cart.add:entry'`".to_owned()),
            Self::NoSuchExport { exports, .. } => Some(format!("function exports: {}", listed(exports))),
            Self::Signatures(_) => Some(RESIGN.to_owned()),
            Self::NoProbe { exports } => Some(no_probe_hint(exports)),
            _ => None,
        }
    }
}

const RESIGN: &str =
    "signing is the last step of a build: `waspect sign` takes what is there for signatures away, and signs anew";

const REACTOR: &str = "build a reactor: Rust `crate-type = [\"cdylib\"]`, C `-Wl,--no-entry` or `-mexec-model=reactor`, \
                       Go `-buildmode=c-shared`, Zig `-fno-entry`";

fn invalid_hint(message: &str) -> Option<String> {
    let of_feature = ["not enabled", "must be enabled", "support is not", "disabled", "not supported", "proposal"];
    of_feature.iter().any(|words| message.contains(words)).then(|| {
        "modules may use the features of Lime1: mutable globals, sign extension, saturating float to int, bulk memory copy \
         and fill, multi-value, extended const; build for the baseline CPU of your compiler"
            .to_owned()
    })
}

fn cap_hint(limit: &str, max: u64, fits_large: bool) -> String {
    let what = what_to_do(limit, max);
    if fits_large {
        format!("{what}; or take it as it is: `--profile large`, in Python `profile=\"large\"`")
    } else {
        what
    }
}

fn what_to_do(limit: &str, max: u64) -> String {
    match limit {
        "function_locals_max" => "build in release mode; unoptimised code keeps every value in a local".to_owned(),
        "module_bytes_max" | "module_custom_bytes_max" => {
            "build in release mode and strip debug information (`-Cstrip=symbols`, `-Wl,--strip-all`)".to_owned()
        }
        "guest_memory_bytes_max" => format!(
            "ask for at most {} pages, as with `-Clink-arg=--initial-memory=65536 -Clink-arg=-zstack-size=8192`",
            max / (64 << 10)
        ),
        shape
            if ["function_", "type_", "br_table_", "module_loops_", "module_code_"]
                .iter()
                .any(|s| shape.starts_with(s)) =>
        {
            "such shapes can keep a compiler busy for minutes; `waspect limits` lists every bound".to_owned()
        }
        _ => "`waspect limits` lists every bound".to_owned(),
    }
}

fn import_hint(nearest: Option<&str>, module: &str) -> String {
    match (nearest, module) {
        (Some(nearest), _) => format!("did you mean {nearest}?"),
        (None, "env") => {
            "the linker left this symbol to the host; define it, or declare it as an import of `probe1`".to_owned()
        }
        (None, m) if m.starts_with("wasi") => wasi_hint(),
        (None, m) if m.starts_with("probe") => "the ABI of this version is `probe1`".to_owned(),
        _ => "modules may import `probe1` and its families only, such as `probe1.get`".to_owned(),
    }
}

/// What there is of WASI, in the order of the table.
fn wasi_hint() -> String {
    let name = |arg: Arg| if let Arg::Fixed(name) = arg { name } else { "" };
    let names: Vec<&str> = WASI.iter().map(|stub| name(stub.import.arg)).collect();
    format!("of WASI nothing is real; `{WASI_MODULE}` has stubs for {}", names.join(", "))
}

fn no_probe_hint(exports: &[String]) -> String {
    let how = "name a function export after its place, as in `fn:shop.cart.add:entry`, or give `--at 'EXPORT=SPEC'`";
    format!("{how}; function exports: {}", listed(exports))
}

/// At most so many that one still reads them.
fn listed(exports: &[String]) -> String {
    let shown: Vec<_> = exports.iter().take(20).map(|name| quoted(name)).collect();
    match exports.len() {
        0 => "none".to_owned(),
        n if n > shown.len() => format!("{} and {} more", shown.join(", "), n - shown.len()),
        _ => shown.join(", "),
    }
}
