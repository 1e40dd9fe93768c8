//! `==` and `<` on builtin kinds, exact between ints and floats; anything else compares by identity.
//!
//! In: two objects, and who pays. Out: equal or not, an order or none. Never here: `__eq__`, `__lt__`, work without bound or
//! before it is paid for.

use std::cmp::Ordering;

use waspect_abi::{Code, Kind};

use super::{Child, Introspect, Look, Walk};
use crate::limits;
use crate::value::Value;

/// Text, bytes and digits longer than this are not compared.
const BYTES_MAX: usize = limits::COMPARED_BYTES_MAX as usize;
/// Code points of text that is not ASCII that are compared at most, at first, and then at a time.
const POINTS_MAX: usize = limits::COMPARED_POINTS_MAX as usize;
const CHUNK_POINTS_MIN: usize = 16;
const CHUNK_POINTS_MAX: usize = 256;
/// Items looked at in one comparison, over all levels.
const ITEMS_MAX: usize = limits::COMPARED_ITEMS_MAX as usize;
const DEPTH_MAX: usize = 16;
/// `cmp` of what has no order.
pub const INCOMPARABLE: i32 = 2;
/// Bytes compared for one unit of work: comparing is cheaper than moving.
pub const BYTES_PER_UNIT: usize = 8;
/// Units for two items looked at, whatever they are.
const ITEM_UNITS: usize = 4;
/// Ints up to so many bytes are cheap.
const DIGITS_BYTES: usize = 256;
const DIGITS_UNITS: usize = 32;
/// Of longer ones every byte is made from digits.
const MANY_DIGITS_UNITS: usize = BYTES_MAX / 8;

/// Takes so many units before the work is done; `false` when there are no more.
pub type Pay<'a> = &'a dyn Fn(usize) -> bool;

/// Whether two objects are equal.
///
/// # Errors
/// LIMIT when telling would be too much work, or is not paid for.
pub fn eq<I: Introspect>(a: I::Obj, b: I::Obj, pay: Pay<'_>) -> Result<bool, Code> {
    if I::same(a, b) && !matches!(I::look(a), Look::Float(_)) {
        return Ok(true);
    }
    if let (Look::Sized(k, n), Look::Sized(l, m)) = (I::look(a), I::look(b))
        && k == l
        && n != m
    {
        return Ok(false);
    }
    Ok(order::<I>(a, b, &mut Work::new(pay))? == Some(Ordering::Equal))
}

/// -1, 0 or 1; [`INCOMPARABLE`] for objects without an order between them, NaN among them.
///
/// # Errors
/// LIMIT when telling would be too much work, or is not paid for.
pub fn cmp<I: Introspect>(a: I::Obj, b: I::Obj, pay: Pay<'_>) -> Result<i32, Code> {
    let order = order::<I>(a, b, &mut Work::new(pay))?;
    let identical = || if I::same(a, b) && !matches!(I::look(a), Look::Float(_)) { 0 } else { INCOMPARABLE };
    Ok(order.map_or_else(identical, |order| order as i32))
}

struct Work<'a> {
    items: usize,
    depth: usize,
    pay: Pay<'a>,
}

impl<'a> Work<'a> {
    fn new(pay: Pay<'a>) -> Self {
        Self { items: ITEMS_MAX, depth: DEPTH_MAX, pay }
    }

    fn pay(&self, units: usize) -> Result<(), Code> {
        if (self.pay)(units) { Ok(()) } else { Err(Code::Limit) }
    }
}

