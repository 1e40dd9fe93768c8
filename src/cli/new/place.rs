//! Where the folder goes: looked at first, written beside, put there whole.
//!
//! In: a path and files. Out: the folder. Never here: a file of somebody else touched, half a folder left.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, anyhow};

use super::File;
use crate::cli::advised::advised;

/// Says early what `write` would only find at its end.
pub(super) fn check(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    let hint = "nothing was written; choose another name, or move what is there";
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(advised(format!("folder `{shown}` exists and is not empty"), hint)),
        Err(_) if fs::symlink_metadata(folder).is_ok() => {
            Err(advised(format!("`{shown}` exists and is not a folder that can be read"), hint))
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(anyhow!(e).context(format!("`{shown}`"))),
    }
}

/// The last step is a rename, which the kernel refuses where there is anything but an empty folder.
pub(super) fn write(folder: &Path, files: &[File]) -> anyhow::Result<()> {
    let scratch = tempfile::Builder::new().prefix(".waspect-new-").tempdir_in(".")?;
    let made = scratch.path().join("new");
    for (name, text) in files {
        let path = made.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&made))?;
        fs::write(&path, text).with_context(|| name.clone())?;
    }
    Ok(fs::rename(&made, folder)?)
}
