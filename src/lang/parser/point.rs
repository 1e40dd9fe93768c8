//! Points: `fn:shop.cart.*:exit?min=5ms`, `begin`, `tick:5s`, one word each or with spaces.
//!
//! In: tokens. Out: a spec without spaces, as an export is named, checked by the grammar that hosts and guests share. Never
//! here: a second opinion on what a spec is.

use super::{Parse, Parser, Reported};
use crate::lang::ast::{Point, PointKind, Span};
use crate::lang::token::{TokenKind, UNITS, split_number};
use crate::spec::{Problem, Spec, SpecError};

/// A spec's text, and where its pieces came from.
#[derive(Default)]
struct Gathered {
    text: String,
    pieces: Vec<(usize, Span)>,
}

impl Gathered {
    fn push(&mut self, text: &str, span: Span) {
        self.pieces.push((self.text.len(), span));
        self.text.push_str(text);
    }

    /// The piece of the program that stands at this byte of the text; past the last, its end.
    fn span(&self, at: usize) -> Span {
        let after = self.pieces.partition_point(|&(from, _)| from <= at);
        match self.pieces.get(after.saturating_sub(1)) {
            Some(&(_, span)) if at >= self.text.len() => Span { start: span.end, end: span.end },
            Some(&(_, span)) => span,
            None => Span::default(),
        }
    }
}

impl Parser<'_> {
    pub(super) fn points(&mut self) -> Parse<Vec<Point>> {
        let mut all = vec![self.point()?];
        while self.take(TokenKind::Comma).is_some() {
            all.push(self.point()?);
        }
        Ok(all)
    }

    fn point(&mut self) -> Parse<Point> {
        let first = self.peek(0);
        let colon = self.peek(1).kind == TokenKind::Colon;
        let word = if first.kind == TokenKind::Word { self.text(first) } else { "" };
        let kind = match word {
            "fn" | "py" => self.function(),
            "begin" => self.plain(PointKind::Begin),
            "end" => self.plain(PointKind::End),
            "tick" => self.tick()?,
            "line" | "exc" if colon => PointKind::Unsupported(self.run_together()),
            _ => return Err(self.expected_clause()),
        };
        Ok(Point { kind, span: self.since(first.span.start) })
    }

    fn plain(&mut self, kind: PointKind) -> PointKind {
        self.advance();
        kind
    }

    /// `tick:5s`
    fn tick(&mut self) -> Parse<PointKind> {
        self.advance();
        self.expect(TokenKind::Colon, "`:` and an interval, as in `tick:5s`")?;
        let number = self.expect(TokenKind::Number, "an interval such as `5s`")?;
        let text = self.text(number);
        let (digits, unit) = split_number(text);
        if digits.bytes().all(|b| b.is_ascii_digit()) && UNITS.iter().any(|(name, _)| *name == unit) {
            return Ok(PointKind::Tick(text.to_owned()));
        }
        let hint = "a whole number and `ms`, `s`, `m` or `h`: `tick:5s`";
        Err(self.error_hint(number.span, format!("expected an interval such as `5s`, found `{text}`"), hint))
    }

    /// Everything up to the next space, brace or comma.
    fn run_together(&mut self) -> String {
        let start = self.advance().span.start;
        let ends = |kind| matches!(kind, TokenKind::BraceOpen | TokenKind::Comma | TokenKind::End);
        while self.is_adjacent() && !ends(self.peek(0).kind) {
            self.advance();
        }
        let end = self.previous().end;
        self.source[start as usize..end as usize].to_owned()
    }

    /// `py:` is how HogTrace also writes `fn:`.
    fn function(&mut self) -> PointKind {
        let mut gathered = Gathered::default();
        let provider = self.advance();
        gathered.push("fn", provider.span);
        self.gather_place(&mut gathered);
        self.gather_options(&mut gathered);
        match gathered.text.parse::<Spec>() {
            Ok(_) => PointKind::Function(gathered.text),
            Err(SpecError { problem: Problem::PointNotYet(_) | Problem::ProviderNotYet(_), .. }) => {
                PointKind::Unsupported(gathered.text)
            }
            Err(e) => self.refused(gathered, &e),
        }
    }

    /// Target and point.
    fn gather_place(&mut self, gathered: &mut Gathered) {
        let mut last = TokenKind::Word;
        loop {
            let next = self.peek(0);
            let takes = match next.kind {
                TokenKind::Colon | TokenKind::Dot => true,
                TokenKind::Word | TokenKind::Number | TokenKind::Star => {
                    matches!(last, TokenKind::Colon | TokenKind::Dot | TokenKind::Plus) || self.is_adjacent()
                }
                TokenKind::Less | TokenKind::Greater => self.is_adjacent(),
                TokenKind::Plus => self.peek(1).kind == TokenKind::Number,
                _ => false,
            };
            if !takes {
                return;
            }
            gathered.push(self.text(next), next.span);
            last = self.advance().kind;
        }
    }

    /// `?min=5ms&rate=50/s`: only a rate has a `/` of its own.
    fn gather_options(&mut self, gathered: &mut Gathered) {
        let Some(question) = self.take(TokenKind::Question) else { return };
        gathered.push("?", question.span);
        let mut key = "";
        let mut last = question;
        loop {
            let next = self.peek(0);
            let is_value = matches!(last.kind, TokenKind::Assign | TokenKind::Minus);
            let takes = match next.kind {
                TokenKind::Word => is_value || !matches!(last.kind, TokenKind::Word | TokenKind::Number),
                TokenKind::Number => is_value,
                TokenKind::Assign | TokenKind::Ampersand => true,
                TokenKind::Minus => last.kind == TokenKind::Assign,
                TokenKind::Slash => {
                    key == "rate" && last.kind == TokenKind::Number && self.peek(1).kind == TokenKind::Word
                }
                _ => false,
            };
            if !takes {
                return;
            }
            if self.peek(1).kind == TokenKind::Assign {
                key = self.text(next);
            }
            gathered.push(self.text(next), next.span);
            last = self.advance();
        }
    }

    /// The grammar's words, at the place in the program. One part alone is HogTrace's for a function in any module.
    fn refused(&mut self, gathered: Gathered, e: &SpecError) -> PointKind {
        if let Problem::OnePart(name) = &e.problem {
            let anywhere = gathered.text.replacen("fn:", "fn:**.", 1);
            if anywhere.parse::<Spec>().is_ok() {
                let message = format!("`{name}` names no module, taken as `**.{name}`");
                let hint = format!("write `fn:MODULE.{name}:…`, or `fn:**.{name}:…` for every module");
                self.diagnostics.warning(gathered.span(e.at), message, Some(hint));
                return PointKind::Function(anywhere);
            }
        }
        let span = gathered.span(e.at);
        let Reported = match e.hint() {
            Some(hint) => self.error_hint(span, e.problem.to_string(), hint),
            None => self.error(span, e.problem.to_string()),
        };
        // The rest of it is no second mistake.
        let ends = |kind| matches!(kind, TokenKind::BraceOpen | TokenKind::Slash | TokenKind::Comma | TokenKind::End);
        while !ends(self.peek(0).kind) && !self.next_is_clause() {
            self.advance();
        }
        PointKind::Function(gathered.text)
    }
}
