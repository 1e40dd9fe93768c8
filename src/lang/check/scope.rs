//! What can be read at a clause's points.
//!
//! In: a clause. Out: whether it has a point where calls begin, or one without any call. Never here: a diagnostic.

use crate::lang::ast::{Clause, PointKind};

/// Names that are known once a call ends.
pub(super) const EXIT_ONLY: &[&str] = &["retval", "exception", "elapsed"];
/// Names that need no call.
const EVERYWHERE: &[&str] = &["pid", "tid", "thread", "cpu"];

#[derive(Clone, Copy, Default)]
pub(super) struct Scope {
    pub(super) has_entry: bool,
    /// `begin`, `end` or `tick`, where the clause has one.
    pub(super) without_call: Option<&'static str>,
}

impl Scope {
    pub(super) fn of(clause: &Clause) -> Self {
        let mut scope = Self::default();
        for point in &clause.points {
            match &point.kind {
                PointKind::Function(spec) => scope.has_entry |= is_entry(spec),
                PointKind::Begin => scope.without_call = Some("begin"),
                PointKind::End => scope.without_call = Some("end"),
                PointKind::Tick(_) => scope.without_call = Some("tick"),
                PointKind::Unsupported(_) => {}
            }
        }
        scope
    }
}

fn is_entry(spec: &str) -> bool {
    let end = spec.find(['?', '#']).unwrap_or(spec.len());
    spec[..end].ends_with(":entry")
}

pub(super) fn is_of_a_call(name: &str) -> bool {
    !EVERYWHERE.contains(&name)
}
