//! The segment from both ends: records through the ring, numbers by key, and what is read made into lines.

use std::rc::Rc;

use criterion::{BatchSize, Criterion, Throughput};
use waspect::ledger::Agg;
use waspect::limits::Budget;
use waspect::outlet::{Account, Aggregation, Outlet, Place, Record};
use waspect::render::jsonl;
use waspect::segment::Reader;
use waspect::value::put;

const BYTES: u64 = 1 << 20;
const RECORDS: usize = 5_000;
const KEYS: i64 = 1_000;

pub(crate) fn all(criterion: &mut Criterion) {
    commit(criterion);
    drain(criterion);
    aggregate(criterion);
}

fn outlet() -> (Outlet, Rc<Account>) {
    let outlet = Outlet::new(BYTES, BYTES).expect("memory").0;
    outlet.set_events_per_second(u64::MAX);
    outlet.set_bytes_per_second(u64::MAX);
    outlet.module("bench.wasm");
    let budget = Budget { events_per_second: u64::MAX, bytes_per_second: u64::MAX, ..Budget::DEFAULT };
    let account = outlet.probe(0, "bench", &budget).expect("room");
    outlet.function(Place { module: "shop.cart".into(), qualname: "add".into(), file: "shop/cart.py".into() });
    (outlet, Rc::new(account))
}

/// An int and a short str under their names.
fn fields(outlet: &Outlet) -> Vec<u8> {
    let mut fields = Vec::new();
    fields.extend_from_slice(&outlet.name("n").to_le_bytes());
    put::int(&mut fields, 7);
    fields.extend_from_slice(&outlet.name("who").to_le_bytes());
    put::str(&mut fields, "hello world!");
    fields
}

fn write(outlet: &Outlet, account: &Rc<Account>, fields: &[u8], count: usize) {
    let record = Record { account, function: 0, tid: 1, point: 0, request: 0, fields };
    (0..count).for_each(|_| assert!(outlet.record(&record), "the ring is full"));
}

fn commit(criterion: &mut Criterion) {
    let (outlet, account) = outlet();
    let fields = fields(&outlet);
    let mut reader = Reader::over(outlet.words());
    let mut group = criterion.benchmark_group("ring");
    group.throughput(Throughput::Elements(RECORDS as u64));
    let mut empty = || {
        reader.drain(&mut drop).expect("whole records");
    };
    let writing = |()| write(&outlet, &account, &fields, RECORDS);
    group.bench_function("commit", |b| b.iter_batched(&mut empty, writing, BatchSize::PerIteration));
    group.finish();
}

fn drain(criterion: &mut Criterion) {
    let (outlet, account) = outlet();
    let fields = fields(&outlet);
    let mut reader = Reader::over(outlet.words());
    let mut group = criterion.benchmark_group("drain");
    group.throughput(Throughput::Elements(RECORDS as u64));
    let mut lines = Vec::new();
    let fill = || write(&outlet, &account, &fields, RECORDS);
    let mut to_lines = |()| {
        lines.clear();
        reader.drain(&mut |report| jsonl::line(&mut lines, &report)).expect("whole records");
    };
    group.bench_function("jsonl", |b| b.iter_batched(fill, &mut to_lines, BatchSize::PerIteration));
    group.finish();
}

fn aggregate(criterion: &mut Criterion) {
    let (outlet, _) = outlet();
    let mut group = criterion.benchmark_group("aggregate");
    let keys: Vec<Vec<u8>> = (0..KEYS).map(key).collect();
    let made = |name: &str, agg| -> Rc<Aggregation> { outlet.aggregation(0, name, agg).expect("room") };
    let (count, quantize) = (made("n", Agg::Count), made("ns", Agg::Quantize));
    let add = |to: &Aggregation, key: &[u8]| to.add(&outlet.ledger, key, 1_000.0).expect("room");
    group.bench_function("count, one key", |b| b.iter(|| add(&count, &keys[0])));
    group.bench_function("quantize, one key", |b| b.iter(|| add(&quantize, &keys[0])));
    let mut turn = keys.iter().cycle();
    group.bench_function("count, 1000 keys", |b| b.iter(|| turn.next().map(|key| add(&count, key))));
    group.finish();
}

fn key(n: i64) -> Vec<u8> {
    let mut key = Vec::new();
    put::int(&mut key, n);
    key
}
