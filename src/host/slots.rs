//! `slot`, `slot.set`: state of one call, set at its entry and read at its exit.
//!
//! In: values, copied. Out: the copies. Bounded per slot. Never here: a reference into the application.

use waspect_abi::{Code, Kind, NONE};

use super::{HostBudget, Ref, State};
use crate::introspect::Introspect;
use crate::limits;
use crate::stores::Kept;
use crate::value::{Value, is_redacted};

/// What one call keeps, by module and slot; lives in the call's token. One word while there is nothing.
#[derive(Default, Debug)]
pub struct Slots(Option<Box<Room>>);

#[derive(Default, Debug)]
struct Room {
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    module: u32,
    name: u32,
    value: Kept,
}

impl Slots {
    /// Nothing was kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn get(&self, module: u32, name: u32) -> Option<&Kept> {
        let mut slots = self.0.as_ref()?.slots.iter();
        slots.find(|slot| slot.module == module && slot.name == name).map(|slot| &slot.value)
    }

    fn set(&mut self, module: u32, name: u32, value: Kept) {
        let slots = &mut self.0.get_or_insert_default().slots;
        match slots.iter_mut().find(|slot| slot.module == module && slot.name == name) {
            Some(slot) => slot.value = value,
            None => slots.push(Slot { module, name, value }),
        }
    }
}

impl<I: Introspect> State<I> {
    /// What the call kept; None when nothing.
    pub(super) fn slot(&mut self, name: u32) -> Result<u64, HostBudget> {
        let kept = match self.slots.get(self.shared.id, name) {
            None => return Ok(NONE),
            Some(Kept::Bits(bits)) => return Ok(*bits),
            Some(Kept::Bytes(bytes)) => bytes.clone(),
        };
        self.charge(0)?;
        let at = self.keep(|out| out.extend_from_slice(&kept));
        Ok(self.stored_handle(at))
    }

    /// Keeps a copy of a value.
    pub(super) fn slot_set(&mut self, name: u32, v: u64) -> Result<i32, HostBudget> {
        if !self.has_call() {
            return Ok(Code::Point.status());
        }
        let immediate = v >> 48 != waspect_abi::TAG_HANDLE || v >> 16 & 0xFF == 0;
        let mut cost = 0;
        let kept = if immediate {
            Kept::Bits(v)
        } else {
            let mut bytes = std::mem::take(&mut self.scratch);
            bytes.clear();
            self.encode(v, &self.tree_limits(usize::MAX), &mut bytes);
            cost = bytes.len();
            let kept = match is_redacted(&bytes) {
                true => Kept::Bits(Code::Denied.value()),
                false => Kept::Bytes(bytes.as_slice().into()),
            };
            self.scratch = bytes;
            kept
        };
        self.charge(cost)?;
        if cost as u64 > limits::SLOT_BYTES_MAX {
            return Ok(Code::Limit.status());
        }
        self.slots.set(self.shared.id, name, kept);
        Ok(0)
    }

    /// Keeps bytes of a value for the rest of this firing.
    pub(super) fn keep(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> u32 {
        let at = self.stored.len();
        write(&mut self.stored);
        self.work((self.stored.len() - at) as u64 + 1);
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The value for kept bytes: scalars inline, the rest as a handle.
    pub(super) fn stored_handle(&mut self, at: u32) -> u64 {
        let Some(value) = self.stored_value(at) else { return Code::Internal.value() };
        if let Value::Redacted(_) = value {
            return Code::Denied.value();
        }
        let (kind, len) = shape(&value);
        self.handle(Ref::Stored(at), kind, len)
    }
}

/// A kept value's kind and length; of one that was cut, what it had.
pub(super) fn shape(value: &Value) -> (Kind, usize) {
    match value {
        Value::None => (Kind::None, 0),
        Value::Bool(_) => (Kind::Bool, 0),
        Value::Int(_) | Value::BigInt(..) => (Kind::Int, 0),
        Value::Float(_) => (Kind::Float, 0),
        Value::Str(text) => (Kind::Str, text.chars().count()),
        Value::Bytes(bytes) => (Kind::Bytes, bytes.len()),
        Value::List(items) => (Kind::List, items.len()),
        Value::Tuple(items) => (Kind::Tuple, items.len()),
        Value::Set(items) => (Kind::Set, items.len()),
        Value::FrozenSet(items) => (Kind::FrozenSet, items.len()),
        Value::Dict(pairs) => (Kind::Dict, pairs.len()),
        Value::Object(..) => (Kind::Object, 0),
        Value::Stack(frames) => (Kind::Frame, frames.len()),
        Value::Opaque(kind, _) | Value::Redacted(kind) => (*kind, 0),
        Value::Error(_) => (Kind::Error, 0),
        Value::Cut(_, total, inner) => {
            let (kind, len) = shape(inner);
            (kind, usize::try_from(*total).map_or(len, |total| total.max(len)))
        }
    }
}
