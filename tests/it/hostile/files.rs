//! Modules written by hand, in `tests/hostile/*.wat`: what became of them stands in their first lines, as in `tests/guest`.
//!
//! In: the files. Out: their transcripts; `WASPECT_BLESS=1` rewrites them. Never here: a firing that takes longer than it may.

use std::path::Path;
use std::time::{Duration, Instant};

#[test]
fn files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let start = Instant::now();
    let files = crate::guest::check_folder(&folder);
    let each = start.elapsed() / files;
    assert!(each < Duration::from_millis(400), "a file took {each:?}, and fires some times");
}
