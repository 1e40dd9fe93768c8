//! `str_new bytes_new lit int_new tuple2..4`: values that a guest makes.
//!
//! In: guest memory, numbers, values. Out: handles of this firing, or of literals that never die. Bounded per value and
//! per module. Never here: a Python object.

use waspect_abi::{Code, Kind};

use super::values::Operand;
use super::{HostBudget, State};
use crate::introspect::Introspect;
use crate::introspect::tree::TreeLimits;
use crate::limits;
use crate::value::put;

const BYTES_MAX: usize = limits::MADE_BYTES_MAX as usize;

impl<I: Introspect> State<I> {
    /// A str for this firing; what is no UTF-8 is made that.
    pub(super) fn str_new(&mut self, text: &[u8]) -> Result<u64, HostBudget> {
        if text.len() > BYTES_MAX {
            return Ok(Code::Limit.value());
        }
        let text = String::from_utf8_lossy(text);
        self.make(|out| put::str(out, &text))
    }

    pub(super) fn bytes_new(&mut self, bytes: &[u8]) -> Result<u64, HostBudget> {
        if bytes.len() > BYTES_MAX {
            return Ok(Code::Limit.value());
        }
        self.make(|out| put::bytes(out, bytes))
    }

    /// The literal of that content.
    pub(super) fn lit(&mut self, text: &[u8]) -> Result<u64, HostBudget> {
        self.charge(text.len())?;
        if text.len() > BYTES_MAX {
            return Ok(Code::Limit.value());
        }
        Ok(self.shared.literals.borrow_mut().made(&String::from_utf8_lossy(text)))
    }

    pub(super) fn int_new(&mut self, n: i64) -> Result<u64, HostBudget> {
        let v = self.integer(n);
        self.within_budget().map(|()| v)
    }

    /// A tuple of copies; the first part that is an error is the result.
    pub(super) fn tuple(&mut self, parts: &[u64]) -> Result<u64, HostBudget> {
        let error =
            parts.iter().find_map(|v| if let Operand::Error(code) = self.operand(*v) { Some(code) } else { None });
        if let Some(code) = error {
            return Ok(code.value());
        }
        let limits = TreeLimits { budget_bytes: BYTES_MAX / parts.len().max(1), ..self.tree_limits(BYTES_MAX) };
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        let at = put::open_container(&mut bytes, Kind::Tuple);
        for v in parts {
            // A copy is taken whole, whatever the limits: after the first that is too large there is nothing to add.
            if bytes.len() <= 2 * BYTES_MAX {
                self.encode(*v, &limits, &mut bytes);
            }
        }
        put::close(&mut bytes, at, parts.len());
        self.effort(2 * bytes.len());
        let fits = bytes.len() <= 2 * BYTES_MAX;
        if !fits {
            self.charge(bytes.len())?;
        }
        let made = if fits { self.make(|out| out.extend_from_slice(&bytes)) } else { Ok(Code::Limit.value()) };
        self.scratch = bytes;
        made
    }

    /// Keeps what is written for this firing, and gives the value for it.
    pub(super) fn make(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<u64, HostBudget> {
        let at = self.keep(write);
        self.within_budget()?;
        Ok(self.stored_handle(at))
    }
}
