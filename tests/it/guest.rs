//! The guest boundary: `tests/guest/*.wat` fired over plain data, everything they wrote out.
//!
//! A file's first lines, behind `;; `, are its directives: see [`crate::run`]. The `;; expect …` lines are the whole
//! transcript, or why the module does not load; `WASPECT_BLESS=1` rewrites them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use waspect::host::{Firing, Slots};
use waspect::introspect::fake::{self, Fake, FrameRef, Ref};
use waspect::introspect::{Child, Introspect, Key, Look, Spot, Walk, Whole};
use waspect::limits::Budget;
use waspect::report::{Report, Summary};
use waspect::request::Scope;
use waspect::value::Value;
use waspect_abi::{Code, Kind};

use crate::plain;
use crate::run::{Run, shown, transcript};

#[test]
fn cases() {
    check_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest"));
}

/// All modules of a folder, and how many there are.
pub(crate) fn check_folder(folder: &Path) -> u32 {
    let files = fs::read_dir(folder).expect("folder").map(|f| f.expect("file").path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|ext| ext == "wat")).collect();
    files.sort();
    assert!(!files.is_empty());
    let wrong: Vec<String> = files.iter().filter_map(|file| check(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    u32::try_from(files.len()).expect("few")
}

fn check(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).expect("readable");
    let head: Vec<&str> = text.lines().map_while(|line| line.strip_prefix(";;")).map(str::trim_start).collect();
    let found = transcript(&file.file_name().expect("name").to_string_lossy(), &head, text.as_bytes());
    if std::env::var_os("WASPECT_BLESS").is_some() {
        bless(file, &text, &found);
        return None;
    }
    let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(";; expect ")).collect();
    (found != expected)
        .then(|| format!("{}\n   found:\n{}\nexpected:\n{}\n", file.display(), found.join("\n"), expected.join("\n")))
}

/// The expectations go behind the last directive.
fn bless(file: &Path, text: &str, found: &[String]) {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with(";; expect ")).collect();
    let head = lines.iter().take_while(|line| line.starts_with(";;")).count();
    let mut out = String::new();
    lines[..head].iter().for_each(|line| writeln!(out, "{line}").expect("string"));
    found.iter().for_each(|line| writeln!(out, ";; expect {line}").expect("string"));
    lines[head..].iter().for_each(|line| writeln!(out, "{line}").expect("string"));
    fs::write(file, out).expect("writable");
}

/// The account of a run's one probe.
fn summary(reports: &[Report]) -> Summary {
    reports.iter().find_map(|r| if let Report::Summary(s) = r { Some(s.clone()) } else { None }).expect("a summary")
}

fn small(wat: &str) -> Run<Fake> {
    fake::reset();
    plain::put_frame("{}");
    Run::new("small.wat", wat.as_bytes(), Budget::DEFAULT, (1 << 20, 1 << 20))
}

