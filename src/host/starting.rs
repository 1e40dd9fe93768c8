//! `_initialize`: what an instance's start may ask for, while there is no call.
//!
//! In: an instance's state. Out: the same, told that it starts. Never here: a frame or request of whoever loads the
//! module, or of whoever is interrupted to renew it; neither is the module's business.

use std::rc::Rc;

use super::{Firing, State};
use crate::introspect::Introspect;
use crate::limits;
use crate::request::Scope;

impl<I: Introspect> State<I> {
    /// `_initialize` begins, on the account of a probe.
    pub fn begin_start(&mut self, probe: usize) {
        self.begin(Firing::default(), probe, limits::INITIALIZE_FUEL_MAX);
        self.starting = true;
    }

    /// `_initialize` is over, and what it made in passing is gone.
    pub fn end_start(&mut self) {
        self.end_lines();
        self.starting = false;
        self.forget();
    }

    /// The frame of the call.
    #[inline]
    pub(super) fn here(&self) -> Option<I::Frame> {
        if self.starting { None } else { I::here() }
    }

    /// The request that the call runs in.
    #[inline]
    pub(super) fn scope(&self) -> Option<Rc<Scope>> {
        match &self.given {
            _ if self.starting => None,
            Some(given) => Some(given.scope.clone()),
            None => I::request(),
        }
    }

    /// The same, to write to.
    #[inline]
    pub(super) fn own_scope(&self) -> Option<Rc<Scope>> {
        if self.starting || self.given.is_some() { self.scope() } else { I::own_request() }
    }
}
