//! Why a name names nothing: the longest prefix that exists, in plain words.
//!
//! In: an exact target that no loaded function answers to. Out: one sentence. Never here: an import, a guess at code
//! that is not loaded, a line of the application's code.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFunction, PyType};

use super::visit::{self, Base};
use super::{target, tree, walk};
use crate::spec::{Part, Target};

/// Why nothing is attached.
#[derive(Debug)]
pub(super) struct Why {
    pub text: String,
    /// The name is there and is not Python's: no function will come.
    pub for_ever: bool,
}

impl From<String> for Why {
    fn from(text: String) -> Self {
        Self { text, for_ever: false }
    }
}

/// Says what of the target exists and what does not.
pub(super) fn explain(py: Python<'_>, target: &Target) -> Why {
    let names: Vec<&str> = target.parts.iter().filter_map(name).collect();
    if names.len() != target.parts.len() || !target.is_exact() {
        return explain_pattern(py, target);
    }
    visit::without_collector(py, || explain_names(py, &names))
}

fn explain_pattern(py: Python<'_>, target: &Target) -> Why {
    let natives = target::find(py, target).not_python;
    let Some(first) = natives.first() else { return "no loaded function matches".to_owned().into() };
    let others = if natives.len() == 1 { String::new() } else { format!(" (nor are {} others)", natives.len() - 1) };
    format!("`{}` is a {}, not a Python function{others}", first.name, first.kind).into()
}

fn name(part: &Part) -> Option<&str> {
    match part {
        Part::Name(name) => Some(name),
        Part::Any => None,
    }
}

fn explain_names(py: Python<'_>, names: &[&str]) -> Why {
    let loaded = walk::modules(py);
    let is_loaded = |n: &usize| loaded.iter().any(|(name, _)| *name == names[..*n].join("."));
    let Some(depth) = (1..=names.len()).rev().find(is_loaded) else {
        let near = nearest(names[0], loaded.iter().map(|(name, _)| name.as_str()).filter(|n| !n.contains('.')));
        return format!("`{}` was never imported{}", names[0], hint(near)).into();
    };
    let module = names[..depth].join(".");
    let value = loaded.iter().find(|(name, _)| *name == module).map(|(_, value)| value.clone());
    let Some(dict) = value.as_ref().and_then(walk::module_dict) else {
        return format!("`{module}` is loaded but is no module: {}", kind(value.as_ref())).into();
    };
    if depth == names.len() {
        return format!("`{module}` is a module, not a function").into();
    }
    in_module(&module, &dict, &names[depth..])
}

fn in_module(module: &str, dict: &Bound<'_, PyDict>, rest: &[&str]) -> Why {
    if let Some(value) = walk::entry(dict, rest[0]) {
        return in_value(module, module, &value, rest);
    }
    let hint = hint(nearest_in(dict, rest[0]));
    if walk::entry(dict, "__path__").is_some() && rest.len() > 1 {
        return format!("`{module}` is loaded, `{module}.{}` was never imported{hint}", rest[0]).into();
    }
    format!("`{module}` is loaded and has no `{}`{hint}", rest[0]).into()
}

/// `rest[0]` is `value`, found in `holder`.
fn in_value(module: &str, holder: &str, value: &Bound<'_, PyAny>, rest: &[&str]) -> Why {
    let path = format!("{holder}.{}", rest[0]);
    if let Some(function) = function_behind(value) {
        return in_function(module, &path, &function, &rest[1..]).into();
    }
    if rest.len() == 1 {
        let text = format!("`{path}` is {}, not a function", kind(Some(value)));
        return Why { text, for_ever: walk::native_kind(value).is_some() };
    }
    match value.cast::<PyType>() {
        Ok(class) => in_class(module, &path, class, &rest[1..]),
        Err(_) => format!("`{path}` is {} and holds no functions", kind(Some(value))).into(),
    }
}

fn in_class(module: &str, path: &str, class: &Bound<'_, PyType>, rest: &[&str]) -> Why {
    if let Some(elsewhere) = walk::type_module(class).filter(|own| own != module) {
        let qualname = visit::type_qualname(class).map(|q| visit::text(&q)).unwrap_or_default();
        return format!("`{path}` is imported from elsewhere; its own name is `{elsewhere}.{qualname}`").into();
    }
    let Some(dict) = visit::type_dict(class) else { return format!("`{path}` has no namespace").into() };
    if let Some(value) = walk::entry(&dict, rest[0]) {
        return in_value(module, path, &value, rest);
    }
    if let Some(owner) = inherited(class, rest[0]) {
        return format!("`{path}` has no `{}` of its own; it inherits `{owner}.{}`", rest[0], rest[0]).into();
    }
    format!("`{path}` is loaded and has no `{}`{}", rest[0], hint(nearest_in(&dict, rest[0]))).into()
}

