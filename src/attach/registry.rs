//! The registry: every code object that is probed, or holds one that is, and what stands in its place.
//!
//! In: code objects with points; changes of links. Out: rebuilt code trees, functions given the code that fits. Holding
//! a code object's original here is what makes it possible to put the same object back. Never here: which probe means
//! which function.
//!
//! Making a code object and assigning one may run an audit hook, and with it other threads that attach and detach. So
//! nothing is borrowed meanwhile; what was built is built again if another thread was faster; and a function gets what
//! fits when it gets it, whichever code of ours it had.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use pyo3::prelude::*;
use pyo3::types::{PyCode, PyFunction, PyWeakref, PyWeakrefReference};

use super::code::{self, CodeError};
use super::gil::Gil;
use super::point::Point;
use super::{hook, patch, target, tree, visit};
use crate::bytecode::Shape;
use crate::outlet::Place;

/// One code object of the application and what waspect put in its place.
pub(super) struct Installed {
    pub original: Py<PyCode>,
    pub point: Rc<Point>,
    pub place: Place,
    /// Why the hook is not in the code, or not in a function.
    refusal: RefCell<Option<String>>,
    hook: RefCell<Option<Hook>>,
    /// What functions have now; `None` while it is the original.
    current: RefCell<Option<Py<PyCode>>>,
    /// Functions known since they were attached; others are found when it is needed.
    functions: RefCell<HashMap<usize, Py<PyWeakref>>>,
    /// The function's code object that holds this one as a constant.
    holder: RefCell<Option<Rc<Installed>>>,
}

/// A hook object and which arguments it is handed. Another set of arguments is another object: code that keeps the old
/// one, in a copy of the function, goes on handing what that one was made for.
struct Hook {
    handed: [i32; 2],
    object: Py<PyAny>,
}

/// A code object that waspect made, while anybody has it.
struct Ours {
    code: Py<PyCode>,
    original: Py<PyCode>,
}

#[derive(Default)]
struct Registry {
    /// By the original's address, which the entry keeps alive.
    installed: BTreeMap<usize, Rc<Installed>>,
    /// By address.
    ours: BTreeMap<usize, Ours>,
}

static REGISTRY: Gil<RefCell<Registry>> =
    Gil::new(RefCell::new(Registry { installed: BTreeMap::new(), ours: BTreeMap::new() }));
/// How often what stands in a place has changed.
static CHANGES: Gil<Cell<u64>> = Gil::new(Cell::new(0));

/// Calls `f` with every point there is.
pub(super) fn each_point(py: Python<'_>, f: impl Fn(&Point)) {
    REGISTRY.get(py).borrow().installed.values().for_each(|installed| f(&installed.point));
}

/// Every entry.
pub(super) fn all(py: Python<'_>) -> Vec<Rc<Installed>> {
    REGISTRY.get(py).borrow().installed.values().cloned().collect()
}

/// The entry for a code object, made if there is none. A code object that waspect made stands for its original.
pub(super) fn adopt(
    py: Python<'_>,
    code: &Bound<'_, PyCode>,
    place: Place,
    holder: Option<&Rc<Installed>>,
) -> Rc<Installed> {
    let mut registry = REGISTRY.get(py).borrow_mut();
    let ours = registry.ours.get(&(code.as_ptr() as usize));
    let original = ours.map_or_else(|| code.clone().unbind(), |ours| ours.original.clone_ref(py));
    let address = original.as_ptr() as usize;
    let fresh = || {
        Rc::new(Installed {
            original,
            point: Rc::default(),
            place,
            refusal: RefCell::default(),
            hook: RefCell::default(),
            current: RefCell::default(),
            functions: RefCell::default(),
            holder: RefCell::default(),
        })
    };
    let installed = registry.installed.entry(address).or_insert_with(fresh).clone();
    drop(registry);
    holder.iter().for_each(|holder| installed.set_holder(holder));
    installed
}

