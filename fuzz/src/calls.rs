//! Bytes as calls of the host: a guest that reads them calls whatever import they name, with values they hold or that it was
//! given before.
//!
//! In: bytes that nobody meant. Out: a firing over plain data that ended within its budget. Never here: a list of imports;
//! the guest is made from the table.

use std::fmt::Write as _;
use std::sync::LazyLock;

use waspect::frames::Artifact;
use waspect::introspect::fake::{self, Fake, FakeObj};
use waspect::limits::Budget;
use waspect::report::{FaultKind, Report};
use waspect_abi::{Answer, Arg, IMPORTS, Import, WASI};

use crate::plain;
use crate::run::{Run, compiled};

/// Where the calls are put, where values that were given lie, and how many of each.
const CALLS_AT: usize = 4_096;
const CALLS_MAX: usize = 2_048;
const VALUES_AT: usize = 64;
const VALUES: usize = 16;

const FRAME: &str = r#"{"args": [null, {"$object": "shop.Cart", "x": [1, 2], "$code": ["age"], "$hooked": true}, "größe",
    [3, 1, {"x": 1}], {"x": {"x": 1}}, 1.5, {"$int": "36893488147419103232"}, {"$tuple": [1, "x"]}, {"$set": [1, "x"]},
    {"$bytes": "bytes"}, {"$repeat": ["é", 40000]}, {"$cycle": 1}, {"$exception": "shop.OutOfStock", "args": {"$tuple": ["no"]}}],
    "kwargs": {"k": 1}, "locals": {"x": 6}, "globals": {"x": 5}, "module": "shop.cart", "qualname": "Cart.add", "task": "t",
    "file": "/srv/shop/cart.py", "line": 7}"#;

/// What a firing may end by: not `proc_exit`, which would hide what comes behind it.
fn imports() -> Vec<&'static Import> {
    let stubs = WASI.iter().filter(|stub| stub.answer != Answer::Exit).map(|stub| &stub.import);
    IMPORTS.iter().chain(stubs).collect()
}

fn name(import: &Import) -> &'static str {
    match import.arg {
        Arg::Fixed(name) => name,
        Arg::Path => "arg4.x[\\\"x\\\"]",
        Arg::Relative => ".x[0]",
        Arg::Name => "x",
        Arg::Text => "some text",
        Arg::Linear => "x,0,10,1",
    }
}

fn split(import: &Import) -> (Vec<&'static str>, &'static str) {
    let (params, result) = import.signature.split_once(")->").expect("an arrow");
    (params.trim_start_matches('(').split(',').filter(|word| !word.is_empty()).collect(), result)
}

/// Declares the import as `$i{n}`.
fn declared(n: usize, import: &Import) -> String {
    let (params, result) = split(import);
    let params = params.join(" ").replace('V', "i64");
    let result = if result == "()" { String::new() } else { format!("(result {})", result.replace('V', "i64")) };
    format!("(import \"{}\" \"{}\" (func $i{n} (param {params}) {result}))\n", import.module, name(import))
}

/// One call: its arguments out of the bytes, what it gives to the values.
fn called(n: usize, import: &Import) -> String {
    let (params, result) = split(import);
    let given: String =
        params.iter().map(|kind| format!("(call $take_{})", if *kind == "V" { "value" } else { kind })).collect();
    let call = format!("(call $i{n} {given})");
    match result {
        "()" => call,
        "V" => format!("(call $keep {call})"),
        _ => format!("(drop {call})"),
    }
}

