//! Mistakes beneath the lines they are in.
//!
//! In: diagnostics and the source. Out: text with colour, which the stream takes away where there is no terminal. Never
//! here: a program that is shown whole, however long its lines are.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::Program;
use crate::lang::ast::Span;
use crate::lang::diagnostics::{Diagnostic, Diagnostics, Other, Severity};

/// Longer lines are not shown, only where in them.
const LINE_BYTES_MAX: usize = 2_000;

/// From 1, as editors count; columns in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

pub(crate) fn position(source: &str, at: u32) -> Position {
    let before = &source[..(at as usize).min(source.len())];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

/// In the order of the text, an empty line after each.
pub(crate) fn shown(program: &Program, diagnostics: &Diagnostics) -> String {
    let mut all: Vec<&Diagnostic> = diagnostics.list().iter().collect();
    all.sort_by_key(|one| one.span.start);
    let renderer = Renderer::styled();
    let mut text = String::new();
    for one in all {
        let _ = writeln!(text, "{}\n", renderer.render(&[group(program, one)]));
    }
    if diagnostics.more() > 0 {
        let _ = writeln!(text, "and {} more\n", diagnostics.more());
    }
    text
}

fn group<'a>(program: &'a Program, one: &'a Diagnostic) -> Group<'a> {
    let level = match one.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mark = Mark { span: one.span, kind: AnnotationKind::Primary, label: None };
    let other = one.other.map(|Other { span, is }| Mark { span, kind: AnnotationKind::Context, label: Some(is) });
    let line = |mark: &Mark| line_of(&program.source, mark.span).0;
    let places = match other {
        Some(other) if line(&other) == line(&mark) => vec![place(program, &[mark, other])],
        Some(other) => vec![place(program, &[mark]), place(program, &[other])],
        None => vec![place(program, &[mark])],
    };
    let group = level.primary_title(one.message.as_str()).elements(places);
    match &one.hint {
        Some(hint) => group.element(Level::HELP.with_name("hint").message(hint.as_str())),
        None => group,
    }
}

/// What is underlined, and what is said about it there.
struct Mark {
    span: Span,
    kind: AnnotationKind,
    label: Option<&'static str>,
}

/// A line with what is marked in it.
fn place<'a>(program: &'a Program, marks: &[Mark]) -> Element<'a> {
    let first = marks[0].span;
    let Position { line, column } = position(&program.source, first.start);
    let (start, text) = line_of(&program.source, first);
    if text.len() > LINE_BYTES_MAX {
        return Origin::path(&program.name).line(line).char_column(column).into();
    }
    let annotations = marks.iter().map(|Mark { span, kind, label }| {
        let from = span.start as usize - start;
        let to = (span.end as usize - start).clamp(from, text.len().max(from));
        kind.span(from..to).label(*label)
    });
    Snippet::source(text).path(&program.name).line_start(line).annotations(annotations).into()
}

/// The line where it begins, and where that begins.
fn line_of(source: &str, span: Span) -> (usize, &str) {
    let at = (span.start as usize).min(source.len());
    let start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = source[at..].find('\n').map_or(source.len(), |newline| at + newline);
    (start, &source[start..end])
}
