//! Linking: each import of a module becomes one closure with its static argument resolved.
//!
//! In: a manifest's imports. Out: a linker, and what all firings of the module share. Never here: a lookup by name on
//! the fire path, or an import this host does not have.

mod context;
mod request;
mod stores;
mod text;
mod wasi;

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use wasmtime::{Caller, Engine, Linker};
use waspect_abi::Code;

use super::chance::Chances;
use super::frame::{self, PathSite};
use super::navigate::Route;
use super::{Shared, State, memory};
use crate::introspect::Introspect;
use crate::introspect::tree::TreeLimits;
use crate::ledger::Agg;
use crate::limits::Budget;
use crate::outlet::{Account, Aggregation, Outlet};
use crate::path::{Path, Root};
use crate::spec::{ImportUse, Manifest};

/// Why a module cannot be linked. `module` refuses the same before; this is the agent's own word.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("import `{module}` `{name}` is not available in this version")]
    Unknown { module: String, name: String },
    #[error("import `{module}` `{name}`: {why}")]
    Argument { module: String, name: String, why: String },
    #[error("the session's ledger is full")]
    Ledger,
    #[error(transparent)]
    Engine(#[from] wasmtime::Error),
}

/// A linker under construction, and what the module will share.
pub(super) struct Linking<'a, I: Introspect> {
    pub(super) linker: Linker<State<I>>,
    outlet: &'a Outlet,
    module: u32,
    paths: Vec<PathSite<I>>,
    pub(super) routes: Vec<Route<I>>,
    aggregations: Vec<Rc<Aggregation>>,
    literals: super::values::Literals,
    slots: Vec<String>,
}

/// Everything a module's instances need besides its code.
pub struct Linked<I: Introspect> {
    pub linker: Linker<State<I>>,
    pub shared: Rc<Shared<I>>,
}

/// Links a module's imports and declares what it writes.
///
/// # Errors
/// An import this host does not have, or an argument it cannot take.
pub fn link<I: Introspect>(
    engine: &Engine,
    outlet: &Rc<Outlet>,
    manifest: &Manifest,
    budget: Budget,
) -> Result<Linked<I>, LinkError> {
    let number = outlet.module(&manifest.name);
    let accounts = accounts(outlet, number, manifest, &budget)?;
    let mut linking = Linking {
        linker: Linker::new(engine),
        outlet,
        module: number,
        paths: Vec::new(),
        routes: Vec::new(),
        aggregations: Vec::new(),
        literals: super::values::Literals::default(),
        slots: Vec::new(),
    };
    // A module may import one thing several times; the linker and what is declared have it once.
    let mut seen = HashSet::new();
    for import in manifest.imports.iter().filter(|import| seen.insert((&import.module, &import.name))) {
        linking.import(import)?;
    }
    let Linking { linker, paths, routes, aggregations, literals, .. } = linking;
    let literals = RefCell::new(literals);
    let tree_limits = TreeLimits::of(&budget, usize::try_from(budget.record_bytes_max).unwrap_or(usize::MAX));
    let outlet = outlet.clone();
    let id = next_id();
    let (names, chances) = (RefCell::default(), accounts.iter().map(|_| Chances::default()).collect());
    let shared =
        Shared { outlet, budget, accounts, id, paths, routes, aggregations, tree_limits, literals, names, chances };
    let shared = Rc::new(shared);
    Ok(Linked { linker, shared })
}

fn next_id() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Relaxed)
}

fn accounts(outlet: &Outlet, module: u32, manifest: &Manifest, budget: &Budget) -> Result<Vec<Account>, LinkError> {
    let account = |name: &String| outlet.probe(module, name, budget.events_per_second).ok_or(LinkError::Ledger);
    manifest.display_names().iter().map(account).collect()
}

pub(super) type Host<'a, I> = Caller<'a, State<I>>;

