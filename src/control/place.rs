//! Where sockets are found: one private folder for each user, and a name that says whose a socket is.
//!
//! In: a process id. Out: folders, names, start times. Never here: a socket; a folder that is a link, or another user's, or
//! open to others; a look at the environment of this process as it is now, which the application may be changing.
//!
//! A folder is `$XDG_RUNTIME_DIR/waspect`, where that variable was set at the process's start and names a folder that is its
//! user's alone to change, else `/tmp/waspect-UID`. Whoever looks for a process's sockets looks into both.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The address of a socket has 107 bytes: less the longest name, and what leads into another process's file system.
const FOLDER_BYTES_MAX: usize = 107 - "/op-4194304-18446744073709551615.sock".len() - "/proc/4194304/root".len();

/// Who answers on a socket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Whose {
    Target,
    Operator,
}

/// A socket's name: the process, and when it started, so that a process id that was used again is no mistake.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Name {
    pub whose: Whose,
    pub pid: u32,
    /// As [`started`] gives it.
    pub start: u64,
}

impl Name {
    /// This process's name.
    ///
    /// # Errors
    /// When there is no `/proc`.
    pub fn own(whose: Whose) -> io::Result<Self> {
        let pid = std::process::id();
        let start = started(pid).ok_or_else(|| io::Error::other("`/proc` does not say when this process started"))?;
        Ok(Self { whose, pid, start })
    }

    /// Whether the process is still there.
    pub fn is_alive(&self) -> bool {
        started(self.pid) == Some(self.start)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.whose == Whose::Operator { "op-" } else { "" };
        write!(f, "{prefix}{}-{}.sock", self.pid, self.start)
    }
}

impl FromStr for Name {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (whose, rest) = text.strip_prefix("op-").map_or((Whose::Target, text), |rest| (Whose::Operator, rest));
        let (pid, start) = rest.strip_suffix(".sock").and_then(|rest| rest.split_once('-')).ok_or(())?;
        let name = Self { whose, pid: pid.parse().map_err(drop)?, start: start.parse().map_err(drop)? };
        // A number has more than one spelling, a name has not.
        if name.to_string() == text { Ok(name) } else { Err(()) }
    }
}

/// When a process started, in the kernel's ticks since boot; nothing where there is no such process.
pub fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // `PID (name) STATE …`, and the name may hold anything, brackets too. The 22nd field is the 20th from there.
    stat.rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()
}

/// The folder for this process's own sockets, made if it is not there.
///
/// # Errors
/// When it cannot be made, or what stands in its place is not this user's alone.
pub fn folder() -> io::Result<PathBuf> {
    let (folder, user) = own()?;
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            Err(io::Error::new(e.kind(), format!("folder `{}` cannot be made: {e}", folder.display())))
        }
        _ => check(&folder, user).map(|()| folder),
    }
}

/// The same folder, which may not be there.
///
/// # Errors
/// When there is no `/proc`.
pub fn usual() -> io::Result<PathBuf> {
    own().map(|(folder, _)| folder)
}

/// The folder, and whose.
fn own() -> io::Result<(PathBuf, u32)> {
    let owner = Owner::of("self").ok_or_else(|| io::Error::other("`/proc` does not say who this process is"))?;
    Ok((owner.runtime("self").unwrap_or_else(|| owner.temporary()), owner.seen))
}

/// Where a process's sockets may be, as seen from here: folders that are there, and its user's alone.
pub fn folders(pid: u32) -> Vec<PathBuf> {
    let process = if pid == std::process::id() { "self".to_owned() } else { pid.to_string() };
    let Some(owner) = Owner::of(&process) else { return Vec::new() };
    let own = owner.runtime(&process);
    let usual = Path::new("/run/user").join(owner.id.to_string()).join("waspect");
    let root = root(&process);
    let mut all: Vec<PathBuf> = own.into_iter().chain([usual, owner.temporary()]).collect();
    all.dedup();
    let all = all.into_iter().map(|folder| inside(&root, &folder));
    all.filter(|folder| check(folder, owner.seen).is_ok() && is_plain(&root, folder)).collect()
}

/// Refuses what is no folder, a link, another user's, or open to others.
///
/// # Errors
/// When it is, or cannot be looked at.
pub fn check(folder: &Path, user: u32) -> io::Result<()> {
    let found = fs::symlink_metadata(folder)?;
    let mode = found.mode() & 0o777;
    let why = match () {
        () if found.is_symlink() => "is a link".to_owned(),
        () if !found.is_dir() => "is no folder".to_owned(),
        () if found.uid() != user => format!("belongs to user {}", found.uid()),
        () if mode & 0o077 != 0 => format!("has mode {mode:o}"),
        () => return Ok(()),
    };
    Err(io::Error::other(format!(
        "`{}` {why}, expected a folder of user {user} with mode 700\nhint: remove it, or set XDG_RUNTIME_DIR to a folder of \
         your own",
        folder.display()
    )))
}

/// A process's user, by its files: not who started it, where it has become another since.
struct Owner {
    /// As this process sees it.
    seen: u32,
    /// As the process sees it.
    id: u32,
}

