//! Build: tells the compiler which CPython it builds against (`cfg(Py_3_12)` …), and the binary which files the SDK has.
//! Never links anything.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_PYTHON").is_some() {
        pyo3_build_config::use_pyo3_cfgs();
    }
    if env::var_os("CARGO_FEATURE_CLI").is_some() {
        list_sdk()?;
    }
    Ok(())
}

/// `$OUT_DIR/sdk.rs`: every file of the crate in `probe-sdk/rust` and of those it needs, by its path there. A package made
/// of this crate has no `probe-sdk` (cargo leaves folders with a manifest out); then the list is empty.
fn list_sdk() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let sdk = root.join("probe-sdk");
    // What is not there would count as changed at every build.
    if sdk.exists() {
        println!("cargo::rerun-if-changed=probe-sdk");
    }
    let mut files = BTreeSet::new();
    for krate in closure(&sdk, "rust") {
        let folder = sdk.join(krate);
        files.insert(folder.join("Cargo.toml"));
        sources(&folder.join("src"), &mut files)?;
    }
    let mut code = String::from("&[\n");
    for path in &files {
        let name = path.strip_prefix(&sdk).unwrap_or(path);
        let _ = writeln!(code, "    ({:?}, include_str!({:?})),", name.to_string_lossy(), path.to_string_lossy());
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("sdk.rs"), code)
}

/// A crate's folder and those that it names by `path = "../…"`.
fn closure(sdk: &Path, first: &str) -> BTreeSet<String> {
    let (mut found, mut next) = (BTreeSet::new(), vec![first.to_owned()]);
    while let Some(krate) = next.pop() {
        let Ok(manifest) = fs::read_to_string(sdk.join(&krate).join("Cargo.toml")) else { continue };
        let paths = manifest.split("path = \"../").skip(1).filter_map(|rest| rest.split('"').next());
        next.extend(paths.filter(|path| !found.contains(*path)).map(str::to_owned));
        found.insert(krate);
    }
    found
}

fn sources(folder: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.insert(path);
        }
    }
    Ok(())
}
