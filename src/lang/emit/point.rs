//! Names of exports: a clause's points, with what its budget and `sample` say among their options.
//!
//! In: clauses. Out: specs, each once. Never here: an option that the clause did not ask for.

use std::collections::HashSet;

use crate::lang::ast::{Budget, Clause, Expr, ExprKind, Name, Point, PointKind, StmtKind};
use crate::lang::diagnostics::Diagnostics;
use crate::spec::Spec;

#[derive(Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The exports of one clause.
    pub(super) fn of(&mut self, clause: &Clause, diagnostics: &mut Diagnostics) -> Vec<String> {
        let limits = limits(clause);
        clause.points.iter().filter_map(|point| self.one(point, &limits, diagnostics)).collect()
    }

    fn one(&mut self, point: &Point, limits: &[(String, String)], diagnostics: &mut Diagnostics) -> Option<String> {
        let written = match &point.kind {
            PointKind::Function(spec) => spec.clone(),
            PointKind::Begin => String::from("begin"),
            PointKind::End => String::from("end"),
            PointKind::Tick(interval) => format!("tick:{interval}"),
            PointKind::Unsupported(_) => return None,
        };
        let without_frame = !matches!(point.kind, PointKind::Function(_));
        let wanted = limits.iter().filter(|(option, _)| !without_frame || option == "fuel");
        // With its tag, which may be what makes it too long.
        let name = self.unused(&with_options(&written, wanted));
        match name.parse::<Spec>() {
            Ok(_) => Some(name),
            Err(e) => {
                match e.hint() {
                    Some(hint) => diagnostics.error_hint(point.span, e.to_string(), hint),
                    None => diagnostics.error(point.span, e.to_string()),
                }
                None
            }
        }
    }

    /// Two clauses at one point differ by a tag.
    fn unused(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut n = 2;
        while !self.0.insert(unique.clone()) {
            let (spec, tag) =
                name.split_once('#').map_or((name, String::new()), |(spec, tag)| (spec, format!("{tag}-")));
            unique = format!("{spec}#{tag}{n}");
            n += 1;
        }
        unique
    }
}

/// `spec?a=1#tag` with more options; what the spec says itself goes first.
fn with_options<'a>(spec: &str, options: impl Iterator<Item = &'a (String, String)>) -> String {
    let (front, tag) = spec.split_once('#').map_or((spec, ""), |(front, tag)| (front, tag));
    let mut name = front.to_owned();
    for (option, value) in options {
        if !front.contains(&format!("?{option}=")) && !front.contains(&format!("&{option}=")) {
            let sign = if name.contains('?') { '&' } else { '?' };
            name.push_str(&format!("{sign}{option}={value}"));
        }
    }
    if tag.is_empty() { name } else { format!("{name}#{tag}") }
}

/// What the budget and `sample` statements say, as options.
fn limits(clause: &Clause) -> Vec<(String, String)> {
    let mut limits: Vec<_> = clause.budget.iter().flat_map(|budget: &Budget| &budget.options).map(option).collect();
    let samples = clause.body.iter().filter_map(|statement| match statement.kind {
        StmtKind::Sample(chance) => Some(chance),
        _ => None,
    });
    if let Some(chance) = samples.reduce(|a, b| a * b) {
        let before = limits.iter().position(|(name, _)| name == "sample").map(|at| limits.remove(at).1);
        let chance = before.and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0) * chance;
        limits.push((String::from("sample"), chance.to_string()));
    }
    limits
}

fn option((name, value): &(Name, Expr)) -> (String, String) {
    let text = match &value.kind {
        ExprKind::Int(n) => n.to_string(),
        ExprKind::Float(f) => f.to_string(),
        ExprKind::Str(text) => text.clone(),
        _ => String::new(),
    };
    (name.text.clone(), text)
}
