//! Values as the guest holds them, and the functions that look inside one.
//!
//! In: 64 bits from the guest. Out: scalars, text, answers. Never here: trust in a handle, or a comparison that would
//! run `__eq__`.

use std::cmp::Ordering;

use waspect_abi::{Code, FALSE, Kind, NAN, TAG_ERROR, TAG_HANDLE, TAG_INT, TAG_NONE, TRUE};

use super::{Ref, State, handle_bits};
use crate::introspect::{Introspect, Look, Whole, compare, tree};
use crate::value::{Value, put};

/// Texts that never die: `probe1.str` imports and function names.
#[derive(Default)]
pub(super) struct Literals {
    texts: Vec<Box<str>>,
    /// By function and naming: the value of its name, 0 while it has none.
    functions: Vec<[u64; 4]>,
}

impl Literals {
    /// Adds a text; the value that stands for it from now on.
    pub(super) fn add(&mut self, text: String) -> u64 {
        let index = self.texts.len();
        if index > 0xFFFF {
            return Code::Limit.value();
        }
        let len = text.chars().count();
        self.texts.push(text.into_boxed_str());
        handle_bits(Kind::Str, len, 0, index)
    }

    /// One of a function's names, if it was added.
    #[inline]
    pub(super) fn function(&self, function: u32, naming: u8) -> Option<u64> {
        let names = self.functions.get(function as usize)?;
        names.get(usize::from(naming)).copied().filter(|v| *v != 0)
    }

    /// Adds one of a function's names.
    #[cold]
    pub(super) fn add_function(&mut self, function: u32, naming: u8, text: String) -> u64 {
        let v = self.add(text);
        let (row, column) = (function as usize, usize::from(naming));
        if v >> 48 == TAG_HANDLE {
            self.functions.resize(self.functions.len().max(row + 1), [0; 4]);
            self.functions[row][column] = v;
        }
        v
    }

    fn get(&self, v: u64) -> Option<&str> {
        self.texts.get((v & 0xFFFF) as usize).map(|text| &**text)
    }
}

pub(super) fn bool(b: bool) -> u64 {
    if b { TRUE } else { FALSE }
}

/// An int that fits 48 bits.
pub(super) fn int(n: i64) -> Option<u64> {
    let v = TAG_INT << 48 | n.cast_unsigned() & 0xFFFF_FFFF_FFFF;
    (short(v) == n).then_some(v)
}

/// The payload of a short int.
fn short(v: u64) -> i64 {
    (v << 16).cast_signed() >> 16
}

pub(super) fn float(x: f64) -> u64 {
    if x.is_nan() { NAN } else { x.to_bits() }
}

pub(super) fn result(r: Result<u64, Code>) -> u64 {
    r.unwrap_or_else(Code::value)
}

/// A guest's value, taken apart.
pub(super) enum Operand<O> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Ref(Ref<O>),
    Literal(u64),
    Error(Code),
}

impl<I: Introspect> State<I> {
    #[inline]
    pub(super) fn operand(&self, v: u64) -> Operand<I::Obj> {
        match v >> 48 {
            tag if tag < TAG_NONE => Operand::Float(f64::from_bits(v)),
            TAG_NONE => match v {
                FALSE => Operand::Bool(false),
                TRUE => Operand::Bool(true),
                _ => Operand::None,
            },
            TAG_INT => Operand::Int(short(v)),
            TAG_HANDLE if v >> 16 & 0xFF == 0 => Operand::Literal(v),
            TAG_HANDLE => self.resolve(v).map_or_else(Operand::Error, Operand::Ref),
            TAG_ERROR => Operand::Error(Code::from_number((v & 0xFF) as u8).unwrap_or(Code::Internal)),
            _ => Operand::Error(Code::Stale),
        }
    }

    /// Like [`State::operand`], with scalar objects and stored scalars seen through.
    fn scalar(&self, v: u64) -> Operand<I::Obj> {
        match self.operand(v) {
            Operand::Ref(Ref::Object(o)) => match I::look(o) {
                Look::Int(n) => Operand::Int(n),
                Look::Float(x) => Operand::Float(x),
                Look::Bool(b) => Operand::Bool(b),
                Look::None => Operand::None,
                _ => Operand::Ref(Ref::Object(o)),
            },
            Operand::Ref(Ref::Stored(at)) => match self.stored_value(at) {
                Some(Value::Int(n)) => Operand::Int(n),
                _ => Operand::Ref(Ref::Stored(at)),
            },
            other => other,
        }
    }

