//! The door through which Python tests read as a probe would: by path, as a tree, from the calling frame, in a loop.
//!
//! In: Python objects and paths such as `.a["k"][0]`. Out: a status and the decoded value as Python objects. Never here:
//! anything a product needs.

use std::hint::black_box;
use std::time::Instant;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use waspect_abi::{Code, Kind};

use super::cpython::{CPython, Name, Obj, current_frame, lend, self_check};
use super::tree::{TreeLimits, encode, encode_whole};
use super::{Introspect, Look, Whole, compare};
use crate::policy::Redaction;
use crate::value::Value;

/// Adds the door's functions to the extension module.
///
/// # Errors
/// When Python refuses one.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_self_check, module)?)?;
    module.add_function(wrap_pyfunction!(_read, module)?)?;
    module.add_function(wrap_pyfunction!(_frame_read, module)?)?;
    module.add_function(wrap_pyfunction!(_encode, module)?)?;
    module.add_function(wrap_pyfunction!(_compare, module)?)?;
    module.add_function(wrap_pyfunction!(_look, module)?)?;
    module.add_function(wrap_pyfunction!(_bench, module)?)?;
    module.add_class::<Reader>()
}

/// One step from an object.
enum Step {
    Attr(Name),
    Key(Name),
    Index(i64),
}

fn step(o: Obj, step: &Step) -> Result<Obj, Code> {
    match step {
        Step::Attr(name) => CPython::attr(o, name),
        Step::Key(name) => CPython::key(o, name),
        Step::Index(i) => CPython::index(o, *i),
    }
}

fn walk(o: Obj, steps: &[Step]) -> Result<Obj, Code> {
    steps.iter().try_fold(o, step)
}

/// `.name`, `["key"]`, `[3]`, with nothing escaped.
fn parse(mut text: &str) -> PyResult<Vec<Step>> {
    let bad = || PyValueError::new_err("expected `.name`, `[\"key\"]` or `[3]`");
    let mut steps = Vec::new();
    while !text.is_empty() {
        if let Some(rest) = text.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Attr(CPython::name(&rest[..end])));
            text = &rest[end..];
        } else if let Some(rest) = text.strip_prefix("[\"") {
            let (key, rest) = rest.split_once("\"]").ok_or_else(bad)?;
            steps.push(Step::Key(CPython::name(key)));
            text = rest;
        } else {
            let (index, rest) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(bad)?;
            steps.push(Step::Index(index.parse().map_err(|_| bad())?));
            text = rest;
        }
    }
    Ok(steps)
}

/// Limits of one test read.
fn limits(depth: usize, items: usize, str_bytes: usize, budget_bytes: usize) -> TreeLimits {
    TreeLimits { depth, items, str_bytes, budget_bytes }
}

const WIDE: TreeLimits = TreeLimits { depth: 6, items: 1_000, str_bytes: 4_096, budget_bytes: 1 << 20 };

/// `("OK", value)` or the code's name and None.
fn answer(py: Python<'_>, read: Result<Obj, Code>) -> PyResult<(&'static str, Py<PyAny>)> {
    match read {
        Ok(o) => Ok(("OK", decoded(py, |out| encode::<CPython>(o, &WIDE, &Redaction::default(), out))?)),
        Err(code) => Ok((code.name(), py.None())),
    }
}

fn decoded(py: Python<'_>, write: impl FnOnce(&mut Vec<u8>)) -> PyResult<Py<PyAny>> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    let value = Value::read(&mut &bytes[..]).map_err(|e| PyValueError::new_err(e.to_string()))?;
    to_python(py, &value)
}

#[pyfunction]
fn _self_check() -> Option<String> {
    self_check().err()
}

#[pyfunction]
fn _read(py: Python<'_>, object: &Bound<'_, PyAny>, path: &str) -> PyResult<(&'static str, Py<PyAny>)> {
    let steps = parse(path)?;
    lend(object, |o| answer(py, walk(o, &steps)))
}

/// Which kind, and what `len` it has; what a guest would be told before anything is read.
#[pyfunction]
fn _look(object: &Bound<'_, PyAny>) -> (String, Option<usize>) {
    match lend(object, CPython::look) {
        Look::None => ("none".into(), None),
        Look::Bool(b) => (format!("bool {b}"), None),
        Look::Int(n) => (format!("int {n}"), None),
        Look::BigInt => ("int".into(), None),
        Look::Float(x) => (format!("float {x:?}"), None),
        Look::Sized(kind, len) => (kind.name().into(), Some(len)),
        Look::Other(kind) => (kind.name().into(), None),
    }
}

