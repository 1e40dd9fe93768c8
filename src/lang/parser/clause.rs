//! Clauses: `@@budget(…) fn:a.b:entry, begin / predicate / { body }`.
//!
//! In: the tokens outside braces. Out: clauses. Never here: a clause that is lost because of the one before.

use super::{Parse, Parser, Reported};
use crate::lang::ast::{Budget, Clause, Expr, Program, Stmt};
use crate::lang::token::{PROVIDERS, TokenKind};
use crate::limits;
use crate::spec::words::nearest;

pub(in crate::lang) const BEGINS: &str = "a clause begins with `fn:MODULE.FUNCTION:POINT`, `begin`, `end` or `tick:5s`";

impl Parser<'_> {
    pub(super) fn program(mut self) -> Program {
        let mut clauses = Vec::new();
        while !self.next_is(TokenKind::End) {
            if clauses.len() as u64 >= limits::PROBE_CLAUSES_MAX {
                let message = format!("expected at most {} clauses", limits::PROBE_CLAUSES_MAX);
                self.error(self.peek(0).span, message);
                break;
            }
            match self.clause() {
                Ok(clause) => clauses.push(clause),
                Err(Reported) => self.skip_to_clause(),
            }
        }
        Program { clauses }
    }

    fn clause(&mut self) -> Parse<Clause> {
        let start = self.peek(0).span.start;
        let budget = self.budgets();
        let points = self.points()?;
        let predicate = if self.next_is(TokenKind::Slash) { self.predicate() } else { None };
        let body = self.body(predicate.is_some())?;
        Ok(Clause { budget, points, predicate, body, span: self.since(start) })
    }

    /// All of them are read; one is allowed.
    fn budgets(&mut self) -> Option<Budget> {
        let mut first = None;
        while self.next_is(TokenKind::AtAt) {
            match self.budget() {
                Ok(budget) if first.is_none() => first = Some(budget),
                Ok(again) => drop(self.error(again.span, "a clause has one `@@budget`, found another")),
                Err(Reported) => self.skip_budget(),
            }
        }
        first
    }

    fn budget(&mut self) -> Parse<Budget> {
        let start = self.advance().span.start;
        if !self.take_word("budget") {
            return Err(self.expected("`budget` after `@@`"));
        }
        self.expect(TokenKind::ParenOpen, "`(` after `@@budget`")?;
        self.operators = 0;
        let options = self.separated(TokenKind::ParenClose, "`)` or `,`", |parser| {
            let name = parser.expect_name("an option such as `fuel=20000`")?;
            parser.expect(TokenKind::Assign, "`=` and a value")?;
            Ok((name, parser.expression()?))
        })?;
        Ok(Budget { options, span: self.since(start) })
    }

    fn skip_budget(&mut self) {
        while !matches!(self.peek(0).kind, TokenKind::BraceOpen | TokenKind::End) && !self.next_is_clause() {
            if self.advance().kind == TokenKind::ParenClose {
                return;
            }
        }
    }

    /// After a mistake the body is read all the same.
    fn predicate(&mut self) -> Option<Expr> {
        self.advance();
        self.operators = 0;
        self.slash_ends = true;
        let read = self.expression();
        self.slash_ends = false;
        let closed = read.and_then(|predicate| match self.take(TokenKind::Slash) {
            Some(_) => Ok(predicate),
            None if self.next_is(TokenKind::Assign) => {
                Err(self.expected_hint("`/` at the end of the predicate", Some("did you mean `==`?".to_owned())))
            }
            None => {
                let hint = "a predicate stands between two `/`; division goes in parentheses".to_owned();
                Err(self.expected_hint("`/` at the end of the predicate", Some(hint)))
            }
        });
        if closed.is_err() {
            self.skip_predicate();
        }
        closed.ok()
    }

    fn skip_predicate(&mut self) {
        while !matches!(self.peek(0).kind, TokenKind::BraceOpen | TokenKind::End) && !self.next_is_clause() {
            self.advance();
        }
    }

    fn body(&mut self, after_predicate: bool) -> Parse<Vec<Stmt>> {
        if self.next_is(TokenKind::BraceOpen) {
            return self.block();
        }
        let hint = match self.peek(0).kind {
            TokenKind::Plus | TokenKind::Star | TokenKind::Minus | TokenKind::Dot => BEGINS,
            _ if after_predicate => "`/` ends a predicate; division goes in parentheses",
            _ => "the body of a clause stands in braces: `{ capture(arg0); }`",
        };
        Err(self.expected_hint("`{` and the clause's body", Some(hint.to_owned())))
    }

    /// Reports that no clause begins here.
    pub(super) fn expected_clause(&mut self) -> Reported {
        let found = self.peek(0);
        let meant = match found.kind {
            TokenKind::Word => nearest(&self.text(found).to_lowercase(), PROVIDERS.iter().copied()),
            _ => None,
        };
        let hint = match (found.kind, meant) {
            (TokenKind::BraceClose, _) => "this `}` closes nothing".to_owned(),
            (_, Some(name)) => format!("did you mean `{name}`? {BEGINS}"),
            (_, None) => BEGINS.to_owned(),
        };
        self.expected_hint("a probe spec", Some(hint))
    }

    /// To the next clause; a body on the way is read, for its own mistakes.
    fn skip_to_clause(&mut self) {
        while !self.next_is(TokenKind::End) && !self.next_is_clause() {
            if !self.next_is(TokenKind::BraceOpen) {
                self.advance();
                continue;
            }
            // What is wrong in there was reported.
            if self.block().is_ok() {
                return;
            }
        }
    }

    /// Up to and with `end`; a comma may stand before it.
    pub(super) fn separated<T>(
        &mut self,
        end: TokenKind,
        expected: &str,
        mut one: impl FnMut(&mut Self) -> Parse<T>,
    ) -> Parse<Vec<T>> {
        let mut all = Vec::new();
        while self.take(end).is_none() {
            all.push(one(self)?);
            if self.take(TokenKind::Comma).is_none() && !self.next_is(end) {
                return Err(self.expected(expected));
            }
        }
        Ok(all)
    }
}
