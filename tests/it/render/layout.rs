//! What people see: widths, colours, characters, units, and that JSON has the same numbers.

use std::time::Duration;

use serde_json::Value as Json;
use waspect::render::live::{Live, Look};
use waspect::render::text::Unit;
use waspect::render::{Ascii, Picture, Renderer, Terminal};
use waspect::report::{Aggregation, Report};

use super::reports::{a_session, keys, many_histograms, record, text};
use super::{check, compare, jsonl, tell, terminal};

/// Tables and histograms of keys at several widths: in one column or several, names shortened where room is short.
#[test]
fn keyed() {
    check("keyed", 80, &keys());
    for width in [40, 120, 180] {
        compare(&format!("tests/render/keyed_{width}.txt"), &terminal(width, &keys()));
    }
}

#[test]
fn many_histograms_are_limited() {
    check("many_histograms", 110, &many_histograms());
}

/// No character that a terminal of ASCII lacks, and all columns where they were.
#[test]
fn ascii() {
    let mut out = Vec::new();
    tell(&mut Terminal::new(Ascii::new(anstream::StripStream::new(&mut out)), 120), &keys());
    let text = String::from_utf8(out).unwrap();
    assert!(text.is_ascii());
    compare("tests/render/keyed_ascii.txt", &text);
}

/// The same text in colour, `␛` for what begins a style.
#[test]
fn coloured() {
    let mut out = Vec::new();
    tell(&mut Terminal::new(&mut out, 120), &keys());
    let text = String::from_utf8(out).unwrap();
    assert_eq!(anstream::adapter::strip_str(&text).to_string(), terminal(120, &keys()));
    compare("tests/render/keyed_colour.txt", &text.replace('\x1b', "␛"));
}

/// Lines are no longer than the terminal is wide, where it is not too narrow for the numbers alone.
#[test]
fn widths() {
    for width in 48..200 {
        let text = terminal(width, &keys());
        let long = text.lines().find(|line| waspect::render::width::of(line) > width);
        assert_eq!(long, None, "at {width}");
    }
}

/// What stands under a histogram can be had from its line of JSON.
#[test]
fn estimates() {
    let (text, mut seen) = (terminal(400, &keys()), 0);
    for line in jsonl(&keys()).lines() {
        let line: Json = serde_json::from_str(line).unwrap();
        let Some(buckets) = line["value"]["buckets"].as_array() else { continue };
        let unit = Unit::of(line["name"].as_str().unwrap());
        let (count, sum) = (line["value"]["count"].as_f64().unwrap(), line["value"]["sum"].as_f64().unwrap());
        let p = |p| percentile(buckets, count * p, unit);
        let mean = unit.brief(sum / count);
        let wanted = format!("count {count}, mean {mean}, p50 {}, p90 {}, p99 {}", p(0.5), p(0.9), p(0.99));
        assert!(text.contains(&wanted), "{wanted}\n{text}");
        seen += 1;
    }
    assert!(seen > 4);
}

/// As docs/OUTPUT.md says it.
fn percentile(buckets: &[Json], wanted: f64, unit: Unit) -> String {
    let mut below = 0.0;
    for bucket in buckets {
        let n = bucket[2].as_f64().unwrap();
        if below + n >= wanted {
            return match (bucket[0].as_f64(), bucket[1].as_f64()) {
                (Some(low), Some(high)) => format!("~{}", unit.brief(low + (high - low) * (wanted - below) / n)),
                (Some(low), None) => format!("≥{}", unit.brief(low)),
                (_, high) => format!("<{}", unit.brief(high.unwrap())),
            };
        }
        below += n;
    }
    panic!("no bucket")
}

