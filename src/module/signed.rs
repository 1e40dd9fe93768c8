//! Signatures in a module: the custom section `probe1.sig`, which ends it.
//!
//! In: bytes. Out: what the section says; bytes with other signatures. Never here: whether a signature holds, and for whom.
//!
//! All bytes before the section are signed, so that nothing of a module but its signatures can change under them. It is a 1, and for
//! each signature, in the order of their keys, 32 bytes of the public key and 64 of the signature.

use sha2::{Digest as _, Sha256};
use wasmparser::{Parser, Payload};

use super::shape::cap;
use super::{ModuleError, Place};
use crate::limits::Profile;
use crate::signature::{Digest, Signature, Signed};

/// What the section is called.
pub(super) const SECTION: &str = "probe1.sig";
const FORM: u8 = 1;
const KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 96;

/// What is signed of a module without signatures.
pub fn digest(unsigned: &[u8]) -> Digest {
    Sha256::digest(unsigned).into()
}

/// What the section says, of a module whose bytes before it are `unsigned`.
pub(super) fn read(section: &[u8], unsigned: &[u8]) -> Result<Signed, ModuleError> {
    let bad = |why| ModuleError::Signatures(why);
    let [FORM, all @ ..] = section else { return Err(bad("of another version, expected 1")) };
    let (each, []) = all.as_chunks::<SIGNATURE_BYTES>() else {
        return Err(bad("cut short, expected 96 bytes for each signature"));
    };
    cap!(Profile::Default, MODULE_SIGNATURES_MAX, Place::Module, each.len())?;
    if each.is_empty() || each.windows(2).any(|two| two[0][..KEY_BYTES] >= two[1][..KEY_BYTES]) {
        return Err(bad("out of order, expected one signature or more, in the order of their keys, each once"));
    }
    Ok(Signed::new(&digest(unsigned), all))
}

/// The module without any section of signatures, wherever it stands; bytes that are no module stay as they are.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let (mut kept, mut from, mut behind) = (Vec::new(), 0, 8);
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        let Some((_, range)) = payload.as_section() else { continue };
        let end = place(range.end);
        if let Payload::CustomSection(section) = &payload
            && section.name() == SECTION
        {
            kept.extend_from_slice(bytes.get(from..behind).unwrap_or_default());
            from = end;
        }
        behind = end;
    }
    kept.extend_from_slice(bytes.get(from..).unwrap_or_default());
    kept
}

/// The module with these signatures, in order.
pub fn with_signatures(unsigned: &[u8], by: &[Signature]) -> Vec<u8> {
    let mut content = vec![FORM];
    for one in by {
        content.extend_from_slice(&one.key.0);
        content.extend_from_slice(one.halves.as_flattened());
    }
    [unsigned, &custom(SECTION, &content)].concat()
}

/// The module with the places of its exports written into it.
pub fn with_places(unsigned: &[u8], lines: &str) -> Vec<u8> {
    [unsigned, &custom(super::at::SECTION, lines.as_bytes())].concat()
}

fn custom(name: &str, content: &[u8]) -> Vec<u8> {
    let named = [&number(name.len())[..], name.as_bytes(), content].concat();
    [&[0][..], &number(named.len()), &named].concat()
}

/// LEB128.
fn number(mut left: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while left > 0x7F {
        out.push((left & 0x7F) as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
    out
}

pub(super) fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
