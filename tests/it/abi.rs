//! `docs/ABI.md` against the code: kinds, codes, imports and caps are rendered from their one source and compared.
//!
//! `WASPECT_BLESS=1` writes the tables instead.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use waspect::limits::{Limit, TABLE};
use waspect_abi::{Arg, Code, IMPORTS, Import, Kind, WASI, WASI_MODULE};

#[test]
fn document() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/ABI.md");
    let text = fs::read_to_string(&file).expect("docs/ABI.md");
    let tables = [
        ("kinds", kinds()),
        ("codes", codes()),
        ("families", families()),
        ("functions", functions()),
        ("wasi", wasi()),
        ("caps", caps()),
    ];
    let right = tables.iter().fold(text.clone(), |text, (name, table)| with_table(&text, name, table));
    if std::env::var_os("WASPECT_BLESS").is_some() {
        fs::write(&file, right).expect("writable");
    } else {
        let differs = text.lines().zip(right.lines()).find(|(found, right)| found != right);
        assert!(text == right, "docs/ABI.md differs from the code, first at {differs:?}; WASPECT_BLESS=1 rewrites it");
    }
}

/// The text with what stands between the two marks replaced.
fn with_table(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let (head, rest) = text.split_once(&begin).expect("a begin mark");
    let (_, tail) = rest.split_once(&end).expect("an end mark");
    format!("{head}{begin}\n{table}\n{end}{tail}")
}

fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut out = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        writeln!(out, "| {} |", row.join(" | ")).expect("string");
    }
    out
}

fn kinds() -> String {
    table(&["number", "kind"], Kind::ALL.iter().map(|k| vec![(*k as u8).to_string(), k.name().to_owned()]))
}

fn codes() -> String {
    let row = |code: &Code| vec![(*code as u8).to_string(), format!("`{}`", code.name()), meaning(*code).to_owned()];
    table(&["code", "name", "meaning"], Code::ALL.iter().map(row))
}

fn meaning(code: Code) -> &'static str {
    match code {
        Code::Absent => "no such argument, key, attribute or index; the end of an iteration",
        Code::Kind => "the operation is not for this kind",
        Code::Code => "reading it would run code of the application",
        Code::Limit => "a bound was reached",
        Code::Stale => "a handle kept from an earlier firing",
        Code::Denied => "policy or redaction withholds it",
        Code::Point => "not at this point: `retval` at entry",
        Code::Memory => "a bad guest pointer",
        Code::Range => "int overflow, division by zero",
        Code::Internal => "a bug of the host, contained",
        Code::Dropped => "the record could not be delivered, and is counted",
    }
}

fn families() -> String {
    let row = |i: &Import| {
        let name = match i.arg {
            Arg::Fixed(_) => return None,
            Arg::Path => "path",
            Arg::Relative => "path from a value, `.user[0]`",
            Arg::Name => "key",
            Arg::Text => "the text",
            Arg::Linear => "`name,lo,hi,step`",
        };
        Some(vec![format!("`{}`", i.module), name.to_owned(), signature(i), i.does.to_owned(), i.fuel.to_string()])
    };
    table(&["module", "name", "type", "does", "fuel"], IMPORTS.iter().filter_map(row))
}

fn functions() -> String {
    let row = |i: &Import| match i.arg {
        Arg::Fixed(name) => Some(vec![format!("`{name}`"), signature(i), i.does.to_owned(), i.fuel.to_string()]),
        _ => None,
    };
    table(&["name", "type", "does", "fuel"], IMPORTS.iter().filter_map(row))
}

fn wasi() -> String {
    let row = |i: Import| match i.arg {
        Arg::Fixed(name) => Some(vec![format!("`{name}`"), signature(&i), i.does.to_owned()]),
        _ => None,
    };
    table(&["name", "type", "gives or does"], WASI.iter().filter_map(|stub| row(stub.import)))
}

fn signature(import: &Import) -> String {
    format!("`{}`", import.signature)
}

fn caps() -> String {
    let load = |l: &&Limit| l.on_reaching.starts_with("refused at load");
    let large = |l: &Limit| if l.large == l.value { String::new() } else { l.large.to_string() };
    let row = |l: &Limit| vec![format!("`{}`", l.name()), format!("{} {}", l.value, l.unit), large(l)];
    table(&["cap", "at most", "`--profile large`"], TABLE.iter().filter(load).map(row))
}

/// The layout is prose; its numbers are not free.
#[test]
fn layout() {
    use waspect_abi::{FALSE, LEN_ASK, NAN, NONE, TAG_ERROR, TAG_HANDLE, TAG_INT, TAG_NONE, TRUE};
    let text = include_str!("../../docs/ABI.md");
    let low = |v: u64| v & 0xFFFF_FFFF_FFFF;
    for row in [
        format!("| below `{TAG_NONE:X}` | float | IEEE 754 double; NaN is always `{NAN:X}` |"),
        format!("| `{TAG_NONE:X}` | None, False, True | {}, {}, {} |", low(NONE), low(FALSE), low(TRUE)),
        format!("| `{TAG_INT:X}` | int of at most 48 bits"),
        format!("| `{TAG_HANDLE:X}` | handle | kind 8, length 16 (`{LEN_ASK:X}`: ask `len`)"),
        format!("| `{TAG_ERROR:X}` | error | code |"),
    ] {
        assert!(text.contains(&row), "docs/ABI.md lacks {row}");
    }
}

/// Names are unique, and every signature is made of what the ABI has.
#[test]
fn imports_are_well_formed() {
    let all = || IMPORTS.iter().chain(WASI.iter().map(|stub| &stub.import));
    for (i, import) in all().enumerate() {
        let same = |other: &&Import| other.module == import.module && other.arg == import.arg;
        assert_eq!(all().filter(same).count(), 1, "{} {:?} twice", import.module, import.arg);
        let fixed = matches!(import.arg, Arg::Fixed(_));
        let named = [waspect_abi::CORE, WASI_MODULE].contains(&import.module);
        assert_eq!(fixed, named, "row {i}: families have arguments, functions have names");
        let (params, result) = import.signature.split_once(")->").expect("an arrow");
        let params = params.strip_prefix('(').expect("a parenthesis");
        let known = |t: &str| matches!(t, "V" | "i32" | "i64" | "f64");
        assert!(params.is_empty() || params.split(',').all(known), "{}", import.signature);
        assert!(known(result) || result == "()", "{}", import.signature);
    }
}
