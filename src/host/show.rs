//! `show log_value`: what a value looks like, as Python would write it where that needs no code.
//!
//! In: a value. Out: one line of text, abbreviated: objects by their type, containers by their first items. Never here:
//! `__repr__`, `__str__`.

use waspect_abi::{Code, Kind};

use super::record::REDACTED;
use super::text::floor;
use super::values::Operand;
use super::{HostBudget, State};
use crate::introspect::Introspect;
use crate::introspect::tree::TreeLimits;
use crate::value::Value;

/// What of a value is shown.
const LIMITS: TreeLimits = TreeLimits { depth: 2, items: 8, str_bytes: 128, budget_bytes: 2_048 };
/// Ints of more bytes than this are told by their size: digits take time that grows with the square of it.
const BIG_BYTES_MAX: usize = 128;

impl<I: Introspect> State<I> {
    /// Appends at most `cap` bytes of the description; gives its length. Errors are given back.
    pub(super) fn show(&mut self, v: u64, cap: usize, out: &mut Vec<u8>) -> Result<Result<usize, Code>, HostBudget> {
        if let Operand::Error(code) = self.operand(v) {
            return Ok(Err(code));
        }
        let Some(text) = self.shown(v)? else { return Ok(Err(Code::Denied)) };
        out.extend_from_slice(&text.as_bytes()[..floor(text.as_bytes(), cap)]);
        Ok(Ok(text.len()))
    }

    /// The description, charged; none of what is withheld.
    fn shown(&mut self, v: u64) -> Result<Option<String>, HostBudget> {
        let mut bytes = Vec::new();
        self.encode(v, &LIMITS, &mut bytes);
        self.effort(3 * bytes.len());
        let mut text = String::new();
        match Value::read(&mut bytes.as_slice()) {
            Ok(Value::Redacted(_)) => return Ok(None),
            Ok(value) => write(&value, &mut text),
            Err(_) => text.push_str("<unreadable>"),
        }
        self.charge(bytes.len() + text.len())?;
        Ok(Some(text))
    }

    /// The digits of an int beyond 64 bits; `None` when there are too many.
    pub(super) fn big_text(&mut self, v: u64) -> Result<Option<String>, HostBudget> {
        let mut bytes = Vec::new();
        self.encode(v, &TreeLimits { str_bytes: BIG_BYTES_MAX, ..LIMITS }, &mut bytes);
        self.charge(bytes.len())?;
        Ok(match Value::read(&mut bytes.as_slice()) {
            Ok(Value::BigInt(negative, magnitude)) if magnitude.len() <= BIG_BYTES_MAX => {
                Some(decimal(negative, &magnitude))
            }
            _ => None,
        })
    }

    /// A line for the operator: a str as it is, anything else as it is shown.
    pub(super) fn log_value(&mut self, level: i32, v: u64) -> Result<i32, HostBudget> {
        let mut text = Vec::new();
        match self.str(v, LIMITS.budget_bytes, &mut text)? {
            Ok(_) => {}
            Err(Code::Kind) if !matches!(self.operand(v), Operand::Error(_)) => {
                text = self.shown(v)?.unwrap_or_else(|| REDACTED.to_owned()).into_bytes();
            }
            Err(Code::Denied) if !matches!(self.operand(v), Operand::Error(_)) => text = REDACTED.into(),
            Err(code) => return Ok(code.status()),
        }
        Ok(self.log(level, Ok(&text)))
    }
}

pub(super) fn boolean(b: bool) -> &'static str {
    if b { "True" } else { "False" }
}

