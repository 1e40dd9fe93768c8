//! A module fired over plain data as lines of its file say, and what it wrote read back as an operator would.
//!
//! The lines, in order: `frame: {…}` is the running call from here on, `fire: …` fires (see [`Run::fire_line`]), `renew` renews
//! a torn instance as the main thread would, `request: begin|child|end`; of the whole file `loader: {…}`, the call that loads
//! it, `budget: NAME=N`, `policy: TOML; TOML`, `sizes: LEDGER RING`, `show: fuel`. Nothing between the module and the reader is made up but the
//! objects.

use std::rc::Rc;

use serde_json::Value as Json;
use waspect::cli::policy::parse as read;
use waspect::drain::Drain;
use waspect::frames::Artifact;
use waspect::guest::{Guest, GuestError};
use waspect::host::{self, Firing, HIDES, Slots};
use waspect::introspect::Introspect;
use waspect::introspect::fake::{self, Fake, Ref};
use waspect::limits::{Budget, WHOLE};
use waspect::module::{At, parse};
use waspect::outlet::{Outlet, Place};
use waspect::policy::Policy;
use waspect::render::jsonl;
use waspect::report::{Report, Start};
use waspect::request::Opening;
use waspect::segment::Reader;
use waspect::spec::Point;

use crate::plain;

/// Everything that a module's firings wrote, or why it does not load.
pub(crate) fn transcript(name: &str, lines: &[&str], module: &[u8]) -> Vec<String> {
    fake::reset();
    let said = |word: &str| lines.iter().find_map(|line| line.strip_prefix(word)?.strip_prefix(": "));
    let budget = said("budget").map_or(Budget::DEFAULT, lowered);
    let sizes = said("sizes").map_or((1 << 20, 1 << 20), pair);
    said("loader").into_iter().for_each(plain::put_frame);
    let policy =
        said("policy").map_or_else(Policy::default, |text| read(name, &text.replace("; ", "\n")).expect("a policy"));
    let mut run = match Run::<Fake>::load_under(&policy, name, module, budget, sizes) {
        Ok(run) => run,
        Err(error) => return vec![format!("error {error}")],
    };
    fake::reset();
    lines.iter().for_each(|line| run.line(line));
    let shows_fuel = lines.contains(&"show: fuel");
    run.reports().iter().map(|report| shown(report, shows_fuel)).collect()
}

/// A checked module's machine code, made here.
pub(crate) fn compiled(name: &str, wat: &[u8], at: &[At]) -> Artifact {
    let module = parse(name, wat, at).unwrap_or_else(|e| panic!("{name}: {e}"));
    let code = waspect::engine::engine().expect("engine").precompile_module(module.bytes()).expect("compiles");
    Artifact { manifest: module.manifest().clone(), code }
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
    pub(crate) fn load(name: &str, wat: &[u8], budget: Budget, sizes: (u64, u64)) -> Result<Self, GuestError> {
        Self::load_at(name, wat, &[], budget, sizes)
    }

    pub(crate) fn load_under(
        policy: &Policy,
        name: &str,
        wat: &[u8],
        budget: Budget,
        sizes: (u64, u64),
    ) -> Result<Self, GuestError> {
        Self::of(&compiled(name, wat, &[]), policy, budget, sizes)
    }

    /// The same with exports where `at` says.
    pub(crate) fn load_at(
        name: &str,
        wat: &[u8],
        at: &[At],
        budget: Budget,
        sizes: (u64, u64),
    ) -> Result<Self, GuestError> {
        Self::of(&compiled(name, wat, at), &Policy::default(), budget, sizes)
    }

    /// Loads what is compiled already.
    pub(crate) fn of(
        artifact: &Artifact,
        policy: &Policy,
        budget: Budget,
        (ledger, ring): (u64, u64),
    ) -> Result<Self, GuestError> {
        // Without optimisation everything takes more than its share.
        let budget = Budget { time_share_max: WHOLE, ..budget };
        let outlet = Rc::new(Outlet::new(ledger, ring).expect("memory").0);
        let manifest = &artifact.manifest;
        let (engine, code) = waspect::engine::load(artifact).expect("loads");
        let linked = host::link::<I>(&engine, &outlet, manifest, budget, policy)
            .unwrap_or_else(|e| panic!("{}: {e}", manifest.name));
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
            function: if self.hides() { self.function | HIDES } else { self.function },
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

    /// Whether some parameter's name is a secret's, which an agent knows since it attached.
    fn hides(&self) -> bool {
        let hides = |name: &[u8]| self.guest.hides(std::str::from_utf8(name).expect("text"));
        I::here().is_some_and(|f| (0..I::arg_count(f)).any(|i| I::arg_name(f, i, hides).unwrap_or(false)))
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
    fn line(&mut self, line: &str) {
        match line.split_once(": ").unwrap_or((line, "")) {
            ("frame", frame) => plain::put_frame(frame),
            ("renew", _) => self.guest.renew(),
            ("request", "begin") => fake::request(Some(Opening::Fresh)),
            ("request", "child") => fake::request(Some(Opening::Child)),
            ("request", "end") => fake::request(None),
            ("request", what) => panic!("no request `{what}`"),
            ("fire", fire) => self.fire_line(fire),
            _ => {}
        }
    }

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
pub(crate) fn shown(report: &Report, fuel: bool) -> String {
    let mut line = Vec::new();
    jsonl::line(&mut line, report);
    let Json::Object(mut all) = serde_json::from_slice(&line).expect("JSON") else { panic!("not an object") };
    let kind = all.shift_remove("type").expect("type");
    let volatile =
        ["module", "ts_ns", "mono_ns", "pid", "tid", "thread", "task", "request", "fn", "mean_ns", "p99_ns", "sampled"];
    // What says nothing new here: states have lines of their own, and how much was moved is `fuel`'s to show.
    let elsewhere = ["host_bytes", "record_bytes", "share"];
    volatile.iter().chain(&elsewhere).for_each(|name| drop(all.shift_remove(*name)));
    if !fuel {
        all.shift_remove("fuel");
    }
    if kind == "summary" {
        ["state", "reason"].iter().for_each(|name| drop(all.shift_remove(*name)));
    }
    format!("{} {}", kind.as_str().expect("text"), Json::Object(all))
}
