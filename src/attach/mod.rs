//! Attaching: from what a session's probes name to functions that fire, and back.
//!
//! In: a live session. Out: links on every function that is loaded or will be; detaching gives each function its own
//! code object back. Never here: a compiler, a module imported, a change that outlives the session.

pub mod code;
mod explain;
#[expect(unsafe_code, reason = "statics under the interpreter lock")]
pub mod gil;
pub mod given;
#[expect(unsafe_code, reason = "native objects that the interpreter calls")]
mod hook;
mod inner;
mod intercept;
pub mod live;
mod moments;
#[cfg_attr(Py_3_13, expect(unsafe_code, reason = "gives a function's version back"))]
mod patch;
mod pending;
mod point;
mod registry;
#[expect(unsafe_code, reason = "a call that the interpreter makes later")]
mod renew;
mod roots;
#[expect(unsafe_code, reason = "a one-shot profile function sees the script before its first line runs")]
mod script;
mod seen;
mod target;
#[cfg(feature = "doors")]
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
use pyo3::types::{PyCode, PyString, PyTuple};

use crate::guest::Guest;
use crate::host::HIDES;
use crate::introspect::cpython::CPython;
use crate::limits::FUNCTIONS_PER_PROBE_MAX;
use crate::outlet::Place;
use crate::report::{Phase, State};
use crate::sorted;
use crate::spec::{Point, Spec};
use gil::Gil;
use live::Live;
pub use moments::end;
use point::Fire;
use registry::Installed;
use roots::{Role, Root};
pub use seen::{named, seen};
use target::Survey;

/// One probe of one session, for as long as it may still meet functions.
#[derive(Clone)]
struct Wanted {
    live: Rc<Live>,
    module: usize,
    probe: usize,
    spec: Spec,
    elapsed: bool,
    /// Not a probe at all, but where requests begin: it fires nothing, counts nothing and has nothing to say.
    role: Option<Role>,
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
    let (wanted, roots) = (wanted(live), roots(live));
    // Before any other probe of the session can.
    live.fire_all(Point::Begin);
    let (wanted, callless): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|each| each.spec.point.has_call());
    WANTED.get(py).borrow_mut().extend(wanted.iter().chain(&roots).cloned());
    // First, so that no module slips in while functions are looked for.
    intercept::begin(py, script);
    attach_loaded(py, &wanted);
    attach_loaded(py, &roots);
    for each in wanted.iter().chain(&callless) {
        let early = script && each.functions() == 0 && each.spec.target.may_be_in_module("__main__");
        each.say(py, early.then_some((Phase::Pending, NOT_STARTED)));
    }
    rest(py);
}

/// Why a session is over that was given a time.
const EXPIRED: &str = "expired";
/// A reason that holds until the program's first line.
const NOT_STARTED: &str = "the program has not started";

/// Says once more why each probe that waits still does: at the end of the program, what its operator must hear.
pub fn say_pending(py: Python<'_>, live: &Rc<Live>) {
    wanted(live)
        .iter()
        .filter(|each| each.functions() == 0 && each.spec.point.has_call())
        .for_each(|each| each.say(py, None));
}

/// Detaches a session: every function is what it was, unless another session still probes it. A second time does nothing.
pub fn detach(py: Python<'_>, live: &Rc<Live>) {
    if !live.begin_detaching() {
        return;
    }
    let expired = live.is_expired();
    end(py, live);
    live.end(py);
    WANTED.get(py).borrow_mut().retain(|each| !Rc::ptr_eq(&each.live, live));
    rest(py);
    let touched: Vec<_> = registry::all(py).into_iter().filter(|installed| installed.point.remove(live)).collect();
    registry::refresh(py, &touched);
    let kept = touched
        .iter()
        .find_map(|i| Some(format!("`{}` keeps a hook that does nothing: {}", i.place.qualname, i.refusal()?)));
    let why = kept.as_deref().unwrap_or(if expired { EXPIRED } else { "" });
    for guest in &live.guests {
        let guest = guest.borrow();
        (0..guest.probes().len()).for_each(|probe| guest.say(probe, Phase::Detached, why));
    }
}

/// Modules on their way in are looked at only while somebody waits for one.
fn rest(py: Python<'_>) {
    let waits = |each: &Wanted| !each.spec.target.is_exact() || each.functions() == 0;
    if !WANTED.get(py).borrow().iter().any(waits) {
        intercept::end(py);
    }
}

/// Where each probe of a session is attached now, in load order.
pub fn places(py: Python<'_>, live: &Rc<Live>) -> Vec<Vec<String>> {
    let all = registry::all(py);
    let names = |each: &Wanted| {
        let here = all.iter().filter(|i| each.is_linked(i) && i.refusal().is_none());
        let names = here.map(|i| format!("{}.{}", i.place.module, i.place.qualname)).collect();
        sorted::by(names, Ord::cmp)
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
            all.push(Wanted { live: live.clone(), module, probe, spec, elapsed, role: None });
        }
    }
    all
}

