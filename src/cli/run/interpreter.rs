//! The interpreter a program runs in, and the agent that fits it.
//!
//! In: what the operator named, or the environment. Out: an interpreter that can be probed. Never here: an import of
//! anything in that interpreter beside `sys`, a guess.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};

use anyhow::{Context, anyhow, bail};

use crate::cli::agents;

/// Prints what must be known, in lines; old enough words for any Python.
const QUESTION: &str = "import sys
print(sys.implementation.name)
print('%d.%d.%d' % sys.version_info[:3])
print(getattr(sys, 'abiflags', ''))
print(__import__('_imp').extension_suffixes()[0])";

/// The versions whose private layouts the agent knows.
const MINORS: std::ops::RangeInclusive<u32> = 11..=13;

/// An interpreter that can be probed.
#[derive(Debug)]
pub(crate) struct Interpreter {
    /// As it will be called: the program sees it in `sys.orig_argv`.
    pub(crate) path: OsString,
    version: String,
    /// `.cpython-312-x86_64-linux-gnu.so`
    suffix: String,
}

impl Interpreter {
    pub(crate) fn find(named: Option<&Path>) -> anyhow::Result<Self> {
        let path = match (named, env::var_os("VIRTUAL_ENV").filter(|v| !v.is_empty())) {
            (Some(path), _) => path.as_os_str().to_owned(),
            (None, Some(venv)) => Path::new(&venv).join("bin/python").into_os_string(),
            (None, None) => "python3".into(),
        };
        Self::ask(path)
    }

    /// Starts it once, without the environment's influence.
    fn ask(path: OsString) -> anyhow::Result<Self> {
        let subject = path.display().to_string();
        let asked = process::Command::new(&path).args(["-I", "-S", "-c", QUESTION]).stdin(Stdio::null()).output();
        let asked = asked.with_context(|| format!("interpreter `{subject}` cannot be started"))?;
        let answer = String::from_utf8_lossy(&asked.stdout).into_owned();
        let mut lines = answer.lines();
        let (Some(name), Some(version), Some(flags), Some(suffix)) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            let said = String::from_utf8_lossy(&asked.stderr);
            bail!("`{subject}` does not answer as a Python 3 does ({}){}", asked.status, said_last(&said));
        };
        fits(name, version, flags).map_err(|found| anyhow!("`{subject}` is {found}, expected CPython 3.11 to 3.13"))?;
        Ok(Self { version: version.to_owned(), suffix: suffix.to_owned(), path })
    }

    /// The agent built for this version.
    pub(super) fn agent(&self) -> anyhow::Result<PathBuf> {
        agents::find(&self.suffix, &self.version)
    }
}

fn said_last(stderr: &str) -> String {
    stderr.lines().last().map_or_else(String::new, |line| format!(": {line}"))
}

/// Whether there can be an agent; else what was found.
fn fits(name: &str, version: &str, flags: &str) -> Result<(), String> {
    let mut parts = version.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let known = parts.next() == Some(3) && parts.next().is_some_and(|minor| MINORS.contains(&minor));
    match (name, known, flags) {
        ("cpython", true, "") => Ok(()),
        ("cpython", true, f) if f.contains('t') => Err(format!("free-threaded CPython {version}")),
        ("cpython", true, f) => Err(format!("a build of CPython {version} with flags `{f}`")),
        ("cpython", false, _) => Err(format!("CPython {version}")),
        (other, ..) => Err(format!("{other} {version}")),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn only_known_layouts_fit() {
        for (name, version, flags, found) in [
            ("cpython", "3.11.7", "", None),
            ("cpython", "3.13.0", "", None),
            ("cpython", "3.10.13", "", Some("CPython 3.10.13")),
            ("cpython", "3.14.0", "", Some("CPython 3.14.0")),
            ("cpython", "2.7.18", "", Some("CPython 2.7.18")),
            ("cpython", "3.13.0", "t", Some("free-threaded CPython 3.13.0")),
            ("cpython", "3.12.1", "d", Some("a build of CPython 3.12.1 with flags `d`")),
            ("pypy", "3.11.2", "", Some("pypy 3.11.2")),
        ] {
            assert_eq!(fits(name, version, flags).err().as_deref(), found);
        }
    }
}
