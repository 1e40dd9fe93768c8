//! Signatures over modules: by which key, and whether they hold.
//!
//! In: keys, and the digest of a module's bytes. Out: yes or no for each signature; with a secret key, a signature. Never here: a
//! module's bytes, which keys are trusted (a policy says that), a secret key in the agent.

use ed25519_compact as ed25519;
use serde::{Deserialize, Serialize};

#[cfg(feature = "cli")]
mod text;
#[cfg(feature = "cli")]
pub use text::{KeyError, PUBLIC, SECRET, SecretKey};

/// Goes before the digest, so that a signature over a module is none over anything else that the same key signs.
const PURPOSE: &[u8; 16] = b"waspect module 1";

/// SHA-256 of all bytes of a module before its signatures.
pub type Digest = [u8; 32];

/// A public key; people know it by the beginning of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PublicKey(pub [u8; 32]);

/// What a module says of who signed it; nothing, of most. As it crosses borders: the digest, and each signature's bytes, by key.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Signed(Vec<u8>);

/// One signature, which may hold or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature {
    pub key: PublicKey,
    /// `R` and `S` of RFC 8032.
    pub halves: [[u8; 32]; 2],
}

impl PublicKey {
    /// As people compare keys.
    pub fn id(&self) -> String {
        digits(&self.0[..8])
    }

    /// All of it.
    pub fn digits(&self) -> String {
        digits(&self.0)
    }
}

fn digits(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(if n < 10 { b'0' + n } else { b'a' - 10 + n });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

impl Signed {
    /// Of signatures, each the 32 bytes of a key and the 64 of a signature.
    pub fn new(digest: &Digest, signatures: &[u8]) -> Self {
        Self([digest, signatures].concat())
    }

    /// All, in order; none of bytes that nobody made here.
    pub fn by(&self) -> impl Iterator<Item = Signature> {
        self.parts().1.as_chunks().0.iter().map(|[key, r, s]| Signature { key: PublicKey(*key), halves: [*r, *s] })
    }

    pub fn digest(&self) -> &Digest {
        self.parts().0
    }

    fn parts(&self) -> (&Digest, &[[u8; 32]]) {
        self.0.as_chunks().0.split_first().unwrap_or((&[0; 32], &[]))
    }
}

impl Signature {
    /// Whether the holder of the key signed what has this digest. Keys and points of small order, which fit many messages, and
    /// numbers that are written in another way than the one that counts, hold nothing.
    #[inline(never)]
    pub fn holds(&self, digest: &Digest) -> bool {
        let mut bytes = [0; 64];
        bytes.as_chunks_mut().0.copy_from_slice(&self.halves);
        let key = ed25519::PublicKey::new(self.key.0);
        key.verify(message(digest), &ed25519::Signature::new(bytes)).is_ok()
    }
}

fn message(digest: &Digest) -> [u8; 48] {
    let mut message = [0; 48];
    message[..16].copy_from_slice(PURPOSE);
    message[16..].copy_from_slice(digest);
    message
}