#[test]
fn one_of_so_many_is_sampled() {
    let mut run = small(r#"(module (func (export "fn:shop.cart.*:entry?sample=0.25")))"#);
    run.enter(20_000);
    let firings = summary(&run.reports()).firings;
    assert!((4_500..5_500).contains(&firings), "{firings}");
}

#[test]
fn firings_keep_to_their_rate() {
    let start = Instant::now();
    let mut run = small(r#"(module (func (export "fn:shop.cart.*:entry?rate=100/s")))"#);
    run.enter(5_000);
    let most = 101 + (start.elapsed().as_secs_f64() * 100.0) as u64;
    let firings = summary(&run.reports()).firings;
    assert!((100..=most).contains(&firings), "{firings} of {most}");
}

/// A call's slots are kept side by side for all sessions: neither reads the other's.
#[test]
fn sessions_do_not_share_slots() {
    let wat = |value: i32| {
        format!(
            r#"(module
              (import "probe1.slot.set" "s" (func $set (param i64) (result i32)))
              (import "probe1.slot" "s" (func $get (result i64)))
              (import "probe1.count" "kept" (func $count (param i64)))
              (func (export "fn:shop.cart.*:entry") (drop (call $set (i64.const {value}))))
              (func (export "fn:shop.cart.*:exit") (call $count (call $get))))"#
        )
    };
    let mut runs = [small(&wat(0)), small(&wat(0x3FF))];
    let mut slots = Slots::default();
    for (run, point) in [(0, 0), (1, 0), (1, 1), (0, 1)] {
        runs[run].guest.fire(point.into(), Firing { point, ..Firing::default() }, &mut slots);
    }
    let key = |run: &Run<Fake>| {
        let reports = run.reports();
        reports.iter().find_map(|r| if let Report::Aggregation(a) = r { Some(a.key.clone()) } else { None })
    };
    assert_eq!(key(&runs[0]), Some(vec![Value::Float(0.0)]));
    assert_eq!(key(&runs[1]), Some(vec![Value::Float(f64::from_bits(0x3FF))]));
}

/// A bug of the host is counted as its own, and the instance goes on anew.
#[test]
fn a_panic_of_the_host_is_contained() {
    let wat = r#"(module
      (import "probe1.get" "arg0.boom" (func $boom (result i64)))
      (import "probe1.get" "arg0.fine" (func $fine (result i64)))
      (import "probe1.max" "of this instance" (func $max (param i64 f64)))
      (import "probe1.count" "by" (func $count (param i64)))
      (global $n (mut f64) (f64.const 0))
      (func (export "fn:shop.cart.*:entry#fine")
        (global.set $n (f64.add (global.get $n) (f64.const 1)))
        (call $max (i64.const 0xFFF8000000000000) (global.get $n))
        (call $count (call $fine)))
      (func (export "fn:shop.cart.*:entry#boom") (call $count (call $boom))))"#;
    fake::reset();
    plain::put_frame(r#"{"args":[{"$object":"a.B","fine":1}]}"#);
    let mut run = Run::<Bomb>::new("bomb.wat", wat.as_bytes(), Budget::DEFAULT, (1 << 20, 1 << 20));
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    run.enter(5);
    std::panic::set_hook(hook);
    let lines: Vec<String> = run.reports().iter().map(|report| shown(report, false)).collect();
    let fault = r#"fault {"probe":"boom","kind":"host_panic","side":"host","where":"shop.cart.Cart.add"}"#;
    assert_eq!(
        lines,
        [
            fault,
            fault,
            fault,
            r#"state {"probe":"boom","state":"disarmed","reason":"3 faults `host_panic` within 60 s","functions":0}"#,
            r#"aggregation {"name":"by","kind":"count","key":[1],"value":5}"#,
            r#"aggregation {"name":"of this instance","kind":"max","key":[],"value":2}"#,
            r#"summary {"probe":"boom","firings":3,"rejected":0,"records":0,"faults":{"host_panic":3},"drops":{}}"#,
            r#"summary {"probe":"fine","firings":5,"rejected":0,"records":0,"faults":{},"drops":{}}"#,
        ]
    );
}

/// The fake, but for an attribute that is a bug.
enum Bomb {}

impl Introspect for Bomb {
    type Obj = Ref;
    type Frame = FrameRef;
    type Name = String;

    fn attr(o: Ref, name: &String) -> Result<Ref, Code> {
        assert_ne!(name, "boom");
        Fake::attr(o, name)
    }
    fn here() -> Option<FrameRef> {
        Fake::here()
    }
    fn class(o: Ref) -> Ref {
        Fake::class(o)
    }
    fn message(o: Ref) -> Result<Ref, Code> {
        Fake::message(o)
    }
    fn depth(f: FrameRef) -> i32 {
        Fake::depth(f)
    }
    fn task_name() -> Option<String> {
        Fake::task_name()
    }
    fn request() -> Option<Rc<Scope>> {
        Fake::request()
    }
    fn own_request() -> Option<Rc<Scope>> {
        Fake::own_request()
    }
    fn thread_name() -> Option<String> {
        Fake::thread_name()
    }
    fn name(text: &str) -> String {
        Fake::name(text)
    }
    fn passing(text: &str) -> String {
        Fake::passing(text)
    }
    fn as_key(o: Ref) -> Result<Key<Ref, String>, Code> {
        Fake::as_key(o)
    }
    fn get(o: Ref, key: &Key<Ref, String>) -> Result<Ref, Code> {
        Fake::get(o, key)
    }
    fn has(o: Ref, key: &Key<Ref, String>) -> Result<bool, Code> {
        Fake::has(o, key)
    }
    fn positions(o: Ref) -> Result<Kind, Code> {
        Fake::positions(o)
    }
    fn membership(o: Ref) -> Result<Kind, Code> {
        Fake::membership(o)
    }
    fn points(o: Ref, from: usize, n: usize, out: &mut Vec<u8>) {
        Fake::points(o, from, n, out);
    }
    fn address(o: Ref) -> u64 {
        Fake::address(o)
    }
    fn builtin(kind: Kind) -> Option<Ref> {
        Fake::builtin(kind)
    }
    fn is_name(name: &String, text: &str) -> bool {
        Fake::is_name(name, text)
    }
    fn look(o: Ref) -> Look {
        Fake::look(o)
    }
    fn same(a: Ref, b: Ref) -> bool {
        Fake::same(a, b)
    }
    fn text(o: Ref, max: usize, out: &mut Vec<u8>) -> bool {
        Fake::text(o, max, out)
    }
    fn ascii<R>(o: Ref, read: impl FnOnce(Option<&[u8]>) -> R) -> R {
        Fake::ascii(o, read)
    }
    fn raw<R>(o: Ref, read: impl FnOnce(&[u8]) -> R) -> R {
        Fake::raw(o, read)
    }
    fn big(o: Ref, max: usize, out: &mut Vec<u8>) -> (bool, bool) {
        Fake::big(o, max, out)
    }
    fn type_name(o: Ref, out: &mut String) {
        Fake::type_name(o, out);
    }
    fn own_name(o: Ref, out: &mut String) -> bool {
        Fake::own_name(o, out)
    }
    fn key(o: Ref, name: &String) -> Result<Ref, Code> {
        Fake::key(o, name)
    }
    fn index(o: Ref, i: i64) -> Result<Ref, Code> {
        Fake::index(o, i)
    }
    fn children(o: Ref, visit: &mut dyn FnMut(Child<'_, Ref>) -> Walk) {
        Fake::children(o, visit);
    }
    fn arg(f: FrameRef, i: i32) -> Result<Ref, Code> {
        Fake::arg(f, i)
    }
    fn arg_count(f: FrameRef) -> i32 {
        Fake::arg_count(f)
    }
    fn arg_name<R>(f: FrameRef, i: i32, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        Fake::arg_name(f, i, read)
    }
    fn local(f: FrameRef, name: &String) -> Result<Ref, Code> {
        Fake::local(f, name)
    }
    fn closure(f: FrameRef, name: &String) -> Result<Ref, Code> {
        Fake::closure(f, name)
    }
    fn global(f: FrameRef, name: &String) -> Result<Ref, Code> {
        Fake::global(f, name)
    }
    fn whole(f: FrameRef, which: Whole, visit: &mut dyn FnMut(Child<'_, Ref>) -> Walk) {
        Fake::whole(f, which, visit);
    }
    fn line(f: FrameRef) -> i32 {
        Fake::line(f)
    }
    fn line_bytes(f: FrameRef) -> usize {
        Fake::line_bytes(f)
    }
    fn caller(f: FrameRef) -> Option<FrameRef> {
        Fake::caller(f)
    }
    fn spot(f: FrameRef, what: Spot, max: usize, out: &mut Vec<u8>) -> bool {
        Fake::spot(f, what, max, out)
    }
}
