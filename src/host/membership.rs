//! `in`: whether a builtin container has an item.
//!
//! In: an item and a container. Out: 1, 0, or a code below zero. Never here: `__contains__` or `__eq__` of the application.

use waspect_abi::{Code, Kind};

use super::copies::{is_key, whole};
use super::values::Operand;
use super::{HostBudget, Ref, State};
use crate::introspect::{Child, Introspect, Walk, Whole, tree};
use crate::value::Value;

/// Items of a list or tuple compared at most.
const ITEMS_MAX: usize = 4_096;

impl<I: Introspect> State<I> {
    pub(super) fn is_in(&mut self, v: u64, of: u64) -> Result<i32, HostBudget> {
        self.charge(0)?;
        if let Operand::Error(code) = self.operand(v) {
            return Ok(code.status());
        }
        match self.operand(of) {
            Operand::Error(code) => Ok(code.status()),
            Operand::Ref(Ref::Object(o)) => match I::membership(o) {
                Ok(Kind::List | Kind::Tuple) => self.among(v, |visit| I::children(o, visit)),
                Ok(_) => Ok(Code::Kind.status()),
                Err(_) => match self.as_key(v)? {
                    Ok(key) => Ok(answer(I::has(o, &key))),
                    Err(code) => Ok(code.status()),
                },
            },
            Operand::Ref(Ref::Whole(Whole::Args)) if self.hides_args() => Ok(Code::Denied.status()),
            Operand::Ref(Ref::Whole(Whole::Args)) => self.among(v, |visit| {
                if let Some(frame) = I::here() {
                    I::whole(frame, Whole::Args, visit);
                }
            }),
            Operand::Ref(Ref::Whole(which)) => match self.as_key(v)? {
                Ok(key) => Ok(answer(self.in_whole(which, &key)?.map(|found| found.is_some()))),
                Err(code) => Ok(code.status()),
            },
            Operand::Ref(Ref::Stored(at)) => self.in_copy(v, at),
            _ => Ok(Code::Kind.status()),
        }
    }

    /// Whether to compare with the arguments would be to compare with one that is withheld.
    fn hides_args(&self) -> bool {
        I::here().is_some_and(|frame| tree::hides_any_arg::<I>(frame, &self.shared.redaction))
    }

    fn in_copy(&mut self, v: u64, at: u32) -> Result<i32, HostBudget> {
        let (key, value) = (self.as_key(v)?, self.copy(at)?);
        let (Ok(key), Some(value)) = (key, value) else { return Ok(Code::Kind.status()) };
        let is = |own: &Value| is_key::<I>(own, &key);
        Ok(answer(whole(&value).and_then(|(inner, cut)| {
            let found = match inner {
                Value::List(all) | Value::Tuple(all) | Value::Set(all) | Value::FrozenSet(all) | Value::Stack(all) => {
                    all.iter().any(is)
                }
                Value::Dict(all) => all.iter().any(|(own, _)| is(own)),
                _ => return Err(Code::Kind),
            };
            if !found && cut { Err(Code::Limit) } else { Ok(found) }
        })))
    }

    /// Compares with each item in turn, as `eq` does.
    fn among(
        &mut self,
        v: u64,
        walk: impl FnOnce(&mut dyn FnMut(Child<'_, I::Obj>) -> Walk),
    ) -> Result<i32, HostBudget> {
        let (mut end, mut left) = (Ok(0), ITEMS_MAX);
        let handles = self.handles.len();
        walk(&mut |child| {
            let Child::Item(item) = child else { return Walk::On };
            if left == 0 {
                end = Ok(Code::Limit.status());
                return Walk::Stop;
            }
            left -= 1;
            let own = self.object(item);
            end = self.charge(0).and_then(|()| self.eq(v, own));
            self.handles.truncate(handles);
            if matches!(end, Ok(0)) { Walk::On } else { Walk::Stop }
        });
        end
    }
}

/// A NaN, which is absent everywhere, is in nothing.
fn answer(found: Result<bool, Code>) -> i32 {
    match found {
        Err(Code::Absent) => 0,
        found => found.map_or_else(Code::status, i32::from),
    }
}
