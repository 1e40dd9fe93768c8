//! Firings, over plain data in place of an interpreter.

use std::rc::Rc;

use criterion::Criterion;
use wasmtime::{Instance, Module, Store};
use waspect::frames::Artifact;
use waspect::guest::Guest;
use waspect::host::{self, Firing, Slots};
use waspect::introspect::fake::{self, Fake, FakeFrame, FakeObj, Ref};
use waspect::limits::Budget;
use waspect::module;
use waspect::outlet::{Outlet, Place};
use waspect::policy::Policy;
use waspect::ring;
use waspect::segment::Words;

const LEDGER_BYTES: u64 = 1 << 20;
const RING_BYTES: u64 = 1 << 20;

const ARG: &str = r#"(import "probe1.get" "arg0" (func $arg (result i64)))"#;
const FIELD: &str = r#"(import "probe1.field" "x" (func $field (param i64)))"#;
const EMIT: &str = r#"(import "probe1" "emit" (func $emit (result i32)))"#;
const ELAPSED: &str = r#"(import "probe1" "elapsed" (func $elapsed (result i64)))"#;
const QUANTIZE: &str = r#"(import "probe1.quantize" "ns" (func $quantize (param i64 f64)))"#;
const STACK: &str = r#"(import "probe1" "stack" (func $stack (param i32 i32) (result i64)))"#;
const NONE: &str = "(i64.const 0xFFF8000000000000)";

pub(crate) fn all(criterion: &mut Criterion) {
    engine_alone(criterion);
    firings(criterion);
    stacks(criterion);
}

/// The floor: an empty function, called as the guest calls it, with nothing of waspect around.
fn engine_alone(criterion: &mut Criterion) {
    let engine = waspect::engine::engine().expect("an engine");
    let empty = wat::parse_str(r#"(module (func (export "f")))"#).expect("a module");
    let module = Module::new(&engine, empty).expect("compiles");
    let mut store = Store::new(&engine, ());
    store.set_fuel(1_000).expect("fuel");
    let instance = Instance::new(&mut store, &module, &[]).expect("instantiates");
    let function = instance.get_typed_func::<(), ()>(&mut store, "f").expect("is there");
    let mut call = || {
        store.set_fuel(1_000).expect("fuel");
        function.call(&mut store, ()).expect("returns");
        store.get_fuel()
    };
    criterion.bench_function("engine alone", |b| b.iter(&mut call));
}

fn firings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fire");
    let latency = format!("(call $quantize {NONE} (f64.convert_i64_s (call $elapsed)))");
    let rows = [
        ("empty", String::new(), String::new()),
        ("predicate", ARG.into(), "(if (i64.eq (call $arg) (i64.const 0)) (then (unreachable)))".into()),
        ("latency", [ELAPSED, QUANTIZE].concat(), latency),
        ("capture", [ARG, FIELD, EMIT].concat(), "(call $field (call $arg)) (drop (call $emit))".into()),
    ];
    for (name, imports, body) in rows {
        let mut run = Run::new(&imports, &body);
        group.bench_function(name, |b| b.iter(|| run.fire()));
    }
    group.finish();
}

/// One call of `stack`, by frames.
fn stacks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stack");
    let frame = FakeFrame { module: "shop.cart".into(), qualname: "Cart.add".into(), line: 42, ..FakeFrame::default() };
    for frames in [1, 8, 64] {
        for _ in 0..frames {
            fake::put_frame(frame.clone());
        }
        let mut run = Run::new(STACK, &format!("(drop (call $stack (i32.const {frames}) (i32.const 1)))"));
        group.bench_function(frames.to_string(), |b| b.iter(|| run.fire()));
    }
    group.finish();
    fake::reset();
}

/// One probe at an entry, handed one int.
pub(crate) struct Run {
    outlet: Rc<Outlet>,
    guest: Guest<Fake>,
    slots: Slots,
    argument: Ref,
    reader: ring::Reader,
    payload: Vec<u8>,
    fired: u32,
}

impl Run {
    pub(crate) fn new(imports: &str, body: &str) -> Self {
        let wat = format!(r#"(module {imports} (func (export "fn:shop.cart.add:entry") {body}))"#);
        let outlet = Outlet::new(LEDGER_BYTES, RING_BYTES).expect("memory").0;
        outlet.set_events_per_second(u64::MAX);
        let outlet = Rc::new(outlet);
        let budget = Budget {
            events_per_second: u64::MAX,
            bytes_per_second: u64::MAX,
            time_share_max: waspect::limits::WHOLE,
            ..Budget::DEFAULT
        };
        let guest = load(&outlet, &wat, budget);
        outlet.function(Place { module: "shop.cart".into(), qualname: "add".into(), file: "shop/cart.py".into() });
        let words: Words = outlet.words();
        let reader = ring::Reader::new(words);
        let argument = fake::put(FakeObj::Int(7));
        Self { outlet, guest, slots: Slots::default(), argument, reader, payload: Vec::new(), fired: 0 }
    }

    pub(crate) fn fire(&mut self) {
        let start_ticks = self.outlet.clock.ticks();
        let passed = [(0, Some(self.argument)), (-1, None)];
        let firing =
            Firing { point: 0, function: 0, passed, outcome: None, start_ticks, invocation: u64::from(self.fired) };
        self.guest.fire(0, firing, &mut self.slots);
        self.fired += 1;
        if self.fired.is_multiple_of(1_000) {
            self.empty_ring();
        }
    }

    fn empty_ring(&mut self) {
        while let Ok(Some(_)) = self.reader.next(&mut self.payload) {}
        self.reader.release();
    }
}

fn load(outlet: &Rc<Outlet>, wat: &str, budget: Budget) -> Guest<Fake> {
    let module = module::parse("bench.wat", wat.as_bytes(), &[]).expect("a probe");
    let code = waspect::engine::engine().expect("an engine").precompile_module(module.bytes()).expect("compiles");
    let artifact = Artifact { manifest: module.manifest().clone(), code };
    let (engine, code) = waspect::engine::load(&artifact).expect("loads");
    let linked = host::link::<Fake>(&engine, outlet, &artifact.manifest, budget, &Policy::default()).expect("links");
    Guest::new(&engine, &code, linked, &artifact.manifest).expect("instantiates")
}
