//! The checker: what is wrong with a program that could be read.
//!
//! In: a program. Out: diagnostics. Never here: a target resolved to functions; a change of the program.
//!
//! `scope` says what can be read where, `calls` knows functions and aggregations, `constant` what can be told without
//! running.

mod aggregations;
mod calls;
mod constant;
mod scope;

use std::collections::HashSet;

pub use self::aggregations::AGGREGATIONS;
use self::aggregations::Aggregations;
pub use self::calls::FUNCTIONS;
use self::scope::Scope;
use super::ast::{
    Argument, Budget, Clause, Expr, ExprKind, LogPart, Place, PlaceKind, PointKind, Program, Span, Stmt, StmtKind,
};
use super::diagnostics::Diagnostics;
use crate::limits;
use crate::spec::words::{nearest, one_of, quoted};

/// Looks at everything, whatever was found before.
pub(super) fn check(program: &Program, diagnostics: &mut Diagnostics) {
    let mut aggregations = Aggregations::default();
    program.clauses.iter().for_each(|clause| aggregations.declare(clause, diagnostics));
    let written = Written::of(program);
    for clause in &program.clauses {
        points(clause, diagnostics);
        budget(clause.budget.as_ref(), diagnostics);
        let scope = Scope::of(clause);
        let mut checker = Checker { scope, aggregations: &aggregations, written: &written, diagnostics };
        checker.clause(clause);
    }
}

fn points(clause: &Clause, diagnostics: &mut Diagnostics) {
    for point in &clause.points {
        if let PointKind::Unsupported(text) = &point.kind {
            let hint = "points are `entry`, `exit`, `return` and `raise` of a function, `begin`, `end` and `tick:5s`";
            diagnostics.error_hint(point.span, format!("{} is not supported yet", quoted(text)), hint);
        }
    }
}

/// What `@@budget` may say, and an example.
pub const BUDGETS: &[(&str, &str)] = &[("fuel", "20000"), ("rate", "\"50/s\""), ("sample", "0.01")];

fn budget(budget: Option<&Budget>, diagnostics: &mut Diagnostics) {
    let mut seen = HashSet::new();
    for (name, value) in budget.iter().flat_map(|budget| &budget.options) {
        let known = BUDGETS.iter().find(|(option, _)| *option == name.text);
        let Some((_, example)) = known else {
            let names: Vec<_> = BUDGETS.iter().map(|(option, _)| *option).collect();
            let message = format!("{} is no budget, expected {}", quoted(&name.text), one_of(&names));
            diagnostics.error_hint(name.span, message, format!("like `{}={}`", BUDGETS[0].0, BUDGETS[0].1));
            continue;
        };
        if !seen.insert(&name.text) {
            diagnostics.error(name.span, format!("{} is given twice", quoted(&name.text)));
        }
        let fits = match name.text.as_str() {
            "fuel" => matches!(value.kind, ExprKind::Int(n) if n > 0),
            "rate" => matches!(value.kind, ExprKind::Str(_)),
            _ => matches!(value.kind, ExprKind::Float(_) | ExprKind::Int(_)),
        };
        if !fits {
            diagnostics.error(value.span, format!("expected a constant like `{}={example}`", name.text));
        }
    }
}

/// What some clause sets.
struct Written {
    request: HashSet<String>,
    call: HashSet<String>,
    global: HashSet<String>,
}

impl Written {
    fn of(program: &Program) -> Self {
        let mut all = Self { request: HashSet::new(), call: HashSet::new(), global: HashSet::new() };
        program.clauses.iter().for_each(|clause| all.add(&clause.body));
        all
    }

    fn add(&mut self, body: &[Stmt]) {
        for statement in body {
            match &statement.kind {
                StmtKind::Assign { place, .. } => match &place.kind {
                    PlaceKind::Request(name) => drop(self.request.insert(name.text.clone())),
                    PlaceKind::Call(name) => drop(self.call.insert(name.text.clone())),
                    PlaceKind::Global { name, .. } => drop(self.global.insert(name.text.clone())),
                },
                StmtKind::If { then, otherwise, .. } => {
                    self.add(then);
                    self.add(otherwise);
                }
                _ => {}
            }
        }
    }
}

struct Checker<'a> {
    scope: Scope,
    aggregations: &'a Aggregations,
    written: &'a Written,
    diagnostics: &'a mut Diagnostics,
}

