//! What is withheld, ready to be asked on the fire path.
//!
//! In: a policy's part about it; names, class names and text of the application. Out: yes or no. A verdict on a name is
//! remembered by its content, so that names that come again cost a few instructions. Never here: an object, a copy of a
//! name or a text.

use std::cell::Cell;

use super::names::Names;
use super::patterns::{self, ALL_PATTERNS, BYTES_MIN};
use super::{Is, Policy};
use crate::spec::glob;

/// Names remembered; another one takes the place of an older.
const SEEN: usize = 256;

/// What a session withholds.
pub struct Redaction {
    names: Names,
    types: Vec<Box<str>>,
    /// Bits of patterns.
    patterns: u8,
    /// A name's hash, its lowest bit replaced by the verdict; 0 for none yet.
    seen: Box<[Cell<u64>; SEEN]>,
}

impl Default for Redaction {
    fn default() -> Self {
        Self::new(&Policy::default())
    }
}

impl Redaction {
    /// Text that was cut is looked at so far beyond the cut.
    pub const BEYOND: usize = patterns::BEYOND;
    /// Of a name no more is looked at.
    pub const NAME_BYTES: usize = 128;

    pub fn new(policy: &Policy) -> Self {
        let seen = Box::new([const { Cell::new(0) }; SEEN]);
        let mut new = Self { names: Names::default(), types: Vec::new(), patterns: ALL_PATTERNS, seen };
        for rule in &policy.rules {
            match rule.is {
                Is::Secret => new.names.add(&rule.text),
                Is::NoSecret => new.names.allow(&rule.text),
                Is::SecretType => new.types.push(rule.text.as_str().into()),
                Is::PatternOff => new.patterns &= !(1 << (rule.value & 7)),
                _ => {}
            }
        }
        new
    }

    /// Whether what has this name is withheld.
    pub fn hides(&self, name: &[u8]) -> bool {
        let name = &name[..name.len().min(Self::NAME_BYTES)];
        let hash = hash(name);
        let place = &self.seen[(hash >> 32) as usize % SEEN];
        let known = place.get();
        if known & !1 == hash & !1 {
            return known & 1 == 1;
        }
        let hides = self.names.tell(name);
        place.set(hash & !1 | u64::from(hides));
        hides
    }

    #[inline]
    pub fn has_types(&self) -> bool {
        !self.types.is_empty()
    }

    /// Whether objects of this class are.
    pub fn hides_type(&self, dotted: &str) -> bool {
        self.types.iter().any(|pattern| glob(pattern.as_bytes(), dotted.as_bytes()))
    }

    /// Whether there is a secret in a text that is about to leave.
    #[inline]
    pub fn finds(&self, text: &[u8]) -> bool {
        text.len() >= BYTES_MIN && self.patterns != 0 && patterns::find(text, self.patterns)
    }
}

/// Spreads well enough for names; nobody who could choose them would gain by two that collide. Never 0 or 1.
fn hash(name: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = name.len() as u64 | 1 << 63;
    for part in name.chunks(8) {
        let mut word = [0; 8];
        word[..part.len()].copy_from_slice(part);
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(ODD);
        hash ^= hash >> 29;
    }
    hash | 2
}
