//! Every import of the table with good, absent, wrong, too large and hostile arguments: its answer, and its exact fuel.
//!
//! In: the table, and the calls of each row. Out: `tests/imports.txt`, one line for each call; blessed by
//! `WASPECT_BLESS=1`. Never here: a list of imports. What no two runs share is not shown.

use std::fmt::Write as _;
use std::path::PathBuf;

use waspect::introspect::fake::{self, Fake};
use waspect::limits::Budget;
use waspect::report::Report;
use waspect::value::Value;
use waspect_abi::{CORE, IMPORTS, Import, Reads};

use crate::calls::{FRAME, cases, text};
use crate::plain;
use crate::run::Run;

#[test]
fn every_import() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/imports.txt");
    let found: String = IMPORTS.iter().map(lines).collect();
    if std::env::var_os("WASPECT_BLESS").is_some() {
        return std::fs::write(&file, found).expect("writable");
    }
    let expected = std::fs::read_to_string(&file).expect("tests/imports.txt");
    let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(found == expected, "tests/imports.txt differs, first at {differs:?}; WASPECT_BLESS=1 rewrites it");
}

fn module(import: &Import, cases: &[(String, String)]) -> String {
    let (name, text, n) = text(import);
    let (params, result) = import.signature.split_once("->").expect("an arrow");
    let typed = params.trim_matches(['(', ')']).replace(',', " ").replace('V', "i64");
    let result = result.replace('V', "i64");
    let (returns, tell) = match result.as_str() {
        "()" => (String::new(), "(call $out (i64.const 0xFFF8000000000000)) (call $it ARGS)"),
        "i32" => ("(result i32)".to_owned(), "(call $out (call $int (i64.extend_i32_s (call $it ARGS))))"),
        "f64" => ("(result f64)".to_owned(), "(call $out (i64.reinterpret_f64 (call $it ARGS)))"),
        _ if import.signature.ends_with('V') => ("(result i64)".to_owned(), "(call $out (call $it ARGS))"),
        _ => ("(result i64)".to_owned(), "(call $out (call $int (call $it ARGS)))"),
    };
    // `print` and `clear` are of what the module counts in.
    let of_aggregation = matches!(import.module, "probe1.print" | "probe1.clear");
    let counts =
        if of_aggregation { format!(r#"(import "probe1.count" "{name}" (func (param i64)))"#) } else { String::new() };
    let mut functions = String::new();
    for (i, (_, arguments)) in cases.iter().enumerate() {
        let body = tell.replace("ARGS", &arguments.replace('N', &n.to_string()));
        writeln!(functions, r#"(func (export "fn:shop.cart.*:entry#case{i}") {body} (drop (call $emit)))"#)
            .expect("string");
    }
    format!(
        r#"(module
          (import "{}" "{name}" (func $it (param {typed}) {returns}))
          {counts}
          (import "probe1" "arg" (func $arg (param i32) (result i64)))
          (import "probe1" "int_new" (func $int (param i64) (result i64)))
          (import "probe1.field" "out" (func $out (param i64)))
          (import "probe1" "emit" (func $emit (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 8) "\ff\fe") (data (i32.const 16) "{text}") (data (i32.const 65535) "x")
          {functions})"#,
        import.module
    )
}

/// One line for each case: what came of it, and what the whole firing took.
fn lines(import: &Import) -> String {
    fake::reset();
    plain::put_frame(FRAME);
    let cases = cases(import);
    let budget = Budget { fuel_per_fire: 1_000_000, events_per_second: u64::MAX, ..Budget::DEFAULT };
    let mut run = Run::<Fake>::new("imports.wat", module(import, &cases).as_bytes(), budget, (1 << 20, 4 << 20));
    run.enter(1);
    let reports = run.reports();
    let title = if import.module == CORE { text(import).0 } else { import.module };
    let mut out = format!("{title} {}\n", import.signature);
    for (i, (case, _)) in cases.iter().enumerate() {
        writeln!(out, "  {case:16} {}", told(import, &format!("case{i}"), &reports)).expect("string");
    }
    out
}

fn told(import: &Import, probe: &str, reports: &[Report]) -> String {
    let summary = reports
        .iter()
        .find_map(|r| if let Report::Summary(s) = r { Some(s) } else { None }.filter(|s| s.probe == probe));
    let summary = summary.expect("a summary");
    let fault = summary.faults.iter().find(|(_, n)| *n > 0).map(|(kind, _)| format!("fault {}", kind.name()));
    let result = fault.unwrap_or_else(|| {
        let record = reports
            .iter()
            .rev()
            .find_map(|r| if let Report::Record(r) = r { Some(r) } else { None }.filter(|r| *r.probe == *probe));
        record.and_then(|r| r.fields.first()).map_or_else(|| "nothing".to_owned(), |(_, value)| shown(import, value))
    });
    format!("{:>7} fuel   {result}", summary.fuel)
}

/// Times, ids and chance are told by their kind.
fn shown(import: &Import, value: &Value) -> String {
    let name = text(import).0;
    let volatile = (import.reads == Reads::Context && !matches!(name, "abi" | "has")) || name == "ident";
    match value {
        Value::Error(_) => format!("{value:?}"),
        _ if volatile => "something".to_owned(),
        _ => format!("{value:?}").chars().take(100).collect(),
    }
}
