//! The private folder through which the interpreter finds the agent: a `sitecustomize` of ours, what it must know, and
//! the socket.
//!
//! In: the agent's path. Out: a folder, gone when this is dropped. Never here: a variable beside `PYTHONPATH` (and that one
//! is put back before any other code runs), anything another user could read.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::TempDir;

/// What runs in the interpreter before the program.
const SITECUSTOMIZE: &str = include_str!("../../../python/waspect/_bootstrap/sitecustomize.py");

pub(super) struct Bootstrap {
    _folder: TempDir,
    dir: PathBuf,
    search_path: OsString,
}

impl Bootstrap {
    pub(super) fn prepare(agent: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("waspect-").permissions(Permissions::from_mode(0o700)).tempdir();
        let folder = folder.context("no private folder can be made")?;
        // Without links, as the interpreter would see it.
        let dir = folder.path().canonicalize()?;
        if dir.as_os_str().as_bytes().contains(&b':') {
            bail!("the folder `{}` cannot be on PYTHONPATH; expected TMPDIR without `:`", dir.display());
        }
        let before = env::var_os("PYTHONPATH");
        write(&dir, agent, before.as_deref()).context("the private folder cannot be written")?;
        let search_path = search_path(&dir, before.as_deref());
        Ok(Self { _folder: folder, dir, search_path })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What `PYTHONPATH` must be when the interpreter starts.
    pub(super) fn search_path(&self) -> &OsStr {
        &self.search_path
    }

    /// Why the agent could not even greet, if it said so.
    pub(super) fn failure(&self) -> Option<String> {
        fs::read_to_string(self.dir.join("failed")).ok().map(|text| text.trim().to_owned())
    }
}

/// An empty variable counts as none: a trailing `:` would be the current folder.
fn search_path(dir: &Path, before: Option<&OsStr>) -> OsString {
    let mut path = dir.as_os_str().to_owned();
    if let Some(before) = before.filter(|b| !b.is_empty()) {
        path.push(":");
        path.push(before);
    }
    path
}

fn write(dir: &Path, agent: &Path, before: Option<&OsStr>) -> io::Result<()> {
    let mut boot = agent.as_os_str().as_bytes().to_vec();
    boot.push(0);
    boot.extend(dir.join("meet").as_os_str().as_bytes());
    if let Some(before) = before {
        boot.push(0);
        boot.extend(before.as_bytes());
    }
    fs::write(dir.join("boot"), boot)?;
    fs::write(dir.join("sitecustomize.py"), SITECUSTOMIZE)
}
