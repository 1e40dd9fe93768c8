//! Build: tells the compiler which CPython it builds against (`cfg(Py_3_12)` …), and the binary which files the SDK has and
//! what a process loads that it enters. Never links anything of the crate's own.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_PYTHON").is_some() {
        pyo3_build_config::use_pyo3_cfgs();
    }
    if env::var_os("CARGO_FEATURE_CLI").is_some() {
        list_sdk()?;
        build_shim()?;
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

/// A shared object without libraries, start files and anything to look up; its entry point is its thread.
const SHIM_LINKER: [&str; 6] = [
    "-nostartfiles",
    "-nodefaultlibs",
    "-Wl,-e,waspect_enter",
    "-Wl,-z,noseparate-code",
    "-Wl,--hash-style=gnu",
    "-Wl,--build-id=none",
];

/// `$OUT_DIR/shim.so`, by the compiler and linker that build the rest, but without their flags: it is for any x86-64.
fn build_shim() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/inject/shim");
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() != Ok("x86_64") {
        return Ok(());
    }
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2024", "--crate-type=cdylib", "--crate-name=waspect_shim", "src/inject/shim/shim.rs"]);
    rustc.args(["-Cpanic=abort", "-Copt-level=s", "-Cstrip=symbols", "--target"]);
    rustc.arg(env::var_os("TARGET").unwrap_or_default());
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        rustc.arg("-C").arg([OsStr::new("linker="), &linker].into_iter().collect::<OsString>());
    }
    rustc.args(SHIM_LINKER.map(|flag| format!("-Clink-arg={flag}")));
    rustc.arg("-o").arg(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("shim.so"));
    if rustc.status()?.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("the shim was not built by {rustc:?}")))
    }
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
