//! Who must have signed a module.
//!
//! In: what a manifest says of signatures. Out: yes, or a refusal that says what is missing. Never here: a module's bytes, a key
//! that the policy does not list.

use super::{Is, Policy, PolicyError};
use crate::signature::PublicKey;
use crate::spec::Manifest;

/// Of the text of such a rule, before a space and the name.
const KEY_DIGITS: usize = 64;

impl Policy {
    /// Whose key it is, where the policy lists it.
    pub fn signer(&self, key: &PublicKey) -> Option<&str> {
        let digits = key.digits();
        self.of(Is::Key).find(|rule| rule.text.starts_with(&digits)).and_then(|rule| rule.text.get(KEY_DIGITS + 1..))
    }

    /// Whether a module may be loaded for who signed it.
    ///
    /// # Errors
    /// Where signatures are required, when none of a listed key holds, or when what was signed is placed elsewhere.
    #[inline(never)]
    pub(super) fn signed(&self, manifest: &Manifest) -> Result<(), PolicyError> {
        let Some(rule) = self.of(Is::SignedOnly).next() else { return Ok(()) };
        let (mut why, mut hint, mut unknown) = (String::from("not signed"), UNSIGNED, true);
        for one in manifest.signed.by() {
            match self.signer(&one.key) {
                Some(_) if one.holds(manifest.signed.digest()) => {
                    if !manifest.is_placed {
                        return Ok(());
                    }
                    (why, hint) = (String::from("signed, but placed by `at`"), PLACED);
                    break;
                }
                Some(name) => (why, hint, unknown) = (["not what `", name, "` signed"].concat(), CHANGED, false),
                None if unknown => {
                    (why, hint) = (["signed by `", &one.key.id(), "`, whom `[keys]` does not list"].concat(), UNKNOWN);
                }
                None => {}
            }
        }
        let refused = self.error(&["the module"], &[&why, ", and `require_signed` is set"], rule.line);
        Err(PolicyError { hint, ..refused })
    }
}

const UNSIGNED: &str = "`waspect sign --key KEY FILE -o OUT.wasm` signs a module or a `.probe`; a program given as text, as to `-e`, \
                        is signed by nobody";
const PLACED: &str = "`waspect sign --at EXPORT=SPEC` writes the place into the module, and signs that";
const CHANGED: &str = "it was changed or damaged after that: get it anew, or look at it and sign it again";
const UNKNOWN: &str = "whoever trusts that key puts the line of its `.pub` file under `[keys]`";
