//! What ended a firing: an engine's error turned into a kind and a side.
//!
//! In: the error of a call. Out: a [`FaultKind`]. Never here: its text; formatting an error costs more than the firing.

use wasmtime::Trap;

use crate::host::HostBudget;
use crate::report::FaultKind;

pub(super) fn kind(error: &wasmtime::Error) -> FaultKind {
    if error.is::<HostBudget>() {
        return FaultKind::HostBudget;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => FaultKind::OutOfFuel,
        Some(Trap::StackOverflow) => FaultKind::Stack,
        _ => FaultKind::Trap,
    }
}
