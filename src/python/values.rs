//! Reports as Python objects: the same shapes as JSONL, with Python's own values where it has them.
//!
//! In: reports. Out: dicts. Never here: an object of the application; everything is rebuilt from its byte form.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFrozenSet, PyList, PySet, PyTuple};

use crate::limits;
use crate::report::{Aggregation, Function, Histogram, Phase, Print, Record, Report, Summary, Summed};
use crate::sketch::Top;
use crate::value::Value;

/// Names of log levels, 1 to 5.
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

pub(super) fn reports<'py>(py: Python<'py>, reports: &[Report]) -> PyResult<Bound<'py, PyList>> {
    let all = PyList::empty(py);
    for each in reports {
        all.append(report(py, each)?)?;
    }
    Ok(all)
}

/// A dict of literal keys.
macro_rules! dict {
    ($py:expr, $($key:literal : $value:expr),* $(,)?) => {{
        let dict = PyDict::new($py);
        $(dict.set_item($key, $value)?;)*
        dict
    }};
}

fn report<'py>(py: Python<'py>, report: &Report) -> PyResult<Bound<'py, PyDict>> {
    Ok(match report {
        Report::Start(r) => dict!(py, "type": "start", "python": &r.python, "pid": r.pid),
        Report::Record(r) => record(py, r)?,
        Report::Print(r) => print(py, r)?,
        Report::Aggregation(r) => aggregation(py, r)?,
        Report::Function(r) => function(py, r)?,
        Report::Summary(r) => summary(py, r)?,
        Report::Ledger(r) => dict!(py, "type": "ledger", "module": py.None(), "refused": r.refused),
        Report::Fault(r) => dict!(
            py, "type": "fault", "module": &r.module, "probe": &r.probe, "kind": r.kind.name(), "side": r.kind.side(),
            "where": &r.place,
        ),
        Report::Log(r) => {
            let level = LEVELS.get(usize::from(r.level).wrapping_sub(1)).copied().unwrap_or("trace");
            dict!(py, "type": "log", "module": &r.module, "probe": &r.probe, "level": level, "text": &r.text)
        }
        Report::State(r) => dict!(
            py, "type": "state", "module": &r.module, "probe": &r.probe, "state": r.phase.name(), "reason": &r.reason,
            "functions": r.functions,
        ),
    })
}

fn record<'py>(py: Python<'py>, r: &Record) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    for (name, v) in &r.fields {
        fields.set_item(&**name, value(py, v)?)?;
    }
    Ok(dict!(
        py, "type": "record", "module": &*r.module, "ts_ns": r.ts_ns, "mono_ns": r.mono_ns, "pid": r.pid, "tid": r.tid,
        "thread": r.thread.as_deref(), "task": r.task.as_deref(), "request": r.request.as_deref(),
        "probe": &*r.probe, "fn": &*r.function, "point": r.point, "fields": fields,
    ))
}

fn print<'py>(py: Python<'py>, r: &Print) -> PyResult<Bound<'py, PyDict>> {
    let rows = PyList::empty(py);
    for row in &r.rows {
        rows.append(dict!(py, "key": items(py, &row.key)?, "value": summed(py, &row.value)?.1))?;
    }
    Ok(dict!(
        py, "type": "print", "module": &r.module, "ts_ns": r.ts_ns, "mono_ns": r.mono_ns, "pid": r.pid,
        "probe": &r.probe, "name": &r.name, "kind": r.kind, "rows": rows, "left_off": r.left_off,
    ))
}

fn aggregation<'py>(py: Python<'py>, r: &Aggregation) -> PyResult<Bound<'py, PyDict>> {
    let key = items(py, &r.key)?;
    let (kind, value) = summed(py, &r.value)?;
    Ok(dict!(py, "type": "aggregation", "module": &r.module, "name": &r.name, "kind": kind, "key": key, "value": value))
}

fn summed(py: Python<'_>, value: &Summed) -> PyResult<(&'static str, Py<PyAny>)> {
    let any = |object: Bound<'_, PyAny>| object.unbind();
    Ok(match value {
        Summed::Count(n) => ("count", any(n.into_pyobject(py)?.into_any())),
        Summed::Sum(x) => ("sum", any(x.into_pyobject(py)?.into_any())),
        Summed::Min(x) => ("min", any(x.into_pyobject(py)?.into_any())),
        Summed::Max(x) => ("max", any(x.into_pyobject(py)?.into_any())),
        Summed::Avg { count, sum } => ("avg", any(dict!(py, "count": count, "sum": sum).into_any())),
        Summed::Stddev(m) => ("stddev", any(dict!(py, "count": m.count, "sum": m.sum(), "m2": m.m2).into_any())),
        Summed::Uniq(distinct) => ("uniq", any(distinct.estimate().into_pyobject(py)?.into_any())),
        Summed::Top(top) => ("top", any(ranking(py, top)?.into_any())),
        Summed::Quantize(h) => ("quantize", any(histogram(py, h)?.into_any())),
        Summed::Lquantize(h) => ("lquantize", any(histogram(py, h)?.into_any())),
    })
}

fn ranking<'py>(py: Python<'py>, top: &Top) -> PyResult<Bound<'py, PyList>> {
    let all = PyList::empty(py);
    for (bytes, count, error) in top.ranked() {
        let listed = Value::read(&mut &*bytes).unwrap_or(Value::None);
        all.append(PyList::new(
            py,
            [
                value(py, &listed)?.into_bound(py),
                count.into_pyobject(py)?.into_any(),
                error.into_pyobject(py)?.into_any(),
            ],
        )?)?;
    }
    Ok(all)
}

