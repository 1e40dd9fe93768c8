//! The guest boundary: `tests/guest/*.wat` fired over plain data, everything they wrote out.
//!
//! A file's first lines are its directives, in order: `;; frame: {…}` is the running call from here on, `;; fire: …` fires
//! (see [`Fire`]), `;; renew` renews a torn instance as the main thread would, `;; request: begin|child|end`; of the whole
//! file `;; loader: {…}`, the call that loads it, `;; budget: NAME=N`, `;; sizes: LEDGER RING`, `;; show: fuel`. The
//! `;; expect …` lines are the whole transcript, or why the module does not load; `WASPECT_BLESS=1` rewrites them. Nothing
//! between the module and the reader is made up but the objects.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use serde_json::Value as Json;
use waspect::drain::Drain;
use waspect::frames::Artifact;
use waspect::guest::{Guest, GuestError};
use waspect::host::{self, Firing, Slots};
use waspect::introspect::fake::{self, Fake, FrameRef, Ref};
use waspect::introspect::{Child, Introspect, Key, Look, Spot, Walk, Whole};
use waspect::limits::Budget;
use waspect::module::parse;
use waspect::outlet::{Outlet, Place};
use waspect::render::jsonl;
use waspect::report::{Report, Start, Summary};
use waspect::request::{Opening, Scope};
use waspect::segment::Reader;
use waspect::spec::Point;
use waspect::value::Value;
use waspect_abi::{Code, Kind};

