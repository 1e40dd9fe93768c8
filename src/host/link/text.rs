//! Linking of the functions over text, numbers and whole records: each a closure that takes its pointers apart.
//!
//! In: an import of `probe1`. Out: a closure. Never here: what a function does, or a lookup on the fire path.

use wasmtime::Result as Called;
use waspect_abi::Code;

use super::{Host, LinkError, Linking};
use crate::host::number::Operation;
use crate::host::values::Operand;
use crate::host::{HostBudget, State, chance, memory};
use crate::introspect::Introspect;
use crate::spec::ImportUse;

impl<I: Introspect> Linking<'_, I> {
    /// Copies into guest memory, and comparisons with it.
    pub(super) fn text_core(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let name = import.name.as_str();
        let l = &mut self.linker;
        match name {
            "str" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64, p: i32, n: i32| {
                fill(&mut c, v, p, n, |state, cap, out| state.str(v, cap, out))
            }),
            "bytes" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64, p: i32, n: i32| {
                fill(&mut c, v, p, n, |state, cap, out| state.bytes(v, cap, out))
            }),
            "show" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64, p: i32, n: i32| {
                fill(&mut c, v, p, n, |state, cap, out| state.show(v, cap, out))
            }),
            "snapshot" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64, p: i32, n: i32, bits: i32| {
                fill(&mut c, v, p, n, |state, _, out| state.snapshot(v, bits, out))
            }),
            "str_eq" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64, p: i32, n: i32| {
                given(&mut c, v, p, n, |state, text| state.str_eq(v, text))
            }),
            "str_test" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64, p: i32, n: i32, mode: i32| {
                given(&mut c, v, p, n, |state, text| state.str_test(v, text, mode))
            }),
            "str_hash" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64| budget(c.data_mut().str_hash(v))),
            "str_new" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, p: i32, n: i32| {
                lent(&mut c, p, n, State::str_new).map(made)
            }),
            "bytes_new" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, p: i32, n: i32| {
                lent(&mut c, p, n, State::bytes_new).map(made)
            }),
            "lit" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, p: i32, n: i32| {
                lent(&mut c, p, n, State::lit).map(made)
            }),
            _ => return self.number_core(import),
        }?;
        Ok(())
    }

    fn number_core(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let name = import.name.as_str();
        let l = &mut self.linker;
        match name {
            "add" => return self.arithmetic(name, Operation::Add),
            "sub" => return self.arithmetic(name, Operation::Sub),
            "mul" => return self.arithmetic(name, Operation::Mul),
            "div" => return self.arithmetic(name, Operation::Div),
            "mod" => return self.arithmetic(name, Operation::Mod),
            "neg" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64| budget(c.data_mut().neg(v))),
            "to_int" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64| budget(c.data_mut().integral(v))),
            "to_float" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64| budget(c.data_mut().floating(v))),
            "to_str" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64| budget(c.data_mut().textual(v))),
            "int_new" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, n: i64| budget(c.data_mut().int_new(n))),
            "tuple2" => {
                l.func_wrap("probe1", name, |mut c: Host<'_, I>, x: u64, y: u64| budget(c.data_mut().tuple(&[x, y])))
            }
            "tuple3" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, x: u64, y: u64, z: u64| {
                budget(c.data_mut().tuple(&[x, y, z]))
            }),
            "tuple4" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, x: u64, y: u64, z: u64, w: u64| {
                budget(c.data_mut().tuple(&[x, y, z, w]))
            }),
            _ => return self.record_core(import),
        }?;
        Ok(())
    }

    fn arithmetic(&mut self, name: &str, operation: Operation) -> Result<(), LinkError> {
        self.linker.func_wrap("probe1", name, move |mut c: Host<'_, I>, x: u64, y: u64| {
            budget(c.data_mut().arithmetic(operation, x, y))
        })?;
        Ok(())
    }

    fn record_core(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let name = import.name.as_str();
        let l = &mut self.linker;
        match name {
            "field" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, p: i32, n: i32, v: u64| {
                lent(&mut c, p, n, |state, name| state.computed_field(name, v)).map(status)
            }),
            "field_str" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, p: i32, n: i32, q: i32, m: i32| {
                computed_text(&mut c, (p, n), (q, m))
            }),
            "field_f64" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, p: i32, n: i32, x: f64| {
                lent(&mut c, p, n, |state, name| state.computed_float(name, x)).map(status)
            }),
            "field_limits" => {
                l.func_wrap("probe1", name, |mut c: Host<'_, I>, bits: i32| c.data_mut().field_limits(bits))
            }
            "discard" => l.func_wrap("probe1", name, |mut c: Host<'_, I>| c.data_mut().discard()),
            "emit_msgpack" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, p: i32, n: i32| {
                lent(&mut c, p, n, State::emit_msgpack).map(status)
            }),
            "log_value" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, level: i32, v: u64| {
                budget(c.data_mut().log_value(level, v))
            }),
            "has" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, p: i32, n: i32| {
                lent(&mut c, p, n, |_, name| Ok(i32::from(chance::has(name)))).map(status)
            }),
            "sample" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, p: f64| c.data_mut().sample(p)),
            "every" => l.func_wrap("probe1", name, |c: Host<'_, I>, n: i32| c.data().every(n)),
            "rate" => l.func_wrap("probe1", name, |c: Host<'_, I>, n: i32| c.data().rate(n)),
            _ => return self.who(import),
        }?;
        Ok(())
    }
}

