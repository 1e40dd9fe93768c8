//! `req`, `req.set`, `req.add`, `request`, `task`, `speculate`, `commit`, `forget`: what a request keeps and holds back, and which request and task this is.
//!
//! In: values, copied. Out: the copies. Bounded per request. Never here: a reference into the application, or another
//! request's value.

use std::rc::Rc;

use waspect_abi::{Code, NONE, TAG_HANDLE};

use super::number::{Number, sum};
use super::{HostBudget, State};
use crate::introspect::Introspect;
use crate::outlet::Speculation;
use crate::request::{Kept, Key};
use crate::value::{is_redacted, put};

impl<I: Introspect> State<I> {
    /// What the request keeps; None when nothing, or outside of any.
    #[inline]
    pub(super) fn req(&mut self, key: Key) -> Result<u64, HostBudget> {
        match self.scope().and_then(|scope| scope.get(key)) {
            None => Ok(self.given_req(key)),
            Some(Kept::Bits(bits)) => Ok(bits),
            Some(Kept::Int(n)) => {
                self.charge(0)?;
                Ok(self.integer(n))
            }
            Some(Kept::Bytes(bytes)) => {
                self.charge(bytes.len())?;
                let at = self.keep(|out| out.extend_from_slice(&bytes));
                Ok(self.stored_handle(at))
            }
        }
    }

    /// What the store has that came with a frame.
    #[cold]
    fn given_req(&mut self, key: Key) -> u64 {
        let Some(given) = &self.given else { return NONE };
        let name = self.shared.kept.iter().find(|(of, ..)| *of == key);
        if name.is_some_and(|(_, text, _)| self.shared.redaction.hides(text.as_bytes())) {
            return Code::Denied.value();
        }
        let found = name.and_then(|(_, _, name)| I::key(given.store, name).ok());
        found.map_or(NONE, |o| self.object(o))
    }

    /// Keeps a copy of a value for the rest of the request.
    #[inline]
    pub(super) fn req_set(&mut self, key: Key, v: u64) -> Result<i32, HostBudget> {
        let Some(scope) = self.own_scope() else { return Ok(Code::Absent.status()) };
        let kept = self.kept(v)?;
        Ok(scope.set(key, kept).map_or(Code::Limit.status(), |()| 0))
    }

    /// Adds to a number that the request keeps, 0 at first; gives the sum.
    pub(super) fn req_add(&mut self, key: Key, v: u64) -> Result<u64, HostBudget> {
        self.charge(0)?;
        let Some(scope) = self.own_scope() else { return Ok(Code::Absent.value()) };
        let before = match scope.get(key) {
            None | Some(Kept::Bits(NONE)) => match self.given_req(key) {
                NONE => Ok(Number::Int(0)),
                given => self.number(given),
            },
            Some(Kept::Bits(bits)) => self.number(bits),
            Some(Kept::Int(n)) => Ok(Number::Int(n)),
            Some(Kept::Bytes(_)) => Err(Code::Kind),
        };
        let sum = before.and_then(|before| sum(before, self.number(v)?));
        self.within_budget()?;
        let value = match sum {
            Err(code) => return Ok(code.value()),
            Ok(Number::Int(n)) => self.integer(n),
            Ok(Number::Float(x)) => super::values::float(x),
        };
        let kept = match sum {
            Ok(Number::Int(n)) if value >> 48 == TAG_HANDLE => Kept::Int(n),
            _ => Kept::Bits(value),
        };
        Ok(scope.set(key, kept).map_or(Code::Limit.value(), |()| value))
    }

    /// What the probe wrote for whoever handed the frame over: names, and values as bytes.
    pub fn written(&mut self) -> Vec<(String, Vec<u8>)> {
        let (Some(given), shared) = (self.given.take(), self.shared.clone()) else { return Vec::new() };
        let of = |(key, name, _): &(Key, String, I::Name)| {
            let mut bytes = Vec::new();
            match given.scope.get(*key)? {
                Kept::Bits(bits) => self.encode(bits, &self.shared.tree_limits, &mut bytes),
                Kept::Int(n) => put::int(&mut bytes, n),
                Kept::Bytes(kept) => bytes.extend_from_slice(&kept),
            }
            Some((name.clone(), bytes))
        };
        shared.kept.iter().filter_map(of).collect()
    }

    /// Holds this request's records back from now on; once more changes nothing.
    pub(super) fn speculate(&mut self) -> i32 {
        let Some(scope) = self.scope() else { return Code::Absent.status() };
        self.wrote = true;
        let begun = scope.hold(self.shared.outlet.number(), || Rc::new(Speculation::default()));
        if begun { 0 } else { Code::Absent.status() }
    }

    /// Delivers what was held back, or drops it; from now on records are delivered again.
    pub(super) fn decide(&mut self, wanted: bool) -> i32 {
        let outlet = &self.shared.outlet;
        let held = self.scope().and_then(|scope| scope.let_go(outlet.number()));
        let Some(speculation) = held.as_ref().and_then(|held| held.downcast_ref::<Speculation>()) else {
            return Code::Absent.status();
        };
        let (bytes, delivered) = outlet.decide(speculation, wanted);
        self.wrote = true;
        self.effort(bytes / 8);
        if delivered { 0 } else { Code::Dropped.status() }
    }

    /// `r-19`; None outside a request.
    pub(super) fn request(&mut self) -> u64 {
        let Some(scope) = I::request().filter(|_| self.has_call()) else { return NONE };
        let at = self.keep(|out| put::str(out, &format!("r-{}", scope.number())));
        self.stored_handle(at)
    }

    /// The running asyncio task's name; None outside a task.
    pub(super) fn task(&mut self) -> u64 {
        let Some(name) = I::task_name().filter(|_| self.has_call()) else { return NONE };
        let at = self.keep(|out| put::str(out, &name));
        self.stored_handle(at)
    }

    /// A copy that outlives the firing and means the same to every module of the session.
    #[inline]
    fn kept(&mut self, v: u64) -> Result<Kept, HostBudget> {
        if v >> 48 != TAG_HANDLE {
            return Ok(Kept::Bits(v));
        }
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        self.encode(v, &self.tree_limits(usize::MAX), &mut bytes);
        let kept = match is_redacted(&bytes) {
            true => Kept::Bits(Code::Denied.value()),
            false => Kept::Bytes(bytes.as_slice().into()),
        };
        let cost = bytes.len();
        self.scratch = bytes;
        self.charge(cost).map(|()| kept)
    }
}
