//! Made-up records as spans: each case in every format that shows spans, read back by that format's own rules.
//!
//! In: a line for each record: process, thread or `thread:task`, point, function, time, fields. Out: a line for each thing
//! shown: track, function, from..to, how it ended; `*` is an instant. Never here: a reader that shares code with a writer.

use super::formats;
use super::reports::a_record;
use waspect::report::{DropKind, Exits, Function, Phase, Report, Start, State, Summary};
use waspect::spec::Point;
use waspect::value::Value;

/// Times are from here on: a machine that is up for a while, to the nanosecond.
pub(super) const ZERO_NS: i64 = 88_123_456_789;

/// What is meant, the records, what is shown.
#[rustfmt::skip]
const CASES: &[(&str, &str, &str)] = &[
    ("calls nest, and an exception is an end", "
        1 main entry f 10
        1 main entry g 20
        1 main raise g 30
        1 main return f 40
    ", "
        main f 10..40 return
        main g 20..30 raise
    "),
    ("recursion is paired from within", "
        1 main entry f 10
        1 main entry f 20
        1 main entry f 30
        1 main return f 40
        1 main return f 50
        1 main raise f 60
    ", "
        main f 10..60 raise
        main f 20..50 return
        main f 30..40 return
    "),
    ("tasks interleave on one thread, threads and processes beside each other", "
        1 main:a entry f 10
        1 main:b entry f 20
        1 w-1 entry f 25
        2 main entry f 27
        1 main:a return f 30
        2 main return f 33
        1 w-1 return f 35
        1 main:b raise f 40
    ", "
        a (main) f 10..30 return
        b (main) f 20..40 raise
        main f 27..33 return
        w-1 f 25..35 return
    "),
    ("what had not ended is said to be open", "
        1 main entry f 10
        1 main entry g 20
        1 main return g 30
        1 main entry g 40
    ", "
        main f 10..40 open
        main g 20..30 return
        main g 40..40 open
    "),
    ("a lost exit ends with the call around it", "
        1 main entry f 10
        1 main entry g 20
        1 main return g 25
        1 main entry g 30
        1 main return f 50
    ", "
        main f 10..50 return
        main g 20..25 return
        main g 30..50 lost
    "),
    ("a lost entry leaves an instant, or the span that `elapsed` says", "
        1 main return g 5
        1 main entry f 10
        1 main return g 20
        1 main return h 30 elapsed=15
        1 main return f 40
    ", "
        main f 10..40 return
        main g 20 *
        main g 5 *
        main h 15..30 return alone
    "),
    ("a lost entry ends what was inside", "
        1 main return g 1
        1 main entry f 10
        1 main entry g 20
        1 main raise h 30 elapsed=15
        1 main return f 40
    ", "
        main f 10..40 return
        main g 1 *
        main g 20..30 lost
        main h 15..30 raise alone
    "),
    ("exits with `elapsed` alone", "
        1 main return g 30 elapsed=10
        1 main return f 40 elapsed=35
        1 main return f 90 elapsed=35
    ", "
        main f 5..40 return alone
        main f 55..90 return alone
        main g 20..30 return alone
    "),
    ("a generator outlives its caller and comes to an instant", "
        1 main return gen 1
        1 main entry f 10
        1 main entry gen 20
        1 main return f 30
        1 main return gen 50 elapsed=30
    ", "
        main f 10..30 return
        main gen 1 *
        main gen 20..30 lost
        main gen 50 *
    "),
    ("entries are instants where no exit was ever told", "
        1 main return g 5
        1 main entry g 8
        1 main entry only 10
        1 main entry only 20
        1 main return g 40
        1 main entry only 50
    ", "
        main only 10 *
        main only 20 *
        main only 50 *
        main g 5 *
        main g 8..40 return
    "),
    ("two probes, or two captures, tell of one call", "
        1 main entry f 10 a=1
        1 main entry f 11 probe=other a=2
        1 main entry f 12 b=3
        1 main entry f 20 a=1
        1 main entry f 21 probe=other a=2
        1 main return f 30 a=1
        1 main return f 31 probe=other a=2
        1 main return f 40 a=1
        1 main return f 41 probe=other a=2
    ", "
        main f 10..40 return
        main f 20..30 return
    "),
    ("held back records have a track of their own", "
        1 main entry f 100
        1 main entry g 50
        1 main return g 60
        1 main entry g 40
        1 main return f 110
    ", "
        - g 40 *
        main f 100..110 return
        main, held back g 50..60 return
    "),
    ("points without a function are instants", "
        1 main tick - 10
        1 main entry f 20
        1 main return f 30
    ", "
        main f 20..30 return
        main p 10 *
    "),
];

#[test]
fn spans() {
    for (name, records, wanted) in CASES {
        check(name, &session(records), wanted);
    }
}

/// No more tracks than a viewer can show: later tasks share lanes, one after the other.
#[test]
fn more_tasks_than_tracks() {
    let mut records = String::new();
    for i in 0..1_100 {
        records += &format!("1 main:t{i} entry f {}\n", i * 10);
        if i != 1_050 {
            records += &format!("1 main:t{i} return f {}\n", i * 10 + 5);
        }
    }
    records += "1 main:t1050 return f 20000\n";
    let found = formats::chrome(&render(&session(&records), formats::Format::Chrome)).lines;
    assert_eq!(found.len(), 1_100);
    let of = |name: &str| found.iter().filter(|line| line.starts_with(name)).count();
    assert_eq!((of("lane 1 "), of("lane 2 "), of("lane 3 ")), (51, 49, 0));
    check_formats("more tasks than tracks", &session(&records), &found);
}

/// Deeper than any Python stack is only what lost its exits.
#[test]
fn deeper_than_is_kept() {
    let mut records = "1 main return g 1\n".to_owned();
    (0..3_000).for_each(|i| records += &format!("1 main entry {} {}\n", if i % 2 == 0 { "f" } else { "g" }, 10 + i));
    let found = formats::chrome(&render(&session(&records), formats::Format::Chrome)).lines;
    let of = |end: &str| found.iter().filter(|line| line.ends_with(end)).count();
    // Of `f` no exit was ever told, which is known once 2048 calls are given up: instants from then on.
    assert_eq!((of("f 10 *"), of(" lost"), of(" open")), (1, 1_024, 476));
    assert_eq!(found.len(), 3_001);
}

/// What is not in a trace is said in it.
#[test]
fn counts() {
    let mut all =
        session("1 main return g 5\n1 main entry g 6\n1 main entry f 10\n1 main return f 20\n1 main entry f 30");
    all.push(Report::Summary(Summary {
        drops: vec![(DropKind::RingFull, 120), (DropKind::Rate, 7)],
        ..Summary::default()
    }));
    for format in [formats::Format::Chrome, formats::Format::Perfetto] {
        let counts = formats::read(format, &render(&all, format)).counts;
        let of = |name: &str| counts.iter().find(|(n, _)| n == name).map(|(_, n)| *n);
        let found = ["spans", "instants", "without_entry", "open", "dropped"].map(of);
        assert_eq!(found, [Some(1), Some(1), Some(1), Some(2), Some(127)], "{format:?}");
    }
    let title = formats::speedscope(&render(&all, formats::Format::Speedscope)).title;
    assert_eq!(title, "waspect, 127 records dropped, 2 calls not ended, 1 exits without an entry left out");
}

/// Where no probe has an exit point, entries are instants, though another probe may tell of exits.
#[test]
fn entries_of_functions_without_exit_points() {
    let mut all = session("1 main return g 5\n1 main entry f 10\n1 main entry f 20");
    all.push(Report::Function(Function { function: "f".into(), entries: 2, exits: None }));
    all.push(Report::Function(Function { function: "g".into(), entries: 1, exits: Some(Exits::default()) }));
    for format in [formats::Format::Chrome, formats::Format::Perfetto] {
        let found = formats::read(format, &render(&all, format)).lines;
        assert_eq!(found, ["main f 10 *", "main f 20 *", "main g 5 *"]);
    }
}

fn check(name: &str, reports: &[Report], wanted: &str) {
    let mut wanted: Vec<String> = wanted.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
    wanted.sort();
    check_formats(name, reports, &wanted);
}

fn check_formats(name: &str, reports: &[Report], wanted: &[String]) {
    for format in [formats::Format::Chrome, formats::Format::Perfetto] {
        assert_eq!(formats::read(format, &render(reports, format)).lines, wanted, "{name}, {format:?}");
    }
    let found = formats::speedscope(&render(reports, formats::Format::Speedscope)).lines;
    assert_eq!(calls(&found), calls(wanted), "{name}, speedscope");
}

/// What a profile shows: calls that were seen to begin, from the first on. Those of `only` have no exit, which a profile
/// learns when it has them already.
fn calls(lines: &[String]) -> Vec<(String, i64, Option<i64>)> {
    let call = |line: &String| {
        let (head, how) = line.split_once("..")?;
        let (name, from) = head.rsplit_once(' ')?;
        let to = how.split(' ').next().filter(|to| !to.is_empty()).map(|to| to.parse().unwrap());
        (!line.ends_with(" alone") && !name.ends_with(" only"))
            .then(|| (name.to_owned(), from.parse::<i64>().unwrap(), to))
    };
    let mut all: Vec<_> = lines.iter().filter_map(call).collect();
    let zero = all.iter().map(|call| call.1).min().unwrap_or(0);
    all.iter_mut().for_each(|call| (call.1, call.2) = (call.1 - zero, call.2.map(|to| to - zero)));
    all.sort();
    all
}

fn render(reports: &[Report], format: formats::Format) -> Vec<u8> {
    let shared = formats::Shared::default();
    let mut renderer = formats::writer(format, shared.clone());
    reports.iter().for_each(|r| renderer.report(r).unwrap());
    renderer.finish().unwrap();
    shared.bytes()
}

/// Processes begin, probes attach, records come.
pub(super) fn session(records: &str) -> Vec<Report> {
    let start = |pid| Report::Start(Start { python: "3.12.1".into(), pid });
    let state = State {
        module: "m".into(),
        probe: "fn:**:exit".into(),
        phase: Phase::Attached,
        reason: String::new(),
        functions: 1,
    };
    let mut all = vec![start(1), start(2), Report::State(state)];
    all.extend(records.lines().map(str::trim).filter(|line| !line.is_empty()).map(record));
    all
}

fn record(line: &str) -> Report {
    let mut words = line.split(' ');
    let mut next = || words.next().unwrap_or_else(|| panic!("{line}"));
    let (pid, place, point, function) = (next(), next(), next(), next());
    let time: i64 = next().parse().unwrap();
    let (thread, task) = place.split_once(':').map_or((place, None), |(thread, task)| (thread, Some(task)));
    let mut r = a_record(&[]);
    (r.pid, r.tid) = (pid.parse().unwrap(), thread.bytes().map(u64::from).sum());
    (r.thread, r.task) = (Some(thread.into()), task.map(Into::into));
    (r.point, r.function, r.probe) = (Point::known_name(point), function.trim_matches('-').into(), "p".into());
    (r.mono_ns, r.ts_ns) = (ZERO_NS + time, r.ts_ns + time);
    for word in words {
        match word.split_once('=').unwrap() {
            ("probe", probe) => r.probe = probe.into(),
            (name, n) => r.fields.push((name.into(), Value::Int(n.parse().unwrap()))),
        }
    }
    Report::Record(r)
}
