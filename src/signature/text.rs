//! Keys as text, one line each, and the secret half of them: the command's side.
//!
//! In: lines, 32 random bytes. Out: keys, and signatures. Never here: a file, a secret key that is shown by `{:?}`.

use std::fmt;
use std::str::FromStr;

use ed25519_compact as ed25519;

use super::{Digest, PublicKey, Signature, message};

/// What the line of a public key begins with.
pub const PUBLIC: &str = "ed25519:";
/// The same of a secret one.
pub const SECRET: &str = "ed25519-secret:";

/// Why a line is no key. It is not repeated: it could be a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    #[error("expected a public key, `{PUBLIC}` and 64 hexadecimal digits, found something else")]
    NotPublic,
    #[error("expected a public key, found a secret one")]
    Secret,
    #[error("expected a secret key, `{SECRET}` and 64 hexadecimal digits, found something else")]
    NotSecret,
    #[error("expected a secret key, found a public one")]
    Public,
    #[error("expected a point of large order on the curve, found a key that anybody can sign with, or nobody")]
    Weak,
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", self.digits())
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(line: &str) -> Result<Self, KeyError> {
        if line.contains(SECRET) {
            return Err(KeyError::Secret);
        }
        let key = line.trim().strip_prefix(PUBLIC).and_then(bytes).ok_or(KeyError::NotPublic)?;
        ed25519::PublicKey::new(key).validate().map_err(|_| KeyError::Weak)?;
        Ok(Self(key))
    }
}

/// A secret key. Its memory is wiped when it goes.
pub struct SecretKey(ed25519::KeyPair);

impl SecretKey {
    /// The one of 32 bytes that nobody can guess; none of zeros.
    pub fn of(seed: [u8; 32]) -> Option<Self> {
        ed25519::KeyPair::try_from_seed(ed25519::Seed::new(seed)).ok().map(Self)
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(*self.0.pk)
    }

    /// Always the same of one digest.
    pub fn sign(&self, digest: &Digest) -> Signature {
        let signed = self.0.sk.sign(message(digest), None);
        let mut halves = [[0; 32]; 2];
        halves.copy_from_slice(signed.as_chunks().0);
        Signature { key: self.public(), halves }
    }

    /// The line that a file of it has: to be written where nobody else reads.
    pub fn to_line(&self) -> String {
        format!("{SECRET}{}\n", super::digits(&*self.0.sk.seed()))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey of {}", self.public().id())
    }
}

impl FromStr for SecretKey {
    type Err = KeyError;

    fn from_str(line: &str) -> Result<Self, KeyError> {
        let line = line.trim();
        if line.starts_with(PUBLIC) {
            return Err(KeyError::Public);
        }
        let seed = line.strip_prefix(SECRET).and_then(bytes).ok_or(KeyError::NotSecret)?;
        Self::of(seed).ok_or(KeyError::NotSecret)
    }
}

fn bytes(digits: &str) -> Option<[u8; 32]> {
    let digits = digits.as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (value(pair[0])? << 4) | value(pair[1])?;
    }
    Some(bytes)
}
