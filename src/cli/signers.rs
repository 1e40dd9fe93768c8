//! Who signed a module, for people.
//!
//! In: a manifest, and a policy that may know the keys. Out: words, and JSON. Never here: a refusal; that is `policy`'s.

use serde_json::{Value as Json, json};

use crate::policy::Policy;
use crate::signature::Signature;
use crate::spec::Manifest;

/// A signature that a module has.
#[derive(Debug)]
pub(super) struct Signer {
    id: String,
    /// As the policy calls the key.
    name: Option<String>,
    holds: bool,
}

/// All of a module, in the order they have there.
pub(super) fn signers(manifest: &Manifest, policy: &Policy) -> Vec<Signer> {
    let signer = |one: Signature| Signer {
        id: one.key.id(),
        name: policy.signer(&one.key).map(str::to_owned),
        holds: one.holds(manifest.signed.digest()),
    };
    manifest.signed.by().map(signer).collect()
}

impl Signer {
    /// `signed by alice (1a2b3c4d5e6f7a8b)`.
    pub(super) fn words(&self) -> String {
        let who = self.name.as_ref().map_or_else(|| format!("key {}", self.id), |name| format!("{name} ({})", self.id));
        if self.holds { format!("signed by {who}") } else { format!("a signature of {who} does not hold") }
    }

    pub(super) fn json(&self) -> Json {
        json!({"key": self.id, "name": self.name, "holds": self.holds})
    }
}