/// A table of jumps over all imports, in a loop over the bytes. A value that the ABI does not have is a trap.
fn guest() -> String {
    let imports = imports();
    let mut text = "(module\n".to_owned();
    imports.iter().enumerate().for_each(|(n, import)| text.push_str(&declared(n, import)));
    let end = CALLS_AT + CALLS_MAX;
    let bytes = imports.iter().position(|i| i.arg == Arg::Fixed("bytes")).expect("a row");
    let arg = imports.iter().position(|i| i.arg == Arg::Fixed("arg")).expect("a row");
    write!(
        text,
        r#"(memory (export "memory") 1)
        (data (i32.const 16) "arg4.x x emit \ff\fe \81\a1x\01")
        (global $at (mut i32) (i32.const 0)) (global $end (mut i32) (i32.const 0)) (global $kept (mut i32) (i32.const 0))
        (func $byte (result i32)
          (if (result i32) (i32.ge_u (global.get $at) (global.get $end)) (then (i32.const 0)) (else
            (i32.load8_u (global.get $at)) (global.set $at (i32.add (global.get $at) (i32.const 1))))))
        (func $take_i64 (result i64) (local $v i64)
          (local.set $v (i64.load (global.get $at)))
          (global.set $at (i32.add (global.get $at) (i32.const 8)))
          (local.get $v))
        (func $take_f64 (result f64) (f64.reinterpret_i64 (call $take_i64)))
        (func $take_i32 (result i32) (local $b i32)
          (local.set $b (call $byte))
          (if (result i32) (i32.lt_u (local.get $b) (i32.const 128))
            (then (i32.sub (local.get $b) (i32.const 8)))
            (else (i32.load (global.get $at)) (global.set $at (i32.add (global.get $at) (i32.const 4))))))
        (func $take_value (result i64) (local $b i32)
          (local.set $b (call $byte))
          (if (result i64) (i32.lt_u (local.get $b) (i32.const {VALUES}))
            (then (i64.load offset={VALUES_AT} (i32.shl (local.get $b) (i32.const 3))))
            (else (if (result i64) (i32.lt_u (local.get $b) (i32.const 128))
              (then (call $i{arg} (i32.sub (local.get $b) (i32.const {VALUES}))))
              (else (call $take_i64))))))
        (func $keep (param $v i64) (local $tag i64)
          (local.set $tag (i64.shr_u (local.get $v) (i64.const 48)))
          (if (i64.gt_u (local.get $tag) (i64.const 0xFFFB)) (then (unreachable)))
          (if (i64.lt_u (local.get $tag) (i64.const 0xFFF8)) (then
            (if (f64.ne (f64.reinterpret_i64 (local.get $v)) (f64.reinterpret_i64 (local.get $v))) (then
              (if (i64.ne (local.get $v) (i64.const 0x7FF8000000000000)) (then (unreachable)))))))
          (i64.store offset={VALUES_AT} (i32.shl (i32.and (global.get $kept) (i32.const 15)) (i32.const 3)) (local.get $v))
          (global.set $kept (i32.add (global.get $kept) (i32.const 1))))
        (func $all (local $length i32)
          (local.set $length (call $i{bytes} (call $i{arg} (i32.const 0)) (i32.const {CALLS_AT}) (i32.const {CALLS_MAX})))
          (global.set $at (i32.const {CALLS_AT}))
          (global.set $end (i32.add (i32.const {CALLS_AT}) (local.get $length)))
          (if (i32.gt_u (global.get $end) (i32.const {end})) (then (global.set $end (i32.const {end}))))
          (loop $next
            (if (i32.lt_u (global.get $at) (global.get $end)) (then (call $one (call $byte)) (br $next)))))
        "#
    )
    .expect("string");
    text.push_str("(func $one (param $which i32)\n");
    imports.iter().for_each(|_| text.push_str("block "));
    let targets: String = (0..imports.len()).map(|n| format!("{n} ")).collect();
    write!(text, "local.get $which i32.const {} i32.rem_u br_table {targets} 0 ", imports.len()).expect("string");
    for (n, import) in imports.iter().enumerate() {
        write!(text, "end {} return\n", called(n, import)).expect("string");
    }
    text.push_str(")\n");
    for point in ["entry", "exit"] {
        write!(text, "(func (export \"fn:shop.cart.*:{point}\") (call $all))").expect("string");
    }
    text + ")"
}

/// Entry and exit of a call with these bytes: whatever they say, the firing ends, and by nobody's mistake.
pub fn ends(data: &[u8]) {
    static GUEST: LazyLock<Artifact> = LazyLock::new(|| compiled("calls.wat", guest().as_bytes(), &[]));
    fake::reset();
    plain::put_frame(FRAME);
    let mut run = Run::<Fake>::of(&GUEST, &waspect::policy::Policy::default(), Budget::DEFAULT, (1 << 18, 1 << 18))
        .expect("instantiates");
    let bytes = fake::put(FakeObj::Bytes(data.to_vec()));
    let value = plain::put(r#"{"ok": [1, "two"]}"#);
    run.fire(0, None, [(0, Some(bytes)), (-1, None)], None);
    run.fire(1, None, [(0, Some(bytes)), (-1, None)], Some(value));
    for report in run.reports() {
        if let Report::Fault(fault) = report {
            assert!(matches!(fault.kind, FaultKind::OutOfFuel | FaultKind::HostBudget), "{fault:?}");
        }
    }
}

/// Each import once, with values that it was given and with some of each class.
pub fn seeds() -> Vec<Vec<u8>> {
    let value = |n: usize| match n % 4 {
        0 => vec![17 + (n % 12) as u8],
        1 => vec![0],
        2 => [&[200][..], &0xFFFA_0400_0000_0000_u64.to_le_bytes()].concat(),
        _ => [&[200][..], &0xFFF9_0000_0000_0003_u64.to_le_bytes()].concat(),
    };
    let argument = |(n, kind): (usize, &&str), turn: usize| match *kind {
        "V" => value(n + turn),
        "i32" => vec![[24, 9, 7][(n + turn) % 3]],
        _ => 1_u64.to_le_bytes().to_vec(),
    };
    let one = |(n, import): (usize, &&Import), turn: usize| {
        let (params, _) = split(import);
        let given = params.iter().enumerate().flat_map(|one| argument(one, turn));
        [n as u8].into_iter().chain(given).collect::<Vec<u8>>()
    };
    (0..4).flat_map(|turn| imports().iter().enumerate().map(|it| one(it, turn)).collect::<Vec<_>>()).collect()
}