/// Where requests begin, for a session that asks for them; other sessions pay nothing.
fn roots(live: &Rc<Live>) -> Vec<Wanted> {
    let Some(module) = live.guests.iter().position(|guest| guest.borrow().wants_requests()) else { return Vec::new() };
    crate::introspect::cpython::context::prepare();
    let root = |(target, role): &(&str, Role)| {
        let spec = format!("fn:{target}:entry").parse().ok()?;
        Some(Wanted { live: live.clone(), module, probe: 0, spec, elapsed: false, role: Some(*role) })
    };
    roots::ROOTS.iter().filter_map(root).collect()
}

fn attach_loaded(py: Python<'_>, wanted: &[Wanted]) {
    let mut touched = Touched::new();
    let targets: Vec<_> = wanted.iter().map(|each| &each.spec.target).collect();
    let survey = Survey::take(py, &targets);
    for each in wanted {
        each.link_loaded(py, &survey, &mut touched);
    }
    drop(survey);
    let touched: Vec<_> = touched.into_values().collect();
    registry::refresh(py, &touched);
    recount(py, wanted, &touched);
}

/// Takes refused functions out of the probes' counts.
fn recount(py: Python<'_>, wanted: &[Wanted], touched: &[Rc<Installed>]) {
    if touched.iter().all(|installed| installed.refusal().is_none()) {
        return;
    }
    let all = registry::all(py);
    for each in wanted.iter().filter(|each| each.role.is_none()) {
        let here = all.iter().filter(|i| each.is_linked(i) && i.refusal().is_none()).count() as u64;
        let guest = each.live.guests[each.module].borrow();
        guest.gate(each.probe).count_functions(here.cast_signed() - each.functions_of(&guest).cast_signed());
    }
}

impl Wanted {
    fn functions(&self) -> u64 {
        if self.role.is_some() {
            return 0;
        }
        self.functions_of(&self.live.guests[self.module].borrow())
    }

    fn functions_of(&self, guest: &Guest<CPython>) -> u64 {
        guest.gate(self.probe).functions()
    }

    fn is_linked(&self, installed: &Installed) -> bool {
        if let Some(role) = self.role {
            return installed.point.has_root(&self.live, role);
        }
        installed.point.has_link(&self.live, self.module, self.probe)
    }

    fn state(&self, py: Python<'_>) -> State {
        let (phase, reason) = self.standing(py);
        let guest = self.live.guests[self.module].borrow();
        let probe = guest.display(self.probe).to_owned();
        State { module: guest.name().to_owned(), probe, phase, reason, functions: self.functions_of(&guest) }
    }

    /// Where this probe stands, and why. No guest is borrowed meanwhile: another thread may run, and need it.
    fn standing(&self, py: Python<'_>) -> (Phase, String) {
        let (disarmed, throttled) = {
            let guest = self.live.guests[self.module].borrow();
            let gate = guest.gate(self.probe);
            (gate.disarmed(), gate.throttled())
        };
        if self.live.is_stopped() {
            let why = if self.live.is_expired() { EXPIRED } else { "" };
            return (Phase::Detached, why.to_owned());
        }
        if let Some(reason) = disarmed {
            return (Phase::Disarmed, reason);
        }
        if let Some(reason) = throttled {
            return (Phase::Throttled, reason);
        }
        if !self.spec.point.has_call() {
            return (Phase::Attached, String::new());
        }
        let refusal = self.refusal(py);
        let functions = self.functions();
        let forbidden = self.forbidden();
        if functions > 0 {
            let full = || (functions == FUNCTIONS_PER_PROBE_MAX).then(|| "no more functions than this".to_owned());
            return (Phase::Attached, refusal.or(forbidden).or_else(full).unwrap_or_default());
        }
        if let Some(refusal) = refusal {
            return (Phase::Failed, refusal);
        }
        if let Some(forbidden) = forbidden {
            return (Phase::Pending, forbidden);
        }
        let why = explain::explain(py, &self.spec.target);
        (if why.for_ever { Phase::Failed } else { Phase::Pending }, why.text)
    }

    /// Why one of the functions this probe means is not probed.
    fn refusal(&self, py: Python<'_>) -> Option<String> {
        let all = registry::all(py);
        let mut own = all.iter().filter(|installed| self.is_linked(installed));
        own.find_map(|installed| Some(format!("`{}`: {}", installed.place.qualname, installed.refusal()?)))
    }

