//! Code that has not run yet: modules on their way in.
//!
//! In: what importlib's own functions return, brought here by hooks inside them. Out: a rewritten code object in place
//! of the module's, before it is executed, and word of every module that has been. Never here: an import hook, an audit
//! hook, anything the application could find in `sys`.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyDict, PyFunction, PyModule, PyString, PyTuple, PyType};

use super::{visit, walk};

/// Gets a module's code before it is executed, with the names the module goes by; gives the code to execute instead.
pub(super) type Transform = Box<dyn Fn(&[&str], &Bound<'_, PyAny>) -> Option<Py<PyAny>> + Send + Sync>;
/// Gets the name of a module that has just been executed.
pub(super) type Loaded = Box<dyn Fn(Python<'_>, &str) + Send + Sync>;

/// Whoever waits for code; to be kept while a pattern may match a module that is not loaded.
pub(super) struct Watch {
    pub(super) transform: Transform,
    loaded: Loaded,
}

/// What the return of a watched function tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Return {
    /// `loader.get_code(fullname)`: the module's code, or None.
    Code,
    /// `_load_unlocked(spec)`, `_exec(spec, module)`: the module has been executed.
    Module,
    /// `runpy._get_code_from_file`: the code of a script (on 3.11 in a tuple with its file name).
    Script,
}

/// A function whose return must be brought to [`Watch::on_return`], which may replace it.
pub(super) struct Point {
    pub function: Py<PyAny>,
    /// The positional parameter that `on_return` wants, as it was at entry.
    pub argument: u16,
    pub returns: Return,
}

impl Watch {
    pub(super) fn new(transform: Transform, loaded: Loaded) -> Arc<Self> {
        Arc::new(Self { transform, loaded })
    }

    /// Called by the hook at each return of a [`Point`]'s function: the object to return instead, if any.
    pub(super) fn on_return<'py>(
        &self,
        returns: Return,
        argument: Option<&Bound<'py, PyAny>>,
        value: &Bound<'py, PyAny>,
    ) -> Option<Bound<'py, PyAny>> {
        match returns {
            Return::Code => self.on_code(argument?, value),
            Return::Script => self.on_script(value),
            Return::Module => {
                if let Some(name) = loaded_name(argument, value) {
                    (self.loaded)(value.py(), &name);
                }
                None
            }
        }
    }

    fn on_code<'py>(&self, fullname: &Bound<'py, PyAny>, code: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let fullname = visit::text(fullname.cast::<PyString>().ok()?);
        let run_name = run_name(code.py());
        // The `__main__` of a directory or archive goes by the name it is run under alone.
        match run_name.as_deref() {
            None => self.transformed(&[&fullname], code),
            Some(name) if fullname == "__main__" || fullname == name => self.transformed(&[name], code),
            Some(name) => self.transformed(&[&fullname, name], code),
        }
    }

    fn on_script<'py>(&self, value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let py = value.py();
        let name = run_name(py)?;
        let Ok(pair) = value.cast_exact::<PyTuple>() else { return self.transformed(&[&name], value) };
        let code = self.transformed(&[&name], &pair.get_item(0).ok()?)?;
        PyTuple::new(py, [code, pair.get_item(1).ok()?]).ok().map(Bound::into_any)
    }

    fn transformed<'py>(&self, names: &[&str], code: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        if !code.is_exact_instance_of::<PyCode>() {
            return None;
        }
        (self.transform)(names, code).map(|new| new.into_bound(code.py()))
    }
}

/// The functions to watch that exist now. Ask again after `runpy` was loaded: it brings one more.
pub(super) fn points(py: Python<'_>) -> Vec<Point> {
    const IMPORTLIB: &str = "_frozen_importlib";
    const EXTERNAL: &str = "_frozen_importlib_external";
    [
        (method(py, EXTERNAL, "SourceLoader", "get_code"), 1, Return::Code),
        (method(py, EXTERNAL, "SourcelessFileLoader", "get_code"), 1, Return::Code),
        (method(py, "zipimport", "zipimporter", "get_code"), 1, Return::Code),
        (function(py, IMPORTLIB, "_load_unlocked"), 0, Return::Module),
        (function(py, IMPORTLIB, "_exec"), 0, Return::Module),
        (function(py, "runpy", "_get_code_from_file"), 0, Return::Script),
    ]
    .into_iter()
    .filter_map(|(function, argument, returns)| Some(Point { function: function?, argument, returns }))
    .collect()
}

fn function(py: Python<'_>, module: &str, name: &str) -> Option<Py<PyAny>> {
    only_function(walk::global(py, module, name)?)
}

fn method(py: Python<'_>, module: &str, class: &str, name: &str) -> Option<Py<PyAny>> {
    let class = walk::global(py, module, class)?.cast_into::<PyType>().ok()?;
    only_function(walk::entry(&visit::type_dict(&class)?, name)?)
}

fn only_function(value: Bound<'_, PyAny>) -> Option<Py<PyAny>> {
    value.cast_into_exact::<PyFunction>().ok().map(|f| f.into_any().unbind())
}

/// The name of an executed module: its spec's, else its own.
fn loaded_name(spec: Option<&Bound<'_, PyAny>>, module: &Bound<'_, PyAny>) -> Option<String> {
    let by_spec = spec.and_then(|s| visit::instance_attribute(s, intern!(s.py(), "name")));
    if let Some(name) = by_spec.and_then(|n| n.cast_into_exact::<PyString>().ok()) {
        return Some(visit::text(&name));
    }
    walk::entry_text(&module.cast::<PyModule>().ok()?.dict(), "__name__")
}

/// The name `runpy` will run this code under, when the watched function was called by it or is its own.
fn run_name(py: Python<'_>) -> Option<String> {
    const FRAMES_MAX: usize = 10;
    let mut frame = visit::current_frame(py)?.into_any();
    for _ in 0..FRAMES_MAX {
        if frame_module(&frame).as_deref() == Some("runpy")
            && let Some(name) = name_asked_for(&frame)
        {
            return Some(name);
        }
        frame = visit::own(&frame, intern!(py, "f_back")).filter(|f| !f.is_none())?;
        if !is_between(&frame) {
            return None;
        }
    }
    None
}

/// Whether a frame can stand between `runpy`'s entry and code being got: runpy's own, or the hook's.
fn is_between(frame: &Bound<'_, PyAny>) -> bool {
    let name = visit::own(frame, intern!(frame.py(), "f_code")).map(|c| visit::code_qualname(&c)).unwrap_or_default();
    frame_module(frame).as_deref() == Some("runpy") || name.ends_with(".get_code")
}

/// What an entry function of `runpy` was asked for.
fn name_asked_for(frame: &Bound<'_, PyAny>) -> Option<String> {
    let py = frame.py();
    let code = visit::own(frame, intern!(py, "f_code"))?;
    match visit::code_qualname(&code).as_str() {
        "_run_module_as_main" => Some("__main__".to_owned()),
        "run_module" | "run_path" => {
            let locals = visit::own(frame, intern!(py, "f_locals"))?;
            let name = locals.get_item(intern!(py, "run_name")).ok()?;
            name.cast_into_exact::<PyString>().ok().map(|n| visit::text(&n))
        }
        _ => None,
    }
}

/// `__name__` in a frame's globals.
pub(super) fn frame_module(frame: &Bound<'_, PyAny>) -> Option<String> {
    let globals = visit::own(frame, intern!(frame.py(), "f_globals"))?;
    walk::entry_text(globals.cast::<PyDict>().ok()?, "__name__")
}
