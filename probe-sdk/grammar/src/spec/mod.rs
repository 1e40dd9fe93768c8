//! Probe specs: `fn:shop.cart.*:entry?min=5ms#slow`, the name a module gives an export to say where it belongs.
//!
//! In: text in the plain or the identifier spelling. Out: [`Spec`]. Never here: resolving a target to functions.

mod error;
mod mangle;
mod options;
mod parse;
mod target;

use std::fmt;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

pub use error::{Problem, SpecError};
pub use mangle::{mangle, unmangle};
pub use target::glob;

/// Where and under which options an export fires.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Spec {
    /// Of no parts where the point has no call.
    pub target: Target,
    pub point: Point,
    pub options: Options,
    /// Makes names unique; also the display name.
    pub tag: Option<String>,
}

/// Parts of a dotted path; `<locals>` is never a part.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Target {
    pub parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub enum Part {
    /// A name, possibly with `*` (which never crosses a dot).
    Name(String),
    /// `**`: zero or more parts.
    Any,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub enum Point {
    Entry,
    /// Return or raise.
    Exit,
    Return,
    Raise,
    /// The module is attached in a process. Without a function, as the next two.
    Begin,
    /// It is detached, or the process ends.
    End,
    /// So many ns have passed.
    Tick(u64),
}

impl Point {
    /// The points of a function.
    pub const ALL: &[Point] = &[Self::Entry, Self::Exit, Self::Return, Self::Raise];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Exit => "exit",
            Self::Return => "return",
            Self::Raise => "raise",
            Self::Begin => "begin",
            Self::End => "end",
            Self::Tick(_) => "tick",
        }
    }

    /// Whether it is a point of a call, so that there is a function to attach to.
    pub const fn has_call(self) -> bool {
        !matches!(self, Self::Begin | Self::End | Self::Tick(_))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The canonical spelling: what it gives parses to an equal spec.
impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.point {
            Point::Begin | Point::End => write!(f, "{}{}", self.point, self.options)?,
            Point::Tick(ns) => write!(f, "tick:{}{}", options::duration_text(ns), self.options)?,
            _ => write!(f, "fn:{}:{}{}", self.target, self.point, self.options)?,
        }
        match &self.tag {
            Some(tag) => write!(f, "#{tag}"),
            None => Ok(()),
        }
    }
}

/// Run by the host before it enters wasm.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Options {
    /// Fire with this probability.
    pub sample: Option<f64>,
    /// Fire each n-th time.
    pub every: Option<u32>,
    /// Fire at most so many times a second.
    pub rate: Option<f64>,
    /// Exit points: only calls that took at least so many ns.
    pub min_ns: Option<u64>,
    /// Low fires first; 0 by default.
    pub prio: i32,
    /// Lowers the fuel budget.
    pub fuel: Option<u64>,
    /// `scope=request`.
    pub request_scope: bool,
}

impl Point {
    /// What a firing calls itself: the points that happen, not the ones that group them.
    pub const HAPPENING: &[(&'static str, Point)] = &[
        ("entry", Self::Entry),
        ("return", Self::Return),
        ("raise", Self::Raise),
        ("begin", Self::Begin),
        ("end", Self::End),
        ("tick", Self::Tick(0)),
    ];

    /// The number a record carries.
    pub fn number(self) -> u8 {
        match self {
            Self::Entry => 0,
            Self::Return | Self::Exit => 1,
            Self::Raise => 2,
            Self::Begin => 3,
            Self::End => 4,
            Self::Tick(_) => 5,
        }
    }

    /// The same text as [`Point::name_of`] gives, if it gives it.
    pub fn known_name(text: &str) -> &'static str {
        Self::HAPPENING.iter().map(|(name, _)| *name).find(|name| *name == text).unwrap_or("unknown")
    }

    /// The name of a record's number.
    pub fn name_of(number: u8) -> &'static str {
        Self::HAPPENING.get(usize::from(number)).map_or("unknown", |(name, _)| name)
    }
}
