//! Links of the request store: `req`, `req.set`, `req.add`, and the names of request and task.
//!
//! In: an import of these families. Out: its closure, with the name numbered. Never here: what a request keeps.

use super::{Host, LinkError, Linking, unknown};
use crate::introspect::Introspect;
use crate::request::Key;
use crate::spec::ImportUse;

impl<I: Introspect> Linking<'_, I> {
    pub(super) fn request(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let (family, name) = (import.module.as_str(), import.name.as_str());
        let key = Key { session: self.outlet.number(), name: self.outlet.name(name) };
        let l = &mut self.linker;
        match family {
            "probe1.req" => l.func_wrap(family, name, move |mut c: Host<'_, I>| {
                c.data_mut().req(key).map_err(wasmtime::Error::from)
            }),
            "probe1.req.set" => l.func_wrap(family, name, move |mut c: Host<'_, I>, v: u64| {
                c.data_mut().req_set(key, v).map_err(wasmtime::Error::from)
            }),
            "probe1.req.add" => l.func_wrap(family, name, move |mut c: Host<'_, I>, v: u64| {
                c.data_mut().req_add(key, v).map_err(wasmtime::Error::from)
            }),
            _ => return Err(unknown(import)),
        }?;
        Ok(())
    }

    /// `probe1` `request` and `task`.
    pub(in crate::host) fn who(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let name = import.name.as_str();
        let l = &mut self.linker;
        match name {
            "request" => l.func_wrap("probe1", name, |mut c: Host<'_, I>| {
                let v = c.data_mut().request();
                c.data().within_budget().map(|()| v).map_err(wasmtime::Error::from)
            }),
            "task" => l.func_wrap("probe1", name, |mut c: Host<'_, I>| {
                let v = c.data_mut().task();
                c.data().within_budget().map(|()| v).map_err(wasmtime::Error::from)
            }),
            _ => return self.navigation_core(import),
        }?;
        Ok(())
    }
}
