//! `waspect new`: a folder with a probe that builds and passes its test as it is.
//!
//! In: a language and a name. Out: the folder, whole or not at all. Never here: a file overwritten, a download, a tool
//! started.

mod manifest;
mod name;
mod place;
mod rust;
mod sdk;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;

use super::advised::advised;
use crate::spec::{Point, Spec};

/// A file of the folder: its path in there, and its text.
type File = (String, String);

/// Begin a probe: a folder that builds and passes its test as it is
///
/// The folder has the SDK's sources beside the probe, in `sdk/`: it needs no registry, and speaks exactly the ABI of this
/// waspect.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect new rust slow_calls
  waspect new rust slow_calls --target 'fn:shop.cart.*:exit'
  waspect new rust more_calls --sdk slow_calls/sdk    Two probes share one SDK

Exit codes: 0 made; 2 usage, or not made: nothing was written.")]
pub(super) struct Args {
    /// What the probe is written in
    language: Language,

    /// The folder and the crate in it: lower-case letters, digits, `-` and `_`
    name: String,

    /// Use the SDK in DIR, by a relative path, instead of writing it
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,

    /// What the probe times; a spec of point `exit`, `return` or `raise`, without a tag
    #[arg(long, value_name = "SPEC", default_value = "fn:shop.cart.*:exit")]
    target: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Rust,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    name::check(&args.name)?;
    let target = target(&args.target)?;
    let folder = Path::new(&args.name);
    place::check(folder)?;
    let files = match args.language {
        Language::Rust => rust::files(&args.name, &target, args.sdk.as_deref())?,
    };
    place::write(folder, &files).with_context(|| format!("`{}` was not made", args.name))?;
    tell(&args.name, &target, &files)?;
    Ok(ExitCode::SUCCESS)
}

/// A spec at whose point there is a time, and a name for each probe still to be given.
fn target(text: &str) -> anyhow::Result<Spec> {
    let spec: Spec = text.parse().map_err(|e: crate::spec::SpecError| match e.hint() {
        Some(hint) => advised(e.to_string(), hint),
        None => e.into(),
    })?;
    if !spec.point.has_call() {
        let hint = "for example `fn:shop.cart.add:exit`; write the other probe into `src/lib.rs` afterwards";
        return Err(advised(format!("`--target`: expected a function, found `{}`", spec.point), hint));
    }
    if spec.point == Point::Entry {
        let hint = "at `entry` no time has passed; write another probe into `src/lib.rs` afterwards";
        return Err(advised("`--target`: expected point `exit`, `return` or `raise`, found `entry`", hint));
    }
    if let Some(tag) = &spec.tag {
        let hint = "there are two probes, tagged `latency` and `slow`";
        return Err(advised(format!("`--target`: expected a spec without a tag, found `#{tag}`"), hint));
    }
    Ok(spec)
}

fn tell(name: &str, target: &Spec, files: &[File]) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{name}: a probe of `{target}`")?;
    for (path, _) in files.iter().filter(|(path, _)| !path.starts_with("sdk/")) {
        writeln!(out, "  {name}/{path}")?;
    }
    let of_sdk = files.iter().filter(|(path, _)| path.starts_with("sdk/")).count();
    if of_sdk > 0 {
        writeln!(out, "  {name}/sdk/  {of_sdk} files, the SDK of waspect {}", env!("CARGO_PKG_VERSION"))?;
    }
    let wasm = rust::wasm(name);
    writeln!(out, "\nNext:")?;
    writeln!(out, "  (cd {name} && cargo test)")?;
    writeln!(out, "  waspect build {name}")?;
    writeln!(out, "  waspect run -p {name}/{wasm} -- -m {}", rust::program(target))?;
    Ok(())
}
