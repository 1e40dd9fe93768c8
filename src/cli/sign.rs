//! `waspect sign`: a module with one signature more.
//!
//! In: a module or program, a secret key. Out: the module with its signatures at the end. Never here: a module that would not be
//! taken, a signature that does not hold.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::json;

use super::advised::advised;
use super::compile::write_whole;
use super::open::{AtArgs, Given, Opened};
use super::profile::ProfileArg;
use super::signers::{Signer, signers};
use super::{keys, text};
use crate::module::{self, At, ProbeModule, parse_for};
use crate::policy::Policy;
use crate::signature::{SecretKey, Signature};

/// Sign a module, so that whoever requires signatures loads it
///
/// The signature is over the module's bytes, and becomes its last section, beside those of other keys; one of the same key is
/// replaced. A signature that does not hold any more is taken away. What would be refused at load is not signed.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect keygen alice
  waspect sign --key alice.key shop.wasm
  waspect sign --key alice.key shop.probe -o shop.wasm
  waspect sign --key alice.key calls.wasm -o shop_calls.wasm --at 'on_call=fn:shop.cart.*:entry'
  waspect inspect shop.wasm              Who signed it?

A signature says who answers for a module, not that it is harmless: look at what it reads before (`waspect inspect`).")]
pub(super) struct Args {
    /// A module: `.wasm`, `.wat` as text, or a program as `.probe`
    file: PathBuf,

    /// The secret key, as `waspect keygen` made it
    #[arg(long, value_name = "KEY")]
    key: PathBuf,

    /// Where the signed module goes [default: in place of a `.wasm`]
    #[arg(short, long, value_name = "OUT.wasm")]
    output: Option<PathBuf>,

    /// Write one JSON object: the file, and who signed it
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    at: AtArgs,

    #[command(flatten)]
    profile: ProfileArg,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let key = keys::secret(&args.key)?;
    let subject = || format!("`{}`", args.file.display());
    let opened = Given::File(&args.file).read().with_context(subject)?;
    let output = output(args, &opened)?;
    let bytes = opened.into_module().with_context(subject)?;
    let name = Given::File(&args.file).name();
    let plain = unsigned(args, &name, &bytes).with_context(subject)?;
    let others = held(args, &name, &bytes, &plain, &key);
    let signed = with(plain.bytes(), others, &key);
    let made = parse_for(&name, &signed, &[], args.profile.profile).with_context(subject)?;
    write_whole(output, &signed, mode(output)).with_context(|| format!("`{}`", output.display()))?;
    report(args, output, &made, &key)
}

/// A module takes its own place, a text does not.
fn output<'a>(args: &'a Args, opened: &Opened) -> anyhow::Result<&'a Path> {
    let is_wasm = matches!(opened, Opened::Module(bytes) if bytes.starts_with(b"\0asm"));
    match &args.output {
        Some(output) => Ok(output),
        None if is_wasm => Ok(&args.file),
        None => {
            let says = format!("`{}` is text, and signed is the module that it means", args.file.display());
            Err(advised(says, "`-o OUT.wasm` says where that goes"))
        }
    }
}

/// The module as it will be signed, in binary, with its places in it.
fn unsigned(args: &Args, name: &str, bytes: &[u8]) -> anyhow::Result<ProbeModule> {
    let (plain, at) = (module::unsigned(bytes), args.at.parse()?);
    let checked = parse_for(name, &plain, &at, args.profile.profile)?;
    if at.is_empty() {
        return Ok(checked);
    }
    let placed = module::with_places(checked.bytes(), &lines(&at));
    let again = parse_for(name, &placed, &[], args.profile.profile)?;
    if again.manifest().probes != checked.manifest().probes {
        bail!(
            "the module has places in a section `probe1.at`, which others beside it would hide; expected no `--at`, or all places there"
        );
    }
    Ok(again)
}

fn lines(at: &[At]) -> String {
    at.iter().map(|At { export, spec }| format!("{export}={spec}\n")).collect()
}

/// Signatures of other keys that hold over the same bytes.
fn held(args: &Args, name: &str, bytes: &[u8], plain: &ProbeModule, key: &SecretKey) -> Vec<Signature> {
    let digest = module::digest(plain.bytes());
    let parsed = parse_for(name, bytes, &args.at.parse().unwrap_or_default(), args.profile.profile);
    let all = parsed.into_iter().flat_map(|module| module.manifest().signed.by().collect::<Vec<_>>());
    all.filter(|one| one.key != key.public() && one.holds(&digest)).collect()
}

fn with(plain: &[u8], mut all: Vec<Signature>, key: &SecretKey) -> Vec<u8> {
    all.push(key.sign(&module::digest(plain)));
    all.sort_by_key(|one| one.key);
    module::with_signatures(plain, &all)
}

/// A file keeps its mode.
fn mode(output: &Path) -> u32 {
    fs::metadata(output).map_or(0o644, |found| found.permissions().mode() & 0o777)
}

fn report(args: &Args, output: &Path, made: &ProbeModule, key: &SecretKey) -> anyhow::Result<ExitCode> {
    let (all, id) = (signers(made.manifest(), &Policy::default()), key.public().id());
    let bytes = made.bytes().len();
    if args.json {
        let signed: Vec<_> = all.iter().map(Signer::json).collect();
        writeln!(
            anstream::stdout(),
            "{}",
            json!({"output": output.to_string_lossy(), "bytes": bytes, "signed": signed})
        )?;
    } else {
        let others =
            if all.len() > 1 { format!(", beside {}", text::count(all.len() - 1, "other key")) } else { String::new() };
        writeln!(anstream::stderr(), "{}: {bytes} bytes, signed by {id}{others}", output.display())?;
    }
    Ok(ExitCode::SUCCESS)
}
