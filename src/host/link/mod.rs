//! Linking: each import of a module becomes a function with its static argument resolved.
//!
//! In: a manifest's imports. Out: a linker, and what all firings of the module share. Never here: a lookup by name on
//! the fire path, or an import this host does not have.

#[expect(unsafe_code, reason = "reads the engine's words by the types it was told")]
mod call;
mod families;
mod functions;
mod places;
mod wasi;

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use wasmtime::{Caller, Engine, Linker};
use waspect_abi::{CORE, WASI_MODULE};

use self::call::{Argument, Row, define};
use self::families::Families;
use self::functions::Functions;
use super::chance::Chances;
use super::frame::{PathSite, prepare_steps};
use super::navigate::Route;
use super::{Shared, State};
use crate::introspect::Introspect;
use crate::introspect::tree::TreeLimits;
use crate::ledger::Agg;
use crate::limits::Budget;
use crate::outlet::{Account, Aggregation, Outlet};
use crate::path::{Path, Root, Step, parse_steps};
use crate::policy::{Policy, Redaction};
use crate::request::Key;
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
struct Linking<'a, I: Introspect> {
    linker: Linker<State<I>>,
    outlet: &'a Outlet,
    module: u32,
    paths: Vec<PathSite<I>>,
    routes: Vec<Route<I>>,
    aggregations: Vec<Rc<Aggregation>>,
    /// What each of them is called.
    names: Vec<String>,
    groups: Vec<Vec<Rc<Aggregation>>>,
    literals: super::values::Literals,
    slots: Vec<String>,
    kept: Vec<(Key, String, I::Name)>,
    redaction: Redaction,
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
    policy: &Policy,
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
        names: Vec::new(),
        groups: Vec::new(),
        literals: super::values::Literals::default(),
        slots: Vec::new(),
        kept: Vec::new(),
        redaction: Redaction::new(policy),
    };
    // A module may import one thing several times; the linker and what is declared have it once.
    let mut seen = HashSet::new();
    let once = manifest.imports.iter().filter(|import| seen.insert((&import.module, &import.name)));
    // What means aggregations comes behind those that make them.
    let (means, makes): (Vec<_>, Vec<_>) = once.partition(|import| means_aggregations(&import.module));
    for import in makes.into_iter().chain(means) {
        linking.import(import)?;
    }
    let Linking { linker, paths, routes, aggregations, groups, literals, kept, redaction, .. } = linking;
    let rules = policy.has_import_rules().then(|| policy.clone());
    let literals = RefCell::new(literals);
    let tree_limits = TreeLimits::of(&budget, usize::try_from(budget.record_bytes_max).unwrap_or(usize::MAX));
    let outlet = outlet.clone();
    let id = next_id();
    let (names, chances) = (RefCell::default(), accounts.iter().map(|_| Chances::default()).collect());
    let args = I::name("args");
    let shared = Rc::new(Shared {
        outlet,
        budget,
        profile: manifest.profile,
        accounts,
        id,
        paths,
        routes,
        aggregations,
        groups,
        tree_limits,
        redaction,
        rules,
        literals,
        names,
        chances,
        kept,
        args,
    });
    Ok(Linked { linker, shared })
}

fn next_id() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Relaxed)
}

fn means_aggregations(family: &str) -> bool {
    matches!(family, "probe1.print" | "probe1.clear")
}

fn accounts(outlet: &Outlet, module: u32, manifest: &Manifest, budget: &Budget) -> Result<Vec<Rc<Account>>, LinkError> {
    let account = |name: &String| outlet.probe(module, name, budget).map(Rc::new).ok_or(LinkError::Ledger);
    manifest.display_names().iter().map(account).collect()
}

pub(super) type Host<'a, I> = Caller<'a, State<I>>;

