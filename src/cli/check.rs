//! `waspect check`: whether modules would be taken.
//!
//! In: files and texts. Out: a line for each on stdout, or the refusal on stderr; as JSON, everything on stdout. Never here:
//! a stop at the first bad one.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use serde_json::{Value as Json, json};
use waspect_abi::WASI_MODULE;

use super::advised::advised;
use super::against::{Known, Unknown, beyond};
use super::language::{Position, Program, Refused, position};
use super::open::{AtArgs, Given, Opened, all, open};
use super::policy::PolicyArgs;
use super::profile::ProfileArg;
use super::signers::signers;
use super::{BAD, TROUBLE, hint, report, text, warn};
use crate::lang;
use crate::lang::diagnostics::{Diagnostic, Other, Severity};
use crate::limits::{Budget, Profile};
use crate::module::{At, ModuleError, ProbeModule, parse_for};
use crate::policy::{Policy, PolicyError};
use crate::spec::Probe;

/// Of a spec's functions; how many more there are is said.
const SHOWN_FUNCTIONS: usize = 5;

/// Say whether modules would be taken, and if not, why
///
/// Applies every rule that loading applies: features, imports, exports, specs, shape; of a program, every rule of the
/// language. Nothing is compiled to machine code, and no probe is run.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect check slow_calls.wat
  waspect check probes/*.wasm shop.probe
  waspect check -e 'fn:shop.cart.add:entry { capture(arg0); }'
  waspect check shop.probe --against shop
  waspect check shop.probe --policy policy.toml
  waspect check add.wasm --at 'on_add=fn:shop.cart.add:entry'

With --json, an array of findings: `file`, `severity` (`error` or `warning`), `message`, `hint`, and in programs `start` and
`end`, each with `line` and `column` from 1; columns count characters, and the end is the first that is not meant. Where two
places disagree, `other` is the second, with its `start` and `end`.

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

    /// Also whether the functions of the specs, and positions that are read of them, exist in this package, which is imported
    #[arg(long, value_name = "PACKAGE")]
    against: Option<String>,

    /// The interpreter that imports it [default: that of $VIRTUAL_ENV, else `python3` on PATH]
    #[arg(long, value_name = "PATH", requires = "against")]
    python: Option<PathBuf>,

    #[command(flatten)]
    policy: PolicyArgs,

    #[command(flatten)]
    at: AtArgs,

    #[command(flatten)]
    profile: ProfileArg,
}

/// What modules are held to.
struct Rules {
    at: Vec<At>,
    profile: Profile,
    policy: Policy,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let rules = Rules { at: args.at.parse()?, profile: args.profile.profile, policy: args.policy.read()? };
    let given = all(&args.files, &args.texts);
    if given.len() > 1 && !rules.at.is_empty() {
        bail!("`--at` speaks of one module, found {}", given.len());
    }
    let known = args.against.as_ref().map(|package| Known::ask(package, args.python.as_deref())).transpose()?;
    let mut worst = 0;
    let mut findings = Vec::new();
    for one in &given {
        let code = if args.json {
            find(one, &rules, known.as_ref(), &mut findings)
        } else {
            check(one, &rules, known.as_ref())?
        };
        worst = worst.max(code);
    }
    if args.json {
        writeln!(anstream::stdout(), "{}", serde_json::to_string_pretty(&findings)?)?;
    }
    Ok(ExitCode::from(worst))
}

fn check(given: &Given<'_>, rules: &Rules, known: Option<&Known>) -> anyhow::Result<u8> {
    match open(given, &rules.at, rules.profile) {
        Ok(module) if forbidden(&rules.policy, &module).is_some() => {
            let e = forbidden(&rules.policy, &module);
            e.iter().for_each(|e| report(&advised(format!("{}: {e}", given.shown()), e.hint())));
            Ok(BAD)
        }
        Ok(module) => {
            let manifest = module.manifest();
            let probes = text::count(manifest.probes.len(), "probe");
            let size = text::bytes(manifest.wasm_bytes);
            let stubs = manifest.imports.iter().filter(|import| import.module == WASI_MODULE).count();
            let stubs = if stubs == 0 { String::new() } else { format!(", {}", text::count(stubs, "WASI stub")) };
            let signed: String =
                signers(manifest, &rules.policy).iter().map(|signer| format!(", {}", signer.words())).collect();
            writeln!(anstream::stdout(), "{}: ok, {probes}, {size}{stubs}{signed}", given.shown())?;
            known.map_or(Ok(0), |known| resolve(&manifest.probes, known))
        }
        Err(e) => {
            report(&e);
            Ok(code(&e))
        }
    }
}

/// What the agent would refuse of a module that asks for no more than it gets by itself.
fn forbidden(policy: &Policy, module: &ProbeModule) -> Option<PolicyError> {
    policy.module(module.manifest(), &policy.lowered(Budget::DEFAULT)).err()
}

/// A line for each spec, with some of its functions.
fn resolve(probes: &[Probe], known: &Known) -> anyhow::Result<u8> {
    let mut worst = 0;
    for probe in probes {
        match known.resolve(probe) {
            Ok(functions) => {
                let (shown, more) = functions.split_at(functions.len().min(SHOWN_FUNCTIONS));
                let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
                let shown: Vec<String> = shown.iter().map(|function| function.dotted()).collect();
                writeln!(anstream::stdout(), "  {}: {}{more}", probe.spec, shown.join(", "))?;
                beyond(probe, &functions).iter().for_each(|one| warn(&one.message, one.hint.as_deref()));
            }
            Err(Unknown { message, hint }) => {
                report(&hint.map_or_else(|| anyhow!("{message}"), |hint| advised(&message, hint)));
                worst = BAD;
            }
        }
    }
    Ok(worst)
}

fn code(e: &anyhow::Error) -> u8 {
    if e.is::<ModuleError>() || e.is::<Refused>() { BAD } else { TROUBLE }
}

/// Adds what is wrong with one.
fn find(given: &Given<'_>, rules: &Rules, known: Option<&Known>, findings: &mut Vec<Json>) -> u8 {
    let module = match given.read() {
        Ok(Opened::Module(bytes)) => Ok(bytes),
        Ok(Opened::Program(program)) => {
            let compiled = lang::compile(&program.source);
            findings.extend(compiled.diagnostics.list().iter().map(|one| finding(&program, one)));
            let Some(wasm) = compiled.wasm else { return BAD };
            Ok(wasm)
        }
        Err(e) => Err(e),
    };
    let parsed = module.and_then(|bytes| Ok(parse_for(&given.name(), &bytes, &rules.at, rules.profile)?));
    let mut add = |severity: &str, message: String, hint: Option<String>| {
        findings.push(json!({"file": given.shown(), "severity": severity, "message": message, "hint": hint}));
    };
    match (parsed, known) {
        (Err(e), _) => {
            add("error", format!("{e:#}"), hint(&e));
            code(&e)
        }
        (Ok(module), _) if forbidden(&rules.policy, &module).is_some() => {
            let e = forbidden(&rules.policy, &module);
            e.iter().for_each(|e| add("error", e.to_string(), Some(e.hint().to_owned())));
            BAD
        }
        (Ok(_), None) => 0,
        (Ok(module), Some(known)) => {
            let mut worst = 0;
            for probe in &module.manifest().probes {
                match known.resolve(probe) {
                    Ok(functions) => {
                        let beyond = beyond(probe, &functions);
                        beyond.into_iter().for_each(|one| add("warning", one.message, one.hint));
                    }
                    Err(one) => {
                        add("error", one.message, one.hint);
                        worst = BAD;
                    }
                }
            }
            worst
        }
    }
}

fn finding(program: &Program, one: &Diagnostic) -> Json {
    let severity = if one.severity == Severity::Error { "error" } else { "warning" };
    let place = |at| {
        let Position { line, column } = position(&program.source, at);
        json!({"line": line, "column": column})
    };
    let mut found = json!({
        "file": program.name, "severity": severity, "message": one.message, "hint": one.hint,
        "start": place(one.span.start), "end": place(one.span.end),
    });
    if let Some(Other { span, is }) = one.other {
        found["other"] = json!({"is": is, "start": place(span.start), "end": place(span.end)});
    }
    found
}
