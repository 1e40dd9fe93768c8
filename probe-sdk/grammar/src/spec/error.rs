//! Why text is not a spec: the byte, the problem, and how it could be written.
//!
//! In: what the parser met. Out: [`SpecError`]. Never here: a guess that is acted upon.

use std::fmt;

use crate::words::{nearest, one_of, quoted};

/// A refused spec. The message is one line; [`SpecError::hint`] is the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    /// As given; for the identifier spelling, what it stands for.
    pub text: String,
    pub at: usize,
    pub problem: Problem,
}

/// What is wrong at that byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Long {
        found: usize,
        max: usize,
    },
    /// Whitespace or a control character.
    Space(char),
    Expected {
        expected: &'static str,
        found: String,
    },
    ProviderNotYet(String),
    Provider(String),
    PointNotYet(String),
    Point(String),
    Option(String),
    Twice(String),
    MinAtEntry,
    /// Another option than `fuel` at a point without a call.
    OnlyFuel(&'static str),
    /// A module or a function, but not both.
    OnePart(String),
}

impl std::error::Error for SpecError {}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of spec {}", self.problem, self.at, quoted(&self.text))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long { found, max } => write!(f, "expected at most {max} bytes, found {found}"),
            Self::Space(c) => write!(f, "expected no whitespace or control character, found {c:?}"),
            Self::Expected { expected, found } => write!(f, "expected {expected}, found {}", or_nothing(found)),
            Self::ProviderNotYet(name) => write!(f, "provider {} is not supported yet", quoted(name)),
            Self::Provider(name) => write!(f, "expected provider {}, found {}", one_of(PROVIDERS), or_nothing(name)),
            Self::PointNotYet(name) => write!(f, "point {} is not supported yet", quoted(name)),
            Self::Point(name) => write!(f, "expected point {}, found {}", one_of(POINTS), or_nothing(name)),
            Self::Option(name) => write!(f, "expected option {}, found {}", one_of(OPTIONS), or_nothing(name)),
            Self::Twice(name) => write!(f, "option `{name}` is given twice"),
            Self::MinAtEntry => f.write_str("option `min` needs point `exit`, `return` or `raise`, found `entry`"),
            Self::OnlyFuel(point) => write!(f, "expected no option but `fuel` at `{point}`"),
            Self::OnePart(name) => write!(f, "expected a module and a function, found only {}", quoted(name)),
        }
    }
}

const PROVIDERS: &[&str] = &["fn", "begin", "end", "tick"];
const POINTS: &[&str] = &["entry", "exit", "return", "raise"];
const OPTIONS: &[&str] = &["sample", "every", "rate", "min", "prio", "fuel", "scope"];
/// Shown whenever the whole shape is in doubt.
const SHAPE: &str = "a spec is `fn:MODULE.FUNCTION:POINT[?OPTIONS][#TAG]`, for example `fn:shop.cart.add:exit?min=5ms`";

impl SpecError {
    pub(super) fn new(text: &str, at: usize, problem: Problem) -> Self {
        Self { text: text.to_owned(), at, problem }
    }

    /// How it could be written.
    pub fn hint(&self) -> Option<String> {
        Some(match &self.problem {
            Problem::ProviderNotYet(_) => format!("providers of this version: {}", one_of(PROVIDERS)),
            Problem::OnlyFuel(_) => "there is no call that the other options could choose from".to_owned(),
            Problem::PointNotYet(_) => format!("points of this version: {}", one_of(POINTS)),
            Problem::Point(found) => meant(found, POINTS).unwrap_or_else(|| SHAPE.to_owned()),
            Problem::Option(found) => meant(found, OPTIONS)?,
            Problem::OnePart(name) => format!("write `fn:MODULE.{name}:…`, or `fn:**.{name}:…` for every module"),
            Problem::MinAtEntry => "an entry has no duration yet; write the point as `exit`".to_owned(),
            Problem::Space(_) => "a spec is one word, without spaces around its parts".to_owned(),
            Problem::Long { .. } | Problem::Twice(_) => return None,
            Problem::Provider(found) => meant(found, PROVIDERS).unwrap_or_else(|| SHAPE.to_owned()),
            Problem::Expected { .. } => SHAPE.to_owned(),
        })
    }
}

fn meant(found: &str, known: &[&'static str]) -> Option<String> {
    nearest(found, known.iter().copied()).map(|name| format!("did you mean `{name}`?"))
}

fn or_nothing(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { quoted(text) }
}
