//! Programs of the probe language on the command line.
//!
//! In: a text and its name. Out: a module's bytes, or a refusal that shows every mistake. Never here: a module that takes
//! another road from here than one that came as wasm.

mod shown;

use std::fmt;
use std::io::Write;
use std::path::Path;

pub(crate) use shown::{Position, position, shown};

use super::text;
use crate::lang;
use crate::lang::diagnostics::{Diagnostics, Severity};

/// Whether this is a program and no module: by the name, and where that says nothing by how the text begins.
pub(crate) fn is_program(name: &str, bytes: &[u8]) -> bool {
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("probe") => true,
        Some(_) => false,
        None => {
            let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
            let is_begun = first.is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'#' | b'/' | b'@'));
            is_begun && !bytes.contains(&0)
        }
    }
}

/// A program, and what it is called.
#[derive(Debug)]
pub(crate) struct Program {
    /// For people: a path, or `-e`.
    pub(crate) name: String,
    pub(crate) source: String,
}

impl Program {
    pub(crate) fn new(name: &str, bytes: Vec<u8>) -> anyhow::Result<Self> {
        match String::from_utf8(bytes) {
            Ok(source) => Ok(Self { name: name.to_owned(), source }),
            Err(e) => anyhow::bail!("expected UTF-8, found something else at byte {}", e.utf8_error().valid_up_to()),
        }
    }

    /// To a module. Warnings go to stderr.
    pub(crate) fn compile(self) -> anyhow::Result<Vec<u8>> {
        let lang::Compiled { wasm, diagnostics } = lang::compile(&self.source);
        match wasm {
            Some(wasm) => {
                let _ = write!(anstream::stderr(), "{}", shown(&self, &diagnostics));
                Ok(wasm)
            }
            None => Err(Refused { program: self, diagnostics }.into()),
        }
    }
}

/// A program with mistakes.
#[derive(Debug, thiserror::Error)]
pub(crate) struct Refused {
    program: Program,
    diagnostics: Diagnostics,
}

impl Refused {
    pub(crate) fn new(program: Program, diagnostics: Diagnostics) -> Self {
        Self { program, diagnostics }
    }

    /// For a terminal: every mistake beneath its line.
    pub(crate) fn shown(&self) -> String {
        shown(&self.program, &self.diagnostics)
    }

    /// `` `x.probe` has 2 errors ``
    pub(crate) fn count(&self) -> String {
        let listed = self.diagnostics.list().iter().filter(|one| one.severity == Severity::Error).count();
        format!("`{}` has {}", self.program.name, text::count(listed + self.diagnostics.more(), "error"))
    }
}

/// For those who have no terminal: an exception's message.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = anstream::adapter::strip_str(&self.shown()).to_string();
        write!(f, "{}\n\n{}", self.count(), shown.trim_end())
    }
}