    /// Notes a function that the policy does not let be probed, so that it is said.
    fn forbids(&self, py: Python<'_>, module: &str, qualname: &str) -> bool {
        let policy = &self.live.policy;
        if self.role.is_some() || !policy.has_probe_rules() {
            return false;
        }
        let alias = target::aliases(py, "__main__");
        let names: Vec<&str> = match &alias {
            Some(alias) if module == "__main__" => vec![module, alias],
            Some(alias) if module == alias => vec![module, "__main__"],
            _ => vec![module],
        };
        let forbidden = policy.function(&names, qualname).is_err();
        if forbidden {
            let name = [&self.left_out(), module, ".", &qualname.replace(".<locals>", "")].concat();
            self.live.left_out.borrow_mut().insert(name.into(), 1);
        }
        forbidden
    }

    /// What is left out by the policy, and by which rule.
    fn forbidden(&self) -> Option<String> {
        let left_out = self.live.left_out.borrow();
        let prefix = self.left_out();
        let own = left_out.keys().filter_map(|name| name.strip_prefix(&*prefix));
        let (module, qualname) = own.clone().min()?.split_once('.')?;
        let why = self.live.policy.function(&[module], qualname).err()?;
        let many = own.count();
        let are = if many == 1 { "function is" } else { "functions are" };
        Some([&many.to_string(), " ", are, " left out: ", &why.to_string()].concat())
    }

    /// What stands before the names of functions that are left out of this probe.
    fn left_out(&self) -> String {
        [&self.module.to_string(), " ", &self.probe.to_string(), " "].concat()
    }

    /// Tells the operator where this probe stands.
    fn say(&self, py: Python<'_>, instead: Option<(Phase, &str)>) {
        if self.role.is_some() {
            return;
        }
        let (phase, reason) = instead.map_or_else(|| self.standing(py), |(phase, reason)| (phase, reason.to_owned()));
        self.live.guests[self.module].borrow().say(self.probe, phase, &reason);
    }

    fn link_loaded(&self, py: Python<'_>, survey: &Survey<'_>, touched: &mut Touched) {
        for group in survey.find(&self.spec.target).groups {
            if self.forbids(py, &group.module, &group.qualname) {
                continue;
            }
            let Ok(code) = group.code.bind(py).clone().cast_into::<PyCode>() else { continue };
            let installed = registry::adopt(py, &code, place(&code, &group.module), None);
            self.link(py, &installed, touched);
            installed.know(py, &group.functions);
            installed.claim(py, &code, touched);
        }
        for inner in survey.inner(&self.spec.target) {
            if !self.forbids(py, &inner.module, &inner.qualname) {
                self.link_inner(py, &inner, touched);
            }
        }
    }

    /// An inner function: everything between it and the loaded function that holds it is rebuilt around it.
    fn link_inner(&self, py: Python<'_>, inner: &inner::Inner, touched: &mut Touched) -> Option<()> {
        let mut code = inner.holder.bind(py).clone().cast_into::<PyCode>().ok()?;
        let mut holder = registry::adopt(py, &code, place(&code, &inner.module), None);
        holder.know(py, &inner.functions);
        holder.claim(py, &code, touched);
        code = holder.original.bind(py).clone();
        for index in &inner.path {
            code = tree::constant(&code, *index)?;
            holder = registry::adopt(py, &code, place(&code, &inner.module), Some(&holder));
        }
        self.link(py, &holder, touched);
        Some(())
    }

    fn link(&self, py: Python<'_>, installed: &Rc<Installed>, touched: &mut Touched) {
        if self.is_linked(installed) {
            return;
        }
        touched.insert(installed.address(), installed.clone());
        if let Some(role) = self.role {
            return installed.point.add_root(Root { live: self.live.clone(), role });
        }
        let place = || self.live.outlet.function(installed.place.clone());
        let Some((function, since)) = installed.point.account(&self.live, place) else { return };
        let guest = self.live.guests[self.module].borrow();
        if self.functions_of(&guest) == FUNCTIONS_PER_PROBE_MAX {
            return;
        }
        guest.gate(self.probe).count_functions(1);
        let hides = parameters(py, installed).iter().any(|name| guest.hides(name));
        installed.point.add(Fire {
            live: self.live.clone(),
            guest: self.live.guests[self.module].clone(),
            module: self.module,
            probe: self.probe,
            point: self.spec.point,
            min_ns: self.spec.options.min_ns.unwrap_or(0),
            opens: self.spec.options.request_scope,
            order: (self.spec.options.prio, self.live.order, self.module, self.probe),
            elapsed: self.elapsed,
            function: if hides { function | HIDES } else { function },
            since,
        });
    }
}

