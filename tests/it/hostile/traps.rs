//! A trap before and after every import: what was begun is gone, and the next firing is as the first.
//!
//! In: the table of imports. Out: each trap counted, and of the firing after it one record with one field. Never here: an
//! import's name.

use waspect::introspect::fake::{self, Fake};
use waspect::limits::{Budget, FUEL_PER_FIRE};
use waspect::report::{FaultKind, Report};
use waspect::value::Value;
use waspect_abi::Import;

use super::{ends, imported, imports, is_value, parameters, summaries, title};
use crate::calls::FRAME;
use crate::plain;
use crate::run::Run;

fn module(import: &Import) -> String {
    let argument = |(i, kind): (usize, &&str)| match *kind {
        "i64" if is_value(import, i) => "(call $arg (i32.const 1))".to_owned(),
        "i32" => "(i32.const 1)".to_owned(),
        other => format!("({other}.const 1)"),
    };
    let given: String = parameters(import).iter().enumerate().map(argument).collect();
    let call = format!("(call $try {given})");
    format!(
        r#"(module {}
          (func (export "fn:till.cart.*:entry#before") (call $sane (i64.const 0)) (unreachable) {call})
          (func (export "fn:till.cart.*:entry#after") (call $sane (i64.const 0)) {call} (unreachable))
          (func (export "fn:till.cart.*:entry#next") (call $sane (i64.const 0xFFF9000000000007)) (drop (call $emit))))"#,
        imported(import)
    )
}

#[test]
fn a_trap_leaves_nothing_behind() {
    for import in imports() {
        let what = title(import);
        fake::reset();
        plain::put_frame(FRAME);
        let mut run = Run::<Fake>::new(&what, module(import).as_bytes(), Budget::DEFAULT, (1 << 20, 1 << 20));
        let reports = ends(&what, &mut run, 2, FUEL_PER_FIRE, &[FaultKind::Trap]);
        let accounts = summaries(&reports);
        let faults: u64 = accounts.iter().flat_map(|one| &one.faults).map(|(_, n)| n).sum();
        assert_eq!(faults, 4, "{what}: {accounts:?}");
        let records = |r: &Report| if let Report::Record(r) = r { Some(r.clone()) } else { None };
        let next: Vec<_> = reports.iter().filter_map(records).filter(|r| &*r.probe == "next").collect();
        assert_eq!(next.len(), 2, "{what}");
        for record in next {
            assert_eq!(record.fields, [("sane".into(), Value::Int(7))], "{what}");
        }
    }
}
