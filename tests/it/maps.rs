//! Numbers by key: what each aggregation keeps, against arithmetic that is too simple to be wrong.

use proptest::prelude::*;
use waspect::ledger::{Agg, Ledger};
use waspect::limits;
use waspect::maps::{Aggregation, Full};
use waspect::report::{Histogram, Summed};
use waspect::segment::{Reader, Words};
use waspect::value::put;

/// What a segment shows of numbers put under one key.
fn kept(agg: Agg, numbers: &[f64]) -> Summed {
    let words = Words::create(1 << 16, 1 << 12).expect("memory").0;
    let ledger = Ledger::new(words.clone());
    let map = Aggregation::new(&ledger, 0, 0, "a", agg).expect("room");
    numbers.iter().for_each(|x| map.add(&ledger, b"", *x).expect("room"));
    let mut found = Reader::over(words).totals().expect("whole").aggregations;
    assert_eq!(found.len(), 1);
    found.remove(0).value
}

fn histogram(value: Summed) -> Histogram {
    let (Summed::Quantize(h) | Summed::Lquantize(h)) = value else { panic!("not a histogram: {value:?}") };
    h
}

/// The bounds that hold `x`, doubling from 1 upwards and downwards.
fn doubled(x: f64) -> (f64, f64) {
    let end = 2_f64.powi(62);
    if (0.0..1.0).contains(&x) {
        return (0.0, 1.0);
    }
    if (-1.0..0.0).contains(&x) {
        return (-1.0, 0.0);
    }
    let mut power = 1.0;
    while power < end {
        if (power..power * 2.0).contains(&x) {
            return (power, power * 2.0);
        }
        if (-power * 2.0..-power).contains(&x) {
            return (-power * 2.0, -power);
        }
        power *= 2.0;
    }
    if x > 0.0 { (end, f64::INFINITY) } else { (f64::NEG_INFINITY, -end) }
}

fn check_quantize(x: f64) {
    let h = histogram(kept(Agg::Quantize, &[x]));
    let (low, high) = doubled(x);
    assert_eq!((h.count, h.buckets), (1, vec![(low, high, 1)]), "{x}");
}

#[test]
fn powers_of_two_open_their_bucket() {
    for k in 0..70 {
        let power = 2_f64.powi(k);
        for x in [power, power.next_down(), power.next_up(), power * 1.5] {
            check_quantize(x);
            check_quantize(-x);
        }
    }
    [0.0, -0.0, 0.5, -0.5, f64::MIN_POSITIVE, -5e-324, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY]
        .into_iter()
        .for_each(check_quantize);
}

fn check_linear(x: f64, low: f64, high: f64, step: f64) {
    let h = histogram(kept(Agg::Lquantize { low, high, step }, &[x]));
    let [(from, to, 1)] = h.buckets[..] else { panic!("{x}: {:?}", h.buckets) };
    assert!(from <= x && (x < to || to == f64::INFINITY), "{x} in [{from}, {to})");
    if x < low {
        assert_eq!((from, to), (f64::NEG_INFINITY, low));
    } else if x >= high {
        assert_eq!((from, to), (high, f64::INFINITY));
    } else {
        assert!(low <= from && to <= high && to - from <= step * 1.000_001, "[{from}, {to}) of {low},{high},{step}");
    }
}

#[test]
fn linear_borders_are_where_they_are_shown() {
    for (low, high, step) in [(0.0, 1.0, 0.1), (-1.0, 1.0, 0.3), (0.0, 10.0, 1.0), (-2.0, 4.0, 4.0), (0.1, 0.7, 0.2)] {
        for i in -2..15 {
            let border = low + f64::from(i) * step;
            [border.next_down(), border, border.next_up()].into_iter().for_each(|x| check_linear(x, low, high, step));
        }
        [f64::INFINITY, f64::NEG_INFINITY, low, high, high.next_down()]
            .into_iter()
            .for_each(|x| check_linear(x, low, high, step));
    }
}

/// It is no number, so it is in no bucket; count and sum say that it was there.
#[test]
fn nan_shows() {
    for agg in [Agg::Quantize, Agg::Lquantize { low: 0.0, high: 1.0, step: 0.5 }] {
        let h = histogram(kept(agg, &[0.25, f64::NAN]));
        assert_eq!((h.count, h.buckets.len()), (2, 1));
        assert!(h.sum.is_nan());
    }
    assert_eq!(kept(Agg::Min, &[2.0, f64::NAN]), Summed::Min(2.0));
    assert_eq!(kept(Agg::Max, &[f64::NAN, 2.0]), Summed::Max(2.0));
    assert_eq!(kept(Agg::Min, &[f64::INFINITY]), Summed::Min(f64::INFINITY));
}

proptest! {
    #[test]
    fn any_number_has_its_bucket(x in any::<f64>()) {
        if !x.is_nan() {
            check_quantize(x);
        }
    }

    #[test]
    fn any_number_has_its_step(x in -50.0..50.0, low in -40.0..20.0, width in 0.01..20.0, steps in 0.3..90.0) {
        check_linear(x, low, low + width, width / steps);
    }

    #[test]
    fn folds_agree(numbers in proptest::collection::vec(-1e9..1e9, 1..40)) {
        let (count, sum) = (numbers.len() as u64, numbers.iter().sum::<f64>());
        let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert_eq!(kept(Agg::Count, &numbers), Summed::Count(count));
        prop_assert_eq!(kept(Agg::Sum, &numbers), Summed::Sum(sum));
        prop_assert_eq!(kept(Agg::Avg, &numbers), Summed::Avg { count, sum });
        prop_assert_eq!(kept(Agg::Min, &numbers), Summed::Min(least));
        prop_assert_eq!(kept(Agg::Max, &numbers), Summed::Max(most));
        let h = histogram(kept(Agg::Quantize, &numbers));
        prop_assert_eq!((h.count, h.sum, h.buckets.iter().map(|b| b.2).sum::<u64>()), (count, sum, count));
    }
}

/// Fills an aggregation with keys 0, 1, …; how many it took, and that those go on counting.
fn filled(agg: Agg) -> u64 {
    let ledger = Ledger::new(Words::create(8 << 20, 1 << 12).expect("memory").0);
    let map = Aggregation::new(&ledger, 0, 0, "a", agg).expect("room");
    let mut key = Vec::new();
    let mut add = |n: u64| {
        key.clear();
        put::int(&mut key, n.cast_signed());
        map.add(&ledger, &key, 1.0)
    };
    let took = (0..10_000).find(|n| add(*n) == Err(Full)).expect("a bound");
    assert_eq!(add(took), Err(Full));
    assert_eq!(add(0), Ok(()));
    assert_eq!(add(took - 1), Ok(()));
    took
}

#[test]
fn keys_are_bounded_by_number_and_by_bytes() {
    assert_eq!(filled(Agg::Count), limits::MAP_ENTRIES_MAX);
    assert_eq!(filled(Agg::Avg), limits::MAP_ENTRIES_MAX);
    let of_histogram = limits::MAP_BYTES_MAX / (Agg::Quantize.words() as u64 * 8 + 9 + 16);
    assert_eq!(filled(Agg::Quantize), of_histogram);
}
