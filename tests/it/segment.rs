//! Shared memory, from its writer to its reader: nothing lost without a count, nothing trusted, nothing of the parent's.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;

use proptest::prelude::*;
use waspect::introspect::fake::{self, Fake};
use waspect::ledger::{Agg, Ledger};
use waspect::limits::Budget;
use waspect::maps::Aggregation;
use waspect::outlet::Rate;
use waspect::render::jsonl;
use waspect::report::{DropKind, Report, Summary, Summed};
use waspect::ring::{Head, Kind, Reader as RingReader, Writer};
use waspect::segment::{Reader, SegmentError, Words, header};

use crate::plain;
use crate::run::Run;

/// One operation on a ring.
#[derive(Clone, Debug)]
enum Op {
    Commit(Vec<u8>),
    Read,
    Release,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let commit = proptest::collection::vec(any::<u8>(), 0..200).prop_map(Op::Commit);
    proptest::collection::vec(prop_oneof![3 => commit, 3 => Just(Op::Read), 1 => Just(Op::Release)], 0..300)
}

fn head(n: usize, payload: &[u8]) -> Head {
    let n = n as u32;
    let payload_bytes = payload.len() as u32;
    let (kind, detail, probe) = (Kind::Record as u8, n as u8, n as u16);
    Head { kind, detail, probe, function: n, tid: !n, mono_ns: u64::from(n) << 20, payload_bytes, request: !n }
}

proptest! {
    /// Against a queue, over a ring that wraps every few records.
    #[test]
    fn a_ring_is_a_bounded_queue(ops in ops()) {
        const RING_WORDS: usize = 64;
        let words = Words::create(512, RING_WORDS as u64 * 8).expect("memory").0;
        let (writer, mut reader) = (Writer::new(words.clone()), RingReader::new(words));
        let (mut queue, mut used, mut read, mut payload) = (VecDeque::new(), 0, 0, Vec::new());
        let size = |payload: &[u8]| 4 + payload.len().div_ceil(8);
        for (n, op) in ops.into_iter().enumerate() {
            match op {
                Op::Commit(bytes) => {
                    let fits = used + size(&bytes) <= RING_WORDS;
                    prop_assert_eq!(writer.commit(head(n, &bytes), &bytes), fits);
                    if fits {
                        used += size(&bytes);
                        queue.push_back((head(n, &bytes), bytes));
                    }
                }
                Op::Read => {
                    let found = reader.next(&mut payload).expect("whole").map(|head| (head, payload.clone()));
                    let expected = queue.pop_front();
                    read += expected.as_ref().map_or(0, |(_, bytes)| size(bytes));
                    prop_assert_eq!(found, expected);
                }
                Op::Release => {
                    reader.release();
                    used -= std::mem::take(&mut read);
                }
            }
        }
    }
}

