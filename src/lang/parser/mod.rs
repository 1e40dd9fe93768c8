//! Tokens to the tree, by recursive descent; binary operators by precedence.
//!
//! In: the source. Out: a [`Program`] of all that could be read, its comments, and everything that is wrong. Never here: a
//! stop at the first mistake, a tree higher than the limits say, a step back.
//!
//! `clause` and `point` read what stands outside the braces, `statement` what stands inside, `expression` the rest, `text`
//! strings. Whoever fails has reported it and gives [`Reported`]; the nearest place that knows how to go on does.

mod clause;
mod expression;
mod point;
mod statement;
mod text;

pub(super) use clause::BEGINS;

use super::ast::{Name, Program, Span};
use super::diagnostics::Diagnostics;
use super::lexer::{Lexed, lex};
use super::token::{Comment, Token, TokenKind};
use crate::limits;
use crate::spec::words::quoted;

/// What was read, and what was wrong.
#[derive(Debug, Default)]
pub struct Parsed {
    pub program: Program,
    /// In the order of the text.
    pub comments: Vec<Comment>,
    pub diagnostics: Diagnostics,
}

/// Reads a program.
pub fn parse(source: &str) -> Parsed {
    let mut diagnostics = Diagnostics::default();
    if source.len() as u64 > limits::PROBE_TEXT_BYTES_MAX {
        let (max, found) = (limits::PROBE_TEXT_BYTES_MAX, source.len());
        diagnostics.error(Span::default(), format!("expected at most {max} bytes of program, found {found}"));
        return Parsed { diagnostics, ..Parsed::default() };
    }
    let Lexed { tokens, comments } = lex(source, &mut diagnostics);
    let program = Parser::new(source, &tokens, &mut diagnostics).program();
    Parsed { program, comments, diagnostics }
}

const CONDITIONAL: &str = "a value that depends is written `condition ? this : that`";

/// The mistake is in the diagnostics.
struct Reported;

type Parse<T> = Result<T, Reported>;

struct Parser<'a> {
    source: &'a str,
    /// Ends with `End`.
    tokens: &'a [Token],
    at: usize,
    /// Levels around what is read now.
    nesting: u64,
    /// Of the statement that is read now.
    operators: u64,
    /// In a predicate, outside all brackets: `/` ends it.
    slash_ends: bool,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str, tokens: &'a [Token], diagnostics: &'a mut Diagnostics) -> Self {
        Self { source, tokens, at: 0, nesting: 0, operators: 0, slash_ends: false, diagnostics }
    }

    /// The token `ahead` of the next one; after the last, the last.
    fn peek(&self, ahead: usize) -> Token {
        let last = self.tokens.len() - 1;
        self.tokens[(self.at + ahead).min(last)]
    }

    fn next_is(&self, kind: TokenKind) -> bool {
        self.peek(0).kind == kind
    }

    fn next_is_word(&self, word: &str) -> bool {
        self.next_is(TokenKind::Word) && self.text(self.peek(0)) == word
    }

    fn text(&self, token: Token) -> &'a str {
        &self.source[token.span.start as usize..token.span.end as usize]
    }

    fn advance(&mut self) -> Token {
        let token = self.peek(0);
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn take(&mut self, kind: TokenKind) -> Option<Token> {
        self.next_is(kind).then(|| self.advance())
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.next_is_word(word);
        if is {
            self.advance();
        }
        is
    }

    fn expect(&mut self, kind: TokenKind, what: &str) -> Parse<Token> {
        self.take(kind).ok_or_else(|| self.expected(what))
    }

    fn expect_name(&mut self, what: &str) -> Parse<Name> {
        let token = self.expect(TokenKind::Word, what)?;
        Ok(self.name(token))
    }

    fn name(&self, token: Token) -> Name {
        Name { text: self.text(token).to_owned(), span: token.span }
    }

    /// Whether no space stands between the last token and the next.
    fn is_adjacent(&self) -> bool {
        self.at > 0 && self.previous().end == self.peek(0).span.start
    }

    /// Where the last token was.
    fn previous(&self) -> Span {
        match self.at {
            0 => Span::default(),
            at => self.tokens[at - 1].span,
        }
    }

    /// From `start` to the end of the last token.
    fn since(&self, start: u32) -> Span {
        Span { start, end: self.previous().end.max(start) }
    }

    /// Reports that something else was expected, unless the lexer has spoken of what is there.
    fn expected(&mut self, what: &str) -> Reported {
        let hint = match self.peek(0).kind {
            TokenKind::Ampersand => Some("did you mean `&&`?".to_owned()),
            TokenKind::Word if self.next_is_word("if") => Some(CONDITIONAL.to_owned()),
            _ => None,
        };
        self.expected_hint(what, hint)
    }

    fn expected_hint(&mut self, what: &str, hint: Option<String>) -> Reported {
        let found = self.peek(0);
        if found.kind == TokenKind::Unknown {
            return Reported;
        }
        let message = format!("expected {what}, found {}", self.shown(found));
        match hint {
            Some(hint) => self.error_hint(found.span, message, hint),
            None => self.error(found.span, message),
        }
    }

    fn shown(&self, token: Token) -> String {
        match token.kind {
            TokenKind::End if token.span.end as usize == self.source.len() => "the end of the program".to_owned(),
            TokenKind::End => "nothing".to_owned(),
            _ => quoted(self.text(token)),
        }
    }

    fn error(&mut self, span: Span, message: impl Into<String>) -> Reported {
        self.diagnostics.error(span, message);
        Reported
    }

    fn error_hint(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) -> Reported {
        self.diagnostics.error_hint(span, message, hint);
        Reported
    }

    /// One level further in, as long as there is one.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.nesting >= limits::PROBE_NESTING_MAX {
            return Err(self.too_deep(self.peek(0).span));
        }
        self.nesting += 1;
        let read = read(self);
        self.nesting -= 1;
        read
    }

    fn too_deep(&mut self, span: Span) -> Reported {
        self.error(span, format!("expected at most {} levels inside each other", limits::PROBE_NESTING_MAX))
    }

    /// Counts what makes a tree higher.
    fn operator(&mut self) -> Parse<()> {
        self.operators += 1;
        if self.operators <= limits::PROBE_OPERATORS_MAX {
            return Ok(());
        }
        let message = format!("expected at most {} operators in one statement", limits::PROBE_OPERATORS_MAX);
        Err(self.error(self.peek(0).span, message))
    }

    /// What a clause begins with, and nothing else: `fn:`, `tick:`, `begin {`.
    fn next_is_clause(&self) -> bool {
        let token = self.peek(0);
        let after = self.peek(1).kind;
        match token.kind {
            TokenKind::AtAt => true,
            TokenKind::Word => match self.text(token) {
                "fn" | "py" | "tick" => after == TokenKind::Colon,
                "begin" | "end" => matches!(after, TokenKind::BraceOpen | TokenKind::Slash | TokenKind::Comma),
                _ => false,
            },
            _ => false,
        }
    }
}
