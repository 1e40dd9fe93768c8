//! Invented reports: sessions, values, keys.

use waspect::report::{
    Aggregation, DropKind, Exits, Fault, FaultKind, Function, Histogram, Ledger, Log, Phase, Print, Record, Report,
    Start, State, Summary, Summed,
};
use waspect::sketch::{Distinct, Moments, Top};
use waspect::value::{Cut, Value};
use waspect_abi::{Code, Kind};

pub(super) fn a_record(fields: &[(&str, Value)]) -> Record {
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
        point: "return",
        fields: fields.iter().map(|(name, v)| ((*name).into(), v.clone())).collect(),
    }
}

pub(super) fn record(fields: &[(&str, Value)]) -> Report {
    Report::Record(a_record(fields))
}

fn printed(name: &str, key: Value, value: Summed) -> Aggregation {
    Aggregation { module: "slow.wat".into(), name: name.into(), key: vec![key], value }
}

pub(super) fn aggregation(name: &str, key: Vec<Value>, value: Summed) -> Report {
    Report::Aggregation(Aggregation { module: "slow.wat".into(), name: name.into(), key, value })
}

pub(super) fn text(s: &str) -> Value {
    Value::Str(s.into())
}

pub(super) fn state(phase: Phase, reason: &str, functions: u64) -> Report {
    Report::State(State { module: "slow.wat".into(), probe: "slow".into(), phase, reason: reason.into(), functions })
}

pub(super) fn a_session() -> Vec<Report> {
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
        a_summary(),
    ]
}

fn a_summary() -> Report {
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
        host_bytes: 2_468,
        record_bytes: 352,
        share: Some(1_200),
        phase: Some(Phase::Attached),
        ..Summary::default()
    })
}

pub(super) fn function(name: &str, entries: u64, exits: Option<Exits>) -> Report {
    Report::Function(Function { function: name.into(), entries, exits })
}

pub(super) fn form(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut bytes);
    bytes
}

pub(super) fn two_values() -> Distinct {
    let mut distinct = Distinct::default();
    [1, 2, 1].iter().for_each(|n| distinct.add(&form(&Value::Int(*n))));
    distinct
}

pub(super) fn everything_went_wrong() -> Vec<Report> {
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
            drops: vec![(DropKind::RingFull, 120), (DropKind::Rate, 7), (DropKind::Throttled, 4_096)],
            share: Some(18_400),
            phase: Some(Phase::Disarmed),
            reason: "3 traps in 60 s".into(),
            ..Summary::default()
        }),
    ]
}

pub(super) fn every_value() -> Vec<(&'static str, Value)> {
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

pub(super) fn odd_histograms() -> Vec<Report> {
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

/// Keys of several parts, long and wide ones, and histograms enough for several columns.
pub(super) fn keys() -> Vec<Report> {
    let long = "shop.checkout.services.payment_gateway.PaymentGatewayClient.authorise_with_retries";
    let place = |name: &str, n: i64| vec![text(name), Value::Int(n)];
    vec![
        aggregation("bytes", vec![text("static")], Summed::Sum(1.5e6)),
        aggregation("bytes", vec![text("api")], Summed::Sum(9e9)),
        aggregation("calls", place("shop.cart.Cart.add", 200), Summed::Count(48_113)),
        aggregation("calls", place("漢字テスト", 404), Summed::Count(7)),
        aggregation("calls", place(long, 500), Summed::Count(1_200_345)),
        aggregation("calls", vec![Value::None], Summed::Count(7)),
        aggregation(
            "latency",
            place("/checkout", 200),
            Summed::Quantize(doubling(9, &[4, 90, 400, 2_600, 800, 31, 1])),
        ),
        aggregation("latency", place("/checkout", 500), Summed::Quantize(doubling(20, &[2, 0, 0, 0, 0, 0, 9, 3]))),
        aggregation("latency", place("/", 200), Summed::Quantize(doubling(8, &[17, 90_000, 12_000, 5]))),
        aggregation("latency", vec![text(long), Value::Int(200)], Summed::Quantize(doubling(11, &[1]))),
        aggregation("retries", vec![], Summed::Lquantize(steps(&[0, 900, 60, 0, 8, 0, 0, 2, 3]))),
        aggregation("rows", vec![], Summed::Quantize(doubling(9, &[5, 80, 20, 3]))),
        aggregation("wait_ms", vec![], Summed::Avg { count: 4, sum: 5000.0 }),
    ]
}

/// Many keys that all have a histogram.
pub(super) fn many_histograms() -> Vec<Report> {
    let one = |i: i64| aggregation("size", vec![Value::Int(i)], Summed::Quantize(doubling(4, &[1, i as u64])));
    (1..=14).map(one).collect()
}

/// Buckets from two to the power `from` on.
fn doubling(from: i32, counts: &[u64]) -> Histogram {
    histogram(counts, |i| (2f64.powi(from + i), 2f64.powi(from + i + 1)))
}

/// Below zero, steps of 500, from 3500 on.
fn steps(counts: &[u64]) -> Histogram {
    let low = |i: i32| if i == 0 { f64::NEG_INFINITY } else { f64::from(i - 1) * 500.0 };
    let high = |i: i32| if i == 8 { f64::INFINITY } else { f64::from(i) * 500.0 };
    histogram(counts, |i| (low(i), high(i)))
}

/// Each value in the middle of its bucket.
fn histogram(counts: &[u64], bounds: impl Fn(i32) -> (f64, f64)) -> Histogram {
    let all = counts.iter().zip(0..).map(|(n, i)| (bounds(i).0, bounds(i).1, *n));
    let buckets: Vec<(f64, f64, u64)> = all.filter(|b| b.2 > 0).collect();
    let sum = buckets.iter().map(|b| if b.1.is_finite() { (b.0 + b.1) / 2.0 } else { b.0 } * b.2 as f64).sum();
    Histogram { count: counts.iter().sum(), sum, buckets }
}
