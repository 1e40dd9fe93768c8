//! Where agents meet this command: a private folder that the processes see.
//!
//! In: a process id, its agent. Out: a folder, gone when this is dropped, and the lines that lead an agent there. Never here: a
//! folder that another user could look into, a file written where another user may change names.

use std::fmt::Write;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use nix::unistd::geteuid;
use tempfile::TempDir;

use crate::cli::left;

/// What runs in the process.
const ATTACHED: &str = include_str!("../../../python/waspect/_bootstrap/attached.py");

/// How folders are named, before what is random.
const PREFIX: &str = "waspect-attach-";
/// As `Client::listen` names it.
const SOCKET: &str = "meet";
pub(super) const COPY: &str = "agent.so";

/// One for all processes that see the same files, are of the same user and take the same agent.
pub(super) struct Meeting {
    folder: TempDir,
    /// Dropped after the folder, whose path begins there.
    _root: Root,
    /// The folder as the processes see it.
    seen: PathBuf,
    of: Of,
    /// The agent as the processes see it.
    agent: PathBuf,
}

/// Where an agent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Agent {
    /// In the process, from an earlier visit or out of its own environment.
    Theirs(PathBuf),
    /// Beside this command.
    Ours(PathBuf),
}

/// Who may meet there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Of {
    /// User and group.
    owner: (u32, u32),
    /// The file system: its namespace, and the root in it.
    files: Option<(PathBuf, PathBuf)>,
    agent: Agent,
}

impl Of {
    fn find(pid: i32, agent: &Agent) -> anyhow::Result<Self> {
        let owner = owner(pid).with_context(|| format!("process {pid} has ended"))?;
        Ok(Self { owner, files: files(&pid.to_string()), agent: agent.clone() })
    }
}

impl Meeting {
    pub(super) fn prepare(pid: i32, agent: &Agent) -> anyhow::Result<Self> {
        let of = Of::find(pid, agent)?;
        let root = Root::of(pid, &of)?;
        let temporary = root.path.join("tmp");
        if fs::symlink_metadata(&temporary).is_ok_and(|found| found.is_symlink()) {
            bail!("`{}` is a link, which may lead out of the process's file system", temporary.display());
        }
        left::sweep(&temporary, PREFIX);
        let mut asked = tempfile::Builder::new();
        asked.prefix(PREFIX).permissions(Permissions::from_mode(0o700));
        let folder = asked.tempdir_in(&temporary);
        let folder = folder.with_context(|| format!("no private folder can be made in `{}`", temporary.display()))?;
        let seen = Path::new("/").join(folder.path().strip_prefix(&root.path)?);
        let is_near = root.held.is_none() && of.owner.0 == geteuid().as_raw();
        let agent = match agent {
            Agent::Ours(path) if !is_near => {
                fs::copy(path, folder.path().join(COPY)).context("the agent cannot be copied to the process")?;
                seen.join(COPY)
            }
            Agent::Ours(path) | Agent::Theirs(path) => path.clone(),
        };
        Ok(Self { folder, _root: root, seen, of, agent })
    }

    /// Whether a process may meet here too.
    pub(super) fn fits(&self, pid: i32, agent: &Agent) -> bool {
        Of::find(pid, agent).is_ok_and(|of| of == self.of)
    }

    /// The agent as the processes see it: a copy, where they may not see this command's own.
    pub(super) fn agent(&self) -> &Path {
        &self.agent
    }

    /// Lets the processes' user in, once the socket is there: what lies in a folder of theirs is theirs to change.
    pub(super) fn give_away(&self) -> io::Result<()> {
        let (user, group) = self.of.owner;
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

    /// Where to come, as the processes see it.
    pub(super) fn socket(&self) -> PathBuf {
        self.seen.join(SOCKET)
    }

    pub(super) fn bootstrap(&self) -> String {
        let socket = self.socket();
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

/// The root of a file system: this command's own, or another, as in a container.
struct Root {
    path: PathBuf,
    /// Of another: held open, for the process that led there may end before the folder is removed.
    held: Option<File>,
}

impl Root {
    fn of(pid: i32, of: &Of) -> anyhow::Result<Self> {
        if of.files.is_some() && files("self") == of.files {
            return Ok(Self { path: "/".into(), held: None });
        }
        let held = File::open(format!("/proc/{pid}/root"));
        let held = held.with_context(|| format!("the files of process {pid} cannot be seen"))?;
        Ok(Self { path: format!("/proc/self/fd/{}", held.as_raw_fd()).into(), held: Some(held) })
    }
}

fn files(whose: &str) -> Option<(PathBuf, PathBuf)> {
    fs::read_link(format!("/proc/{whose}/ns/mnt")).ok().zip(fs::read_link(format!("/proc/{whose}/root")).ok())
}
