//! Interception of importlib's own functions, so that modules are met before they run.
//!
//! In: sessions that wait. Out: hooks in a few functions of importlib while somebody waits, and none after. Never here:
//! `sys.meta_path`, an audit hook, anything the application could find.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyCode, PyFunction};

use super::gil::Gil;
use super::pending::{self, Watch};
use super::{code, hook, patch, script, visit};
use crate::bytecode::Shape;

/// A function of importlib's, and the code it has while somebody waits.
struct Spliced {
    function: Py<PyFunction>,
    original: Py<PyCode>,
    spliced: Py<PyCode>,
}

/// What was spliced once is kept: whatever order threads begin and end in, each function's own code is known.
#[derive(Default)]
struct State {
    watch: Option<Arc<Watch>>,
    waiting: bool,
    spliced: Vec<Rc<Spliced>>,
}

static STATE: Gil<RefCell<State>> = Gil::new(RefCell::new(State { watch: None, waiting: false, spliced: Vec::new() }));

/// Starts meeting modules; again: takes up functions that have appeared since. `script`: the program has not begun.
pub(super) fn begin(py: Python<'_>, script: bool) {
    let mut state = STATE.get(py).borrow_mut();
    let watch = state.watch.get_or_insert_with(|| Watch::new(Box::new(super::before_run), Box::new(loaded))).clone();
    state.waiting = true;
    drop(state);
    splice_all(py, &watch);
    if script {
        script::arm(py, watch);
    }
}

/// Nobody waits any more: the functions get their own code back.
pub(super) fn end(py: Python<'_>) {
    STATE.get(py).borrow_mut().waiting = false;
    script::disarm(py);
    settle(py);
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
        if !is_known(py, &point.function) {
            // A function that cannot be rewritten is not watched; its modules are met once they are loaded.
            let new = splice(py, &point, watch);
            if !is_known(py, &point.function) {
                STATE.get(py).borrow_mut().spliced.extend(new.map(Rc::new));
            }
        }
    }
    settle(py);
}

fn is_known(py: Python<'_>, function: &Py<PyAny>) -> bool {
    STATE.get(py).borrow().spliced.iter().any(|s| s.function.is(function))
}

fn splice(py: Python<'_>, point: &pending::Point, watch: &Arc<Watch>) -> Option<Spliced> {
    let function = point.function.bind(py).clone().cast_into::<PyFunction>().ok()?;
    let original = visit::code(&function).cast_into::<PyCode>().ok()?;
    let hook = hook::interceptor(py, watch.clone(), point.returns).ok()?;
    let spliced = code::rewritten(&original, Shape::Token, &[point.argument], &hook).ok()?;
    Some(Spliced { function: function.unbind(), original: original.unbind(), spliced: spliced.unbind() })
}

/// Gives each function the code it shall have now.
fn settle(py: Python<'_>) {
    let all = STATE.get(py).borrow().spliced.clone();
    for each in all {
        let function = each.function.bind(py);
        loop {
            let (to, from) = match STATE.get(py).borrow().waiting {
                true => (&each.spliced, &each.original),
                false => (&each.original, &each.spliced),
            };
            // With another code than either it is somebody else's.
            if !visit::code(function).is(from) || patch::swap(function, from.bind(py), to.bind(py)).is_err() {
                break;
            }
        }
    }
}
