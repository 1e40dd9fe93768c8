//! The guest boundary: `tests/guest/*.wat` fired over plain data, everything they wrote out.
//!
//! A file's first lines are its directives, in order: `;; frame: {…}` is the running call from here on, `;; fire: …` fires
//! (see [`Fire`]), `;; budget: NAME=N`, `;; sizes: LEDGER RING`, `;; show: fuel`. The `;; expect …` lines are the whole
//! transcript, which `WASPECT_BLESS=1` rewrites. Nothing between the module and the reader is made up but the objects.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use serde_json::Value as Json;
use waspect::drain::Drain;
use waspect::frames::Artifact;
use waspect::guest::Guest;
use waspect::host::{self, Firing, Slots};
use waspect::introspect::Introspect;
use waspect::introspect::fake::{self, Fake, Ref};
use waspect::limits::{self, Budget};
use waspect::module::parse;
use waspect::outlet::{Outlet, Place};
use waspect::render::jsonl;
use waspect::report::{Report, Start};
use waspect::segment::Reader;
use waspect::spec::Point;

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
    (found != expected).then(|| {
        format!("{}\n   found:\n{}\nexpected:\n{}\n", file.display(), found.join("\n"), expected.join("\n"))
    })
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
    let mut run = Run::<Fake>::new(name, text.as_bytes(), budget, sizes);
    for line in head() {
        if let Some(frame) = line.strip_prefix(";; frame: ") {
            plain::put_frame(frame);
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

/// One loaded module and the call it watches.
pub(crate) struct Run<I: Introspect> {
    pub(crate) outlet: Rc<RefCell<Outlet>>,
    pub(crate) guest: Guest<I>,
    function: u32,
    slots: Slots,
    start_ticks: u64,
}

impl<I: Introspect> Run<I> {
    pub(crate) fn new(name: &str, wat: &[u8], budget: Budget, (ledger, ring): (u64, u64)) -> Self {
        let outlet = Rc::new(RefCell::new(Outlet::new(ledger, ring).expect("memory").0));
        Self::over(outlet, name, wat, budget)
    }

    /// Loads a module as an agent would, but for the process between parsing and code.
    pub(crate) fn over(outlet: Rc<RefCell<Outlet>>, name: &str, wat: &[u8], budget: Budget) -> Self {
        let module = parse(name, wat, &[]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let code = waspect::engine::engine().expect("engine").precompile_module(module.bytes()).expect("compiles");
        let manifest = module.manifest();
        let (engine, code) = waspect::engine::load(&Artifact { manifest: manifest.clone(), code }).expect("loads");
        let linked = host::link::<I>(&engine, &outlet, manifest, budget).unwrap_or_else(|e| panic!("{name}: {e}"));
        let guest = Guest::new(&engine, &code, linked, manifest).unwrap_or_else(|e| panic!("{name}: {e}"));
        let place = Place { module: "shop.cart".into(), qualname: "Cart.add".into(), file: "/srv/shop/cart.py".into() };
        let (function, _) = outlet.borrow().function(place).unwrap_or_default();
        Self { outlet, guest, function, slots: Slots::default(), start_ticks: 0 }
    }

    /// Fires every probe that is attached to a point, as a call does; a fresh call at each entry.
    pub(crate) fn fire(&mut self, point: u8, tag: Option<&str>, passed: [(i32, Option<I::Obj>); 2], out: Option<I::Obj>) {
        if point == 0 {
            self.slots = Slots::default();
            self.start_ticks = self.outlet.borrow().clock.ticks();
        }
        let firing =
            Firing { point, function: self.function, passed, outcome: out, start_ticks: self.start_ticks };
        for i in 0..self.guest.probes().len() {
            let spec = &self.guest.probes()[i].spec;
            let right = match spec.point {
                Point::Entry => point == 0,
                Point::Exit => point > 0,
                Point::Return => point == 1,
                Point::Raise => point == 2,
            };
            if right && tag.is_none_or(|tag| spec.tag.as_deref() == Some(tag)) {
                self.guest.fire(i, firing, &mut self.slots);
            }
        }
        if point > 0 {
            self.slots = Slots::default();
            self.start_ticks = 0;
        }
    }

    pub(crate) fn enter(&mut self, times: usize) {
        (0..times).for_each(|_| self.fire(0, None, [(-1, None); 2], None));
    }

    /// Everything written, read as an operator would.
    pub(crate) fn reports(&self) -> Vec<Report> {
        let mut drain = Drain::default();
        let reader = Reader::over(self.outlet.borrow().words());
        drain.join(std::process::id(), Start { python: String::new(), pid: 0 }, reader);
        let mut all = Vec::new();
        drain.finish(|report| { all.push(report.clone()); Ok::<_, ()>(()) }).expect("reads");
        assert!(drain.damages().is_empty(), "{:?}", drain.damages().len());
        all.retain(|report| !matches!(report, Report::Function(_) | Report::Start(_)));
        all
    }
}

impl Run<Fake> {
    /// `[Nx] [#tag] entry [{"0": HANDED}]`, `… return VALUE`, `… raise TYPE [MESSAGE]`.
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

/// A module that does nothing but what its body says, with every import a test may want.
pub(crate) fn probe(imports: &str, body: &str) -> String {
    format!("(module {imports} (memory (export \"memory\") 1) (func (export \"fn:shop.cart.*:entry\") {body}))")
}

pub(crate) const SIZES: (u64, u64) = (1 << 20, 1 << 20);

/// The one account of a run.
pub(crate) fn summary(reports: &[Report]) -> waspect::report::Summary {
    reports.iter().find_map(|r| if let Report::Summary(s) = r { Some(s.clone()) } else { None }).expect("a summary")
}
