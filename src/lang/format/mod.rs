//! Programs written again, as everybody writes them.
//!
//! In: a program without mistakes. Out: its text; parsed, it is the same program, and formatted again it is the same text.
//! Never here: a comment lost, a literal respelled.
//!
//! The author decides where a clause stands on one line and where a predicate has a line of its own; the rest is decided
//! here.

mod expression;
mod statement;

use super::ast::{Clause, Point, PointKind, Program};
use super::diagnostics::Diagnostics;
use super::parser::{Parsed, parse};
use super::token::Comment;

/// Longest line that is made by choice.
const COLUMNS: usize = 100;
const INDENT: &str = "    ";

/// The program as everybody writes it.
///
/// # Errors
/// What is wrong with it: then nobody knows what was meant.
pub fn format(source: &str) -> Result<String, Diagnostics> {
    let Parsed { program, comments, diagnostics } = parse(source);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let printer = Printer { source, comments: &comments, out: String::new(), indent: 0, written: 0, is_fresh: true };
    Ok(printer.program(&program))
}

struct Printer<'a> {
    source: &'a str,
    /// Those not written yet.
    comments: &'a [Comment],
    out: String,
    indent: usize,
    /// Up to here the source is written.
    written: u32,
    /// Nothing stands yet in this block, so no empty line may.
    is_fresh: bool,
}

impl<'a> Printer<'a> {
    fn program(mut self, program: &Program) -> String {
        for clause in &program.clauses {
            self.clause(clause);
        }
        self.comments_before(u32::MAX);
        self.out
    }

    fn clause(&mut self, clause: &Clause) {
        let header_end = clause.predicate.as_ref().map(|p| p.span.end).or(clause.points.last().map(|p| p.span.end));
        let first_comment = self.comments.first().map_or(u32::MAX, |comment| comment.span.start);
        self.empty_line(true, first_comment.min(clause.span.start));
        self.comments_before(header_end.unwrap_or(clause.span.start));
        self.start_line(clause.span.start);
        if let Some(budget) = &clause.budget {
            let options =
                budget.options.iter().map(|(name, value)| format!("{}={}", name.text, self.expression(value)));
            let options = options.collect::<Vec<_>>().join(", ");
            self.out.push_str(&format!("@@budget({options})"));
            self.next_line();
        }
        match self.on_one_line(clause) {
            Some(line) => self.out.push_str(&line),
            None => {
                self.header(clause);
                self.block(&clause.body, clause.span.end - 1);
            }
        }
        self.end_line(clause.span.end);
    }

    /// Where the author had it so, it is short, and nothing in it asks for a line of its own.
    fn on_one_line(&self, clause: &Clause) -> Option<String> {
        let start = clause.points.first().map_or(clause.span.start, |point| point.span.start);
        let is_line = !self.between(start, clause.span.end).contains('\n');
        let has_comments = self.comments.first().is_some_and(|comment| comment.span.start < clause.span.end);
        if !is_line || has_comments {
            return None;
        }
        let mut line = self.head(clause);
        line.push_str(" {");
        for one in &clause.body {
            line.push_str(&format!(" {};", self.simple(one)?));
        }
        line.push_str(" }");
        (line.chars().count() <= COLUMNS).then_some(line)
    }

    /// Points and predicate.
    fn head(&self, clause: &Clause) -> String {
        let points = points(&clause.points).join(", ");
        match &clause.predicate {
            Some(predicate) => format!("{points} / {} /", self.expression(predicate)),
            None => points,
        }
    }

    /// Up to the brace, with the space before it.
    fn header(&mut self, clause: &Clause) {
        let head = self.head(clause);
        let last = clause.points.last().map_or(0, |point| point.span.end);
        let own_line = clause.predicate.as_ref().is_some_and(|p| self.between(last, p.span.start).contains('\n'));
        if !own_line && head.chars().count() + 2 <= COLUMNS {
            self.out.push_str(&head);
            self.out.push(' ');
            return;
        }
        let points = points(&clause.points);
        let joined = points.join(", ");
        self.out.push_str(&if joined.chars().count() <= COLUMNS { joined } else { points.join(",\n") });
        self.next_line();
        if let Some(predicate) = &clause.predicate {
            let predicate = self.expression(predicate);
            self.out.push_str(&format!("/ {predicate} /"));
            self.next_line();
        }
    }

    /// Comments that stand before this place, each on a line of its own.
    fn comments_before(&mut self, place: u32) {
        while let Some((first, rest)) = self.comments.split_first()
            && first.span.start < place
        {
            self.comments = rest;
            self.start_line(first.span.start);
            self.out.push_str(self.between(first.span.start, first.span.end));
            self.written = self.written.max(first.span.end);
            self.out.push('\n');
        }
    }

    /// Begins a line for what stands there in the source, after an empty one if the author had one.
    fn start_line(&mut self, place: u32) {
        self.empty_line(false, place);
        self.is_fresh = false;
        self.out.push_str(&INDENT.repeat(self.indent));
    }

    fn empty_line(&mut self, always: bool, place: u32) {
        let wanted = always || self.between(self.written, place).matches('\n').count() > 1;
        if wanted && !self.is_fresh && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Ends it, with the comments that the author had at its end.
    fn end_line(&mut self, end: u32) {
        self.written = self.written.max(end);
        while let Some((first, rest)) = self.comments.split_first()
            && self.between(self.written, first.span.start).chars().all(|c| c.is_whitespace() && c != '\n')
        {
            self.comments = rest;
            self.out.push_str("  ");
            self.out.push_str(self.between(first.span.start, first.span.end));
            self.written = self.written.max(first.span.end);
            if !self.out.ends_with("*/") {
                break;
            }
        }
        self.out.push('\n');
    }

    fn next_line(&mut self) {
        self.out.push('\n');
        self.out.push_str(&INDENT.repeat(self.indent));
    }

    /// A piece of the source; nothing, where it was written already.
    fn between(&self, start: u32, end: u32) -> &'a str {
        let end = (end as usize).min(self.source.len());
        &self.source[(start as usize).min(end)..end]
    }
}

fn points(points: &[Point]) -> Vec<String> {
    let text = |point: &Point| match &point.kind {
        PointKind::Function(text) | PointKind::Unsupported(text) => text.clone(),
        PointKind::Begin => "begin".to_owned(),
        PointKind::End => "end".to_owned(),
        PointKind::Tick(interval) => format!("tick:{interval}"),
    };
    points.iter().map(text).collect()
}