/// What is linked is written down: by a forked child in a segment of its own.
fn settle_fork(py: Python<'_>) {
    if crate::thread::is_forked() {
        live::settle_fork(py);
    }
}

/// A module's code on its way in, under the names the module goes by: the same with every wanted function hooked.
fn before_run(modules: &[&str], code: &Bound<'_, PyAny>) -> Option<Py<PyAny>> {
    let py = code.py();
    let code = code.clone().cast_into::<PyCode>().ok()?;
    let wanted = WANTED.get(py).borrow().clone();
    let may_be = |each: &Wanted| modules.iter().any(|module| each.spec.target.may_be_in_module(module));
    let wanted: Vec<_> = wanted.into_iter().filter(may_be).collect();
    if wanted.is_empty() {
        return None;
    }
    settle_fork(py);
    let mut touched = Touched::new();
    link_constants(py, &code, modules, &wanted, &mut touched);
    if touched.is_empty() {
        return None;
    }
    let inside: Vec<_> = touched.into_values().collect();
    let new = registry::rebuilt_around(py, &code, &inside);
    recount(py, &wanted, &inside);
    for each in wanted.iter().filter(|each| inside.iter().any(|installed| each.is_linked(installed))) {
        each.say(py, None);
    }
    Some(new?.into_any().unbind())
}

/// Links the functions among a code object's constants, at any depth; gives the outermost that were touched.
fn link_constants(
    py: Python<'_>,
    code: &Bound<'_, PyCode>,
    modules: &[&str],
    wanted: &[Wanted],
    touched: &mut Touched,
) -> Vec<Rc<Installed>> {
    let mut outermost = Vec::new();
    for (_, constant) in tree::code_constants(code) {
        let inside = link_constants(py, &constant, modules, wanted, touched);
        if tree::is_function(&constant) {
            outermost.extend(link_constant(py, &constant, &inside, modules, wanted, touched));
        } else {
            outermost.extend(inside);
        }
    }
    outermost
}

/// A function that is wanted, or holds one that is.
fn link_constant(
    py: Python<'_>,
    code: &Bound<'_, PyCode>,
    inside: &[Rc<Installed>],
    modules: &[&str],
    wanted: &[Wanted],
    touched: &mut Touched,
) -> Option<Rc<Installed>> {
    let qualname = visit::code_qualname(code);
    let named = |each: &Wanted| modules.iter().copied().find(|module| each.spec.target.matches(module, &qualname));
    let mut matching: Vec<_> = wanted.iter().filter_map(|each| Some((each, named(each)?))).collect();
    matching.retain(|(each, module)| !each.forbids(py, module, &qualname));
    if matching.is_empty() && inside.is_empty() {
        return None;
    }
    let own = modules.last().copied().unwrap_or_default();
    let module = matching.first().map_or(own, |(_, module)| module);
    let installed = registry::adopt(py, code, place(code, module), None);
    inside.iter().for_each(|inner| inner.set_holder(&installed));
    touched.insert(installed.address(), installed.clone());
    matching.iter().for_each(|(each, _)| each.link(py, &installed, touched));
    Some(installed)
}

/// A module has been executed: functions that came another way than by its code are found now.
fn after_run(py: Python<'_>, module: &str) {
    let wanted = WANTED.get(py).borrow().clone();
    let wanted: Vec<_> = wanted.into_iter().filter(|each| each.spec.target.may_be_in_module(module)).collect();
    if wanted.is_empty() {
        return;
    }
    settle_fork(py);
    let before: Vec<_> = wanted.iter().map(Wanted::functions).collect();
    attach_loaded(py, &wanted);
    let changed = wanted.iter().zip(before).filter(|(each, before)| each.functions() != *before);
    changed.for_each(|(each, _)| each.say(py, None));
}

/// The names of a function's parameters.
fn parameters(py: Python<'_>, installed: &Installed) -> Vec<String> {
    let code = installed.original.bind(py);
    let count = |name| code.getattr(name).and_then(|n| n.extract::<usize>()).unwrap_or(0);
    let names = code.getattr("co_varnames").ok().and_then(|names| names.cast_into::<PyTuple>().ok());
    // Those of `*rest` and `**kwargs` come behind, where there are any; what else does not matter here.
    let most = count("co_argcount") + count("co_kwonlyargcount") + 2;
    let texts = names.iter().flatten().take(most).filter_map(|name| name.cast_into::<PyString>().ok());
    texts.map(|name| visit::text(&name)).collect()
}

fn place(code: &Bound<'_, PyCode>, module: &str) -> Place {
    let file = code.getattr(intern!(code.py(), "co_filename")).and_then(|f| f.extract()).unwrap_or_default();
    let qualname = visit::code_qualname(code).replace(".<locals>", "");
    Place { module: module.to_owned(), qualname, file }
}