/// `None`: neither equal nor ordered, as far as builtins know.
fn order<I: Introspect>(a: I::Obj, b: I::Obj, work: &mut Work<'_>) -> Result<Option<Ordering>, Code> {
    match (number(I::look(a)), number(I::look(b))) {
        (Look::Int(x), Look::Int(y)) => Ok(Some(x.cmp(&y))),
        (Look::Float(x), Look::Float(y)) => Ok(x.partial_cmp(&y)),
        (Look::Int(x), Look::Float(y)) => Ok(int_float(x, y)),
        (Look::Float(x), Look::Int(y)) => Ok(int_float(y, x).map(Ordering::reverse)),
        (Look::BigInt, Look::BigInt) => big_big::<I>(a, b, work).map(Some),
        (Look::BigInt, Look::Int(_)) => Ok(Some(sign::<I>(a))),
        (Look::Int(_), Look::BigInt) => Ok(Some(sign::<I>(b).reverse())),
        (Look::BigInt, Look::Float(y)) => big_float::<I>(a, y, work),
        (Look::Float(x), Look::BigInt) => Ok(big_float::<I>(b, x, work)?.map(Ordering::reverse)),
        (Look::None, Look::None) => Ok(Some(Ordering::Equal)),
        (Look::Sized(Kind::Str, n), Look::Sized(Kind::Str, m)) => text::<I>((a, n), (b, m), work),
        (Look::Sized(Kind::Bytes | Kind::ByteArray, n), Look::Sized(Kind::Bytes | Kind::ByteArray, m)) => {
            work.pay(n.min(m).min(BYTES_MAX) / BYTES_PER_UNIT)?;
            raw::<I>(a, b)
        }
        (Look::Sized(k @ (Kind::List | Kind::Tuple), n), Look::Sized(l, m)) if k == l => {
            items::<I>((a, n), (b, m), work)
        }
        _ => Ok(I::same(a, b).then_some(Ordering::Equal)),
    }
}

/// A bool is the int it equals.
fn number(look: Look) -> Look {
    if let Look::Bool(b) = look { Look::Int(i64::from(b)) } else { look }
}

/// Exact: a float that is not NaN lies between two integers, or is one.
pub fn int_float(n: i64, x: f64) -> Option<Ordering> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if x.is_nan() {
        return None;
    }
    if x >= BEYOND {
        return Some(Ordering::Less);
    }
    if x < -BEYOND {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the whole part of a float in range is an i64")]
    let whole = x.trunc() as i64;
    let rest = x - x.trunc();
    Some(n.cmp(&whole).then_with(|| 0.0.partial_cmp(&rest).unwrap_or(Ordering::Equal)))
}

/// Sign and magnitude of an int beyond 64 bits.
fn big<I: Introspect>(o: I::Obj, work: &Work<'_>) -> Result<(bool, Vec<u8>), Code> {
    for (max, units) in [(DIGITS_BYTES, DIGITS_UNITS), (BYTES_MAX, MANY_DIGITS_UNITS)] {
        work.pay(units)?;
        let mut magnitude = Vec::new();
        if let (negative, true) = I::big(o, max, &mut magnitude) {
            return Ok((negative, magnitude));
        }
    }
    Err(Code::Limit)
}

/// How an int beyond 64 bits compares to every one within.
pub fn sign<I: Introspect>(o: I::Obj) -> Ordering {
    if I::big(o, 0, &mut Vec::new()).0 { Ordering::Less } else { Ordering::Greater }
}

fn signed(negative: bool, magnitude: Ordering) -> Ordering {
    if negative { magnitude.reverse() } else { magnitude }
}

fn big_big<I: Introspect>(a: I::Obj, b: I::Obj, work: &Work<'_>) -> Result<Ordering, Code> {
    let (x, y) = (sign::<I>(a), sign::<I>(b));
    if x != y {
        return Ok(x.cmp(&y));
    }
    let ((negative, x), (_, y)) = (big::<I>(a, work)?, big::<I>(b, work)?);
    Ok(signed(negative, magnitudes(&x, &y)))
}

/// Little-endian, without zeros at the end.
fn magnitudes(x: &[u8], y: &[u8]) -> Ordering {
    x.len().cmp(&y.len()).then_with(|| x.iter().rev().cmp(y.iter().rev()))
}