    pub(super) fn stored_value(&self, at: u32) -> Option<Value> {
        Value::read(&mut self.stored.get(at as usize..)?).ok()
    }

    pub(super) fn kind(&self, v: u64) -> i32 {
        let kind = match self.operand(v) {
            Operand::None => Kind::None,
            Operand::Bool(_) => Kind::Bool,
            Operand::Int(_) => Kind::Int,
            Operand::Float(_) => Kind::Float,
            Operand::Literal(_) | Operand::Ref(_) => Kind::from_number((v >> 40 & 0xFF) as u8).unwrap_or(Kind::Object),
            Operand::Error(_) => Kind::Error,
        };
        kind as i32
    }

    #[expect(clippy::cast_possible_truncation, reason = "only integral floats inside the range of i64 are taken")]
    pub(super) fn int(&self, v: u64, default: i64) -> i64 {
        match self.scalar(v) {
            Operand::Bool(b) => i64::from(b),
            Operand::Int(n) => n,
            Operand::Float(x) if x.fract() == 0.0 && x.abs() < 9.2e18 => x as i64,
            _ => default,
        }
    }

    pub(super) fn float(&self, v: u64, default: f64) -> f64 {
        match self.scalar(v) {
            Operand::Bool(b) => f64::from(u8::from(b)),
            Operand::Int(n) => n as f64,
            Operand::Float(x) => x,
            _ => default,
        }
    }

    pub(super) fn truthy(&self, v: u64) -> i32 {
        let truth = match self.operand(v) {
            Operand::None | Operand::Error(_) => false,
            Operand::Bool(b) => b,
            Operand::Int(n) => n != 0,
            Operand::Float(x) => x != 0.0,
            Operand::Literal(v) => self.shared.literals.borrow().get(v).is_some_and(|text| !text.is_empty()),
            Operand::Ref(Ref::Object(o)) => match I::look(o) {
                Look::Sized(_, len) => len != 0,
                _ => true,
            },
            Operand::Ref(_) => self.len(v) != 0,
        };
        i32::from(truth)
    }

    pub(super) fn len(&self, v: u64) -> i32 {
        let clamp = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        match self.operand(v) {
            Operand::Error(code) => code.status(),
            Operand::Literal(v) => {
                self.shared.literals.borrow().get(v).map_or(Code::Stale.status(), |text| clamp(text.chars().count()))
            }
            Operand::Ref(Ref::Object(o)) => match I::look(o) {
                Look::Sized(_, len) => clamp(len),
                _ => Code::Kind.status(),
            },
            Operand::Ref(Ref::Whole(which)) => clamp(self.whole_len(which)),
            Operand::Ref(Ref::Stored(at)) => self.stored_value(at).map_or(Code::Kind.status(), |v| stored_len(&v)),
            _ => Code::Kind.status(),
        }
    }

    fn whole_len(&self, which: Whole) -> usize {
        let mut n = 0;
        if let Some(frame) = I::here() {
            I::whole(frame, which, &mut |_| {
                n += 1;
                crate::introspect::Walk::On
            });
        }
        n
    }

    pub(super) fn eq(&self, a: u64, b: u64) -> i32 {
        if a == b && a >> 48 != TAG_ERROR && a != NAN {
            return 1;
        }
        match (self.operand(a), self.operand(b)) {
            (Operand::Error(code), _) | (_, Operand::Error(code)) => code.status(),
            (Operand::Ref(Ref::Object(x)), Operand::Ref(Ref::Object(y))) => {
                status(compare::eq::<I>(x, y).map(i32::from))
            }
            _ => i32::from(self.order(a, b) == Some(Ordering::Equal)),
        }
    }

    pub(super) fn cmp(&self, a: u64, b: u64) -> i32 {
        match (self.operand(a), self.operand(b)) {
            (Operand::Error(code), _) | (_, Operand::Error(code)) => code.status(),
            (Operand::Ref(Ref::Object(x)), Operand::Ref(Ref::Object(y))) => status(compare::cmp::<I>(x, y)),
            _ => self.order(a, b).map_or(2, |order| order as i32),
        }
    }

