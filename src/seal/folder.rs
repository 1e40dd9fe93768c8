//! The user's own folder: sealed files and the key to them.
//!
//! In: names without a path. Out: bytes, whole or not at all. Never here: a name outside the folder (it is a capability), a
//! folder or key that someone else may write or read, a file that another process sees half written.

use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cap_std::fs::{Dir, MetadataExt as _, OpenOptions, OpenOptionsExt as _};

use super::{Key, SEAL_BYTES};
use crate::sorted;

const KEY: &str = "key";
const SUFFIX: &str = ".cwasm";
const SCRATCH: &str = ".tmp-";
/// Nobody writes one file for so long: what is left is from a process that died.
const SCRATCH_AGE_MAX: Duration = Duration::from_secs(3_600);
const OTHERS: u32 = 0o077;

/// Why there is no private folder, or a file of it cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("expected `XDG_CACHE_HOME` or `HOME` to be an absolute path, found neither")]
    Homeless,
    #[error("`{0}` is a symbolic link or no directory, expected a directory")]
    NotDirectory(String),
    #[error("`{what}` belongs to user {found}, expected {expected}")]
    Owner { what: String, found: u32, expected: u32 },
    #[error("`{what}` has mode {mode:03o}, expected nothing for group and others")]
    Mode { what: String, mode: u32 },
    #[error("`{what}`: {error}")]
    Io { what: String, error: io::Error },
}

/// An open private folder.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    path: PathBuf,
}

impl Folder {
    /// This user's: `$XDG_CACHE_HOME/waspect`, else `~/.cache/waspect`; made if it is not there.
    ///
    /// # Errors
    /// When there is no home, or the folder is not this user's alone.
    pub fn open() -> Result<Self, FolderError> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
        Self::at(&base.ok_or(FolderError::Homeless)?.join("waspect"))
    }

    /// The one at a path; made if it is not there.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn at(path: &Path) -> Result<Self, FolderError> {
        let named = |error| FolderError::Io { what: path.display().to_string(), error };
        if path.symlink_metadata().is_err() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(named)?;
        }
        let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
        let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path);
        let file = file.map_err(|e| match e.raw_os_error() {
            Some(libc::ELOOP | libc::ENOTDIR) => FolderError::NotDirectory(path.display().to_string()),
            _ => named(e),
        })?;
        let found = file.metadata().map_err(named)?;
        mine(path.display().to_string(), found.uid(), found.mode())?;
        Ok(Self { dir: Dir::from_std_file(file), path: path.to_owned() })
    }

    /// The key of this folder; a new one if there is none, or if others could have read it.
    ///
    /// # Errors
    /// When there is none and none can be kept.
    pub fn key(&self) -> Result<Key, FolderError> {
        match self.read_key() {
            Ok(Some(key)) => return Ok(key),
            Ok(None) => self.remove(KEY)?,
            Err(FolderError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
            Err(other) => return Err(other),
        }
        self.make_key()?;
        // Not what was just made but what is there: of two processes one was first.
        self.read_key()?.ok_or_else(|| self.io(KEY, io::ErrorKind::InvalidData.into()))
    }

    /// A file's bytes; none if there is no such file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderError> {
        match self.dir.read(name) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.io(name, e)),
        }
    }

    /// Puts a whole file in place of what was there.
    ///
    /// # Errors
    /// When it cannot be written; what was there stays.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let scratch = self.write_scratch(bytes).map_err(|e| self.io(name, e))?;
        self.dir.rename(&scratch, &self.dir, name).map_err(|e| self.discard(&scratch, name, e))
    }

    /// Removes the oldest sealed files until what is left fits, and what dead writers left.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn trim(&self, bytes_max: u64) -> Result<(), FolderError> {
        let files = self.files().map_err(|e| self.io("", e))?;
        let files = sorted::by(files, |a, b| b.written.cmp(&a.written));
        let mut kept = 0;
        for file in files {
            kept += file.bytes;
            let dead = file.name.starts_with(SCRATCH) && file.written.elapsed().is_ok_and(|age| age > SCRATCH_AGE_MAX);
            if dead || (kept > bytes_max && file.name.ends_with(SUFFIX)) {
                self.remove(&file.name)?;
            }
        }
        Ok(())
    }

    fn files(&self) -> io::Result<Vec<File>> {
        let mut files = Vec::new();
        for entry in self.dir.entries()? {
            let entry = entry?;
            // Another process may have removed it meanwhile.
            let Ok(found) = entry.metadata() else { continue };
            let Ok(written) = found.modified() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            files.push(File { name, bytes: found.len(), written: written.into_std() });
        }
        Ok(files)
    }

    /// None: there is one that must not be used.
    fn read_key(&self) -> Result<Option<Key>, FolderError> {
        let mut file = self.dir.open(KEY).map_err(|e| self.io(KEY, e))?;
        let found = file.metadata().map_err(|e| self.io(KEY, e))?;
        if !found.is_file()
            || found.len() != SEAL_BYTES as u64
            || mine(String::new(), found.uid(), found.mode()).is_err()
        {
            return Ok(None);
        }
        let mut key = [0; SEAL_BYTES];
        file.read_exact(&mut key).map_err(|e| self.io(KEY, e))?;
        Ok(Some(Key(key)))
    }

    /// A link, unlike a rename, leaves a key alone that another process made meanwhile.
    fn make_key(&self) -> Result<(), FolderError> {
        let scratch = self.write_scratch(&random::<SEAL_BYTES>().map_err(|e| self.io(KEY, e))?);
        let scratch = scratch.map_err(|e| self.io(KEY, e))?;
        let linked = self.dir.hard_link(&scratch, &self.dir, KEY);
        self.remove(&scratch)?;
        match linked {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(self.io(KEY, e)),
            _ => Ok(()),
        }
    }

    fn write_scratch(&self, bytes: &[u8]) -> io::Result<String> {
        let name = format!("{SCRATCH}{:016x}", u64::from_le_bytes(random()?));
        let mut options = OpenOptions::new();
        let mut file = self.dir.open_with(&name, options.write(true).create_new(true).mode(0o600))?;
        if let Err(e) = file.write_all(bytes) {
            let _ = self.dir.remove_file(&name);
            return Err(e);
        }
        Ok(name)
    }

    fn discard(&self, scratch: &str, name: &str, error: io::Error) -> FolderError {
        let _ = self.dir.remove_file(scratch);
        self.io(name, error)
    }

    /// Gone already is as good.
    fn remove(&self, name: &str) -> Result<(), FolderError> {
        match self.dir.remove_file(name) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.io(name, e)),
            _ => Ok(()),
        }
    }

    fn io(&self, name: &str, error: io::Error) -> FolderError {
        FolderError::Io { what: self.path.join(name).display().to_string(), error }
    }
}

struct File {
    name: String,
    bytes: u64,
    written: SystemTime,
}

fn mine(what: String, uid: u32, mode: u32) -> Result<(), FolderError> {
    let expected = nix::unistd::geteuid().as_raw();
    if uid != expected {
        return Err(FolderError::Owner { what, found: uid, expected });
    }
    if mode & OTHERS != 0 {
        return Err(FolderError::Mode { what, mode: mode & 0o777 });
    }
    Ok(())
}

pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}