fn budget<T>(result: Result<T, HostBudget>) -> Called<T> {
    result.map_err(wasmtime::Error::from)
}

fn status(result: Result<i32, Code>) -> i32 {
    result.unwrap_or_else(Code::status)
}

fn made(result: Result<u64, Code>) -> u64 {
    result.unwrap_or_else(Code::value)
}

/// Calls `f` with the state and the guest's bytes side by side, which are charged first; or gives MEMORY.
fn lent<I: Introspect, T>(
    caller: &mut Host<'_, I>,
    pointer: i32,
    length: i32,
    f: impl FnOnce(&mut State<I>, &[u8]) -> Result<T, HostBudget>,
) -> Called<Result<T, Code>> {
    let memory = caller.data().memory;
    let (place, state) = match memory::beside(caller, memory, pointer, length) {
        Ok(found) => found,
        Err(code) => return Ok(Err(code)),
    };
    state.charge(place.len())?;
    budget(f(state, place)).map(Ok)
}

/// The same beside a value, whose error comes first.
fn given<I: Introspect>(
    caller: &mut Host<'_, I>,
    v: u64,
    pointer: i32,
    length: i32,
    f: impl FnOnce(&mut State<I>, &[u8]) -> Result<i32, HostBudget>,
) -> Called<i32> {
    if let Operand::Error(code) = caller.data().operand(v) {
        return Ok(code.status());
    }
    lent(caller, pointer, length, f).map(status)
}

/// Copies what `f` writes to a place of `cap` bytes, all of which must be the guest's; gives the full size or -code.
fn fill<I: Introspect>(
    caller: &mut Host<'_, I>,
    v: u64,
    pointer: i32,
    cap: i32,
    f: impl FnOnce(&mut State<I>, usize, &mut Vec<u8>) -> Result<Result<usize, Code>, HostBudget>,
) -> Called<i32> {
    if let Operand::Error(code) = caller.data().operand(v) {
        return Ok(code.status());
    }
    let memory = caller.data().memory;
    let (place, state) = match memory::beside(caller, memory, pointer, cap) {
        Ok(found) => found,
        Err(code) => return Ok(code.status()),
    };
    let mut bytes = Vec::new();
    let total = match f(state, place.len(), &mut bytes)? {
        Ok(total) => total,
        Err(code) => return Ok(code.status()),
    };
    let n = bytes.len().min(place.len());
    place[..n].copy_from_slice(&bytes[..n]);
    Ok(i32::try_from(total).unwrap_or(i32::MAX))
}

/// A field's name, then its text: two places, one after the other.
fn computed_text<I: Introspect>(caller: &mut Host<'_, I>, name: (i32, i32), text: (i32, i32)) -> Called<i32> {
    let id = match lent(caller, name.0, name.1, State::next_field)? {
        Ok(Ok(id)) => id,
        Ok(Err(code)) | Err(code) => return Ok(code.status()),
    };
    lent(caller, text.0, text.1, |state, text| Ok(state.field_text(id, Ok(text)))).map(status)
}
