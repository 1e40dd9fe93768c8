//! `_initialize` and the points without a function: what may be asked for while there is no call.
//!
//! In: an instance's state. Out: the same, told that it starts; the frame and request of a call, where there is one. Never here: a frame or request of whoever loads the
//! module, or of whoever is interrupted to renew it; neither is the module's business.

use std::rc::Rc;

use waspect_abi::Code;

use super::{Firing, State};
use crate::introspect::Introspect;
use crate::limits;
use crate::request::Scope;
use crate::spec::Point;

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

    /// Whether there is a call that could be read: not while an instance starts, nor at `begin`, `end` and `tick`.
    #[inline]
    pub(super) fn has_call(&self) -> bool {
        !self.starting && self.firing.point <= Point::Raise.number()
    }

    /// Why nothing can be read of a call where there is none.
    #[cold]
    pub(super) fn no_call(&self) -> Code {
        if self.firing.point > Point::Raise.number() { Code::Point } else { Code::Absent }
    }

    /// The frame of the call.
    #[inline]
    pub(super) fn here(&self) -> Option<I::Frame> {
        if self.has_call() { I::here() } else { None }
    }

    /// The request that the call runs in.
    #[inline]
    pub(super) fn scope(&self) -> Option<Rc<Scope>> {
        match &self.given {
            _ if !self.has_call() => None,
            Some(given) => Some(given.scope.clone()),
            None => I::request(),
        }
    }

    /// The same, to write to.
    #[inline]
    pub(super) fn own_scope(&self) -> Option<Rc<Scope>> {
        if !self.has_call() || self.given.is_some() { self.scope() } else { I::own_request() }
    }
}
