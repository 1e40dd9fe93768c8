//! The `?options` of a spec: `sample=0.01&rate=50/s&min=5ms`.
//!
//! In: the text between `?` and `#`. Out: [`Options`]. Never here: a default that the text did not give.

use std::fmt;

use super::parse::{expected_at, offset};
use super::{Options, Problem, SpecError};

/// Nanoseconds of each unit, longest first.
const UNITS: &[(&str, u64)] = &[
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

pub(super) fn parse(text: &str, opts: &str) -> Result<Options, SpecError> {
    let mut options = Options::default();
    let mut seen: Vec<&str> = Vec::new();
    for one in opts.split('&') {
        let (key, value) = split(text, one)?;
        if seen.contains(&key) {
            return Err(SpecError::new(text, offset(text, key), Problem::Twice(key.to_owned())));
        }
        seen.push(key);
        set(&mut options, text, key, value)?;
    }
    Ok(options)
}

fn split<'a>(text: &str, one: &'a str) -> Result<(&'a str, &'a str), SpecError> {
    let expected = "an option `name=value`";
    one.split_once('=').ok_or_else(|| expected_at(text, offset(text, one), expected, one))
}

fn set(options: &mut Options, text: &str, key: &str, value: &str) -> Result<(), SpecError> {
    let wrong = |expected| expected_at(text, offset(text, value), expected, value);
    match key {
        "sample" => options.sample = Some(share(value).ok_or_else(|| wrong("a probability above 0 and up to 1"))?),
        "every" => options.every = Some(whole(value).ok_or_else(|| wrong("a whole number from 1"))?),
        "rate" => options.rate = Some(rate(value).ok_or_else(|| wrong("a rate such as `50/s`"))?),
        "min" => options.min_ns = Some(duration(value).ok_or_else(|| wrong("a duration such as `5ms`"))?),
        "prio" => options.prio = prio(value).ok_or_else(|| wrong("a whole number such as `-1`"))?,
        "fuel" => options.fuel = Some(fuel(value).ok_or_else(|| wrong("a whole number from 1"))?),
        "scope" if value == "request" => options.request_scope = true,
        "scope" => return Err(wrong("`request`")),
        _ => return Err(SpecError::new(text, offset(text, key), Problem::Option(key.to_owned()))),
    }
    Ok(())
}

/// Digits with at most one point inside: no sign, no exponent, no `inf`.
fn decimal(value: &str) -> Option<f64> {
    let (whole, part) = value.split_once('.').unwrap_or((value, "0"));
    (is_digits(whole) && is_digits(part)).then(|| value.parse().ok()).flatten()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn share(value: &str) -> Option<f64> {
    decimal(value).filter(|&p| p > 0.0 && p <= 1.0)
}

fn whole(value: &str) -> Option<u32> {
    is_digits(value).then(|| value.parse().ok()).flatten().filter(|&n| n > 0)
}

fn fuel(value: &str) -> Option<u64> {
    is_digits(value).then(|| value.parse().ok()).flatten().filter(|&n| n > 0)
}

fn prio(value: &str) -> Option<i32> {
    is_digits(value.strip_prefix('-').unwrap_or(value)).then(|| value.parse().ok()).flatten()
}

fn rate(value: &str) -> Option<f64> {
    decimal(value.strip_suffix("/s")?).filter(|r| *r > 0.0 && r.is_finite())
}

/// Exact: `1.5ms` is 1 500 000 ns, and what is no whole number of ns is refused.
pub(super) fn duration(value: &str) -> Option<u64> {
    let unit_at = value.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = value.split_at(unit_at);
    let (_, ns) = *UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    if !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let part = part.trim_end_matches('0');
    let scale = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let part_ns = part.parse::<u64>().unwrap_or(0).checked_mul(ns)?;
    let whole_ns = whole.parse::<u64>().ok()?.checked_mul(ns)?;
    (part_ns % scale == 0).then(|| whole_ns.checked_add(part_ns / scale)).flatten()
}

/// With the leading `?`, in the order of the fields; nothing for what is not set.
impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            self.sample.map(|p| format!("sample={p}")),
            self.every.map(|n| format!("every={n}")),
            self.rate.map(|r| format!("rate={r}/s")),
            self.min_ns.map(|ns| format!("min={}", duration_text(ns))),
            (self.prio != 0).then(|| format!("prio={}", self.prio)),
            self.fuel.map(|n| format!("fuel={n}")),
            self.request_scope.then(|| "scope=request".to_owned()),
        ];
        let set: Vec<String> = all.into_iter().flatten().collect();
        if set.is_empty() { Ok(()) } else { write!(f, "?{}", set.join("&")) }
    }
}

/// In the longest unit that needs no fraction.
pub(super) fn duration_text(ns: u64) -> String {
    let fits = |&&(_, unit): &&(&str, u64)| ns != 0 && ns.is_multiple_of(unit);
    let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("ns", 1));
    format!("{}{name}", ns / unit)
}