/// What was counted so far, between other lines.
#[test]
fn pictures() {
    let aggregations = aggregations(&a_session());
    let mut out = Vec::new();
    let mut terminal = Terminal::new(anstream::StripStream::new(&mut out), 80);
    terminal.picture(&picture(1, &[])).unwrap();
    terminal.picture(&picture(2, &aggregations)).unwrap();
    terminal.report(&record(&[("user", text("ada"))])).unwrap();
    terminal.picture(&picture(61, &aggregations[..1])).unwrap();
    compare("tests/render/pictures.txt", &String::from_utf8(out).unwrap());
}

/// Units by name, and numbers in them.
#[test]
fn units() {
    let show = |name: &str, x: f64| Unit::of(name).show(x);
    for (name, x, shown) in [
        ("wait_ns", 1500.0, "1.5µs"),
        ("wait_us", 1500.0, "1.5ms"),
        ("wait_ms", 0.25, "250µs"),
        ("wait_s", 90.0, "1m30s"),
        ("uptime.seconds", 2.0, "2s"),
        ("lat", 999.0, "999ns"),
        ("page_size", 4096.0, "4KiB"),
        ("s", 5.0, "5"),
        ("us", 5.0, "5µs"),
        ("users", 1234567.0, "1234567"),
    ] {
        assert_eq!(show(name, x), shown, "{name}");
    }
    let bounds = |powers, all: &[f64]| all.iter().map(|x| Unit::Plain.bound(*x, powers)).collect::<Vec<_>>().join(" ");
    let powers = bounds(true, &[-2048.0, 0.0, 0.5, 512.0, 1024.0, 65536.0, 1048576.0]);
    assert_eq!(powers, "-2Ki 0 0.5 512 1Ki 64Ki 1Mi");
    let linear = bounds(false, &[-0.25, 999.0, 1000.0, 1234.0, 1500.0, 12500.0, 2e6, f64::INFINITY]);
    assert_eq!(linear, "-0.25 999 1k 1234 1.5k 12.5k 2M ∞");
    let brief = [0.5, 999.6, 12_345.0, 999_700.0, 5e12].map(|x| Unit::Plain.brief(x));
    assert_eq!(brief, ["0.5", "1k", "12.3k", "1M", "5T"]);
}

/// Drawn in place: what a terminal makes of it is tested in tests/python/test_live.py, here are the bytes.
#[test]
fn live() {
    let mut out = Vec::new();
    let aggregations = aggregations(&a_session());
    let mut sizes = vec![Some((60, 30)), Some((60, 7)), None, Some((60, 12)), Some((60, 12))];
    sizes.extend([Some((60, 24)); 3]);
    let sizes = std::cell::RefCell::new(sizes);
    let size = move || sizes.borrow_mut().pop().unwrap_or_default();
    let mut live = Live::new(&mut out, 60, Box::new(size), Look { styled: false, ascii: false });
    live.picture(&picture(1, &aggregations[..1])).unwrap();
    live.picture(&picture(2, &aggregations[..1])).unwrap();
    assert!(!live.is_stale());
    live.report(&record(&[("user", text("ada"))])).unwrap();
    live.flush().unwrap();
    assert!(live.is_stale());
    live.picture(&picture(3, &aggregations)).unwrap();
    live.picture(&picture(4, &aggregations)).unwrap();
    live.picture(&picture(5, &aggregations)).unwrap();
    live.picture(&picture(6, &[])).unwrap();
    live.finish().unwrap();
    drop(live);
    compare(
        "tests/render/live.txt",
        &String::from_utf8(out).unwrap().replace('\x1b', "␛").replace("␛[?2026h", "\n␛[?2026h"),
    );
}

pub(super) fn picture(seconds: u64, aggregations: &[Aggregation]) -> Picture<'_> {
    let ts_ns = 1_774_000_123_456_789_012 + i64::try_from(seconds).unwrap() * 1_000_000_000;
    Picture { ts_ns, after: Duration::from_secs(seconds), aggregations }
}

fn aggregations(all: &[Report]) -> Vec<Aggregation> {
    let of = |report: &Report| match report {
        Report::Aggregation(a) => Some(a.clone()),
        _ => None,
    };
    all.iter().filter_map(of).collect()
}
