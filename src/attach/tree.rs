//! Code trees: a module's or function's code object and the code constants inside it, at any depth.
//!
//! In: a code object and what to do with each function in it. Out: a new tree, where something changed. Never here: a
//! function object, a change to a code object that exists.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCode, PyDict, PyTuple};

use super::visit;

const FUNCTION: i32 = pyo3::ffi::CO_OPTIMIZED | pyo3::ffi::CO_NEWLOCALS;

/// Rewrites one function's code, given its module and qualified name; `None` leaves it as it is.
pub type Rewrite<'a> = dyn Fn(&Bound<'_, PyAny>, &str, &str) -> Option<Py<PyAny>> + 'a;

/// Code before and after.
pub type Pair = (Py<PyAny>, Py<PyAny>);

/// A rebuilt code tree.
pub struct Tree {
    pub code: Py<PyAny>,
    /// Functions that were only rebuilt around a changed constant, (before, after): who detaches follows these back.
    /// `after` may itself have been given to the rewriter.
    pub rebuilt: Vec<Pair>,
}

/// Gives every function of `code` to `rewrite(code, module, qualname)`, once for each name of the module until one
/// answers, inner functions first; parents are rebuilt around what changed. `None`: nothing did. `code` itself is
/// given too if it is a function's.
pub fn transform_tree<'py>(code: &Bound<'py, PyAny>, modules: &[&str], rewrite: &Rewrite<'_>) -> Option<Tree> {
    let mut rebuilt = Vec::new();
    let code = transform(code, modules, rewrite, &mut rebuilt)?;
    Some(Tree { code: code.unbind(), rebuilt })
}

/// The code constants of a code object, with their index.
pub(super) fn code_constants<'py>(code: &Bound<'py, PyAny>) -> Vec<(usize, Bound<'py, PyAny>)> {
    let Some(constants) = constants(code) else { return Vec::new() };
    constants.iter().enumerate().filter(|(_, c)| c.is_exact_instance_of::<PyCode>()).collect()
}

/// The code constant at an index.
pub(super) fn constant<'py>(code: &Bound<'py, PyCode>, index: usize) -> Option<Bound<'py, PyCode>> {
    constants(code)?.get_item(index).ok()?.cast_into::<PyCode>().ok()
}

/// A copy with other constants at some indexes.
pub(super) fn with_constants<'py>(
    code: &Bound<'py, PyAny>,
    changed: Vec<(usize, Bound<'py, PyAny>)>,
) -> Option<Bound<'py, PyAny>> {
    let mut all: Vec<_> = constants(code)?.iter().collect();
    for (index, new) in changed {
        *all.get_mut(index)? = new;
    }
    replace_constants(code, all)
}

/// Whether this is the code of a function: no module, no class body.
pub(super) fn is_function(code: &Bound<'_, PyAny>) -> bool {
    let flags = visit::own(code, intern!(code.py(), "co_flags")).and_then(|f| f.extract::<i32>().ok());
    flags.is_some_and(|f| f & FUNCTION == FUNCTION)
}

/// Whether a qualified name ends in a name: not `<lambda>`, `<listcomp>`, `<module>`.
pub(super) fn is_named(qualname: &str) -> bool {
    !qualname.rsplit('.').next().is_some_and(|last| last.starts_with('<'))
}

fn transform<'py>(
    code: &Bound<'py, PyAny>,
    modules: &[&str],
    rewrite: &Rewrite<'_>,
    rebuilt: &mut Vec<Pair>,
) -> Option<Bound<'py, PyAny>> {
    let around = with_inner(code, modules, rewrite, rebuilt);
    if !is_function(code) {
        return around;
    }
    if let Some(after) = &around {
        rebuilt.push((code.clone().unbind(), after.clone().unbind()));
    }
    let current = around.as_ref().unwrap_or(code);
    let qualname = visit::code_qualname(code);
    let own = || modules.iter().find_map(|module| rewrite(current, module, &qualname));
    let changed = if is_named(&qualname) { own() } else { None };
    changed.map(|c| c.into_bound(code.py())).or(around)
}

/// The code with its changed code constants in place, if any changed.
fn with_inner<'py>(
    code: &Bound<'py, PyAny>,
    modules: &[&str],
    rewrite: &Rewrite<'_>,
    rebuilt: &mut Vec<Pair>,
) -> Option<Bound<'py, PyAny>> {
    let inner = code_constants(code).into_iter();
    let changed: Vec<_> = inner.filter_map(|(i, c)| Some((i, transform(&c, modules, rewrite, rebuilt)?))).collect();
    if changed.is_empty() {
        return None;
    }
    let mut all: Vec<_> = constants(code)?.iter().collect();
    for (index, new) in changed {
        all[index] = new;
    }
    replace_constants(code, all)
}

/// `code.replace(co_consts=…)`; an audit hook may refuse it, then nothing changes.
pub(super) fn replace_constants<'py>(
    code: &Bound<'py, PyAny>,
    all: Vec<Bound<'py, PyAny>>,
) -> Option<Bound<'py, PyAny>> {
    let py = code.py();
    let arguments = PyDict::new(py);
    arguments.set_item(intern!(py, "co_consts"), PyTuple::new(py, all).ok()?).ok()?;
    code.call_method(intern!(py, "replace"), (), Some(&arguments)).ok()
}

fn constants<'py>(code: &Bound<'py, PyAny>) -> Option<Bound<'py, PyTuple>> {
    visit::own(code, intern!(code.py(), "co_consts"))?.cast_into::<PyTuple>().ok()
}
