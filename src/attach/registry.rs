//! The registry: every code object that is probed, or holds one that is, and what stands in its place.
//!
//! In: code objects with points; changes of links. Out: rebuilt code trees, functions given the code that fits. Holding
//! a code object's original here is what makes it possible to put the same object back. Never here: which probe means
//! which function.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use pyo3::prelude::*;
use pyo3::types::{PyCode, PyFunction, PyWeakref, PyWeakrefReference};

use super::code::{self, CodeError};
use super::gil::Gil;
use super::point::Point;
use super::{hook, patch, tree, visit};
use crate::bytecode::Shape;
use crate::outlet::Place;

/// One code object of the application and what waspect put in its place.
pub struct Installed {
    pub original: Py<PyCode>,
    pub point: Rc<Point>,
    pub place: Place,
    hook: Py<PyAny>,
    /// What functions have now; `None` while it is the original.
    current: RefCell<Option<Py<PyCode>>>,
    /// Functions known since they were attached; others are found when it is needed.
    functions: RefCell<Vec<Py<PyWeakref>>>,
    /// The function's code object that holds this one as a constant.
    holder: Cell<Option<usize>>,
}

#[derive(Default)]
struct Registry {
    /// By the original's address, which the entry keeps alive.
    installed: BTreeMap<usize, Rc<Installed>>,
    /// By the address of what stands in its place.
    current: BTreeMap<usize, usize>,
}

static REGISTRY: Gil<RefCell<Registry>> =
    Gil::new(RefCell::new(Registry { installed: BTreeMap::new(), current: BTreeMap::new() }));

/// Calls `f` with every point there is.
pub fn each_point(py: Python<'_>, f: impl Fn(&Point)) {
    REGISTRY.get(py).borrow().installed.values().for_each(|installed| f(&installed.point));
}

/// Every entry.
pub fn all(py: Python<'_>) -> Vec<Rc<Installed>> {
    REGISTRY.get(py).borrow().installed.values().cloned().collect()
}

/// The entry for a code object, whether it is an original or one of ours.
pub fn find(py: Python<'_>, code: &Bound<'_, PyAny>) -> Option<Rc<Installed>> {
    let registry = REGISTRY.get(py).borrow();
    let address = code.as_ptr() as usize;
    let original = registry.current.get(&address).copied().unwrap_or(address);
    registry.installed.get(&original).cloned()
}

/// The entry for a code object, made if there is none.
///
/// # Errors
/// When Python has no memory for the hook.
pub fn adopt(py: Python<'_>, code: &Bound<'_, PyCode>, place: Place, holder: Option<usize>) -> PyResult<Rc<Installed>> {
    if let Some(known) = find(py, code) {
        known.holder.set(known.holder.get().or(holder));
        return Ok(known);
    }
    let point = Rc::new(Point::default());
    let installed = Rc::new(Installed {
        original: code.clone().unbind(),
        hook: hook::new(py, point.clone())?.unbind(),
        point,
        place,
        current: RefCell::new(None),
        functions: RefCell::default(),
        holder: Cell::new(holder),
    });
    REGISTRY.get(py).borrow_mut().installed.insert(installed.address(), installed.clone());
    Ok(installed)
}

impl Installed {
    pub fn address(&self) -> usize {
        self.original.as_ptr() as usize
    }

    /// Remembers function objects that share the code.
    pub fn know(&self, py: Python<'_>, functions: &[Py<PyAny>]) {
        let mut known = self.functions.borrow_mut();
        let weak = functions.iter().filter_map(|f| PyWeakrefReference::new(f.bind(py)).ok());
        known.extend(weak.filter_map(|w| w.into_any().cast_into::<PyWeakref>().ok()).map(Bound::unbind));
    }

    /// What functions have now.
    pub fn current<'py>(&self, py: Python<'py>) -> Bound<'py, PyCode> {
        let current = self.current.borrow();
        current.as_ref().unwrap_or(&self.original).bind(py).clone()
    }

    /// The code with the hook, made from `base`: the original, or one rebuilt around changed constants.
    fn hooked<'py>(&self, py: Python<'py>, base: &Bound<'py, PyCode>) -> Result<Bound<'py, PyCode>, CodeError> {
        let exits = self.point.has_exits();
        let handed = self.handed(py, base, if exits { 1 } else { 2 });
        let shape = if exits { Shape::Token } else { Shape::Entry };
        let want: Vec<u16> = handed.iter().filter_map(|i| u16::try_from(*i).ok()).collect();
        let new = code::rewritten(base, shape, &want, self.hook.bind(py))?;
        self.point.set_passed(handed);
        self.point.set_has_exits(exits);
        Ok(new)
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

/// What did not go as it should; the rest is attached.
pub type Refused = Vec<(Rc<Installed>, CodeError)>;

/// After links changed at `touched`: rebuilds those code objects and their holders, and gives every function of theirs
/// the code that fits. An entry without links and without linked inner functions is the application's own again and is
/// forgotten.
pub fn refresh(py: Python<'_>, touched: &[Rc<Installed>]) -> Refused {
    let mut work: BTreeMap<usize, Rc<Installed>> = BTreeMap::new();
    for installed in touched {
        with_holders(py, installed, &mut work);
    }
    let mut refused = Vec::new();
    let before: HashMap<usize, Bound<'_, PyCode>> = work.iter().map(|(a, i)| (*a, i.current(py))).collect();
    let mut done = HashSet::new();
    for installed in work.values() {
        rebuild(py, installed.original.bind(py), &work, &mut done, &mut refused);
    }
    assign(py, &work, &before, &mut refused);
    forget(py, &work);
    refused
}

fn with_holders(py: Python<'_>, installed: &Rc<Installed>, work: &mut BTreeMap<usize, Rc<Installed>>) {
    work.insert(installed.address(), installed.clone());
    let holder = installed.holder.get().and_then(|a| REGISTRY.get(py).borrow().installed.get(&a).cloned());
    if let Some(holder) = holder {
        with_holders(py, &holder, work);
    }
}

/// What shall stand for `code`: itself, or a new code object with the hook, around rebuilt inner functions.
fn rebuild<'py>(
    py: Python<'py>,
    code: &Bound<'py, PyCode>,
    work: &BTreeMap<usize, Rc<Installed>>,
    done: &mut HashSet<usize>,
    refused: &mut Refused,
) -> Bound<'py, PyCode> {
    let address = code.as_ptr() as usize;
    let known = REGISTRY.get(py).borrow().installed.get(&address).cloned();
    let Some(installed) = known else {
        return around(py, code, work, done, refused).unwrap_or_else(|| code.clone());
    };
    if !work.contains_key(&address) || !done.insert(address) {
        return installed.current(py);
    }
    let inner = around(py, code, work, done, refused);
    let base = inner.as_ref().unwrap_or(code);
    let hooked = installed.point.has_links().then(|| installed.hooked(py, base));
    let new = match hooked {
        Some(Ok(hooked)) => Some(hooked),
        Some(Err(error)) => {
            refused.push((installed.clone(), error));
            inner
        }
        None => inner,
    };
    // Dropped after the borrow: the end of a code object may run somebody's callback.
    drop(installed.current.replace(new.clone().map(Bound::unbind)));
    new.unwrap_or_else(|| code.clone())
}

