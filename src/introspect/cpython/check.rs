//! The start-up check: does this interpreter keep things where `layout` says?
//!
//! In: the running interpreter. Out: Ok, or the first thing that is not as expected. Never here: a read that was not
//! preceded by the cheaper one it relies on. Load path: runs a few lines of Python of its own.

use std::sync::{Arc, Mutex};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyModule};
use waspect_abi::Code;

use super::{CPython, Frame, Obj, current_frame, keyed, layout, lend, name};
use crate::introspect::{Child, Introspect, Key as AnyKey, Look, Spot, Walk, Whole};

/// Sample objects: every form of storage that is read, with values that no other form would give.
const SAMPLES: &std::ffi::CStr = cr#"
class Inline:
    def __init__(self):
        self.first, self.second = 101, 102
class Slots:
    __slots__ = ("left", "right")
class Mixed(Slots):
    shared = 107
inline = Inline()
split = Inline(); split.__dict__
combined = Inline(); combined.__dict__ = {"first": 103, "second": 104}
slots = Slots(); slots.left, slots.right = 105, 106
mixed = Mixed(); mixed.left, mixed.right, mixed.own = 1, 2, 108
error = ValueError(109); error.note = 110
table = {"first": 111, 5: 112, -1: 113, (1,): 114}
wide = dict.fromkeys(range(300), 127)
middling = {f"key{i}": i for i in range(300)}
names = {"first": 115, "second": 116}
members = {117}
def frame(a, b=1, *rest, c=2, **kw):
    d = 120
    def inner():
        look()
        return a, d
    return inner
def run():
    return frame(118, 119, 121, 122, c=123, e=124)()
def direct(a, b=1, *rest, c=2, **kw):
    d = 125
    look()
def generator():
    e = 126
    look()
    yield
class Same:
    def __init__(self, n): self.n = n
    def __hash__(self): return self.n
keys = [None, True, 0, -1, -2, 2**61 - 1, 2**63 - 1, -2**63, 2**64, -10**30, 2**1000, 0.0, -0.0, 0.5, -1.0, 1e300, -5e-324,
        2.0**61, 1.5e19, float("inf"), float("-inf"), "", "text", "\xe9", "\u4e2d", "\U0001f40d", "a" * 300, b"", b"text",
        (), (1,), (1, ("a", None, b"b"), 2.5), ("x",) * 9]
table_of_keys, set_of_keys = {k: 128 for k in keys}, set(keys)
crowded = {Same(n * 8) for n in range(40)} | {328}
def task():
    import sys
    if "_asyncio" not in sys.modules:
        return None
    made = sys.modules["_asyncio"].Task
    if type(made) is not type or not made.__flags__ & 1 << 8:  # replaced by something that can be written to
        return None
    made = made.__new__(made)
    made.set_name("waspect")
    return made
"#;

/// Whether this is the interpreter that the process began with. What an agent keeps is under that one's lock.
pub fn is_main_interpreter() -> bool {
    // SAFETY: called while a module is made, so with a thread state; both only give pointers, which are compared.
    unsafe { pyo3::ffi::PyInterpreterState_Get() == pyo3::ffi::PyInterpreterState_Main() }
}

/// Refuses an interpreter whose objects are not laid out as this extension reads them.
///
/// # Errors
/// What was expected, and what was found.
pub fn self_check() -> Result<(), String> {
    Python::attach(|py| {
        version(py)?;
        name::known();
        super::task::prepare();
        super::awaits::prepare();
        let samples = PyModule::new(py, "waspect_check").map_err(|e| e.to_string())?.dict();
        scalars(py)?;
        py.run(SAMPLES, Some(&samples), None).map_err(|e| e.to_string())?;
        containers(&samples)?;
        objects(&samples)?;
        keys(&samples)?;
        context(py)?;
        versions(py)?;
        task_names(&samples)?;
        frames(py, &samples)
    })
}

fn version(py: Python<'_>) -> Result<(), String> {
    let expected = if cfg!(Py_3_13) {
        13
    } else if cfg!(Py_3_12) {
        12
    } else {
        11
    };
    let found = py.version_info();
    if (found.major, found.minor) != (3, expected) {
        return Err(format!("expected CPython 3.{expected}, found {}.{}", found.major, found.minor));
    }
    let build = Python::version_str();
    if build.contains("free-threading")
        || cfg!(Py_GIL_DISABLED)
        || cfg!(not(all(target_arch = "x86_64", target_os = "linux")))
    {
        return Err(format!("expected a build with a GIL on x86-64 Linux, found `{build}`"));
    }
    Ok(())
}

/// One expectation.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, found: T) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected:?}, found {found:?}")) }
}

