//! Objects on one line, as Python would write them where that needs no code.
//!
//! In: an object. Out: text. Never here: a limit of depth or length but the host's for what is shown.

use super::Py;

const ITEMS_MAX: usize = 8;
const DEPTH_MAX: usize = 2;

pub(super) fn shown(of: &Py) -> String {
    at_depth(of, 0)
}

fn at_depth(of: &Py, depth: usize) -> String {
    match of {
        Py::None => "None".into(),
        Py::Bool(b) => if *b { "True" } else { "False" }.into(),
        Py::Int(n) => n.to_string(),
        Py::Float(x) => float(*x),
        Py::Str(s) => quoted(s),
        Py::Bytes(b) => format!("b{}", quoted(&b.escape_ascii().to_string())),
        Py::List(items) => listed("[", items, "]", depth),
        Py::Tuple(items) if items.len() == 1 => listed("(", items, ",)", depth),
        Py::Tuple(items) => listed("(", items, ")", depth),
        Py::Set(items) => listed("{", items, "}", depth),
        Py::FrozenSet(items) => listed("frozenset({", items, "})", depth),
        Py::Dict(pairs) => {
            let one = |(k, v): &(Py, Py)| format!("{}: {}", at_depth(k, depth + 1), at_depth(v, depth + 1));
            bracketed("{", pairs.iter().map(one), pairs.len(), "}", depth)
        }
        Py::Object(it) | Py::Exception(it) => format!("<{}>", it.type_name),
        Py::Named(kind, name) => format!("<{} {name}>", kind.name()),
        Py::Stack(frames) => frames.join(" < "),
        Py::Error(code) => format!("<{}>", code.name()),
    }
}

fn listed(open: &str, items: &[Py], close: &str, depth: usize) -> String {
    bracketed(open, items.iter().map(|item| at_depth(item, depth + 1)), items.len(), close, depth)
}

fn bracketed(open: &str, items: impl Iterator<Item = String>, len: usize, close: &str, depth: usize) -> String {
    if depth >= DEPTH_MAX && len > 0 {
        return format!("{open}…{close}");
    }
    let mut shown: Vec<String> = items.take(ITEMS_MAX).collect();
    shown.extend((len > ITEMS_MAX).then(|| "…".to_owned()));
    format!("{open}{}{close}", shown.join(", "))
}

fn quoted(s: &str) -> String {
    let quote = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
    format!("{quote}{}{quote}", s.replace('\\', "\\\\").replace('\n', "\\n"))
}

/// As Python's `repr`.
pub(super) fn float(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    if x.is_infinite() {
        return if x < 0.0 { "-inf" } else { "inf" }.into();
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
