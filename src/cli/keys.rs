//! Files of keys.
//!
//! In: paths. Out: a secret key that its user alone could read; two new files. Never here: a link that is followed, a file that is
//! written over, a secret key in a message.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::advised::advised;
use crate::signature::SecretKey;

const OTHERS: u32 = 0o077;
/// A key has a tenth of it.
const BYTES_MAX: u64 = 1_024;

/// The secret key of a file that belongs to this user, who alone may read it.
pub(super) fn secret(path: &Path) -> anyhow::Result<SecretKey> {
    let shown = path.display();
    // What a pipe has to say would be waited for.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|e| unlinked(e, path))?;
    private(&file, path)?;
    let mut line = String::new();
    file.take(BYTES_MAX).read_to_string(&mut line).with_context(|| format!("the key `{shown}`"))?;
    line.parse().map_err(|e| {
        advised(format!("the key `{shown}`: {e}"), "`waspect keygen PATH` makes `PATH.key`, the secret one")
    })
}

fn unlinked(e: io::Error, path: &Path) -> anyhow::Error {
    let shown = path.display();
    match e.raw_os_error() {
        Some(libc::ELOOP) => advised(format!("the key `{shown}` is a symbolic link"), "name the file itself"),
        Some(libc::ENOENT) => advised(format!("there is no key `{shown}`"), "`waspect keygen PATH` makes `PATH.key`"),
        _ => anyhow::Error::new(e).context(format!("the key `{shown}`")),
    }
}

fn private(file: &File, path: &Path) -> anyhow::Result<()> {
    let (found, shown) = (file.metadata()?, path.display());
    let own = nix::unistd::geteuid().as_raw();
    if !found.is_file() {
        bail!("the key `{shown}` is no file");
    }
    if found.uid() != own {
        bail!("the key `{shown}` belongs to user {}, expected {own}", found.uid());
    }
    if found.mode() & OTHERS != 0 {
        let says =
            format!("the key `{shown}` has mode {:03o}, expected nothing for group and others", found.mode() & 0o777);
        return Err(advised(
            says,
            format!("`chmod 600 {shown}`, if nobody else can have read it; else make a new one"),
        ));
    }
    Ok(())
}

/// Writes `PATH.key` and `PATH.pub`; gives both names.
pub(super) fn write(path: &Path, key: &SecretKey) -> anyhow::Result<(PathBuf, PathBuf)> {
    let [secret, public] = ["key", "pub"].map(|kind| named(path, kind));
    create(&secret, &key.to_line(), 0o600)?;
    if let Err(e) = create(&public, &format!("{}\n", key.public()), 0o644) {
        // A pair, or nothing.
        let _ = remove_file(&secret);
        return Err(e);
    }
    Ok((secret, public))
}

/// Beside each other, whatever the name has in it; who names the file of the secret key means that.
fn named(path: &Path, kind: &str) -> PathBuf {
    let stem = path.as_os_str().to_string_lossy();
    format!("{}.{kind}", stem.strip_suffix(".key").unwrap_or(&stem)).into()
}

/// Nothing that is there is opened, a link neither.
fn create(path: &Path, line: &str, mode: u32) -> anyhow::Result<()> {
    let shown = path.display();
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).custom_flags(libc::O_NOFOLLOW).open(path);
    let mut file = file.map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => {
            advised(format!("`{shown}` is there already"), "name another one: a key that is lost cannot be made again")
        }
        _ => anyhow::Error::new(e).context(format!("`{shown}`")),
    })?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).with_context(|| format!("`{shown}`"))
}
