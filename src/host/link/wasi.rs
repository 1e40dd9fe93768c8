//! Linking of the WASI stubs: one body for all that answer one number, one each for the few that do something.
//!
//! In: an import of WASI. Out: its definition. Never here: what a stub does, or a list of them; `waspect_abi::WASI` has it.

use waspect_abi::{Answer, Stub, stub_named};

use super::call::{Argument, Outcome, Row, Signature, define, rows};
use super::{LinkError, Linking, unknown};
use crate::host::wasi;
use crate::introspect::Introspect;
use crate::spec::ImportUse;

struct Stubs<I>(std::marker::PhantomData<I>);

impl<I: Introspect> Stubs<I> {
    /// Those that do something.
    const ROWS: &'static [Row<I>] = rows! {
        "fd_write" (fd: i32, p: i32, n: i32, out: i32) -> i32 = |host, _| wasi::write(host, fd, (p, n), out);
        "clock_time_get" (id: i32, _precision: i64, out: i32) -> i32 = |host, _| wasi::time(host, id, out);
        "random_get" (p: i32, n: i32) -> i32 = |host, _| wasi::random(host, p, n);
        "args_sizes_get" (p: i32, q: i32) -> i32 = |host, _| wasi::no_sizes(host, p, q);
        "environ_sizes_get" (p: i32, q: i32) -> i32 = |host, _| wasi::no_sizes(host, p, q);
        "proc_exit" (code: i32) -> () = |host, _| host.data_mut().exit(code);
    };

    /// Of whatever type: the same number.
    fn gives(stub: &Stub) -> Option<Row<I>> {
        let Answer::Gives(_) = stub.answer else { return None };
        let signature = Signature::spelled(stub.import.signature);
        Some(Row {
            name: "",
            signature,
            fuel: stub.import.fuel,
            body: |_, of, words| {
                of.position.write(words);
                Ok(())
            },
        })
    }
}

impl<I: Introspect> Linking<'_, I> {
    pub(super) fn wasi(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let stub = stub_named(&import.name).ok_or_else(|| unknown(import))?;
        if let (Answer::Gives(position), Some(row)) = (stub.answer, Stubs::gives(stub)) {
            return define(&mut self.linker, import, &row, Argument { position, ..Argument::default() });
        }
        let row = Stubs::ROWS.iter().find(|row| row.name == import.name).ok_or_else(|| unknown(import))?;
        define(&mut self.linker, import, row, Argument::default())
    }
}
