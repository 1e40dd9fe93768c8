//! `waspect check`: whether modules would be taken.
//!
//! In: files and texts. Out: a line for each on stdout, or the refusal on stderr; as JSON, everything on stdout. Never here:
//! a stop at the first bad one.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::{Value as Json, json};
use waspect_abi::WASI_MODULE;

use super::language::{Position, Program, Refused, position};
use super::open::{AtArgs, Given, Opened, all, open};
use super::{BAD, TROUBLE, hint, report, text};
use crate::lang;
use crate::lang::diagnostics::{Diagnostic, Severity};
use crate::module::{At, ModuleError, parse};

/// Say whether modules would be taken, and if not, why
///
/// Applies every rule that loading applies: features, imports, exports, specs, shape; of a program, every rule of the
/// language. Nothing is compiled to machine code or run.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect check slow_calls.wat
  waspect check probes/*.wasm shop.probe
  waspect check -e 'fn:shop.cart.add:entry { capture(arg0); }'
  waspect check add.wasm --at 'on_add=fn:shop.cart.add:entry'

With --json, an array of findings: `file`, `severity` (`error` or `warning`), `message`, `hint`, and in programs `start` and
`end`, each with `line` and `column` from 1; columns count characters, and the end is the first that is not meant.

Exit codes: 0 all are good; 1 at least one is refused; 2 usage, or a file cannot be read.")]
pub(super) struct Args {
    /// Modules: `.wasm`, `.wat` as text, or programs as `.probe`
    #[arg(required_unless_present = "texts", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// A program itself; repeatable
    #[arg(short = 'e', long = "text", value_name = "TEXT")]
    texts: Vec<String>,

    /// Write one JSON array of what is wrong
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    at: AtArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let at = args.at.parse()?;
    let given = all(&args.files, &args.texts);
    if given.len() > 1 && !at.is_empty() {
        bail!("`--at` speaks of one module, found {}", given.len());
    }
    let mut worst = 0;
    let mut findings = Vec::new();
    for one in &given {
        let code = if args.json { find(one, &at, &mut findings)? } else { check(one, &at)? };
        worst = worst.max(code);
    }
    if args.json {
        writeln!(anstream::stdout(), "{}", serde_json::to_string_pretty(&findings)?)?;
    }
    Ok(ExitCode::from(worst))
}

fn check(given: &Given<'_>, at: &[At]) -> anyhow::Result<u8> {
    match open(given, at) {
        Ok(module) => {
            let manifest = module.manifest();
            let probes = text::count(manifest.probes.len(), "probe");
            let size = text::bytes(manifest.wasm_bytes);
            let stubs = manifest.imports.iter().filter(|import| import.module == WASI_MODULE).count();
            let stubs = if stubs == 0 { String::new() } else { format!(", {}", text::count(stubs, "WASI stub")) };
            writeln!(anstream::stdout(), "{}: ok, {probes}, {size}{stubs}", given.shown())?;
            Ok(0)
        }
        Err(e) => {
            report(&e);
            Ok(code(&e))
        }
    }
}

fn code(e: &anyhow::Error) -> u8 {
    if e.is::<ModuleError>() || e.is::<Refused>() { BAD } else { TROUBLE }
}

/// Adds what is wrong with one.
fn find(given: &Given<'_>, at: &[At], findings: &mut Vec<Json>) -> anyhow::Result<u8> {
    let module = match given.read() {
        Ok(Opened::Module(bytes)) => Ok(bytes),
        Ok(Opened::Program(program)) => {
            let compiled = lang::compile(&program.source);
            findings.extend(compiled.diagnostics.list().iter().map(|one| finding(&program, one)));
            let Some(wasm) = compiled.wasm else { return Ok(BAD) };
            Ok(wasm)
        }
        Err(e) => Err(e),
    };
    let parsed = module.and_then(|bytes| Ok(parse(&given.name(), &bytes, at)?));
    Ok(parsed.map_or_else(
        |e| {
            let (message, hint) = (format!("{e:#}"), hint(&e));
            findings.push(json!({"file": given.shown(), "severity": "error", "message": message, "hint": hint}));
            code(&e)
        },
        |_| 0,
    ))
}

fn finding(program: &Program, one: &Diagnostic) -> Json {
    let severity = if one.severity == Severity::Error { "error" } else { "warning" };
    let place = |at| {
        let Position { line, column } = position(&program.source, at);
        json!({"line": line, "column": column})
    };
    json!({
        "file": program.name, "severity": severity, "message": one.message, "hint": one.hint,
        "start": place(one.span.start), "end": place(one.span.end),
    })
}
