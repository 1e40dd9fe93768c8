//! `add sub mul div mod neg`, `to_int to_float to_str`: Python's arithmetic on builtin numbers.
//!
//! In: values. Out: values; RANGE where an int leaves 64 bits or a divisor is zero, KIND for what is no number. Never
//! here: `__add__`, or a result that wraps.

use waspect_abi::Code;

use super::values::{I64_END, Operand, float};
use super::{HostBudget, Ref, State, show};
use crate::introspect::{Introspect, Look};
use crate::limits;
use crate::value::{Value, put};

/// The longest text that is read as a number.
const NUMERAL_BYTES_MAX: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

/// What can be reckoned with.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn as_float(self) -> f64 {
        match self {
            Self::Int(n) => n as f64,
            Self::Float(x) => x,
        }
    }
}

impl<I: Introspect> State<I> {
    pub(super) fn arithmetic(&mut self, operation: Operation, a: u64, b: u64) -> Result<u64, HostBudget> {
        let (x, y) = (self.number(a), self.number(b));
        self.within_budget()?;
        let (x, y) = match (x, y) {
            (Ok(x), Ok(y)) => (x, y),
            (Err(Code::Kind), Err(Code::Kind)) if operation == Operation::Add => return self.concatenate(a, b),
            // An error that was given comes before one that is found.
            (Err(Code::Kind | Code::Range), Err(code)) if self.is_error(b) => return Ok(code.value()),
            (Err(code), _) | (_, Err(code)) => return Ok(code.value()),
        };
        self.numeric(reckon(operation, x, y))
    }

    pub(super) fn neg(&mut self, v: u64) -> Result<u64, HostBudget> {
        let result = self.number(v).and_then(|number| match number {
            Number::Int(n) => n.checked_neg().map(Number::Int).ok_or(Code::Range),
            Number::Float(x) => Ok(Number::Float(-x)),
        });
        self.numeric(result)
    }

    fn is_error(&self, v: u64) -> bool {
        matches!(self.operand(v), Operand::Error(_))
    }

    fn numeric(&mut self, result: Result<Number, Code>) -> Result<u64, HostBudget> {
        self.within_budget()?;
        match result {
            Ok(Number::Int(n)) => self.int_new(n),
            Ok(Number::Float(x)) => Ok(float(x)),
            Err(code) => Ok(code.value()),
        }
    }

    /// An int is one of 64 bits here, and a bool is one.
    pub(super) fn number(&self, v: u64) -> Result<Number, Code> {
        match self.scalar(v) {
            Operand::Error(code) => Err(code),
            Operand::Bool(b) => Ok(Number::Int(b.into())),
            Operand::Int(n) => Ok(Number::Int(n)),
            Operand::Float(x) => Ok(Number::Float(x)),
            Operand::Ref(what) if self.is_big(what) => Err(Code::Range),
            _ => Err(Code::Kind),
        }
    }

    fn is_big(&self, what: Ref<I::Obj>) -> bool {
        match what {
            Ref::Object(o) => matches!(I::look(o), Look::BigInt),
            Ref::Stored(at) => match self.stored_value(at) {
                Some(Value::BigInt(..)) => true,
                Some(Value::Cut(_, _, inner)) => matches!(*inner, Value::BigInt(..)),
                _ => false,
            },
            Ref::Whole(_) => false,
        }
    }

    /// Both must be str.
    fn concatenate(&mut self, a: u64, b: u64) -> Result<u64, HostBudget> {
        const MAX: usize = limits::MADE_BYTES_MAX as usize;
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let mut code = None;
        for v in [a, b] {
            match self.front(v, (MAX + 1).saturating_sub(text.len()), &mut text)? {
                Ok(front) if front.whole => {}
                Ok(_) => code = code.or(Some(Code::Limit)),
                // That it is no str at all comes before its length.
                Err(found) => code = Some(found),
            }
        }
        let code = code.or_else(|| (text.len() > MAX).then_some(Code::Limit));
        let made = match (code, std::str::from_utf8(&text)) {
            (None, Ok(text)) => self.make(|out| put::str(out, text)),
            (code, _) => Ok(code.unwrap_or(Code::Internal).value()),
        };
        self.scratch = text;
        made
    }

    /// As `int()`: floats towards zero, text as decimal digits.
    #[expect(clippy::cast_possible_truncation, reason = "only floats inside the range of i64 are taken")]
    pub(super) fn integral(&mut self, v: u64) -> Result<u64, HostBudget> {
        let result = match self.number(v) {
            Ok(Number::Float(x)) if (-I64_END..I64_END).contains(&x) => Ok(Number::Int(x as i64)),
            Ok(Number::Float(_)) => Err(Code::Range),
            // An int beyond 64 bits is one already.
            Err(Code::Range) if !self.is_error(v) => return Ok(v),
            Err(Code::Kind) if !self.is_error(v) => self.numeral(v)?.and_then(|text| int_of(&text)).map(Number::Int),
            other => other,
        };
        self.numeric(result)
    }

