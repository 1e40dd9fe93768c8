//! Invented moments of a shop.

use std::time::Duration;

use waspect::cli::top::fleet::{Found, Seen, Snapshot};
use waspect::cli::top::model::News;
use waspect::report::{Exits, Histogram, Phase, Record};
use waspect::value::Value;

fn seen(function: &str, calls: u64, raises: u64) -> Seen {
    Seen {
        function: function.into(),
        session: function.into(),
        calls,
        exits: Exits { returns: calls - raises, raises, abandoned: 0, live: 0 },
        latency: (calls > 0).then(|| latency(calls)),
        per_call_ns: 420.0,
        phase: Phase::Attached,
        reason: String::new(),
    }
}

fn latency(calls: u64) -> Histogram {
    let part = |share: u64| calls * share / 100;
    let buckets = vec![
        (131_072.0, 262_144.0, part(2)),
        (262_144.0, 524_288.0, part(60)),
        (524_288.0, 1_048_576.0, part(30)),
        (1_048_576.0, 2_097_152.0, part(5)),
        (8_388_608.0, 16_777_216.0, part(3)),
    ];
    Histogram { count: calls, sum: calls as f64 * 5e5, buckets }
}

fn waiting(function: &str, why: &str) -> Seen {
    Seen { phase: Phase::Pending, reason: why.into(), ..seen(function, 0, 0) }
}

fn snapshot(second: u64, functions: Vec<Seen>) -> Snapshot {
    Snapshot {
        at: Duration::from_secs(second),
        ts_ns: 1_774_000_123_456_789_012,
        processes: vec![4242, 4243],
        functions,
        ..Snapshot::default()
    }
}

/// The shop so many seconds later.
pub(super) fn shop(second: u64) -> News {
    let mut disarmed = seen("shop.checkout.pay", 900, 12);
    (disarmed.phase, disarmed.reason) = (Phase::Disarmed, "10 traps in a minute".into());
    let mut running = seen("shop.web.handle", 1_200 * second, 3 * second);
    running.exits.live = 4;
    let by_pattern = Seen { session: "shop.db.*".into(), ..seen("shop.db.query", 250_000 * second, 0) };
    News::Snapshot(Box::new(snapshot(
        second,
        vec![
            seen("shop.cart.Cart.add", 12_345 * second, 1),
            disarmed,
            running,
            by_pattern,
            waiting("shop.mail.send", "`shop` is loaded, `shop.mail` was never imported"),
            seen("shop.warehouse.inventory.reservations.Reservation.release_expired", 3, 0),
        ],
    )))
}

pub(super) fn found(text: &str) -> News {
    let names = ["shop.cart.add", "shop.cart.Cart.add", "shop.cart.Cart.total", "shop.cart.Cart.remove"];
    let found = Found { names: names.map(str::to_owned).to_vec(), more: 12, why: None };
    News::Found { text: text.into(), found: Ok(found) }
}

pub(super) fn nothing_found(text: &str) -> News {
    let why = Some("`shop.cart` is loaded and has no `ad`; did you mean `add`?".into());
    News::Found { text: text.into(), found: Ok(Found { why, ..Found::default() }) }
}

pub(super) fn instrumented(name: &str) -> News {
    News::Instrumented { name: name.into(), result: Ok(()) }
}

pub(super) fn watched() -> News {
    News::Watched(Ok(()))
}

/// Slow calls of what is called most.
pub(super) fn records() -> News {
    let record = |second: i64, elapsed: i64, point: &'static str| Record {
        module: "slow".into(),
        ts_ns: 1_774_000_123_456_789_012 + second * 1_000_000_000,
        mono_ns: 0,
        pid: 4242,
        tid: 4242,
        thread: None,
        task: None,
        request: None,
        probe: "slow".into(),
        function: "shop.cart.Cart.add".into(),
        point,
        fields: vec![
            ("elapsed".into(), Value::Int(elapsed)),
            ("args".into(), Value::Tuple(vec![Value::Str("SELECT * FROM orders".into())])),
            ("exception".into(), if point == "raise" { Value::Str("locked".into()) } else { Value::None }),
        ],
    };
    let News::Snapshot(mut shop) = shop(4) else { return shop(4) };
    shop.records =
        vec![record(0, 12_345_678, "return"), record(1, 9_000_000, "return"), record(2, 15_000_000, "raise")];
    News::Snapshot(shop)
}

pub(super) fn over() -> News {
    let News::Snapshot(mut shop) = shop(4) else { return shop(4) };
    shop.over = Some("process 4242 has ended".into());
    News::Snapshot(shop)
}

pub(super) fn many(functions: u64) -> News {
    News::Snapshot(Box::new(snapshot(1, (0..functions).map(|n| seen(&format!("shop.f{n:02}"), n + 1, 0)).collect())))
}

pub(super) fn hostile() -> News {
    let names = ["shop.\u{1b}[31mred\u{7}", "shop.\u{202e}turned", "店.カート.追加", "shop.cafe\u{301}.e\u{301}"];
    let mut said = snapshot(1, names.iter().map(|name| seen(name, 1, 0)).collect());
    said.said = vec!["line\nbreak \u{1b}[2J".into()];
    News::Snapshot(Box::new(said))
}
