//! Who must have signed a module.
//!
//! In: what a manifest says of signatures. Out: yes, or a refusal that says what is missing. Never here: a module's bytes, a key
//! that the policy does not list.

use serde::{Deserialize, Serialize};

use super::{Is, Policy, PolicyError};
use crate::signature::{PublicKey, Signature, Signed};
use crate::spec::Manifest;

/// A key of the policy's list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Key {
    pub name: String,
    pub key: PublicKey,
}

impl Policy {
    /// Whose key it is, where the policy lists it.
    pub fn signer(&self, key: &PublicKey) -> Option<&str> {
        self.keys.iter().find(|known| known.key == *key).map(|known| known.name.as_str())
    }

    /// Whether a module may be loaded for who signed it.
    ///
    /// # Errors
    /// Where signatures are required, when none of a listed key holds, or when what was signed is placed elsewhere.
    #[inline(never)]
    pub(super) fn signed(&self, manifest: &Manifest) -> Result<(), PolicyError> {
        let Some(rule) = self.of(Is::SignedOnly).next() else { return Ok(()) };
        let refused = |what: &[&str], why: &[&str], hint| {
            Err(PolicyError { hint, ..self.error(what, &[&why.concat(), ", and `require_signed` is set"], rule.line) })
        };
        let Some(signed) = manifest.signed.as_ref().filter(|signed| !signed.by.is_empty()) else {
            return refused(&["the module"], &["not signed"], UNSIGNED);
        };
        if self.is_vouched_for(signed) {
            return match manifest.is_placed {
                true => refused(&["a signed module"], &["placed by `at`"], PLACED),
                false => Ok(()),
            };
        }
        match signed.by.iter().find_map(|one| self.signer(&one.key)) {
            Some(name) => refused(&["the module"], &["not what `", name, "` signed"], CHANGED),
            None => refused(&["the module"], &["signed by `", &ids(&signed.by), "`, whom `[keys]` does not list"], UNKNOWN),
        }
    }

    fn is_vouched_for(&self, signed: &Signed) -> bool {
        signed.by.iter().any(|one| self.signer(&one.key).is_some() && one.holds(&signed.digest))
    }
}

const UNSIGNED: &str = "`waspect sign --key KEY FILE -o OUT.wasm` signs a module or a `.probe` by a key of the policy's `[keys]`; \
                        a program given as text, as to `-e`, is signed by nobody";
const PLACED: &str = "`waspect sign --at EXPORT=SPEC` writes the place into the module, and signs that";
const CHANGED: &str = "it was changed after that, or is damaged: get it anew from who made it, or look at it and sign it again";
const UNKNOWN: &str = "`waspect inspect` shows what it reads; whoever trusts that key puts the line of its `.pub` file under `[keys]`, \
                       and else a key that is there signs the module too";

fn ids(all: &[Signature]) -> String {
    all.iter().map(|one| one.key.id()).collect::<Vec<_>>().join("`, `")
}