/// A float beyond 64 bits is an integer: its 53 bits, shifted.
fn big_float<I: Introspect>(o: I::Obj, x: f64, work: &Work<'_>) -> Result<Option<Ordering>, Code> {
    let negative = sign::<I>(o) == Ordering::Less;
    if let Some(order) = beside_float(negative, x) {
        return Ok(order);
    }
    // No float is longer.
    work.pay(DIGITS_UNITS)?;
    let mut magnitude = Vec::new();
    let (_, whole) = I::big(o, DIGITS_BYTES, &mut magnitude);
    let order = if whole { magnitudes(&magnitude, &float_magnitude(x)) } else { Ordering::Greater };
    Ok(Some(signed(negative, order)))
}

/// How an int beyond 64 bits compares to a float.
///
/// # Errors
/// LIMIT when it is not paid for.
pub fn beside<I: Introspect>(o: I::Obj, x: f64, pay: Pay<'_>) -> Result<Option<Ordering>, Code> {
    big_float::<I>(o, x, &Work::new(pay))
}

/// Whether an int beyond 64 bits equals a float.
pub fn is_float(negative: bool, magnitude: &[u8], x: f64) -> bool {
    beside_float(negative, x).is_none() && magnitude == float_magnitude(x)
}

/// How an int beyond 64 bits compares to a float, where its sign tells.
fn beside_float(negative: bool, x: f64) -> Option<Option<Ordering>> {
    if x.is_nan() {
        return Some(None);
    }
    if x.is_infinite() || x.abs() < 9_223_372_036_854_775_808.0 || (x < 0.0) != negative {
        let infinite = x.is_infinite() && (x < 0.0) == negative;
        return Some(Some(signed(negative, if infinite { Ordering::Less } else { Ordering::Greater })));
    }
    None
}

/// The same for copies: what is not whole tells nothing.
///
/// # Errors
/// LIMIT for a copy that was cut, the error of a copy that is one.
pub fn copies(a: &Value, b: &Value) -> Result<Option<Ordering>, Code> {
    match (a, b) {
        (Value::Error(code), _) | (_, Value::Error(code)) => Err(*code),
        (Value::Redacted(_), _) | (_, Value::Redacted(_)) => Err(Code::Denied),
        (Value::Cut(..), _) | (_, Value::Cut(..)) => Err(Code::Limit),
        (Value::None, Value::None) => Ok(Some(Ordering::Equal)),
        (Value::Str(x), Value::Str(y)) => Ok(Some(x.cmp(y))),
        (Value::Bytes(x), Value::Bytes(y)) => Ok(Some(x.cmp(y))),
        (Value::List(x), Value::List(y)) | (Value::Tuple(x), Value::Tuple(y)) | (Value::Stack(x), Value::Stack(y)) => {
            copied_items(x, y)
        }
        _ => Ok(copied_numbers(a, b)),
    }
}

fn copied_items(xs: &[Value], ys: &[Value]) -> Result<Option<Ordering>, Code> {
    for (x, y) in xs.iter().zip(ys) {
        match copies(x, y)? {
            Some(Ordering::Equal) => {}
            order => return Ok(order),
        }
    }
    Ok(Some(xs.len().cmp(&ys.len())))
}

fn copied_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    use Value::{BigInt, Bool, Float, Int};
    match (a, b) {
        (Bool(x), _) => copied_numbers(&Int(i64::from(*x)), b),
        (_, Bool(y)) => copied_numbers(a, &Int(i64::from(*y))),
        (Int(x), Int(y)) => Some(x.cmp(y)),
        (Float(x), Float(y)) => x.partial_cmp(y),
        (Int(x), Float(y)) => int_float(*x, *y),
        (BigInt(true, _), Int(_)) => Some(Ordering::Less),
        (BigInt(false, _), Int(_)) => Some(Ordering::Greater),
        (BigInt(n, x), BigInt(m, y)) if n == m => Some(signed(*n, magnitudes(x, y))),
        (BigInt(n, _), BigInt(m, _)) => Some(m.cmp(n)),
        (BigInt(n, x), Float(y)) => {
            beside_float(*n, *y).unwrap_or_else(|| Some(signed(*n, magnitudes(x, &float_magnitude(*y)))))
        }
        (Int(_) | Float(_), BigInt(..)) | (Float(_), Int(_)) => copied_numbers(b, a).map(Ordering::reverse),
        _ => None,
    }
}

