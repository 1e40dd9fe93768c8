//! Attaching: from what a session's probes name to functions that fire, and back.
//!
//! In: a live session. Out: links on every function that is loaded or will be; detaching gives each function its own
//! code object back. Never here: a compiler, a module imported, a change that outlives the session.

pub mod code;
mod explain;
#[expect(unsafe_code, reason = "statics under the interpreter lock")]
pub mod gil;
#[expect(unsafe_code, reason = "native objects that the interpreter calls")]
mod hook;
mod inner;
mod intercept;
pub mod live;
#[cfg_attr(Py_3_13, expect(unsafe_code, reason = "gives a function's version back"))]
mod patch;
mod pending;
mod point;
mod registry;
#[expect(unsafe_code, reason = "a one-shot profile function sees the script before its first line runs")]
mod script;
mod target;
pub mod testing;
mod tree;
#[expect(unsafe_code, reason = "reads builtin objects' own slots, so that no descriptor of the application runs")]
mod visit;
mod walk;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyCode;

use crate::outlet::Place;
use crate::report::{Phase, State};
use crate::spec::Spec;
use gil::Gil;
use live::Live;
use point::Fire;
use registry::{Installed, Refused};
use target::Survey;

/// One probe of one session, for as long as it may still meet functions.
#[derive(Clone)]
struct Wanted {
    live: Rc<Live>,
    module: usize,
    probe: usize,
    spec: Spec,
    elapsed: bool,
}

static WANTED: Gil<RefCell<Vec<Wanted>>> = Gil::new(RefCell::new(Vec::new()));

/// Entries that got or lost links, by address.
type Touched = BTreeMap<usize, Rc<Installed>>;

/// Checks once that this interpreter is the one this extension knows.
///
/// # Errors
/// What is different; then nothing may be attached.
pub fn self_check(py: Python<'_>) -> Result<(), String> {
    code::version(py).map_err(|e| e.to_string())?;
    crate::introspect::cpython::self_check()
}

/// Attaches a session's probes to everything loaded, and from now on to what is loaded later. `script`: the program has
/// not started, and its first line must be seen.
pub fn attach(py: Python<'_>, live: &Rc<Live>, script: bool) {
    let wanted = wanted(live);
    WANTED.get(py).borrow_mut().extend(wanted.iter().cloned());
    let refused = attach_loaded(py, &wanted);
    for each in &wanted {
        each.say(py, &refused);
    }
    if wanted.iter().any(|each| !(each.spec.target.is_exact() && each.functions() > 0)) {
        intercept::begin(py, script);
    }
}

/// Detaches a session: every function is what it was, unless another session still probes it.
pub fn detach(py: Python<'_>, live: &Rc<Live>) {
    live.end(py);
    let mut wanted = WANTED.get(py).borrow_mut();
    wanted.retain(|each| !Rc::ptr_eq(&each.live, live));
    let nobody_waits = wanted.is_empty();
    drop(wanted);
    if nobody_waits {
        intercept::end(py);
    }
    let touched: Vec<_> = registry::all(py).into_iter().filter(|installed| installed.point.remove(live)).collect();
    registry::refresh(py, &touched);
    for (module, guest) in live.guests.iter().enumerate() {
        for probe in 0..guest.borrow().probes().len() {
            live.guests[module].borrow().say(probe, Phase::Detached, "");
        }
    }
}

/// Where each probe of a session is attached now, in load order.
pub fn places(py: Python<'_>, live: &Rc<Live>) -> Vec<Vec<String>> {
    let all = registry::all(py);
    let names = |each: &Wanted| {
        let here = all.iter().filter(|i| i.point.has_link(live, each.module, each.probe));
        let mut names: Vec<_> = here.map(|i| format!("{}.{}", i.place.module, i.place.qualname)).collect();
        names.sort();
        names
    };
    wanted(live).iter().map(names).collect()
}

/// How each probe of a session stands now, in load order.
pub fn states(py: Python<'_>, live: &Rc<Live>) -> Vec<State> {
    wanted(live).iter().map(|each| each.state(py)).collect()
}

