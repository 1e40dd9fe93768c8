//! Linking of what a session keeps: maps, and the aggregations of values instead of numbers.
//!
//! In: imports. Out: closures that hold the place of their map or the number of their aggregation. Never here: a lookup by name once
//! linked.

use super::{Host, LinkError, Linking, unknown};
use crate::introspect::Introspect;
use crate::ledger::Agg;
use crate::spec::ImportUse;

impl<I: Introspect> Linking<'_, I> {
    pub(super) fn store(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let (family, name) = (import.module.as_str(), import.name.as_str());
        let l = &mut self.linker;
        let map = self.outlet.stores.named(name);
        match family {
            "probe1.map.get" => l.func_wrap(family, name, move |mut c: Host<'_, I>, key: u64| {
                c.data_mut().map_get(map, key).map_err(wasmtime::Error::from)
            }),
            "probe1.map.set" => l.func_wrap(family, name, move |mut c: Host<'_, I>, key: u64, v: u64| {
                c.data_mut().map_set(map, key, v).map_err(wasmtime::Error::from)
            }),
            "probe1.map.del" => l.func_wrap(family, name, move |mut c: Host<'_, I>, key: u64| {
                c.data_mut().map_del(map, key).map_err(wasmtime::Error::from)
            }),
            "probe1.map.add" => l.func_wrap(family, name, move |mut c: Host<'_, I>, key: u64, v: u64| {
                c.data_mut().map_add(map, key, v).map_err(wasmtime::Error::from)
            }),
            _ => return Err(unknown(import)),
        }?;
        Ok(())
    }

    pub(super) fn values(&mut self, family: &str, name: &str, agg: Agg) -> Result<(), LinkError> {
        let number = self.declare(name, agg)?;
        self.linker.func_wrap(family, name, move |mut c: Host<'_, I>, key: u64, v: u64| {
            c.data_mut().aggregate_value(number, key, v).map_err(wasmtime::Error::from)
        })?;
        Ok(())
    }
}
