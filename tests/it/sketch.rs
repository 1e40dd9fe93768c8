//! Sketches against what they stand for: merged as if one had seen all, and never off by more than they say.

use std::collections::HashMap;

use proptest::prelude::*;
use waspect::ledger::{Agg, Ledger, top};
use waspect::maps::Aggregation;
use waspect::report::Summed;
use waspect::segment::{Reader, Words, header};
use waspect::sketch::{Distinct, Moments, TOP_SLOTS};
use waspect::value::put;

fn form(n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    put::int(&mut bytes, n.cast_signed());
    bytes
}

/// What a process's segment shows of these values.
fn kept(agg: Agg, values: &[u64]) -> (Words, Summed) {
    let words = Words::create(1 << 16, 1 << 12).expect("memory").0;
    let ledger = Ledger::new(words.clone());
    let map = Aggregation::new(&ledger, 0, 0, "a", agg).expect("room");
    values.iter().for_each(|n| map.add_value(&ledger, b"", &form(*n)).expect("room"));
    let value = Reader::over(words.clone()).totals().expect("whole").aggregations.remove(0).value;
    (words, value)
}

fn moments(numbers: &[f64]) -> Moments {
    let mut moments = Moments::default();
    numbers.iter().for_each(|x| moments.add(*x));
    moments
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn estimates_are_near_at_every_size() {
    let mut distinct = Distinct::default();
    let mut next = 0;
    for size in [0_u64, 1, 10, 100, 1_000, 3_000, 10_000, 1_000_000] {
        (next..size).for_each(|n| distinct.add(&form(n)));
        next = size;
        let off = (distinct.estimate() as f64 - size as f64).abs();
        assert!(off <= 0.12 * size as f64, "{size}: {}", distinct.estimate());
    }
}

/// A writer that died over a slot hides that slot alone; lengths and registers are claims.
#[test]
fn what_a_segment_says_is_not_trusted() {
    let (words, value) = kept(Agg::Top, &[1, 1, 2]);
    let Summed::Top(found) = value else { panic!("not a top") };
    assert_eq!(found.ranked(), [(&*form(1), 2, 0), (&*form(2), 1, 0)]);
    let end = usize::try_from(words.load(header::LEDGER_USED)).expect("small");
    let slots = end - 1 - TOP_SLOTS * top::SLOT_WORDS;
    let see = || match Reader::over(words.clone()).totals().expect("whole").aggregations.remove(0).value {
        Summed::Top(found) => found.ranked().len(),
        _ => panic!("not a top"),
    };
    words.at(slots).store(3, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(see(), 1);
    words.at(slots).store(4, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(see(), 2);
    for length in [0, 1, 8, 97, u64::MAX] {
        words.at(slots + top::BYTES).store(length, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(see(), 1, "{length}");
    }
}

/// Counters that somebody wrote full stay there, instead of beginning anew or ending the firing.
#[test]
fn full_counters_stay_full() {
    let mut moments = Moments { count: u64::MAX, mean: 1.0, m2: 0.0 };
    moments.add(1.0);
    assert_eq!(moments.count, u64::MAX);
    let words = Words::create(1 << 16, 1 << 12).expect("memory").0;
    let ledger = Ledger::new(words.clone());
    let map = Aggregation::new(&ledger, 0, 0, "a", Agg::Top).expect("room");
    (0..TOP_SLOTS as u64).for_each(|n| map.add_value(&ledger, b"", &form(n)).expect("room"));
    let end = usize::try_from(words.load(header::LEDGER_USED)).expect("small");
    let counts = || (0..TOP_SLOTS).map(|i| end - 1 - (TOP_SLOTS - i) * top::SLOT_WORDS + top::COUNT);
    counts().for_each(|at| words.at(at).store(u64::MAX, std::sync::atomic::Ordering::Relaxed));
    map.add_value(&ledger, b"", &form(u64::MAX)).expect("room");
    assert!(counts().all(|at| words.load(at) == u64::MAX));
}

proptest! {
    #[test]
    fn moments_of_parts_are_those_of_the_whole(
        a in prop::collection::vec(-1e3..1e3_f64, 0..50), b in prop::collection::vec(-1e3..1e3_f64, 0..50),
    ) {
        let (mut ab, mut ba) = (moments(&a), moments(&b));
        ab.merge(&moments(&b));
        ba.merge(&moments(&a));
        let whole = moments(&[a, b].concat());
        prop_assert_eq!(ab, ba);
        prop_assert_eq!(ab.count, whole.count);
        prop_assert!(close(ab.mean, whole.mean) && close(ab.m2, whole.m2), "{:?} {:?}", ab, whole);
    }

    #[test]
    fn registers_of_parts_are_those_of_the_whole(
        a in prop::collection::vec(0..5_000_u64, 1..200), b in prop::collection::vec(0..5_000_u64, 1..200),
    ) {
        let [x, y, whole] = [&a, &b, &[a.clone(), b.clone()].concat()].map(|values| kept(Agg::Uniq, values).1);
        let (Summed::Uniq(mut x), Summed::Uniq(y), Summed::Uniq(whole)) = (x, y, whole) else { panic!("not uniq") };
        x.merge(&y);
        prop_assert_eq!(x, whole);
    }

    /// True counts lie between `count - error` and `count`, over any number of processes in any order.
    #[test]
    fn heavy_hitters_keep_their_word(parts in prop::collection::vec(prop::collection::vec(0..80_u64, 1..300), 1..5)) {
        let merged = |order: &mut dyn Iterator<Item = &Vec<u64>>| {
            let mut sum = None;
            for part in order {
                let Summed::Top(new) = kept(Agg::Top, part).1 else { panic!("not a top") };
                match &mut sum {
                    None => sum = Some(new),
                    Some(sum) => sum.merge(&new),
                }
            }
            sum.expect("one")
        };
        let found = merged(&mut parts.iter());
        prop_assert_eq!(&found, &merged(&mut parts.iter().rev()));
        let mut truth: HashMap<Vec<u8>, u64> = HashMap::new();
        parts.iter().flatten().for_each(|n| *truth.entry(form(*n)).or_default() += 1);
        let total: u64 = truth.values().sum();
        for (value, count, error) in found.ranked() {
            let n = truth.get(value).copied().unwrap_or(0);
            prop_assert!(count - error <= n && n <= count, "{} in {}..={}", n, count - error, count);
            prop_assert!(error <= total / TOP_SLOTS as u64);
        }
    }
}