fn wanted(live: &Rc<Live>) -> Vec<Wanted> {
    let mut all = Vec::new();
    for (module, guest) in live.guests.iter().enumerate() {
        for (probe, each) in guest.borrow().probes().iter().enumerate() {
            let (spec, elapsed) = (each.spec.clone(), each.wants.elapsed);
            all.push(Wanted { live: live.clone(), module, probe, spec, elapsed });
        }
    }
    all
}

fn attach_loaded(py: Python<'_>, wanted: &[Wanted]) -> Refused {
    let mut touched = Touched::new();
    let targets: Vec<_> = wanted.iter().map(|each| &each.spec.target).collect();
    let survey = Survey::take(py, &targets);
    for each in wanted {
        each.link_loaded(py, &survey, &mut touched);
    }
    drop(survey);
    let touched: Vec<_> = touched.into_values().collect();
    registry::refresh(py, &touched)
}

impl Wanted {
    fn functions(&self) -> u64 {
        self.live.guests[self.module].borrow().gate(self.probe).functions()
    }

    fn state(&self, py: Python<'_>) -> State {
        // Looked up first: it may let another thread run, which then needs the guest.
        let missing = if self.functions() == 0 { explain::explain(py, &self.spec.target) } else { String::new() };
        let guest = self.live.guests[self.module].borrow();
        let (phase, reason) = match (self.live.is_stopped(), guest.gate(self.probe).disarmed()) {
            (true, _) => (Phase::Detached, String::new()),
            (_, Some(reason)) => (Phase::Disarmed, reason),
            (_, None) if self.functions() == 0 => (Phase::Pending, missing),
            (_, None) => (Phase::Attached, String::new()),
        };
        let probe = guest.display(self.probe).to_owned();
        State { module: guest.name().to_owned(), probe, phase, reason, functions: self.functions() }
    }

    /// Tells the operator where this probe stands.
    fn say(&self, py: Python<'_>, refused: &Refused) {
        let own = refused.iter().find(|(installed, _)| installed.point.has_link(&self.live, self.module, self.probe));
        let refusal = own.map(|(installed, error)| format!("`{}`: {error}", installed.place.qualname));
        let (phase, reason) = match (self.functions(), refusal) {
            (0, Some(refusal)) => (Phase::Failed, refusal),
            (0, None) => (Phase::Pending, explain::explain(py, &self.spec.target)),
            (_, refusal) => (Phase::Attached, refusal.unwrap_or_default()),
        };
        self.live.guests[self.module].borrow().say(self.probe, phase, &reason);
    }

    fn link_loaded(&self, py: Python<'_>, survey: &Survey<'_>, touched: &mut Touched) {
        for group in survey.find(&self.spec.target).groups {
            let Ok(code) = group.code.bind(py).clone().cast_into::<PyCode>() else { continue };
            let Ok(installed) = registry::adopt(py, &code, place(&code, &group.module), None) else { continue };
            installed.know(py, &group.functions);
            self.link(&installed, touched);
        }
        for inner in survey.inner(&self.spec.target) {
            self.link_inner(py, &inner, touched);
        }
    }

    /// An inner function: everything between it and the loaded function that holds it is rebuilt around it.
    fn link_inner(&self, py: Python<'_>, inner: &inner::Inner, touched: &mut Touched) -> Option<()> {
        let mut code = inner.holder.bind(py).clone().cast_into::<PyCode>().ok()?;
        let mut holder = registry::adopt(py, &code, place(&code, &inner.module), None).ok()?;
        holder.know(py, &inner.functions);
        code = holder.original.bind(py).clone();
        for index in &inner.path {
            code = tree::constant(&code, *index)?;
            let address = holder.address();
            holder = registry::adopt(py, &code, place(&code, &inner.module), Some(address)).ok()?;
        }
        self.link(&holder, touched);
        Some(())
    }

