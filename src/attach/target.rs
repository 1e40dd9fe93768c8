//! From a target to the loaded functions it means.
//!
//! In: a [`Target`]. Out: [`Found`]: function objects grouped by the code they share, ordered by name. Never here: an
//! import, a change to a function, a line of the application's code. A function counts by its own module and the
//! qualified name in its code, not by where it was found.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyFunction, PyString};

use super::visit;
use super::walk::{self, Native};
use crate::limits::FUNCTIONS_PER_PROBE_MAX;
use crate::sorted;
use crate::spec::Target;

/// Functions that share one code object.
pub(super) struct Group {
    pub code: Py<PyAny>,
    pub functions: Vec<Py<PyAny>>,
    /// The name it matched by: its own, or what `__main__` was started as.
    pub module: String,
    /// As the code has it, `<locals>` included; for generated code as the function has it.
    pub qualname: String,
}

/// A callable that matches by name and cannot be rewritten.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NotPython {
    pub name: String,
    /// Its type: `builtin_function_or_method`, `cython_function_or_method`.
    pub kind: String,
}

/// What a target means now.
#[derive(Default)]
pub(super) struct Found {
    pub groups: Vec<Group>,
    pub not_python: Vec<NotPython>,
}

/// All loaded functions the target names.
pub(super) fn find(py: Python<'_>, target: &Target) -> Found {
    Survey::take(py, &[target]).find(target)
}

/// One look at everything loaded, for any number of targets: the visit of the collector's objects is the dear part.
pub(super) struct Survey<'py> {
    pub(super) functions: Vec<Bound<'py, PyFunction>>,
    natives: Vec<Native>,
    pub(super) homes: Homes,
}

impl<'py> Survey<'py> {
    pub(super) fn take(py: Python<'py>, targets: &[&Target]) -> Self {
        Self::over(py, &|module| targets.iter().any(|t| t.may_be_in_module(module)))
    }

    /// Over the modules whose names `wanted` accepts.
    pub(super) fn over(py: Python<'py>, wanted: &dyn Fn(&str) -> bool) -> Self {
        visit::without_collector(py, || {
            let walked = walk::walk(py, wanted);
            let homes = Homes::new(py);
            let mut seen = HashSet::new();
            let mut verdicts = Verdicts::new(wanted);
            let both = walked.functions.into_iter().chain(visit::functions(py));
            let fitting = both.filter(|f| verdicts.of(&homes.of(f)));
            let functions = fitting.filter(|f| seen.insert(f.as_ptr() as usize)).collect();
            Self { functions, natives: walked.natives, homes }
        })
    }

    /// The functions this target names. The target must be one the survey was taken for.
    pub(super) fn find(&self, target: &Target) -> Found {
        let mut groups: BTreeMap<(String, String, usize), Group> = BTreeMap::new();
        let may_be = |module: &str| target.may_be_in_module(module);
        let mut verdicts = Verdicts::new(&may_be);
        for function in &self.functions {
            let home = self.homes.of(function);
            if !verdicts.of(&home) {
                continue;
            }
            let code = visit::code(function);
            let Some((module, qualname)) = matched(function, &code, &home, target) else { continue };
            let key = (module, qualname, code.as_ptr() as usize);
            let (module, qualname) = (key.0.clone(), key.1.clone());
            let group = Group { code: code.unbind(), functions: Vec::new(), module, qualname };
            groups.entry(key).or_insert(group).functions.push(function.clone().into_any().unbind());
        }
        Found { groups: groups.into_values().collect(), not_python: self.not_python(target) }
    }

    fn not_python(&self, target: &Target) -> Vec<NotPython> {
        let matching = self.natives.iter().filter(|n| target.matches(&n.place.module, &n.place.qualname));
        let named: Vec<_> = matching
            .map(|n| NotPython { name: format!("{}.{}", n.place.module, n.place.qualname), kind: n.kind.clone() })
            .collect();
        let mut named = sorted::by(named, |a, b| a.name.cmp(&b.name));
        named.truncate(FUNCTIONS_PER_PROBE_MAX as usize);
        named
    }
}

/// The names a function's module goes by.
pub(super) struct Home {
    pub(super) names: Vec<String>,
}

/// Homes by the objects they were read from, so that a hundred thousand functions cost a look-up each. Valid while
/// nothing else runs.
pub(super) struct Homes {
    main: Option<String>,
    homes: RefCell<HashMap<(usize, usize), Rc<Home>>>,
}

