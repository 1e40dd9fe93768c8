//! Values as the guest holds them, and the functions that look inside one.
//!
//! In: 64 bits from the guest. Out: scalars, text, answers. Never here: trust in a handle, or a comparison that would
//! run `__eq__`.

use std::cmp::Ordering;
use std::collections::HashMap;

use waspect_abi::{Code, FALSE, Kind, NAN, TAG_ERROR, TAG_HANDLE, TAG_INT, TAG_NONE, TRUE};

use super::slots::shape;
use super::{HostBudget, Ref, State, handle_bits};
use crate::introspect::{Introspect, Look, Walk, Whole, compare, tree};
use crate::limits;
use crate::value::{Value, put};

/// Texts that never die: `probe1.str` imports and function names.
#[derive(Default)]
pub(super) struct Literals {
    texts: Vec<Box<str>>,
    /// Those made at run time.
    made: HashMap<Box<str>, u64>,
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

    /// A text made at run time: one value for one content, and no more of them than the bound.
    pub(super) fn made(&mut self, text: &str) -> u64 {
        if let Some(v) = self.made.get(text) {
            return *v;
        }
        if self.made.len() as u64 >= limits::LITERALS_MAX {
            return Code::Limit.value();
        }
        let v = self.add(text.to_owned());
        if v >> 48 == TAG_HANDLE {
            self.made.insert(text.into(), v);
        }
        v
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

    pub(super) fn get(&self, v: u64) -> Option<&str> {
        self.texts.get((v & 0xFFFF) as usize).map(|text| &**text)
    }
}

pub(super) fn bool(b: bool) -> u64 {
    if b { TRUE } else { FALSE }
}

/// An int that fits 48 bits.
pub(super) fn int(n: i64) -> Option<u64> {
    let v = TAG_INT << 48 | n.cast_unsigned() & 0xFFFF_FFFF_FFFF;
    (payload(v) == n).then_some(v)
}

/// An int that always fits.
#[inline(always)]
pub(super) fn short(n: i32) -> u64 {
    TAG_INT << 48 | i64::from(n).cast_unsigned() & 0xFFFF_FFFF_FFFF
}

/// The payload of a short int.
fn payload(v: u64) -> i64 {
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
            TAG_INT => Operand::Int(payload(v)),
            TAG_HANDLE if v >> 16 & 0xFF == 0 => Operand::Literal(v),
            TAG_HANDLE => self.resolve(v).map_or_else(Operand::Error, Operand::Ref),
            TAG_ERROR => Operand::Error(Code::from_number((v & 0xFF) as u8).unwrap_or(Code::Internal)),
            _ => Operand::Error(Code::Stale),
        }
    }

    /// Like [`State::operand`], with scalar objects and stored scalars seen through.
    pub(super) fn scalar(&self, v: u64) -> Operand<I::Obj> {
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
        // Reading takes as long as the copy is, whatever is asked of it.
        self.within_budget().ok()?;
        let mut rest = self.stored.get(at as usize..)?;
        let before = rest.len();
        let value = Value::read(&mut rest).ok();
        self.work(((before - rest.len()) / COPIED_BYTES_PER_UNIT) as u64);
        value
    }

    /// The kind of the value itself: what the guest's bits say of a handle is its own affair.
    pub(super) fn kind(&self, v: u64) -> i32 {
        let kind = match self.operand(v) {
            Operand::None => Kind::None,
            Operand::Bool(_) => Kind::Bool,
            Operand::Int(_) => Kind::Int,
            Operand::Float(_) => Kind::Float,
            Operand::Literal(v) if self.shared.literals.borrow().get(v).is_some() => Kind::Str,
            Operand::Literal(_) | Operand::Error(_) => Kind::Error,
            Operand::Ref(Ref::Object(o)) => tree::kind_of(I::look(o)),
            Operand::Ref(Ref::Whole(Whole::Args)) => Kind::Tuple,
            Operand::Ref(Ref::Whole(_)) => Kind::Dict,
            Operand::Ref(Ref::Stored(at)) => self.stored_value(at).map_or(Kind::Error, |value| shape(&value).0),
        };
        kind as i32
    }

    #[expect(clippy::cast_possible_truncation, reason = "only integral floats inside the range of i64 are taken")]
    pub(super) fn int(&self, v: u64, default: i64) -> i64 {
        match self.scalar(v) {
            Operand::Bool(b) => i64::from(b),
            Operand::Int(n) => n,
            Operand::Float(x) if x.fract() == 0.0 && (-I64_END..I64_END).contains(&x) => x as i64,
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
            Operand::Ref(Ref::Whole(which)) => has_parts::<I>(which),
            Operand::Ref(Ref::Stored(at)) => self.stored_value(at).and_then(|value| size(&value)) != Some(0),
        };
        i32::from(truth)
    }

    pub(super) fn len(&mut self, v: u64) -> Result<i32, HostBudget> {
        let clamp = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        Ok(match self.operand(v) {
            Operand::Error(code) => code.status(),
            Operand::Literal(v) => {
                let bytes = self.shared.literals.borrow().get(v).map_or(0, str::len);
                self.charge(bytes / COMPARED_BYTES_PER_UNIT)?;
                self.shared.literals.borrow().get(v).map_or(Code::Stale.status(), |text| clamp(text.chars().count()))
            }
            Operand::Ref(Ref::Object(o)) => match I::look(o) {
                Look::Sized(_, len) => clamp(len),
                _ => Code::Kind.status(),
            },
            Operand::Ref(Ref::Whole(which)) => {
                let n = whole_len::<I>(which);
                self.charge(n)?;
                clamp(n)
            }
            Operand::Ref(Ref::Stored(at)) => {
                let len = self.stored_value(at).and_then(|value| size(&value));
                self.within_budget()?;
                len.map_or(Code::Kind.status(), clamp)
            }
            _ => Code::Kind.status(),
        })
    }

    pub(super) fn eq(&mut self, a: u64, b: u64) -> Result<i32, HostBudget> {
        if let (Operand::Ref(Ref::Object(x)), Operand::Ref(Ref::Object(y))) = (self.operand(a), self.operand(b)) {
            let answer = compare::eq::<I>(x, y, &|units| self.paid(units)).map(i32::from);
            return self.charge(0).map(|()| status(answer));
        }
        let order = self.order(a, b)?;
        Ok(status(order.map(|order| i32::from(order == Some(Ordering::Equal)))))
    }

    pub(super) fn cmp(&mut self, a: u64, b: u64) -> Result<i32, HostBudget> {
        if let (Operand::Ref(Ref::Object(x)), Operand::Ref(Ref::Object(y))) = (self.operand(a), self.operand(b)) {
            let answer = compare::cmp::<I>(x, y, &|units| self.paid(units));
            return self.charge(0).map(|()| status(answer));
        }
        let order = self.order(a, b)?;
        Ok(status(order.map(|order| order.map_or(compare::INCOMPARABLE, |order| order as i32))))
    }

    /// Takes units for work that is about to be done; whether they were there. Where not, the firing ends behind it.
    fn paid(&self, units: usize) -> bool {
        // Finding what is compared costs more than its bytes.
        self.effort(3 * units);
        self.work(units as u64);
        self.within_budget().is_ok()
    }

    /// Where at least one side is not an object of the application.
    fn order(&mut self, a: u64, b: u64) -> Result<Result<Option<Ordering>, Code>, HostBudget> {
        use Operand::{Bool, Error, Float, Int, None as Nothing};
        let number = |b: bool| i64::from(b);
        Ok(Ok(match (self.scalar(a), self.scalar(b)) {
            (Error(code), _) | (_, Error(code)) => return Ok(Err(code)),
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
            (Operand::Ref(_) | Operand::Literal(_), _) | (_, Operand::Ref(_) | Operand::Literal(_)) => {
                return self.order_parts(a, b);
            }
            (Nothing, _) | (_, Nothing) => None,
        }))
    }

    /// An int beyond 64 bits against a number that is no object.
    fn order_big(&self, a: u64, b: u64) -> Option<Result<Option<Ordering>, Code>> {
        let Operand::Ref(Ref::Object(o)) = self.scalar(a) else { return None };
        match self.scalar(b) {
            Operand::Int(_) | Operand::Bool(_) if matches!(I::look(o), Look::BigInt) => {
                Some(Ok(Some(compare::sign::<I>(o))))
            }
            Operand::Float(x) if matches!(I::look(o), Look::BigInt) => {
                Some(compare::beside::<I>(o, x, &|units| self.paid(units)))
            }
            _ => None,
        }
    }

    /// Where at least one side is text, or has parts.
    fn order_parts(&mut self, a: u64, b: u64) -> Result<Result<Option<Ordering>, Code>, HostBudget> {
        let reversed = |order: Result<Option<Ordering>, Code>| order.map(|order| order.map(Ordering::reverse));
        if let Some(order) = self.order_big(a, b).or_else(|| self.order_big(b, a).map(reversed)) {
            return self.charge(0).map(|()| order);
        }
        match (self.known_text(a)?, self.known_text(b)?) {
            (Ok(x), Ok(y)) => return Ok(Ok(Some(x.cmp(&y)))),
            (Ok(x), Err(Some(o))) => return Ok(Ok(Some(against::<I>(o, &x).reverse()))),
            (Err(Some(o)), Ok(y)) => return Ok(Ok(Some(against::<I>(o, &y)))),
            // Nothing that is at hand in whole is text.
            (Ok(_) | Err(Some(_)), _) if b >> 48 != TAG_HANDLE => return self.charge(0).map(|()| Ok(None)),
            (_, Ok(_) | Err(Some(_))) if a >> 48 != TAG_HANDLE => return self.charge(0).map(|()| Ok(None)),
            _ => {}
        }
        let (mut copies, limits) = (std::mem::take(&mut self.scratch), self.tree_limits(usize::MAX));
        copies.clear();
        self.encode(a, &limits, &mut copies);
        self.encode(b, &limits, &mut copies);
        let cost = copies.len();
        let mut rest = copies.as_slice();
        let order = match (Value::read(&mut rest), Value::read(&mut rest)) {
            (Ok(x), Ok(y)) => compare::copies(&x, &y),
            _ => Err(Code::Internal),
        };
        self.scratch = copies;
        self.charge(cost)?;
        Ok(order)
    }

    /// Text that is at hand; or the object, if it is a str.
    fn known_text(&mut self, v: u64) -> Result<Result<String, Option<I::Obj>>, HostBudget> {
        let text = match self.operand(v) {
            Operand::Literal(v) => self.shared.literals.borrow().get(v).map(str::to_owned),
            Operand::Ref(Ref::Object(o)) if matches!(I::look(o), Look::Sized(Kind::Str, _)) => return Ok(Err(Some(o))),
            Operand::Ref(Ref::Stored(at)) => match self.stored_value(at) {
                Some(Value::Str(text)) => Some(text),
                _ => None,
            },
            _ => None,
        };
        let Some(text) = text else { return Ok(Err(None)) };
        self.charge(text.len() / COMPARED_BYTES_PER_UNIT)?;
        Ok(Ok(text))
    }

    /// Appends a value's byte form: what a record, key or slot keeps of it.
    pub(super) fn encode(&self, v: u64, limits: &tree::TreeLimits, out: &mut Vec<u8>) {
        match self.operand(v) {
            Operand::None => put::none(out),
            Operand::Bool(b) => put::bool(out, b),
            Operand::Int(n) => put::int(out, n),
            Operand::Float(x) => put::float(out, x),
            Operand::Error(code) => put::error(out, code),
            Operand::Literal(v) => match self.shared.literals.borrow().get(v) {
                Some(text) => put::str(out, text),
                None => put::error(out, Code::Stale),
            },
            Operand::Ref(Ref::Object(o)) => tree::encode::<I>(o, limits, &self.shared.redaction, out),
            Operand::Ref(Ref::Whole(which)) => match I::here() {
                Some(frame) => tree::encode_whole::<I>(frame, which, limits, &self.shared.redaction, out),
                None => put::error(out, Code::Absent),
            },
            Operand::Ref(Ref::Stored(at)) => {
                let mut rest = self.stored.get(at as usize..).unwrap_or_default();
                let all = rest;
                match Value::read(&mut rest) {
                    // Text that the module made of numbers, or of parts.
                    Ok(Value::Str(text)) if self.shared.redaction.finds(text.as_bytes()) => {
                        put::redacted(out, Kind::Str)
                    }
                    Ok(_) => out.extend_from_slice(&all[..all.len() - rest.len()]),
                    Err(_) => put::error(out, Code::Internal),
                }
            }
        }
    }

    /// The budget's limits for a value, of at most `left` bytes.
    #[inline]
    pub(super) fn tree_limits(&self, left: usize) -> tree::TreeLimits {
        let limits = self.shared.tree_limits;
        tree::TreeLimits { budget_bytes: limits.budget_bytes.min(left), ..limits }
    }
}