fn histogram<'py>(py: Python<'py>, h: &Histogram) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, "count": h.count, "sum": h.sum, "buckets": h.buckets.clone()))
}

fn function<'py>(py: Python<'py>, r: &Function) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(
        py, "type": "function", "module": py.None(), "fn": &r.function, "entries": r.entries,
        "returns": r.exits.map(|e| e.returns), "raises": r.exits.map(|e| e.raises),
        "abandoned": r.exits.map(|e| e.abandoned), "live": r.exits.map(|e| e.live),
    ))
}

fn summary<'py>(py: Python<'py>, r: &Summary) -> PyResult<Bound<'py, PyDict>> {
    let (faults, drops) = (PyDict::new(py), PyDict::new(py));
    r.faults.iter().try_for_each(|(kind, n)| faults.set_item(kind.name(), n))?;
    r.drops.iter().try_for_each(|(why, n)| drops.set_item(why.name(), n))?;
    Ok(dict!(
        py, "type": "summary", "module": &r.module, "probe": &r.probe, "firings": r.firings, "rejected": r.rejected,
        "records": r.records, "faults": faults, "drops": drops, "fuel": r.fuel, "mean_ns": r.mean_ns,
        "p99_ns": r.p99_ns, "sampled": r.sampled, "host_bytes": r.host_bytes, "record_bytes": r.record_bytes,
        "share": r.share.map(|millionths| millionths as f64 / limits::WHOLE as f64),
        "state": r.phase.map(Phase::name), "reason": Some(&r.reason).filter(|reason| !reason.is_empty()),
    ))
}

fn items<'py>(py: Python<'py>, items: &[Value]) -> PyResult<Bound<'py, PyList>> {
    let all = PyList::empty(py);
    for item in items {
        all.append(value(py, item)?)?;
    }
    Ok(all)
}

/// A captured value: Python's own where it has one, else the `$` form of JSONL.
pub(crate) fn value(py: Python<'_>, v: &Value) -> PyResult<Py<PyAny>> {
    let any = |object: Bound<'_, PyAny>| object.unbind();
    Ok(match v {
        Value::None => py.None(),
        Value::Bool(b) => any(b.into_pyobject(py)?.to_owned().into_any()),
        Value::Int(n) => any(n.into_pyobject(py)?.into_any()),
        Value::BigInt(negative, magnitude) => any(big_int(py, *negative, magnitude)?),
        Value::Float(x) => any(x.into_pyobject(py)?.into_any()),
        Value::Str(s) => any(s.into_pyobject(py)?.into_any()),
        Value::Bytes(b) => any(PyBytes::new(py, b).into_any()),
        Value::List(all) => any(items(py, all)?.into_any()),
        Value::Tuple(all) => any(PyTuple::new(py, items(py, all)?)?.into_any()),
        Value::Set(all) => hashed(py, all, |list| Ok(PySet::new(py, list)?.into_any()))?,
        Value::FrozenSet(all) => hashed(py, all, |list| Ok(PyFrozenSet::new(py, list)?.into_any()))?,
        Value::Dict(pairs) => dictionary(py, pairs)?,
        Value::Object(type_name, fields) => {
            let object = dict!(py, "$type": type_name);
            for (name, field) in fields {
                let name = if name.starts_with('$') { format!("${name}") } else { name.clone() };
                object.set_item(name, value(py, field)?)?;
            }
            any(object.into_any())
        }
        Value::Opaque(_, type_name) => any(dict!(py, "$type": type_name).into_any()),
        Value::Error(code) => any(dict!(py, "$error": code.name()).into_any()),
        Value::Redacted(kind) => any(dict!(py, "$redacted": kind.name()).into_any()),
        Value::Stack(frames) => any(dict!(py, "$stack": items(py, frames)?).into_any()),
        Value::Cut(why, total, inner) => {
            let total = (*total != 0).then_some(*total);
            any(dict!(py, "$truncated": why.name(), "total": total, "value": value(py, inner)?).into_any())
        }
    })
}

fn big_int<'py>(py: Python<'py>, negative: bool, magnitude: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let kind = py.get_type::<pyo3::types::PyInt>();
    let n = kind.call_method1("from_bytes", (PyBytes::new(py, magnitude), "little"))?;
    if negative { n.call_method0("__neg__") } else { Ok(n) }
}

/// A set, where its items can be in one (a captured object is a dict here, which cannot).
fn hashed<'py>(
    py: Python<'py>,
    all: &[Value],
    make: impl Fn(&Bound<'py, PyList>) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Py<PyAny>> {
    let list = items(py, all)?;
    Ok(match make(&list) {
        Ok(set) => set.unbind(),
        Err(_) => dict!(py, "$set": list).into_any().unbind(),
    })
}

fn dictionary(py: Python<'_>, pairs: &[(Value, Value)]) -> PyResult<Py<PyAny>> {
    let (all, map) = (PyDict::new(py), PyList::empty(py));
    let mut plain = true;
    for (key, v) in pairs {
        let (key, v) = (value(py, key)?, value(py, v)?);
        plain &= all.set_item(&key, &v).is_ok();
        map.append((key, v))?;
    }
    let whole = plain && all.len() == map.len();
    Ok(if whole { all.into_any().unbind() } else { dict!(py, "$map": map).into_any().unbind() })
}
