//! Doors for the tests in Python: the resolver's rooms with plain Python values around them.
//!
//! In: Python values. Out: lists and tuples. Never here: anything the product uses.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyFunction, PyTuple};

use super::pending::{self, Return, Watch};
use super::point::Point;
use super::{code, explain, hook, inner, patch, script, target, visit};
use crate::bytecode::Shape;
use crate::spec::Target;

type FoundRow = (String, String, Py<PyAny>, Vec<Py<PyAny>>);
type InnerRow = (String, String, Py<PyAny>, Vec<Py<PyAny>>, Vec<usize>, Py<PyAny>);

static WATCH: Mutex<Option<Arc<Watch>>> = Mutex::new(None);

/// Adds the doors to the extension module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_rewrite, module)?)?;
    module.add_function(wrap_pyfunction!(_revert, module)?)?;
    module.add_function(wrap_pyfunction!(_instrument, module)?)?;
    module.add_function(wrap_pyfunction!(_find, module)?)?;
    module.add_function(wrap_pyfunction!(_not_python, module)?)?;
    module.add_function(wrap_pyfunction!(_inner, module)?)?;
    module.add_function(wrap_pyfunction!(_explain, module)?)?;
    module.add_function(wrap_pyfunction!(_functions_of, module)?)?;
    module.add_function(wrap_pyfunction!(_watch, module)?)?;
    module.add_function(wrap_pyfunction!(_points, module)?)?;
    module.add_function(wrap_pyfunction!(_on_return, module)?)?;
    module.add_function(wrap_pyfunction!(_arm_script, module)?)
}

/// Takes back a rule of rewriting, for what is rewritten from now on.
#[pyfunction]
fn _revert(rule: &str) -> PyResult<()> {
    let known = crate::bytecode::reverted::revert(rule);
    known.then_some(()).ok_or_else(|| PyValueError::new_err(format!("no rule `{rule}`")))
}

/// (module, qualname, code, functions) for each group.
#[pyfunction]
fn _find(py: Python<'_>, target: &str) -> Vec<FoundRow> {
    let groups = target::find(py, &parsed(target)).groups;
    groups.into_iter().map(|g| (g.module, g.qualname, g.code, g.functions)).collect()
}

/// (name, type) for each callable that matches and is not a Python function.
#[pyfunction]
fn _not_python(py: Python<'_>, target: &str) -> Vec<(String, String)> {
    target::find(py, &parsed(target)).not_python.into_iter().map(|n| (n.name, n.kind)).collect()
}

/// (module, qualname, holder code, functions, path, inner code).
#[pyfunction]
fn _inner(py: Python<'_>, target: &str) -> Vec<InnerRow> {
    let rows = inner::inner(py, &parsed(target)).into_iter();
    rows.map(|i| (i.module, i.qualname, i.holder, i.functions, i.path, i.code)).collect()
}

#[pyfunction]
fn _explain(py: Python<'_>, target: &str) -> String {
    explain::explain(py, &parsed(target)).text
}

#[pyfunction]
fn _functions_of(py: Python<'_>, codes: Vec<Bound<'_, PyAny>>) -> Vec<Py<PyAny>> {
    let codes = codes.iter().map(|c| c.as_ptr() as usize).collect::<HashSet<_>>();
    target::functions_of(py, &codes).into_iter().map(|f| f.into_any().unbind()).collect()
}

/// Makes the watch: `transform(modules, code)`, `loaded(module)`.
#[pyfunction]
fn _watch(transform: Py<PyAny>, loaded: Py<PyAny>) {
    let watch = Watch::new(
        Box::new(move |modules, code| {
            let py = code.py();
            not_none(transform.bind(py).call1((PyTuple::new(py, modules).ok()?, code)))
        }),
        Box::new(move |py, name| drop(loaded.bind(py).call1((name,)))),
    );
    *WATCH.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
}

/// (function, argument, returns) for each function to hook.
#[pyfunction]
fn _points(py: Python<'_>) -> Vec<(Py<PyAny>, u16, String)> {
    pending::points(py).into_iter().map(|p| (p.function, p.argument, format!("{:?}", p.returns))).collect()
}

#[pyfunction]
fn _on_return<'py>(
    returns: &str,
    argument: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> Option<Bound<'py, PyAny>> {
    let returns = match returns {
        "Code" => Return::Code,
        "Module" => Return::Module,
        _ => Return::Script,
    };
    watch()?.on_return(returns, Some(argument), value)
}

#[pyfunction]
fn _arm_script(py: Python<'_>) -> bool {
    watch().is_some_and(|w| script::arm(py, w))
}

fn watch() -> Option<Arc<Watch>> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn not_none(result: PyResult<Bound<'_, PyAny>>) -> Option<Py<PyAny>> {
    result.ok().filter(|r| !r.is_none()).map(Bound::unbind)
}

fn parsed(target: &str) -> Target {
    // One part alone is no target to users; the tests ask for it to see what is said.
    let part =
        |name: &str| if name == "**" { crate::spec::Part::Any } else { crate::spec::Part::Name(name.to_owned()) };
    target.parse().unwrap_or_else(|_| Target { parts: target.split(['.', ':']).map(part).collect() })
}

/// Puts native hooks that fire nothing into a function, entry and exit: what every probed function at least has.
#[pyfunction]
fn _instrument(function: &Bound<'_, PyFunction>) -> PyResult<()> {
    let py = function.py();
    let hook = hook::new(py, Rc::new(Point::default()), [-1; 2])?;
    let original = visit::code(function).cast_into::<PyCode>()?;
    let hooked = code::rewritten(&original, Shape::Token, &[], &hook)?;
    patch::swap(function, &original, &hooked).map(drop)
}

/// `code` with `hook` in it, in the shape `entry` or `token`. `want`: indexes of parameters, `None` for all.
#[pyfunction]
#[pyo3(signature = (code, hook, shape, want))]
fn _rewrite<'py>(
    code: &Bound<'py, PyCode>,
    hook: &Bound<'py, PyAny>,
    shape: &str,
    want: Option<Vec<u16>>,
) -> PyResult<Bound<'py, PyCode>> {
    let shape = match shape {
        "entry" => Shape::Entry,
        "token" => Shape::Token,
        other => return Err(PyValueError::new_err(format!("shape `{other}`, expected `entry` or `token`"))),
    };
    let want = match want {
        Some(want) => want,
        None => (0..u16::try_from(code::read(code)?.parameters())?).collect(),
    };
    Ok(code::rewritten(code, shape, &want, hook)?)
}
