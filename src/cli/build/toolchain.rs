//! Whether Rust can build for wasm here, before cargo is asked to.
//!
//! In: a folder, whose toolchain file counts. Out: nothing, or the line that installs what is missing. Never here: an
//! installation.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::cli::advised::advised;

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

const GET_RUST: &str = "Rust is installed by `curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh`";
const GET_TARGET: &str = "`rustup target add wasm32-unknown-unknown` installs it";
const GET_PACKAGE: &str = "without rustup the distribution has it: Debian, Ubuntu `apt install libstd-rust-dev-wasm32`, Fedora \
     `dnf install rust-std-static-wasm32-unknown-unknown`, Arch `pacman -S rust-wasm`, Alpine `apk add rust-wasm`";

pub(super) fn check(folder: &Path) -> anyhow::Result<()> {
    let sysroot = sysroot(folder)?;
    if sysroot.join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    let hint = if on_path("rustup") { GET_TARGET } else { GET_PACKAGE };
    Err(advised(format!("the Rust in `{}` cannot build for `{TARGET}`", sysroot.display()), hint))
}

/// Where the Rust is that cargo would use in this folder.
fn sysroot(folder: &Path) -> anyhow::Result<PathBuf> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(&rustc).args(["--print", "sysroot"]).current_dir(folder).output();
    let said = asked.map_err(|e| cannot_start(&rustc.to_string_lossy(), e))?;
    if !said.status.success() {
        bail!("`{} --print sysroot` failed: {}", rustc.display(), String::from_utf8_lossy(&said.stderr).trim());
    }
    let path = String::from_utf8(said.stdout).context("the path of Rust's libraries is not UTF-8")?;
    Ok(PathBuf::from(path.trim()))
}

/// A tool that is not there, or not to be started.
pub(super) fn cannot_start(tool: &str, e: io::Error) -> anyhow::Error {
    match e.kind() {
        io::ErrorKind::NotFound => advised(format!("`{tool}` is not found"), GET_RUST),
        _ => anyhow::Error::new(e).context(format!("`{tool}` cannot be started")),
    }
}

fn on_path(tool: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(tool).is_file()))
}