pub(super) const COMPARED_BYTES_PER_UNIT: usize = compare::BYTES_PER_UNIT;
/// Bytes of a copy read for one unit of host work.
const COPIED_BYTES_PER_UNIT: usize = 4;
/// 2^63, where the floats that are an i64 end.
pub(super) const I64_END: f64 = 9_223_372_036_854_775_808.0;

/// How many parts a whole of the running frame has.
pub(super) fn whole_len<I: Introspect>(which: Whole) -> usize {
    let mut n = 0;
    if let Some(frame) = I::here() {
        I::whole(frame, which, &mut |_| {
            n += 1;
            Walk::On
        });
    }
    n
}

fn has_parts<I: Introspect>(which: Whole) -> bool {
    let mut any = false;
    if let Some(frame) = I::here() {
        I::whole(frame, which, &mut |_| {
            any = true;
            Walk::Stop
        });
    }
    any
}

/// An application's str against text: no more of it is looked at than the text is long.
pub(super) fn against<I: Introspect>(o: I::Obj, text: &str) -> Ordering {
    let ascii = I::ascii(o, |front| front.map(|front| front.cmp(text.as_bytes())));
    ascii.unwrap_or_else(|| {
        let mut front = Vec::new();
        // A code point more than the text has, so that a longer str shows; UTF-8 orders as code points do.
        I::text(o, text.len() + 4, &mut front);
        front.as_slice().cmp(text.as_bytes())
    })
}

/// The `len` of a copy, where its kind has one that no code computes: of a stack, not of a frame that was captured.
fn size(value: &Value) -> Option<usize> {
    use Kind::{ByteArray, Bytes, Dict, FrozenSet, List, Set, Str, Tuple};
    let whole = if let Value::Cut(_, _, inner) = value { inner } else { value };
    let (kind, len) = shape(value);
    let sized = matches!(kind, Str | Bytes | ByteArray | List | Tuple | Dict | Set | FrozenSet);
    (sized || matches!(whole, Value::Stack(_))).then_some(len)
}

fn status(answer: Result<i32, Code>) -> i32 {
    answer.unwrap_or_else(Code::status)
}

/// Exact: no rounding of the int.
#[expect(clippy::cast_possible_truncation, reason = "the float is inside the range of i64 there")]
fn int_to_float(n: i64, x: f64) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    if x >= I64_END {
        return Some(Ordering::Less);
    }
    if x < -I64_END {
        return Some(Ordering::Greater);
    }
    let whole = x.trunc();
    Some(n.cmp(&(whole as i64)).then(0.0.partial_cmp(&(x - whole)).unwrap_or(Ordering::Equal)))
}