impl Installed {
    pub(super) fn address(&self) -> usize {
        self.original.as_ptr() as usize
    }

    /// Remembers whose constant this is.
    pub(super) fn set_holder(&self, holder: &Rc<Self>) {
        self.holder.borrow_mut().get_or_insert_with(|| holder.clone());
    }

    /// Notes that functions were found with `code` though another fits: a module that runs code of its own making was met
    /// in the middle of it, and its functions are made from constants that nobody could exchange any more.
    pub(super) fn claim(self: &Rc<Self>, py: Python<'_>, code: &Bound<'_, PyCode>, touched: &mut Work) {
        if !self.current(py).is(code) {
            touched.insert(self.address(), self.clone());
        }
    }

    /// Remembers function objects that share the code.
    pub(super) fn know(&self, py: Python<'_>, functions: &[Py<PyAny>]) {
        for function in functions {
            let address = function.as_ptr() as usize;
            let is_known = self.functions.borrow().get(&address).is_some_and(|w| alive(w.bind(py)).is_some());
            let weak = if is_known { None } else { PyWeakrefReference::new(function.bind(py)).ok() };
            let old = weak.and_then(|weak| {
                self.functions.borrow_mut().insert(address, weak.into_any().cast_into().ok()?.unbind())
            });
            drop(old);
        }
    }

    /// What functions have now.
    pub(super) fn current<'py>(&self, py: Python<'py>) -> Bound<'py, PyCode> {
        let current = self.current.borrow();
        current.as_ref().unwrap_or(&self.original).bind(py).clone()
    }

    /// Why the hook is not where it should be, if it is not.
    pub(super) fn refusal(&self) -> Option<String> {
        self.refusal.borrow().clone()
    }

    fn refuse(&self, error: &CodeError) {
        *self.refusal.borrow_mut() = Some(error.to_string());
    }

    /// The code with the hook, made from `base`: the original, or one rebuilt around changed constants.
    fn hooked<'py>(&self, py: Python<'py>, base: &Bound<'py, PyCode>) -> Result<Bound<'py, PyCode>, CodeError> {
        let exits = self.point.has_exits();
        let handed = self.handed(py, base, if exits { 1 } else { 2 });
        let shape = if exits { Shape::Token } else { Shape::Entry };
        let want: Vec<u16> = handed.iter().filter_map(|i| u16::try_from(*i).ok()).collect();
        code::rewritten(base, shape, &want, &self.hook(py, handed)?)
    }

    fn hook<'py>(&self, py: Python<'py>, handed: [i32; 2]) -> PyResult<Bound<'py, PyAny>> {
        if let Some(hook) = self.hook.borrow().as_ref().filter(|hook| hook.handed == handed) {
            return Ok(hook.object.bind(py).clone());
        }
        let object = hook::new(py, self.point.clone(), handed)?;
        drop(self.hook.replace(Some(Hook { handed, object: object.clone().unbind() })));
        Ok(object)
    }

    /// Which positional parameters the hook is handed: all that are wanted if they fit, else none, since reading the frame
    /// costs less than a tuple.
    fn handed(&self, py: Python<'_>, base: &Bound<'_, PyCode>, most: usize) -> [i32; 2] {
        let count = base.getattr(pyo3::intern!(py, "co_argcount")).and_then(|n| n.extract::<u16>()).unwrap_or(0);
        let wanted: Vec<u16> = self.point.wanted().into_iter().filter(|i| *i < count).collect();
        let mut handed = [-1; 2];
        if wanted.len() <= most {
            handed.iter_mut().zip(&wanted).for_each(|(to, from)| *to = i32::from(*from));
        }
        handed
    }
}

pub(super) type Work = BTreeMap<usize, Rc<Installed>>;

