//! The SDK's firings answer as the host does: each call of `tests/imports.txt`, made natively, gives what stands there.
//!
//! In: the table of imports, their calls, the frame that they read. Out: agreement, but for what only a host has, each
//! with its reason in [`ONLY_HOST`]. Never here: fuel, or a pointer outside of the memory, which a slice cannot be.

use waspect::value::Value;
use waspect_abi::{Arg, CORE, IMPORTS, Import, Reads};
use waspect_probe::testing::{Word, call, object};
use waspect_probe::{Firing, Py};

use crate::calls::{FRAME, cases, text};

/// What differs: import, case (`*` is all), why.
const ONLY_HOST: &[(&str, &str, &str)] = &[
    ("snapshot", "*", "MessagePack is the host's"),
    ("emit_msgpack", "*", "MessagePack is the host's"),
    ("stack", "*", "the frame of the file has no name"),
    ("field_limits", "*", "the file shows what gives nothing as 0"),
    ("entry_key", "1 most", "the budget is the host's"),
    ("entry_val", "1 most", "the budget is the host's"),
];

/// Places that are not inside of the memory, or are told from others by where they lie.
const HOSTILE: &[&str] = &["last byte", "end", "beyond", "negative", "all", "too long"];
/// Texts that reach a bound, which a test's host does not have; a handle that nobody gave out, and generation 0 lets pass.
const ELSEWHERE: &[&str] = &["long str", "long é", "no literal"];
/// Functions that write where they are pointed at.
const FILLS: &[&str] = &["str", "bytes", "show", "snapshot"];
const MEMORY_TEXT_AT: &str = "16";

#[test]
fn firings_of_the_sdk_answer_as_the_host_does() {
    let golden = include_str!("../imports.txt");
    let mut differ = Vec::new();
    for import in IMPORTS {
        let title = format!("{} {}", name(import), import.signature);
        let lines: Vec<&str> = golden.lines().skip_while(|line| **line != title).skip(1).collect();
        let expected =
            lines.iter().take_while(|line| line.starts_with("  ")).filter_map(|line| line.split_once(" fuel   "));
        let found = answers(import);
        for ((case, found), (_, expected)) in found.iter().zip(expected) {
            let known = ONLY_HOST.iter().any(|(of, which, _)| *of == name(import) && (*which == "*" || which == case));
            let passed_over = HOSTILE.iter().chain(ELSEWHERE).any(|end| case.ends_with(end));
            // Of what adds a field the file shows the field, or the status of none.
            let adds = name(import).starts_with("field") && !expected.starts_with("Int(-");
            let expected = if adds && import.module == CORE { "Int(0)" } else { expected };
            if !known && !passed_over && found != expected {
                differ.push(format!("{title}, {case}: the host gives {expected}, the SDK {found}"));
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

fn name(import: &Import) -> &'static str {
    if import.module == CORE { text(import).0 } else { import.module }
}

/// Every call of an import, in one firing after the other, as the host's are.
fn answers(import: &Import) -> Vec<(String, String)> {
    let mut found = Vec::new();
    Firing::from_json(FRAME).fire(|| {
        for (case, arguments) in cases(import) {
            let known = ONLY_HOST.iter().any(|(of, which, _)| *of == name(import) && *which == "*");
            let answer = if known { String::new() } else { answer(import, &arguments) };
            call(CORE, "discard", &mut []);
            found.push((case, answer));
        }
    });
    found
}

fn answer(import: &Import, arguments: &str) -> String {
    let (static_name, text, n) = text(import);
    let static_name =
        if matches!(import.arg, Arg::Fixed(_)) && import.module != CORE { import.module } else { static_name };
    let text = if text.starts_with('\\') { "\u{81}" } else { text };
    let arguments = arguments.replace('N', &n.to_string());
    let mut constants = constants(&arguments).into_iter();
    let mut room = vec![0u8; 1 << 16];
    let mut room = room.as_mut_slice();
    let mut words = Vec::new();
    let inside = import.signature.split_once(')').expect("parameters").0.trim_start_matches('(');
    let mut types = inside.split(',').filter(|t| !t.is_empty()).peekable();
    let mut is_level = static_name == "log";
    while let Some(of) = types.next() {
        let given = constants.next().expect("an argument");
        words.push(match of {
            _ if std::mem::take(&mut is_level) => Word::I32(whole(&given) as i32),
            "V" => Word::V(value(&given)),
            "i64" => Word::I64(whole(&given)),
            "f64" => Word::F64(given.1.parse().expect("a float")),
            _ if import.takes_memory() && types.next_if_eq(&"i32").is_some() => {
                let length = usize::try_from(whole(&constants.next().expect("a length"))).unwrap_or(0);
                if FILLS.contains(&static_name) {
                    let (front, rest) = room.split_at_mut(length.min(room.len()));
                    room = rest;
                    Word::Out(front)
                } else if given.1 == MEMORY_TEXT_AT {
                    Word::In(text.as_bytes().get(..length).unwrap_or(text.as_bytes()))
                } else {
                    Word::In(b"\xff\xfe")
                }
            }
            _ => Word::I32(whole(&given) as i32),
        });
    }
    shown(import, call(import.module, static_name, &mut words))
}

/// `(i32.const 1)` as its type and text, `(call $arg (i32.const 1))` as `arg` and its number.
fn constants(arguments: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut kind = None;
    for word in arguments.split(['(', ')', ' ']).filter(|word| !word.is_empty()) {
        match word {
            "call" => {}
            "$arg" => kind = Some("arg"),
            "i32.const" | "i64.const" | "f64.const" => kind = kind.or(Some(word)),
            text => all.push((kind.take().expect("a type").to_owned(), text.to_owned())),
        }
    }
    all
}

fn value((kind, text): &(String, String)) -> waspect_probe::Value {
    if kind == "arg" {
        return call(CORE, "arg", &mut [Word::I32(text.parse().expect("a number"))]).value();
    }
    waspect_probe::Value::from_bits(whole(&(kind.clone(), text.clone())).cast_unsigned())
}

fn whole((_, text): &(String, String)) -> i64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).expect("hexadecimal").cast_signed(),
        None => text.parse().expect("a number"),
    }
}

