//! Strings: what their escapes mean, and the expressions in those of `log`.
//!
//! In: a string token. Out: text, or text and expressions. Never here: a format; a value is shown as a record shows it.

use super::{Parse, Parser};
use crate::lang::ast::{LogPart, Span};
use crate::lang::lexer::{Lexed, lex_part};
use crate::lang::token::{Token, TokenKind};

/// `\n \r \t` are what they are in Python, any other character after `\` stands for itself.
fn unescaped(c: char) -> char {
    match c {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        other => other,
    }
}

impl Parser<'_> {
    /// The string without its quotes.
    pub(super) fn string(&self, token: Token) -> String {
        let mut inner = self.inner(token).chars();
        let mut text = String::new();
        while let Some(c) = inner.next() {
            text.extend(if c == '\\' { inner.next().map(unescaped) } else { Some(c) });
        }
        text
    }

    fn inner(&self, token: Token) -> &str {
        let text = self.text(token);
        &text[1..text.len() - 1]
    }

    /// `"… {e} …"`; `{{` is a brace.
    pub(super) fn template(&mut self, token: Token) -> Parse<Vec<LogPart>> {
        let (first, end) = (token.span.start as usize + 1, token.span.end as usize - 1);
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut at = first;
        while let Some(c) = self.source[at..end].chars().next() {
            let rest = &self.source[at..end];
            let place = Span { start: narrow(at), end: narrow(at + 1) };
            match c {
                '\\' => {
                    let escaped = rest.chars().nth(1);
                    text.extend(escaped.map(unescaped));
                    at += 1 + escaped.map_or(0, char::len_utf8);
                }
                '{' | '}' if rest[1..].starts_with(c) => {
                    text.push(c);
                    at += 2;
                }
                '}' => return Err(self.error_hint(place, "this `}` closes nothing", "`}}` is a brace")),
                '{' => {
                    let Some(length) = hole_length(rest) else {
                        return Err(self.error_hint(place, "this `{` is not closed", "`{{` is a brace"));
                    };
                    if !text.is_empty() {
                        parts.push(LogPart::Text(std::mem::take(&mut text)));
                    }
                    parts.push(self.hole(Span { start: narrow(at + 1), end: narrow(at + length - 1) })?);
                    at += length;
                }
                c => {
                    text.push(c);
                    at += c.len_utf8();
                }
            }
        }
        if !text.is_empty() || parts.is_empty() {
            parts.push(LogPart::Text(text));
        }
        Ok(parts)
    }

    /// The expression between braces.
    fn hole(&mut self, inside: Span) -> Parse<LogPart> {
        let Lexed { tokens, comments } = lex_part(self.source, inside, self.diagnostics);
        if let Some(comment) = comments.first() {
            return Err(self.error(comment.span, "expected an expression between the braces, found a comment"));
        }
        let mut parser = Parser::new(self.source, &tokens, self.diagnostics);
        (parser.nesting, parser.operators) = (self.nesting, self.operators);
        let read = parser.expression();
        let operators = parser.operators;
        let read = read.and_then(|value| match parser.next_is(TokenKind::End) {
            true => Ok(LogPart::Value(value)),
            false => Err(parser.expected_hint("`}` after the expression", Some("`{{` is a brace".to_owned()))),
        });
        self.operators = operators;
        read
    }
}

/// With both braces; a `}` in a string is none.
fn hole_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match (c, quote) {
            ('}', None) => return Some(i + 1),
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
