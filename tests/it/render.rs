//! Reports in, text out: what both renderers write is compared with `tests/render/CASE.{txt,jsonl}`.
//!
//! `WASPECT_BLESS=1 cargo test --release render` writes the files anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;
use waspect::render::{Jsonl, Renderer, Terminal};
use waspect::report::{
    Aggregation, DropKind, Exits, Fault, FaultKind, Function, Histogram, Ledger, Log, Phase, Print, Record, Report,
    Start, State, Summary, Summed,
};
use waspect::sketch::{Distinct, Moments, Top};
use waspect::value::{Cut, Value};
use waspect_abi::{Code, Kind};

#[test]
fn session() {
    check("session", 100, &a_session());
}

#[test]
fn narrow() {
    check("narrow", 60, &a_session());
}

#[test]
fn values() {
    let all = every_value().into_iter().map(|(name, v)| record(&[(name, v)])).collect::<Vec<_>>();
    check("values", 80, &all);
}

#[test]
fn losses() {
    check("losses", 80, &everything_went_wrong());
}

#[test]
fn histograms() {
    check("histograms", 80, &odd_histograms());
}

#[test]
fn many_keys() {
    let all: Vec<Report> = (0..60).map(|i| aggregation("hits", vec![Value::Int(i)], Summed::Count(i as u64))).collect();
    check("many_keys", 80, &all);
}

/// Stacks have a line for each frame, in records and as keys.
#[test]
fn stacks() {
    let stack = |names: &[&str]| Value::Stack(names.iter().map(|name| text(name)).collect());
    let deep = stack(&["shop.cart.Cart.add (/srv/shop/cart.py:42)", "shop.web.App.handle (/srv/shop/web.py:120)"]);
    let short = stack(&["shop.cart.Cart.add", "evil\x1b[2J\n.f", "__main__.<module>"]);
    let cut = Value::Cut(Cut::Budget, 64, Box::new(short.clone()));
    let few = Histogram { count: 3, sum: 3e3, buckets: vec![(512.0, 1024.0, 2), (1024.0, 2048.0, 1)] };
    let all = [
        record(&[("stack", deep.clone()), ("total", Value::Int(3)), ("other", cut.clone())]),
        record(&[("pair", Value::Tuple(vec![Value::Int(1), short.clone()]))]),
        aggregation("calls", vec![deep], Summed::Count(12)),
        aggregation("calls", vec![short.clone()], Summed::Count(3)),
        aggregation("by user", vec![text("ada"), cut], Summed::Sum(2.5)),
        aggregation("latency", vec![short], Summed::Quantize(few)),
    ];
    check("stacks", 80, &all);
}

/// What an application holds must neither drive the terminal nor break a line.
#[test]
fn hostile_text() {
    let nasty = "\x1b[2J\x07\r\n\u{202e}evil".to_owned();
    let mut r = a_record(&[("s", Value::Str(nasty.clone())), ("o", Value::Opaque(Kind::Object, nasty.clone()))]);
    (r.function, r.thread, r.task) = (nasty.clone(), Some(nasty.clone()), Some(nasty.clone()));
    let log = Log { module: "m".into(), probe: nasty.clone(), level: 2, text: nasty };
    check("hostile_text", 80, &[Report::Record(r), Report::Log(log)]);
    let text =
        terminal(80, &[Report::Log(Log { module: "m".into(), probe: "p".into(), level: 1, text: "\x1b[1m".into() })]);
    assert!(!text.contains('\x1b'), "{text}");
}

