//! What the fuzz targets share: how bytes become a program, what must hold of it, and where the first inputs come from.
//!
//! In: bytes that nobody meant. Out: nothing, or a panic that says which promise is broken. Never here: a rule that the product
//! does not promise, or a host of its own; the fake one and its runs are those of `tests/it`.

pub mod calls;
pub mod code;
#[path = "../../tests/it/plain.rs"]
mod plain;
#[path = "../../tests/it/run.rs"]
#[expect(dead_code, reason = "tests read the account of a run in more ways")]
mod run;
pub mod seeds;
pub mod smith;
#[path = "../../tests/it/lang/tree.rs"]
#[expect(dead_code, reason = "tests show trees too")]
mod tree;

use waspect::introspect::fake::{self, Fake};
use waspect::lang::ast::Span;
use waspect::lang::token::{CONSTANTS, PROVIDERS, SCOPES, STATEMENTS, UNITS, WORD_OPERATORS, signs};
use waspect::lang::{AGGREGATIONS, BUDGETS, Compiled, FUNCTIONS, compile, format};
use waspect::limits::Budget;
use waspect::report::{FaultKind, Report};

use run::Run;

/// Bytes as a program: ASCII is itself, each other byte is a word of the language, so that words are found without luck.
pub fn program(data: &[u8]) -> String {
    let words = words();
    let mut text = String::new();
    for byte in data {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else {
            text.push_str(&words[usize::from(byte & 0x7F) % words.len()]);
        }
    }
    text
}

/// At most 128: what the tables have, whole points, and a letter beyond ASCII.
fn words() -> Vec<String> {
    let tables = [PROVIDERS, STATEMENTS, WORD_OPERATORS, CONSTANTS].into_iter().flatten().copied();
    let named = AGGREGATIONS.iter().chain(FUNCTIONS).map(|(name, _)| *name);
    let options = BUDGETS.iter().map(|(name, _)| *name);
    let long_signs = signs().filter(|sign| sign.len() > 1);
    let points =
        ["fn:a.b:entry ", "fn:a.b:exit ", "fn:**:raise ", "{ capture(", "); }", "arg0", "retval", "elapsed", "é"];
    let plain = tables.chain(named).chain(options).chain(long_signs).chain(points).map(str::to_owned);
    let scopes = SCOPES.iter().map(|scope| format!("${scope}."));
    let units = UNITS.iter().map(|(unit, _)| format!("1{unit}"));
    plain.chain(scopes).chain(units).take(128).collect()
}

/// Whatever the text is, it is refused with places in it, or it is a module that keeps every rule and its budget.
pub fn compiles(source: &str) {
    let Compiled { wasm, diagnostics } = compile(source);
    for one in diagnostics.list() {
        assert!(is_in(source, one.span), "{one:?}");
        assert!(one.other.is_none_or(|other| is_in(source, other.span)), "{one:?}");
    }
    assert_eq!(wasm.is_none(), diagnostics.has_errors(), "{:?}", diagnostics.list());
    if let Some(wasm) = wasm {
        fires(&wasm);
    }
}

fn is_in(source: &str, span: Span) -> bool {
    span.start <= span.end && source.get(span.start as usize..span.end as usize).is_some()
}

const FRAME: &str = r#"{"args": {"self": {"$object": "shop.Cart", "user": "ada", "$code": ["age"]}, "n": 3, "x": 2.5, "s": "größe",
    "list": [1, [2, {"k": null}]], "map": {"k": [true], "a": "b"}, "big": {"$int": "18446744073709551616"}, "none": null},
    "rest": [{"$bytes": "ab"}], "kwargs": {"k": {"$float": "nan"}}, "locals": {"a": -1, "gone": {"$cycle": 1}},
    "globals": {"LIMIT": 5}, "line": 42, "module": "shop.cart", "qualname": "Cart.add", "file": "/srv/shop/cart.py"}"#;

/// Each point once: what goes wrong is counted as spent, never as the host's mistake or a trap.
fn fires(wasm: &[u8]) {
    fake::reset();
    plain::put_frame(FRAME);
    let mut run = Run::<Fake>::new("p", wasm, Budget::DEFAULT, (1 << 18, 1 << 18));
    plain::put_frame(FRAME);
    let value = plain::put(r#"{"ok": [1, "two"]}"#);
    let error = plain::put(r#"{"$exception": "shop.OutOfStock", "args": {"$tuple": ["no"]}}"#);
    for (point, outcome) in [(3, None), (0, None), (1, Some(value)), (0, None), (2, Some(error)), (5, None), (4, None)]
    {
        run.fire(point, None, [(-1, None); 2], outcome);
    }
    for report in run.reports() {
        if let Report::Fault(fault) = report {
            assert!(matches!(fault.kind, FaultKind::OutOfFuel | FaultKind::HostBudget), "{fault:?}");
        }
    }
}

/// What can be laid out means the same afterwards, keeps its comments, and is laid out already.
pub fn formats(source: &str) {
    if let Ok(formatted) = format::format(source) {
        tree::same(source, &formatted);
    }
}

/// Of a segment that is made up: what a handful of aggregations takes, so that no input is long.
pub const LEDGER_BYTES: u64 = 64 << 10;
pub const RING_BYTES: u64 = 8 << 10;