/// `code` with its inner functions rebuilt, if any of them changes.
fn around<'py>(
    py: Python<'py>,
    code: &Bound<'py, PyCode>,
    work: &BTreeMap<usize, Rc<Installed>>,
    done: &mut HashSet<usize>,
    refused: &mut Refused,
) -> Option<Bound<'py, PyCode>> {
    let mut changed = Vec::new();
    for (index, constant) in tree::code_constants(code) {
        let constant = constant.cast_into::<PyCode>().ok()?;
        let new = rebuild(py, &constant, work, done, refused);
        if !new.is(&constant) {
            changed.push((index, new.into_any()));
        }
    }
    if changed.is_empty() {
        return None;
    }
    tree::with_constants(code, changed)?.cast_into::<PyCode>().ok()
}

/// A module's or function's code that has not run yet, with everything adopted inside it in place. `None`: nothing is.
pub fn rebuilt_around<'py>(
    py: Python<'py>,
    code: &Bound<'py, PyCode>,
    inside: &[Rc<Installed>],
) -> (Option<Bound<'py, PyCode>>, Refused) {
    let work = inside.iter().map(|installed| (installed.address(), installed.clone())).collect();
    let mut refused = Vec::new();
    let new = rebuild(py, code, &work, &mut HashSet::new(), &mut refused);
    let mut registry = REGISTRY.get(py).borrow_mut();
    for installed in inside {
        registry.current.insert(installed.current(py).as_ptr() as usize, installed.address());
    }
    ((!new.is(code)).then_some(new), refused)
}

fn assign(
    py: Python<'_>,
    work: &BTreeMap<usize, Rc<Installed>>,
    before: &HashMap<usize, Bound<'_, PyCode>>,
    refused: &mut Refused,
) {
    let changed: HashMap<usize, &Rc<Installed>> = work
        .iter()
        .filter(|(address, installed)| !installed.current(py).is(&before[*address]))
        .map(|(address, installed)| (before[address].as_ptr() as usize, installed))
        .collect();
    for function in functions_of(py, &changed) {
        let Some(installed) = changed.get(&(visit::code(&function).as_ptr() as usize)) else { continue };
        let (old, new) = (&before[&installed.address()], installed.current(py));
        if let Err(error) = patch::swap(&function, old, &new) {
            refused.push(((*installed).clone(), error.into()));
        }
    }
    let mut registry = REGISTRY.get(py).borrow_mut();
    for (address, installed) in work {
        registry.current.remove(&(before[address].as_ptr() as usize));
        registry.current.insert(installed.current(py).as_ptr() as usize, *address);
    }
}

/// The function objects whose code is one of these: those known by name, and those the collector sees.
fn functions_of<'py>(py: Python<'py>, codes: &HashMap<usize, &Rc<Installed>>) -> Vec<Bound<'py, PyFunction>> {
    let mut seen = HashSet::new();
    let known = codes.values().flat_map(|installed| {
        let functions = installed.functions.borrow();
        functions.iter().filter_map(|w| alive(w.bind(py))).collect::<Vec<_>>()
    });
    let all = known.chain(visit::functions(py));
    all.filter(|f| codes.contains_key(&(visit::code(f).as_ptr() as usize)))
        .filter(|f| seen.insert(f.as_ptr() as usize))
        .collect()
}

fn alive<'py>(weak: &Bound<'py, PyWeakref>) -> Option<Bound<'py, PyFunction>> {
    use pyo3::types::PyWeakrefMethods;
    weak.upgrade()?.cast_into::<PyFunction>().ok()
}

/// `work` keeps what is forgotten alive until no borrow is left.
fn forget(py: Python<'_>, work: &BTreeMap<usize, Rc<Installed>>) {
    let mut registry = REGISTRY.get(py).borrow_mut();
    for (address, installed) in work {
        if installed.current.borrow().is_none() && !installed.point.has_links() {
            registry.installed.remove(address);
            registry.current.remove(address);
        }
    }
}
