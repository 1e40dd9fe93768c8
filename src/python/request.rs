//! `with waspect.request():`: a request that the program itself begins.
//!
//! In: entering and leaving. Out: a request of the running context. Never here: what a request keeps.

use std::cell::RefCell;

use pyo3::prelude::*;

use crate::attach::gil::Gil;
use crate::introspect::cpython::context::{self, Entered};
use crate::request::Opening;

/// One place where requests begin; may be entered again inside itself.
#[pyclass(frozen, module = "waspect._core")]
pub(super) struct Request {
    entered: Gil<RefCell<Vec<Option<Entered>>>>,
}

#[pymethods]
impl Request {
    #[new]
    fn new() -> Self {
        context::prepare();
        Self { entered: Gil::new(RefCell::default()) }
    }

    fn __enter__<'py>(slf: Bound<'py, Self>) -> Bound<'py, Self> {
        let opened = context::open(Opening::Child);
        slf.get().entered.get(slf.py()).borrow_mut().push(opened);
        slf
    }

    fn __exit__(&self, py: Python<'_>, _kind: &Bound<'_, PyAny>, _error: &Bound<'_, PyAny>, _trace: &Bound<'_, PyAny>) {
        let entered = self.entered.get(py).borrow_mut().pop();
        if let Some(entered) = entered.flatten() {
            context::leave(entered);
        }
    }
}
