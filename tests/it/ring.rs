//! The ring and the rates: what was committed comes out whole, over its end and back; a bucket gives one second's worth.
//!
//! In: payloads of every length, times. Out: nothing. Never here: a clock.

use waspect::outlet::Rate;
use waspect::ring::{Head, Kind, Reader, Writer};
use waspect::segment::Words;

const BYTES: u64 = 4_096;

fn head(n: u32, payload: &[u8]) -> Head {
    let payload_bytes = u32::try_from(payload.len()).unwrap();
    Head {
        kind: Kind::Record as u8,
        detail: 2,
        probe: u16::MAX,
        function: n,
        tid: !n,
        mono_ns: u64::from(n) << 33,
        payload_bytes,
        request: !n,
    }
}

/// Bytes that tell their place, none of them 0.
fn payload(n: u32, len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from((n as usize + i) % 251 + 1).unwrap()).collect()
}

#[test]
fn every_length_comes_out_whole_wherever_it_lies() {
    let (words, _fd) = Words::create(BYTES, BYTES).unwrap();
    let (writer, mut reader) = (Writer::new(words.clone()), Reader::new(words));
    let mut read = Vec::new();
    for n in 0..2_000 {
        let sent = payload(n, n as usize % 67);
        assert!(writer.commit(head(n, &sent), &sent), "record {n}");
        assert_eq!(reader.next(&mut read), Ok(Some(head(n, &sent))));
        assert_eq!(read, sent, "record {n}");
        reader.release();
    }
    assert_eq!(reader.next(&mut read), Ok(None));
}

#[test]
fn a_full_ring_takes_nothing_and_loses_nothing() {
    let (words, _fd) = Words::create(BYTES, BYTES).unwrap();
    let (writer, mut reader) = (Writer::new(words.clone()), Reader::new(words));
    let mut read = Vec::new();
    for round in 0..10 {
        let sent = payload(round, 13);
        let taken = (0..1_000).take_while(|_| writer.commit(head(round, &sent), &sent)).count();
        assert_eq!(taken, 4_096 / (4 + 2) / 8);
        for _ in 0..taken {
            assert_eq!(reader.next(&mut read), Ok(Some(head(round, &sent))));
            assert_eq!(read, sent);
        }
        reader.release();
    }
}

/// How many of `asked` events, asked for at even steps from `from_ns` to `to_ns`, a fresh bucket lets through.
fn check(per_second: f64, (from_ns, to_ns): (u64, u64), asked: u64, expected: u64) {
    let rate = Rate::new(per_second);
    let at = |i| from_ns + (to_ns - from_ns) / asked * i;
    let taken = (0..asked).filter(|i| rate.take(at(*i))).count() as u64;
    assert_eq!(taken, expected, "{per_second}/s, {asked} asked");
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_bucket_gives_one_second_at_once_and_then_its_rate() {
    check(5_000.0, (0, 1), 20_000, 5_000);
    check(5_000.0, (7 * SECOND, 8 * SECOND), 20_000, 9_999);
    check(5_000.0, (7 * SECOND, 17 * SECOND), 20_000, 20_000);
    check(7.0, (0, 1), 100, 7);
    check(1.0, (0, 10 * SECOND), 1_000, 10);
    check(0.5, (0, 10 * SECOND), 1_000, 5);
    check(0.0, (0, 100 * SECOND), 1_000, 1);
    check(1e12, (0, 1), 20_000, 20_000);
}
