//! What there is to build.
//!
//! In: a path. Out: a folder for cargo, or a text module. Never here: a search in folders above or below.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::advised::advised;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A folder with a `Cargo.toml`.
    Cargo(PathBuf),
    /// A `.wat` or `.probe`.
    Text(PathBuf),
}

pub(super) fn find(path: &Path) -> anyhow::Result<Source> {
    let shown = path.display();
    if fs::metadata(path).with_context(|| format!("`{shown}`"))?.is_dir() {
        return in_folder(path);
    }
    if path.file_name().is_some_and(|name| name == "Cargo.toml") {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        return Ok(Source::Cargo(folder.unwrap_or(Path::new(".")).to_owned()));
    }
    if is_text(path) {
        return Ok(Source::Text(path.to_owned()));
    }
    let hint = "what is built already is checked by `waspect check`";
    Err(advised(format!("`{shown}`: expected a folder, a `Cargo.toml`, a `.wat` or a `.probe`"), hint))
}

fn in_folder(folder: &Path) -> anyhow::Result<Source> {
    let shown = folder.display();
    if folder.join("Cargo.toml").is_file() {
        return Ok(Source::Cargo(folder.to_owned()));
    }
    let entries = fs::read_dir(folder).with_context(|| format!("`{shown}`"))?;
    let mut texts: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| is_text(path)).collect();
    texts.sort();
    match (texts.pop(), texts.len()) {
        (Some(only), 0) => Ok(Source::Text(only)),
        (Some(last), more) => Err(advised(
            format!("`{shown}` has {} modules, expected one `.wat` or `.probe`", more + 1),
            format!("name one, such as `waspect build {}`", last.display()),
        )),
        (None, _) => Err(advised(
            format!("`{shown}` has nothing to build, expected a `Cargo.toml`, a `.wat` or a `.probe`"),
            "`waspect new rust NAME` begins a probe",
        )),
    }
}

fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext == "wat" || ext == "probe")
}