    fn link(&self, installed: &Rc<Installed>, touched: &mut Touched) {
        if installed.point.has_link(&self.live, self.module, self.probe) {
            return;
        }
        let place = || self.live.outlet.function(installed.place.clone());
        let Some(function) = installed.point.account(&self.live, place) else { return };
        let guest = self.live.guests[self.module].borrow();
        guest.gate(self.probe).count_functions(1);
        installed.point.add(Fire {
            live: self.live.clone(),
            guest: self.live.guests[self.module].clone(),
            module: self.module,
            probe: self.probe,
            point: self.spec.point,
            min_ns: self.spec.options.min_ns.unwrap_or(0),
            order: (self.spec.options.prio, self.live.order, self.module, self.probe),
            elapsed: self.elapsed,
            function,
        });
        touched.insert(installed.address(), installed.clone());
    }
}

/// A module's code on its way in, under the names the module goes by: the same with every wanted function hooked.
fn before_run(modules: &[&str], code: &Bound<'_, PyAny>) -> Option<Py<PyAny>> {
    let py = code.py();
    let code = code.clone().cast_into::<PyCode>().ok()?;
    let wanted = WANTED.get(py).borrow().clone();
    let may_be = |each: &Wanted| modules.iter().any(|module| each.spec.target.may_be_in_module(module));
    let wanted: Vec<_> = wanted.into_iter().filter(may_be).collect();
    let mut touched = Touched::new();
    link_constants(py, &code, None, modules, &wanted, &mut touched);
    if touched.is_empty() {
        return None;
    }
    let inside: Vec<_> = touched.into_values().collect();
    let (new, refused) = registry::rebuilt_around(py, &code, &inside);
    for each in
        wanted.iter().filter(|each| inside.iter().any(|i| i.point.has_link(&each.live, each.module, each.probe)))
    {
        each.say(py, &refused);
    }
    Some(new?.into_any().unbind())
}

/// Links the functions among a code object's constants, at any depth; gives whether there were any.
fn link_constants(
    py: Python<'_>,
    code: &Bound<'_, PyCode>,
    holder: Option<usize>,
    modules: &[&str],
    wanted: &[Wanted],
    touched: &mut Touched,
) -> bool {
    let mut any = false;
    for (_, constant) in tree::code_constants(code) {
        let Ok(constant) = constant.cast_into::<PyCode>() else { continue };
        let own = tree::is_function(&constant).then_some(constant.as_ptr() as usize);
        let inside = link_constants(py, &constant, own.or(holder), modules, wanted, touched);
        any |= link_constant(py, &constant, holder, modules, wanted, inside, touched) | inside;
    }
    any
}

fn link_constant(
    py: Python<'_>,
    code: &Bound<'_, PyCode>,
    holder: Option<usize>,
    modules: &[&str],
    wanted: &[Wanted],
    holds: bool,
    touched: &mut Touched,
) -> bool {
    let qualname = visit::code_qualname(code);
    let named = |each: &Wanted| modules.iter().copied().find(|module| each.spec.target.matches(module, &qualname));
    let matching: Vec<_> = wanted.iter().filter_map(|each| Some((each, named(each)?))).collect();
    let own = modules.last().copied().unwrap_or_default();
    let module = matching.first().map_or(own, |(_, module)| module);
    if !tree::is_function(code) || (matching.is_empty() && !holds) {
        return false;
    }
    let Ok(installed) = registry::adopt(py, code, place(code, module), holder) else { return false };
    touched.insert(installed.address(), installed.clone());
    matching.iter().for_each(|(each, _)| each.link(&installed, touched));
    true
}

/// A module has been executed: functions that came another way than by its code are found now.
fn after_run(py: Python<'_>, module: &str) {
    let wanted = WANTED.get(py).borrow().clone();
    let wanted: Vec<_> = wanted.into_iter().filter(|each| each.spec.target.may_be_in_module(module)).collect();
    if wanted.is_empty() {
        return;
    }
    let before: Vec<_> = wanted.iter().map(Wanted::functions).collect();
    let refused = attach_loaded(py, &wanted);
    let changed = wanted.iter().zip(before).filter(|(each, before)| each.functions() != *before);
    changed.for_each(|(each, _)| each.say(py, &refused));
}

fn place(code: &Bound<'_, PyCode>, module: &str) -> Place {
    let file = code.getattr(intern!(code.py(), "co_filename")).and_then(|f| f.extract()).unwrap_or_default();
    let qualname = visit::code_qualname(code).replace(".<locals>", "");
    Place { module: module.to_owned(), qualname, file }
}
