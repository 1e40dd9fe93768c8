//! Where the agent meets this command: a private folder that the process sees.
//!
//! In: a process id. Out: a folder, gone when this is dropped, and the lines that lead the agent there. Never here: a folder
//! that another user could look into.

use std::fmt::Write;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use nix::unistd::geteuid;
use tempfile::TempDir;

/// What runs in the process.
const ATTACHED: &str = include_str!("../../../python/waspect/_bootstrap/attached.py");

/// As `Client::listen` names it.
const SOCKET: &str = "meet";
const COPY: &str = "agent.so";

pub(super) struct Meeting {
    folder: TempDir,
    /// The folder as the process sees it.
    seen: PathBuf,
    /// The process's user and group.
    owner: (u32, u32),
    /// The agent as the process sees it.
    agent: PathBuf,
}

/// Where an agent is.
pub(super) enum Agent {
    /// In the process, from an earlier visit or out of its own environment.
    Theirs(PathBuf),
    /// Beside this command.
    Ours(PathBuf),
}

impl Meeting {
    pub(super) fn prepare(pid: i32, agent: &Agent) -> anyhow::Result<Self> {
        let root = root(pid);
        let temporary = root.join("tmp");
        if fs::symlink_metadata(&temporary).is_ok_and(|found| found.is_symlink()) {
            bail!("`{}` is a link, which may lead out of the process's file system", temporary.display());
        }
        let mut asked = tempfile::Builder::new();
        asked.prefix("waspect-attach-").permissions(Permissions::from_mode(0o700));
        let folder = asked.tempdir_in(&temporary);
        let folder = folder.with_context(|| format!("no private folder can be made in `{}`", temporary.display()))?;
        let owner = owner(pid).with_context(|| format!("process {pid} has ended"))?;
        let seen = Path::new("/").join(folder.path().strip_prefix(&root)?);
        let is_near = root == Path::new("/") && owner.0 == geteuid().as_raw();
        let agent = match agent {
            Agent::Ours(path) if !is_near => {
                fs::copy(path, folder.path().join(COPY)).context("the agent cannot be copied to the process")?;
                seen.join(COPY)
            }
            Agent::Ours(path) | Agent::Theirs(path) => path.clone(),
        };
        Ok(Self { folder, seen, owner, agent })
    }

    /// The agent as the process sees it: a copy, where it may not see this command's own.
    pub(super) fn agent(&self) -> &Path {
        &self.agent
    }

    /// Lets the process's user in, once the socket is there: what lies in a folder of theirs is theirs to change.
    pub(super) fn give_away(&self) -> io::Result<()> {
        let (user, group) = self.owner;
        if geteuid().as_raw() == user {
            return Ok(());
        }
        let given = [SOCKET, COPY, ""].map(|name| self.dir().join(name));
        given.iter().filter(|path| path.exists()).try_for_each(|path| lchown(path, Some(user), Some(group)))
    }

    pub(super) fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// Where this command ends without coming back.
    pub(super) fn remove(&self) {
        let _ = fs::remove_dir_all(self.dir());
    }

    pub(super) fn bootstrap(&self) -> String {
        let socket = self.seen.join(SOCKET);
        let mut lines = String::from("socket = bytes.fromhex('");
        for byte in socket.as_os_str().as_bytes() {
            let _ = write!(lines, "{byte:02x}");
        }
        lines + "')\n" + ATTACHED
    }
}

/// Whose files a process may read: not who started it, where it has become another since.
fn owner(pid: i32) -> Option<(u32, u32)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let last =
        |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().last()?.parse().ok());
    Some((last("Uid:")?, last("Gid:")?))
}

/// The process's file system: this one's own, or another, as in a container.
fn root(pid: i32) -> PathBuf {
    let kind = |whose: &str| {
        fs::read_link(format!("/proc/{whose}/ns/mnt")).ok().zip(fs::read_link(format!("/proc/{whose}/root")).ok())
    };
    let is_own = kind(&pid.to_string()).is_some_and(|its| kind("self") == Some(its));
    if is_own { "/".into() } else { format!("/proc/{pid}/root").into() }
}