/// As `imports.txt` shows it.
fn shown(import: &Import, word: Word<'_>) -> String {
    let volatile =
        (import.reads == Reads::Context && !matches!(text(import).0, "abi" | "has")) || text(import).0 == "ident";
    let value = match word {
        Word::V(v) => host_value(&object(v)),
        Word::I32(n) => Value::Int(n.into()),
        Word::I64(n) => Value::Int(n),
        Word::F64(x) => Value::Float(x),
        _ => Value::None,
    };
    match value {
        Value::Error(_) => format!("{value:?}"),
        _ if volatile => "something".to_owned(),
        _ => format!("{value:?}").chars().take(100).collect(),
    }
}

fn host_value(of: &Py) -> Value {
    let all = |items: &[Py]| items.iter().map(host_value).collect();
    match of {
        Py::None => Value::None,
        Py::Bool(b) => Value::Bool(*b),
        Py::Int(n) => i64::try_from(*n).map_or_else(|_| big(*n), Value::Int),
        Py::Float(x) => Value::Float(*x),
        Py::Str(s) => Value::Str(s.clone()),
        Py::Bytes(b) => Value::Bytes(b.clone()),
        Py::List(items) => Value::List(all(items)),
        Py::Tuple(items) => Value::Tuple(all(items)),
        Py::Set(items) => Value::Set(all(items)),
        Py::Dict(pairs) => Value::Dict(pairs.iter().map(|(k, v)| (host_value(k), host_value(v))).collect()),
        Py::Error(code) => Value::Error(*code),
        Py::Object(it) | Py::Exception(it) => {
            Value::Object(it.type_name.clone(), it.fields.iter().map(|(k, v)| (k.clone(), host_value(v))).collect())
        }
        Py::FrozenSet(items) => Value::FrozenSet(all(items)),
        Py::Named(kind, name) => Value::Opaque(*kind, name.clone()),
        Py::Stack(frames) => Value::Stack(frames.iter().map(|frame| Value::Str(frame.clone())).collect()),
        other => Value::Str(format!("{other:?}")),
    }
}

fn big(n: i128) -> Value {
    let mut magnitude = n.unsigned_abs().to_le_bytes().to_vec();
    while magnitude.last() == Some(&0) {
        magnitude.pop();
    }
    Value::BigInt(n < 0, magnitude)
}
