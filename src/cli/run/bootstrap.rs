//! The private folder through which the interpreter finds the agent: a `sitecustomize` of ours, what it must know, and
//! the socket.
//!
//! In: the agent's path. Out: a folder, gone when this is dropped. Never here: a variable beside `PYTHONPATH` (which is put back
//! before any other code runs where children are not observed), anything another user could read.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::cli::left;
use crate::control::place;

/// What runs in the interpreter before the program.
const SITECUSTOMIZE: &str = include_str!("../../../python/waspect/_bootstrap/sitecustomize.py");

/// How folders are named, before what is random.
const PREFIX: &str = "waspect-run-";

pub(super) struct Bootstrap {
    _folder: TempDir,
    dir: PathBuf,
    search_path: OsString,
}

impl Bootstrap {
    /// `children`: whether the program's are observed too.
    pub(super) fn prepare(agent: &Path, children: bool) -> anyhow::Result<Self> {
        // A child may look for it after it is gone: where nobody else can put another in its place.
        let parent = place::folder();
        let children = children && parent.is_ok();
        let parent = parent.as_ref().map_or_else(|_| env::temp_dir(), Clone::clone);
        left::sweep(&parent, PREFIX);
        let folder =
            tempfile::Builder::new().prefix(PREFIX).permissions(Permissions::from_mode(0o700)).tempdir_in(&parent);
        let folder = folder.context("no private folder can be made")?;
        // Without links, as the interpreter would see it.
        let dir = folder.path().canonicalize()?;
        if dir.as_os_str().as_bytes().contains(&b':') {
            bail!("the folder `{}` cannot be on PYTHONPATH; expected one without `:`", dir.display());
        }
        let before = env::var_os("PYTHONPATH");
        write(&dir, agent, children, before.as_deref()).context("the private folder cannot be written")?;
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

fn write(dir: &Path, agent: &Path, children: bool, before: Option<&OsStr>) -> io::Result<()> {
    // Without a folder of this user's, others have to trace the program.
    let folder = place::folder().unwrap_or_default();
    let agents = agent.parent().unwrap_or(agent);
    let socket = dir.join("meet");
    let children = OsStr::new(if children { "1" } else { "" });
    let said = [agents.as_os_str(), socket.as_os_str(), folder.as_os_str(), children];
    let all: Vec<&[u8]> = said.into_iter().chain(before).map(OsStr::as_bytes).collect();
    fs::write(dir.join("boot"), all.join(&0))?;
    fs::write(dir.join("first"), "")?;
    fs::write(dir.join("sitecustomize.py"), SITECUSTOMIZE)
}