/// The magnitude of a finite float of at least 2^63, in little-endian bytes.
fn float_magnitude(x: f64) -> Vec<u8> {
    let bits = x.to_bits();
    let shift = usize::try_from((bits >> 52 & 0x7FF).saturating_sub(1_075)).unwrap_or(0);
    let mantissa = u128::from(bits & ((1 << 52) - 1) | 1 << 52) << (shift % 8);
    let mut bytes = vec![0; shift / 8];
    bytes.extend_from_slice(&mantissa.to_le_bytes());
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    bytes
}

/// By code points, as UTF-8 orders them too; lone surrogates as what a probe is shown of them.
fn text<I: Introspect>(
    (a, n): (I::Obj, usize),
    (b, m): (I::Obj, usize),
    work: &Work<'_>,
) -> Result<Option<Ordering>, Code> {
    work.pay(n.min(m).min(BYTES_MAX) / BYTES_PER_UNIT)?;
    let ascii = I::ascii(a, |x| I::ascii(b, |y| Some(bounded(x?, y?))));
    if let Some(order) = ascii {
        return order.map(Some);
    }
    let (mut x, mut y) = (Vec::new(), Vec::new());
    let (mut at, mut chunk) = (0, CHUNK_POINTS_MIN);
    while at < POINTS_MAX {
        work.pay(chunk.min(n.min(m) + 1).div_ceil(2))?;
        x.clear();
        y.clear();
        I::points(a, at, chunk, &mut x);
        I::points(b, at, chunk, &mut y);
        let unread = (x.is_empty() && at < n) || (y.is_empty() && at < m);
        if unread {
            return Err(Code::Limit);
        }
        // A chunk that is shorter is the last of its str.
        if x != y || at + chunk >= n.max(m) {
            return Ok(Some(x.cmp(&y)));
        }
        (at, chunk) = (at + chunk, CHUNK_POINTS_MAX);
    }
    Err(Code::Limit)
}

fn raw<I: Introspect>(a: I::Obj, b: I::Obj) -> Result<Option<Ordering>, Code> {
    I::raw(a, |x| I::raw(b, |y| bounded(x, y))).map(Some)
}

/// LIMIT when the fronts are equal and neither is whole.
fn bounded(x: &[u8], y: &[u8]) -> Result<Ordering, Code> {
    let common = x.len().min(y.len());
    match x[..common.min(BYTES_MAX)].cmp(&y[..common.min(BYTES_MAX)]) {
        Ordering::Equal if common > BYTES_MAX => Err(Code::Limit),
        Ordering::Equal => Ok(x.len().cmp(&y.len())),
        order => Ok(order),
    }
}

/// Two lists or two tuples: the first items that differ decide, then the length.
fn items<I: Introspect>(
    (a, n): (I::Obj, usize),
    (b, m): (I::Obj, usize),
    work: &mut Work<'_>,
) -> Result<Option<Ordering>, Code> {
    work.depth = work.depth.checked_sub(1).ok_or(Code::Limit)?;
    let most = n.min(m).min(work.items);
    work.pay(most * ITEM_UNITS)?;
    let (xs, ys) = (front::<I>(a, most), front::<I>(b, most));
    for (x, y) in xs.iter().zip(&ys) {
        work.items = work.items.checked_sub(1).ok_or(Code::Limit)?;
        let order = if I::same(*x, *y) { Some(Ordering::Equal) } else { order::<I>(*x, *y, work)? };
        if order != Some(Ordering::Equal) {
            return Ok(order);
        }
    }
    work.depth += 1;
    if most < n.min(m) { Err(Code::Limit) } else { Ok(Some(n.cmp(&m))) }
}

/// The first `max` items.
fn front<I: Introspect>(o: I::Obj, max: usize) -> Vec<I::Obj> {
    let mut all = Vec::new();
    if max == 0 {
        return all;
    }
    I::children(o, &mut |child| {
        if let Child::Item(item) = child {
            all.push(item);
        }
        if all.len() < max { Walk::On } else { Walk::Stop }
    });
    all
}
