//! `waspect check`: whether modules would be taken.
//!
//! In: files. Out: a line for each on stdout, or the refusal on stderr. Never here: a stop at the first bad one.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use waspect_abi::WASI_MODULE;

use super::open::{AtArgs, open};
use super::{BAD, TROUBLE, report, text};
use crate::module::{At, ModuleError};

/// Say whether modules would be taken, and if not, why
///
/// Applies every rule that loading applies: features, imports, exports, specs, shape. Nothing is compiled or run.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect check slow_calls.wat
  waspect check probes/*.wasm
  waspect check add.wasm --at 'on_add=fn:shop.cart.add:entry'

Exit codes: 0 all are good; 1 at least one is refused; 2 usage, or a file cannot be read.")]
pub(super) struct Args {
    /// Modules: `.wasm`, or `.wat` as text
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    at: AtArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let at = args.at.parse()?;
    if args.files.len() > 1 && !at.is_empty() {
        bail!("`--at` speaks of one module, found {}", args.files.len());
    }
    let mut worst = 0;
    for file in &args.files {
        worst = worst.max(check(file, &at)?);
    }
    Ok(ExitCode::from(worst))
}

fn check(file: &Path, at: &[At]) -> anyhow::Result<u8> {
    match open(file, at) {
        Ok(module) => {
            let manifest = module.manifest();
            let probes = text::count(manifest.probes.len(), "probe");
            let size = text::bytes(manifest.wasm_bytes);
            let stubs = manifest.imports.iter().filter(|import| import.module == WASI_MODULE).count();
            let stubs = if stubs == 0 { String::new() } else { format!(", {}", text::count(stubs, "WASI stub")) };
            writeln!(anstream::stdout(), "{}: ok, {probes}, {size}{stubs}", file.display())?;
            Ok(0)
        }
        Err(e) => {
            report(&e);
            Ok(if e.is::<ModuleError>() { BAD } else { TROUBLE })
        }
    }
}
