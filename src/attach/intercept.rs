//! Interception of importlib's own functions, so that modules are met before they run.
//!
//! In: sessions that wait. Out: hooks in a few functions of importlib while somebody waits, and none after. Never here:
//! `sys.meta_path`, an audit hook, anything the application could find.

use std::cell::RefCell;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyCode, PyFunction};

use super::gil::Gil;
use super::pending::{self, Watch};
use super::{code, hook, patch, script, visit};
use crate::bytecode::Shape;

struct Spliced {
    function: Py<PyFunction>,
    original: Py<PyCode>,
    spliced: Py<PyCode>,
}

#[derive(Default)]
struct State {
    watch: Option<Arc<Watch>>,
    spliced: Vec<Spliced>,
}

static STATE: Gil<RefCell<State>> = Gil::new(RefCell::new(State { watch: None, spliced: Vec::new() }));

/// Starts meeting modules; again: takes up functions that have appeared since. `script`: the program has not begun.
pub(super) fn begin(py: Python<'_>, script: bool) {
    let watch = STATE.get(py).borrow().watch.clone();
    let watch = watch.unwrap_or_else(|| Watch::new(Box::new(super::before_run), Box::new(loaded)));
    STATE.get(py).borrow_mut().watch = Some(watch.clone());
    splice_all(py, &watch);
    if script {
        script::arm(py, watch);
    }
}

fn loaded(py: Python<'_>, module: &str) {
    super::after_run(py, module);
    // `runpy` and `zipimport` bring functions of their own to watch.
    if matches!(module, "runpy" | "zipimport") {
        let watch = STATE.get(py).borrow().watch.clone();
        watch.iter().for_each(|watch| splice_all(py, watch));
    }
}

fn splice_all(py: Python<'_>, watch: &Arc<Watch>) {
    for point in pending::points(py) {
        let is_known = |s: &Spliced| s.function.is(&point.function);
        if !STATE.get(py).borrow().spliced.iter().any(is_known) {
            // A function that cannot be rewritten is not watched; its modules are met once they are loaded.
            let spliced = splice(py, &point, watch);
            STATE.get(py).borrow_mut().spliced.extend(spliced);
        }
    }
}

fn splice(py: Python<'_>, point: &pending::Point, watch: &Arc<Watch>) -> Option<Spliced> {
    let function = point.function.bind(py).clone().cast_into::<PyFunction>().ok()?;
    let original = visit::code(&function).cast_into::<PyCode>().ok()?;
    let hook = hook::interceptor(py, watch.clone(), point.returns).ok()?;
    let spliced = code::rewritten(&original, Shape::Token, &[point.argument], &hook).ok()?;
    patch::swap(&function, &original, &spliced).ok()?;
    Some(Spliced { function: function.unbind(), original: original.unbind(), spliced: spliced.unbind() })
}

/// Nobody waits any more: the functions get their own code back.
pub(super) fn end(py: Python<'_>) {
    let state = std::mem::take(&mut *STATE.get(py).borrow_mut());
    script::disarm(py);
    for s in state.spliced {
        // If the function has another code by now, it is somebody else's.
        let _ = patch::swap(s.function.bind(py), s.spliced.bind(py), s.original.bind(py));
    }
}
