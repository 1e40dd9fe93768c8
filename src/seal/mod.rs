//! Seals: machine code is executed as it stands, so a file of it is believed only under this user's own key.
//!
//! In: an artifact or its machine code. Out: sealed bytes, and back. A guard against corruption and other users, not against
//! the same user. Never here: code that runs what was sealed, or bytes given out before their seal was checked.
//!
//! A sealed file is `waspect\0`, the format number, 32 bytes of HMAC-SHA256 over purpose, head and body, and the body. The
//! purpose is not in the file: an entry put under another's name is refused like a forged one.

use std::sync::OnceLock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::frames::{self, Artifact, FrameError};

mod folder;

pub use folder::{Folder, FolderError};

const MAGIC: &[u8; 8] = b"waspect\0";
const SEAL_BYTES: usize = 32;
const HEAD_BYTES: usize = MAGIC.len() + 4;
/// The purpose of files that a user keeps himself.
const ARTIFACT: &str = "artifact";
/// The purpose of bytes that do not leave a process.
const LENT: &str = "lent";

/// Why bytes are not believed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("expected a waspect artifact, found {0} other bytes")]
    NotSealed(usize),
    #[error("artifact of format {found}, expected {}", frames::PROTOCOL)]
    Format { found: u32 },
    #[error("the seal does not match: damaged, or made by another user or on another machine")]
    Broken,
    #[error("artifact is not understood: {0}")]
    Content(#[from] FrameError),
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl SealError {
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotSealed(_) => "`waspect compile FILE -o OUT.cwasm` makes one",
            Self::Folder(_) => "the key that seals artifacts is kept in the cache directory",
            _ => "compile it again from the `.wasm`, here",
        }
    }
}

/// One user's key. Whoever has it can make this user run code.
#[derive(Clone)]
pub struct Key([u8; SEAL_BYTES]);

impl Key {
    fn random() -> Result<Self, FolderError> {
        let error = |error| FolderError::Io { what: "randomness".into(), error };
        folder::random().map(Self).map_err(error)
    }

    /// The body with its seal in front.
    pub fn seal(&self, purpose: &str, body: &[u8]) -> Vec<u8> {
        let head = head();
        let seal = self.mac(purpose, &head, body).finalize().into_bytes();
        [&head, seal.as_slice(), body].concat()
    }

    /// The body, if the seal is this key's for this purpose.
    ///
    /// # Errors
    /// When the bytes are no sealed file, of another format, or not believed.
    pub fn open<'a>(&self, purpose: &str, file: &'a [u8]) -> Result<&'a [u8], SealError> {
        let (head, rest) = split_head(file)?;
        let (seal, body) = rest.split_at_checked(SEAL_BYTES).ok_or(SealError::Broken)?;
        self.mac(purpose, head, body).verify_slice(seal).map_err(|_| SealError::Broken)?;
        Ok(body)
    }

    fn mac(&self, purpose: &str, head: &[u8], body: &[u8]) -> Hmac<Sha256> {
        // A key shorter than the hash's block is one filled up with zeros.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block[..SEAL_BYTES].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block);
        // The length first, so that no purpose runs into the body of another.
        mac.update(&(purpose.len() as u64).to_le_bytes());
        mac.update(purpose.as_bytes());
        mac.update(head);
        mac.update(body);
        mac
    }
}

/// Whether the bytes say they are a sealed artifact; nothing is believed yet.
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// A `.cwasm` file's bytes, sealed with this user's key.
///
/// # Errors
/// When the key cannot be kept, or the codec refuses the artifact.
pub fn save(folder: &Folder, artifact: &Artifact) -> Result<Vec<u8>, SealError> {
    Ok(folder.key()?.seal(ARTIFACT, &frames::encode(artifact)?))
}

/// The artifact in a `.cwasm` file's bytes, if this user sealed it.
///
/// # Errors
/// When the bytes are not believed.
pub fn load(folder: &Folder, bytes: &[u8]) -> Result<Artifact, SealError> {
    split_head(bytes)?;
    Ok(frames::decode(folder.key()?.open(ARTIFACT, bytes)?)?)
}

/// Bytes that this process believes, and those forked from it: an artifact between its own rooms, where no key can be kept.
///
/// # Errors
/// When the codec refuses the artifact, or there is no randomness.
pub fn lend(artifact: &Artifact) -> Result<Vec<u8>, SealError> {
    Ok(own()?.seal(LENT, &frames::encode(artifact)?))
}

/// The artifact in bytes that this process lent, or that this user sealed.
///
/// # Errors
/// When the bytes are not believed.
pub fn take(bytes: &[u8]) -> Result<Artifact, SealError> {
    match own()?.open(LENT, bytes) {
        Ok(body) => Ok(frames::decode(body)?),
        Err(SealError::Broken) => load(&Folder::open()?, bytes),
        Err(other) => Err(other),
    }
}

/// The key of this process, never written anywhere.
fn own() -> Result<&'static Key, SealError> {
    static KEY: OnceLock<Key> = OnceLock::new();
    if KEY.get().is_none() {
        // Of two threads one is first, and its key is both's.
        let _ = KEY.set(Key::random()?);
    }
    KEY.get().ok_or(SealError::Broken)
}

fn head() -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..MAGIC.len()].copy_from_slice(MAGIC);
    head[MAGIC.len()..].copy_from_slice(&frames::PROTOCOL.to_le_bytes());
    head
}

fn split_head(file: &[u8]) -> Result<(&[u8], &[u8]), SealError> {
    let (head, rest) = file.split_at_checked(HEAD_BYTES).ok_or(SealError::NotSealed(file.len()))?;
    let (magic, number) = head.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(SealError::NotSealed(file.len()));
    }
    match number.try_into().map(u32::from_le_bytes) {
        Ok(frames::PROTOCOL) => Ok((head, rest)),
        found => Err(SealError::Format { found: found.unwrap_or(0) }),
    }
}