/// Each example of the document is a line that is really written; each type and each `$` key has an example.
#[test]
fn document() {
    let document = read("docs/OUTPUT.md");
    let cases = [a_session(), everything_went_wrong(), every_value().into_iter().map(|v| record(&[v])).collect()];
    let written: BTreeSet<String> =
        cases.iter().flat_map(|c| jsonl(c).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let examples: Vec<&str> = fenced(&document, "json");
    let mut types = BTreeSet::new();
    for example in &examples {
        let parsed: Json = serde_json::from_str(example).unwrap_or_else(|e| panic!("{example}: {e}"));
        assert!(written.contains(*example), "docs/OUTPUT.md has a line that is not written: {example}");
        types.insert(parsed["type"].as_str().unwrap().to_owned());
    }
    let expected =
        ["aggregation", "fault", "function", "ledger", "log", "print", "record", "start", "state", "summary"];
    assert_eq!(types.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let all = examples.join("\n");
    for key in [
        "$tuple",
        "$set",
        "$bytes",
        "$map",
        "$float",
        "$int",
        "$truncated",
        "$redacted",
        "$stack",
        "$error",
        "$type",
        "$$",
    ] {
        assert!(all.contains(&format!("\"{key}")), "docs/OUTPUT.md has no example of `{key}`");
    }
}

/// The lines of one ```LANGUAGE fence after the other.
fn fenced<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let (mut inside, mut lines) = (false, Vec::new());
    for line in document.lines() {
        match line.strip_prefix("```") {
            Some(fence) => inside = !inside && fence == language,
            None if inside => lines.push(line),
            None => {}
        }
    }
    lines
}

fn check(case: &str, width: usize, reports: &[Report]) {
    let lines = jsonl(reports);
    for line in lines.lines() {
        let parsed: Json = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert!(parsed.get("module").is_some(), "no module: {line}");
        assert_eq!(serde_json::to_string(&parsed).unwrap(), line, "not the shortest form, or a key twice");
    }
    compare(&format!("tests/render/{case}.jsonl"), &lines);
    compare(&format!("tests/render/{case}.txt"), &terminal(width, reports));
}

fn compare(path: &str, found: &str) {
    if std::env::var_os("WASPECT_BLESS").is_some() {
        fs::write(root().join(path), found).unwrap();
    }
    assert_eq!(read(path), found, "{path} differs; WASPECT_BLESS=1 writes it anew");
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn jsonl(reports: &[Report]) -> String {
    let mut out = Vec::new();
    tell(&mut Jsonl::new(&mut out), reports);
    String::from_utf8(out).unwrap()
}

fn terminal(width: usize, reports: &[Report]) -> String {
    let mut out = Vec::new();
    tell(&mut Terminal::new(anstream::StripStream::new(&mut out), width), reports);
    String::from_utf8(out).unwrap()
}

fn tell(renderer: &mut impl Renderer, reports: &[Report]) {
    reports.iter().for_each(|r| renderer.report(r).unwrap());
    renderer.finish().unwrap();
}

// Invented reports.

fn a_record(fields: &[(&str, Value)]) -> Record {
    Record {
        module: "slow.wat".into(),
        ts_ns: 1_774_000_123_456_789_012,
        mono_ns: 88_123_456_789,
        pid: 4242,
        tid: 4243,
        thread: Some("MainThread".into()),
        task: None,
        request: None,
        probe: "slow".into(),
        function: "shop.cart.Cart.add".into(),
        point: "return".into(),
        fields: fields.iter().map(|(name, v)| ((*name).into(), v.clone())).collect(),
    }
}

fn record(fields: &[(&str, Value)]) -> Report {
    Report::Record(a_record(fields))
}

fn printed(name: &str, key: Value, value: Summed) -> Aggregation {
    Aggregation { module: "slow.wat".into(), name: name.into(), key: vec![key], value }
}

fn aggregation(name: &str, key: Vec<Value>, value: Summed) -> Report {
    Report::Aggregation(Aggregation { module: "slow.wat".into(), name: name.into(), key, value })
}

fn text(s: &str) -> Value {
    Value::Str(s.into())
}

fn state(phase: Phase, reason: &str, functions: u64) -> Report {
    Report::State(State { module: "slow.wat".into(), probe: "slow".into(), phase, reason: reason.into(), functions })
}

fn a_session() -> Vec<Report> {
    let latency = Histogram {
        count: 1_234,
        sum: 9.5e8,
        buckets: vec![
            (131_072.0, 262_144.0, 17),
            (262_144.0, 524_288.0, 800),
            (524_288.0, 1_048_576.0, 413),
            (4_194_304.0, 8_388_608.0, 4),
        ],
    };
    let few = Histogram { count: 3, sum: 3e3, buckets: vec![(512.0, 1024.0, 2), (1024.0, 2048.0, 1)] };
    let mut elsewhere = a_record(&[("elapsed", Value::Int(12_345_678)), ("total", Value::Float(2.5))]);
    (elsewhere.thread, elsewhere.task) = (Some("worker-1".into()), Some("Task-7".into()));
    (elsewhere.request, elsewhere.probe) = (Some("r-19".into()), "fn:shop.cart.Cart.add:return".into());
    vec![
        Report::Start(Start { python: "3.12.1".into(), pid: 4242 }),
        state(Phase::Attached, "", 2),
        record(&[("user", text("ada")), ("elapsed_ns", Value::Int(5_250_000)), ("body_size", Value::Int(20_480))]),
        Report::Record(elsewhere),
        Report::Log(Log {
            module: "slow.wat".into(),
            probe: "slow".into(),
            level: 3,
            text: "threshold is 5 ms".into(),
        }),
        Report::Print(Print {
            module: "slow.wat".into(),
            ts_ns: 1_774_000_123_456_789_012,
            mono_ns: 88_123_456_789,
            pid: 4242,
            probe: "tick:5s".into(),
            name: "calls".into(),
            kind: "count",
            rows: [("ada", 7), ("bob", 2)].map(|(key, n)| printed("calls", text(key), Summed::Count(n))).into(),
            left_off: 0,
        }),
        aggregation("calls", vec![], Summed::Count(1_237)),
        aggregation("latency", vec![text("shop.cart.Cart.total")], Summed::Quantize(few)),
        aggregation("latency", vec![text("shop.cart.Cart.add")], Summed::Quantize(latency)),
        aggregation("load", vec![text("a")], Summed::Avg { count: 4, sum: 10.0 }),
        aggregation("load", vec![text("b")], Summed::Avg { count: 2, sum: 40.0 }),
        aggregation("paid", vec![text("ada"), Value::Int(7)], Summed::Sum(99.5)),
        aggregation("paid", vec![Value::None, Value::Bool(true)], Summed::Sum(1200.0)),
        aggregation("spread", vec![], Summed::Stddev(Moments { count: 4, mean: 2.5, m2: 5.0 })),
        aggregation("users", vec![], Summed::Uniq(two_values())),
        aggregation(
            "users",
            vec![text("a")],
            Summed::Top(Top::of([(form(&text("ada")), 9, 1), (form(&Value::Int(7)), 2, 0)], 0)),
        ),
        aggregation("wait_time", vec![text("x")], Summed::Min(1_500.0)),
        aggregation("wait_time", vec![text("y")], Summed::Min(900.0)),
        function("shop.cart.Cart.add", 1_234, Some(Exits { returns: 1_200, raises: 30, abandoned: 1, live: 3 })),
        function("shop.cart.Cart.total", 3, None),
        Report::Summary(Summary {
            module: "slow.wat".into(),
            probe: "slow".into(),
            firings: 1_234,
            rejected: 1_230,
            records: 4,
            fuel: 98_720,
            mean_ns: Some(412),
            p99_ns: Some(2_047),
            sampled: 9,
            ..Summary::default()
        }),
    ]
}

fn function(name: &str, entries: u64, exits: Option<Exits>) -> Report {
    Report::Function(Function { function: name.into(), entries, exits })
}

fn form(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut bytes);
    bytes
}

fn two_values() -> Distinct {
    let mut distinct = Distinct::default();
    [1, 2, 1].iter().for_each(|n| distinct.add(&form(&Value::Int(*n))));
    distinct
}

fn everything_went_wrong() -> Vec<Report> {
    let fault = |kind| {
        Report::Fault(Fault {
            module: "slow.wat".into(),
            probe: "slow".into(),
            kind,
            place: "shop.cart.Cart.add".into(),
        })
    };
    vec![
        Report::Start(Start { python: "3.13.0".into(), pid: 7 }),
        Report::Start(Start { python: "3.13.0".into(), pid: 8 }),
        state(Phase::Pending, "module `shop.tax` is not imported yet", 0),
        state(Phase::Attached, "", 1),
        record(&[]),
        fault(FaultKind::Trap),
        fault(FaultKind::OutOfFuel),
        fault(FaultKind::HostPanic),
        state(Phase::Throttled, "over its share of time", 1),
        state(Phase::Disarmed, "3 traps in 60 s", 0),
        state(Phase::Failed, "`shop.cart` has no `Cart.ad`", 0),
        Report::Log(Log { module: "slow.wat".into(), probe: "slow".into(), level: 1, text: "cannot go on".into() }),
        Report::Ledger(Ledger { refused: 17 }),
        Report::Summary(Summary {
            module: "slow.wat".into(),
            probe: "slow".into(),
            firings: 10,
            faults: vec![(FaultKind::Trap, 3), (FaultKind::OutOfFuel, 1)],
            drops: vec![(DropKind::RingFull, 120), (DropKind::Rate, 7)],
            ..Summary::default()
        }),
    ]
}

fn every_value() -> Vec<(&'static str, Value)> {
    let dict = |pairs: &[(Value, Value)]| Value::Dict(pairs.to_vec());
    let big = Value::BigInt(true, vec![0, 0, 0, 0, 0, 0, 0, 0, 1]);
    vec![
        ("none", Value::None),
        ("yes", Value::Bool(true)),
        ("int", Value::Int(-7)),
        ("exact", Value::Int(1 << 53)),
        ("beyond", Value::Int((1 << 53) + 1)),
        ("least", Value::Int(i64::MIN)),
        ("big", big.clone()),
        ("zero_big", Value::BigInt(false, vec![])),
        ("float", Value::Float(1.0)),
        ("tiny", Value::Float(1e-300)),
        ("nan", Value::Float(f64::NAN)),
        ("infinite", Value::Float(f64::NEG_INFINITY)),
        ("text", text("naïve \"quoted\" it's\n")),
        ("bytes", Value::Bytes(b"\x00\xffok".to_vec())),
        ("list", Value::List(vec![Value::Int(1), text("two")])),
        ("tuple", Value::Tuple(vec![Value::Int(1)])),
        ("set", Value::Set(vec![Value::Int(1), Value::Int(2)])),
        ("frozen", Value::FrozenSet(vec![text("a")])),
        ("dict", dict(&[(text("a"), Value::Int(1)), (text("$set"), Value::Int(2)), (text("$$x"), Value::None)])),
        ("keyed", dict(&[(Value::Int(1), text("one")), (Value::Tuple(vec![]), Value::None)])),
        ("twins", dict(&[(text("\u{fffd}"), Value::Int(1)), (text("\u{fffd}"), Value::Int(2))])),
        (
            "object",
            Value::Object("shop.Cart".into(), vec![("owner".into(), text("ada")), ("$type".into(), Value::Int(3))]),
        ),
        ("opaque", Value::Opaque(Kind::Function, "function".into())),
        ("absent", Value::Error(Code::Absent)),
        ("secret", Value::Redacted(Kind::Str)),
        ("stack", Value::Stack(vec![text("shop.cart.Cart.add:42"), text("__main__.<module>:9")])),
        ("cut_text", Value::Cut(Cut::Bytes, 5_000, Box::new(text("abc")))),
        ("cut_items", Value::Cut(Cut::Items, 250, Box::new(Value::List(vec![Value::Int(1)])))),
        ("deep", Value::Cut(Cut::Depth, 0, Box::new(Value::Opaque(Kind::Dict, "dict".into())))),
        ("cut_big", Value::Cut(Cut::Bytes, 4_096, Box::new(big))),
        ("long", Value::Str("x".repeat(130))),
        ("many", Value::List((0..15).map(Value::Int).collect())),
        ("wait_ns", Value::Tuple(vec![])),
        ("$odd", Value::Int(1)),
    ]
}

fn odd_histograms() -> Vec<Report> {
    let of = |buckets: Vec<(f64, f64, u64)>| Histogram { count: buckets.iter().map(|b| b.2).sum(), sum: 0.0, buckets };
    let inf = f64::INFINITY;
    vec![
        aggregation("empty", vec![], Summed::Lquantize(of(vec![]))),
        aggregation("far", vec![], Summed::Quantize(of(vec![(1.0, 2.0, 5), (1024.0, 2048.0, 1)]))),
        aggregation(
            "near",
            vec![],
            Summed::Quantize(of(vec![(-2.0, -1.0, 1), (0.0, 1.0, 2), (1.0, 2.0, 4), (8.0, 16.0, 1000)])),
        ),
        aggregation(
            "linear_bytes",
            vec![],
            Summed::Lquantize(of(vec![(-inf, 0.0, 1), (0.0, 512.0, 3), (1536.0, 2048.0, 2), (4096.0, inf, 9)])),
        ),
    ]
}
