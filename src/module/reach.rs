//! Which imports an export can reach, and so what its probe may want of a call.
//!
//! In: the call graph. Out: [`Wants`]. Never here: a guess in the module's favour; an indirect call reaches every
//! function in a table.

use waspect_abi::CORE;

use super::pass::Facts;
use crate::path::{Context, Path, Root};
use crate::spec::Wants;

/// What the function can ask for, directly and through whatever it calls.
pub(super) fn wants(facts: &Facts<'_>, function: u32) -> Wants {
    let mut wants = Wants::default();
    let mut seen = vec![false; facts.imports.len() + facts.functions.len()];
    let mut tables_seen = false;
    let mut waiting = vec![(function, None)];
    while let Some((index, constant)) = waiting.pop() {
        let place = index as usize;
        let Some(own) = place.checked_sub(facts.imports.len()) else {
            import(&mut wants, facts, place, constant);
            continue;
        };
        if std::mem::replace(&mut seen[place], true) {
            continue;
        }
        let Some(calls) = facts.calls.get(own) else { continue };
        waiting.extend(calls.direct.iter().copied());
        if calls.indirect && !std::mem::replace(&mut tables_seen, true) {
            waiting.extend(facts.in_tables.iter().map(|&index| (index, None)));
        }
    }
    wants.args.sort_unstable();
    wants.args.dedup();
    wants
}

/// What one import adds; `constant` is its last argument where the code fixes it.
fn import(wants: &mut Wants, facts: &Facts<'_>, index: usize, constant: Option<i32>) {
    let Some(import) = facts.imports.get(index) else { return };
    match (import.module, import.name) {
        ("probe1.get", path) => match path.parse() {
            Ok(path) => by_path(wants, &path),
            Err(_) => wants.any_arg = true,
        },
        ("probe1.slot" | "probe1.slot.set", _) => wants.slots = true,
        (CORE, "arg") => match constant.and_then(|n| u16::try_from(n).ok()) {
            Some(n) => wants.args.push(n),
            None => wants.any_arg = true,
        },
        (CORE, "nargs" | "local") => wants.any_arg = true,
        (CORE, "get") => (wants.any_arg, wants.elapsed) = (true, true),
        (CORE, "elapsed") => wants.elapsed = true,
        (CORE, "emit" | "emit_msgpack") => wants.emits = true,
        _ => {}
    }
}

/// A local by name may be an argument.
fn by_path(wants: &mut Wants, path: &Path) {
    match &path.root {
        Root::Arg(n) => match u16::try_from(*n) {
            Ok(n) => wants.args.push(n),
            Err(_) => wants.any_arg = true,
        },
        Root::Itself => wants.args.push(0),
        Root::Args | Root::Kwargs | Root::Local(_) | Root::Locals => wants.any_arg = true,
        Root::Context(Context::Elapsed) => wants.elapsed = true,
        _ => {}
    }
}
