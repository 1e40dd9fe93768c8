//! What commands left behind that were killed: folders in which nobody waits any more.
//!
//! In: a folder for temporary files. Out: the same without them. Never here: a folder of somebody who lives, or is only just
//! beginning; one of another user, unless this is root.

use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nix::unistd::geteuid;

/// As `Client::listen` names it.
const SOCKET: &str = "meet";
/// A folder that is younger may be about to be used.
const SETTLED: Duration = Duration::from_secs(60);

/// Removes folders whose names begin so, and whose makers are gone.
pub(super) fn sweep(parent: &Path, prefix: &str) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        if is_left(&entry) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_left(entry: &DirEntry) -> bool {
    // Of the link itself, where it is one.
    let Ok(found) = entry.metadata() else { return false };
    let is_ours = found.uid() == geteuid().as_raw() || geteuid().is_root();
    let is_old = found.modified().is_ok_and(|then| then.elapsed().is_ok_and(|age| age >= SETTLED));
    found.is_dir() && is_ours && is_old && is_deserted(&entry.path().join(SOCKET))
}

/// Whether there is a socket on which nobody listens: what has none is somebody else's.
pub(super) fn is_deserted(socket: &Path) -> bool {
    UnixStream::connect(socket).is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::time::SystemTime;

    #[test]
    fn only_what_nobody_waits_in_is_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let at = |name: &str| scratch.path().join(name);
        let old = SystemTime::now() - 2 * SETTLED;
        for name in ["w-dead", "w-empty", "w-alive", "w-young", "other"] {
            fs::create_dir(at(name)).unwrap();
        }
        let alive = UnixListener::bind(at("w-alive/meet")).unwrap();
        drop(UnixListener::bind(at("w-dead/meet")).unwrap());
        drop(UnixListener::bind(at("w-young/meet")).unwrap());
        std::os::unix::fs::symlink(at("other"), at("w-link")).unwrap();
        for name in ["w-dead", "w-empty", "w-alive", "other"] {
            fs::File::open(at(name)).unwrap().set_modified(old).unwrap();
        }
        sweep(scratch.path(), "w-");
        let left = ["w-dead", "w-empty", "w-alive", "w-young", "other", "w-link"].map(|name| at(name).exists());
        assert_eq!(left, [false, true, true, true, true, true]);
        drop(alive);
    }
}
