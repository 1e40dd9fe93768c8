//! Modules written by hand, in `tests/hostile/*.wat`: what became of them stands in their first lines, as in `tests/guest`.
//!
//! In: the files. Out: their transcripts; `WASPECT_BLESS=1` rewrites them. Never here: a firing that takes longer than it may.

use std::path::Path;
use std::time::{Duration, Instant};

use waspect::frames::Artifact;
use waspect::introspect::fake::{self, Fake};
use waspect::limits::{Budget, Profile};
use waspect::module::parse_for;
use waspect::report::Report;
use waspect::value::Value;

use crate::plain;
use crate::run::Run;

#[test]
fn files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let start = Instant::now();
    let files = crate::guest::check_folder(&folder);
    let each = start.elapsed() / files;
    assert!(each < Duration::from_millis(400), "a file took {each:?}, and fires some times");
}

#[test]
fn memory_grows_as_far_as_the_profile_lets_it() {
    let text = include_str!("../../hostile/memory_grow.wat");
    for (profile, pages) in [(Profile::Default, 32), (Profile::Large, 128)] {
        let module = parse_for("grows.wat", text.as_bytes(), &[], profile).expect("fits");
        let code = waspect::engine::engine().expect("engine").precompile_module(module.bytes()).expect("compiles");
        let artifact = Artifact { manifest: module.manifest().clone(), code };
        fake::reset();
        plain::put_frame("{}");
        let mut run =
            Run::<Fake>::of(&artifact, &waspect::policy::Policy::default(), Budget::DEFAULT, (1 << 20, 1 << 20))
                .expect("instantiates");
        run.enter(1);
        let found =
            run.reports().into_iter().find_map(|r| if let Report::Record(r) = r { Some(r.fields) } else { None });
        assert_eq!(found, Some(vec![("n".into(), Value::Int(pages))]), "{}", profile.name());
    }
}
