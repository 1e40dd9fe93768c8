//! Chains that the host reads in one: `arg0.data[0]["value"]`.
//!
//! In: an expression. Out: its path, if it is one. Never here: a name with a meaning of the language's own.

use crate::lang::ast::{Expr, ExprKind, UnaryOp};
use crate::path::{Path, Step};

/// Names that are not the frame's; those with `$` are read by a path of that name.
const CONTEXT: &[(&str, &str)] = &[
    ("fn", "$fn"),
    ("qualname", "$qualname"),
    ("module", "$module"),
    ("file", "$file"),
    ("thread", "$thread"),
    ("task", "$task"),
    ("request", "$request"),
    ("cpu", "$cpu"),
    ("elapsed", ""),
    ("tid", ""),
    ("pid", ""),
    ("line", ""),
    ("depth", ""),
];
/// Roots with a dot in them: a local of that name says that it is one.
const DOTTED: &[&str] = &["local", "global", "closure", "exc"];
const PATH_BYTES_MAX: usize = 500;

/// The path, unless part of the chain is known at run time only.
pub(super) fn path_of(e: &Expr) -> Option<String> {
    let path = chain(e)?;
    (path.len() <= PATH_BYTES_MAX && path.parse::<Path>().is_ok()).then_some(path)
}

fn chain(e: &Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Name(name) => root(name),
        ExprKind::Group(of) => chain(of),
        ExprKind::Attribute { of, name } => Some(format!("{}.{}", chain(of)?, name.text)),
        ExprKind::Index { of, index } => Some(format!("{}{}", chain(of)?, step(index)?)),
        _ => None,
    }
}

fn root(name: &str) -> Option<String> {
    match CONTEXT.iter().find(|(known, _)| *known == name) {
        Some((_, "")) => None,
        Some((_, path)) => Some((*path).to_owned()),
        None if DOTTED.contains(&name) => Some(format!("local.{name}")),
        None => Some(name.to_owned()),
    }
}

fn step(index: &Expr) -> Option<Step> {
    match &index.kind {
        ExprKind::Str(key) => Some(Step::Key(key.clone())),
        ExprKind::Int(n) => Some(Step::Index(*n)),
        ExprKind::Unary { op: UnaryOp::Minus, of } => match of.kind {
            ExprKind::Int(n) => Some(Step::Index(-n)),
            _ => None,
        },
        ExprKind::Group(of) => step(of),
        _ => None,
    }
}
