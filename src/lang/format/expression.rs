//! Expressions as text.
//!
//! In: expressions. Out: one line each. Never here: parentheses that the author did not write.

use super::Printer;
use crate::lang::ast::{BinaryOp, Expr, ExprKind, Place, PlaceKind, UnaryOp};

impl Printer<'_> {
    pub(super) fn expression(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Str(_) => self.spelled(expr).to_owned(),
            ExprKind::Bool(true) => "True".to_owned(),
            ExprKind::Bool(false) => "False".to_owned(),
            ExprKind::None => "None".to_owned(),
            ExprKind::Name(name) => name.clone(),
            ExprKind::Read(place) => self.place(place),
            ExprKind::Attribute { of, name } => format!("{}.{}", self.expression(of), name.text),
            ExprKind::Index { of, index } => format!("{}[{}]", self.expression(of), self.expression(index)),
            ExprKind::Slice { of, from, to } => {
                let side = |side: &Option<Box<Expr>>| side.as_ref().map_or_else(String::new, |e| self.expression(e));
                format!("{}[{}:{}]", self.expression(of), side(from), side(to))
            }
            ExprKind::Call { function, arguments } => format!("{}({})", function.text, self.list(arguments)),
            ExprKind::Unary { op: UnaryOp::Minus, of } => format!("-{}", self.expression(of)),
            ExprKind::Unary { op: UnaryOp::Not, of } => {
                let word = if self.spelled(expr).starts_with("not") { "not " } else { "!" };
                format!("{word}{}", self.expression(of))
            }
            ExprKind::Binary { op, left, right } => {
                let sign = self.sign(*op, left, right);
                format!("{} {sign} {}", self.expression(left), self.expression(right))
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let [condition, then, otherwise] = [condition, then, otherwise].map(|e| self.expression(e));
                format!("{condition} ? {then} : {otherwise}")
            }
            ExprKind::Group(inside) => format!("({})", self.expression(inside)),
            ExprKind::Error => String::new(),
        }
    }

    fn spelled(&self, expr: &Expr) -> &str {
        self.between(expr.span.start, expr.span.end)
    }

    pub(super) fn list(&self, all: &[Expr]) -> String {
        all.iter().map(|one| self.expression(one)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn place(&self, place: &Place) -> String {
        match &place.kind {
            PlaceKind::Request(name) => format!("$req.{}", name.text),
            PlaceKind::Call(name) => format!("$call.{}", name.text),
            PlaceKind::Global { name, key } if key.is_empty() => format!("$g.{}", name.text),
            PlaceKind::Global { name, key } => format!("$g.{}[{}]", name.text, self.list(key)),
        }
    }

    /// `and` or `&&`, as the author has it.
    fn sign(&self, op: BinaryOp, left: &Expr, right: &Expr) -> &'static str {
        let written = self.between(left.span.end, right.span.start);
        match op {
            BinaryOp::Or if written.contains("||") => "||",
            BinaryOp::Or => "or",
            BinaryOp::And if written.contains("&&") => "&&",
            BinaryOp::And => "and",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::In => "in",
            BinaryOp::NotIn => "not in",
            BinaryOp::Is => "is",
            BinaryOp::IsNot => "is not",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::FloorDivide => "//",
            BinaryOp::Modulo => "%",
        }
    }
}