/// As Python's `repr`: the shortest digits that read back as the same float.
pub(super) fn float(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return if x < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    if x == 0.0 || (1e-4..1e16).contains(&x.abs()) {
        let text = x.to_string();
        return if text.contains('.') { text } else { text + ".0" };
    }
    let text = format!("{x:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// Digits of a little-endian magnitude.
fn decimal(negative: bool, magnitude: &[u8]) -> String {
    const BASE: u64 = 1_000_000_000;
    let mut limbs: Vec<u64> = vec![0];
    for byte in magnitude.iter().rev() {
        let mut carry = u64::from(*byte);
        for limb in &mut limbs {
            let n = *limb * 256 + carry;
            (*limb, carry) = (n % BASE, n / BASE);
        }
        if carry != 0 {
            limbs.push(carry);
        }
    }
    let sign = if negative { "-" } else { "" };
    let mut parts = limbs.iter().rev();
    let first = parts.next().map_or_else(String::new, u64::to_string);
    parts.fold(format!("{sign}{first}"), |text, limb| format!("{text}{limb:09}"))
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::None => out.push_str("None"),
        Value::Bool(b) => out.push_str(boolean(*b)),
        Value::Int(n) => out.push_str(&n.to_string()),
        Value::BigInt(_, magnitude) if magnitude.len() > BIG_BYTES_MAX => named(&["int"], out),
        Value::BigInt(negative, magnitude) => out.push_str(&decimal(*negative, magnitude)),
        Value::Float(x) => out.push_str(&float(*x)),
        Value::Str(text) => quoted(text, out),
        Value::Bytes(bytes) => raw(bytes, out),
        Value::List(items) => row("[", items, "]", false, out),
        Value::Tuple(items) => row("(", items, if items.len() == 1 { ",)" } else { ")" }, false, out),
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => row("{", items, "}", false, out),
        Value::FrozenSet(items) if items.is_empty() => out.push_str("frozenset()"),
        Value::FrozenSet(items) => row("frozenset({", items, "})", false, out),
        Value::Dict(pairs) => table(pairs, false, out),
        Value::Object(name, _) => named(&[name], out),
        Value::Opaque(kind, name) => opaque(*kind, name, out),
        Value::Error(code) => named(&[code.name()], out),
        Value::Redacted(_) => named(&["redacted"], out),
        Value::Stack(frames) => row("<stack ", frames, ">", false, out),
        Value::Cut(_, _, inner) => cut(inner, out),
    }
}

/// What is here of it, and dots.
fn cut(value: &Value, out: &mut String) {
    match value {
        Value::List(items) => row("[", items, "]", true, out),
        Value::Tuple(items) => row("(", items, ")", true, out),
        Value::Set(items) => row("{", items, "}", true, out),
        Value::FrozenSet(items) => row("frozenset({", items, "})", true, out),
        Value::Dict(pairs) => table(pairs, true, out),
        Value::Stack(frames) => row("<stack ", frames, ">", true, out),
        Value::BigInt(..) => named(&["int"], out),
        Value::Opaque(Kind::List, name) if name == Kind::List.name() => out.push_str("[...]"),
        Value::Opaque(Kind::Tuple, name) if name == Kind::Tuple.name() => out.push_str("(...)"),
        Value::Opaque(Kind::Dict | Kind::Set, name) if [Kind::Dict.name(), Kind::Set.name()].contains(&&**name) => {
            out.push_str("{...}");
        }
        Value::Str(_) | Value::Bytes(_) => {
            write(value, out);
            out.push_str("...");
        }
        other => write(other, out),
    }
}

fn row(open: &str, items: &[Value], close: &str, more: bool, out: &mut String) {
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " });
        write(item, out);
    }
    dots(items.is_empty(), more, out);
    out.push_str(close);
}

fn table(pairs: &[(Value, Value)], more: bool, out: &mut String) {
    out.push('{');
    for (i, (key, value)) in pairs.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " });
        write(key, out);
        out.push_str(": ");
        write(value, out);
    }
    dots(pairs.is_empty(), more, out);
    out.push('}');
}

fn dots(empty: bool, more: bool, out: &mut String) {
    if more {
        out.push_str(if empty { "..." } else { ", ..." });
    }
}

fn named(words: &[&str], out: &mut String) {
    out.push('<');
    out.push_str(&words.join(" "));
    out.push('>');
}

/// A class, function or module by its own name; anything else by its type's.
fn opaque(kind: Kind, name: &str, out: &mut String) {
    match kind {
        Kind::Type => named(&["class", name], out),
        Kind::Function | Kind::Module | Kind::Coroutine => named(&[kind.name(), name], out),
        _ => named(&[name], out),
    }
}

/// In single quotes, unless there are such and no double ones inside.
fn quoted(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if u32::from(c) < 0x20 || u32::from(c) == 0x7F => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push(quote);
}

fn raw(bytes: &[u8], out: &mut String) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    out.extend(['b', quote]);
    for &b in bytes {
        match b {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            b if char::from(b) == quote => out.extend(['\\', quote]),
            b' '..=b'~' => out.push(char::from(b)),
            b => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out.push(quote);
}
