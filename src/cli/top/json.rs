//! The dashboard for scripts: one JSON object a line for each moment.
//!
//! In: the model. Out: a line. Never here: a number that the screen does not have; text made of one.

use serde_json::{Value, json};

use super::model::{Model, Row, state};

/// One moment.
pub fn line(model: &Model, ts_ns: i64) -> Value {
    let functions: Vec<Value> = model.shown().into_iter().map(|(name, row)| function(name, row)).collect();
    json!({
        "type": "top", "ts_ns": ts_ns, "target": model.target, "processes": model.processes,
        "cost": model.cost(), "functions": functions,
    })
}

fn function(name: &str, row: &Row) -> Value {
    let (seen, exits) = (&row.seen, row.seen.exits);
    let whole = |x: Option<f64>| x.map(|x| x.round() as u64);
    json!({
        "fn": name, "session": seen.session, "state": state(seen.phase), "reason": seen.reason,
        "calls": seen.calls, "returns": exits.returns, "raises": exits.raises, "live": exits.live,
        "rate": row.rate, "p50_ns": whole(row.p50), "p99_ns": whole(row.p99), "cost": row.cost,
    })
}
