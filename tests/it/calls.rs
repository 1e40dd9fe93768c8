//! Calls of every import: the ordinary one, and those with an argument that is wrong, too large or hostile.
//!
//! In: rows of the table. Out: arguments as text, and the frame they read. Never here: what a call gives.

use waspect_abi::{Arg, CORE, Import};

/// `arg0` is the good value, the others are wrong in some way.
pub(crate) const FRAME: &str = r#"{"args":[{"$object":"shop.User","x":[1,2]},7,"x",[3,1,2],{"x":1},1.5,{"$int":"36893488147419103232"},
  {"$repeat":["a",100000]},{"$repeat":["\u00e9",40000]},{"$object":"shop.Busy","$code":["x"],"y":1}],"globals":{"x":5},"locals":{"x":6}}"#;
const VALUES: &[(&str, &str)] = &[
    ("object", "(call $arg (i32.const 0))"),
    ("int", "(call $arg (i32.const 1))"),
    ("str", "(call $arg (i32.const 2))"),
    ("list", "(call $arg (i32.const 3))"),
    ("dict", "(call $arg (i32.const 4))"),
    ("float", "(call $arg (i32.const 5))"),
    ("big int", "(call $arg (i32.const 6))"),
    ("long str", "(call $arg (i32.const 7))"),
    ("long é", "(call $arg (i32.const 8))"),
    ("property", "(call $arg (i32.const 9))"),
    ("absent", "(call $arg (i32.const 99))"),
    ("None", "(i64.const 0xFFF8000000000000)"),
    ("stale", "(i64.const 0xFFFA08FFFF7F0007)"),
    ("no literal", "(i64.const 0xFFFA0400000000FF)"),
    ("reserved", "(i64.const 0xFFFFFFFFFFFFFFFF)"),
];
/// Pointer and length; the first is replaced by the text that suits.
const PLACES: &[(&str, &str)] = &[
    ("text", "(i32.const 16) (i32.const N)"),
    ("nothing", "(i32.const 16) (i32.const 0)"),
    ("last byte", "(i32.const 65535) (i32.const 1)"),
    ("end", "(i32.const 65536) (i32.const 0)"),
    ("beyond", "(i32.const 65535) (i32.const 2)"),
    ("negative", "(i32.const -1) (i32.const 1)"),
    ("all", "(i32.const 0) (i32.const 65536)"),
    ("too long", "(i32.const 16) (i32.const -1)"),
    ("not UTF-8", "(i32.const 8) (i32.const 2)"),
];
const NUMBERS: &[(&str, &str)] = &[
    ("1", "(i32.const 1)"),
    ("0", "(i32.const 0)"),
    ("-1", "(i32.const -1)"),
    ("least", "(i32.const 0x80000000)"),
    ("most", "(i32.const 0x7FFFFFFF)"),
];
const LONGS: &[(&str, &str)] =
    &[("1", "(i64.const 1)"), ("least", "(i64.const 0x8000000000000000)"), ("most", "(i64.const 0x7FFFFFFFFFFFFFFF)")];
const FLOATS: &[(&str, &str)] =
    &[("1", "(f64.const 1)"), ("nan", "(f64.const nan)"), ("inf", "(f64.const inf)"), ("-0", "(f64.const -0)")];

/// What the values of an ordinary call are; an object where nothing is said.
const ORDINARY: &[(&[&str], &[&str])] = &[
    (&["item"], &["dict", "str"]),
    (&["in"], &["int", "list"]),
    (&["at", "slice", "entry_key", "entry_val", "len"], &["list"]),
    (&["str", "str_eq", "str_test", "str_hash"], &["str"]),
    (&["add", "sub", "mul", "div", "mod", "neg", "eq", "cmp", "to_int", "to_float", "to_str"], &["int", "float"]),
    (&["probe1.req.add"], &["int"]),
    (&["probe1.map.add"], &["str", "int"]),
];

/// A parameter of the ABI: one word, or the two of a place.
fn parameters(import: &Import) -> Vec<&'static [(&'static str, &'static str)]> {
    let inside = import.signature.split_once(')').expect("parameters").0.trim_start_matches('(');
    let mut words = inside.split(',').filter(|word| !word.is_empty()).peekable();
    let mut all = Vec::new();
    // Its level comes before its place.
    let mut is_level = matches!(import.arg, Arg::Fixed("log"));
    while let Some(word) = words.next() {
        all.push(match word {
            _ if std::mem::take(&mut is_level) => NUMBERS,
            "V" => VALUES,
            "i64" => LONGS,
            "f64" => FLOATS,
            _ if import.takes_memory() && words.next_if_eq(&"i32").is_some() => PLACES,
            _ => NUMBERS,
        });
    }
    all
}

/// The ordinary call, then each argument in turn by all that it may be. A level comes before its place.
pub(crate) fn cases(import: &Import) -> Vec<(String, String)> {
    let all = parameters(import);
    let name = if import.module == CORE { text(import).0 } else { import.module };
    let values = ORDINARY.iter().find(|(names, _)| names.contains(&name)).map_or(&[][..], |(_, values)| values);
    let mut values = values.iter();
    let first = |of: &[(&'static str, &'static str)]| {
        let said = if of.len() == VALUES.len() { values.next() } else { None };
        of.iter().find(|(name, _)| Some(name) == said).unwrap_or(&of[0]).1
    };
    let ordinary: Vec<&str> = all.iter().copied().map(first).collect();
    let mut cases = vec![("ordinary".to_owned(), ordinary.join(" "))];
    for (i, of) in all.iter().enumerate() {
        for (name, argument) in of.iter().filter(|(_, argument)| *argument != ordinary[i]) {
            let mut call = ordinary.clone();
            call[i] = argument;
            cases.push((if all.len() > 1 { format!("{i} {name}") } else { (*name).to_owned() }, call.join(" ")));
        }
    }
    cases
}

/// What stands at 16, and the import's name where that is an argument.
pub(crate) fn text(import: &Import) -> (&'static str, &'static str, usize) {
    let name = match import.arg {
        Arg::Fixed(name) => name,
        Arg::Path => "arg0.x[1]",
        Arg::Relative => ".x[0]",
        Arg::Name => "x",
        Arg::Text => "some text",
        Arg::Linear => "x,0,10,1",
    };
    match name {
        "get" => (name, "arg0.x", 6),
        "path" => (name, ".x[0]", 5),
        "has" => (name, "emit", 4),
        "emit_msgpack" => (name, r"\81\a1x\01", 4),
        _ => (name, "x", 1),
    }
}
