//! The functions there are.
//!
//! In: a call. Out: diagnostics. Never here: a function of the application's, or of Python's `builtins`.

use crate::lang::ast::{Expr, ExprKind, Name, Span};
use crate::lang::diagnostics::Diagnostics;
use crate::spec::words::{nearest, quoted};

/// Each with its parameters, as a person reads them.
pub const FUNCTIONS: &[(&str, &[&str])] = &[
    ("len", &["x"]),
    ("str", &["x"]),
    ("int", &["x"]),
    ("float", &["x"]),
    ("startswith", &["text", "front"]),
    ("endswith", &["text", "end"]),
    ("contains", &["text", "part"]),
    ("hash", &["text"]),
    ("kind", &["x"]),
    ("typename", &["x"]),
    ("show", &["x"]),
    ("is_error", &["x"]),
    ("stack", &["frames"]),
    ("timestamp", &[]),
    ("mono", &[]),
    ("rand", &[]),
];

pub(super) fn check(function: &Name, arguments: &[Expr], span: Span, diagnostics: &mut Diagnostics) {
    let Some((name, parameters)) = FUNCTIONS.iter().find(|(name, _)| *name == function.text) else {
        return unknown(function, diagnostics);
    };
    if parameters.len() != arguments.len() {
        let message = format!("expected {} for `{name}`, found {}", count(parameters.len()), arguments.len());
        diagnostics.error_hint(span, message, format!("like `{name}({})`", parameters.join(", ")));
    } else if *name == "stack" && !matches!(&arguments[0].kind, ExprKind::Int(n) if *n > 0) {
        diagnostics.error_hint(arguments[0].span, "expected how many frames, a constant above 0", "like `stack(8)`");
    }
}

fn unknown(function: &Name, diagnostics: &mut Diagnostics) {
    let known = FUNCTIONS.iter().map(|(name, _)| *name);
    let hint = match nearest(&function.text, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("a probe calls nothing of the program; there are {}", known.collect::<Vec<_>>().join(", ")),
    };
    diagnostics.error_hint(function.span, format!("no function {}", quoted(&function.text)), hint);
}

fn count(n: usize) -> String {
    match n {
        0 => String::from("no arguments"),
        1 => String::from("one argument"),
        n => format!("{n} arguments"),
    }
}
