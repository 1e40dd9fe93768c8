//! Statements and blocks as text.
//!
//! In: statements. Out: lines. Never here: a line break that the author's text decides.

use super::{COLUMNS, INDENT, Printer};
use crate::lang::ast::{Argument, AssignOp, LogPart, Span, Stmt, StmtKind};
use crate::lang::diagnostics::Diagnostics;
use crate::lang::lexer::lex_part;
use crate::lang::token::TokenKind;

impl Printer<'_> {
    /// `{ … }`; `close` is where its brace was.
    pub(super) fn block(&mut self, body: &[Stmt], close: u32) {
        let has_comments = self.comments.first().is_some_and(|comment| comment.span.start < close);
        if body.is_empty() && !has_comments {
            return self.out.push_str("{ }");
        }
        self.out.push_str("{\n");
        self.indent += 1;
        self.is_fresh = true;
        for one in body {
            self.statement(one);
        }
        self.comments_before(close);
        self.indent -= 1;
        self.is_fresh = false;
        self.written = self.written.max(close);
        self.out.push_str(&INDENT.repeat(self.indent));
        self.out.push('}');
    }

    fn statement(&mut self, one: &Stmt) {
        let Some(text) = self.simple(one) else {
            self.comments_before(head_end(one));
            self.start_line(one.span.start);
            self.condition(one);
            return self.end_line(one.span.end);
        };
        self.comments_before(one.span.end);
        self.start_line(one.span.start);
        let is_long = INDENT.len() * self.indent + text.chars().count() + 1 > COLUMNS;
        let broken = if is_long { self.broken(one) } else { None };
        self.out.push_str(&broken.unwrap_or(text));
        self.out.push(';');
        self.end_line(one.span.end);
    }

    /// `if (e) { } else if (e) { } else { }`, without the start of its line.
    fn condition(&mut self, one: &Stmt) {
        let StmtKind::If { condition, then, otherwise } = &one.kind else { return };
        let text = self.expression(condition);
        self.out.push_str(&format!("if ({text}) "));
        let close = self.close_after(then.last().map_or(condition.span.end, |last| last.span.end));
        match otherwise.as_slice() {
            [] => self.block(then, one.span.end - 1),
            [more @ Stmt { kind: StmtKind::If { .. }, .. }] => {
                // What is said of the second condition stands at the end of the first block.
                self.block(then, close.max(head_end(more)));
                self.out.push_str(" else ");
                self.condition(more);
            }
            otherwise => {
                self.block(then, close);
                self.out.push_str(" else ");
                self.block(otherwise, one.span.end - 1);
            }
        }
    }

    /// The first `}` after this place that stands in no comment.
    fn close_after(&self, from: u32) -> u32 {
        let mut place = from;
        for comment in self.comments.iter().filter(|comment| comment.span.start >= from) {
            if self.between(place, comment.span.start).contains('}') {
                break;
            }
            place = comment.span.end;
        }
        let rest = self.between(place, u32::MAX);
        place + u32::try_from(rest.find('}').unwrap_or(0)).unwrap_or(0)
    }

    /// On one line, without its semicolon; none for `if`.
    pub(super) fn simple(&self, one: &Stmt) -> Option<String> {
        Some(match &one.kind {
            StmtKind::Assign { place, op, value } => {
                let op = if *op == AssignOp::Set { "=" } else { "+=" };
                format!("{} {op} {}", self.place(place), self.expression(value))
            }
            StmtKind::Delete(place) => format!("delete {}", self.place(place)),
            StmtKind::Aggregate { name, key, function, arguments } => {
                let key = if key.is_empty() { String::new() } else { format!("[{}]", self.list(key)) };
                format!("@{}{key} = {}({})", name.text, function.text, self.list(arguments))
            }
            StmtKind::Capture { arguments, .. } => {
                format!("{}({})", call_name(one), self.arguments(arguments).join(", "))
            }
            StmtKind::Print(name) => format!("print(@{})", name.text),
            StmtKind::Clear(name) => format!("clear(@{})", name.text),
            StmtKind::Sample(_) => self.share(one.span),
            StmtKind::Log(parts) => format!("log({})", self.log(one.span, parts)),
            StmtKind::Speculate => "speculate".to_owned(),
            StmtKind::Commit => "commit".to_owned(),
            StmtKind::Discard => "discard".to_owned(),
            StmtKind::If { .. } | StmtKind::Error => return None,
        })
    }

    /// Each argument of a capture on a line of its own.
    fn broken(&self, one: &Stmt) -> Option<String> {
        let StmtKind::Capture { arguments, .. } = &one.kind else { return None };
        let outer = INDENT.repeat(self.indent);
        let lines = self.arguments(arguments).into_iter().map(|argument| format!("{outer}{INDENT}{argument}"));
        Some(format!("{}(\n{}\n{outer})", call_name(one), lines.collect::<Vec<_>>().join(",\n")))
    }

    fn arguments(&self, arguments: &[Argument]) -> Vec<String> {
        let text = |argument: &Argument| match &argument.name {
            Some(name) => format!("{}={}", name.text, self.expression(&argument.value)),
            None => self.expression(&argument.value),
        };
        arguments.iter().map(text).collect()
    }

    /// A template keeps its spelling; `log(e)` is an expression as any other.
    fn log(&self, span: Span, parts: &[LogPart]) -> String {
        let tokens = lex_part(self.source, span, &mut Diagnostics::default()).tokens;
        let template = match tokens.as_slice() {
            [_, _, text, close, ..] if (text.kind, close.kind) == (TokenKind::Text, TokenKind::ParenClose) => text.span,
            _ => return parts.iter().map(|part| self.part(part)).collect(),
        };
        self.between(template.start, template.end).to_owned()
    }

    fn part(&self, part: &LogPart) -> String {
        match part {
            LogPart::Value(value) => self.expression(value),
            LogPart::Text(text) => text.clone(),
        }
    }

    /// `sample 10%` and `sample 1/100` keep their spelling.
    fn share(&self, span: Span) -> String {
        let tokens = lex_part(self.source, span, &mut Diagnostics::default()).tokens;
        let written = tokens.iter().skip(1).filter(|token| token.kind != TokenKind::Semicolon);
        let share: String = written.map(|token| self.between(token.span.start, token.span.end)).collect();
        format!("sample {share}")
    }
}

fn call_name(one: &Stmt) -> &'static str {
    if let StmtKind::Capture { is_send: true, .. } = one.kind { "send" } else { "capture" }
}

/// Where an `if` opens its first block, at the latest.
fn head_end(one: &Stmt) -> u32 {
    if let StmtKind::If { condition, .. } = &one.kind { condition.span.end } else { one.span.start }
}
