//! `waspect fmt`: programs as everybody writes them.
//!
//! In: `.probe` files, or one on standard input. Out: the same files, where something changed. Never here: a file touched
//! that has a mistake, or that is right.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::compile::write_whole;
use super::language::{Program, Refused};
use super::open::read;
use super::{BAD, TROUBLE, report};
use crate::lang::format::format;
use crate::limits;

/// Write programs as everybody writes them
///
/// Spaces, line breaks and indentation change, nothing else: comments stay, and the program is the same.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect fmt shop.probe
  waspect fmt --check probes/*.probe
  waspect fmt - < shop.probe

Exit codes: 0 done; 1 at least one would change (`--check`); 2 usage, files, a program with mistakes.")]
pub(super) struct Args {
    /// Programs: `.probe`; `-` is from standard input to standard output
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Change nothing; say which would change
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut worst = 0;
    for file in &args.files {
        worst = worst.max(one(file, args.check).unwrap_or_else(|e| {
            report(&e);
            TROUBLE
        }));
    }
    Ok(ExitCode::from(worst))
}

fn one(file: &Path, check: bool) -> anyhow::Result<u8> {
    let shown = file.display().to_string();
    let subject = || format!("`{shown}`");
    let is_stream = shown == "-";
    let bytes = if is_stream { read_stream() } else { read(file) };
    let program = Program::new(&shown, bytes.with_context(subject)?).with_context(subject)?;
    let formatted = match format(&program.source) {
        Ok(formatted) => formatted,
        Err(diagnostics) => return Err(Refused::new(program, diagnostics).into()),
    };
    let changes = formatted != program.source;
    if check {
        if changes {
            writeln!(anstream::stdout(), "{shown}")?;
        }
        return Ok(if changes { BAD } else { 0 });
    }
    if is_stream {
        io::stdout().write_all(formatted.as_bytes())?;
    } else if changes {
        let mode = fs::metadata(file).with_context(subject)?.permissions().mode();
        write_whole(file, formatted.as_bytes(), mode).with_context(subject)?;
    }
    Ok(0)
}

fn read_stream() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(limits::PROBE_TEXT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
