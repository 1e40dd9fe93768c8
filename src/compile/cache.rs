//! The cache: machine code in the user's own folder, by what it was made from and what it was made for.
//!
//! In: a module's bytes and the engine. Out: code whose seal was checked. Never here: an error that ends a compilation, code
//! for another engine, processor or version.

use std::hash::{Hash, Hasher};
use std::path::Path;

use sha2::{Digest, Sha256};
use wasmtime::Engine;

use super::Cache;
use crate::frames::PROTOCOL;
use crate::limits::{self, Profile};
use crate::seal::{Folder, FolderError, Key, SealError};

/// Why the cache did not serve or keep something. Never the end: the module is compiled.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error("no cache: {0}")]
    Unusable(#[source] FolderError),
    #[error("not taken from the cache and made anew: {0}")]
    Refused(#[source] SealError),
    #[error("not kept in the cache: {0}")]
    NotKept(#[source] FolderError),
}

/// The folder and its key.
pub(super) struct Cabinet {
    folder: Folder,
    key: Key,
}

/// None when the cache is off.
pub(super) fn open(cache: &Cache) -> Result<Option<Cabinet>, FolderError> {
    let folder = match cache {
        Cache::Off => return Ok(None),
        Cache::User => Folder::open()?,
        Cache::At(path) => Folder::at(Path::new(path))?,
    };
    Ok(Some(Cabinet { key: folder.key()?, folder }))
}

/// What a module's machine code is called: everything it depends on. The engine's own hash covers the exact version of the
/// compiler, the target, the processor's features and every setting.
pub(super) fn name(bytes: &[u8], profile: Profile, engine: &Engine) -> String {
    let mut digest = Digested(Sha256::new());
    (env!("CARGO_PKG_VERSION"), PROTOCOL, profile).hash(&mut digest);
    engine.precompile_compatibility_hash().hash(&mut digest);
    digest.0.update(bytes);
    let hex: String = digest.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.cwasm")
}

impl Cabinet {
    /// None: never compiled here. The name is the seal's purpose, so that code put under another module's name is refused.
    pub(super) fn find(&self, name: &str) -> Result<Option<Vec<u8>>, CacheError> {
        let Some(file) = self.folder.read(name).map_err(CacheError::Unusable)? else { return Ok(None) };
        let code = self.key.open(name, &file).map_err(CacheError::Refused)?;
        Ok(Some(code.to_vec()))
    }

    pub(super) fn keep(&self, name: &str, code: &[u8]) -> Result<(), CacheError> {
        self.folder.write(name, &self.key.seal(name, code)).map_err(CacheError::NotKept)?;
        self.folder.trim(limits::CACHE_BYTES_MAX).map_err(CacheError::NotKept)
    }
}

/// All of what is hashed, where a `Hasher` would give 64 bits of it.
struct Digested(Sha256);

impl Hasher for Digested {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0 // nobody asks: the digest is taken from the field
    }
}
