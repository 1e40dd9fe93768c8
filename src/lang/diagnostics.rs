//! What is wrong with a program, as data.
//!
//! In: places and words. Out: a list. Never here: a stop at the first; how it looks is `render`'s.

use super::ast::Span;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// No module is made.
    Error,
    /// The module is made.
    Warning,
}

/// One finding: lower case, no final stop, the subject in backticks; the hint says what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    pub span: Span,
    pub message: String,
    pub hint: Option<String>,
    /// What it disagrees with.
    pub other: Option<Other>,
}

/// Another place of the program that a finding speaks of, and what that place is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Other {
    pub span: Span,
    pub is: &'static str,
}

/// Collects findings; past `DIAGNOSTICS_MAX` only counts.
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    more: usize,
}

/// A screen or two; the rest is most likely the same mistake.
const DIAGNOSTICS_MAX: usize = 50;

impl Diagnostics {
    pub fn error(&mut self, span: Span, message: impl Into<String>) {
        self.push(Severity::Error, span, message.into(), None);
    }

    pub fn error_hint(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Error, span, message.into(), Some(hint.into()));
    }

    /// Two places disagree; the second is the one that is said to be wrong.
    pub fn disagree(&mut self, span: Span, other: Other, message: impl Into<String>, hint: impl Into<String>) {
        let (message, hint) = (message.into(), Some(hint.into()));
        self.keep(Diagnostic { severity: Severity::Error, span, message, hint, other: Some(other) });
    }

    pub fn warning(&mut self, span: Span, message: impl Into<String>, hint: Option<String>) {
        self.push(Severity::Warning, span, message.into(), hint);
    }

    fn push(&mut self, severity: Severity, span: Span, message: String, hint: Option<String>) {
        self.keep(Diagnostic { severity, span, message, hint, other: None });
    }

    fn keep(&mut self, one: Diagnostic) {
        if self.list.len() < DIAGNOSTICS_MAX {
            self.list.push(one);
        } else {
            self.more += 1;
        }
    }

    /// In the order they were found.
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// How many were found beyond the list.
    pub fn more(&self) -> usize {
        self.more
    }

    pub fn has_errors(&self) -> bool {
        self.more > 0 || self.list.iter().any(|one| one.severity == Severity::Error)
    }
}
