//! Modules: wasm bytes, from any language, checked before a compiler sees them.
//!
//! In: bytes of a `.wasm`, or the text of a `.wat`. Out: a [`ProbeModule`], which is the proof that every rule of
//! `docs/ABI.md` holds: features, imports, exports, specs, shape. Never here: a compiler, or a rule kept in silence;
//! each refusal names the export, import or function, and what would be accepted.

mod at;
mod custom;
mod error;
mod exports;
mod imports;
mod pass;
mod reach;
mod shape;

use std::borrow::Cow;
use std::path::Path;

use sha2::{Digest, Sha256};

pub use at::At;
pub use error::{ModuleError, Place};

use crate::limits;
use crate::spec::words::shown_lines;
use crate::spec::{ImportUse, Manifest};

/// A module that keeps every rule, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeModule {
    bytes: Vec<u8>,
    manifest: Manifest,
}

impl ProbeModule {
    /// The binary form, also where text was given.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

/// Checks a module. `name` is for people; `at` says where exports belong that do not say it themselves, or overrides.
///
/// # Errors
/// At the first rule that does not hold.
pub fn parse(name: &str, bytes: &[u8], at: &[At]) -> Result<ProbeModule, ModuleError> {
    let bytes = binary(name, bytes)?;
    let facts = pass::read(&bytes)?;
    imports::check(&facts)?;
    let exports = exports::read(&facts, at)?;
    let manifest = Manifest {
        name: name.to_owned(),
        sha256: Sha256::digest(&bytes).into(),
        wasm_bytes: bytes.len() as u64,
        memory: facts.memory,
        probes: exports.probes,
        imports: facts.imports.iter().map(used).collect(),
        has_initialize: exports.has_initialize,
    };
    Ok(ProbeModule { bytes: bytes.into_owned(), manifest })
}

fn used(import: &pass::Import<'_>) -> ImportUse {
    ImportUse { module: import.module.to_owned(), name: import.name.to_owned() }
}

/// The bytes themselves, or what the text stands for.
fn binary<'a>(name: &str, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, ModuleError> {
    if bytes.starts_with(b"\0asm") {
        return Ok(Cow::Borrowed(bytes));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ModuleError::NotWasm)?;
    if !text.contains('(') {
        return Err(ModuleError::NotWasm);
    }
    shape::cap!(MODULE_TEXT_BYTES_MAX, Place::Module, text.len())?;
    wat::Parser::new()
        .parse_str(Some(Path::new(name)), text)
        .map(Cow::Owned)
        .map_err(|e| ModuleError::Text(shown_lines(&e.to_string())))
}

/// The pages an instance may have.
fn pages_max() -> u64 {
    limits::GUEST_MEMORY_BYTES_MAX / (64 << 10)
}
