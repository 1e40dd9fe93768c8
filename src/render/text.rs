//! Values and quantities as people read them: short, with units, on one line.
//!
//! In: values, numbers, names. Out: text. Never here: a control character of the application (it could drive the
//! terminal), a line break, a cut that is not marked.

use std::borrow::Cow;
use std::fmt::Write;

use super::json::decimal;
use crate::value::{Cut, Value};

/// A str or bytes in a line shows this many characters; JSONL has all of it.
const TEXT_CHARS_MAX: usize = 120;
/// A container in a line shows this many items.
const ITEMS_MAX: usize = 12;

/// What a number measures, by the name it goes under.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    Plain,
    Ns,
    Us,
    Ms,
    Seconds,
    Bytes,
}

impl Unit {
    /// The last word of a name decides: `db_latency` and `wait_ns` are nanoseconds, `wait_ms` milliseconds, `body_bytes`
    /// and `page_size` bytes. A lone `s` is a name like any other.
    pub fn of(name: &str) -> Self {
        let last = name.rsplit(['_', '.', '-']).next().unwrap_or(name);
        match last.to_ascii_lowercase().as_str() {
            "ns" | "lat" | "latency" | "elapsed" | "duration" | "time" => Self::Ns,
            "us" => Self::Us,
            "ms" => Self::Ms,
            "s" if last.len() < name.len() => Self::Seconds,
            "seconds" => Self::Seconds,
            "bytes" | "size" => Self::Bytes,
            _ => Self::Plain,
        }
    }

    /// As exact as a line allows.
    pub fn show(self, x: f64) -> String {
        self.quantity(x).unwrap_or_else(|| number(x))
    }

    /// What is only known roughly, or stands among others like it: three digits.
    pub fn brief(self, x: f64) -> String {
        self.quantity(x).unwrap_or_else(|| thousands(x))
    }

    /// A bucket's bound. Plain ones are exact, with the binary prefixes where all bounds are powers of two.
    pub fn bound(self, x: f64, powers_of_two: bool) -> String {
        let plain = if powers_of_two {
            exactly(x, 1024.0, &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
        } else {
            exactly(x, 1e3, &["", "k", "M", "G", "T"])
        };
        self.quantity(x).unwrap_or(plain)
    }

    fn quantity(self, x: f64) -> Option<String> {
        match self {
            _ if !x.is_finite() => None,
            Self::Plain => None,
            Self::Ns => Some(duration(x)),
            Self::Us => Some(duration(x * 1e3)),
            Self::Ms => Some(duration(x * 1e6)),
            Self::Seconds => Some(duration(x * 1e9)),
            Self::Bytes => Some(size(x)),
        }
    }
}

/// `950`, `1.5k`, `20M`: three digits.
fn thousands(x: f64) -> String {
    if !x.is_finite() {
        return number(x);
    }
    let (scaled, prefix) = scale(x, 1e3, &["", "k", "M", "G", "T"]);
    format!("{}{prefix}", significant(scaled))
}

/// With a prefix only where nothing is lost: `1Ki`, `1.5k`, but `1537`.
fn exactly(x: f64, base: f64, prefixes: &[&'static str]) -> String {
    let (scaled, prefix) = scale(x, base, prefixes);
    let short = significant(scaled);
    if scaled.is_finite() && short.parse() == Ok(scaled) { format!("{short}{prefix}") } else { number(x) }
}

fn scale(x: f64, base: f64, prefixes: &[&'static str]) -> (f64, &'static str) {
    let (mut scaled, mut left) = (x, prefixes);
    // What three digits would round up to the base has the next prefix.
    while scaled.abs() >= base - 0.5 && left.len() > 1 {
        (scaled, left) = (scaled / base, &left[1..]);
    }
    (scaled, left[0])
}

/// `742ns`, `1.02µs`, `12.3ms`, `4.5s`, `2m05s`.
pub fn duration(ns: f64) -> String {
    match ns.abs() {
        x if x < 999.5 => format!("{}ns", significant(ns)),
        x if x < 999.5e3 => format!("{}µs", significant(ns / 1e3)),
        x if x < 999.5e6 => format!("{}ms", significant(ns / 1e6)),
        x if x < 59.95e9 => format!("{}s", significant(ns / 1e9)),
        _ => minutes(ns),
    }
}

fn minutes(ns: f64) -> String {
    let seconds = (ns.abs() / 1e9).round();
    let (minutes, rest) = ((seconds / 60.0).trunc(), seconds % 60.0);
    let sign = if ns < 0.0 { "-" } else { "" };
    format!("{sign}{minutes:.0}m{rest:02.0}s")
}

/// `512B`, `1KiB`, `3.5MiB`.
pub fn size(bytes: f64) -> String {
    let mut scaled = bytes;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if scaled.abs() < 1024.0 {
            return format!("{}{unit}", significant(scaled));
        }
        scaled /= 1024.0;
    }
    format!("{}TiB", significant(scaled))
}

/// Whole numbers whole, others with up to three decimals.
pub fn number(x: f64) -> String {
    if !x.is_finite() {
        return if x.is_nan() {
            "nan".into()
        } else if x > 0.0 {
            "∞".into()
        } else {
            "-∞".into()
        };
    }
    if x == x.trunc() && x.abs() < 1e15 {
        return format!("{:.0}", x + 0.0);
    }
    if !(1e-3..1e15).contains(&x.abs()) {
        return format!("{x:.3e}");
    }
    trimmed(format!("{x:.3}"))
}

/// Three significant digits.
fn significant(x: f64) -> String {
    trimmed(match x.abs() {
        a if a >= 99.95 => format!("{x:.0}"),
        a if a >= 9.995 => format!("{x:.1}"),
        _ => format!("{x:.2}"),
    })
}

fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Time of day, UTC, to the millisecond.
pub fn clock(ts_ns: i64) -> String {
    let ms = ts_ns.div_euclid(1_000_000).rem_euclid(86_400_000);
    let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{h:02}:{m:02}:{s:02}.{:03}Z", ms % 1_000)
}

/// A log level's name.
pub const fn level(n: u8) -> &'static str {
    match n {
        0 | 1 => "error",
        2 => "warn",
        3 => "info",
        4 => "debug",
        _ => "trace",
    }
}

/// A name of the application, harmless on a terminal and on one line.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().flat_map(escaped).collect())
}