impl<I: Introspect> Linking<'_, I> {
    fn import(&mut self, import: &ImportUse) -> Result<(), LinkError> {
        let family = import.module.as_str();
        if family == WASI_MODULE {
            return self.wasi(import);
        }
        let row = row::<I>(family, &import.name).ok_or_else(|| unknown(import))?;
        if family == "probe1.get" {
            return self.get(import, row);
        }
        let argument = self.argument(import)?;
        define(&mut self.linker, import, row, argument)
    }

    /// What an import's name stands for.
    fn argument(&mut self, import: &ImportUse) -> Result<Argument, LinkError> {
        let name = import.name.as_str();
        let number = |number| Argument { number, ..Argument::default() };
        Ok(match import.module.as_str() {
            CORE => Argument::default(),
            "probe1.path" | "probe1.attr" | "probe1.key" => number(self.route(import)?),
            "probe1.str" => Argument { value: self.literals.add(name.to_owned()), ..Argument::default() },
            "probe1.slot" | "probe1.slot.set" => Argument { name: self.slot(name), ..Argument::default() },
            family if family.starts_with("probe1.map.") => number(self.outlet.stores.named(name)),
            family if means_aggregations(family) => number(self.group(name)),
            family => match self.aggregation(family, import)? {
                Some((name, agg)) => number(self.declare(name, agg)?),
                None => {
                    let key = Key { session: self.outlet.number(), name: self.outlet.name(name) };
                    if family.starts_with("probe1.req") {
                        self.kept.push((key, name.to_owned(), I::name(name)));
                    }
                    Argument { name: key.name, session: key.session, ..Argument::default() }
                }
            },
        })
    }

    fn get(&mut self, import: &ImportUse, row: &Row<I>) -> Result<(), LinkError> {
        let path = import.name.parse::<Path>().map_err(|e| argument(import, e.to_string()))?;
        // The commonest paths need no walk.
        match (&path.root, path.steps.as_slice()) {
            (&Root::Arg(position @ 0..), []) => {
                define(&mut self.linker, import, &Families::ARG[0], Argument { position, ..Argument::default() })
            }
            (&Root::Context(what), []) => {
                let argument = Argument { context: Some(what), ..Argument::default() };
                define(&mut self.linker, import, &Families::CONTEXT[0], argument)
            }
            _ => {
                let argument = Argument { number: self.paths.len(), ..Argument::default() };
                self.paths.push(PathSite::prepare(&path, I::name, &self.redaction));
                define(&mut self.linker, import, row, argument)
            }
        }
    }

    /// The place of the steps of a `probe1.path`, `.attr` or `.key`.
    fn route(&mut self, import: &ImportUse) -> Result<usize, LinkError> {
        let name = import.name.as_str();
        let steps = match import.module.as_str() {
            "probe1.attr" => vec![Step::Attr(name.to_owned())],
            "probe1.key" => vec![Step::Key(name.to_owned())],
            _ => parse_steps(name).map_err(|e| argument(import, e.to_string()))?,
        };
        self.routes.push(prepare_steps(&steps, I::name, &self.redaction));
        Ok(self.routes.len() - 1)
    }

    fn slot(&mut self, name: &str) -> u32 {
        let at = self.slots.iter().position(|slot| slot == name).unwrap_or_else(|| {
            self.slots.push(name.to_owned());
            self.slots.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// Which aggregation a family writes, and under which name.
    fn aggregation<'n>(&self, family: &str, import: &'n ImportUse) -> Result<Option<(&'n str, Agg)>, LinkError> {
        if family == "probe1.lquantize" {
            let why = || argument(import, "expected `name,low,high,step` with low < high and step > 0".into());
            return linear(&import.name).map(Some).ok_or_else(why);
        }
        Ok(family.strip_prefix("probe1.").and_then(plain).map(|agg| (import.name.as_str(), agg)))
    }

    /// The aggregations of a name, of which `module` made sure that there are some.
    fn group(&mut self, name: &str) -> usize {
        let all = self.names.iter().zip(&self.aggregations).filter(|(other, _)| *other == name);
        self.groups.push(all.map(|(_, aggregation)| aggregation.clone()).collect());
        self.groups.len() - 1
    }

    fn declare(&mut self, name: &str, agg: Agg) -> Result<usize, LinkError> {
        self.names.push(name.to_owned());
        self.aggregations.push(self.outlet.aggregation(self.module, name, agg).ok_or(LinkError::Ledger)?);
        Ok(self.aggregations.len() - 1)
    }
}

/// What an import does.
fn row<I: Introspect>(family: &str, name: &str) -> Option<&'static Row<I>> {
    if family == CORE {
        return functions().find(|row| row.name == name);
    }
    Families::ROWS.iter().find(|row| row.name == family)
}

fn functions<I: Introspect>() -> impl Iterator<Item = &'static Row<I>> {
    [Functions::CALL, Functions::VALUES, Functions::MADE, Functions::WRITES].into_iter().flatten()
}

/// Whether there is a function of `probe1` of this name, or a family of this module.
pub(super) fn has<I: Introspect>(name: &[u8]) -> bool {
    functions::<I>().chain(Families::ROWS).any(|row| row.name.as_bytes() == name)
}

fn plain(family: &str) -> Option<Agg> {
    let mut all = [Agg::Count, Agg::Sum, Agg::Min, Agg::Max, Agg::Avg, Agg::Stddev, Agg::Quantize, Agg::Uniq, Agg::Top]
        .into_iter();
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

fn unknown(import: &ImportUse) -> LinkError {
    LinkError::Unknown { module: import.module.clone(), name: import.name.clone() }
}

fn argument(import: &ImportUse, why: String) -> LinkError {
    LinkError::Argument { module: import.module.clone(), name: import.name.clone(), why }
}