    /// As `float()`.
    pub(super) fn floating(&mut self, v: u64) -> Result<u64, HostBudget> {
        let result = match self.number(v) {
            Ok(number) => Ok(number.as_float()),
            Err(Code::Kind) if !self.is_error(v) => self.numeral(v)?.and_then(|text| float_of(&text)),
            Err(Code::Range) if !self.is_error(v) => {
                self.big_text(v)?.ok_or(Code::Range).and_then(|text| finite(&text))
            }
            Err(code) => Err(code),
        };
        self.numeric(result.map(Number::Float))
    }

    /// The text of a str that may be a number, without the space around it.
    fn numeral(&mut self, v: u64) -> Result<Result<String, Code>, HostBudget> {
        let mut text = Vec::new();
        Ok(match self.front(v, NUMERAL_BYTES_MAX, &mut text)? {
            Ok(front) if front.whole => Ok(String::from_utf8_lossy(&text).trim().to_owned()),
            Ok(_) => Err(Code::Limit),
            Err(code) => Err(code),
        })
    }

    /// As `str()` for what needs no code: None, bools, numbers, and str itself.
    pub(super) fn textual(&mut self, v: u64) -> Result<u64, HostBudget> {
        let text = match self.scalar(v) {
            Operand::None => "None".to_owned(),
            Operand::Bool(b) => show::boolean(b).to_owned(),
            Operand::Int(n) => n.to_string(),
            Operand::Float(x) => show::float(x),
            Operand::Error(code) => return Ok(code.value()),
            Operand::Literal(_) => return Ok(v),
            Operand::Ref(what) if self.is_big(what) => match self.big_text(v)? {
                Some(text) => text,
                None => return Ok(Code::Limit.value()),
            },
            Operand::Ref(_) if self.kind(v) == waspect_abi::Kind::Str as i32 => return Ok(v),
            Operand::Ref(_) => return Ok(Code::Kind.value()),
        };
        self.make(|out| put::str(out, &text))
    }
}

/// What is kept of two numbers added.
pub(super) fn sum(x: Number, y: Number) -> Result<Number, Code> {
    reckon(Operation::Add, x, y)
}

fn reckon(operation: Operation, x: Number, y: Number) -> Result<Number, Code> {
    match (x, y) {
        (Number::Int(x), Number::Int(y)) => ints(operation, x, y),
        _ => floats(operation, x.as_float(), y.as_float()),
    }
}

fn ints(operation: Operation, x: i64, y: i64) -> Result<Number, Code> {
    let int = |n: Option<i64>| n.map(Number::Int).ok_or(Code::Range);
    match operation {
        Operation::Add => int(x.checked_add(y)),
        Operation::Sub => int(x.checked_sub(y)),
        Operation::Mul => int(x.checked_mul(y)),
        _ if y == 0 => Err(Code::Range),
        Operation::Div => Ok(Number::Float(quotient(x, y))),
        Operation::Mod => {
            let rest = x.wrapping_rem(y);
            Ok(Number::Int(if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }))
        }
    }
}

/// The float nearest to the quotient, also of ints that are no float themselves.
fn quotient(x: i64, y: i64) -> f64 {
    /// Two bits more than a float has, and one that says whether there was a rest.
    const BITS: u32 = 56;
    let (a, b) = (u128::from(x.unsigned_abs()), u128::from(y.unsigned_abs()));
    let shift = (BITS + (128 - b.leading_zeros())).saturating_sub(128 - a.leading_zeros());
    let shift = if a == 0 { 0 } else { shift };
    let scaled = a << shift;
    let nearest = ((scaled / b) | u128::from(!scaled.is_multiple_of(b))) as f64;
    let magnitude = nearest / (1_u128 << shift) as f64;
    if (x < 0) == (y < 0) || x == 0 { magnitude } else { -magnitude }
}

fn floats(operation: Operation, x: f64, y: f64) -> Result<Number, Code> {
    let result = match operation {
        Operation::Add => x + y,
        Operation::Sub => x - y,
        Operation::Mul => x * y,
        _ if y == 0.0 => return Err(Code::Range),
        Operation::Div => x / y,
        Operation::Mod => {
            let rest = x % y;
            if rest == 0.0 {
                0.0_f64.copysign(y)
            } else if (rest < 0.0) == (y < 0.0) {
                rest
            } else {
                rest + y
            }
        }
    };
    Ok(Number::Float(result))
}

/// Digits without the `_` that may stand between two of them.
fn digits(text: &str) -> Result<String, Code> {
    let bytes = text.as_bytes();
    let digit = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    let between = |(i, b): (usize, &u8)| *b != b'_' || digit(i.checked_sub(1)) && digit(Some(i + 1));
    if bytes.iter().enumerate().all(between) { Ok(text.replace('_', "")) } else { Err(Code::Kind) }
}

fn int_of(text: &str) -> Result<i64, Code> {
    let text = digits(text)?;
    let magnitude = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if magnitude.is_empty() || !magnitude.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Code::Kind);
    }
    text.parse().map_err(|_| Code::Range)
}

/// An int beyond 64 bits as the float nearest to it.
fn finite(text: &str) -> Result<f64, Code> {
    float_of(text).and_then(|x| if x.is_finite() { Ok(x) } else { Err(Code::Range) })
}

fn float_of(text: &str) -> Result<f64, Code> {
    digits(text)?.parse().map_err(|_| Code::Kind)
}
