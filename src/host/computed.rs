//! `field field_str field_f64 field_limits discard`: fields whose names a guest computes.
//!
//! In: names in guest memory, values. Out: fields of the record. Bounded: names are numbered in the ledger for the whole
//! session, so a module may make only so many. Never here: a name that is not text.

use std::collections::HashMap;

use waspect_abi::Code;

use super::{HostBudget, State, pack};
use crate::introspect::Introspect;
use crate::introspect::tree::TreeLimits;
use crate::limits;
use crate::report::DropKind;
use crate::value::put;

/// A module's computed names, by number.
#[derive(Default)]
pub(super) struct Names(HashMap<Box<str>, u32>);

impl<I: Introspect> State<I> {
    /// A name's number; one beyond the bound is counted.
    pub(super) fn computed_name(&self, name: &[u8]) -> Result<u32, Code> {
        let name = std::str::from_utf8(name).map_err(|_| Code::Range)?;
        let mut names = self.shared.names.borrow_mut();
        if let Some(id) = names.0.get(name) {
            return Ok(*id);
        }
        if name.is_empty() || name.contains(char::is_control) || name.len() as u64 > limits::NAME_BYTES_MAX {
            return Err(Code::Range);
        }
        if names.0.len() as u64 >= limits::FIELD_NAMES_MAX {
            self.drop_one(DropKind::Fields);
            return Err(Code::Limit);
        }
        let id = self.shared.outlet.name(name);
        names.0.insert(name.into(), id);
        Ok(id)
    }

    /// The number of a name there is still a field for.
    pub(super) fn next_field(&mut self, name: &[u8]) -> Result<Result<u32, Code>, HostBudget> {
        self.charge(name.len())?;
        let id = self.computed_name(name);
        if id.is_ok() && self.fields >= limits::RECORD_FIELDS_MAX {
            self.drop_one(DropKind::Fields);
            return Ok(Err(Code::Limit));
        }
        Ok(id)
    }

    pub(super) fn computed_field(&mut self, name: &[u8], v: u64) -> Result<i32, HostBudget> {
        match self.next_field(name)? {
            Ok(id) => self.field(id, v).map(|()| 0),
            Err(code) => Ok(code.status()),
        }
    }

    pub(super) fn computed_float(&mut self, name: &[u8], x: f64) -> Result<i32, HostBudget> {
        let id = match self.next_field(name)? {
            Ok(id) => id,
            Err(code) => return Ok(code.status()),
        };
        let written = self.add_field(id, |_, _, out| put::float(out, x));
        self.charge(written).map(|()| 0)
    }

    /// For the fields that follow in this firing; never above the module's budget.
    pub(super) fn field_limits(&mut self, bits: i32) {
        let budget = self.shared.tree_limits;
        let given = pack::given(bits, budget);
        self.field_limits = Some(TreeLimits {
            depth: given.depth.min(budget.depth),
            items: given.items.min(budget.items),
            str_bytes: given.str_bytes.min(budget.str_bytes),
            ..budget
        });
        self.work(1);
    }

    /// What a field's value is held to, of at most `left` bytes.
    #[inline]
    pub(super) fn limits_of_fields(&self, left: usize) -> TreeLimits {
        let limits = self.field_limits.unwrap_or(self.shared.tree_limits);
        TreeLimits { budget_bytes: limits.budget_bytes.min(left), ..limits }
    }

    /// Forgets the fields since the last `emit`.
    pub(super) fn discard(&mut self) -> i32 {
        self.record.clear();
        self.fields = 0;
        0
    }
}