fn escaped(c: char) -> Box<dyn Iterator<Item = char>> {
    if is_unsafe(c) { Box::new(c.escape_default()) } else { Box::new(std::iter::once(c)) }
}

/// Controls, and what reorders or hides text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A value on one line, nearly as Python writes it; numbers in the unit of the name they go under.
pub fn value(v: &Value, unit: Unit) -> String {
    let mut out = String::new();
    show(&mut out, v, unit);
    out
}

fn show(out: &mut String, v: &Value, unit: Unit) {
    match v {
        Value::None => out.push_str("None"),
        Value::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
        Value::Int(n) if unit == Unit::Plain => add(out, n),
        Value::Int(n) => out.push_str(&unit.show(*n as f64)),
        Value::BigInt(negative, magnitude) => out.push_str(&shortened(&decimal(*negative, magnitude))),
        Value::Float(x) if unit == Unit::Plain => float(out, *x),
        Value::Float(x) => out.push_str(&unit.show(*x)),
        Value::Str(s) => quoted(out, s),
        Value::Bytes(b) => bytes(out, b),
        Value::List(items) => all(out, "[", items, "]"),
        Value::Tuple(items) => all(out, "(", items, if items.len() == 1 { ",)" } else { ")" }),
        Value::Set(items) => all(out, "{", items, "}"),
        Value::FrozenSet(items) => all(out, "frozenset({", items, "})"),
        Value::Dict(pairs) => dict(out, pairs),
        Value::Object(type_name, fields) => object(out, type_name, fields),
        Value::Opaque(_, type_name) => add(out, format_args!("<{}>", clean(type_name))),
        Value::Error(code) => add(out, format_args!("<{}>", code.name())),
        Value::Redacted(kind) => add(out, format_args!("<redacted {}>", kind.name())),
        Value::Stack(frames) => all(out, "<stack ", frames, ">"),
        Value::Cut(why, total, inner) => cut(out, *why, *total, inner),
    }
}

fn cut(out: &mut String, why: Cut, total: u64, inner: &Value) {
    match inner {
        // The low bytes of a number are not a number.
        Value::BigInt(..) => out.push_str("<int>"),
        inner => show(out, inner, Unit::Plain),
    }
    add(out, format_args!("…<{}", why.name()));
    if total > 0 {
        add(out, format_args!(" of {total}"));
    }
    out.push('>');
}

/// Writing to a string cannot fail.
fn add(out: &mut String, what: impl std::fmt::Display) {
    let _ = write!(out, "{what}");
}

/// As Python: what is a float looks like one.
fn float(out: &mut String, x: f64) {
    if x.is_finite() { add(out, format_args!("{x:?}")) } else { out.push_str(&number(x)) }
}

fn quoted(out: &mut String, s: &str) {
    out.push('\'');
    for c in s.chars().take(TEXT_CHARS_MAX) {
        match c {
            '\'' | '\\' | '\n' | '\r' | '\t' => out.extend(c.escape_default()),
            c => out.extend(escaped(c)),
        }
    }
    out.push('\'');
    if s.chars().nth(TEXT_CHARS_MAX).is_some() {
        out.push('…');
    }
}

fn bytes(out: &mut String, b: &[u8]) {
    add(out, format_args!("b'{}'", b[..b.len().min(TEXT_CHARS_MAX)].escape_ascii()));
    if b.len() > TEXT_CHARS_MAX {
        out.push('…');
    }
}

fn shortened(digits: &str) -> String {
    if digits.len() <= TEXT_CHARS_MAX { digits.to_owned() } else { format!("{}…", &digits[..TEXT_CHARS_MAX]) }
}

fn all(out: &mut String, open: &str, items: &[Value], close: &str) {
    each(out, open, items, close, |out, item| show(out, item, Unit::Plain));
}

fn dict(out: &mut String, pairs: &[(Value, Value)]) {
    each(out, "{", pairs, "}", |out, (k, v)| {
        show(out, k, Unit::Plain);
        out.push_str(": ");
        show(out, v, Unit::Plain);
    });
}

fn object(out: &mut String, type_name: &str, fields: &[(String, Value)]) {
    out.push_str(&clean(type_name));
    each(out, "(", fields, ")", |out, (name, v)| {
        add(out, format_args!("{}=", clean(name)));
        show(out, v, Unit::of(name));
    });
}

fn each<T>(out: &mut String, open: &str, items: &[T], close: &str, mut one: impl FnMut(&mut String, &T)) {
    out.push_str(open);
    for (i, item) in items.iter().take(ITEMS_MAX).enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        one(out, item);
    }
    if items.len() > ITEMS_MAX {
        add(out, format_args!(", … {} more", items.len() - ITEMS_MAX));
    }
    out.push_str(close);
}
