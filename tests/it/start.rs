//! Renewal of instances that must start again: who is told, and when a firing does it itself.
//!
//! In: modules with `_initialize`. Out: what they count. Never here: an interpreter; who is told is a function of the test.

use std::cell::Cell;
use std::time::Duration;

use waspect::introspect::fake::{self, Fake};
use waspect::limits::{Budget, RENEWAL_SECONDS};
use waspect::report::{DropKind, FaultKind, Report, Summary};

use crate::plain;
use crate::run::Run;

thread_local! {
    static TOLD: Cell<u32> = const { Cell::new(0) };
}

fn tell() {
    TOLD.set(TOLD.get() + 1);
}

/// Traps each time, with or without a start.
fn trapping(start: &str) -> Run<Fake> {
    fake::reset();
    plain::put_frame("{}");
    TOLD.set(0);
    let wat = format!(r#"(module {start} (func (export "fn:shop.cart.*:entry") (unreachable)))"#);
    let mut run = Run::new("trapping.wat", wat.as_bytes(), Budget::DEFAULT, (1 << 20, 1 << 20));
    run.guest.on_torn(tell);
    run
}

const START: &str = r#"(func (export "_initialize"))"#;

fn summary(run: &Run<Fake>) -> Summary {
    let reports = run.reports();
    reports.iter().find_map(|r| if let Report::Summary(s) = r { Some(s.clone()) } else { None }).expect("a summary")
}

#[test]
fn one_fault_is_told_once() {
    let mut run = trapping(START);
    run.enter(5);
    assert_eq!((TOLD.get(), run.guest.wants_renewal()), (1, true));
    assert_eq!(summary(&run).drops, [(DropKind::Renewing, 4)]);
    run.guest.renew();
    assert!(!run.guest.wants_renewal());
    run.guest.renew();
    run.enter(1);
    assert_eq!((TOLD.get(), summary(&run).firings), (2, 2));
}

#[test]
fn without_a_start_nobody_is_told() {
    let mut run = trapping("");
    run.enter(2);
    assert_eq!((TOLD.get(), run.guest.wants_renewal()), (0, false));
    assert_eq!(summary(&run).faults, [(FaultKind::Trap, 2)]);
}

#[test]
fn a_firing_renews_what_nobody_came_for() {
    let mut run = trapping(START);
    run.enter(2);
    std::thread::sleep(Duration::from_secs(RENEWAL_SECONDS));
    run.enter(1);
    let summary = summary(&run);
    assert_eq!((summary.firings, summary.drops), (2, vec![(DropKind::Renewing, 1)]));
}

/// Once a second at most; and a disarmed module is not worth a start.
#[test]
fn renewals_are_few() {
    let mut run = trapping(START);
    for _ in 0..2 {
        run.enter(1);
        run.guest.renew();
    }
    assert!(run.guest.wants_renewal(), "too soon");
    std::thread::sleep(Duration::from_secs(RENEWAL_SECONDS));
    run.guest.renew();
    run.enter(2);
    assert_eq!((TOLD.get(), run.guest.wants_renewal()), (2, false));
    assert_eq!(summary(&run).faults, [(FaultKind::Trap, 3)]);
}

/// On a thread with hardly any stack it is put off.
#[test]
fn it_needs_stack() {
    let on_little = std::thread::Builder::new().stack_size(512 << 10);
    let deep = on_little.spawn(|| {
        let mut run = trapping(START);
        run.enter(1);
        burn(&mut run)
    });
    assert!(deep.expect("a thread").join().expect("no panic"), "still wants to be renewed");
}

/// Renews with less than the headroom left.
#[inline(never)]
fn burn(run: &mut Run<Fake>) -> bool {
    let room = [0u8; 32 << 10];
    std::hint::black_box(&room);
    if waspect::thread::headroom() > 96 << 10 {
        return burn(run) && room[0] == 0;
    }
    run.guest.renew();
    run.guest.wants_renewal()
}
