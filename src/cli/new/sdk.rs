//! The SDK: sources that are part of this binary, or a folder that is there already.
//!
//! In: nothing, or a folder. Out: files for `sdk/`, or the way from the probe to the folder. Never here: a registry.

use std::path::{Component, Path, PathBuf};

use anyhow::Context;

use super::{File, manifest};
use crate::cli::advised::advised;

/// Each file of the crate in `probe-sdk/rust` and of those it needs, as `build.rs` found them.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
const WORKSPACE: &str = include_str!("../../../Cargo.toml");
/// What goes with the sources: their licence, and their format, which `cargo fmt` of a probe would change.
const BESIDE: &[(&str, &str)] =
    &[("LICENSE", include_str!("../../../LICENSE")), ("rustfmt.toml", include_str!("../../../rustfmt.toml"))];
/// The crate that a probe depends on, in its folder of the SDK.
const CRATE: &str = "rust";
const PACKAGE: &str = "name = \"waspect-probe\"";

/// The SDK's files below `sdk/`, each crate standing alone.
pub(super) fn files() -> anyhow::Result<Vec<File>> {
    if SOURCES.is_empty() {
        let hint = "`--sdk DIR` takes it from waspect's sources, where it is `probe-sdk`";
        return Err(advised("this build of waspect has no SDK in it", hint));
    }
    let mut files: Vec<File> = SOURCES.iter().map(|(path, text)| (format!("sdk/{path}"), alone(path, text))).collect();
    files.extend(BESIDE.iter().map(|(path, text)| (format!("sdk/{path}"), (*text).to_owned())));
    Ok(files)
}

fn alone(path: &str, text: &str) -> String {
    if path.ends_with("Cargo.toml") { manifest::standalone(text, WORKSPACE) } else { text.to_owned() }
}

/// Where the crate is, seen from the probe's folder: below `sdk/`, or in `dir`.
pub(super) fn path(folder: &str, dir: Option<&Path>) -> anyhow::Result<String> {
    let Some(dir) = dir else { return Ok(format!("sdk/{CRATE}")) };
    let shown = dir.display();
    let hint =
        "an SDK has the crate `waspect-probe` in `rust/`, as `probe-sdk` of waspect's sources and `sdk` of a probe";
    let text = std::fs::read_to_string(dir.join(CRATE).join("Cargo.toml")).unwrap_or_default();
    if !text.lines().any(|line| line == PACKAGE) {
        return Err(advised(format!("`{shown}` is no SDK"), hint));
    }
    let there = dir.join(CRATE).canonicalize().with_context(|| format!("`{shown}`"))?;
    let here = Path::new(".").canonicalize().context("the current folder")?.join(folder);
    let way = relative(&here, &there);
    way.into_os_string().into_string().map_err(|way| advised(format!("path {way:?} is not UTF-8"), "move the SDK"))
}

/// From one absolute path to another.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::relative;

    #[test]
    fn ways() {
        for (from, to, way) in [
            ("/a/new", "/a/sdk/rust", "../sdk/rust"),
            ("/a/b/new", "/c/rust", "../../../c/rust"),
            ("/new", "/sdk", "../sdk"),
            ("/a/new", "/a/newer/rust", "../newer/rust"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(way), "{from} to {to}");
        }
    }
}