impl<I: Introspect> Linking<'_, I> {
    fn import(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let name = import.name.as_str();
        match import.module.as_str() {
            "probe1" => self.core(import),
            "probe1.get" => self.get(import),
            "probe1.str" => self.text(name),
            "probe1.field" => self.field(name),
            "probe1.field.str" => self.field_text(name),
            "probe1.slot" => self.slot(name),
            "probe1.slot.set" => self.slot_set(name),
            "probe1.path" | "probe1.attr" | "probe1.key" => self.navigation(import),
            "probe1.lquantize" => self.lquantize(import),
            "probe1.req" | "probe1.req.set" | "probe1.req.add" => self.request(import),
            family if family.starts_with("probe1.map.") => self.store(import),
            waspect_abi::WASI_MODULE => self.wasi(import),
            "probe1.uniq" => self.values("probe1.uniq", name, Agg::Uniq),
            "probe1.top" => self.values("probe1.top", name, Agg::Top),
            family => match family.strip_prefix("probe1.").and_then(plain) {
                Some(Agg::Count) => self.count(name),
                Some(agg) => self.aggregate(family, name, name, agg),
                None => Err(unknown(import)),
            },
        }
    }

    fn get(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let path = import.name.parse::<Path>().map_err(|e| argument(import, e.to_string()))?;
        // The commonest paths need no walk.
        if let (Root::Arg(i @ 0..), []) = (&path.root, path.steps.as_slice()) {
            let i = *i;
            self.linker.func_wrap("probe1.get", &import.name, move |mut c: Host<'_, I>| c.data_mut().arg(i))?;
            return Ok(());
        }
        if let (Root::Context(what), []) = (&path.root, path.steps.as_slice()) {
            let what = *what;
            self.linker.func_wrap("probe1.get", &import.name, move |mut c: Host<'_, I>| {
                let v = c.data_mut().context(what);
                c.data().within_budget().map(|()| v).map_err(wasmtime::Error::from)
            })?;
            return Ok(());
        }
        let site = self.paths.len();
        self.paths.push(PathSite::prepare(&path, I::name));
        self.linker.func_wrap("probe1.get", &import.name, move |mut c: Host<'_, I>| {
            c.data_mut().get(site).map_err(wasmtime::Error::from)
        })?;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), LinkError> {
        let v = self.literals.add(text.to_owned());
        self.linker.func_wrap("probe1.str", text, move |_: Host<'_, I>| v)?;
        Ok(())
    }

    fn field(&mut self, name: &str) -> Result<(), LinkError> {
        let id = self.outlet.name(name);
        self.linker.func_wrap("probe1.field", name, move |mut c: Host<'_, I>, v: u64| {
            c.data_mut().field(id, v).map_err(wasmtime::Error::from)
        })?;
        Ok(())
    }

    fn field_text(&mut self, name: &str) -> Result<(), LinkError> {
        let id = self.outlet.name(name);
        self.linker.func_wrap("probe1.field.str", name, move |mut c: Host<'_, I>, p: i32, n: i32| {
            with_bytes(&mut c, p, n, |state, text| state.field_text(id, text)).map(drop)
        })?;
        Ok(())
    }

    fn slot_id(&mut self, name: &str) -> u32 {
        let at = self.slots.iter().position(|slot| slot == name).unwrap_or_else(|| {
            self.slots.push(name.to_owned());
            self.slots.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn slot(&mut self, name: &str) -> Result<(), LinkError> {
        let id = self.slot_id(name);
        self.linker.func_wrap("probe1.slot", name, move |mut c: Host<'_, I>| {
            c.data_mut().slot(id).map_err(wasmtime::Error::from)
        })?;
        Ok(())
    }

    fn slot_set(&mut self, name: &str) -> Result<(), LinkError> {
        let id = self.slot_id(name);
        self.linker.func_wrap("probe1.slot.set", name, move |mut c: Host<'_, I>, v: u64| {
            c.data_mut().slot_set(id, v).map_err(wasmtime::Error::from)
        })?;
        Ok(())
    }

    fn declare(&mut self, name: &str, agg: Agg) -> Result<usize, LinkError> {
        self.aggregations.push(self.outlet.aggregation(self.module, name, agg).ok_or(LinkError::Ledger)?);
        Ok(self.aggregations.len() - 1)
    }

    fn count(&mut self, name: &str) -> Result<(), LinkError> {
        let number = self.declare(name, Agg::Count)?;
        self.linker.func_wrap("probe1.count", name, move |mut c: Host<'_, I>, key: u64| {
            c.data_mut().aggregate(number, key, 0.0).map_err(wasmtime::Error::from)
        })?;
        Ok(())
    }

    fn aggregate(&mut self, family: &str, import: &str, name: &str, agg: Agg) -> Result<(), LinkError> {
        let number = self.declare(name, agg)?;
        self.linker.func_wrap(family, import, move |mut c: Host<'_, I>, key: u64, x: f64| {
            c.data_mut().aggregate(number, key, x).map_err(wasmtime::Error::from)
        })?;
        Ok(())
    }

    fn lquantize(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let (name, agg) = linear(&import.name)
            .ok_or_else(|| argument(import, "expected `name,low,high,step` with low < high and step > 0".into()))?;
        self.aggregate("probe1.lquantize", &import.name, name, agg)
    }

    fn core(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let name = import.name.as_str();
        let l = &mut self.linker;
        match name {
            "arg" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, i: i32| frame::dynamic_arg(c.data_mut(), i)),
            "nargs" => l.func_wrap("probe1", name, |c: Host<'_, I>| c.data().arg_count()),
            "retval" => l.func_wrap("probe1", name, |mut c: Host<'_, I>| c.data_mut().retval()),
            "exception" => l.func_wrap("probe1", name, |mut c: Host<'_, I>| c.data_mut().exception()),
            "kind" => l.func_wrap("probe1", name, |c: Host<'_, I>, v: u64| c.data().kind(v)),
            "int" => l.func_wrap("probe1", name, |c: Host<'_, I>, v: u64, d: i64| c.data().int(v, d)),
            "float" => l.func_wrap("probe1", name, |c: Host<'_, I>, v: u64, d: f64| c.data().float(v, d)),
            "truthy" => l.func_wrap("probe1", name, |c: Host<'_, I>, v: u64| c.data().truthy(v)),
            "len" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, v: u64| {
                c.data_mut().len(v).map_err(wasmtime::Error::from)
            }),
            "eq" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, a: u64, b: u64| {
                c.data_mut().eq(a, b).map_err(wasmtime::Error::from)
            }),
            "cmp" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, a: u64, b: u64| {
                c.data_mut().cmp(a, b).map_err(wasmtime::Error::from)
            }),
            "emit" => l.func_wrap("probe1", name, |mut c: Host<'_, I>| c.data_mut().emit()),
            "now_mono" => l.func_wrap("probe1", name, |c: Host<'_, I>| c.data().now_mono()),
            "now_wall" => l.func_wrap("probe1", name, |_: Host<'_, I>| crate::clock::wall_ns().cast_signed()),
            "elapsed" => l.func_wrap("probe1", name, |c: Host<'_, I>| c.data().elapsed()),
            "rand" => l.func_wrap("probe1", name, |mut c: Host<'_, I>| c.data_mut().random()),
            "log" => l.func_wrap("probe1", name, |mut c: Host<'_, I>, level: i32, p: i32, n: i32| {
                with_bytes(&mut c, p, n, |state, text| state.log(level, text))
            }),
            "abi" => l.func_wrap("probe1", name, |_: Host<'_, I>| waspect_abi::MINOR),
            _ => return self.text_core(import),
        }?;
        Ok(())
    }
}

/// Calls `f` with the state and the guest's bytes side by side, or with MEMORY for a bad pointer. Bytes are charged before
/// they are copied, whatever `f` does with them.
fn with_bytes<I: Introspect>(
    caller: &mut Host<'_, I>,
    pointer: i32,
    length: i32,
    f: impl FnOnce(&mut State<I>, Result<&[u8], Code>) -> i32,
) -> wasmtime::Result<i32> {
    let memory = caller.data().memory;
    let n = match memory::bytes(&*caller, memory, pointer, length) {
        Ok(found) => found.len(),
        Err(code) => return Ok(f(caller.data_mut(), Err(code))),
    };
    caller.data_mut().charge(n)?;
    // Copied, because state and memory are borrowed from one store.
    let bytes = memory::bytes(&*caller, memory, pointer, length).map(<[u8]>::to_vec);
    Ok(f(caller.data_mut(), bytes.as_deref().map_err(|code| *code)))
}

fn plain(family: &str) -> Option<Agg> {
    let mut all = [Agg::Count, Agg::Sum, Agg::Min, Agg::Max, Agg::Avg, Agg::Stddev, Agg::Quantize].into_iter();
    all.find(|agg| agg.name() == family)
}

/// `name,low,high,step`.
pub(crate) fn linear(text: &str) -> Option<(&str, Agg)> {
    let mut parts = text.rsplitn(4, ',');
    let mut number = || parts.next()?.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let (step, high, low) = (number()?, number()?, number()?);
    let name = parts.next().filter(|name| !name.is_empty())?;
    (low < high && step > 0.0).then_some((name, Agg::Lquantize { low, high, step }))
}

pub(super) fn unknown(import: &ImportUse) -> LinkError {
    LinkError::Unknown { module: import.module.clone(), name: import.name.clone() }
}

pub(super) fn argument(import: &ImportUse, why: String) -> LinkError {
    LinkError::Argument { module: import.module.clone(), name: import.name.clone(), why }
}
