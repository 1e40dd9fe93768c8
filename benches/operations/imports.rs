//! Every import, over plain data in place of an interpreter: ns of one ordinary call.
//!
//! In: the table. Out: one benchmark for each row. Never here: what reading CPython's objects costs; that is
//! `benches/python/imports.py`.

use criterion::{Criterion, Throughput};
use waspect_abi::{CORE, IMPORTS, Import};

use crate::calls::{FRAME, cases, text};
use crate::fire::Run;
use crate::plain;

/// Calls of an import in one firing, so that the firing itself does not count; few enough for its fuel.
const CALLS: usize = 50;
const HELPERS: &str = r#"(import "probe1" "arg" (func $arg (param i32) (result i64)))"#;

pub(crate) fn all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("imports");
    group.throughput(Throughput::Elements(CALLS as u64));
    plain::put_frame(FRAME);
    for import in IMPORTS.iter() {
        let (imports, body) = module(import);
        let mut run = Run::new(&imports, &body);
        let name = if import.module == CORE { text(import).0 } else { import.module };
        group.bench_function(name, |b| b.iter(|| run.fire()));
    }
    group.finish();
}

/// The ordinary call, as often as fits into one firing.
fn module(import: &Import) -> (String, String) {
    let (name, content, n) = text(import);
    let (params, result) = import.signature.split_once("->").expect("an arrow");
    let typed = params.trim_matches(['(', ')']).replace(',', " ").replace('V', "i64");
    let arguments = cases(import)[0].1.replace('N', &n.to_string());
    // Values are read once, so that their reading does not count.
    let (arguments, locals) = once(&arguments);
    let (returns, call) = match result {
        "()" => (String::new(), format!("(call $it {arguments})")),
        _ => (format!("(result {})", result.replace('V', "i64")), format!("(drop (call $it {arguments}))")),
    };
    // `print` and `clear` are of what the module counts in.
    let of_aggregation = matches!(import.module, "probe1.print" | "probe1.clear");
    let also =
        if of_aggregation { format!(r#"(import "probe1.count" "{name}" (func (param i64)))"#) } else { String::new() };
    let imports = format!(
        r#"{HELPERS} {also} (import "{}" "{name}" (func $it (param {typed}) {returns}))
          (memory (export "memory") 1) (data (i32.const 16) "{content}")"#,
        import.module
    );
    (imports, format!("{locals} {}", call.repeat(CALLS)))
}

/// Calls in arguments become locals.
fn once(arguments: &str) -> (String, String) {
    let (mut text, mut names, mut sets) = (arguments.to_owned(), String::new(), String::new());
    for i in 0..10 {
        let call = format!("(call $arg (i32.const {i}))");
        if text.contains(&call) {
            text = text.replace(&call, &format!("(local.get $v{i})"));
            names += &format!("(local $v{i} i64)");
            sets += &format!("(local.set $v{i} {call})");
        }
    }
    (text, names + &sets)
}