fn scalars(py: Python<'_>) -> Result<(), String> {
    for n in [0, 1, -1, 1 << 29, 1 << 30, -(1 << 30), 1 << 59, 1 << 60, i64::MAX, i64::MIN] {
        let n_py = n.into_pyobject(py).map_err(|e| e.to_string())?;
        same("an int", Look::Int(n), lend(n_py.as_any(), CPython::look))?;
    }
    let x = 1.5_f64.into_pyobject(py).map_err(|e| e.to_string())?;
    same("a float", Look::Float(1.5), lend(x.as_any(), CPython::look))?;
    same("None", Look::None, lend(py.None().bind(py), CPython::look))?;
    for text in ["", "ascii", "b\u{e9}", "\u{4e2d}\u{6587}", "\u{1f40d} snake"] {
        let s = text.into_pyobject(py).map_err(|e| e.to_string())?;
        let mut read = Vec::new();
        lend(s.as_any(), |s| CPython::text(s, 100, &mut read));
        same("a str", text.as_bytes(), &read)?;
    }
    Ok(())
}

fn sample<R>(samples: &Bound<'_, PyDict>, name: &str, read: impl FnOnce(Obj) -> R) -> Result<R, String> {
    let missing = || format!("expected sample `{name}`, found none");
    let object = samples.get_item(name).ok().flatten().ok_or_else(missing)?;
    Ok(lend(&object, read))
}

/// An int that was read, as text that says so.
fn int(read: Result<Obj, Code>) -> String {
    format!("{:?}", read.map(CPython::look))
}

fn number(n: i64) -> String {
    format!("{:?}", Ok::<_, Code>(Look::Int(n)))
}

fn containers(samples: &Bound<'_, PyDict>) -> Result<(), String> {
    let first = CPython::name("first");
    for (what, n) in [("table", 111), ("names", 115)] {
        same(what, number(n), int(sample(samples, what, |o| CPython::key(o, &first))?))?;
    }
    for (i, n) in [(5, 112), (-1, 113)] {
        same("a dict of any keys", number(n), int(sample(samples, "table", |o| CPython::index(o, i))?))?;
    }
    // Tables of more than 2^7 places have wider indices.
    for n in [0, 77, 299] {
        let name = CPython::name(&format!("key{n}"));
        same("a middling dict", number(n), int(sample(samples, "middling", |o| CPython::key(o, &name))?))?;
    }
    for i in [0, 77, 299] {
        same("a middling dict of any keys", number(127), int(sample(samples, "wide", |o| CPython::index(o, i))?))?;
    }
    same("a set", vec![117], sample(samples, "members", ints)?)
}

/// The int children of an object, in order.
fn ints(o: Obj) -> Vec<i64> {
    let mut all = Vec::new();
    CPython::children(o, &mut |child| {
        let (Child::Item(o) | Child::Pair(_, o) | Child::Field(_, o)) = child else { return Walk::On };
        if let Look::Int(n) = CPython::look(o) {
            all.push(n);
        }
        Walk::On
    });
    all
}

fn objects(samples: &Bound<'_, PyDict>) -> Result<(), String> {
    let attrs = [
        ("inline", "second", 102),
        ("split", "second", 102),
        ("combined", "second", 104),
        ("slots", "right", 106),
        ("mixed", "right", 2),
        ("mixed", "own", 108),
        ("mixed", "shared", 107),
        ("error", "note", 110),
    ];
    for (what, attribute, n) in attrs {
        let name = CPython::name(attribute);
        for read in ["first read", "later read"] {
            let found = int(sample(samples, what, |o| CPython::attr(o, &name))?);
            same(&format!("{read} of `{what}.{attribute}`"), number(n), found)?;
        }
    }
    for (what, values) in [("inline", vec![101, 102]), ("split", vec![101, 102]), ("slots", vec![105, 106])] {
        same(&format!("fields of `{what}`"), values, sample(samples, what, ints)?)?;
    }
    Ok(())
}

/// Everything that can be looked up by is hashed as the interpreter hashes it, and found in tables that it filled.
fn keys(samples: &Bound<'_, PyDict>) -> Result<(), String> {
    let get = |name: &str| samples.get_item(name).ok().flatten().ok_or_else(|| format!("expected sample `{name}`"));
    let (all, table, set) = (get("keys")?, get("table_of_keys")?, get("set_of_keys")?);
    for key in all.try_iter().map_err(|e| e.to_string())?.flatten() {
        let own = lend(&key, keyed::hash_as_key).map_err(Code::name);
        same(&format!("the hash of {key}"), Ok(key.hash().unwrap_or(-1)), own)?;
        let by = lend(&key, CPython::as_key).map_err(Code::name)?;
        same(&format!("by {key}"), number(128), int(lend(&table, |table| CPython::get(table, &by))))?;
        same(&format!("with {key}"), Ok(true), lend(&set, |set| CPython::has(set, &by)))?;
    }
    let absent = AnyKey::Int(9);
    same("a set without it", Ok(false), lend(&set, |set| CPython::has(set, &absent)))?;
    let crowd = get("crowded")?;
    same("a crowded set", Ok(true), lend(&crowd, |set| CPython::has(set, &AnyKey::Int(328))))
}

