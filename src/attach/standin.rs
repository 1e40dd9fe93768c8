//! A stand-in for the resolver's half of `spec`: to be deleted when that room brings its own.

use crate::spec::{Part, Target};

impl Target {
    /// Whether the function named so is meant; `<locals>` is skipped, lambdas and comprehensions never match.
    pub fn matches(&self, module: &str, qualname: &str) -> bool {
        let names: Vec<&str> = module.split('.').chain(qualname.split('.')).filter(|n| *n != "<locals>").collect();
        !names.iter().any(|n| n.starts_with('<')) && parts_match(&self.parts, &names, false)
    }

    /// Whether it names one function.
    pub fn is_exact(&self) -> bool {
        self.parts.iter().all(|p| matches!(p, Part::Name(n) if !n.contains('*')))
    }

    /// Whether some function of this module could match.
    pub fn may_be_in_module(&self, module: &str) -> bool {
        parts_match(&self.parts, &module.split('.').collect::<Vec<_>>(), true)
    }
}

/// `open`: names may go on past the given ones, by at least one.
fn parts_match(parts: &[Part], names: &[&str], open: bool) -> bool {
    match (parts.first(), names.first()) {
        (None, None) => !open,
        (None, Some(_)) => false,
        (Some(_), None) if open => true,
        (Some(Part::Any), None) => parts_match(&parts[1..], names, open),
        (Some(Part::Name(_)), None) => false,
        (Some(Part::Any), Some(_)) => parts_match(&parts[1..], names, open) || parts_match(parts, &names[1..], open),
        (Some(Part::Name(p)), Some(n)) => {
            name_matches(p.as_bytes(), n.as_bytes()) && parts_match(&parts[1..], &names[1..], open)
        }
    }
}

fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|i| name_matches(rest, &name[i..])),
        Some((c, rest)) => name.first() == Some(c) && name_matches(rest, &name[1..]),
    }
}
