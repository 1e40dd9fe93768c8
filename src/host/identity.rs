//! `is ident type typename`: which object it is, and of what class.
//!
//! In: values. Out: answers, classes, names. Never here: an address that leaves the host: identities are hashes under a secret of
//! this process.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use waspect_abi::{Code, Kind};

use super::copies::builtin_kind;
use super::values::Operand;
use super::{HostBudget, Ref, State};
use crate::introspect::{Introspect, Whole};
use crate::value::Value;

fn salted(what: (u8, u64)) -> i64 {
    static SALT: OnceLock<RandomState> = OnceLock::new();
    (SALT.get_or_init(RandomState::new).hash_one(what) >> 1).cast_signed()
}

impl<I: Introspect> State<I> {
    pub(super) fn is(&self, a: u64, b: u64) -> i32 {
        i32::from(match (self.operand(a), self.operand(b)) {
            (Operand::Error(code), _) | (_, Operand::Error(code)) => return code.status(),
            (Operand::Ref(Ref::Object(x)), Operand::Ref(Ref::Object(y))) => I::same(x, y),
            (Operand::Ref(Ref::Whole(x)), Operand::Ref(Ref::Whole(y))) => x == y,
            (Operand::Ref(Ref::Stored(x)), Operand::Ref(Ref::Stored(y))) => x == y,
            (Operand::Ref(_), _) | (_, Operand::Ref(_)) => false,
            _ => a == b,
        })
    }

    pub(super) fn ident(&self, v: u64) -> i64 {
        match self.operand(v) {
            Operand::Error(code) => i64::from(code.status()),
            Operand::Ref(Ref::Object(o)) => salted((0, I::address(o))),
            Operand::Ref(Ref::Whole(which)) => salted((1, which as u64)),
            Operand::Ref(Ref::Stored(at)) => salted((2, u64::from(at))),
            _ => salted((3, v)),
        }
    }

    /// A copy has its builtin class, or none: of other classes only the name was kept.
    pub(super) fn class(&mut self, v: u64) -> u64 {
        let class = match self.operand(v) {
            Operand::Error(code) => return code.value(),
            Operand::Ref(Ref::Object(o)) => Some(I::class(o)),
            Operand::Ref(Ref::Stored(at)) => {
                self.stored_value(at).and_then(|value| builtin_kind(&value)).and_then(I::builtin)
            }
            _ => Kind::from_number(self.kind(v) as u8).and_then(I::builtin),
        };
        class.map_or(Code::Kind.value(), |class| self.object(class))
    }

    pub(super) fn type_name(&mut self, v: u64) -> Result<u64, HostBudget> {
        let mut name = String::new();
        match self.operand(v) {
            Operand::Error(code) => return Ok(code.value()),
            Operand::Ref(Ref::Object(o)) => I::type_name(o, &mut name),
            Operand::Ref(Ref::Whole(Whole::Args)) => name.push_str(Kind::Tuple.name()),
            Operand::Ref(Ref::Stored(at)) => match self.copy(at)? {
                Some(value) => copied_name(&value, &mut name),
                None => return Ok(Code::Internal.value()),
            },
            Operand::None => name.push_str("NoneType"),
            _ => name.push_str(Kind::from_number(self.kind(v) as u8).map_or("object", Kind::name)),
        }
        self.text(|out| out.extend_from_slice(name.as_bytes()))
    }
}

fn copied_name(value: &Value, name: &mut String) {
    match value {
        Value::Object(own, _) | Value::Opaque(_, own) => name.push_str(own),
        Value::Cut(_, _, inner) => copied_name(inner, name),
        Value::None => name.push_str("NoneType"),
        other => name.push_str(super::slots::shape(other).0.name()),
    }
}
