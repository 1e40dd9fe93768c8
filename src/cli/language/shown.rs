//! Mistakes beneath the lines they are in.
//!
//! In: diagnostics and the source. Out: text with colour, which the stream takes away where there is no terminal. Never
//! here: a program that is shown whole, however long its lines are.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Program;
use crate::lang::ast::Span;
use crate::lang::diagnostics::{Diagnostic, Diagnostics, Severity};

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
    let title = level.primary_title(one.message.as_str());
    let Position { line, column } = position(&program.source, one.span.start);
    let (start, text) = line_of(&program.source, one.span);
    let group = if text.len() > LINE_BYTES_MAX {
        title.element(Origin::path(&program.name).line(line).char_column(column))
    } else {
        let from = one.span.start as usize - start;
        let to = (one.span.end as usize - start).clamp(from, text.len().max(from));
        let mark = AnnotationKind::Primary.span(from..to);
        title.element(Snippet::source(text).path(&program.name).line_start(line).annotation(mark))
    };
    match &one.hint {
        Some(hint) => group.element(Level::HELP.with_name("hint").message(hint.as_str())),
        None => group,
    }
}

/// The line where it begins, and where that begins.
fn line_of(source: &str, span: Span) -> (usize, &str) {
    let at = (span.start as usize).min(source.len());
    let start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = source[at..].find('\n').map_or(source.len(), |newline| at + newline);
    (start, &source[start..end])
}
