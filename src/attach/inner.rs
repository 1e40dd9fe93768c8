//! Inner functions: code that exists only as a constant of another function's code until that function runs.
//!
//! In: a target. Out: [`Inner`]: where its code is, and in which loaded functions. Never here: closures that exist
//! already; they are function objects, and `target` finds them.

use std::collections::HashMap;

use pyo3::prelude::*;

use super::target::{Home, Survey, Verdicts};
use super::{tree, visit};
use crate::sorted;
use crate::spec::Target;

/// One code constant that matches, inside one holder.
pub(super) struct Inner {
    /// The code of the loaded functions that contain it.
    pub holder: Py<PyAny>,
    /// Every loaded function whose code is `holder`.
    pub functions: Vec<Py<PyAny>>,
    /// Indexes into `co_consts`, from the holder's down to the constant.
    pub path: Vec<usize>,
    #[cfg_attr(not(feature = "doors"), expect(dead_code, reason = "the tests look at it"))]
    pub code: Py<PyAny>,
    pub module: String,
    pub qualname: String,
}

/// The inner functions a target names, in all loaded functions that contain them.
#[cfg(feature = "doors")]
pub(super) fn inner(py: Python<'_>, target: &Target) -> Vec<Inner> {
    Survey::take(py, &[target]).inner(target)
}

impl Survey<'_> {
    /// The inner functions this target names. The target must be one the survey was taken for.
    pub(super) fn inner(&self, target: &Target) -> Vec<Inner> {
        let may_be = |module: &str| target.may_be_in_module(module);
        let mut verdicts = Verdicts::new(&may_be);
        let mut holders: HashMap<usize, Vec<Inner>> = HashMap::new();
        for function in &self.functions {
            let home = self.homes.of(function);
            if verdicts.of(&home) {
                let code = visit::code(function);
                let inside = holders.entry(code.as_ptr() as usize).or_insert_with(|| inside(&code, &home, target));
                inside.iter_mut().for_each(|i| i.functions.push(function.clone().into_any().unbind()));
            }
        }
        let all: Vec<Inner> = holders.into_values().flatten().collect();
        sorted::by(all, |a, b| (&a.module, &a.qualname, &a.path).cmp(&(&b.module, &b.qualname, &b.path)))
    }
}

/// The matching constants of one holder, at any depth.
fn inside(holder: &Bound<'_, PyAny>, home: &Home, target: &Target) -> Vec<Inner> {
    let mut found = Vec::new();
    let mut work = vec![(holder.clone(), Vec::new())];
    while let Some((code, path)) = work.pop() {
        for (index, constant) in tree::code_constants(&code) {
            let path: Vec<usize> = path.iter().copied().chain([index]).collect();
            found.extend(named(holder, &constant, &path, home, target));
            work.push((constant.into_any(), path));
        }
    }
    found
}

fn named(
    holder: &Bound<'_, PyAny>,
    code: &Bound<'_, PyAny>,
    path: &[usize],
    home: &Home,
    target: &Target,
) -> Option<Inner> {
    let qualname = visit::code_qualname(code);
    let module = home.names.iter().find(|m| target.matches(m, &qualname))?;
    tree::is_function(code).then(|| Inner {
        holder: holder.clone().unbind(),
        functions: Vec::new(),
        path: path.to_vec(),
        code: code.clone().unbind(),
        module: module.clone(),
        qualname,
    })
}
