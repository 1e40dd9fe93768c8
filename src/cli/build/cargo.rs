//! Cargo as a child: its words to the user as they come, its messages read for the module that it made.
//!
//! In: a folder with a `Cargo.toml`. Out: the path of the one module. Never here: a guess where cargo puts things, a cargo
//! that goes on when this process was told to end.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use anyhow::{Context, bail};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;

use super::toolchain::{self, TARGET};
use crate::cli::advised::advised;
use crate::cli::signals::die_by;

/// What ends a build. SIGCHLD only wakes.
const WATCHED: [Signal; 5] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGCHLD];

/// Builds the folder's package for wasm.
pub(super) fn build(folder: &Path) -> anyhow::Result<PathBuf> {
    let shown = folder.display();
    toolchain::check(folder)?;
    let (status, made) = run(folder)?;
    if !status.success() {
        bail!("cargo could not build `{shown}`");
    }
    let manifest = folder.join("Cargo.toml").canonicalize().with_context(|| format!("`{shown}`"))?;
    one(&shown.to_string(), &manifest, made)
}

/// A `.wasm` that cargo made as a library of its own, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Made {
    manifest: PathBuf,
    wasm: PathBuf,
}

fn run(folder: &Path) -> anyhow::Result<(ExitStatus, Vec<Made>)> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--target", TARGET, "--message-format=json-render-diagnostics"]);
    // In the folder: there cargo finds the folder's own configuration.
    cargo.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = cargo.spawn().map_err(|e| toolchain::cannot_start("cargo", e))?;
    let messages = child.stdout.take().context("cargo's messages")?;
    // Blocked after cargo was started, which would inherit it, and before the thread, which must.
    let watched: SigSet = WATCHED.into_iter().collect();
    let before = SigSet::thread_get_mask()?;
    watched.thread_block()?;
    let reader = thread::spawn(move || read(messages));
    let status = wait(child, &watched)?;
    before.thread_set_mask()?;
    Ok((status, reader.join().unwrap_or_default()))
}

/// Until cargo ends; a signal to this process is passed on, and ends it after cargo. Cargo may have it from the terminal
/// already: twice does no harm, and a child keeps its number until it was waited for.
fn wait(mut child: Child, watched: &SigSet) -> anyhow::Result<ExitStatus> {
    let mut told = None;
    loop {
        if let Some(status) = child.try_wait()? {
            told.into_iter().for_each(die_by);
            return Ok(status);
        }
        let signal = watched.wait()?;
        if signal != Signal::SIGCHLD {
            told.get_or_insert(signal);
            let _ = kill(Pid::from_raw(i32::try_from(child.id())?), signal);
        }
    }
}

/// To the end, whatever the messages say: cargo must be able to write.
fn read(messages: impl Read) -> Vec<Made> {
    let lines = BufReader::new(messages).lines().map_while(Result::ok);
    lines.filter_map(|line| made(&serde_json::from_str(&line).ok()?)).collect()
}

fn made(message: &Json) -> Option<Made> {
    let is_library = message["target"]["crate_types"].as_array()?.iter().any(|kind| kind == "cdylib");
    if message["reason"] != "compiler-artifact" || !is_library {
        return None;
    }
    let files = message["filenames"].as_array()?.iter().filter_map(Json::as_str);
    let wasm = files.into_iter().find(|file| file.ends_with(".wasm"))?;
    Some(Made { manifest: message["manifest_path"].as_str()?.into(), wasm: wasm.into() })
}

/// The folder's own, else the only one.
fn one(folder: &str, manifest: &Path, mut made: Vec<Made>) -> anyhow::Result<PathBuf> {
    if made.iter().any(|made| made.manifest == manifest) {
        made.retain(|made| made.manifest == manifest);
    }
    match made.as_slice() {
        [only] => Ok(only.wasm.clone()),
        [] => Err(advised(
            format!("`{folder}` has no library that becomes a module"),
            "add to its Cargo.toml: `[lib]`, and below it `crate-type = [\"cdylib\"]`",
        )),
        [first, ..] => {
            let names: Vec<String> = made.iter().filter_map(|made| name(&made.wasm)).collect();
            let member = first.manifest.parent().unwrap_or(&first.manifest).display();
            Err(advised(
                format!("`{folder}` has {} modules, expected one: {}", names.len(), names.join(", ")),
                format!("build one of its members, such as `waspect build {member}`"),
            ))
        }
    }
}

fn name(path: &Path) -> Option<String> {
    Some(format!("`{}`", path.file_name()?.to_str()?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{one, read};

    /// What cargo says of one artifact.
    fn message(krate: &str, kind: &str, file: &str) -> String {
        format!(
            "{{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/w/{krate}/Cargo.toml\",\
             \"target\":{{\"crate_types\":[\"{kind}\"]}},\"filenames\":[\"/t/{file}\"]}}\n"
        )
    }

    #[test]
    fn the_one_module_is_found_among_messages() {
        let noise = "not json\n{}\n{\"reason\":\"build-finished\",\"success\":true}\n".to_owned();
        let (a, b) = (message("a", "cdylib", "a.wasm"), message("b", "cdylib", "b.wasm"));
        let others = message("c", "rlib", "c.rlib") + &message("d", "bin", "d.wasm") + &message("e", "cdylib", "e.so");
        for (manifest, said, expected) in [
            ("/w/a/Cargo.toml", noise.clone() + &a, Ok("/t/a.wasm")),
            ("/w/b/Cargo.toml", a.clone() + &b, Ok("/t/b.wasm")),
            ("/w/Cargo.toml", a.clone(), Ok("/t/a.wasm")),
            ("/w/Cargo.toml", a + &b, Err("`w` has 2 modules, expected one: `a.wasm`, `b.wasm`")),
            ("/w/Cargo.toml", noise + &others, Err("`w` has no library that becomes a module")),
        ] {
            let found = one("w", Path::new(manifest), read(said.as_bytes())).map_err(|e| e.to_string());
            assert_eq!(found, expected.map(Into::into).map_err(str::to_owned), "{manifest}: {said}");
        }
    }
}
