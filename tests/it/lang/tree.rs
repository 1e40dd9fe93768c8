//! Trees compared and written down.

use waspect::lang::ast::{Expr, ExprKind, PlaceKind, UnaryOp};
use waspect::lang::format::format;
use waspect::lang::parser::parse;

/// Whether both are the same program, and `formatted` is what formatting gives.
pub(super) fn same(source: &str, formatted: &str) {
    let tree = |text: &str| without_spans(&format!("{:?}", parse(text).program));
    assert_eq!(tree(source), tree(formatted), "another program:\n{source}\n===\n{formatted}");
    let again = format(formatted).expect("no mistakes");
    assert_eq!(again, formatted, "formatted again:\n{source}");
    let comments = |text: &str| {
        let comments = parse(text).comments.into_iter();
        let mut all: Vec<String> =
            comments.map(|one| text[one.span.start as usize..one.span.end as usize].to_owned()).collect();
        all.sort();
        all
    };
    assert_eq!(comments(source), comments(formatted), "comments");
}

fn without_spans(tree: &str) -> String {
    let mut pieces = tree.split("Span {");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str(piece.split_once('}').map_or("", |(_, rest)| rest));
    }
    text
}

/// `(+ a (* b c))`
pub(super) fn shown(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Int(n) => n.to_string(),
        ExprKind::Float(f) => format!("{f:?}"),
        ExprKind::Str(text) => format!("{text:?}"),
        ExprKind::Bool(is) => is.to_string(),
        ExprKind::None => "none".to_owned(),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Read(place) => match &place.kind {
            PlaceKind::Request(name) => format!("$req.{}", name.text),
            PlaceKind::Call(name) => format!("$call.{}", name.text),
            PlaceKind::Global { name, key } => listed(&format!("$g.{}", name.text), key.iter()),
        },
        ExprKind::Attribute { of, name } => format!("(. {} {})", shown(of), name.text),
        ExprKind::Index { of, index } => listed("[]", [&**of, &**index].into_iter()),
        ExprKind::Slice { of, from, to } => {
            let side = |side: &Option<Box<Expr>>| side.as_ref().map_or("_".to_owned(), |e| shown(e));
            format!("([:] {} {} {})", shown(of), side(from), side(to))
        }
        ExprKind::Call { function, arguments } => listed(&function.text, arguments.iter()),
        ExprKind::Unary { op: UnaryOp::Not, of } => listed("!", [&**of].into_iter()),
        ExprKind::Unary { op: UnaryOp::Minus, of } => listed("-", [&**of].into_iter()),
        ExprKind::Binary { op, left, right } => listed(&format!("{op:?}"), [&**left, &**right].into_iter()),
        ExprKind::Conditional { condition, then, otherwise } => {
            listed("?", [&**condition, &**then, &**otherwise].into_iter())
        }
        ExprKind::Group(inside) => shown(inside),
        ExprKind::Error => "error".to_owned(),
    }
}

fn listed<'a>(first: &str, rest: impl Iterator<Item = &'a Expr>) -> String {
    let rest: String = rest.map(|one| format!(" {}", shown(one))).collect();
    format!("({first}{rest})")
}
