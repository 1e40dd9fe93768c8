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
mod signed;
mod weight;

use std::borrow::Cow;
use std::path::Path;

use sha2::{Digest, Sha256};

pub use at::At;
pub use error::{ModuleError, Place};
pub use signed::{digest, unsigned, with_places, with_signatures};

use crate::limits::Profile;
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

/// Checks a module under the default limits. `name` is for people; `at` says where exports belong that do not say it
/// themselves, or overrides.
///
/// # Errors
/// At the first rule that does not hold.
pub fn parse(name: &str, bytes: &[u8], at: &[At]) -> Result<ProbeModule, ModuleError> {
    parse_for(name, bytes, at, Profile::Default)
}

/// The same under the limits of a profile.
///
/// # Errors
/// As [`parse`].
pub fn parse_for(name: &str, bytes: &[u8], at: &[At], profile: Profile) -> Result<ProbeModule, ModuleError> {
    let bytes = binary(name, bytes)?;
    let mut checked = check(name, &bytes, at, profile);
    if let Err(ModuleError::Cap { fits_large, .. }) = &mut checked {
        *fits_large = profile == Profile::Default && check(name, &bytes, at, Profile::Large).is_ok();
    }
    Ok(ProbeModule { manifest: checked?, bytes: bytes.into_owned() })
}

fn check(name: &str, bytes: &[u8], at: &[At], profile: Profile) -> Result<Manifest, ModuleError> {
    let facts = pass::read(bytes, profile)?;
    imports::check(&facts)?;
    let exports = exports::read(&facts, at)?;
    Ok(Manifest {
        name: name.to_owned(),
        sha256: Sha256::digest(bytes).into(),
        wasm_bytes: bytes.len() as u64,
        memory: facts.memory,
        probes: exports.probes,
        imports: facts.imports.iter().map(used).collect(),
        has_initialize: exports.has_initialize,
        is_placed: !at.is_empty(),
        signed: facts.signed.unwrap_or_default(),
        profile,
    })
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
    shape::cap!(Profile::Default, MODULE_TEXT_BYTES_MAX, Place::Module, text.len())?;
    wat::Parser::new()
        .parse_str(Some(Path::new(name)), text)
        .map(Cow::Owned)
        .map_err(|e| ModuleError::Text(shown_lines(&e.to_string())))
}
