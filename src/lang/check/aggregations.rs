//! Aggregations: each has one function, one number of keys, one set of buckets, wherever it is filled.
//!
//! In: all clauses. Out: what each aggregation is, and diagnostics where two places disagree. Never here: a key's value.

use std::collections::HashMap;

use crate::lang::ast::{Clause, Expr, Name, Span, Stmt, StmtKind};
use crate::lang::diagnostics::{Diagnostics, Other};
use crate::lang::emit::constant_number;
use crate::limits;
use crate::spec::words::{nearest, one_of, quoted};

/// Bounds beyond are not exact, and too long to be written in a name; too long are those nearer to zero than the least, too.
const BOUND_MAX: f64 = 1e15;
const BOUND_MIN: f64 = 1e-15;
/// A tuple has no more parts.
const KEYS_MAX: usize = 4;

/// Each with its parameters, as a person reads them.
pub const AGGREGATIONS: &[(&str, &[&str])] = &[
    ("count", &[]),
    ("sum", &["x"]),
    ("min", &["x"]),
    ("max", &["x"]),
    ("avg", &["x"]),
    ("stddev", &["x"]),
    ("quantize", &["x"]),
    ("lquantize", &["x", "low", "high", "step"]),
    ("uniq", &["x"]),
    ("top", &["x"]),
];

/// What two places must agree in.
#[derive(Clone, PartialEq)]
struct Shape {
    function: String,
    keys: usize,
    buckets: Vec<f64>,
}

/// By name: its shape, and where that is first said.
#[derive(Default)]
pub(super) struct Aggregations(HashMap<String, (Shape, Span)>);

impl Aggregations {
    pub(super) fn declare(&mut self, clause: &Clause, diagnostics: &mut Diagnostics) {
        self.all(&clause.body, diagnostics);
    }

    fn all(&mut self, body: &[Stmt], diagnostics: &mut Diagnostics) {
        for statement in body {
            match &statement.kind {
                StmtKind::Aggregate { name, key, function, arguments } => {
                    key_arity(key, statement.span, diagnostics);
                    if call(function, arguments, statement.span, diagnostics) {
                        let buckets = arguments.iter().skip(1).filter_map(constant_number).collect();
                        let shape = Shape { function: function.text.clone(), keys: key.len(), buckets };
                        self.agree(name, shape, statement.span, diagnostics);
                    }
                }
                StmtKind::If { then, otherwise, .. } => {
                    self.all(then, diagnostics);
                    self.all(otherwise, diagnostics);
                }
                _ => {}
            }
        }
    }

    fn agree(&mut self, name: &Name, shape: Shape, span: Span, diagnostics: &mut Diagnostics) {
        let (first, at) = self.0.entry(name.text.clone()).or_insert_with(|| (shape.clone(), span));
        if *first != shape {
            let message = format!("`@{}` is {} here, and {} before", name.text, described(&shape), described(first));
            diagnostics.disagree(span, Other { span: *at, is: "before" }, message, "give each its own name");
        }
    }

    /// `print` and `clear` are of something that is filled.
    pub(super) fn used(&self, name: &Name, diagnostics: &mut Diagnostics) {
        if !self.0.contains_key(&name.text) {
            let hint = match nearest(&name.text, self.0.keys().map(String::as_str)) {
                Some(meant) => format!("did you mean `@{meant}`?"),
                None => format!("fill it, as in `@{} = count();`", name.text),
            };
            diagnostics.error_hint(name.span, format!("nothing fills `@{}`", name.text), hint);
        }
    }
}

fn described(shape: &Shape) -> String {
    let keys = match shape.keys {
        0 => String::from("without a key"),
        1 => String::from("by one key"),
        n => format!("by {n} keys"),
    };
    let buckets: String = shape.buckets.iter().map(|bound| format!(", {bound}")).collect();
    format!("`{}(…{buckets})` {keys}", shape.function)
}

pub(super) fn key_arity(key: &[Expr], span: Span, diagnostics: &mut Diagnostics) {
    if key.len() > KEYS_MAX {
        diagnostics.error(span, format!("expected at most {KEYS_MAX} keys, found {}", key.len()));
    }
}

fn call(function: &Name, arguments: &[Expr], span: Span, diagnostics: &mut Diagnostics) -> bool {
    let Some((name, parameters)) = AGGREGATIONS.iter().find(|(name, _)| *name == function.text) else {
        let known = AGGREGATIONS.iter().map(|(name, _)| *name);
        let hint = match nearest(&function.text, known.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("expected {}", one_of(&known.collect::<Vec<_>>())),
        };
        diagnostics.error_hint(function.span, format!("no aggregation {}", quoted(&function.text)), hint);
        return false;
    };
    if parameters.len() != arguments.len() {
        let message = format!("expected `{name}({})`, found {} arguments", parameters.join(", "), arguments.len());
        diagnostics.error(span, message);
        return false;
    }
    *name != "lquantize" || buckets(arguments, span, diagnostics)
}

fn buckets(arguments: &[Expr], span: Span, diagnostics: &mut Diagnostics) -> bool {
    let bounds: Vec<f64> = arguments[1..].iter().filter_map(constant_number).collect();
    let &[low, high, step] = bounds.as_slice() else {
        diagnostics.error_hint(span, "the bounds of `lquantize` are constants", "like `lquantize(x, 0, 100, 10)`");
        return false;
    };
    let max = limits::LINEAR_BUCKETS_MAX;
    if !bounds.iter().all(|bound| *bound == 0.0 || (BOUND_MIN..BOUND_MAX).contains(&bound.abs())) {
        let message = format!("expected bounds of 0, or between {BOUND_MIN:e} and {BOUND_MAX:e} on both sides of it");
        diagnostics.error(span, message);
        return false;
    }
    let fits = low < high && step > 0.0 && (high - low) / step <= max as f64;
    if !fits {
        let message =
            format!("expected low < high and a step that makes at most {max} buckets, found {low}, {high}, {step}");
        diagnostics.error(span, message);
    }
    fits
}
