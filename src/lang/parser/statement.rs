//! Statements: what stands between braces.
//!
//! In: tokens. Out: statements; one that could not be read is `Error`, and the next is read. Never here: a value's type.

use super::{Parse, Parser, Reported};
use crate::lang::ast::{Argument, AssignOp, LogPart, Name, Span, Stmt, StmtKind};
use crate::lang::token::{STATEMENTS, Token, TokenKind, split_number};
use crate::limits;
use crate::spec::words::{nearest, quoted};

impl Parser<'_> {
    /// `{ … }`. The brace that is missing is reported, and what was read is kept.
    pub(super) fn block(&mut self) -> Parse<Vec<Stmt>> {
        let opening = self.advance().span;
        if self.nesting >= limits::PROBE_NESTING_MAX {
            self.too_deep(opening);
            self.skip_block();
            return Ok(Vec::new());
        }
        self.nested(|parser| {
            let mut body = Vec::new();
            while parser.take(TokenKind::BraceClose).is_none() {
                if parser.next_is(TokenKind::End) || parser.next_is_clause() && !parser.next_is(TokenKind::AtAt) {
                    let hint = "add a closing brace `}` after the last statement";
                    parser.error_hint(opening, "this `{` is not closed", hint);
                    break;
                }
                body.push(parser.statement());
            }
            Ok(body)
        })
    }

    /// To the brace that closes what was opened, unread.
    fn skip_block(&mut self) {
        let mut open = 1;
        while open > 0 && !self.next_is(TokenKind::End) {
            match self.advance().kind {
                TokenKind::BraceOpen => open += 1,
                TokenKind::BraceClose => open -= 1,
                _ => {}
            }
        }
    }

    fn statement(&mut self) -> Stmt {
        let start = self.peek(0).span.start;
        self.operators = 0;
        let kind = self.statement_kind().unwrap_or_else(|Reported| {
            self.skip_statement();
            StmtKind::Error
        });
        Stmt { kind, span: self.since(start) }
    }

    /// Past the next `;`, up to `}` or a clause; a block on the way is read, for its own mistakes, and is the end.
    fn skip_statement(&mut self) {
        loop {
            match self.peek(0).kind {
                TokenKind::End | TokenKind::BraceClose => return,
                TokenKind::BraceOpen => return drop(self.block()),
                _ if self.next_is_clause() && !self.next_is(TokenKind::AtAt) => return,
                _ if self.advance().kind == TokenKind::Semicolon => return,
                _ => {}
            }
        }
    }

    fn statement_kind(&mut self) -> Parse<StmtKind> {
        if self.next_is_word("if") {
            return self.condition();
        }
        let first = self.peek(0);
        let kind = match first.kind {
            TokenKind::Dollar => self.assignment()?,
            TokenKind::At => self.aggregate()?,
            TokenKind::Word => self.action(first)?,
            _ => return Err(self.expected_statement()),
        };
        self.semicolon()?;
        Ok(kind)
    }

    /// What is on the next line is read as if it were there.
    fn semicolon(&mut self) -> Parse<()> {
        if self.take(TokenKind::Semicolon).is_some() {
            return Ok(());
        }
        let (found, end) = (self.peek(0), self.previous().end);
        if found.kind == TokenKind::Unknown {
            return Err(Reported);
        }
        let hint = match found.kind {
            TokenKind::Assign => "did you mean `==`?",
            TokenKind::Word if self.next_is_word("if") => super::CONDITIONAL,
            _ => "add a semicolon `;` at the end of the statement",
        };
        let message = format!("expected `;`, found {}", self.shown(found));
        let reported = self.error_hint(Span { start: end, end }, message, hint);
        let between = &self.source[end as usize..found.span.start as usize];
        if found.kind == TokenKind::BraceClose || between.contains('\n') { Ok(()) } else { Err(reported) }
    }

    fn action(&mut self, first: Token) -> Parse<StmtKind> {
        let word = self.text(first);
        match word {
            "capture" | "send" => self.capture(word == "send"),
            "log" => self.log(),
            "print" => Ok(StmtKind::Print(self.named_aggregation()?)),
            "clear" => Ok(StmtKind::Clear(self.named_aggregation()?)),
            "delete" => {
                self.advance();
                Ok(StmtKind::Delete(self.place()?))
            }
            "sample" => self.sample(),
            "speculate" => self.alone(StmtKind::Speculate),
            "commit" => self.alone(StmtKind::Commit),
            "discard" => self.alone(StmtKind::Discard),
            "else" => Err(self.error(first.span, "this `else` has no `if` before it")),
            _ => Err(self.expected_statement()),
        }
    }

    fn alone(&mut self, kind: StmtKind) -> Parse<StmtKind> {
        self.advance();
        Ok(kind)
    }

    /// `if (e) { } else if (e) { } else { }`
    fn condition(&mut self) -> Parse<StmtKind> {
        self.advance();
        self.expect(TokenKind::ParenOpen, "`(` and a condition after `if`")?;
        let condition = self.bracketed(|parser| {
            let condition = parser.expression()?;
            parser.expect(TokenKind::ParenClose, "`)` after the condition")?;
            Ok(condition)
        })?;
        let then = self.branch()?;
        let otherwise = if self.take_word("else") { self.otherwise()? } else { Vec::new() };
        Ok(StmtKind::If { condition, then, otherwise })
    }

    fn branch(&mut self) -> Parse<Vec<Stmt>> {
        if self.next_is(TokenKind::BraceOpen) {
            return self.block();
        }
        let hint = "what depends stands in braces: `if (e) { capture(e); }`".to_owned();
        Err(self.expected_hint("`{`", Some(hint)))
    }

    fn otherwise(&mut self) -> Parse<Vec<Stmt>> {
        if !self.next_is_word("if") {
            return self.branch();
        }
        self.nested(|parser| Ok(vec![parser.statement()]))
    }

    /// `$req.x = e`, `$g.x[k] += e`
    fn assignment(&mut self) -> Parse<StmtKind> {
        let place = self.place()?;
        let op = match self.peek(0).kind {
            TokenKind::Assign => AssignOp::Set,
            TokenKind::AddAssign => AssignOp::Add,
            TokenKind::Dot | TokenKind::BracketOpen => {
                let hint =
                    "a program writes to `$req.NAME`, `$call.NAME` and `$g.NAME[KEY]`, and to nothing inside them";
                return Err(self.expected_hint("`=` or `+=`", Some(hint.to_owned())));
            }
            _ => return Err(self.expected("`=` or `+=`")),
        };
        self.advance();
        Ok(StmtKind::Assign { place, op, value: self.expression()? })
    }

    /// `@name[key, …] = function(arguments)`
    fn aggregate(&mut self) -> Parse<StmtKind> {
        let name = self.aggregation_name()?;
        let key = if self.take(TokenKind::BracketOpen).is_some() { self.keys()? } else { Vec::new() };
        self.becomes(&name)?;
        let hint = format!("write `@{} = count();`, or `sum(e)`, `max(e)`, `quantize(e)`", name.text);
        if !self.next_is(TokenKind::Word) {
            return Err(self.expected_hint("an aggregation such as `count()`", Some(hint)));
        }
        let function = self.expect_name("an aggregation")?;
        if !self.next_is(TokenKind::ParenOpen) {
            return Err(self.error_hint(function.span, "expected an aggregation such as `count()`", hint));
        }
        self.advance();
        let arguments = self.arguments()?;
        Ok(StmtKind::Aggregate { name, key, function, arguments })
    }

    fn aggregation_name(&mut self) -> Parse<Name> {
        let at = self.expect(TokenKind::At, "an aggregation such as `@calls`")?;
        if self.next_is(TokenKind::Word) && self.is_adjacent() {
            return self.expect_name("a name");
        }
        // The one that needs no name.
        Ok(Name { text: String::new(), span: at.span })
    }

    /// `=`; what other languages write here is told apart.
    fn becomes(&mut self, name: &Name) -> Parse<()> {
        if self.take(TokenKind::Assign).is_some() {
            return Ok(());
        }
        let name = &name.text;
        let hint = match self.peek(0).kind {
            TokenKind::Plus => Some(format!("write `@{name}[…] = count();`")),
            TokenKind::AddAssign => Some(format!("write `@{name}[…] = sum(e);`")),
            _ => None,
        };
        Err(self.expected_hint("`=` and an aggregation such as `count()`", hint))
    }

    /// `(@x)`
    fn named_aggregation(&mut self) -> Parse<Name> {
        let word = self.advance();
        self.expect(TokenKind::ParenOpen, "`(`")?;
        if !self.next_is(TokenKind::At) {
            let hint = match self.text(word) {
                "print" => "values are written by `log(\"… {e} …\")` and `capture(e)`",
                _ => "a value is removed by `delete`",
            };
            return Err(self.expected_hint("an aggregation such as `@calls`", Some(hint.to_owned())));
        }
        let name = self.aggregation_name()?;
        self.expect(TokenKind::ParenClose, "`)`")?;
        Ok(name)
    }

    /// `sample 10%`, `sample 1/100`
    fn sample(&mut self) -> Parse<StmtKind> {
        let start = self.advance().span.start;
        let first = self.share("a share such as `10%` or `1/100`")?;
        let share = match self.peek(0).kind {
            TokenKind::Percent => first / 100.0,
            TokenKind::Slash => {
                self.advance();
                let second = self.share("a number after `/`")?;
                return self.sampled(start, first / second);
            }
            _ => return Err(self.expected("`%`, or `/` and a number")),
        };
        self.advance();
        self.sampled(start, share)
    }

    fn sampled(&mut self, start: u32, share: f64) -> Parse<StmtKind> {
        if (0.0..=1.0).contains(&share) {
            return Ok(StmtKind::Sample(share));
        }
        let span = self.since(start);
        let text = quoted(&self.source[span.start as usize..span.end as usize]);
        Err(self.error(span, format!("expected a share of at most all, found {text}")))
    }

    fn share(&mut self, what: &str) -> Parse<f64> {
        let token = self.expect(TokenKind::Number, what)?;
        let (number, letters) = split_number(self.text(token));
        match number.parse::<f64>() {
            Ok(share) if letters.is_empty() => Ok(share),
            _ => Err(self.error(token.span, format!("expected {what}, found {}", self.shown(token)))),
        }
    }

    /// `capture(a, name=b)`
    fn capture(&mut self, is_send: bool) -> Parse<StmtKind> {
        self.advance();
        self.expect(TokenKind::ParenOpen, "`(`")?;
        let arguments =
            self.bracketed(|parser| parser.separated(TokenKind::ParenClose, "`)` or `,`", Self::argument))?;
        Ok(StmtKind::Capture { is_send, arguments })
    }

    fn argument(&mut self) -> Parse<Argument> {
        let has_name = self.next_is(TokenKind::Word) && self.peek(1).kind == TokenKind::Assign;
        let name = has_name.then(|| self.advance()).map(|token| self.name(token));
        if name.is_some() {
            self.advance();
        }
        Ok(Argument { name, value: self.expression()? })
    }

    /// `log("… {e} …")`, `log(e)`
    fn log(&mut self) -> Parse<StmtKind> {
        self.advance();
        self.expect(TokenKind::ParenOpen, "`(`")?;
        self.bracketed(|parser| {
            let is_template = parser.next_is(TokenKind::Text) && parser.peek(1).kind == TokenKind::ParenClose;
            let parts = if is_template {
                let token = parser.advance();
                parser.template(token)?
            } else {
                vec![LogPart::Value(parser.expression()?)]
            };
            if parser.next_is(TokenKind::Comma) {
                let hint = "values stand in the text, between braces: `log(\"took {elapsed} ns\")`".to_owned();
                return Err(parser.expected_hint("`)`", Some(hint)));
            }
            parser.expect(TokenKind::ParenClose, "`)`")?;
            Ok(StmtKind::Log(parts))
        })
    }

    fn expected_statement(&mut self) -> Reported {
        let found = self.peek(0);
        let hint = match found.kind {
            TokenKind::Word => self.meant(found),
            TokenKind::AtAt => "`@@budget(…)` stands before its clause".to_owned(),
            TokenKind::Semicolon => "leave it out".to_owned(),
            _ => "a statement is `capture(…);`, `@calls[fn] = count();`, `$req.x = e;`, `if (e) { … }`".to_owned(),
        };
        self.expected_hint("a statement", Some(hint))
    }

    /// For a word that begins no statement.
    fn meant(&self, found: Token) -> String {
        let word = self.text(found);
        match (word, self.peek(1).kind) {
            ("printf" | "print_text" | "println", _) => "write `log(\"… {e} …\");`".to_owned(),
            (_, TokenKind::Assign | TokenKind::AddAssign) => {
                format!(
                    "values are kept in `$call.{word}`, `$req.{word}` or `$g.{word}`: for a call, a request, the process"
                )
            }
            _ => match nearest(word, STATEMENTS.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "an expression alone does nothing; write `capture(e);` or `log(e);`".to_owned(),
            },
        }
    }
}