/// Writes of everything there is: records, a log, a fault, a status, aggregations of each kind, a state.
const BUSY: &str = r#"(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.get" "$thread" (func $thread (result i64)))
  (import "probe1.field" "arg0" (func $field (param i64)))
  (import "probe1.field" "thread" (func $field_t (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "probe1.count" "count" (func $count (param i64)))
  (import "probe1.sum" "sum" (func $sum (param i64 f64)))
  (import "probe1.min" "min" (func $min (param i64 f64)))
  (import "probe1.max" "max" (func $max (param i64 f64)))
  (import "probe1.avg" "avg" (func $avg (param i64 f64)))
  (import "probe1.quantize" "quantize" (func $quantize (param i64 f64)))
  (import "probe1.lquantize" "lquantize,0,10,1" (func $lquantize (param i64 f64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "a line")
  (func (export "fn:shop.cart.*:entry#busy") (local $v i64)
    (local.set $v (call $arg0))
    (call $field (local.get $v)) (call $field_t (call $thread)) (drop (call $emit))
    (drop (call $log (i32.const 3) (i32.const 0) (i32.const 6)))
    (call $count (local.get $v)) (call $sum (local.get $v) (f64.const 1.5)) (call $min (local.get $v) (f64.const 2))
    (call $max (local.get $v) (f64.const 3)) (call $avg (local.get $v) (f64.const 4))
    (call $quantize (local.get $v) (f64.const 5)) (call $lquantize (local.get $v) (f64.const 6)))
  (func (export "fn:shop.cart.*:entry#faulty") (unreachable))
  (func (export "fn:shop.cart.*:entry#status") (result i32) (i32.const -1)))"#;

/// Only emits.
const EMITS: &str = r#"(module
  (import "probe1" "emit" (func $emit (result i32)))
  (func (export "fn:shop.cart.*:entry") (drop (call $emit))))"#;

fn busy(ring: u64) -> Run<Fake> {
    fake::reset();
    plain::put_frame(r#"{"args":["key"]}"#);
    Run::new("busy.wat", BUSY.as_bytes(), Budget::DEFAULT, (1 << 16, ring))
}

fn account(reader: &mut Reader, probe: &str) -> Summary {
    let accounts = reader.totals().expect("whole").accounts;
    accounts.iter().find(|a| a.probe == probe).expect("a probe").summary(|_| 0)
}

fn dropped(summary: &Summary, why: DropKind) -> u64 {
    summary.drops.iter().find(|(kind, _)| *kind == why).map_or(0, |(_, n)| *n)
}

#[test]
fn committed_is_delivered_and_the_rest_is_counted() {
    fake::reset();
    let mut run = Run::<Fake>::new("emits.wat", EMITS.as_bytes(), Budget::DEFAULT, (1 << 16, 1 << 10));
    let mut reader = Reader::over(run.outlet.words());
    let (mut delivered, mut reports) = (0, Vec::new());
    for round in 0..50 {
        run.enter(round);
        delivered += reader.drain(&mut |report| reports.push(report)).expect("whole") as u64;
    }
    let summary = account(&mut reader, "fn:shop.cart.*:entry");
    assert_eq!(reports.iter().filter(|r| matches!(r, Report::Record(_))).count() as u64, delivered);
    assert_eq!(summary.firings, (0..50).sum::<usize>() as u64);
    assert_eq!(summary.records, delivered);
    assert_eq!(summary.firings, delivered + dropped(&summary, DropKind::RingFull));
    assert!(delivered > 500 && summary.firings > delivered, "{delivered}");
}

/// A reader of a full ring gives room back on the way, and ends although the writer goes on.
#[test]
fn what_is_written_while_it_is_read_is_left_to_the_next_call() {
    fake::reset();
    let mut run = Run::<Fake>::new("emits.wat", EMITS.as_bytes(), Budget::DEFAULT, (1 << 16, 1 << 17));
    let full = |run: &Run<Fake>| {
        let summary = account(&mut Reader::over(run.outlet.words()), "fn:shop.cart.*:entry");
        dropped(&summary, DropKind::RingFull)
    };
    while full(&run) == 0 {
        run.enter(100);
    }
    let (lost, mut written, mut told) = (full(&run), 0, 0);
    let mut reader = Reader::over(run.outlet.words());
    let mut tell = |report: Report| {
        told += u64::from(matches!(report, Report::Record(_)));
        // Room for as many as were read before the last time that it was given back.
        if told > 600 && written < 100 {
            run.enter(1);
            written += 1;
        }
    };
    let many = reader.drain(&mut tell).expect("whole") as u64;
    assert_eq!((many, written, full(&run)), (told, 100, lost));
    assert_eq!(reader.drain(&mut drop).expect("whole"), 100);
}

#[test]
fn a_record_larger_than_the_ring_is_counted() {
    fake::reset();
    plain::put_frame(r#"{"args":[{"$repeat":["x",1000]}]}"#);
    let mut run = Run::<Fake>::new("busy.wat", BUSY.as_bytes(), Budget::DEFAULT, (1 << 16, 1 << 9));
    run.enter(3);
    let mut reader = Reader::over(run.outlet.words());
    let mut reports = Vec::new();
    reader.drain(&mut |report| reports.push(report)).expect("whole");
    let summary = account(&mut reader, "busy");
    assert_eq!((summary.records, dropped(&summary, DropKind::RingFull)), (0, 3));
}

#[test]
fn rates_drop_exactly_what_they_do_not_let_through() {
    fake::reset();
    let budget = Budget { events_per_second: 50, ..Budget::DEFAULT };
    let start = std::time::Instant::now();
    let mut run = Run::<Fake>::new("emits.wat", EMITS.as_bytes(), budget, (1 << 16, 1 << 20));
    run.enter(1_000);
    let most = 51 + (start.elapsed().as_secs_f64() * 50.0) as u64;
    let summary = account(&mut Reader::over(run.outlet.words()), "fn:shop.cart.*:entry");
    assert_eq!(summary.records + dropped(&summary, DropKind::Rate), 1_000);
    assert!((50..=most).contains(&summary.records), "{} of {most}", summary.records);
}

#[test]
fn a_bucket_holds_one_second() {
    let second = 1_000_000_000;
    let rate = Rate::new(10.0);
    let take = |n: usize, at: u64| (0..n).filter(|_| rate.take(at)).count();
    assert_eq!(take(20, 5 * second), 10);
    assert_eq!(take(20, 5 * second + second / 2), 5);
    assert_eq!(take(20, 5 * second + second / 2), 0);
    assert_eq!(take(20, 5 * second), 0, "a clock that goes back gives nothing");
    assert_eq!(take(50, 60 * second), 10);
    let slow = Rate::new(0.5);
    assert!(slow.take(second) && !slow.take(2 * second) && slow.take(3 * second));
}

/// A forked child: the same places in a segment of its own.
#[test]
fn a_child_inherits_places_and_no_counts() {
    let mut run = busy(1 << 16);
    run.enter(4);
    let parent = run.outlet.words();
    let fd = run.outlet.inherit().expect("memory");
    let mut child = Reader::map(&fd).expect("a segment");
    let (mut before, mut reports) = (Reader::over(parent.clone()).totals().expect("whole"), Vec::new());
    assert_eq!(child.drain(&mut |report| reports.push(report)).expect("whole"), 0);
    assert_eq!(reports, [], "states of the parent are its own");
    let fresh = child.totals().expect("whole");
    assert_eq!(fresh.aggregations, []);
    for account in &fresh.accounts {
        let (counts, faults) = (account.firings + account.fuel + account.records, account.faults.iter().sum::<u64>());
        assert_eq!((counts, faults, account.drops.iter().sum::<u64>(), account.timed), (0, 0, 0, 0));
    }
    assert_eq!(fresh.accounts.len(), before.accounts.len());

    run.enter(2);
    assert_eq!(Reader::over(parent).totals().expect("whole"), before, "the parent's stay as they were");
    child.drain(&mut |report| reports.push(report)).expect("whole");
    let names: Vec<_> = reports.iter().filter_map(|r| if let Report::Record(r) = r { Some(r) } else { None }).collect();
    assert_eq!(names.len(), 2);
    assert_eq!((&*names[0].function, names[0].thread.as_deref()), ("shop.cart.Cart.add", Some("MainThread")));
    assert_eq!(&*names[0].fields[0].0, "arg0");
    let mut now = child.totals().expect("whole");
    assert!(now.aggregations.iter().all(|a| !matches!(a.value, Summed::Count(n) if n != 2)));
    now.aggregations.iter_mut().chain(&mut before.aggregations).for_each(|a| a.value = Summed::Count(0));
    assert_eq!(now.aggregations, before.aggregations, "the same keys");
}

/// A sum of zero that was added is shown, one that was only inherited is not.
#[test]
fn an_untouched_key_is_not_shown() {
    for agg in [Agg::Count, Agg::Sum, Agg::Min, Agg::Max, Agg::Avg, Agg::Quantize] {
        let parent = Words::create(1 << 14, 1 << 10).expect("memory").0;
        let ledger = Ledger::new(parent.clone());
        let map = Aggregation::new(&ledger, 0, 0, "a", agg).expect("room");
        map.add(&ledger, b"", 0.0).expect("room");
        let shown = |words: &Words| Reader::over(words.clone()).totals().expect("whole").aggregations.len();
        let words = Words::create(1 << 14, 1 << 10).expect("memory").0;
        ledger.move_to(words.clone(), |_| Some(agg));
        assert_eq!((shown(&parent), shown(&words)), (1, 0), "{agg:?}");
        map.add(&ledger, b"", 0.0).expect("room");
        assert_eq!((shown(&parent), shown(&words)), (1, 1), "{agg:?}");
    }
}

/// Reads as an operator would; whatever the words say, this ends.
fn read_everything(reader: &mut Reader) {
    let mut reports = Vec::new();
    let _drained = reader.drain(&mut |report| reports.push(report));
    if let Ok(totals) = reader.totals() {
        reports.extend(totals.aggregations.into_iter().map(Report::Aggregation));
        reports.extend(totals.functions.into_iter().map(Report::Function));
        reports.extend(totals.accounts.iter().map(|a| Report::Summary(a.summary(|_| 0))));
    }
    reports.iter().for_each(|report| jsonl::line(&mut Vec::new(), report));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    /// Words become others before the reading, or between two readings.
    #[test]
    fn damaged_words_never_panic(
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..4, any::<u64>()), 1..12),
        early in any::<bool>(),
    ) {
        let mut run = busy(1 << 11);
        run.enter(3);
        let words = run.outlet.words();
        let mut reader = Reader::over(words.clone());
        if early {
            read_everything(&mut reader);
            run.enter(3);
        }
        let used = words.load(header::LEDGER_USED) as usize;
        let ring = words.ring_start();
        for (at, region, value) in damage {
            let (start, end) = [(0, header::WORDS), (header::WORDS, used), (ring, words.len()), (0, words.len())][region];
            let word = words.at(start + at.index(end - start));
            let small = if value % 3 == 0 { value } else { word.load(Relaxed) ^ 1 << (value % 64) };
            word.store(if value % 7 == 0 { value >> 40 } else { small }, Relaxed);
        }
        read_everything(&mut reader);
        read_everything(&mut Reader::over(words));
    }
}

/// What was checked when it was read is not asked again: an aggregation cannot grow behind its reader's back.
#[test]
fn a_kind_that_changes_reads_nothing_more() {
    let words = Words::create(1 << 8, 1 << 6).expect("memory").0;
    let ledger = Ledger::new(words.clone());
    let map = Aggregation::new(&ledger, 0, 0, "a", Agg::Count).expect("room");
    map.add(&ledger, b"", 1.0).expect("room");
    let mut reader = Reader::over(words.clone());
    assert_eq!(reader.totals().expect("whole").aggregations.len(), 1);
    let counters = header::WORDS + 1;
    for (i, word) in [6, 0.0_f64.to_bits(), 1e9_f64.to_bits(), 1.0_f64.to_bits()].into_iter().enumerate() {
        words.at(counters + 1 + i).store(word, Relaxed);
    }
    assert_eq!(reader.totals().expect("whole").aggregations, []);
}

#[test]
fn foreign_segments_are_refused() {
    let (words, fd) = Words::create(1 << 12, 1 << 12).expect("memory");
    assert!(Words::open(&fd).is_ok());
    for (word, value) in [
        (header::MAGIC, 7),
        (header::RING_WORDS, 0),
        (header::RING_WORDS, 511),
        (header::RING_WORDS, 1024),
        (header::RING_WORDS, u64::MAX),
        (header::LEDGER_WORDS, u64::MAX),
        (header::LEDGER_WORDS, 0),
    ] {
        let old = words.load(word);
        words.at(word).store(value, Relaxed);
        assert!(matches!(Words::open(&fd), Err(SegmentError::Foreign(_))), "word {word} = {value}");
        words.at(word).store(old, Relaxed);
    }
    let file = std::fs::File::open("/dev/null").expect("opens");
    assert!(matches!(Words::open(&file.into()), Err(SegmentError::Foreign(_))));
}

/// Of bytes a second's worth is there, and once more where nothing was taken for a second; every record is one or the other.
#[test]
fn bytes_drop_exactly_what_they_do_not_let_through() {
    fake::reset();
    let budget = Budget { bytes_per_second: 32 * 50, events_per_second: u64::MAX, ..Budget::DEFAULT };
    let start = std::time::Instant::now();
    let mut run = Run::<Fake>::new("emits.wat", EMITS.as_bytes(), budget, (1 << 16, 1 << 20));
    run.enter(1_000);
    let most = 101 + (start.elapsed().as_secs_f64() * 50.0) as u64;
    let summary = account(&mut Reader::over(run.outlet.words()), "fn:shop.cart.*:entry");
    assert_eq!(summary.records + dropped(&summary, DropKind::ByteRate), 1_000);
    assert_eq!(summary.record_bytes, summary.records * 32);
    assert!((100..=most).contains(&summary.records), "{} of {most}", summary.records);
}