impl Checker<'_> {
    fn clause(&mut self, clause: &Clause) {
        if let Some(predicate) = &clause.predicate {
            self.expression(predicate);
            if constant::truth(predicate) == Some(false) {
                let hint =
                    Some(String::from("the clause never does anything; leave it out, or compare with what is read"));
                self.diagnostics.warning(predicate.span, "this predicate is always false", hint);
            }
        }
        for statement in &clause.body {
            match statement.kind {
                StmtKind::Sample(chance) => self.sample(chance, statement.span),
                _ => self.statement(statement),
            }
        }
    }

    fn sample(&mut self, chance: f64, span: Span) {
        if !(chance > 0.0 && chance <= 1.0) {
            self.diagnostics.error(span, "expected a sample above 0 and up to 100%");
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match &statement.kind {
            StmtKind::Assign { place, value, .. } => {
                self.place(place);
                self.expression(value);
            }
            StmtKind::Delete(place) => match place.kind {
                PlaceKind::Global { .. } => self.place(place),
                _ => self.diagnostics.error_hint(place.span, "only `$g` can be deleted from", "set it to None"),
            },
            StmtKind::Aggregate { key, arguments, .. } => {
                key.iter().chain(arguments).for_each(|e| self.expression(e));
            }
            StmtKind::Sample(_) => {
                let hint = "move it to the top of the clause, or ask `rand() < 0.1`";
                self.diagnostics.error_hint(statement.span, "`sample` holds for a whole clause", hint);
            }
            StmtKind::Capture { arguments, .. } => self.capture(arguments, statement.span),
            StmtKind::Log(parts) => {
                for part in parts {
                    match part {
                        LogPart::Text(text) => self.text(text, statement.span),
                        LogPart::Value(e) => self.expression(e),
                    }
                }
            }
            StmtKind::Print(name) | StmtKind::Clear(name) => self.aggregations.used(name, self.diagnostics),
            StmtKind::If { condition, then, otherwise } => {
                self.expression(condition);
                then.iter().chain(otherwise).for_each(|statement| self.statement(statement));
            }
            StmtKind::Speculate | StmtKind::Commit | StmtKind::Discard if self.scope.without_call.is_some() => {
                self.no_call("a request", statement.span);
            }
            StmtKind::Speculate | StmtKind::Commit | StmtKind::Discard | StmtKind::Error => {}
        }
    }

    fn capture(&mut self, arguments: &[Argument], span: Span) {
        let mut names = HashSet::new();
        if arguments.len() as u64 > limits::RECORD_FIELDS_MAX {
            let (max, found) = (limits::RECORD_FIELDS_MAX, arguments.len());
            self.diagnostics.error(span, format!("expected at most {max} fields, found {found}"));
        }
        for Argument { name, value } in arguments {
            if let Some(name) = name
                && !names.insert(&name.text)
            {
                self.diagnostics.error(name.span, format!("{} is captured twice", quoted(&name.text)));
            }
            self.expression(value);
        }
    }

    fn expression(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Name(name) => self.name(name, e.span),
            ExprKind::Str(text) => self.text(text, e.span),
            ExprKind::Read(place) => {
                self.place(place);
                self.unwritten(place);
            }
            ExprKind::Call { function, arguments } => {
                calls::check(function, arguments, e.span, self.diagnostics);
                arguments.iter().for_each(|argument| self.expression(argument));
            }
            ExprKind::Attribute { of, .. } | ExprKind::Unary { of, .. } | ExprKind::Group(of) => self.expression(of),
            ExprKind::Index { of, index } => [of, index].into_iter().for_each(|e| self.expression(e)),
            ExprKind::Slice { of, from, to } => {
                [Some(of), from.as_ref(), to.as_ref()].into_iter().flatten().for_each(|e| self.expression(e));
            }
            ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|e| self.expression(e)),
            ExprKind::Conditional { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().for_each(|e| self.expression(e));
            }
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::None | ExprKind::Error => {}
        }
    }

    fn name(&mut self, name: &str, span: Span) {
        let digits = name.strip_prefix("arg").filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        if digits.is_some() && name.parse::<crate::path::Path>().is_err() {
            self.diagnostics.error(span, format!("{} is no argument, expected `arg0` to `arg65535`", quoted(name)));
        }
        if self.scope.without_call.is_some() && scope::is_of_a_call(name) {
            return self.no_call(&quoted(name), span);
        }
        if self.scope.has_entry && scope::EXIT_ONLY.contains(&name) {
            let hint = if name == "elapsed" {
                "say `:exit`; `mono()` is a clock"
            } else {
                "say `:exit`, or give entry a clause of its own"
            };
            self.diagnostics.error_hint(span, format!("{} is not known at `entry`", quoted(name)), hint);
        }
    }

    fn no_call(&mut self, what: &str, span: Span) {
        let point = self.scope.without_call.unwrap_or("begin");
        let hint = "ask it in a clause of a function, and keep it in `$g`";
        self.diagnostics.error_hint(span, format!("{what} belongs to a call, and `{point}` has none"), hint);
    }

    fn text(&mut self, text: &str, span: Span) {
        let max = limits::PROBE_STR_BYTES_MAX;
        if text.len() as u64 > max {
            self.diagnostics.error(span, format!("expected at most {max} bytes of text, found {}", text.len()));
        }
    }

    fn place(&mut self, place: &Place) {
        match &place.kind {
            PlaceKind::Global { key, .. } => {
                aggregations::key_arity(key, place.span, self.diagnostics);
                key.iter().for_each(|part| self.expression(part));
            }
            PlaceKind::Request(_) if self.scope.without_call.is_some() => self.no_call("`$req`", place.span),
            PlaceKind::Call(_) if self.scope.without_call.is_some() => self.no_call("`$call`", place.span),
            PlaceKind::Request(_) | PlaceKind::Call(_) => {}
        }
    }

    /// Most likely a slip, though another module of the session, or the application by its own request, may set it.
    fn unwritten(&mut self, place: &Place) {
        let (name, written, prefix) = match &place.kind {
            PlaceKind::Request(name) => (name, &self.written.request, "$req"),
            PlaceKind::Call(name) => (name, &self.written.call, "$call"),
            PlaceKind::Global { name, .. } => (name, &self.written.global, "$g"),
        };
        if !written.contains(&name.text) {
            let meant = nearest(&name.text, written.iter().map(String::as_str));
            let hint = meant.map(|meant| format!("did you mean `{prefix}.{meant}`?"));
            let message = format!("`{prefix}.{}` is read, but nothing here sets it", name.text);
            self.diagnostics.warning(place.span, message, hint);
        }
    }
}