/// After links changed at `touched`: rebuilds those code objects and their holders, and gives every function of theirs
/// the code that fits. What is refused is noted at the entry. An entry without links and without linked inner functions
/// is the application's own again and is forgotten.
pub(super) fn refresh(py: Python<'_>, touched: &[Rc<Installed>]) {
    if touched.is_empty() {
        return;
    }
    let mut work = Work::new();
    touched.iter().for_each(|installed| with_holders(installed, &mut work));
    build(py, &work, None);
    assign(py, &work);
    forget(py, &work);
}

/// A module's or function's code that has not run yet, with everything adopted inside it in place. `None`: nothing is.
pub(super) fn rebuilt_around<'py>(
    py: Python<'py>,
    code: &Bound<'py, PyCode>,
    inside: &[Rc<Installed>],
) -> Option<Bound<'py, PyCode>> {
    let work = inside.iter().map(|installed| (installed.address(), installed.clone())).collect();
    build(py, &work, Some(code))
}

fn with_holders(installed: &Rc<Installed>, work: &mut Work) {
    work.insert(installed.address(), installed.clone());
    if let Some(holder) = installed.holder.borrow().as_ref() {
        with_holders(holder, work);
    }
}

/// Builds what shall stand for each of `work`, and for `root` around them, and says so.
fn build<'py>(py: Python<'py>, work: &Work, root: Option<&Bound<'py, PyCode>>) -> Option<Bound<'py, PyCode>> {
    loop {
        let before = CHANGES.get(py).get();
        work.values().for_each(|installed| drop(installed.refusal.take()));
        let mut builder = Builder { py, work, made: HashMap::new() };
        for installed in work.values() {
            builder.rebuilt(installed.original.bind(py));
        }
        let new = root.map(|root| builder.rebuilt(root));
        if CHANGES.get(py).get() == before {
            builder.commit();
            return new.filter(|new| root.is_none_or(|root| !new.is(root)));
        }
    }
}

/// One attempt.
struct Builder<'a, 'py> {
    py: Python<'py>,
    work: &'a Work,
    /// What shall stand for each original.
    made: HashMap<usize, Bound<'py, PyCode>>,
}

