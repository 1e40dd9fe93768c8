//! Captured values as JSON that keeps their kind: what JSON has no word for becomes an object with a `$` key.
//!
//! In: [`Value`]s. Out: JSON text, appended to a buffer. Never here: a value that reads back as another, a line break,
//! text of the application that could be taken for one of our `$` keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::report::Name;
use crate::value::{Cut, Value};

/// Integers beyond this are not exact in readers that use floats.
const EXACT_INT_MAX: u64 = 1 << 53;

pub fn value(out: &mut Vec<u8>, v: &Value) {
    match v {
        Value::None => put(out, "null"),
        Value::Bool(b) => put(out, if *b { "true" } else { "false" }),
        Value::Int(n) => int(out, *n),
        Value::BigInt(negative, magnitude) => tagged(out, "$int", |out| {
            string(out, &decimal(*negative, magnitude));
        }),
        Value::Float(x) => float(out, *x),
        Value::Str(s) => string(out, s),
        Value::Bytes(b) => tagged(out, "$bytes", |out| string(out, &STANDARD.encode(b))),
        Value::List(items) => array(out, items),
        Value::Tuple(items) => tagged(out, "$tuple", |out| array(out, items)),
        Value::Set(items) | Value::FrozenSet(items) => tagged(out, "$set", |out| array(out, items)),
        Value::Dict(pairs) => dict(out, pairs),
        Value::Object(type_name, fields) => object(out, type_name, fields),
        Value::Opaque(_, type_name) => tagged(out, "$type", |out| string(out, type_name)),
        Value::Error(code) => tagged(out, "$error", |out| string(out, code.name())),
        Value::Redacted(kind) => tagged(out, "$redacted", |out| string(out, kind.name())),
        Value::Stack(frames) => tagged(out, "$stack", |out| array(out, frames)),
        Value::Cut(why, total, inner) => cut(out, *why, *total, inner),
    }
}

pub fn array(out: &mut Vec<u8>, items: &[Value]) {
    list(out, b'[', items, b']', value);
}

pub fn string(out: &mut Vec<u8>, s: &str) {
    // Writing text to a vector cannot fail.
    let _ = serde_json::to_writer(out, s);
}

/// An object whose keys are the application's: those that start with `$` get another one.
pub fn fields(out: &mut Vec<u8>, fields: &[(Name, Value)]) {
    list(out, b'{', fields, b'}', |out, (name, v)| field(out, name, v));
}

/// A count or bound of ours: whole numbers without a fraction, what JSON lacks as `$float`.
pub fn number(out: &mut Vec<u8>, x: f64) {
    if x == x.trunc() && x.abs() <= EXACT_INT_MAX as f64 {
        // Adding zero makes minus zero zero.
        put(out, &format!("{:.0}", x + 0.0));
    } else {
        float(out, x);
    }
}

fn int(out: &mut Vec<u8>, n: i64) {
    if n.unsigned_abs() <= EXACT_INT_MAX {
        put(out, &n.to_string());
    } else {
        tagged(out, "$int", |out| string(out, &n.to_string()));
    }
}

fn float(out: &mut Vec<u8>, x: f64) {
    if x.is_finite() {
        let _ = serde_json::to_writer(out, &x);
        return;
    }
    let name = match x {
        x if x.is_nan() => "nan",
        x if x > 0.0 => "inf",
        _ => "-inf",
    };
    tagged(out, "$float", |out| string(out, name));
}

/// A JSON object where every key is a str and no two are the same (text that was not UTF-8 may coincide); else `$map`.
fn dict(out: &mut Vec<u8>, pairs: &[(Value, Value)]) {
    let mut seen = std::collections::HashSet::new();
    let plain = pairs.iter().all(|(k, _)| matches!(k, Value::Str(s) if seen.insert(s)));
    if plain {
        list(out, b'{', pairs, b'}', |out, (k, v)| {
            if let Value::Str(name) = k {
                field(out, name, v);
            }
        });
    } else {
        tagged(out, "$map", |out| {
            list(out, b'[', pairs, b']', |out, (k, v)| {
                out.push(b'[');
                value(out, k);
                out.push(b',');
                value(out, v);
                out.push(b']');
            });
        });
    }
}

fn object(out: &mut Vec<u8>, type_name: &str, fields: &[(String, Value)]) {
    put(out, "{\"$type\":");
    string(out, type_name);
    for (name, v) in fields {
        out.push(b',');
        field(out, name, v);
    }
    out.push(b'}');
}

fn field(out: &mut Vec<u8>, name: &str, v: &Value) {
    if name.starts_with('$') {
        string(out, &format!("${name}"));
    } else {
        string(out, name);
    }
    out.push(b':');
    value(out, v);
}

fn cut(out: &mut Vec<u8>, why: Cut, total: u64, inner: &Value) {
    put(out, "{\"$truncated\":");
    string(out, why.name());
    put(out, ",\"total\":");
    put(out, &if total == 0 { "null".into() } else { total.to_string() });
    put(out, ",\"value\":");
    match inner {
        // The low bytes of a number are not a number.
        Value::BigInt(..) => put(out, "null"),
        inner => value(out, inner),
    }
    out.push(b'}');
}

fn tagged(out: &mut Vec<u8>, key: &str, inner: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'{');
    string(out, key);
    out.push(b':');
    inner(out);
    out.push(b'}');
}

pub fn list<T>(out: &mut Vec<u8>, open: u8, items: &[T], close: u8, mut one: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        one(out, item);
    }
    out.push(close);
}

pub fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Little-endian magnitude as decimal digits: repeated division, nine digits at a time.
pub fn decimal(negative: bool, magnitude: &[u8]) -> String {
    const STEP: u64 = 1_000_000_000;
    let mut limbs: Vec<u32> =
        magnitude.chunks(4).map(|c| c.iter().rev().fold(0, |n, &b| n << 8 | u32::from(b))).collect();
    let mut groups = Vec::new();
    while limbs.iter().any(|&l| l != 0) {
        let mut rest = 0;
        for limb in limbs.iter_mut().rev() {
            let part = rest << 32 | u64::from(*limb);
            // The quotient fits: the rest is below the divisor.
            *limb = (part / STEP) as u32;
            rest = part % STEP;
        }
        groups.push(rest);
    }
    let mut text = groups.pop().map_or("0".to_owned(), |g| g.to_string());
    groups.iter().rev().for_each(|g| text.push_str(&format!("{g:09}")));
    if negative { format!("-{text}") } else { text }
}
