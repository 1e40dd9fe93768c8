//! `map.get map.set map.del map.add`: maps that the modules of one session share.
//!
//! In: keys as an aggregation has them, values, copied. Out: the copies. Bounded by entries and bytes; reaching a bound
//! is counted and LIMIT. Never here: a handle that is kept (a literal is one module's own), or a wait: firings of one
//! process are one at a time, so `add` is atomic.

use waspect_abi::{Code, Kind, TAG_HANDLE};

use super::number::{Number, sum};
use super::values::{Operand, float, int};
use super::{HostBudget, State};
use crate::introspect::Introspect;
use crate::report::DropKind;
use crate::stores::{Kept, Store};
use crate::value::{Value, is_redacted, put};

/// No number's byte form is longer, but an int's beyond 64 bits.
const NUMBER_BYTES_MAX: usize = 16;

impl<I: Introspect> State<I> {
    /// ABSENT where there is no such key.
    pub(super) fn map_get(&mut self, map: usize, key: u64) -> Result<u64, HostBudget> {
        match self.with_key(map, key, |_, store, key| Ok(store.get(key)))? {
            Err(code) => Ok(code.value()),
            Ok(None) => Ok(Code::Absent.value()),
            Ok(Some(Kept::Bits(bits))) => Ok(bits),
            Ok(Some(Kept::Bytes(bytes))) => self.lend(&bytes),
        }
    }

    pub(super) fn map_set(&mut self, map: usize, key: u64, v: u64) -> Result<i32, HostBudget> {
        if let Err(code) = self.whole_value(v) {
            return Ok(code.status());
        }
        let kept = self.copied(v)?;
        if matches!(&kept, Kept::Bytes(bytes) if is_redacted(bytes)) {
            return Ok(Code::Denied.status());
        }
        let set = self.with_key(map, key, |state, store, key| store.set(key, kept).map_err(|_| state.map_full()))?;
        Ok(set.map_or_else(Code::status, |()| 0))
    }

    /// 1 where there was such a key, else 0.
    pub(super) fn map_del(&mut self, map: usize, key: u64) -> Result<i32, HostBudget> {
        let there = self.with_key(map, key, |_, store, key| Ok(store.del(key)))?;
        Ok(there.map_or_else(Code::status, i32::from))
    }

    /// The sum, which is kept; nothing changes where there is none.
    pub(super) fn map_add(&mut self, map: usize, key: u64, v: u64) -> Result<u64, HostBudget> {
        let by = self.number(v);
        self.within_budget()?;
        let by = match by {
            Ok(by) => by,
            Err(code) => return Ok(code.value()),
        };
        let sum = self.with_key(map, key, |state, store, key| {
            let kept = store.get(key).map_or(Ok(Number::Int(0)), |kept| state.kept_number(&kept))?;
            let sum = kept_of(sum(kept, by)?);
            store.set(key, sum.clone()).map_err(|_| state.map_full())?;
            Ok(sum)
        })?;
        match sum {
            Err(code) => Ok(code.value()),
            Ok(Kept::Bits(bits)) => Ok(bits),
            Ok(Kept::Bytes(bytes)) => self.lend(&bytes),
        }
    }

    /// Calls `f` with a key's bytes; its work is charged.
    fn with_key<R>(
        &mut self,
        map: usize,
        key: u64,
        f: impl FnOnce(&Self, &Store, &[u8]) -> Result<R, Code>,
    ) -> Result<Result<R, Code>, HostBudget> {
        if let Err(code) = self.whole_value(key) {
            return Ok(Err(code));
        }
        let Some(store) = self.shared.outlet.stores.at(map) else { return Ok(Err(Code::Internal)) };
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        self.key(key, &mut bytes);
        let charged = self.charge(bytes.len());
        let done = charged.map(|()| if is_redacted(&bytes) { Err(Code::Denied) } else { f(self, &store, &bytes) });
        self.scratch = bytes;
        done
    }

    /// An error is passed on, never kept.
    fn whole_value(&self, v: u64) -> Result<(), Code> {
        match self.operand(v) {
            Operand::Error(code) => Err(code),
            Operand::Literal(v) if self.kind(v) == Kind::Error as i32 => Err(Code::Stale),
            _ => Ok(()),
        }
    }

    fn copied(&mut self, v: u64) -> Result<Kept, HostBudget> {
        if v >> 48 != TAG_HANDLE {
            return Ok(Kept::Bits(v));
        }
        let mut bytes = Vec::new();
        self.encode(v, &self.tree_limits(usize::MAX), &mut bytes);
        self.charge(bytes.len())?;
        Ok(Kept::Bytes(bytes.into()))
    }

    fn lend(&mut self, bytes: &[u8]) -> Result<u64, HostBudget> {
        let at = self.keep(|out| out.extend_from_slice(bytes));
        self.within_budget()?;
        Ok(self.stored_handle(at))
    }

    #[cold]
    fn map_full(&self) -> Code {
        self.drop_one(DropKind::MapFull);
        Code::Limit
    }

    fn kept_number(&self, kept: &Kept) -> Result<Number, Code> {
        match kept {
            Kept::Bits(bits) => self.number(*bits),
            // Numbers are short; anything longer is not read through to find that it is none.
            Kept::Bytes(bytes) if bytes.len() > NUMBER_BYTES_MAX => Err(Code::Kind),
            Kept::Bytes(bytes) => number_of(Value::read(&mut &**bytes).ok()),
        }
    }
}

fn number_of(value: Option<Value>) -> Result<Number, Code> {
    match value.ok_or(Code::Internal)? {
        Value::Int(n) => Ok(Number::Int(n)),
        Value::Float(x) => Ok(Number::Float(x)),
        Value::Bool(b) => Ok(Number::Int(b.into())),
        Value::BigInt(..) => Err(Code::Range),
        _ => Err(Code::Kind),
    }
}

/// Inline where it fits.
fn kept_of(n: Number) -> Kept {
    let bits = match n {
        Number::Float(x) => Some(float(x)),
        Number::Int(n) => int(n),
    };
    bits.map_or_else(
        || {
            let mut bytes = Vec::new();
            if let Number::Int(n) = n {
                put::int(&mut bytes, n);
            }
            Kept::Bytes(bytes.into())
        },
        Kept::Bits,
    )
}