    /// Where at least one side is not an object of the application.
    fn order(&self, a: u64, b: u64) -> Option<Ordering> {
        use Operand::{Bool, Float, Int, None as Nothing};
        let number = |b: bool| i64::from(b);
        match (self.scalar(a), self.scalar(b)) {
            (Nothing, Nothing) => Some(Ordering::Equal),
            (Int(x), Int(y)) => Some(x.cmp(&y)),
            (Bool(x), Bool(y)) => Some(x.cmp(&y)),
            (Bool(x), Int(y)) => Some(number(x).cmp(&y)),
            (Int(x), Bool(y)) => Some(x.cmp(&number(y))),
            (Float(x), Float(y)) => x.partial_cmp(&y),
            (Int(x), Float(y)) => int_to_float(x, y),
            (Float(x), Int(y)) => int_to_float(y, x).map(Ordering::reverse),
            (Bool(x), Float(y)) => int_to_float(number(x), y),
            (Float(x), Bool(y)) => int_to_float(number(y), x).map(Ordering::reverse),
            _ => {
                let (x, y) = (self.text(a)?, self.text(b)?);
                // UTF-8 orders as code points do.
                Some(x.cmp(&y))
            }
        }
    }

    /// The text of a str of any origin, bounded by the budget.
    fn text(&self, v: u64) -> Option<Vec<u8>> {
        let max = usize::try_from(crate::limits::HOST_BYTES_PER_FIRE_MAX).unwrap_or(usize::MAX);
        match self.operand(v) {
            Operand::Literal(v) => self.shared.literals.borrow().get(v).map(|text| text.as_bytes().to_vec()),
            Operand::Ref(Ref::Object(o)) if matches!(I::look(o), Look::Sized(Kind::Str, _)) => {
                let mut out = Vec::new();
                I::text(o, max, &mut out).then_some(out)
            }
            Operand::Ref(Ref::Stored(at)) => match self.stored_value(at)? {
                Value::Str(text) => Some(text.into_bytes()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Appends a value's byte form: what a record, key or slot keeps of it.
    pub(super) fn encode(&self, v: u64, out: &mut Vec<u8>) {
        match self.operand(v) {
            Operand::None => put::none(out),
            Operand::Bool(b) => put::bool(out, b),
            Operand::Int(n) => put::int(out, n),
            Operand::Float(x) => put::float(out, x),
            Operand::Error(code) => put::error(out, code),
            Operand::Literal(v) => put::str(out, self.shared.literals.borrow().get(v).unwrap_or_default()),
            Operand::Ref(Ref::Object(o)) => tree::encode::<I>(o, &self.tree_limits(), out),
            Operand::Ref(Ref::Whole(which)) => match I::here() {
                Some(frame) => tree::encode_whole::<I>(frame, which, &self.tree_limits(), out),
                None => put::error(out, Code::Absent),
            },
            Operand::Ref(Ref::Stored(at)) => {
                let mut rest = self.stored.get(at as usize..).unwrap_or_default();
                let all = rest;
                match Value::read(&mut rest) {
                    Ok(_) => out.extend_from_slice(&all[..all.len() - rest.len()]),
                    Err(_) => put::error(out, Code::Internal),
                }
            }
        }
    }

    fn tree_limits(&self) -> tree::TreeLimits {
        self.shared.tree_limits
    }
}

fn status(answer: Result<i32, Code>) -> i32 {
    answer.unwrap_or_else(Code::status)
}

fn stored_len(value: &Value) -> i32 {
    let n = match value {
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => items.len(),
        Value::Dict(pairs) => pairs.len(),
        Value::Cut(_, _, inner) => return stored_len(inner),
        _ => return Code::Kind.status(),
    };
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Exact: no rounding of the int.
#[expect(clippy::cast_possible_truncation, reason = "the float is inside the range of i64 there")]
fn int_to_float(n: i64, x: f64) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    if x >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if x < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let whole = x.trunc();
    Some(n.cmp(&(whole as i64)).then(0.0.partial_cmp(&(x - whole)).unwrap_or(Ordering::Equal)))
}
