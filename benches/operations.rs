//! What each operation costs, without an interpreter: `cargo bench`, or `cargo bench -- NAME` for some.
//!
//! In: made-up objects, images of real functions. Out: criterion's report. Never here: what a probed call costs; that is
//! `benches/python/overhead.py`.

#[path = "../tests/it/calls.rs"]
mod calls;
#[path = "operations/fire.rs"]
mod fire;
#[path = "operations/imports.rs"]
mod imports;
#[path = "operations/language.rs"]
mod language;
#[expect(dead_code, reason = "cases of the tests put single objects too")]
#[path = "../tests/it/plain.rs"]
mod plain;
#[path = "operations/rewrite.rs"]
mod rewrite;
#[path = "operations/segment.rs"]
mod segment;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let short = Criterion::default().sample_size(30).warm_up_time(Duration::from_millis(200));
    let mut criterion = short.measurement_time(Duration::from_millis(1_000)).configure_from_args();
    fire::all(&mut criterion);
    imports::all(&mut criterion);
    language::all(&mut criterion);
    rewrite::all(&mut criterion);
    segment::all(&mut criterion);
    criterion.final_summary();
}
