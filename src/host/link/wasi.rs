//! Linking of the WASI stubs: one closure for all that answer one number, one each for the few that do something.
//!
//! In: an import of WASI. Out: a closure. Never here: what a stub does, or a list of them; `waspect_abi::WASI` has it.

use wasmtime::{FuncType, Val, ValType};
use waspect_abi::{Answer, Import, WASI_MODULE, stub_named};

use super::{Host, LinkError, Linking, unknown};
use crate::host::wasi::{self, CALL_UNITS, Exit};
use crate::introspect::Introspect;
use crate::spec::ImportUse;

impl<I: Introspect> Linking<'_, I> {
    pub(super) fn wasi(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let Some(stub) = stub_named(&import.name) else { return Err(unknown(import)) };
        let (name, l) = (import.name.as_str(), &mut self.linker);
        match stub.answer {
            Answer::Gives(number) => return self.gives(name, &stub.import, number),
            Answer::Lines => l.func_wrap(WASI_MODULE, name, |mut c: Host<'_, I>, fd: i32, p: i32, n: i32, out: i32| {
                wasi::write(&mut c, fd, p, n, out)
            }),
            Answer::Clock => l.func_wrap(WASI_MODULE, name, |mut c: Host<'_, I>, id: i32, _: i64, out: i32| {
                wasi::time(&mut c, id, out)
            }),
            Answer::Random => {
                l.func_wrap(WASI_MODULE, name, |mut c: Host<'_, I>, p: i32, n: i32| wasi::random(&mut c, p, n))
            }
            Answer::NoSizes => {
                l.func_wrap(WASI_MODULE, name, |mut c: Host<'_, I>, p: i32, q: i32| wasi::no_sizes(&mut c, p, q))
            }
            Answer::Exit => l.func_wrap(WASI_MODULE, name, |_: Host<'_, I>, code: i32| -> wasmtime::Result<()> {
                Err(wasmtime::Error::from(Exit(code)))
            }),
        }?;
        Ok(())
    }

    /// Of whatever type: the same number.
    fn gives(&mut self, name: &str, import: &Import, number: i32) -> Result<(), LinkError> {
        let params = import.signature.trim_start_matches('(').split(')').next().unwrap_or_default();
        let params = params.split(',').filter(|ty| !ty.is_empty());
        let params = params.map(|ty| if ty == "i64" { ValType::I64 } else { ValType::I32 });
        let ty = FuncType::new(self.linker.engine(), params, [ValType::I32]);
        self.linker.func_new(WASI_MODULE, name, ty, move |mut c: Host<'_, I>, _, results| {
            c.data_mut().charge(CALL_UNITS)?;
            results.iter_mut().for_each(|result| *result = Val::I32(number));
            Ok(())
        })?;
        Ok(())
    }
}