fn in_function(module: &str, path: &str, function: &Bound<'_, PyFunction>, rest: &[&str]) -> String {
    let code = visit::code(function);
    let own = format!("{}.{}", own_module(function), visit::code_qualname(&code));
    if own.replace(".<locals>", "") != path {
        return match own.ends_with("<lambda>") {
            true => format!("`{path}` is a lambda, which has no name to be found by"),
            false => format!("`{path}` is another function; its own name is `{own}`"),
        };
    }
    let Some(first) = rest.first() else { return format!("`{path}` is loaded") };
    let inner = inner_names(&code);
    if inner.iter().any(|n| n == first) {
        return format!("`{path}.{first}` is an inner function of `{path}`");
    }
    let hint = hint(nearest(first, inner.iter().map(String::as_str)));
    format!("`{path}` is a function of `{module}` and has no inner function `{first}`{hint}")
}

fn own_module(function: &Bound<'_, PyFunction>) -> String {
    let by_globals = visit::globals(function).and_then(|g| walk::entry_text(&g, "__name__"));
    by_globals.or_else(|| visit::module(function).map(|m| visit::text(&m))).unwrap_or_default()
}

fn inner_names(code: &Bound<'_, PyAny>) -> Vec<String> {
    let inner = tree::code_constants(code).into_iter().map(|(_, c)| visit::code_qualname(&c));
    inner.filter(|q| tree::is_named(q)).filter_map(|q| q.rsplit('.').next().map(str::to_owned)).collect()
}

/// The Python function a value is, or is a method or property around.
fn function_behind<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyFunction>> {
    if let Ok(function) = value.cast_exact::<PyFunction>() {
        return Some(function.clone());
    }
    let py = value.py();
    let member = |base: Base, name| visit::member(value, &base.of(py), name);
    let held = member(Base::StaticMethod, "__func__")
        .or_else(|| member(Base::ClassMethod, "__func__"))
        .or_else(|| member(Base::Property, "fget"))
        .or_else(|| member(Base::Method, "__func__"))?;
    held.cast_into_exact::<PyFunction>().ok()
}

/// The base class that defines a name, by its own module and qualified name.
fn inherited(class: &Bound<'_, PyType>, name: &str) -> Option<String> {
    let bases = visit::type_mro(class)?;
    let owner = bases.iter().skip(1).filter_map(|b| b.cast_into::<PyType>().ok()).find(|b| has(b, name))?;
    let qualname = visit::text(&visit::type_qualname(&owner)?);
    Some(walk::type_module(&owner).map_or(qualname.clone(), |module| format!("{module}.{qualname}")))
}

fn has(class: &Bound<'_, PyType>, name: &str) -> bool {
    visit::type_dict(class).is_some_and(|d| walk::entry(&d, name).is_some())
}

/// A value's kind with its article: `a str`, `an int`, `a class`.
fn kind(value: Option<&Bound<'_, PyAny>>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    if value.is_none() {
        return "None".to_owned();
    }
    let name = if value.cast::<PyType>().is_ok() { "class".to_owned() } else { last_name(&visit::type_name(value)) };
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

fn last_name(dotted: &str) -> String {
    dotted.rsplit('.').next().unwrap_or(dotted).to_owned()
}

fn hint(near: Option<String>) -> String {
    near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
}

fn nearest_in(dict: &Bound<'_, PyDict>, wanted: &str) -> Option<String> {
    let names: Vec<String> = walk::entries(dict).iter().map(|(k, _)| visit::text(k)).collect();
    nearest(wanted, names.iter().map(String::as_str))
}

/// The closest of some names, if it is close.
fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let most = wanted.chars().count().div_ceil(3).clamp(1, 3);
    let near = names.filter(|n| n.len().abs_diff(wanted.len()) <= 4 * most).map(|n| (distance(wanted, n), n));
    near.filter(|(d, _)| *d <= most).min().map(|(_, n)| n.to_owned())
}

/// Levenshtein's distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
