//! Modules that mean harm, and modules that nobody meant: refused with a message, or ended within their budget.
//!
//! In: modules made here, those of `tests/hostile/*.wat`, the official tests of WebAssembly, generated ones. Out: what a
//! check, a compiler in its child, or firings over plain data made of them. Never here: a panic, a wait without an end,
//! a list of imports; those come from the table.

mod bombs;
mod caps;
mod files;
mod names;
mod pointers;
mod slowest;
mod suite;
mod traps;
mod values;

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use waspect::introspect::fake::Fake;
use waspect::module::ProbeModule;
use waspect::report::{FaultKind, Report, Summary};
use waspect_abi::{Arg, IMPORTS, Import, WASI};

use crate::run::Run;

/// Of every firing, however slow the machine is just then.
const FIRING_MAX: Duration = Duration::from_millis(250);

/// Processor time of this thread, which is the one that compiles here: how busy the machine is does not show in it.
fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}

/// How long a checked module keeps the compiler busy. That a child ends what takes too long is `compile.rs`'s.
fn compiling(what: &str, module: &ProbeModule) -> Duration {
    let engine = waspect::engine::engine().expect("an engine");
    let start = cpu();
    let code = engine.precompile_module(module.bytes()).unwrap_or_else(|e| panic!("{what}: {e}"));
    let took = cpu() - start;
    assert!(!code.is_empty());
    took
}

fn nested(word: &str, depth: usize) -> String {
    format!("{} {}", format!("{word} ").repeat(depth), "end ".repeat(depth))
}

/// A module of exactly so many bytes, most of them data.
fn padded(bytes: u64) -> Vec<u8> {
    let made = |data: usize| {
        let pages = data.div_ceil(64 << 10);
        let text = format!(
            r#"(module (memory {pages}) (func (export "fn:a.b:entry")) (data (i32.const 0) "{}"))"#,
            "y".repeat(data)
        );
        wat::parse_str(text).expect("text")
    };
    let bytes = usize::try_from(bytes).expect("fits");
    let beside = made(bytes).len() - bytes;
    made(bytes - beside)
}

/// Every row of the table, with the name that a module imports it by.
fn imports() -> impl Iterator<Item = &'static Import> {
    IMPORTS.iter().chain(WASI.iter().map(|stub| &stub.import))
}

/// For people.
fn title(import: &Import) -> String {
    match import.arg {
        Arg::Fixed(name) => format!("{} {name}", import.module),
        _ => import.module.to_owned(),
    }
}

/// The types of its parameters, as wasm has them.
fn parameters(import: &Import) -> Vec<&'static str> {
    let (inside, _) = import.signature.split_once(')').expect("parameters");
    let words = inside.trim_start_matches('(').split(',').filter(|word| !word.is_empty());
    words.map(|word| if word == "V" { "i64" } else { word }).collect()
}

/// Whether a parameter is a value, by its place.
fn is_value(import: &Import, place: usize) -> bool {
    let (inside, _) = import.signature.split_once(')').expect("parameters");
    inside.trim_start_matches('(').split(',').nth(place) == Some("V")
}

/// The import as `$it`, what it needs beside it, and a call that looks at what it gives: a value must be one that the ABI
/// has, or the guest traps.
fn imported(import: &Import) -> String {
    let (name, _, _) = crate::calls::text(import);
    let (_, result) = import.signature.split_once("->").expect("an arrow");
    let params = parameters(import).join(" ");
    let typed = match result {
        "()" => String::new(),
        "V" => "(result i64)".to_owned(),
        other => format!("(result {other})"),
    };
    let of_aggregation = matches!(import.module, "probe1.print" | "probe1.clear");
    let counts =
        if of_aggregation { format!(r#"(import "probe1.count" "{name}" (func (param i64)))"#) } else { String::new() };
    let given: String = (0..parameters(import).len()).map(|i| format!("(local.get {i})")).collect();
    let look = match result {
        "()" => format!("(call $it {given})"),
        "V" => format!("(call $look (call $it {given}))"),
        _ => format!("(drop (call $it {given}))"),
    };
    format!(
        r#"(import "{}" "{name}" (func $it (param {params}) {typed}))
           {counts}
           (import "probe1" "arg" (func $arg (param i32) (result i64)))
           (import "probe1.field" "sane" (func $sane (param i64)))
           (import "probe1" "emit" (func $emit (result i32)))
           (func $look (param $v i64) (local $tag i64)
             (local.set $tag (i64.shr_u (local.get $v) (i64.const 48)))
             (if (i64.gt_u (local.get $tag) (i64.const 0xFFFB)) (then (unreachable)))
             (if (i64.lt_u (local.get $tag) (i64.const 0xFFF8)) (then
               (if (f64.ne (f64.reinterpret_i64 (local.get $v)) (f64.reinterpret_i64 (local.get $v))) (then
                 (if (i64.ne (local.get $v) (i64.const 0x7FF8000000000000)) (then (unreachable))))))))
           (func $try (param {params}) {look})
           (memory (export "memory") 1)
           (data (i32.const 8) "\ff\fe") (data (i32.const 16) "{}") (data (i32.const 65535) "x")"#,
        import.module,
        crate::calls::text(import).1,
    )
}

/// Accounts of all probes.
fn summaries(reports: &[Report]) -> Vec<Summary> {
    reports.iter().filter_map(|r| if let Report::Summary(s) = r { Some(s.clone()) } else { None }).collect()
}

/// Fires all probes so often: each firing ends in time, uses no more than its fuel and what one call of the host may, and what goes
/// wrong is in `allowed`.
fn ends(what: &str, run: &mut Run<Fake>, times: usize, fuel: u64, allowed: &[FaultKind]) -> Vec<Report> {
    let start = Instant::now();
    run.enter(times);
    let took = start.elapsed();
    let reports = run.reports();
    let all = summaries(&reports);
    let firings: u64 = all.iter().map(|s| s.firings).sum();
    assert!(took < FIRING_MAX * u32::try_from(firings.max(1)).expect("few"), "{what}: {firings} took {took:?}");
    for one in &all {
        let probe = &one.probe;
        assert!(one.fuel <= one.firings * fuel * 2, "{what}: {probe} used {} in {}", one.fuel, one.firings);
        let bad: Vec<_> = one.faults.iter().filter(|(kind, n)| *n > 0 && !allowed.contains(kind)).collect();
        assert!(bad.is_empty(), "{what}: {probe} ended by {bad:?}");
    }
    reports
}
