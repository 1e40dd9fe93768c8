//! Execution without attaching: one probe, on a frame that somebody hands over.
//!
//! In: a frame object, how the call went, a dict for what the request keeps. Out: what the probe emitted, in the session's
//! outlet; what it keeps, as bytes. Never here: a firing without its budget, Python code, a change of the frame.

use std::rc::Rc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrame};

use super::live::Live;
use crate::host::{Firing, Given};
use crate::introspect::cpython::{lend, within};
use crate::request::Scope;

/// Fires one probe of a session's only module. Gives what it wrote to the request: names, and values as bytes.
pub fn execute(
    live: &Live,
    probe: usize,
    frame: &Bound<'_, PyFrame>,
    (point, outcome): (u8, &Bound<'_, PyAny>),
    store: &Bound<'_, PyDict>,
) -> Vec<(String, Vec<u8>)> {
    let Some(guest) = live.guests.first().filter(|_| super::point::has_headroom()) else { return Vec::new() };
    let mut written = Vec::new();
    lend(outcome, |outcome| {
        lend(store, |store| {
            let firing = Firing { point, outcome: (point > 0).then_some(outcome), ..Firing::default() };
            let given = Given { store, scope: Rc::new(Scope::fresh()) };
            within(frame, || written = guest.borrow_mut().fire_given(probe, firing, given));
        });
    });
    written
}
