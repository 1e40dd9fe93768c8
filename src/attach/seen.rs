//! What an operator asks about a process: which functions there are, which sessions.
//!
//! In: a part of a name. Out: dotted names; sessions with how many functions they are on. Never here: a line of the
//! application's code, a change.

use std::collections::BTreeSet;

use pyo3::prelude::*;
use pyo3::types::PyFunction;

use super::target::{Homes, Survey};
use super::{live, places, tree, visit};
use crate::frames::{Found, Seen};
use crate::sorted;

/// However many are asked for.
const NAMES_MAX: u32 = 1_000;

/// Python functions whose dotted names hold the text, in whatever case; the shortest first, `most` of them.
pub fn named(py: Python<'_>, text: &str, most: u32) -> Found {
    let survey = Survey::over(py, &|_| true);
    let text = text.to_ascii_lowercase();
    let dotted = survey.functions.iter().filter_map(|function| name(function, &survey.homes));
    let fitting: BTreeSet<String> = dotted.filter(|name| name.to_ascii_lowercase().contains(&text)).collect();
    let mut names = sorted::by(fitting.into_iter().collect(), |a: &String, b| (a.len(), a).cmp(&(b.len(), b)));
    let most = most.min(NAMES_MAX) as usize;
    let more = names.len().saturating_sub(most) as u64;
    names.truncate(most);
    Found { names, more }
}

/// As a target names it; nothing for a lambda, which no target names.
fn name(function: &Bound<'_, PyFunction>, homes: &Homes) -> Option<String> {
    let qualname = visit::code_qualname(&visit::code(function));
    let home = homes.of(function);
    let module = home.names.first()?;
    tree::is_named(&qualname).then(|| format!("{module}.{}", qualname.replace(".<locals>", "")))
}

/// Every session of the process, in load order.
pub fn seen(py: Python<'_>) -> Vec<Seen> {
    let seen = |live: &std::rc::Rc<live::Live>| Seen {
        session: live.order,
        modules: live.guests.iter().map(|guest| guest.borrow().name().to_owned()).collect(),
        functions: places(py, live).into_iter().flatten().collect::<BTreeSet<_>>().len() as u64,
    };
    live::all(py).iter().map(seen).collect()
}