impl<'py> Builder<'_, 'py> {
    /// What shall stand for `code`: itself, or a new code object with the hook, around rebuilt inner functions.
    fn rebuilt(&mut self, code: &Bound<'py, PyCode>) -> Bound<'py, PyCode> {
        let address = code.as_ptr() as usize;
        if let Some(made) = self.made.get(&address) {
            return made.clone();
        }
        let Some(installed) = self.work.get(&address).cloned() else {
            let known = REGISTRY.get(self.py).borrow().installed.get(&address).cloned();
            return match known {
                Some(known) => known.current(self.py),
                None => self.around(code),
            };
        };
        let base = self.around(code);
        let hooked = installed.point.has_links().then(|| installed.hooked(self.py, &base));
        let new = match hooked {
            Some(Ok(hooked)) => hooked,
            Some(Err(error)) => {
                installed.refuse(&error);
                base
            }
            None => base,
        };
        self.made.insert(address, new.clone());
        new
    }

    /// `code` with its inner functions rebuilt, if any of them changes.
    fn around(&mut self, code: &Bound<'py, PyCode>) -> Bound<'py, PyCode> {
        let mut changed = Vec::new();
        for (index, constant) in tree::code_constants(code) {
            let new = self.rebuilt(&constant);
            if !new.is(&constant) {
                changed.push((index, constant, new));
            }
        }
        if changed.is_empty() {
            return code.clone();
        }
        let consts = changed.iter().map(|(index, _, new)| (*index, new.clone()));
        tree::with_constants(code, consts).unwrap_or_else(|error| {
            // The inner functions stay what they are, for want of a holder.
            let inner = changed.iter().filter_map(|(_, old, _)| self.work.get(&(old.as_ptr() as usize)));
            let error = CodeError::Python(error);
            inner.for_each(|installed| installed.refuse(&error));
            code.clone()
        })
    }

    /// Runs no Python code: others see all of it or nothing.
    fn commit(self) {
        let mut old = Vec::new();
        let mut registry = REGISTRY.get(self.py).borrow_mut();
        for (address, installed) in self.work {
            let Some(new) = self.made.get(address) else { continue };
            let is_own = new.is(&installed.original);
            old.push(installed.current.replace((!is_own).then(|| new.clone().unbind())));
            if !is_own {
                let ours = Ours { code: new.clone().unbind(), original: installed.original.clone_ref(self.py) };
                registry.ours.insert(new.as_ptr() as usize, ours);
            }
        }
        drop(registry);
        CHANGES.get(self.py).set(CHANGES.get(self.py).get() + 1);
    }
}

/// Gives every function of `work` the code that fits, until none is left with another.
fn assign(py: Python<'_>, work: &Work) {
    for function in functions_of(py, work) {
        while let Some(installed) = mine(&function, work) {
            let (has, fits) = (visit::code(&function), installed.current(py));
            let Ok(has) = has.cast_into::<PyCode>() else { break };
            if has.is(&fits) {
                break;
            }
            if let Err(error) = patch::swap(&function, &has, &fits) {
                installed.refuse(&error.into());
                break;
            }
        }
    }
}

/// The entry that a function's code belongs to.
fn mine(function: &Bound<'_, PyFunction>, work: &Work) -> Option<Rc<Installed>> {
    let address = visit::code(function).as_ptr() as usize;
    let registry = REGISTRY.get(function.py()).borrow();
    let original = registry.ours.get(&address).map_or(address, |ours| ours.original.as_ptr() as usize);
    work.get(&original).cloned()
}

/// The function objects of these entries: those known by name, and those the collector sees.
fn functions_of<'py>(py: Python<'py>, work: &Work) -> Vec<Bound<'py, PyFunction>> {
    let registry = REGISTRY.get(py).borrow();
    let ours = registry.ours.iter().filter(|(_, ours)| work.contains_key(&(ours.original.as_ptr() as usize)));
    let codes: HashSet<usize> = ours.map(|(address, _)| *address).chain(work.keys().copied()).collect();
    drop(registry);
    let mut seen = HashSet::new();
    let known = |installed: &Rc<Installed>| {
        let functions = installed.functions.borrow();
        functions.values().filter_map(|w| alive(w.bind(py))).collect::<Vec<_>>()
    };
    let known: Vec<_> = work.values().flat_map(known).collect();
    let is_ours = |f: &Bound<'_, PyFunction>| codes.contains(&(visit::code(f).as_ptr() as usize));
    let all = known.into_iter().filter(is_ours).chain(target::functions_of(py, &codes));
    all.filter(|f| seen.insert(f.as_ptr() as usize)).collect()
}

fn alive<'py>(weak: &Bound<'py, PyWeakref>) -> Option<Bound<'py, PyFunction>> {
    use pyo3::types::PyWeakrefMethods;
    weak.upgrade()?.cast_into::<PyFunction>().ok()
}

/// Lets go of what nobody probes, and of code objects that nobody has any more. `work` keeps what is forgotten alive
/// until no borrow is left: the end of a code object may run somebody's callback.
fn forget(py: Python<'_>, work: &Work) {
    let mut registry = REGISTRY.get(py).borrow_mut();
    for (address, installed) in work {
        if installed.current.borrow().is_none() && !installed.point.has_links() {
            registry.installed.remove(address);
        }
    }
    drop(registry);
    while let Some(unused) = take_unused(py) {
        drop(unused);
    }
}

/// Code objects that only the registry has; a holder's end may leave its inner functions' to the next round.
fn take_unused(py: Python<'_>) -> Option<Vec<Ours>> {
    let mut registry = REGISTRY.get(py).borrow_mut();
    let unused: Vec<_> =
        registry.ours.iter().filter(|(_, o)| visit::is_ours_alone(o.code.bind(py))).map(|(a, _)| *a).collect();
    let taken: Vec<_> = unused.iter().filter_map(|address| registry.ours.remove(address)).collect();
    (!taken.is_empty()).then_some(taken)
}
