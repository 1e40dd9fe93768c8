//! Wild pointers, lengths and numbers into every import that takes 32 bits.
//!
//! In: the table of imports, and numbers at the borders of memory and of arithmetic. Out: each firing ends within its
//! budget, without a trap. Never here: an import's name.

use waspect::introspect::fake::{self, Fake};
use waspect::limits::{Budget, FUEL_PER_FIRE, MODULE_EXPORTS_MAX};
use waspect::report::FaultKind;
use waspect_abi::{Answer, Import, WASI};

use super::{ends, imported, imports, is_value, parameters, summaries, title};
use crate::calls::FRAME;
use crate::plain;
use crate::run::Run;

/// Inside, at the end of the one page, one past it, negative, and such that pointer and length together wrap.
const WILD: &[i64] = &[0, 16, 65_535, 65_536, 65_537, -1, -65_536, i32::MIN as i64, i32::MAX as i64];
/// What the other numbers are meanwhile.
const OTHERS: &[i64] = &[16, -1];

/// Calls with each two neighbouring numbers wild, the others tame and wild; where there is one number, each of them.
fn calls(import: &Import) -> Vec<String> {
    let kinds = parameters(import);
    let places: Vec<usize> = (0..kinds.len()).filter(|i| kinds[*i] == "i32").collect();
    let pairs: Vec<(usize, usize)> = match places[..] {
        [] => Vec::new(),
        [one] => vec![(one, one)],
        _ => places.windows(2).map(|two| (two[0], two[1])).collect(),
    };
    let others: &[i64] = if places.len() > 2 { OTHERS } else { &OTHERS[..1] };
    let mut all = Vec::new();
    for (a, b) in pairs {
        for (x, y) in WILD.iter().flat_map(|x| WILD.iter().map(move |y| (x, y))) {
            for other in others {
                let number = |i: usize| {
                    if i == a {
                        x
                    } else if i == b {
                        y
                    } else {
                        other
                    }
                };
                all.push(kinds.iter().enumerate().map(|(i, kind)| argument(import, i, kind, *number(i))).collect());
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn argument(import: &Import, place: usize, kind: &str, number: i64) -> String {
    match kind {
        "i32" => format!("(i32.const {number})"),
        "i64" if is_value(import, place) => "(call $arg (i32.const 2))".to_owned(),
        other => format!("({other}.const 1)"),
    }
}

#[test]
fn no_pointer_is_believed() {
    let mut calls_made = 0;
    for import in imports() {
        let all = calls(import);
        for some in all.chunks(MODULE_EXPORTS_MAX as usize - 8) {
            check(import, some);
            calls_made += some.len();
        }
    }
    assert!(calls_made > 3_000, "{calls_made} calls");
}

fn check(import: &Import, calls: &[String]) {
    let what = title(import);
    let probe =
        |(i, call): (usize, &String)| format!(r#"(func (export "fn:till.cart.*:entry#call{i}") (call $try {call}))"#);
    let probes: String = calls.iter().enumerate().map(probe).collect();
    fake::reset();
    plain::put_frame(FRAME);
    let budget = Budget { events_per_second: u64::MAX, ..Budget::DEFAULT };
    let text = format!("(module {} {probes})", imported(import));
    let mut run = Run::<Fake>::new(&what, text.as_bytes(), budget, (1 << 20, 1 << 20));
    let ends_it = WASI.iter().any(|stub| stub.answer == Answer::Exit && stub.import == *import);
    let exits = if ends_it { &[FaultKind::Trap][..] } else { &[] };
    let allowed = [&[FaultKind::OutOfFuel, FaultKind::HostBudget][..], exits].concat();
    let accounts = summaries(&ends(&what, &mut run, 1, FUEL_PER_FIRE, &allowed));
    assert!(accounts.len() == calls.len() && accounts.iter().all(|one| one.firings == 1), "{what}");
}
