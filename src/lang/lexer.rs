//! Text to tokens, in one pass.
//!
//! In: the source and a range of it. Out: tokens ending with `End`, comments, and what is no token reported. Never here: a
//! character looked at more than a few times, whatever the text is.

use super::ast::Span;
use super::diagnostics::Diagnostics;
use super::token::{Comment, SYMBOLS, Token, TokenKind, split_number};
use crate::limits;
use crate::spec::words::quoted;

pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
}

/// Cuts all of the source.
pub(super) fn lex(source: &str, diagnostics: &mut Diagnostics) -> Lexed {
    Lexer::new(source, 0, diagnostics, true).run()
}

/// Cuts a part of it, which is no line of its own: `//` divides there.
pub(super) fn lex_part(source: &str, part: Span, diagnostics: &mut Diagnostics) -> Lexed {
    Lexer::new(&source[..part.end as usize], part.start as usize, diagnostics, false).run()
}

struct Lexer<'a> {
    /// Up to the end of what is cut.
    source: &'a str,
    at: usize,
    /// Whether only whitespace was on this line so far.
    is_line_start: bool,
    /// By quote: the search for its end came to the end of the text once, and is not made again.
    unclosed: [bool; 2],
    lexed: Lexed,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Lexer<'a> {
    fn new(source: &'a str, at: usize, diagnostics: &'a mut Diagnostics, is_line_start: bool) -> Self {
        let lexed = Lexed { tokens: Vec::new(), comments: Vec::new() };
        Self { source, at, is_line_start, unclosed: [false; 2], lexed, diagnostics }
    }

    fn run(mut self) -> Lexed {
        while let Some(next) = self.rest().chars().next() {
            if self.lexed.tokens.len() as u64 >= limits::PROBE_TOKENS_MAX {
                let message = format!("expected at most {} words and signs", limits::PROBE_TOKENS_MAX);
                self.diagnostics.error(self.span(self.at), message);
                break;
            }
            self.step(next);
        }
        let end = self.source.len();
        self.at = end;
        let span = self.span(end);
        self.lexed.tokens.push(Token { kind: TokenKind::End, span });
        self.lexed
    }

    fn step(&mut self, next: char) {
        match next {
            '\n' => {
                self.at += 1;
                self.is_line_start = true;
                return;
            }
            ' ' | '\t' | '\r' | '\u{c}' => {
                self.at += 1;
                return;
            }
            '\u{feff}' if self.at == 0 => self.at += next.len_utf8(),
            '#' => self.line_comment(),
            '/' if self.is_line_start && self.rest().starts_with("//") => self.line_comment(),
            '/' if self.rest().starts_with("/*") => self.block_comment(),
            '"' | '\'' => self.text(next),
            '$' => {
                let word = self.word(&self.rest()[1..]);
                self.token(TokenKind::Dollar, 1 + word);
            }
            c if c.is_ascii_digit() => self.number(),
            c if c.is_alphabetic() || c == '_' => {
                let word = self.word(self.rest());
                self.token(TokenKind::Word, word);
            }
            c => self.symbol(c),
        }
        self.is_line_start = false;
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    /// From `start` to here.
    fn span(&self, start: usize) -> Span {
        span(start, self.at)
    }

    fn token(&mut self, kind: TokenKind, length: usize) {
        let start = self.at;
        self.at += length;
        self.lexed.tokens.push(Token { kind, span: span(start, self.at) });
    }

    /// How long the word is; one that no import could be named by is a mistake.
    fn word(&mut self, text: &str) -> usize {
        let (length, max) = (word_length(text), limits::PROBE_NAME_BYTES_MAX);
        if length as u64 > max {
            let message = format!("expected a name of at most {max} bytes, found {length}");
            self.diagnostics.error(span(self.at, self.at + length), message);
        }
        length
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        let length = self.source[start..self.at].trim_end().len();
        self.lexed.comments.push(Comment { span: span(start, start + length) });
    }

    fn block_comment(&mut self) {
        let start = self.at;
        match self.rest()[2..].find("*/") {
            Some(length) => self.at += 2 + length + 2,
            None => {
                self.at = self.source.len();
                let hint = "add `*/` at its end";
                self.diagnostics.error_hint(span(start, start + 2), "this comment is not closed", hint);
            }
        }
        self.lexed.comments.push(Comment { span: self.span(start) });
    }

    fn text(&mut self, quote: char) {
        let which = usize::from(quote == '"');
        let closed = if self.unclosed[which] { None } else { text_length(self.rest(), quote) };
        match closed {
            Some(length) => self.token(TokenKind::Text, length),
            None => {
                // What follows on later lines is most likely no text.
                self.unclosed[which] = true;
                let length = self.rest().find('\n').unwrap_or(self.rest().len());
                self.token(TokenKind::Unknown, length);
                let opening = span(self.at - length, self.at - length + 1);
                self.diagnostics.error_hint(opening, "this string is not closed", format!("add `{quote}` at its end"));
            }
        }
    }

    fn number(&mut self) {
        let (number, letters) = split_number(self.rest());
        self.token(TokenKind::Number, number.len() + word_length(letters));
    }

    fn symbol(&mut self, c: char) {
        if let Some((text, kind)) = SYMBOLS.iter().find(|(text, _)| self.rest().starts_with(text)) {
            return self.token(*kind, text.len());
        }
        let start = self.at;
        self.token(TokenKind::Unknown, c.len_utf8());
        let message = format!("{} means nothing here", quoted(c.encode_utf8(&mut [0; 4])));
        match c {
            '|' => self.diagnostics.error_hint(self.span(start), message, "did you mean `||`?"),
            _ => self.diagnostics.error(self.span(start), message),
        }
    }
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
}

/// With both quotes; none where the second is missing.
fn text_length(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return Some(i + 1),
            _ => {}
        }
    }
    None
}

/// Sources are far shorter than 4 GiB: a limit says so before anything is cut.
fn span(start: usize, end: usize) -> Span {
    let narrow = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: narrow(start), end: narrow(end) }
}
