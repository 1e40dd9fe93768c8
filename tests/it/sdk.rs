//! The SDK's firings answer as the host does: each call of `tests/imports.txt`, made natively, gives what stands there.
//!
//! In: the table of imports, their calls, the frame that they read. Out: agreement, but for what only a host has, each
//! with its reason in [`ONLY_HOST`]. Never here: fuel, or a pointer outside of the memory, which a slice cannot be.

use std::fmt::Write as _;

use waspect::introspect::fake::{self, Fake};
use waspect::limits::Budget;
use waspect::report::Report;
use waspect::value::Value;
use waspect_abi::{Arg, CORE, IMPORTS, Import, Reads};
use waspect_probe::testing::{Word, call, object};
use waspect_probe::{Firing, Limits, Py, arg, capture, emit_msgpack};

use crate::calls::{FRAME, cases, text};
use crate::plain;
use crate::run::Run;

/// What differs: import, case (`*` is all), why.
const ONLY_HOST: &[(&str, &str, &str)] = &[
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
            // A tree is cut where the host cuts it.
            let cut = name(import) == "snapshot" && case.contains(" long ");
            let passed_over = !cut && HOSTILE.iter().chain(ELSEWHERE).any(|end| case.ends_with(end));
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

/// Objects of all kinds, as deep and as long as the limits below tell apart.
const TREES: &str = r#"{"args":[{"$object":"shop.User","x":[1,2]},-33,127,128,"x",[3,[1,[2,[3]]]],{"x":1,"y":[1.5,true,null]},-1.5,
  {"$int":"36893488147419103232"},{"$int":"-36893488147419103232"},{"$repeat":["a",40]},{"$repeat":["\u00e9",300]},
  {"$object":"shop.Busy","$code":["x"],"y":1},{"$object":"shop.Empty"},[],{},
  [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17],{"a":{"b":{"c":{"d":{"e":1}}}}}]}"#;
const TREE_COUNT: usize = 18;
/// The budget's; one level; two items; five bytes of text; all three.
const TREE_LIMITS: &[i32] = &[0, 1, 2 << 8, 5 << 20, 2 | 3 << 8 | 7 << 20];
/// Where the guest has room, behind the beginning of a map with one key.
const TREE_AT: usize = 1024;

#[test]
fn trees_of_the_sdk_and_the_records_made_of_them_are_those_of_the_host() {
    let cases: Vec<(i32, i32)> =
        (0..).take(TREE_COUNT).flat_map(|arg| TREE_LIMITS.iter().map(move |limits| (arg, *limits))).collect();
    let (on_host, in_sdk) = (trees_on_host(&cases), trees_in_sdk(&cases));
    assert_eq!((on_host.len(), in_sdk.len()), (2 * cases.len(), 2 * cases.len()));
    for ((case, host), sdk) in cases.iter().flat_map(|case| [case, case]).zip(on_host).zip(in_sdk) {
        assert_eq!(host, sdk, "argument {}, limits {:#x}: the host's, the SDK's", case.0, case.1);
    }
}

fn trees_on_host(cases: &[(i32, i32)]) -> Vec<Value> {
    let mut functions = String::new();
    for (i, (arg, limits)) in cases.iter().enumerate() {
        let take = format!(
            "(local.set $n (call $snapshot (call $arg (i32.const {arg})) (i32.const {TREE_AT}) (i32.const 8192) (i32.const {limits})))"
        );
        writeln!(
            functions,
            r#"(func (export "fn:shop.cart.*:entry#case{i}") (local $n i32) {take}
               (call $x (call $bytes (i32.const {TREE_AT}) (local.get $n))) (drop (call $emit))
               (drop (call $whole (i32.const {}) (i32.add (local.get $n) (i32.const 3)))))"#,
            TREE_AT - 3
        )
        .expect("string");
    }
    let module = format!(
        r#"(module
          (import "probe1" "snapshot" (func $snapshot (param i64 i32 i32 i32) (result i32)))
          (import "probe1" "arg" (func $arg (param i32) (result i64)))
          (import "probe1" "bytes_new" (func $bytes (param i32 i32) (result i64)))
          (import "probe1.field" "x" (func $x (param i64)))
          (import "probe1" "emit" (func $emit (result i32)))
          (import "probe1" "emit_msgpack" (func $whole (param i32 i32) (result i32)))
          (memory (export "memory") 1) (data (i32.const {}) "\81\a1x") {functions})"#,
        TREE_AT - 3
    );
    fake::reset();
    plain::put_frame(TREES);
    let budget = Budget { fuel_per_fire: 1_000_000, events_per_second: u64::MAX, ..Budget::DEFAULT };
    let mut run = Run::<Fake>::new("trees.wat", module.as_bytes(), budget, (1 << 20, 4 << 20));
    run.enter(1);
    let records = run.reports().into_iter().filter_map(|r| if let Report::Record(r) = r { Some(r) } else { None });
    records.filter_map(|r| r.fields.into_iter().next()).map(|(_, value)| present(value)).collect()
}

fn trees_in_sdk(cases: &[(i32, i32)]) -> Vec<Value> {
    let told = Firing::from_json(TREES).fire(|| {
        for (i, limits) in cases {
            let mut room = vec![0u8; 8192];
            room[..3].copy_from_slice(b"\x81\xa1x");
            let part = |shift: i32, mask: i32| limits >> shift & mask;
            let limits =
                Limits { depth: part(0, 0xFF) as u8, items: part(8, 0xFFF) as u16, str_bytes: part(20, 0xFFF) as u16 };
            let n = arg(*i).snapshot(&mut room[3..], limits).expect("a tree");
            capture!(x = &room[3..n + 3]);
            emit_msgpack(&room[..n + 3]);
        }
    });
    told.records.iter().map(|record| host_value(&record[0].1)).collect()
}

/// What a test keeps of what the host read back: of a truncated value what is there.
fn present(value: Value) -> Value {
    let all = |items: Vec<Value>| items.into_iter().map(present).collect();
    match value {
        Value::Cut(_, _, inner) => present(*inner),
        // The front of an int that was cut may be all zeros.
        Value::BigInt(_, front) if front.iter().all(|byte| *byte == 0) => Value::Int(0),
        Value::List(items) => Value::List(all(items)),
        Value::Dict(pairs) => Value::Dict(pairs.into_iter().map(|(k, v)| (present(k), present(v))).collect()),
        other => other,
    }
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
    let text = if text.starts_with('\\') { b"\x81\xa1x\x01" } else { text.as_bytes() };
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
                    Word::In(text.get(..length).unwrap_or(text))
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
