//! What can be told without running.
//!
//! In: an expression. Out: its truth, if literals alone decide it. Never here: a guess; arithmetic is the host's.

use crate::lang::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

/// A literal's value, as far as comparisons need it.
#[derive(PartialEq)]
enum Constant<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(&'a str),
}

pub(super) fn truth(e: &Expr) -> Option<bool> {
    match &e.kind {
        ExprKind::Group(of) => truth(of),
        ExprKind::Unary { op: UnaryOp::Not, of } => truth(of).map(|holds| !holds),
        ExprKind::Binary { op: BinaryOp::And, left, right } => match (truth(left), truth(right)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), other) | (other, Some(true)) => other,
            _ => None,
        },
        ExprKind::Binary { op: BinaryOp::Or, left, right } => match (truth(left), truth(right)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), other) | (other, Some(false)) => other,
            _ => None,
        },
        ExprKind::Binary { op, left, right } => compared(*op, constant(left)?, constant(right)?),
        _ => constant(e).map(|constant| match constant {
            Constant::None => false,
            Constant::Bool(holds) => holds,
            Constant::Int(n) => n != 0,
            Constant::Float(f) => f != 0.0,
            Constant::Str(text) => !text.is_empty(),
        }),
    }
}

fn constant(e: &Expr) -> Option<Constant<'_>> {
    match &e.kind {
        ExprKind::Group(of) => constant(of),
        ExprKind::None => Some(Constant::None),
        ExprKind::Bool(holds) => Some(Constant::Bool(*holds)),
        ExprKind::Int(n) => Some(Constant::Int(*n)),
        ExprKind::Float(f) => Some(Constant::Float(*f)),
        ExprKind::Str(text) => Some(Constant::Str(text)),
        ExprKind::Unary { op: UnaryOp::Minus, of } => match constant(of)? {
            Constant::Int(n) => Some(Constant::Int(-n)),
            Constant::Float(f) => Some(Constant::Float(-f)),
            _ => None,
        },
        _ => None,
    }
}

/// Of two constants of one kind.
fn compared(op: BinaryOp, left: Constant<'_>, right: Constant<'_>) -> Option<bool> {
    let order = match (&left, &right) {
        (Constant::Int(a), Constant::Int(b)) => a.cmp(b),
        (Constant::Str(a), Constant::Str(b)) => a.cmp(b),
        (Constant::Bool(a), Constant::Bool(b)) => a.cmp(b),
        _ => return None,
    };
    Some(match op {
        BinaryOp::Equal => order.is_eq(),
        BinaryOp::NotEqual => order.is_ne(),
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessEqual => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        BinaryOp::GreaterEqual => order.is_ge(),
        _ => return None,
    })
}
