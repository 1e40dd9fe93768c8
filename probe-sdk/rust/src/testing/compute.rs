//! Arithmetic and comparison of objects, as Python has them for builtin kinds.
//!
//! In: objects. Out: objects, orders, or the error that the host would give. Never here: an `__eq__` of a class.

use std::cmp::Ordering;

use waspect_abi::Code;

use super::Py;

/// A number, as arithmetic takes it.
#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

fn number(of: &Py) -> Result<Number, Code> {
    Ok(match of {
        Py::Bool(b) => Number::Int(i64::from(*b)),
        Py::Int(n) => Number::Int(i64::try_from(*n).map_err(|_| Code::Range)?),
        Py::Float(x) => Number::Float(*x),
        Py::Error(code) => return Err(*code),
        _ => return Err(Code::Kind),
    })
}

pub(super) fn arithmetic(operator: &str, a: &Py, b: &Py) -> Result<Py, Code> {
    if let (Py::Str(a), Py::Str(b), "add") = (a, b, operator) {
        return Ok(Py::Str(format!("{a}{b}")));
    }
    if let Py::Error(code) = b
        && !matches!(a, Py::Error(_))
    {
        return Err(*code);
    }
    Ok(match (number(a)?, number(b)?) {
        (Number::Int(a), Number::Int(b)) if operator != "div" => {
            Py::Int(whole(operator, a, b).ok_or(Code::Range)?.into())
        }
        (a, b) => Py::Float(floating(operator, as_float(a), as_float(b)).ok_or(Code::Range)?),
    })
}

fn whole(operator: &str, a: i64, b: i64) -> Option<i64> {
    match operator {
        "add" => a.checked_add(b),
        "sub" => a.checked_sub(b),
        "mul" => a.checked_mul(b),
        // The sign of the divisor, as Python has it.
        _ => a.checked_rem(b).and_then(|r| if r != 0 && (r < 0) != (b < 0) { r.checked_add(b) } else { Some(r) }),
    }
}

fn floating(operator: &str, a: f64, b: f64) -> Option<f64> {
    match operator {
        "add" => Some(a + b),
        "sub" => Some(a - b),
        "mul" => Some(a * b),
        _ if b == 0.0 => None,
        "div" => Some(a / b),
        _ => {
            let r = a % b;
            Some(if r != 0.0 && (r < 0.0) != (b < 0.0) { r + b } else { r })
        }
    }
}

fn as_float(n: Number) -> f64 {
    match n {
        Number::Int(n) => n as f64,
        Number::Float(x) => x,
    }
}

pub(super) fn negative(of: &Py) -> Result<Py, Code> {
    match number(of)? {
        Number::Int(n) => n.checked_neg().map(Py::from).ok_or(Code::Range),
        Number::Float(x) => Ok(Py::Float(-x)),
    }
}

pub(super) fn to_int(of: &Py) -> Result<Py, Code> {
    match of {
        Py::Int(_) => Ok(of.clone()),
        Py::Float(x) if x.is_finite() && x.abs() < 9.3e18 => Ok(Py::Int(x.trunc() as i128)),
        Py::Float(_) => Err(Code::Range),
        Py::Str(s) => s.trim().parse::<i64>().map(Py::from).map_err(|_| Code::Kind),
        other => number(other).map(|n| if let Number::Int(n) = n { Py::from(n) } else { other.clone() }),
    }
}

pub(super) fn to_float(of: &Py) -> Result<Py, Code> {
    match of {
        Py::Str(s) => s.trim().parse().map(Py::Float).map_err(|_| Code::Kind),
        Py::Int(n) => Ok(Py::Float(*n as f64)),
        other => number(other).map(|n| Py::Float(as_float(n))),
    }
}

pub(super) fn to_str(of: &Py) -> Result<Py, Code> {
    match of {
        Py::Str(_) => Ok(of.clone()),
        Py::None | Py::Bool(_) | Py::Int(_) | Py::Float(_) => Ok(Py::Str(super::show::shown(of))),
        Py::Error(code) => Err(*code),
        _ => Err(Code::Kind),
    }
}

/// Whether two objects are equal; CODE where it is the application's to say.
pub(super) fn equal(a: &Py, b: &Py) -> Result<bool, Code> {
    match (a, b) {
        (Py::Error(code), _) | (_, Py::Error(code)) => Err(*code),
        // Objects without an `__eq__` of their own are equal to themselves alone, and here to what has the same content.
        (Py::List(x), Py::List(y)) | (Py::Tuple(x), Py::Tuple(y)) => all_equal(x, y),
        (Py::Dict(x), Py::Dict(y)) => {
            let same = |(k, v): &(Py, Py)| y.iter().any(|(l, w)| equal(k, l) == Ok(true) && equal(v, w) == Ok(true));
            Ok(x.len() == y.len() && x.iter().all(same))
        }
        (Py::Set(x) | Py::FrozenSet(x), Py::Set(y) | Py::FrozenSet(y)) => {
            Ok(x.len() == y.len() && x.iter().all(|a| y.iter().any(|b| equal(a, b) == Ok(true))))
        }
        _ => Ok(order(a, b).map_or(a == b, Ordering::is_eq)),
    }
}

fn all_equal(x: &[Py], y: &[Py]) -> Result<bool, Code> {
    if x.len() != y.len() {
        return Ok(false);
    }
    for (a, b) in x.iter().zip(y) {
        if !equal(a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The order of numbers, text, bytes and sequences.
pub(super) fn order(a: &Py, b: &Py) -> Option<Ordering> {
    match (a, b) {
        (Py::Str(a), Py::Str(b)) => Some(a.chars().cmp(b.chars())),
        (Py::Bytes(a), Py::Bytes(b)) => Some(a.cmp(b)),
        (Py::List(x), Py::List(y)) | (Py::Tuple(x), Py::Tuple(y)) => {
            let differ = x.iter().zip(y).find(|(a, b)| equal(a, b) != Ok(true));
            differ.map_or(Some(x.len().cmp(&y.len())), |(a, b)| order(a, b))
        }
        (Py::Stack(x), Py::Stack(y)) => Some(x.cmp(y)),
        _ => numeric(a)?.cmp_with(numeric(b)?),
    }
}

/// A number of any size.
enum Real {
    Int(i128),
    Float(f64),
}

fn numeric(of: &Py) -> Option<Real> {
    match of {
        Py::Bool(b) => Some(Real::Int(i128::from(*b))),
        Py::Int(n) => Some(Real::Int(*n)),
        Py::Float(x) => Some(Real::Float(*x)),
        _ => None,
    }
}

impl Real {
    fn cmp_with(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b),
            (Self::Int(a), Self::Float(b)) => int_float(a, b),
            (Self::Float(a), Self::Int(b)) => int_float(b, a).map(Ordering::reverse),
        }
    }
}

/// Exactly: not by rounding the int.
fn int_float(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    if b.abs() >= 1.7e38 {
        return Some(if b < 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    let rest = || {
        if b.fract() > 0.0 {
            Ordering::Less
        } else if b.fract() < 0.0 {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    };
    Some(a.cmp(&(b.trunc() as i128)).then_with(rest))
}
