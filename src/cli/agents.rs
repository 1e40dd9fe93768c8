//! The agents that came with this binary: one for each CPython.
//!
//! In: which CPython. Out: the path of its agent. Never here: an agent of another build.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::bail;

/// The agent whose file ends as that interpreter's extensions do, `.cpython-312-x86_64-linux-gnu.so`.
pub(super) fn find(suffix: &str, version: &str) -> anyhow::Result<PathBuf> {
    let name = format!("_core{suffix}");
    let places = places()?;
    if let Some(agent) = places.iter().map(|dir| dir.join(&name)).find(|path| path.is_file()) {
        return Ok(agent.canonicalize()?);
    }
    let listed: Vec<String> = places.iter().map(|dir| format!("`{}`", dir.display())).collect();
    bail!(
        "no agent for CPython {version}: expected `{name}` in {}\n\
         hint: install the waspect wheel that this command belongs to, or set WASPECT_AGENT_DIR to a folder that has it",
        listed.join(" or "),
    )
}

/// Folders that may hold agents: the one named, the package of the wheel this binary came in, the source tree it was
/// built in. The first that is named is the only one.
fn places() -> anyhow::Result<Vec<PathBuf>> {
    if let Some(dir) = env::var_os("WASPECT_AGENT_DIR") {
        return Ok(vec![dir.into()]);
    }
    let exe = env::current_exe()?.canonicalize()?;
    let mut places = Vec::new();
    if let Some(prefix) = exe.parent().filter(|bin| bin.ends_with("bin")).and_then(Path::parent) {
        places.extend(installed(prefix));
    }
    let target = exe.ancestors().find(|dir| dir.ends_with("target"));
    places.extend(target.and_then(Path::parent).map(|root| root.join("python/waspect")));
    Ok(places)
}

/// `PREFIX/lib/python3*/site-packages/waspect`, and Debian's `dist-packages`.
fn installed(prefix: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("python3") {
            let packages = ["site-packages/waspect", "dist-packages/waspect"].map(|name| entry.path().join(name));
            found.extend(packages.into_iter().filter(|dir| dir.is_dir()));
        }
    }
    found.sort();
    found
}