/// A path with a site's cache that is kept from read to read.
#[pyclass(frozen)]
struct Reader {
    steps: Vec<Step>,
}

#[pymethods]
impl Reader {
    #[new]
    fn new(path: &str) -> PyResult<Self> {
        Ok(Self { steps: parse(path)? })
    }

    fn __call__(&self, py: Python<'_>, object: &Bound<'_, PyAny>) -> PyResult<(&'static str, Py<PyAny>)> {
        lend(object, |o| answer(py, walk(o, &self.steps)))
    }

    /// What the read gave: `SAME` or `OTHER` than an object, or the code's name.
    fn gives(&self, object: &Bound<'_, PyAny>, expected: &Bound<'_, PyAny>) -> &'static str {
        lend(object, |o| match walk(o, &self.steps) {
            Ok(found) => lend(expected, |expected| if found == expected { "SAME" } else { "OTHER" }),
            Err(code) => code.name(),
        })
    }

    /// Whether the read gives an object at all.
    fn can(&self, object: &Bound<'_, PyAny>) -> &'static str {
        lend(object, |o| walk(o, &self.steps).map_or_else(Code::name, |_| "OK"))
    }

    /// Reads `times` times without making a Python object; gives ns per read.
    fn bench(&self, object: &Bound<'_, PyAny>, times: u32) -> f64 {
        lend(object, |o| timed(times, || walk(black_box(o), &self.steps)))
    }
}

/// The best of 21 runs, ns per turn.
fn timed<R>(times: u32, mut turn: impl FnMut() -> R) -> f64 {
    let run = |_| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(turn());
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(times)
    };
    (0..21).map(run).fold(f64::INFINITY, f64::min)
}

/// `look` or `encode` in a loop, ns per turn.
#[pyfunction]
fn _bench(what: &str, object: &Bound<'_, PyAny>, times: u32) -> PyResult<f64> {
    let (mut out, redaction) = (Vec::with_capacity(1 << 20), Redaction::default());
    lend(object, |o| match what {
        "look" => Ok(timed(times, || CPython::look(black_box(o)))),
        "encode" => Ok(timed(times, || {
            out.clear();
            encode::<CPython>(black_box(o), &WIDE, &redaction, &mut out);
        })),
        _ => Err(PyValueError::new_err("expected `look` or `encode`")),
    })
}

#[pyfunction]
#[pyo3(signature = (object, depth=3, items=100, str_bytes=1024, budget_bytes=32768))]
fn _encode(
    py: Python<'_>,
    object: &Bound<'_, PyAny>,
    depth: usize,
    items: usize,
    str_bytes: usize,
    budget_bytes: usize,
) -> PyResult<(Py<PyBytes>, Py<PyAny>)> {
    let limits = limits(depth, items, str_bytes, budget_bytes);
    let mut bytes = Vec::new();
    lend(object, |o| encode::<CPython>(o, &limits, &Redaction::default(), &mut bytes));
    let value = decoded(py, |out| out.extend_from_slice(&bytes))?;
    Ok((PyBytes::new(py, &bytes).unbind(), value))
}

