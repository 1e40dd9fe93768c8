//! Modules named on the command line.
//!
//! In: a path and overrides. Out: a checked module. Never here: a search; a path is a path.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::limits;
use crate::module::{At, ModuleError, ProbeModule, parse};

/// One module, and where its exports belong.
#[derive(clap::Args)]
pub(crate) struct ModuleArgs {
    /// A module: `.wasm`, or `.wat` as text
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) at: AtArgs,
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

/// Reads and checks one module.
pub(crate) fn open(file: &Path, at: &[At]) -> anyhow::Result<ProbeModule> {
    let subject = || format!("`{}`", file.display());
    let bytes = read(file).with_context(subject)?;
    parse(&name(file), &bytes, at).with_context(subject)
}

/// No more than any module may have: a device or a log file given by mistake is not read to its end.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let longest = limits::MODULE_TEXT_BYTES_MAX.max(limits::MODULE_BYTES_MAX) + 1;
    File::open(file)?.take(longest).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The last part of the path, as people call the module.
fn name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}
