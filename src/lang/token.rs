//! Tokens: what the text is cut into.
//!
//! In: nothing. Out: kinds and the words that mean something. Never here: a meaning that depends on the place; every word is
//! a [`TokenKind::Word`], so that `fn:app.send:entry` and `capture(fn=1)` are no trouble.

use super::ast::Span;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// A `# …`, `// …` or `/* … */`, with its marks and without the end of its line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comment {
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenKind {
    /// A name or a keyword: the place decides.
    Word,
    /// Digits, maybe with fraction and exponent, and the letters that follow without a space: `5`, `0.5`, `5ms`.
    Number,
    /// A string with its quotes.
    Text,
    /// `$req`, `$x`, or `$` alone.
    Dollar,
    At,
    AtAt,
    ParenOpen,
    ParenClose,
    BracketOpen,
    BracketClose,
    BraceOpen,
    BraceClose,
    Comma,
    Semicolon,
    Colon,
    Question,
    Dot,
    Assign,
    AddAssign,
    Equal,
    NotEqual,
    Bang,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Plus,
    Minus,
    Star,
    Slash,
    SlashSlash,
    Percent,
    Ampersand,
    AndAnd,
    OrOr,
    /// What the lexer has reported; nobody speaks of it again.
    Unknown,
    /// After the last.
    End,
}

/// Longest first: the first that fits is taken.
pub(super) const SYMBOLS: &[(&str, TokenKind)] = &[
    ("@@", TokenKind::AtAt),
    ("==", TokenKind::Equal),
    ("!=", TokenKind::NotEqual),
    ("<=", TokenKind::LessEqual),
    (">=", TokenKind::GreaterEqual),
    ("+=", TokenKind::AddAssign),
    ("//", TokenKind::SlashSlash),
    ("&&", TokenKind::AndAnd),
    ("||", TokenKind::OrOr),
    ("@", TokenKind::At),
    ("(", TokenKind::ParenOpen),
    (")", TokenKind::ParenClose),
    ("[", TokenKind::BracketOpen),
    ("]", TokenKind::BracketClose),
    ("{", TokenKind::BraceOpen),
    ("}", TokenKind::BraceClose),
    (",", TokenKind::Comma),
    (";", TokenKind::Semicolon),
    (":", TokenKind::Colon),
    ("?", TokenKind::Question),
    (".", TokenKind::Dot),
    ("=", TokenKind::Assign),
    ("!", TokenKind::Bang),
    ("<", TokenKind::Less),
    (">", TokenKind::Greater),
    ("+", TokenKind::Plus),
    ("-", TokenKind::Minus),
    ("*", TokenKind::Star),
    ("/", TokenKind::Slash),
    ("%", TokenKind::Percent),
    ("&", TokenKind::Ampersand),
];

/// Each sign there is, as written.
pub fn signs() -> impl Iterator<Item = &'static str> {
    SYMBOLS.iter().map(|(sign, _)| *sign)
}

/// What a clause begins with.
pub const PROVIDERS: &[&str] = &["fn", "py", "begin", "end", "tick"];
/// What a statement begins with, besides `$` and `@`; and `else`.
pub const STATEMENTS: &[&str] =
    &["capture", "send", "log", "print", "clear", "delete", "sample", "speculate", "commit", "discard", "if", "else"];
pub const WORD_OPERATORS: &[&str] = &["and", "or", "not", "in", "is"];
pub const CONSTANTS: &[&str] = &["True", "False", "None"];
/// What follows `$`.
pub const SCOPES: &[&str] = &["req", "request", "call", "g"];
/// Nanoseconds of the letters after a number.
pub const UNITS: &[(&str, i64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The number proper, and the letters after it: `5` and `ms`, `1e5` and nothing.
pub(super) fn split_number(text: &str) -> (&str, &str) {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if text[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    let exponent = text[end..].strip_prefix(['e', 'E']);
    let sign = exponent.map_or(0, |rest| usize::from(rest.starts_with(['+', '-'])));
    if exponent.is_some() && digits(end + 1 + sign) > 0 {
        end += 1 + sign + digits(end + 1 + sign);
    }
    text.split_at(end)
}
