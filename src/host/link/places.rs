//! Places in guest memory, as imports are given them: lent to a body beside the state.
//!
//! In: a pointer and a length. Out: what the body made of the bytes there, or an error code. Charged before they are
//! looked at. Never here: a place that is not the guest's, or a copy of it.

use waspect_abi::Code;

use super::Host;
use crate::host::values::Operand;
use crate::host::{HostBudget, State, memory};
use crate::introspect::Introspect;
use crate::limits;

/// Calls `f` with the state and the guest's bytes side by side, which are charged first; or gives MEMORY.
pub(super) fn lent<I: Introspect, T>(
    host: &mut Host<'_, I>,
    (pointer, length): (i32, i32),
    f: impl FnOnce(&mut State<I>, &[u8]) -> Result<T, HostBudget>,
) -> Result<Result<T, Code>, HostBudget> {
    let memory = host.data().memory;
    let (place, state) = match memory::beside(host, memory, pointer, length) {
        Ok(found) => found,
        Err(code) => return Ok(Err(code)),
    };
    state.charge(place.len())?;
    f(state, place).map(Ok)
}

pub(super) fn status(result: Result<i32, Code>) -> i32 {
    result.unwrap_or_else(Code::status)
}

/// A value made of the bytes of a place.
pub(super) fn made<I: Introspect>(
    host: &mut Host<'_, I>,
    place: (i32, i32),
    f: impl FnOnce(&mut State<I>, &[u8]) -> Result<u64, HostBudget>,
) -> Result<u64, HostBudget> {
    Ok(lent(host, place, f)?.unwrap_or_else(Code::value))
}

/// A status from the bytes of a place.
pub(super) fn told<I: Introspect>(
    host: &mut Host<'_, I>,
    place: (i32, i32),
    f: impl FnOnce(&mut State<I>, &[u8]) -> Result<i32, HostBudget>,
) -> Result<i32, HostBudget> {
    lent(host, place, f).map(status)
}

/// The same beside a value, whose error comes first.
pub(super) fn given<I: Introspect>(
    host: &mut Host<'_, I>,
    v: u64,
    place: (i32, i32),
    f: impl FnOnce(&mut State<I>, &[u8]) -> Result<i32, HostBudget>,
) -> Result<i32, HostBudget> {
    if let Operand::Error(code) = host.data().operand(v) {
        return Ok(code.status());
    }
    told(host, place, f)
}

/// Calls `f` with text that names something. More than a name may have is neither charged nor looked at: LIMIT.
pub(super) fn named<I: Introspect>(
    host: &mut Host<'_, I>,
    (pointer, length): (i32, i32),
    f: impl FnOnce(&mut State<I>, Result<&[u8], Code>) -> Result<u64, HostBudget>,
) -> Result<u64, HostBudget> {
    let memory = host.data().memory;
    match memory::beside(host, memory, pointer, length) {
        Ok((place, state)) if place.len() as u64 <= limits::NAME_BYTES_MAX => {
            state.charge(place.len())?;
            f(state, Ok(place))
        }
        Ok((_, state)) => f(state, Err(Code::Limit)),
        Err(code) => f(host.data_mut(), Err(code)),
    }
}

/// What writes its text or content behind a vector's end, up to so many bytes, and gives the full size.
type Writes<I> = fn(&mut State<I>, (u64, i32), usize, &mut Vec<u8>) -> Result<Result<usize, Code>, HostBudget>;

/// Copies what `f` writes to a place of `cap` bytes, all of which must be the guest's; gives the full size or -code.
pub(super) fn fill<I: Introspect>(
    host: &mut Host<'_, I>,
    what: (u64, i32),
    (pointer, cap): (i32, i32),
    f: Writes<I>,
) -> Result<i32, HostBudget> {
    if let Operand::Error(code) = host.data().operand(what.0) {
        return Ok(code.status());
    }
    let memory = host.data().memory;
    let (place, state) = match memory::beside(host, memory, pointer, cap) {
        Ok(found) => found,
        Err(code) => return Ok(code.status()),
    };
    let mut bytes = Vec::new();
    let total = match f(state, what, place.len(), &mut bytes)? {
        Ok(total) => total,
        Err(code) => return Ok(code.status()),
    };
    let n = bytes.len().min(place.len());
    place[..n].copy_from_slice(&bytes[..n]);
    Ok(i32::try_from(total).unwrap_or(i32::MAX))
}

/// A field's name, then its text: two places, one after the other.
pub(super) fn computed_text<I: Introspect>(
    host: &mut Host<'_, I>,
    name: (i32, i32),
    text: (i32, i32),
) -> Result<i32, HostBudget> {
    let id = match lent(host, name, State::next_field)? {
        Ok(Ok(id)) => id,
        Ok(Err(code)) | Err(code) => return Ok(code.status()),
    };
    told(host, text, |state, text| Ok(state.field_text(id, Ok(text))))
}

/// A field of text whose place may be none at all: then the field says so.
pub(super) fn field_text<I: Introspect>(host: &mut Host<'_, I>, id: u32, text: (i32, i32)) -> Result<(), HostBudget> {
    if let Err(code) = lent(host, text, |state, text| Ok(state.field_text(id, Ok(text))))? {
        host.data_mut().field_text(id, Err(code));
    }
    Ok(())
}
