//! The walk over what is loaded: from module namespaces, through classes and wrappers, to function objects.
//!
//! In: which modules are of interest. Out: functions, and things that look like functions but are not Python's.
//! Never here: judging a function by the place it was found at, a call, an attribute read that could run code.

use std::collections::HashSet;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFunction, PyModule, PyString, PyType};

use super::visit::{self, Base};

/// Where a namespace is: the module's name and, inside a class, the class's qualified name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) module: String,
    pub(super) qualname: String,
}

impl Place {
    pub(super) fn child(&self, name: &str) -> Self {
        let dot = if self.qualname.is_empty() { "" } else { "." };
        Self { module: self.module.clone(), qualname: format!("{}{dot}{name}", self.qualname) }
    }
}

/// A callable that C code defines, at the place it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Native {
    pub(super) place: Place,
    pub(super) kind: String,
}

/// What a walk found.
#[derive(Default)]
pub(super) struct Walked<'py> {
    pub(super) functions: Vec<Bound<'py, PyFunction>>,
    pub(super) natives: Vec<Native>,
}

/// Walks the modules and classes whose names `wanted` accepts.
pub(super) fn walk<'py>(py: Python<'py>, wanted: &dyn Fn(&str) -> bool) -> Walked<'py> {
    let mut walker = Walker { wanted, wrappers: Wrappers::loaded(py), seen: HashSet::new(), work: Vec::new() };
    let mut out = Walked::default();
    for (name, module) in modules(py) {
        if wanted(&name) || super::target::aliases(py, &name).iter().any(|n| wanted(n)) {
            walker.module(&name, &module, &mut out);
        }
    }
    while let Some(value) = walker.work.pop() {
        walker.step(&value, &mut out);
    }
    out
}

/// A dict's entries under str keys, as they are now.
pub(super) fn entries<'py>(dict: &Bound<'py, PyDict>) -> Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)> {
    dict.iter().filter_map(|(k, v)| Some((k.cast_into_exact::<PyString>().ok()?, v))).collect()
}

/// The entry under `name`, found by looking at each: a hash look-up could call the `__eq__` of a hostile key.
pub(super) fn entry<'py>(dict: &Bound<'py, PyDict>, name: &str) -> Option<Bound<'py, PyAny>> {
    dict.iter().find(|(k, _)| k.cast_exact::<PyString>().is_ok_and(|k| visit::is_text(k, name))).map(|(_, v)| v)
}

/// An entry that is a str.
pub(super) fn entry_text(dict: &Bound<'_, PyDict>, name: &str) -> Option<String> {
    entry(dict, name)?.cast_exact::<PyString>().ok().map(visit::text)
}

/// What `sys.modules` holds, by name.
pub(super) fn modules(py: Python<'_>) -> Vec<(String, Bound<'_, PyAny>)> {
    let loaded = visit::modules(py);
    loaded.map(|d| entries(&d)).unwrap_or_default().into_iter().map(|(k, v)| (visit::text(&k), v)).collect()
}

/// The namespace of a loaded module, if what stands there is a module.
pub(super) fn module_dict<'py>(module: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    module.cast::<PyModule>().ok().map(|m| m.dict())
}

/// A name in a loaded module's namespace.
pub(super) fn global<'py>(py: Python<'py>, module: &str, name: &str) -> Option<Bound<'py, PyAny>> {
    entry(&module_dict(&entry(&visit::modules(py)?, module)?)?, name)
}

/// The class's own `__module__`, if it is a str.
pub(super) fn type_module(ty: &Bound<'_, PyType>) -> Option<String> {
    entry_text(&visit::type_dict(ty)?, "__module__")
}

/// What kind of native callable a value is.
pub(super) fn native_kind(value: &Bound<'_, PyAny>) -> Option<String> {
    let name = visit::type_name(value);
    let known = ["builtin_function_or_method", "method_descriptor", "classmethod_descriptor", "wrapper_descriptor"];
    (known.contains(&name.as_str()) || name.ends_with("cython_function_or_method")).then_some(name)
}

/// Types of the standard library that hold functions, if it has loaded them.
struct Wrappers<'py> {
    partial: Option<Bound<'py, PyType>>,
}

impl<'py> Wrappers<'py> {
    fn loaded(py: Python<'py>) -> Self {
        Self { partial: global(py, "_functools", "partial").and_then(|p| p.cast_into().ok()) }
    }
}

