//! Paths: `arg0.user["email"][0]`, the static argument of `probe1.get`.
//!
//! In: text. Out: a [`Root`] and [`Step`]s, parsed once at load. Never here: reading anything by them.

mod parse;

use std::fmt;

pub use parse::parse_steps;

use crate::words::quoted;

/// Where a path starts.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum Root {
    /// `arg3`: a positional argument.
    Arg(i32),
    /// `self`: `arg0`, or the local of that name in a frame that was handed over.
    Itself,
    Args,
    Kwargs,
    /// `local.NAME`, or a bare name that is no other root.
    Local(String),
    Locals,
    Globals,
    /// `global.NAME`.
    Global(String),
    /// `closure.NAME`.
    Closure(String),
    Retval,
    Exception,
    ExcType,
    ExcMessage,
    /// `$elapsed` and its kin.
    Context(Context),
}

/// One step from a value: `.name`, `["key"]`, `[3]`.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum Step {
    Attr(String),
    Key(String),
    Index(i64),
}

/// A whole path.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Path {
    pub root: Root,
    pub steps: Vec<Step>,
}

/// What a `$` root asks of the firing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[rustfmt::skip]
pub enum Context {
    Pid, Tid, Thread, Task, Request, Fn, Qualname, Module, File, Line, Now, Mono, Elapsed, Depth, Cpu,
}

impl Context {
    #[rustfmt::skip]
    pub const ALL: &[(&'static str, Context)] = &[
        ("$pid", Self::Pid), ("$tid", Self::Tid), ("$thread", Self::Thread), ("$task", Self::Task),
        ("$request", Self::Request), ("$fn", Self::Fn), ("$qualname", Self::Qualname), ("$module", Self::Module),
        ("$file", Self::File), ("$line", Self::Line), ("$now", Self::Now), ("$mono", Self::Mono),
        ("$elapsed", Self::Elapsed), ("$depth", Self::Depth), ("$cpu", Self::Cpu),
    ];

    /// As written, with its `$`.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, which)| *which == self).map_or("$", |(name, _)| name)
    }
}

/// Why text is not a path: what was expected, and the byte it was expected at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    pub text: String,
    pub at: usize,
    pub expected: &'static str,
}

impl std::error::Error for PathError {}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, at, expected } = self;
        write!(f, "expected {expected} at byte {at} of path {}", quoted(text))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attr(name) => write!(f, ".{name}"),
            Self::Key(key) => write!(f, "[{key:?}]"),
            Self::Index(i) => write!(f, "[{i}]"),
        }
    }
}

/// The canonical spelling: what it gives parses to an equal root.
impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arg(n) => write!(f, "arg{n}"),
            Self::Itself => f.write_str("self"),
            Self::Local(name) => write!(f, "local.{name}"),
            Self::Global(name) => write!(f, "global.{name}"),
            Self::Closure(name) => write!(f, "closure.{name}"),
            Self::Context(which) => f.write_str(which.name()),
            Self::Args => f.write_str("args"),
            Self::Kwargs => f.write_str("kwargs"),
            Self::Locals => f.write_str("locals"),
            Self::Globals => f.write_str("globals"),
            Self::Retval => f.write_str("retval"),
            Self::Exception => f.write_str("exception"),
            Self::ExcType => f.write_str("exc.type"),
            Self::ExcMessage => f.write_str("exc.message"),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)?;
        self.steps.iter().try_for_each(|step| write!(f, "{step}"))
    }
}
