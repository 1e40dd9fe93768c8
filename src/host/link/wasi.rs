//! Linking of the WASI stubs: one closure for all of one type that answer one number, one each for the few that do something.
//!
//! In: an import of WASI. Out: a closure. Never here: what a stub does, or a list of them; `waspect_abi::WASI` has it.

use wasmtime::Result as Called;
use waspect_abi::{Answer, WASI_MODULE, stub_named};

use super::{Host, LinkError, Linking, unknown};
use crate::host::wasi::{self, Exit, gives};
use crate::introspect::Introspect;
use crate::spec::ImportUse;

/// What the table calls `(i32,i64)->i32`, as closures of these types that give `n`.
macro_rules! gives {
    ($l:expr, $name:expr, $n:expr, $($ty:ty),*) => {{
        let n = $n;
        $l.func_wrap(WASI_MODULE, $name, move |mut c: Host<'_, I>, $(_: $ty),*| gives(c.data_mut(), n))
    }};
}

impl<I: Introspect> Linking<'_, I> {
    pub(super) fn wasi(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let Some(stub) = stub_named(&import.name) else { return Err(unknown(import)) };
        let (name, l) = (import.name.as_str(), &mut self.linker);
        match stub.answer {
            Answer::Gives(number) => return self.gives(import, stub.import.signature, number),
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
            Answer::Exit => {
                l.func_wrap(WASI_MODULE, name, |_: Host<'_, I>, code: i32| Called::<()>::Err(Exit(code).into()))
            }
        }?;
        Ok(())
    }

    /// One number, from a closure of the stub's type. Untyped closures would bring all of the engine's value types along.
    fn gives(&mut self, import: &ImportUse, signature: &str, n: i32) -> Result<(), LinkError> {
        let (name, l) = (import.name.as_str(), &mut self.linker);
        match signature {
            "()->i32" => gives!(l, name, n,),
            "(i32)->i32" => gives!(l, name, n, i32),
            "(i32,i32)->i32" => gives!(l, name, n, i32, i32),
            "(i32,i64)->i32" => gives!(l, name, n, i32, i64),
            "(i32,i32,i32)->i32" => gives!(l, name, n, i32, i32, i32),
            "(i32,i64,i64)->i32" => gives!(l, name, n, i32, i64, i64),
            "(i32,i32,i32,i32)->i32" => gives!(l, name, n, i32, i32, i32, i32),
            "(i32,i64,i32,i32)->i32" => gives!(l, name, n, i32, i64, i32, i32),
            "(i32,i64,i64,i32)->i32" => gives!(l, name, n, i32, i64, i64, i32),
            "(i32,i32,i32,i64,i32)->i32" => gives!(l, name, n, i32, i32, i32, i64, i32),
            _ => return Err(unknown(import)),
        }?;
        Ok(())
    }
}