use crate::plain;

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest");
    let mut files: Vec<_> = fs::read_dir(folder).expect("folder").map(|f| f.expect("file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let wrong: Vec<String> = files.iter().filter_map(|file| check(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).expect("readable");
    let found = transcript(&file.file_name().expect("name").to_string_lossy(), &text);
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

fn transcript(name: &str, text: &str) -> Vec<String> {
    fake::reset();
    let directive = |line: &'static str| move |l: &&str| l.starts_with(line);
    let rest = |line: &str| line.split_once(": ").expect("directive").1.to_owned();
    let head = || text.lines().take_while(|line| line.starts_with(";;"));
    let budget = head().find(directive(";; budget: ")).map_or(Budget::DEFAULT, |line| lowered(&rest(line)));
    let sizes = head().find(directive(";; sizes: ")).map_or((1 << 20, 1 << 20), |line| pair(&rest(line)));
    head().find(directive(";; loader: ")).into_iter().for_each(|line| plain::put_frame(&rest(line)));
    let mut run = match Run::<Fake>::load(name, text.as_bytes(), budget, sizes) {
        Ok(run) => run,
        Err(error) => return vec![format!("error {error}")],
    };
    fake::reset();
    for line in head() {
        if let Some(frame) = line.strip_prefix(";; frame: ") {
            plain::put_frame(frame);
        } else if line == ";; renew" {
            run.guest.renew();
        } else if let Some(what) = line.strip_prefix(";; request: ") {
            fake::request(match what {
                "begin" => Some(Opening::Fresh),
                "child" => Some(Opening::Child),
                "end" => None,
                _ => panic!("no request `{what}`"),
            });
        } else if let Some(fire) = line.strip_prefix(";; fire: ") {
            run.fire_line(fire);
        }
    }
    let shows_fuel = head().any(|line| line == ";; show: fuel");
    run.reports().iter().map(|report| shown(report, shows_fuel)).collect()
}

fn lowered(text: &str) -> Budget {
    let mut budget = Budget::DEFAULT;
    for part in text.split(' ') {
        let (name, n) = part.split_once('=').expect("NAME=N");
        let n = n.parse().expect("number");
        match name {
            "fuel_per_fire" => budget.fuel_per_fire = n,
            "events_per_second" => budget.events_per_second = n,
            "record_bytes_max" => budget.record_bytes_max = n,
            "value_depth_max" => budget.value_depth_max = n,
            "value_items_max" => budget.value_items_max = n,
            "value_str_bytes_max" => budget.value_str_bytes_max = n,
            _ => panic!("no budget `{name}`"),
        }
    }
    budget
}

fn pair(text: &str) -> (u64, u64) {
    let (a, b) = text.split_once(' ').expect("two numbers");
    (a.parse().expect("number"), b.parse().expect("number"))
}

/// A report's line without what no two runs share.
fn shown(report: &Report, fuel: bool) -> String {
    let mut line = Vec::new();
    jsonl::line(&mut line, report);
    let Json::Object(mut all) = serde_json::from_slice(&line).expect("JSON") else { panic!("not an object") };
    let kind = all.shift_remove("type").expect("type");
    let volatile =
        ["module", "ts_ns", "mono_ns", "pid", "tid", "thread", "task", "request", "fn", "mean_ns", "p99_ns", "sampled"];
    volatile.iter().for_each(|name| drop(all.shift_remove(*name)));
    if !fuel {
        all.shift_remove("fuel");
    }
    format!("{} {}", kind.as_str().expect("text"), Json::Object(all))
}

/// One loaded module and its call.
pub(crate) struct Run<I: Introspect> {
    pub(crate) outlet: Rc<Outlet>,
    pub(crate) guest: Guest<I>,
    function: u32,
    slots: Slots,
    start_ticks: u64,
    invocation: u64,
}

impl<I: Introspect> Run<I> {
    pub(crate) fn new(name: &str, wat: &[u8], budget: Budget, sizes: (u64, u64)) -> Self {
        Self::load(name, wat, budget, sizes).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Loads a module as an agent would, but for the process between parsing and code.
    pub(crate) fn load(name: &str, wat: &[u8], budget: Budget, (ledger, ring): (u64, u64)) -> Result<Self, GuestError> {
        let outlet = Rc::new(Outlet::new(ledger, ring).expect("memory").0);
        let module = parse(name, wat, &[]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let code = waspect::engine::engine().expect("engine").precompile_module(module.bytes()).expect("compiles");
        let manifest = module.manifest();
        let (engine, code) = waspect::engine::load(&Artifact { manifest: manifest.clone(), code }).expect("loads");
        let linked = host::link::<I>(&engine, &outlet, manifest, budget).unwrap_or_else(|e| panic!("{name}: {e}"));
        let guest = Guest::new(&engine, &code, linked, manifest)?;
        let place = Place { module: "shop.cart".into(), qualname: "Cart.add".into(), file: "/srv/shop/cart.py".into() };
        let (function, _) = outlet.function(place).unwrap_or_default();
        Ok(Self { outlet, guest, function, slots: Slots::default(), start_ticks: 0, invocation: 0 })
    }

    /// Fires every probe that is attached to a point, as a call does; a fresh call at each entry.
    pub(crate) fn fire(
        &mut self,
        point: u8,
        tag: Option<&str>,
        passed: [(i32, Option<I::Obj>); 2],
        out: Option<I::Obj>,
    ) {
        if point == 0 {
            self.slots = Slots::default();
            self.start_ticks = self.outlet.clock.ticks();
            self.invocation += 1;
        }
        let firing = Firing {
            point,
            function: self.function,
            passed,
            outcome: out,
            start_ticks: self.start_ticks,
            invocation: self.invocation,
        };
        for i in 0..self.guest.probes().len() {
            let spec = &self.guest.probes()[i].spec;
            let right = match spec.point {
                Point::Exit => matches!(point, 1 | 2),
                other => point == other.number(),
            };
            if right && tag.is_none_or(|tag| spec.tag.as_deref() == Some(tag)) {
                if spec.point.has_call() {
                    self.guest.fire(i, firing, &mut self.slots);
                } else {
                    self.guest.fire_without_call(i, Firing { point, ..Firing::default() });
                }
            }
        }
        if point > 0 {
            (self.slots, self.start_ticks) = (Slots::default(), 0);
        }
    }

    pub(crate) fn enter(&mut self, times: usize) {
        (0..times).for_each(|_| self.fire(0, None, [(-1, None); 2], None));
    }

    /// Everything written, read as an operator would.
    pub(crate) fn reports(&self) -> Vec<Report> {
        let mut drain = Drain::default();
        let reader = Reader::over(self.outlet.words());
        drain.join(std::process::id(), Start { python: String::new(), pid: 0 }, reader);
        let mut all = Vec::new();
        drain
            .finish(|report| {
                all.push(report.clone());
                Ok::<_, ()>(())
            })
            .expect("reads");
        assert!(drain.damages().is_empty(), "{:?}", drain.damages().len());
        all.retain(|report| !matches!(report, Report::Function(_) | Report::Start(_)));
        all
    }
}

impl Run<Fake> {
    /// `[Nx] [#tag] entry [{"0": HANDED}]`, `… return VALUE`, `… raise TYPE [MESSAGE]`, `… begin|end|tick`.
    fn fire_line(&mut self, line: &str) {
        let mut line = line;
        let mut times = 1;
        if let Some((n, rest)) = line.split_once("x ").and_then(|(n, rest)| Some((n.parse().ok()?, rest))) {
            (times, line) = (n, rest);
        }
        let mut tag = None;
        if let Some(rest) = line.strip_prefix('#') {
            let (name, rest) = rest.split_once(' ').expect("a point");
            (tag, line) = (Some(name), rest);
        }
        let (point, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (point, passed, outcome) = match point {
            "entry" => (0, handed(rest), None),
            "begin" | "end" | "tick" => {
                (Point::HAPPENING.iter().position(|p| p.0 == point).expect("a point") as u8, [(-1, None); 2], None)
            }
            "return" => (1, [(-1, None); 2], Some(plain::put(rest))),
            "raise" => (2, [(-1, None); 2], Some(raised(rest))),
            _ => panic!("no point `{point}`"),
        };
        for _ in 0..times {
            self.fire(point, tag, passed, outcome);
        }
    }
}

fn handed(text: &str) -> [(i32, Option<Ref>); 2] {
    let mut passed = [(-1, None); 2];
    if let Ok(Json::Object(all)) = serde_json::from_str(text) {
        for (place, (i, value)) in passed.iter_mut().zip(&all) {
            *place = (i.parse().expect("a position"), Some(plain::object(value)));
        }
    }
    passed
}

fn raised(text: &str) -> Ref {
    let (kind, message) = text.split_once(' ').unwrap_or((text, ""));
    let args = if message.is_empty() { "[]".to_owned() } else { format!("[{message}]") };
    plain::put(&format!(r#"{{"$exception":"{kind}","args":{{"$tuple":{args}}}}}"#))
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
