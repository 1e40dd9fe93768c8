//! Targets: which functions a spec means, by module and qualified name.
//!
//! In: a dotted pattern, then names of functions. Out: yes or no. Never here: an import, or a look at a function.
//!
//! The border of module and function is not marked: `shop.cart.Cart.add` may be module `shop.cart`, qualname `Cart.add`.

use std::fmt;
use std::str::FromStr;

use super::parse::{expected_at, offset};
use super::{Part, Problem, SpecError, Target};

const LOCALS: &str = "<locals>";

impl FromStr for Target {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::parse(text, text)
    }
}

impl Target {
    /// Parses `target`, a slice of `text`; errors speak of `text`.
    pub(super) fn parse(text: &str, target: &str) -> Result<Self, SpecError> {
        let at = offset(text, target);
        if let Some((second, _)) = target.match_indices(':').nth(1) {
            return Err(expected_at(text, at + second, "one `:` between module and function", ":"));
        }
        if target.ends_with(LOCALS) {
            return Err(expected_at(text, at + target.len(), "the inner function's name after `<locals>`", ""));
        }
        let mut parts = Vec::new();
        for part in target.split(['.', ':']).filter(|&p| p != LOCALS) {
            parts.push(parse_part(text, part)?);
        }
        match parts.as_slice() {
            [] => Err(expected_at(text, at, "a module and a function", target)),
            [Part::Name(one)] => Err(SpecError::new(text, at, Problem::OnePart(one.clone()))),
            _ => Ok(Self { parts }),
        }
    }

    /// Whether a function of that module and qualified name is meant. `<locals>` is skipped; lambdas, comprehensions
    /// and what is defined inside them are never meant.
    pub fn matches(&self, dotted_module: &str, qualname: &str) -> bool {
        let names = dotted_module.split('.').chain(qualname.split('.').filter(|&n| n != LOCALS));
        names.clone().all(|n| !n.starts_with('<')) && matches_names(&self.parts, names)
    }

    /// Whether it means one function at most: no `*`, no `**`.
    pub fn is_exact(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Name(name) if !name.contains('*')))
    }

    /// Whether any function of that module could match: some of the target is left when the module's name is used up.
    pub fn may_be_in_module(&self, dotted_module: &str) -> bool {
        let mut parts = self.parts.iter();
        for name in dotted_module.split('.') {
            match parts.next() {
                None => return false,
                Some(Part::Any) => return true,
                Some(Part::Name(pattern)) if glob(pattern.as_bytes(), name.as_bytes()) => {}
                Some(Part::Name(_)) => return false,
            }
        }
        parts.next().is_some()
    }
}

fn parse_part(text: &str, part: &str) -> Result<Part, SpecError> {
    let at = offset(text, part);
    if part == "**" {
        return Ok(Part::Any);
    }
    if let Some(i) = part.find("**") {
        return Err(expected_at(text, at + i, "`**` as a part of its own, or `*`", part));
    }
    if part.starts_with(|c: char| c.is_numeric()) || part.is_empty() {
        return Err(expected_at(text, at, "a name, `*` or `**` between dots", part));
    }
    match part.char_indices().find(|&(_, c)| !(c.is_alphanumeric() || matches!(c, '_' | '*'))) {
        Some((i, c)) => Err(expected_at(text, at + i, "a letter, digit, `_` or `*`", &c.to_string())),
        None => Ok(Part::Name(part.to_owned())),
    }
}

/// Greedy with one way back: a later `**` makes an earlier one's choice final.
fn matches_names<'a>(parts: &[Part], mut names: impl Iterator<Item = &'a str> + Clone) -> bool {
    let mut p = 0;
    let mut back = None;
    loop {
        if parts.get(p) == Some(&Part::Any) {
            p += 1;
            back = Some((p, names.clone()));
            continue;
        }
        match (parts.get(p), names.next()) {
            (None, None) => return true,
            (Some(Part::Name(pattern)), Some(name)) if glob(pattern.as_bytes(), name.as_bytes()) => p += 1,
            _ => {
                let Some((after, mut from)) = back else { return false };
                if from.next().is_none() {
                    return false;
                }
                p = after;
                names = from.clone();
                back = Some((after, from));
            }
        }
    }
}

/// Whether a pattern is a name: `*` is any run of bytes, also none. The same walk, one level down.
pub fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut back = None;
    loop {
        match (pattern.get(p), name.get(n)) {
            (Some(b'*'), _) => {
                p += 1;
                back = Some((p, n));
            }
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => (p, n) = (p + 1, n + 1),
            _ => match back {
                Some((after, from)) if from < name.len() => {
                    (p, n) = (after, from + 1);
                    back = Some((after, from + 1));
                }
                _ => return false,
            },
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name(name) => name,
            Self::Any => "**",
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.parts.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            write!(f, "{dot}{part}")?;
        }
        Ok(())
    }
}
