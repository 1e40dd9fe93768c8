//! Expressions, from loose to tight: `? :`, `or`, `and`, `not`, equality, order, sum, product, unary, postfix.
//!
//! In: tokens. Out: expressions. Never here: an operator that binds otherwise than this file's table says.

use super::{Parse, Parser, Reported};
use crate::lang::ast::{BinaryOp, Expr, ExprKind, Name, Place, PlaceKind, UnaryOp};
use crate::lang::token::{CONSTANTS, SCOPES, Token, TokenKind, UNITS, WORD_OPERATORS, split_number};
use crate::spec::words::{nearest, quoted};

/// What stands below `not` in the table: equality and tighter.
const EQUALITY: u8 = 3;
const ORDER: u8 = 4;

/// A binary operator, how tight it binds, and of how many tokens it is.
struct Found(BinaryOp, u8, usize);

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parse<Expr> {
        let condition = self.binary(1)?;
        if self.take(TokenKind::Question).is_none() {
            return Ok(condition);
        }
        self.operator()?;
        self.nested(|parser| {
            let then = Box::new(parser.expression()?);
            parser.expect(TokenKind::Colon, "`:` and the value where the condition is false")?;
            let otherwise = Box::new(parser.expression()?);
            let start = condition.span.start;
            let kind = ExprKind::Conditional { condition: Box::new(condition), then, otherwise };
            Ok(Expr { kind, span: parser.since(start) })
        })
    }

    /// Operators at least as tight as `tightest`, from left to right.
    fn binary(&mut self, least: u8) -> Parse<Expr> {
        let mut left = self.unary()?;
        while let Some(Found(op, level, tokens)) = self.binary_operator().filter(|found| found.1 >= least) {
            self.operator()?;
            self.warn_of_chain(&left, level);
            self.at += tokens;
            let right = Box::new(self.binary(level + 1)?);
            let start = left.span.start;
            let kind = ExprKind::Binary { op, left: Box::new(left), right };
            left = Expr { kind, span: self.since(start) };
        }
        Ok(left)
    }

    fn binary_operator(&self) -> Option<Found> {
        let next = self.peek(0);
        let (op, level) = match next.kind {
            TokenKind::OrOr => (BinaryOp::Or, 1),
            TokenKind::AndAnd => (BinaryOp::And, 2),
            TokenKind::Equal => (BinaryOp::Equal, EQUALITY),
            TokenKind::NotEqual => (BinaryOp::NotEqual, EQUALITY),
            TokenKind::Less => (BinaryOp::Less, ORDER),
            TokenKind::LessEqual => (BinaryOp::LessEqual, ORDER),
            TokenKind::Greater => (BinaryOp::Greater, ORDER),
            TokenKind::GreaterEqual => (BinaryOp::GreaterEqual, ORDER),
            TokenKind::Plus => (BinaryOp::Add, 5),
            TokenKind::Minus => (BinaryOp::Subtract, 5),
            TokenKind::Star => (BinaryOp::Multiply, 6),
            TokenKind::Slash if !self.slash_ends => (BinaryOp::Divide, 6),
            TokenKind::SlashSlash => (BinaryOp::FloorDivide, 6),
            TokenKind::Percent => (BinaryOp::Modulo, 6),
            TokenKind::Word => return self.word_operator(next),
            _ => return None,
        };
        Some(Found(op, level, 1))
    }

    fn word_operator(&self, word: Token) -> Option<Found> {
        let second = self.peek(1);
        let then = if second.kind == TokenKind::Word { self.text(second) } else { "" };
        Some(match (self.text(word), then) {
            ("or", _) => Found(BinaryOp::Or, 1, 1),
            ("and", _) => Found(BinaryOp::And, 2, 1),
            ("in", _) => Found(BinaryOp::In, EQUALITY, 1),
            ("not", "in") => Found(BinaryOp::NotIn, EQUALITY, 2),
            ("is", "not") => Found(BinaryOp::IsNot, EQUALITY, 2),
            ("is", _) => Found(BinaryOp::Is, EQUALITY, 1),
            _ => return None,
        })
    }

    /// In Python `a < b < c` means another thing.
    fn warn_of_chain(&mut self, left: &Expr, level: u8) {
        let is_order =
            |op| matches!(op, BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual);
        if let (ORDER, ExprKind::Binary { op, .. }) = (level, &left.kind)
            && is_order(*op)
        {
            let hint = "write `a < b and b < c`, or parentheses".to_owned();
            let message = "comparisons do not chain; this compares True or False";
            self.diagnostics.warning(self.peek(0).span, message, Some(hint));
        }
    }

    /// `!` and `-` bind tighter than any binary operator and looser than `.`; `not` takes a whole comparison.
    fn unary(&mut self) -> Parse<Expr> {
        let first = self.peek(0);
        let (op, is_word) = match first.kind {
            TokenKind::Bang => (UnaryOp::Not, false),
            TokenKind::Minus => (UnaryOp::Minus, false),
            TokenKind::Word if self.text(first) == "not" => (UnaryOp::Not, true),
            _ => return self.postfix(),
        };
        self.operator()?;
        self.advance();
        let of = self.nested(|parser| if is_word { parser.binary(EQUALITY) } else { parser.unary() })?;
        Ok(Expr { kind: ExprKind::Unary { op, of: Box::new(of) }, span: self.since(first.span.start) })
    }

    fn postfix(&mut self) -> Parse<Expr> {
        let mut value = self.primary()?;
        loop {
            let of = match self.peek(0).kind {
                TokenKind::Dot | TokenKind::BracketOpen => Box::new(value),
                TokenKind::ParenOpen => return Err(self.no_call(&value)),
                _ => return Ok(value),
            };
            self.operator()?;
            let start = of.span.start;
            let kind = if self.advance().kind == TokenKind::Dot {
                ExprKind::Attribute { of, name: self.expect_name("a name after `.`")? }
            } else {
                self.bracketed(|parser| parser.index(of))?
            };
            value = Expr { kind, span: self.since(start) };
        }
    }

    fn no_call(&mut self, value: &Expr) -> Reported {
        let message = match &value.kind {
            ExprKind::Attribute { name, .. } => format!("{} cannot be called", quoted(&name.text)),
            _ => "this cannot be called".to_owned(),
        };
        let hint = "a probe calls no Python; what there is are functions such as `len(x)` and `startswith(x, \"a\")`";
        self.error_hint(value.span, message, hint)
    }

    /// After `[`: an index, or a slice.
    fn index(&mut self, of: Box<Expr>) -> Parse<ExprKind> {
        let from = if self.next_is(TokenKind::Colon) { None } else { Some(Box::new(self.expression()?)) };
        let kind = match (from, self.take(TokenKind::Colon)) {
            (Some(index), None) => ExprKind::Index { of, index },
            (from, _) => {
                let is_open = self.next_is(TokenKind::BracketClose);
                let to = if is_open { None } else { Some(Box::new(self.expression()?)) };
                ExprKind::Slice { of, from, to }
            }
        };
        let hint = self.next_is(TokenKind::Colon).then(|| "a slice has no step".to_owned());
        match self.take(TokenKind::BracketClose) {
            Some(_) => Ok(kind),
            None => Err(self.expected_hint("`]`", hint)),
        }
    }

    /// Inside brackets `/` divides, and the tree is one level deeper.
    pub(super) fn bracketed<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        let slash_ends = std::mem::replace(&mut self.slash_ends, false);
        let read = self.nested(read);
        self.slash_ends = slash_ends;
        read
    }

    /// After `(`.
    pub(super) fn arguments(&mut self) -> Parse<Vec<Expr>> {
        self.bracketed(|parser| parser.separated(TokenKind::ParenClose, "`)` or `,`", Self::expression))
    }

    /// After `[`: at least one.
    pub(super) fn keys(&mut self) -> Parse<Vec<Expr>> {
        if self.next_is(TokenKind::BracketClose) {
            return Err(self.expected("a key"));
        }
        self.bracketed(|parser| parser.separated(TokenKind::BracketClose, "`]` or `,`", Self::expression))
    }

    fn primary(&mut self) -> Parse<Expr> {
        let first = self.peek(0);
        let kind = match first.kind {
            TokenKind::Number => self.number()?,
            TokenKind::Text => {
                self.advance();
                ExprKind::Str(self.string(first))
            }
            TokenKind::Dollar => ExprKind::Read(Box::new(self.place()?)),
            TokenKind::Word => self.named(first)?,
            TokenKind::ParenOpen => {
                self.advance();
                self.bracketed(|parser| {
                    let inside = parser.expression()?;
                    parser.expect(TokenKind::ParenClose, "`)`")?;
                    Ok(ExprKind::Group(Box::new(inside)))
                })?
            }
            TokenKind::At => {
                let hint = "what an aggregation holds is printed, and cannot be read; `$g.NAME[KEY]` can".to_owned();
                return Err(self.expected_hint("a value", Some(hint)));
            }
            _ => return Err(self.expected("a value")),
        };
        Ok(Expr { kind, span: self.since(first.span.start) })
    }

    /// A constant, a call, or a name.
    fn named(&mut self, word: Token) -> Parse<ExprKind> {
        let text = self.text(word);
        if WORD_OPERATORS.contains(&text) {
            return Err(self.expected("a value"));
        }
        self.advance();
        if CONSTANTS.contains(&text) {
            return Ok(match text {
                "None" => ExprKind::None,
                other => ExprKind::Bool(other == "True"),
            });
        }
        if self.take(TokenKind::ParenOpen).is_none() {
            return Ok(ExprKind::Name(text.to_owned()));
        }
        self.operator()?;
        Ok(ExprKind::Call { function: self.name(word), arguments: self.arguments()? })
    }

    /// `5`, `0.5`, `1e5`; `5ms` is 5 000 000.
    fn number(&mut self) -> Parse<ExprKind> {
        let token = self.advance();
        let (number, letters) = split_number(self.text(token));
        let whole = number.bytes().all(|b| b.is_ascii_digit());
        let unit = UNITS.iter().find(|(name, _)| *name == letters).map(|&(_, ns)| ns);
        let value = match (whole, letters, unit) {
            (true, "", _) => number.parse().ok().map(ExprKind::Int),
            (true, _, Some(ns)) => number.parse().ok().and_then(|n: i64| n.checked_mul(ns)).map(ExprKind::Int),
            (false, "", _) => number.parse().ok().filter(|f: &f64| f.is_finite()).map(ExprKind::Float),
            (_, letters, _) => {
                let message = format!("{} does not belong after a number", quoted(letters));
                let hint = "a time is a whole number and `ns`, `us`, `ms`, `s`, `m` or `h`: `5ms`";
                return Err(self.error_hint(token.span, message, hint));
            }
        };
        value.ok_or_else(|| {
            let hint = "integers go up to 9223372036854775807, floats up to 1.79e308";
            self.error_hint(token.span, format!("{} is too big", self.shown(token)), hint)
        })
    }

    /// `$req.x`, `$call.x`, `$g.x[key, …]`
    pub(super) fn place(&mut self) -> Parse<Place> {
        let scope = self.expect(TokenKind::Dollar, "a place such as `$req.x` or `$g.x[key]`")?;
        let word = &self.text(scope)[1..];
        if !SCOPES.contains(&word) {
            return Err(self.no_scope(scope));
        }
        self.expect(TokenKind::Dot, "`.` and a name")?;
        let name: Name = self.expect_name("a name after `.`")?;
        let kind = match word {
            "call" => PlaceKind::Call(name),
            "g" => {
                let has_key = self.take(TokenKind::BracketOpen).is_some();
                PlaceKind::Global { name, key: if has_key { self.keys()? } else { Vec::new() } }
            }
            _ => PlaceKind::Request(name),
        };
        Ok(Place { kind, span: self.since(scope.span.start) })
    }

    fn no_scope(&mut self, scope: Token) -> Reported {
        let text = self.text(scope);
        let message = format!("expected `$req`, `$call` or `$g`, found {}", quoted(text));
        let hint = match nearest(&text[1..], SCOPES.iter().copied()) {
            Some(known) if text.len() > 2 => format!("did you mean `${known}`?"),
            _ => "`$req.x` is kept for a request, `$call.x` for a call, `$g.x` for the process".to_owned(),
        };
        self.error_hint(scope.span, message, hint)
    }
}
