//! Linking of the WASI stubs: one body for all of them.
//!
//! In: an import of WASI. Out: its definition. Never here: what a stub does, or a list of them; `waspect_abi::WASI` has it.

use wasmtime::ValRaw;
use waspect_abi::WASI;

use super::call::{Argument, Outcome, Row, Signature, define};
use super::{LinkError, Linking, unknown};
use crate::host::wasi::call;
use crate::introspect::Introspect;
use crate::spec::ImportUse;

impl<I: Introspect> Linking<'_, I> {
    pub(super) fn wasi(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let number = WASI.iter().position(|stub| stub.name() == import.name).ok_or_else(|| unknown(import))?;
        let known = &WASI[number].import;
        let row: Row<I> = Row {
            name: "",
            signature: Signature::spelled(known.signature),
            fuel: known.fuel,
            body: |host, of, words| {
                let word = |i: usize| words.get(i).map_or(0, ValRaw::get_i32);
                call(host, WASI[of.number].answer, [word(0), word(1), word(2), word(3)])?.write(words);
                Ok(())
            },
        };
        define(&mut self.linker, import, &row, Argument { number, ..Argument::default() })
    }
}