struct Walker<'a, 'py> {
    wanted: &'a dyn Fn(&str) -> bool,
    wrappers: Wrappers<'py>,
    seen: HashSet<usize>,
    work: Vec<Bound<'py, PyAny>>,
}

impl<'py> Walker<'_, 'py> {
    fn module(&mut self, name: &str, module: &Bound<'py, PyAny>, out: &mut Walked<'py>) {
        let place = Place { module: name.to_owned(), qualname: String::new() };
        match module_dict(module) {
            Some(dict) => self.namespace(&place, &dict, out),
            // Not a module: an object that stands in for one. Its class is what can be read.
            None => self.work.push(module.get_type().into_any()),
        }
    }

    fn namespace(&mut self, place: &Place, dict: &Bound<'py, PyDict>, out: &mut Walked<'py>) {
        for (name, value) in entries(dict) {
            if let Some(kind) = native_kind(&value) {
                if is_from(&value, &place.module) {
                    out.natives.push(Native { place: place.child(&visit::text(&name)), kind });
                }
            } else {
                self.work.push(value);
            }
        }
    }

    fn step(&mut self, value: &Bound<'py, PyAny>, out: &mut Walked<'py>) {
        if !self.seen.insert(value.as_ptr() as usize) {
            return;
        }
        if let Ok(function) = value.cast_exact::<PyFunction>() {
            self.function(function);
            out.functions.push(function.clone());
        } else if let Ok(class) = value.cast::<PyType>() {
            self.class(class, out);
        } else {
            self.wrapper(value);
        }
    }

    /// What a function leads to: the one it wraps, what its closure holds.
    fn function(&mut self, function: &Bound<'py, PyFunction>) {
        if let Some(dict) = visit::function_dict(function) {
            self.work.extend(entry(&dict, "__wrapped__"));
        }
        for held in visit::cells(function) {
            match held.cast_exact::<PyDict>() {
                Ok(dict) if is_singledispatch(function) => self.work.extend(dict.iter().map(|(_, v)| v)),
                Ok(_) => {}
                Err(_) => self.work.push(held),
            }
        }
    }

    fn class(&mut self, class: &Bound<'py, PyType>, out: &mut Walked<'py>) {
        let module = type_module(class).unwrap_or_default();
        if !(self.wanted)(&module) {
            return;
        }
        let (Some(dict), Some(qualname)) = (visit::type_dict(class), visit::type_qualname(class)) else { return };
        self.namespace(&Place { module, qualname: visit::text(&qualname) }, &dict, out);
    }

    /// What a descriptor, a partial or a decorator's object leads to.
    fn wrapper(&mut self, value: &Bound<'py, PyAny>) {
        let py = value.py();
        for (base, members) in [
            (Base::StaticMethod, &["__func__"][..]),
            (Base::ClassMethod, &["__func__"]),
            (Base::Property, &["fget", "fset", "fdel"]),
            (Base::Method, &["__func__"]),
        ] {
            self.members(value, &base.of(py), members);
        }
        if let Some(partial) = self.wrappers.partial.clone() {
            self.members(value, &partial, &["func"]);
        }
        if visit::is_heap_type(&value.get_type()) {
            for name in [intern!(py, "__wrapped__"), intern!(py, "func"), intern!(py, "dispatcher")] {
                self.work.extend(visit::instance_attribute(value, name));
            }
        }
    }

    fn members(&mut self, value: &Bound<'py, PyAny>, base: &Bound<'py, PyType>, names: &[&str]) {
        self.work.extend(names.iter().filter_map(|name| visit::member(value, base, name)));
    }
}

/// Whether a native callable says that it belongs to this module, or says nothing.
fn is_from(value: &Bound<'_, PyAny>, module: &str) -> bool {
    if visit::type_name(value) != "builtin_function_or_method" {
        return true;
    }
    let own = visit::own(value, intern!(value.py(), "__module__"));
    own.and_then(|m| m.cast_into_exact::<PyString>().ok()).is_none_or(|m| visit::is_text(&m, module))
}

/// Whether this is one of the functions that keep a single-dispatch registry in their closure.
fn is_singledispatch(function: &Bound<'_, PyFunction>) -> bool {
    visit::code_qualname(&visit::code(function)).starts_with("singledispatch.<locals>.")
}
