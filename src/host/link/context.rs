//! The functions that tell what a firing knows besides the frame: who runs, where, and which call it is.
//!
//! In: an import without arguments. Out: its closure. Never here: what they read, which is `host::context`.

use waspect_abi::Code;

use super::{Host, LinkError, Linking, unknown};
use crate::introspect::Introspect;
use crate::path::Context;
use crate::spec::ImportUse;

impl<I: Introspect> Linking<'_, I> {
    pub(in crate::host) fn context(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let name = import.name.as_str();
        let l = &mut self.linker;
        match name {
            "pid" => l.func_wrap("probe1", name, |_: Host<'_, I>| std::process::id().cast_signed()),
            "tid" => l.func_wrap("probe1", name, |_: Host<'_, I>| i64::from(crate::thread::id())),
            "line" => l.func_wrap("probe1", name, |_: Host<'_, I>| I::here().map_or(Code::Absent.status(), I::line)),
            "depth" => {
                l.func_wrap("probe1", name, |mut c: Host<'_, I>| c.data_mut().depth().map_err(wasmtime::Error::from))
            }
            "invocation" => l.func_wrap("probe1", name, |c: Host<'_, I>| c.data().firing.invocation.cast_signed()),
            "stack" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, max: i32, flags: i32| {
                c.data_mut().stack(max, flags).map_err(wasmtime::Error::from)
            }),
            "firing" => l.func_wrap("probe1", name, |mut c: Host<'_, I>| c.data_mut().firing_number().cast_signed()),
            _ => return self.context_value(import),
        }?;
        Ok(())
    }

    /// Those that are a context of paths too.
    fn context_value(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let what = match import.name.as_str() {
            "thread_name" => Context::Thread,
            "fn_name" => Context::Qualname,
            "module_name" => Context::Module,
            "file_name" => Context::File,
            _ => return Err(unknown(import)),
        };
        self.linker.func_wrap("probe1", &import.name, move |mut c: Host<'_, I>| {
            let v = c.data_mut().context(what);
            c.data().within_budget().map(|()| v).map_err(wasmtime::Error::from)
        })?;
        Ok(())
    }
}