impl Homes {
    fn new(py: Python<'_>) -> Self {
        Self { main: main_spec_name(py), homes: RefCell::default() }
    }

    pub(super) fn of(&self, function: &Bound<'_, PyFunction>) -> Rc<Home> {
        let globals = visit::globals(function);
        // A `functools.wraps` copy carries the wrapped function's module; where its code is from, only globals tell.
        let module = if is_copy(function) { None } else { visit::module(function) };
        let address = |o: Option<usize>| o.unwrap_or_default();
        let key = (
            address(module.as_ref().map(|m| m.as_ptr() as usize)),
            address(globals.as_ref().map(|g| g.as_ptr() as usize)),
        );
        if let Some(home) = self.homes.borrow().get(&key) {
            return home.clone();
        }
        let mut names: Vec<String> = module.iter().map(visit::text).collect();
        names.extend(globals.and_then(|g| walk::entry_text(&g, "__name__")));
        if names.iter().any(|n| n == "__main__") {
            names.extend(self.main.clone());
        }
        names.dedup();
        let home = Rc::new(Home { names });
        self.homes.borrow_mut().insert(key, home.clone());
        home
    }
}

/// A question asked of modules' names, answered once per home.
pub(super) struct Verdicts<'a> {
    question: &'a dyn Fn(&str) -> bool,
    known: HashMap<*const Home, bool>,
}

impl<'a> Verdicts<'a> {
    pub(super) fn new(question: &'a dyn Fn(&str) -> bool) -> Self {
        Self { question, known: HashMap::new() }
    }

    pub(super) fn of(&mut self, home: &Rc<Home>) -> bool {
        let question = self.question;
        *self.known.entry(Rc::as_ptr(home)).or_insert_with(|| home.names.iter().any(|n| question(n)))
    }
}

/// The module and qualified name by which a target names this function.
fn matched(
    function: &Bound<'_, PyFunction>,
    code: &Bound<'_, PyAny>,
    home: &Home,
    target: &Target,
) -> Option<(String, String)> {
    let qualnames = [Some(visit::code_qualname(code)), generated_qualname(function, code)];
    let mut pairs = qualnames.iter().flatten().flat_map(|q| home.names.iter().map(move |m| (m, q)));
    pairs.find(|(m, q)| target.matches(m, q)).map(|(m, q)| (m.clone(), q.clone()))
}

/// The names a module goes by besides `name`: what `__main__` was started as by `-m`.
pub(super) fn aliases(py: Python<'_>, name: &str) -> Option<String> {
    if name == "__main__" { main_spec_name(py) } else { None }
}

/// `__main__.__spec__.name`.
fn main_spec_name(py: Python<'_>) -> Option<String> {
    let spec = walk::global(py, "__main__", "__spec__")?;
    let name = visit::instance_attribute(&spec, intern!(py, "name"))?;
    name.cast_exact::<PyString>().ok().map(visit::text)
}

/// Whether `functools.wraps` gave this function another's names.
fn is_copy(function: &Bound<'_, PyFunction>) -> bool {
    visit::function_dict(function).is_some_and(|d| walk::entry(&d, "__wrapped__").is_some())
}

/// Code made from text (a dataclass's `__init__`) is named by the function that made it; its `__qualname__` says where
/// it was put.
fn generated_qualname(function: &Bound<'_, PyFunction>, code: &Bound<'_, PyAny>) -> Option<String> {
    let file = visit::own(code, intern!(code.py(), "co_filename"))?;
    let file = visit::text(file.cast_exact::<PyString>().ok()?);
    (file.starts_with('<') && !is_copy(function)).then(|| visit::qualname(function).map(|q| visit::text(&q)))?
}

/// All live functions whose code is one of `codes` (addresses of code objects): those that modules lead to, which the
/// collector no longer sees after `gc.freeze()`, and those that only the collector sees.
pub(super) fn functions_of<'py>(py: Python<'py>, codes: &HashSet<usize>) -> Vec<Bound<'py, PyFunction>> {
    visit::without_collector(py, || {
        let mut seen = HashSet::new();
        let both = walk::walk(py, &|_| true).functions.into_iter().chain(visit::functions(py));
        both.filter(|f| codes.contains(&(visit::code(f).as_ptr() as usize)))
            .filter(|f| seen.insert(f.as_ptr() as usize))
            .collect()
    })
}