/// A thread's context is where it is looked for, and a weak reference to it tells which one it is.
fn context(py: Python<'_>) -> Result<(), String> {
    let made = |object| {
        // SAFETY: the lock is held; a new reference or null.
        unsafe { Bound::from_owned_ptr_or_err(py, object) }.map_err(|e: PyErr| e.to_string())
    };
    // SAFETY: the lock is held; the context is live, and left as soon as it was looked at.
    unsafe {
        let context = made(ffi::PyContext_CopyCurrent())?;
        let weak = made(ffi::PyWeakref_NewRef(context.as_ptr(), std::ptr::null_mut()))?;
        same("entering a context", 0, ffi::PyContext_Enter(context.as_ptr()))?;
        let running = layout::running_context(ffi::PyThreadState_Get());
        let left = ffi::PyContext_Exit(context.as_ptr());
        same("leaving a context", 0, left)?;
        same("the running context", context.as_ptr(), running)?;
        same("a weak reference", context.as_ptr(), layout::weakly(weak.as_ptr()))
    }
}

/// A change of a dict is seen.
fn versions(py: Python<'_>) -> Result<(), String> {
    let dict = PyDict::new(py);
    // SAFETY: a live dict.
    let version = || lend(dict.as_any(), |dict| unsafe { layout::dict_version(dict) });
    let [first, again] = [version(), version()];
    same("the version of a dict", first, again)?;
    dict.set_item(0, 0).map_err(|e| e.to_string())?;
    same("another version of a dict", true, first != version())
}

/// Only where asyncio is there already: it is the application's to import. Later its tasks' size tells.
fn task_names(samples: &Bound<'_, PyDict>) -> Result<(), String> {
    let task = samples.get_item("task").ok().flatten().and_then(|task| task.call0().ok());
    let Some(task) = task.filter(|task| !task.is_none()) else { return Ok(()) };
    let mut name = Vec::new();
    lend(&task, |task| super::task::own_name(task).map(|own| CPython::text(own, 100, &mut name)));
    same("the name of a task", b"waspect".as_slice(), &name)
}

/// Calls sample functions that call back, and reads their frames from within.
fn frames(py: Python<'_>, samples: &Bound<'_, PyDict>) -> Result<(), String> {
    seen(py, samples, "run", |f| {
        let [a, d] = ["a", "d"].map(CPython::name);
        same("a free variable", [number(118), number(120)], [&a, &d].map(|n| int(CPython::closure(f, n))))?;
        same("the line of a frame", 23, CPython::line(f))
    })?;
    seen(py, samples, "direct", |f| {
        let d = CPython::name("d");
        same("arguments", [1, 2, 3, 4].map(number), [0, 1, 2, -1].map(|i| int(CPython::arg(f, i))))?;
        same("a local", number(125), int(CPython::local(f, &d)))?;
        let mut kwargs = Vec::new();
        CPython::whole(f, Whole::Kwargs, &mut |child| {
            kwargs.extend(if let Child::Field(name, _) = child { Some(name.to_owned()) } else { None });
            Walk::On
        });
        same("keyword arguments", vec!["e".to_owned()], kwargs)?;
        let globals = CPython::name("direct");
        same("a global", true, CPython::global(f, &globals).is_ok())
    })?;
    seen(py, samples, "generator", |f| {
        same("a generator's local", number(126), int(CPython::local(f, &CPython::name("e"))))?;
        let generator = f.generator().and_then(Frame::inside);
        same("a generator by its frame", Some(f), generator)?;
        let mut name = Vec::new();
        CPython::spot(f, Spot::Qualname, 100, &mut name);
        same("a frame's name", b"generator".as_slice(), &name)?;
        same("the frame of the caller", true, f.previous().is_some())
    })
}

/// Lets sample `name` call back once, and `read` look at the frame that did.
fn seen(
    py: Python<'_>,
    samples: &Bound<'_, PyDict>,
    name: &str,
    read: impl Fn(Frame) -> Result<(), String> + Send + Sync + 'static,
) -> Result<(), String> {
    let told = Arc::new(Mutex::new(None));
    let tell = told.clone();
    let look = PyCFunction::new_closure(py, None, None, move |_, _| {
        let found = current_frame().map_or_else(|| Err("expected a running frame, found none".to_owned()), &read);
        tell.lock().is_ok_and(|mut tell| tell.replace(found).is_none())
    });
    let call = c"next(generator()) if name == 'generator' else direct(1, 2, 3, 4, e=5) if name == 'direct' else run()";
    look.and_then(|look| samples.set_item("look", look))
        .and_then(|()| samples.set_item("name", name))
        .and_then(|()| py.eval(call, Some(samples), None))
        .map_err(|e| e.to_string())?;
    let told = told.lock().ok().and_then(|mut told| told.take());
    told.unwrap_or_else(|| Err(format!("expected a call from sample `{name}`, found none")))
}
