//! Modules made to keep a compiler busy: refused quickly, or compiled within the bounds of the child.
//!
//! In: a row for each shape, most as large as the caps let them be. Out: refused by a cap, or compiled in the time that the
//! child may take. Never here: a compiler that panics.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use waspect::limits::{COMPILE_CPU_SECONDS_MAX, Profile, large};
use waspect::module::parse_for;

use super::{compiling, cpu};

/// Of a check, in the caller's own process.
const CHECK_MAX: Duration = Duration::from_millis(500);

/// What becomes of a shape.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    /// By the cap of this name.
    Refused(&'static str),
    Compiles,
}
use End::{Compiles, Refused};

type Row = (&'static str, Profile, End, fn() -> String);

const ROWS: &[Row] = &[
    ("64 loops in each other over 512 locals", Profile::Large, Refused("function_locals_max"), || {
        function(512, &busy(64, 512))
    }),
    ("64 loops in each other", Profile::Large, Refused("function_loop_nesting_max"), || function(64, &busy(64, 64))),
    ("loops and locals at their product", Profile::Default, Compiles, || {
        function(256, &[busy(8, 256), busy(8, 256)].concat())
    }),
    ("one more of them", Profile::Large, Refused("module_loops_x_locals_max"), || {
        functions(17, 256, &[busy(8, 256), busy(8, 256)].concat())
    }),
    (
        "conditions over more locals than a product allows",
        Profile::Large,
        Refused("function_blocks_x_locals_max"),
        || function(250, &conditions(270, 250)),
    ),
    ("blocks as deep as may be, jumps out of all", Profile::Default, Compiles, || {
        let targets: String = (0..512).map(|n| format!("{n} ")).collect();
        let jumps = format!("local.get 0 br_table {targets} ");
        functions(12, 1, &format!("{} {} {}", "block ".repeat(511), jumps.repeat(20), "end ".repeat(511)))
    }),
    ("jump tables as large as may be", Profile::Default, Compiles, || {
        functions(8, 1, &format!("block {} end", format!("local.get 0 br_table {} ", "0 ".repeat(1_025)).repeat(20)))
    }),
    ("thousands of blocks", Profile::Default, Refused("module_code_weight_max"), || {
        functions(8, 1, &"block nop br 0 end ".repeat(4_000))
    }),
    ("conditions without an end", Profile::Default, Compiles, || {
        functions(8, 1, &format!("{} {}", "local.get 0 if ".repeat(511), "else end ".repeat(511)))
    }),
    ("straight lines", Profile::Default, Compiles, || {
        functions(7, 4, &"local.get 0 i32.const 1 i32.add local.set 0 ".repeat(4_000))
    }),
    ("a stack of ten thousand values", Profile::Default, Compiles, || {
        functions(8, 1, &format!("{} {} drop", "local.get 0 ".repeat(10_000), "i32.add ".repeat(9_999)))
    }),
    ("as many loads as fit", Profile::Default, Refused("module_code_weight_max"), || {
        functions(7, 1, &format!("local.get 0 {} drop", "i32.load ".repeat(10_000)))
    }),
    ("calls through a table that just weigh what they may", Profile::Default, Compiles, || {
        functions(1, 1, &"local.get 0 call_indirect (type $f) ".repeat(3_950))
    }),
    ("as many divisions as fit", Profile::Default, Compiles, || {
        functions(7, 1, &format!("i64.const 9 {} drop", "i64.const 7 i64.rem_s ".repeat(8_500)))
    }),
    ("as many floats as fit", Profile::Default, Compiles, || {
        functions(
            7,
            1,
            &format!("f64.const 9 {} drop", "f64.sqrt f64.floor i64.trunc_sat_f64_s f64.convert_i64_u ".repeat(6_000)),
        )
    }),
    ("as many copies as fit", Profile::Default, Compiles, || {
        functions(2, 1, &"local.get 0 local.get 0 local.get 0 memory.copy ".repeat(2_000))
    }),
    ("as many growths as fit", Profile::Default, Refused("module_code_weight_max"), || {
        functions(7, 1, &format!("local.get 0 {} drop", "memory.grow ".repeat(10_000)))
    }),
    ("ten thousand calls", Profile::Default, Refused("module_code_weight_max"), || {
        functions(7, 1, &"call 0 ".repeat(10_000))
    }),
    ("ten thousand calls through a table", Profile::Default, Refused("module_code_weight_max"), || {
        functions(7, 1, &"local.get 0 call_indirect (type $f) ".repeat(4_000))
    }),
    ("calls as deep as there are functions", Profile::Default, Compiles, || {
        let chain: String = (1..2_000).map(|n| format!("(func call {})", (n + 1) % 2_000)).collect();
        format!(r#"(module (func (export "fn:a.b:entry") call 1) {chain})"#)
    }),
    ("everything calls everything", Profile::Default, Compiles, || {
        let all: String = (0..200).map(|n| format!("call {n} ")).collect();
        format!(r#"(module (func (export "fn:a.b:entry") {all}) {})"#, format!("(func {all})").repeat(199))
    }),
    ("types as wide as may be, in every block", Profile::Default, Compiles, || {
        let values = "i64 ".repeat(32);
        let ty = format!("(type $t (func (param {values}) (result {values})))");
        let all = "i64.const 1 ".repeat(32);
        let blocks = "block (type $t) end ".repeat(1_000);
        format!(r#"(module {ty} (func (export "fn:a.b:entry") {all} {blocks} {}))"#, "drop ".repeat(32))
    }),
    ("results as many as may be, of every call", Profile::Default, Compiles, || {
        let made = format!("(func $f (result {}) {})", "i64 ".repeat(64), "i64.const 1 ".repeat(64));
        let calls = format!("call $f {} ", "drop ".repeat(64)).repeat(450);
        format!(r#"(module {made} (func (export "fn:a.b:entry") {calls}))"#)
    }),
    ("as many types as may be", Profile::Default, Compiles, || {
        let types: String = (0..1_000)
            .map(|n| format!("(type (func (param {}{})))", "i64 ".repeat(n % 32), "f64 ".repeat(n / 32)))
            .collect();
        format!(r#"(module {types} (func (export "fn:a.b:entry")))"#)
    }),
    ("a constant of two hundred thousand bytes", Profile::Default, Compiles, || {
        let sum = "i32.const 1 i32.add ".repeat(60_000);
        format!(r#"(module (global i32 i32.const 0 {sum}) (func (export "fn:a.b:entry")))"#)
    }),
    ("a place in memory of two hundred thousand bytes", Profile::Default, Compiles, || {
        let sum = "i32.const 1 i32.add ".repeat(60_000);
        format!(r#"(module (memory 1) (data (offset i32.const 0 {sum}) "x") (func (export "fn:a.b:entry")))"#)
    }),
    ("as many segments as may be", Profile::Default, Compiles, || {
        format!(
            r#"(module (memory 32) (func (export "fn:a.b:entry")) {})"#,
            (0..1_000).map(|n| format!("(data (i32.const {}) \"xyz\")", n * 2_000)).collect::<String>()
        )
    }),
];

/// The same of what takes seconds each: with `WASPECT_BOMBS=all`, as `make fuzz` has it.
const HEAVY: &[Row] = &[
    ("functions of such loops", Profile::Default, Compiles, || {
        functions(16, 256, &[busy(8, 256), busy(8, 256)].concat())
    }),
    ("conditions over all locals", Profile::Default, Compiles, || functions(8, 250, &conditions(256, 250))),
    ("loads that just weigh what they may", Profile::Default, Compiles, || {
        functions(3, 1, &format!("local.get 0 {} drop", "i32.load ".repeat(9_400)))
    }),
    ("growths that just weigh what they may", Profile::Default, Compiles, || {
        functions(2, 1, &format!("local.get 0 {} drop", "memory.grow ".repeat(8_000)))
    }),
    ("blocks that just weigh what they may", Profile::Default, Compiles, || {
        functions(5, 1, &"block nop br 0 end ".repeat(4_000))
    }),
    ("jumps that just weigh what they may", Profile::Default, Compiles, || {
        functions(3, 1, &format!("block {} end", "local.get 0 br_if 0 ".repeat(7_100)))
    }),
    ("truncations that just weigh what they may", Profile::Default, Compiles, || {
        functions(2, 1, &format!("i64.const 9 {} drop", "f64.convert_i64_u i64.trunc_f64_u ".repeat(5_400)))
    }),
    ("ten thousand functions", Profile::Large, Compiles, || {
        format!(
            r#"(module (func (export "fn:a.b:entry")) {})"#,
            "(func (param i64) (result i64) local.get 0 i64.const 3 i64.mul)".repeat(9_999)
        )
    }),
    ("four million bytes of straight lines", Profile::Large, Compiles, || {
        functions(64, 4, &"local.get 0 i32.const 1 i32.add local.set 0 ".repeat(9_000))
    }),
];

/// Loops in each other that use all locals, each time around.
fn busy(loops: usize, locals: usize) -> String {
    let mut text = "loop ".repeat(loops);
    for i in 0..locals.min(256) {
        write!(text, "local.get {i} i32.const 1 i32.add local.set {i} ").expect("string");
    }
    text + &"local.get 0 br_if 0 end ".repeat(loops)
}

/// So many conditions that each change a few locals.
fn conditions(count: usize, locals: usize) -> String {
    (0..count)
        .map(|n| {
            let (a, b, c) = (n % locals, (n * 7 + 1) % locals, (n * 31 + 2) % locals);
            format!("local.get {a} if local.get {b} i32.const {n} i32.add local.set {c} else local.get {c} local.set {b} end ")
        })
        .collect()
}

fn function(locals: usize, body: &str) -> String {
    functions(1, locals, body)
}

/// So many functions of the same body, the first a probe; with a memory and a table.
fn functions(count: usize, locals: usize, body: &str) -> String {
    let one = format!("(local {}) {body}", "i32 ".repeat(locals));
    let others = format!("(func {one})").repeat(count - 1);
    format!(
        r#"(module (type $f (func)) (func (export "fn:a.b:entry") {one}) {others}
           (memory 1) (table 4096 funcref) (elem (i32.const 0) func 0))"#
    )
}

fn shows_all() -> bool {
    std::env::var_os("WASPECT_BOMBS").is_some()
}

#[test]
fn each_is_refused_or_compiles_within_its_bounds() {
    let heavy = if shows_all() { HEAVY } else { &[] };
    let wrong: Vec<String> = ROWS.iter().chain(heavy).filter_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check((name, profile, expected, make): &Row) -> Option<String> {
    let bytes = wat::parse_str(make()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let start = cpu();
    let parsed = parse_for("bomb.wasm", &bytes, &[], *profile);
    let checked = cpu() - start;
    let (said, took) = match parsed {
        Err(e) => (e.to_string(), Duration::ZERO),
        Ok(module) => ("compiles".to_owned(), compiling(name, &module)),
    };
    let shown = format!("{name}: {} bytes, checked in {checked:?}, compiled in {took:?}: {said}", bytes.len());
    if shows_all() {
        writeln!(io::stderr(), "{shown}").expect("written");
    }
    let right = match expected {
        Refused(cap) => said.contains(&format!("(`{cap}`)")),
        Compiles => said == "compiles",
    };
    let bound = profile.of(COMPILE_CPU_SECONDS_MAX, large::COMPILE_CPU_SECONDS_MAX);
    let in_time = checked < CHECK_MAX && took < Duration::from_secs(bound);
    (!right || !in_time).then(|| format!("{shown}; expected {expected:?}"))
}

/// The reader of text is not in a child: what it is given is bounded, and it does not recurse without an end.
#[test]
fn text_that_nests_is_refused() {
    for (open, close) in [("(", ")"), ("(module (func (block ", ")))"), ("(func (if (then ", ")))"), ("(; ", " ;)")] {
        for times in [1_000, 100_000] {
            let text = format!("(module {}{})", open.repeat(times), close.repeat(times));
            let _ = parse_for("deep.wat", text.as_bytes(), &[], Profile::Default);
        }
    }
}