impl Owner {
    fn of(process: &str) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let seen =
            status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().nth(1)?.parse().ok())?;
        Some(Self { seen, id: inner(process, seen).unwrap_or(seen) })
    }

    /// `$XDG_RUNTIME_DIR/waspect` as the process sees it, where that may be used.
    fn runtime(&self, process: &str) -> Option<PathBuf> {
        let environment = fs::read(format!("/proc/{process}/environ")).ok()?;
        let said = environment.split(|byte| *byte == 0).find_map(|line| line.strip_prefix(b"XDG_RUNTIME_DIR="))?;
        let parent = PathBuf::from(OsString::from_vec(said.to_vec()));
        let folder = parent.join("waspect");
        let fits = parent.is_absolute() && folder.as_os_str().len() <= FOLDER_BYTES_MAX;
        let found = fs::metadata(inside(&root(process), &parent)).ok()?;
        (fits && is_theirs(&found, self.seen)).then_some(folder)
    }

    fn temporary(&self) -> PathBuf {
        format!("/tmp/waspect-{}", self.id).into()
    }
}

/// Nobody else can put something in the place of what is in there.
fn is_theirs(found: &Metadata, user: u32) -> bool {
    found.is_dir() && found.uid() == user && found.mode() & 0o022 == 0
}

/// A user's number inside a process's user namespace, where that is another than this process's.
fn inner(process: &str, seen: u32) -> Option<u32> {
    let space = |of: &str| fs::read_link(format!("/proc/{of}/ns/user")).ok();
    if space(process)? == space("self")? {
        return None;
    }
    let map = fs::read_to_string(format!("/proc/{process}/uid_map")).ok()?;
    map.lines().find_map(|line| {
        let mut numbers = line.split_whitespace().map(|word| word.parse::<u32>().ok());
        let (inside, outside, many) = (numbers.next()??, numbers.next()??, numbers.next()??);
        seen.checked_sub(outside).filter(|n| *n < many)?.checked_add(inside)
    })
}

/// The process's file system: this one's own, or another, as in a container.
fn root(process: &str) -> PathBuf {
    let kind =
        |of: &str| fs::read_link(format!("/proc/{of}/ns/mnt")).ok().zip(fs::read_link(format!("/proc/{of}/root")).ok());
    let is_own = kind(process).is_some_and(|its| kind("self") == Some(its));
    if is_own { "/".into() } else { format!("/proc/{process}/root").into() }
}

fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// A link in another file system would be followed in this one.
fn is_plain(root: &Path, folder: &Path) -> bool {
    let mut below = folder.ancestors().take_while(|at| *at != root);
    root == Path::new("/") || below.all(|at| fs::symlink_metadata(at).is_ok_and(|m| !m.is_symlink()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::unistd::geteuid;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_name_says_whose_a_socket_is_and_has_one_spelling() {
        let name = |whose, pid, start| Ok(Name { whose, pid, start });
        for (text, expected) in [
            ("4711-42.sock", name(Whose::Target, 4711, 42)),
            ("op-4711-18446744073709551615.sock", name(Whose::Operator, 4711, u64::MAX)),
            ("op-4711.sock", Err(())),
            ("4711-42", Err(())),
            ("04711-42.sock", Err(())),
            ("+4711-42.sock", Err(())),
            ("4711-42-7.sock", Err(())),
            ("op-op-4711-42.sock", Err(())),
            ("-.sock", Err(())),
            ("", Err(())),
        ] {
            assert_eq!(text.parse::<Name>(), expected, "{text}");
            assert!(expected.is_err() || expected.unwrap().to_string() == text, "{text}");
        }
    }

    #[test]
    fn a_process_is_known_by_its_start() {
        let own = Name::own(Whose::Operator).unwrap();
        assert!(own.is_alive());
        assert!(!Name { start: own.start + 1, ..own }.is_alive());
        assert_eq!(started(u32::MAX), None);
    }

    #[test]
    fn a_folder_is_made_once_and_found_by_others() {
        let made = folder().unwrap();
        assert_eq!(folder().unwrap(), made);
        assert!(made.as_os_str().len() <= FOLDER_BYTES_MAX);
        assert_eq!(folders(std::process::id()).first(), Some(&made));
        assert_eq!(folders(u32::MAX), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_is_not_the_users_alone_is_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let (user, at) = (geteuid().as_raw(), |name: &str| scratch.path().join(name));
        for (name, mode) in [("good", 0o700), ("open", 0o710), ("readable", 0o704)] {
            fs::create_dir(at(name)).unwrap();
            fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::write(at("file"), "").unwrap();
        symlink(at("good"), at("link")).unwrap();
        for (name, user, expected) in [
            ("good", user, ""),
            ("good", user + 1, "belongs to user"),
            ("open", user, "has mode 710"),
            ("readable", user, "has mode 704"),
            ("file", user, "is no folder"),
            ("link", user, "is a link"),
            ("nothing", user, "No such file"),
        ] {
            let found = check(&at(name), user).map_or_else(|e| e.to_string(), |()| String::new());
            assert_eq!(found.is_empty(), expected.is_empty(), "{name}: {found}");
            assert!(found.contains(expected), "{name}: {found}");
        }
    }

    #[test]
    fn a_link_in_another_file_system_is_not_followed() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path();
        fs::create_dir_all(root.join("real/waspect")).unwrap();
        symlink("/tmp", root.join("linked")).unwrap();
        for (folder, plain) in [("real/waspect", true), ("linked/waspect", false), ("linked", false)] {
            assert_eq!(is_plain(root, &inside(root, Path::new(folder))), plain, "{folder}");
        }
    }
}
