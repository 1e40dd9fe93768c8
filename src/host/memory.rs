//! Guest memory: the only place where a guest pointer becomes bytes.
//!
//! In: a pointer and a length, as the guest claims them. Out: bytes inside its memory, or MEMORY. Never here: arithmetic
//! that wraps, or a view that outlives the call.

use wasmtime::{Caller, Memory, ResourceLimiter};
use waspect_abi::Code;

use crate::limits::{self, Profile};

/// The guest's bytes at a claimed place, beside the state of their store.
///
/// # Errors
/// MEMORY: no memory, or not inside it.
pub(super) fn beside<'a, T: 'static>(
    caller: &'a mut Caller<'_, T>,
    memory: Option<Memory>,
    pointer: i32,
    length: i32,
) -> Result<(&'a mut [u8], &'a mut T), Code> {
    // The ABI's pointers are unsigned; the casts keep the bits.
    let (start, length) = (u64::from(pointer.cast_unsigned()), u64::from(length.cast_unsigned()));
    let (data, state) = memory.ok_or(Code::Memory)?.data_and_store_mut(caller);
    let end = start.checked_add(length).filter(|end| *end <= data.len() as u64).ok_or(Code::Memory)?;
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let place = range.and_then(|(start, end)| data.get_mut(start..end)).ok_or(Code::Memory)?;
    Ok((place, state))
}

/// Bounds of what a guest may grow to.
pub struct Caps {
    memory_bytes_max: u64,
}

impl Caps {
    pub(super) fn of(profile: Profile) -> Self {
        Self { memory_bytes_max: profile.of(limits::GUEST_MEMORY_BYTES_MAX, limits::large::GUEST_MEMORY_BYTES_MAX) }
    }
}

impl ResourceLimiter for Caps {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired as u64 <= self.memory_bytes_max)
    }
    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired as u64 <= limits::MODULE_TABLE_ELEMENTS_MAX)
    }
}