/// `(eq, cmp)`, each a number or a code's name.
#[pyfunction]
fn _compare(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> (String, String) {
    let said = |read: Result<i32, Code>| read.map_or_else(|code| code.name().to_owned(), |n| n.to_string());
    let all = |_| true;
    let eq = |a, b| compare::eq::<CPython>(a, b, &all).map(i32::from);
    lend(a, |a| lend(b, |b| (said(eq(a, b)), said(compare::cmp::<CPython>(a, b, &all)))))
}

/// Reads in the frame that calls: `arg0.x`, `local.n`, `closure.n`, `global.n`, `args`, `kwargs`, `locals`, `$line`.
#[pyfunction]
fn _frame_read(py: Python<'_>, path: &str) -> PyResult<(&'static str, Py<PyAny>)> {
    let frame = current_frame().ok_or_else(|| PyValueError::new_err("expected a running frame"))?;
    let whole = |which| {
        Ok(("OK", decoded(py, |out| encode_whole::<CPython>(frame, which, &WIDE, &Redaction::default(), out))?))
    };
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (root, rest) = path.split_at(end);
    match root {
        "args" => whole(Whole::Args),
        "kwargs" => whole(Whole::Kwargs),
        "locals" => whole(Whole::Locals),
        "globals" => whole(Whole::Globals),
        "$line" => Ok(("OK", CPython::line(frame).into_pyobject(py)?.into_any().unbind())),
        "$nargs" => Ok(("OK", CPython::arg_count(frame).into_pyobject(py)?.into_any().unbind())),
        "local" | "closure" | "global" => {
            let rest = rest.trim_start_matches('.');
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, steps) = (CPython::name(&rest[..end]), parse(&rest[end..])?);
            let read = match root {
                "local" => CPython::local(frame, &name),
                "closure" => CPython::closure(frame, &name),
                _ => CPython::global(frame, &name),
            };
            answer(py, read.and_then(|o| walk(o, &steps)))
        }
        _ => {
            let number = root.strip_prefix("arg").and_then(|n| n.parse().ok());
            let i = number.ok_or_else(|| PyValueError::new_err("expected a root"))?;
            let steps = parse(rest)?;
            answer(py, CPython::arg(frame, i).and_then(|o| walk(o, &steps)))
        }
    }
}

/// Scalars, lists, tuples and dicts as themselves; everything else as a tuple that begins with `$`.
fn to_python(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    let all = |items: &[Value]| items.iter().map(|item| to_python(py, item)).collect::<PyResult<Vec<_>>>();
    let tagged = |tag: &str, parts: Vec<Py<PyAny>>| {
        let tag = tag.into_pyobject(py)?.into_any().unbind();
        Ok::<_, PyErr>(PyTuple::new(py, std::iter::once(tag).chain(parts).collect::<Vec<_>>())?.into_any().unbind())
    };
    let text = |s: &str| Ok::<_, PyErr>(s.into_pyobject(py)?.into_any().unbind());
    Ok(match value {
        Value::None => py.None(),
        Value::Bool(b) => b.into_pyobject(py)?.to_owned().into_any().unbind(),
        Value::Int(n) => n.into_pyobject(py)?.into_any().unbind(),
        Value::Float(x) => x.into_pyobject(py)?.into_any().unbind(),
        Value::Str(s) => text(s)?,
        Value::Bytes(b) => PyBytes::new(py, b).into_any().unbind(),
        Value::BigInt(negative, magnitude) => {
            let n = py.get_type::<pyo3::types::PyInt>();
            let n = n.call_method1("from_bytes", (PyBytes::new(py, magnitude), "little"))?;
            if *negative { n.neg()?.unbind() } else { n.unbind() }
        }
        Value::List(items) => PyList::new(py, all(items)?)?.into_any().unbind(),
        Value::Tuple(items) => PyTuple::new(py, all(items)?)?.into_any().unbind(),
        Value::Set(items) => tagged("$set", all(items)?)?,
        Value::FrozenSet(items) => tagged("$frozenset", all(items)?)?,
        Value::Dict(pairs) => {
            let pair = |(key, value): &(Value, Value)| Ok((to_python(py, key)?, to_python(py, value)?));
            let pairs = PyList::new(py, pairs.iter().map(pair).collect::<PyResult<Vec<_>>>()?)?;
            match PyDict::from_sequence(&pairs) {
                Ok(dict) => dict.into_any().unbind(),
                Err(_unhashable) => tagged("$map", vec![pairs.into_any().unbind()])?,
            }
        }
        Value::Object(name, fields) => {
            let dict = PyDict::new(py);
            for (field, value) in fields {
                dict.set_item(field, to_python(py, value)?)?;
            }
            tagged("$object", vec![text(name)?, dict.into_any().unbind()])?
        }
        Value::Opaque(kind, name) => tagged("$opaque", vec![text(kind.name())?, text(name)?])?,
        Value::Error(code) => tagged("$error", vec![text(code.name())?])?,
        Value::Cut(why, total, inner) => {
            let total = total.into_pyobject(py)?.into_any().unbind();
            tagged("$cut", vec![text(why.name())?, total, to_python(py, inner)?])?
        }
        Value::Stack(frames) => tagged("$stack", all(frames)?)?,
        Value::Redacted(kind) => tagged("$redacted", vec![text(Kind::name(*kind))?])?,
    })
}
