//! Linking of the WASI stubs: one closure for all of one type.
//!
//! In: an import of WASI. Out: a closure. Never here: what a stub does, or a list of them; `waspect_abi::WASI` has it.

use waspect_abi::{Stub, WASI_MODULE, stub_named};

use super::{Host, LinkError, Linking, unknown};
use crate::host::wasi::call;
use crate::introspect::Introspect;
use crate::spec::ImportUse;

/// A closure with these parameters that hands on the ones some stub looks at.
macro_rules! closure {
    ($linker:expr, $name:expr, $answer:expr, ($($p:ident: $ty:ty),*), $used:expr) => {{
        let answer = $answer;
        $linker.func_wrap(WASI_MODULE, $name, move |mut c: Host<'_, I>, $($p: $ty),*| call(&mut c, answer, $used))
    }};
}

impl<I: Introspect> Linking<'_, I> {
    /// By types written out: untyped closures would bring all of the engine's value types along.
    pub(super) fn wasi(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let Some(Stub { import: row, answer }) = stub_named(&import.name) else { return Err(unknown(import)) };
        let (name, l, a) = (import.name.as_str(), &mut self.linker, *answer);
        match row.signature {
            "()->i32" => closure!(l, name, a, (), [0; 4]),
            "(i32)->i32" => closure!(l, name, a, (p: i32), [p, 0, 0, 0]),
            "(i32)->()" => l.func_wrap(WASI_MODULE, name, move |mut c: Host<'_, I>, p: i32| {
                call(&mut c, a, [p, 0, 0, 0]).map(drop)
            }),
            "(i32,i32)->i32" => closure!(l, name, a, (p: i32, q: i32), [p, q, 0, 0]),
            "(i32,i64)->i32" => closure!(l, name, a, (p: i32, _q: i64), [p, 0, 0, 0]),
            "(i32,i32,i32)->i32" => closure!(l, name, a, (p: i32, q: i32, r: i32), [p, q, r, 0]),
            "(i32,i64,i32)->i32" => closure!(l, name, a, (p: i32, _q: i64, r: i32), [p, r, 0, 0]),
            "(i32,i64,i64)->i32" => closure!(l, name, a, (p: i32, _q: i64, _r: i64), [p, 0, 0, 0]),
            "(i32,i32,i32,i32)->i32" => closure!(l, name, a, (p: i32, q: i32, r: i32, s: i32), [p, q, r, s]),
            "(i32,i64,i32,i32)->i32" => closure!(l, name, a, (p: i32, _q: i64, _r: i32, _s: i32), [p, 0, 0, 0]),
            "(i32,i64,i64,i32)->i32" => closure!(l, name, a, (p: i32, _q: i64, _r: i64, _s: i32), [p, 0, 0, 0]),
            "(i32,i32,i32,i64,i32)->i32" => {
                closure!(l, name, a, (p: i32, _q: i32, _r: i32, _s: i64, _t: i32), [p, 0, 0, 0])
            }
            _ => return Err(unknown(import)),
        }?;
        Ok(())
    }
}
