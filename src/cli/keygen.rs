//! `waspect keygen`: a pair of keys.
//!
//! In: a path, random bytes of the system. Out: two files; the public key on stdout. Never here: a file that is written over, a
//! secret key on a stream.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::keys;
use crate::signature::SecretKey;

/// Make a pair of keys to sign modules with
///
/// The secret one is for `waspect sign`; whoever has it can sign. The public one is for policies: its line goes under `[keys]`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect keygen alice                   alice.key, which you alone can read, and alice.pub
  waspect sign --key alice.key shop.wasm
  echo \"require_signed = true
  [keys]
  alice = \\\"$(cat alice.pub)\\\"\" > policy.toml")]
pub(super) struct Args {
    /// Where they go: `PATH.key` and `PATH.pub`
    path: PathBuf,

    /// Write one JSON object: both files, and the public key
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).context("random bytes of the system")?;
    let key = SecretKey::of(seed).context("random bytes of the system are zeros")?;
    let (secret, public) = keys::write(&args.path, &key)?;
    let line = key.public().to_string();
    let mut out = anstream::stdout();
    if args.json {
        let (secret, public) = (secret.to_string_lossy(), public.to_string_lossy());
        writeln!(out, "{}", json!({"secret": secret, "public": public, "key": line, "id": key.public().id()}))?;
    } else {
        writeln!(out, "{line}")?;
        let (secret, public) = (secret.display(), public.display());
        writeln!(
            anstream::stderr(),
            "{secret}: keep it to yourself\n{public}: its line goes under `[keys]` of policies"
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
