//! Names of imports: which of them the host takes, said before it is asked.
//!
//! In: a name and what kind of name it is. Out: nothing, or the message with the byte at which it went wrong. Never
//! here: a rule that the host does not have.

use waspect_grammar::NAME_BYTES_MAX;
use waspect_grammar::path::{Path, PathError, parse_steps};
use waspect_grammar::spec::{Spec, SpecError};

/// What a name says.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// `arg0.user.email`
    Path,
    /// `.user["email"]`
    Steps,
    /// A field, slot, map, aggregation or attribute.
    Key,
    /// Any text.
    Text,
    /// `name,low,high,step`
    Linear,
}

impl Kind {
    /// What to write.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Path => "a path such as \"arg0.user.email\"",
            Self::Steps => "steps such as \".user[0]\"",
            Self::Key => "a name such as \"latency_ns\"",
            Self::Text => "a text",
            Self::Linear => "\"name,low,high,step\" such as \"latency_ms,0,100,10\"",
        }
    }

    /// Why the host would refuse it.
    pub(crate) fn refused(self, name: &str) -> Option<String> {
        if name.len() > NAME_BYTES_MAX {
            return Some(format!("expected at most {NAME_BYTES_MAX} bytes, found {}", name.len()));
        }
        match self {
            Self::Path => name.parse::<Path>().err().map(|error| of_path(&error)),
            Self::Steps => parse_steps(name).err().map(|error| of_path(&error)),
            Self::Key => key(name),
            Self::Text => None,
            Self::Linear => linear(name).is_none().then(|| format!("expected {}, found {name:?}", self.expected())),
        }
    }
}

/// Why a spec is refused, if it is.
pub(crate) fn spec(text: &str) -> Option<String> {
    text.parse::<Spec>().err().map(|error| of_spec(&error))
}

fn of_path(PathError { text, at, expected }: &PathError) -> String {
    shown(&format!("expected {expected}"), text, *at, None)
}

fn of_spec(error: &SpecError) -> String {
    shown(&error.problem.to_string(), &error.text, error.at, error.hint())
}

/// The problem, the name with a caret below the byte, what to do.
fn shown(problem: &str, text: &str, at: usize, hint: Option<String>) -> String {
    let columns = text.get(..at).unwrap_or(text).chars().count();
    let hint = hint.map_or_else(String::new, |hint| format!("\n{hint}"));
    format!("{problem}\n    {text}\n    {}^{hint}", " ".repeat(columns))
}

fn key(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("expected a name, found nothing".to_owned());
    }
    let (at, c) = name.char_indices().find(|(_, c)| c.is_control())?;
    Some(format!("expected no control character, found {c:?} at byte {at}"))
}

/// As the host reads it: the numbers from the end, so that the name may have commas.
fn linear(text: &str) -> Option<()> {
    let mut parts = text.rsplitn(4, ',');
    let mut number = || parts.next()?.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let (step, high, low) = (number()?, number()?, number()?);
    let name = parts.next().filter(|name| !name.is_empty() && !name.chars().any(char::is_control))?;
    (low < high && step > 0.0 && !name.is_empty()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::{Kind, spec};

    #[test]
    fn a_spec_is_shown_with_the_byte_that_is_wrong() {
        let rows: &[(&str, Option<&str>)] = &[
            ("fn:shop.cart.*:exit?min=5ms#slow", None),
            (
                "fn:shop.cart.*:exot#slow",
                Some(
                    "expected point `entry`, `exit`, `return` or `raise`, found `exot`\n    fn:shop.cart.*:exot#slow\n    \
                     \u{20}              ^\ndid you mean `exit`?",
                ),
            ),
            (
                "fn:é.f-x:entry",
                Some("expected a letter, digit, `_` or `*`, found `-`\n    fn:é.f-x:entry\n          ^\n"),
            ),
        ];
        for (text, expected) in rows {
            let found = spec(text);
            let agrees =
                found.as_deref().map_or(expected.is_none(), |found| expected.is_some_and(|e| found.starts_with(e)));
            assert!(agrees, "{text}: {found:?}");
        }
    }

    #[test]
    fn names_are_refused_as_the_host_would() {
        let rows: &[(Kind, &str, Option<&str>)] = &[
            (Kind::Path, "arg0.user[\"x\"][0]", None),
            (Kind::Path, "arg0.", Some("expected an attribute's name after `.`\n    arg0.\n         ^")),
            (Kind::Steps, ".a[0]", None),
            (Kind::Steps, "a", Some("expected `.name`, `[\"key\"]` or `[number]`\n    a\n    ^")),
            (Kind::Key, "latency_ns", None),
            (Kind::Key, "", Some("expected a name, found nothing")),
            (Kind::Key, "a\nb", Some("expected no control character, found '\\n' at byte 1")),
            (Kind::Linear, "ms,0,100,10", None),
            (
                Kind::Linear,
                "ms,0,100",
                Some("expected \"name,low,high,step\" such as \"latency_ms,0,100,10\", found \"ms,0,100\""),
            ),
        ];
        for (kind, name, expected) in rows {
            assert_eq!(kind.refused(name).as_deref(), *expected, "{name}");
        }
    }
}
