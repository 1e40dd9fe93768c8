//! Inside stored copies: what a slot kept, or an earlier read made, navigated like the original.
//!
//! In: a place in `State::stored`. Out: its parts as values. Never here: more than was copied: what a limit cut off is LIMIT,
//! what was withheld DENIED.

use std::cmp::Ordering;

use waspect_abi::{Code, Kind};

use super::frame::StepSite;
use super::{HostBudget, State, values};
use crate::introspect::{Introspect, Key, KeyOf, compare};
use crate::value::Value;

impl<I: Introspect> State<I> {
    /// A part of a copy as the guest's value: scalars inline, the rest kept on its own.
    pub(super) fn value(&mut self, value: &Value) -> Result<u64, HostBudget> {
        self.charge(0)?;
        let inline = match value {
            Value::None => Some(waspect_abi::NONE),
            Value::Bool(b) => Some(values::bool(*b)),
            Value::Int(n) => values::int(*n),
            Value::Float(x) => Some(values::float(*x)),
            Value::Error(code) => Some(code.value()),
            Value::Redacted(_) => Some(Code::Denied.value()),
            _ => None,
        };
        if let Some(v) = inline {
            return Ok(v);
        }
        let at = self.keep(|out| value.write(out));
        self.within_budget()?;
        Ok(self.stored_handle(at))
    }

    pub(super) fn found(&mut self, found: Result<&Value, Code>) -> Result<u64, HostBudget> {
        found.map_or_else(|code| Ok(code.value()), |value| self.value(value))
    }

    /// A copy, read back and charged for.
    pub(super) fn copy(&mut self, at: u32) -> Result<Option<Value>, HostBudget> {
        let mut rest = self.stored.get(at as usize..).unwrap_or_default();
        let all = rest.len();
        let value = Value::read(&mut rest).ok();
        let read = all - rest.len();
        self.charge(read)?;
        Ok(value)
    }

    pub(super) fn steps_in_copy(&mut self, at: u32, steps: &[StepSite<I::Name>]) -> Result<u64, HostBudget> {
        let Some(value) = self.copy(at)? else { return Ok(Code::Internal.value()) };
        let found = steps.iter().try_fold(&value, |value, step| match step {
            StepSite::Attr(name) => field(value, |text| I::is_name(name, text)),
            StepSite::Key(name) => pair(value, |key| matches!(key, Value::Str(text) if I::is_name(name, text))),
            StepSite::Index(i) => position_or_key::<I>(value, *i),
            StepSite::Withheld => Err(Code::Denied),
        });
        self.found(found)
    }
}

fn position_or_key<I: Introspect>(value: &Value, i: i64) -> Result<&Value, Code> {
    if let (Value::Dict(_), _) = whole(value)? { lookup::<I>(value, &Key::Int(i)) } else { position(value, i) }
}

/// What is there of a copy, and how many parts are not; LIMIT when only its type is left.
pub(super) fn whole(value: &Value) -> Result<(&Value, bool), Code> {
    match value {
        Value::Error(code) => Err(*code),
        Value::Redacted(_) => Err(Code::Denied),
        Value::Cut(_, _, inner) => match &**inner {
            Value::Opaque(..) => Err(Code::Limit),
            inner => Ok((inner, true)),
        },
        value => Ok((value, false)),
    }
}

/// Nothing of that name or place: not there, or cut off.
fn none(cut: bool) -> Code {
    if cut { Code::Limit } else { Code::Absent }
}

fn field(value: &Value, is: impl Fn(&str) -> bool) -> Result<&Value, Code> {
    let (Value::Object(_, fields), cut) = whole(value)? else { return Err(Code::Kind) };
    fields.iter().find(|(name, _)| is(name)).map(|(_, value)| value).ok_or(none(cut))
}

fn pair(value: &Value, is: impl Fn(&Value) -> bool) -> Result<&Value, Code> {
    let (Value::Dict(pairs), cut) = whole(value)? else { return Err(Code::Kind) };
    pairs.iter().find(|(key, _)| is(key)).map(|(_, value)| value).ok_or(none(cut))
}

/// The value of a key in the copy of a dict.
pub(super) fn lookup<'v, I: Introspect>(value: &'v Value, key: &KeyOf<I>) -> Result<&'v Value, Code> {
    pair(value, |own| is_key::<I>(own, key))
}

/// Whether a copied key equals one that is looked for.
pub(super) fn is_key<I: Introspect>(own: &Value, key: &KeyOf<I>) -> bool {
    let number = |b: &bool| i64::from(*b);
    let same = |n: i64, x: f64| compare::int_float(n, x).is_some_and(Ordering::is_eq);
    match (own, key) {
        (Value::None, Key::None) => true,
        (Value::Int(n), Key::Int(m)) => n == m,
        (Value::Bool(b), Key::Int(m)) => number(b) == *m,
        (Value::Float(x), Key::Int(m)) => same(*m, *x),
        (Value::Int(n), Key::Float(x)) => same(*n, *x),
        (Value::Bool(b), Key::Float(x)) => same(number(b), *x),
        (Value::Float(x), Key::Float(y)) => x.partial_cmp(y).is_some_and(Ordering::is_eq),
        (Value::BigInt(n, x), Key::Big(m, y)) => n == m && x == y,
        (Value::BigInt(n, x), Key::Float(y)) => compare::is_float(*n, x, *y),
        (Value::Float(x), Key::Big(m, y)) => compare::is_float(*m, y, *x),
        (Value::Str(text), Key::Name(name)) => I::is_name(name, text),
        (Value::Str(text), Key::Str(o)) => {
            let mut other = Vec::new();
            I::text(*o, text.len() + 4, &mut other);
            other == text.as_bytes()
        }
        (Value::Bytes(x), Key::Bytes(y)) => x == y,
        (Value::Tuple(own), Key::Tuple(parts)) => {
            own.len() == parts.len() && own.iter().zip(parts).all(|(own, part)| is_key::<I>(own, part))
        }
        _ => false,
    }
}

/// An item of a copied list, tuple or stack. From the end only where the end is known.
pub(super) fn position(value: &Value, i: i64) -> Result<&Value, Code> {
    let (items, cut) = match whole(value)? {
        (Value::List(items) | Value::Tuple(items) | Value::Stack(items), cut) => (items, cut),
        _ => return Err(Code::Kind),
    };
    if cut && i < 0 {
        return Err(Code::Limit);
    }
    place(items.len(), i).and_then(|i| items.get(i)).ok_or(none(cut))
}

/// Where position `i`, from the end if negative, is among so many.
pub(super) fn place(len: usize, i: i64) -> Option<usize> {
    let i = if i < 0 { i.checked_add_unsigned(len as u64)? } else { i };
    usize::try_from(i).ok().filter(|i| *i < len)
}

/// The one builtin kind of a copy, if its class is a builtin's as far as the copy says.
pub(super) fn builtin_kind(value: &Value) -> Option<Kind> {
    match value {
        Value::Object(..) | Value::Opaque(..) | Value::Error(_) | Value::Redacted(_) => None,
        Value::Cut(_, _, inner) => builtin_kind(inner),
        value => Some(super::slots::shape(value).0),
    }
}
