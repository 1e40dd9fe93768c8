//! The import policy: what a module asks for must be in the table, of the same type.
//!
//! In: a module's imports. Out: nothing, or the refusal. Never here: a second list of imports;
//! `waspect_abi` has the only one.

use wasmparser::{ExternalKind, FuncType, ValType};
use waspect_abi::{AGGREGATIONS, Arg, CORE, IMPORTS, Import as Known, import_named};

use super::pass::{Facts, Import};
use super::shape::cap;
use super::{ModuleError, Place};
use crate::limits::{self, Profile};
use crate::path::{Path, parse_steps};
use crate::spec::words::{nearest, quoted};

pub(super) fn check(facts: &Facts<'_>) -> Result<(), ModuleError> {
    let exports_memory = facts.exports.iter().any(|e| e.name == "memory" && e.kind == ExternalKind::Memory);
    for import in &facts.imports {
        let known = find(import, facts.profile)?;
        signature(facts, import, known)?;
        argument(import, known.arg)?;
        declared(facts, import)?;
        if known.takes_memory() && !exports_memory {
            return Err(ModuleError::NoMemory { place: place(import) });
        }
    }
    Ok(())
}

fn find(import: &Import<'_>, profile: Profile) -> Result<&'static Known, ModuleError> {
    cap!(profile, NAME_BYTES_MAX, place(import), import.module.len().max(import.name.len()))?;
    import_named(import.module, import.name).ok_or_else(|| ModuleError::UnknownImport {
        place: place(import),
        nearest: nearest_row(import),
        module: import.module.to_owned(),
    })
}

/// A core function by name, or a family by module.
fn nearest_row(import: &Import<'_>) -> Option<String> {
    if import.module == CORE {
        let fixed = IMPORTS.iter().filter_map(|k| if let Arg::Fixed(name) = k.arg { Some(name) } else { None });
        return nearest(import.name, fixed).map(|name| format!("`{CORE}` `{name}`"));
    }
    let families = IMPORTS.iter().map(|k| k.module).filter(|&m| m != CORE);
    nearest(import.module, families).filter(|_| import.module.starts_with("probe1")).map(|m| format!("`{m}`"))
}

fn place(import: &Import<'_>) -> Place {
    Place::Import(import.module.to_owned(), import.name.to_owned())
}

fn signature(facts: &Facts<'_>, import: &Import<'_>, known: &Known) -> Result<(), ModuleError> {
    let found = facts.types.get(import.type_index as usize).map(spelled).unwrap_or_default();
    let expected = known.signature.replace('V', "i64");
    if found == expected {
        return Ok(());
    }
    Err(ModuleError::Signature { place: place(import), found, expected: format!("`{expected}`") })
}

/// `(i32,i64)->f64`, as the table writes it.
pub(super) fn spelled(ty: &FuncType) -> String {
    let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    match ty.results() {
        [one] => format!("({})->{one}", list(ty.params())),
        many => format!("({})->({})", list(ty.params()), list(many)),
    }
}

/// `print` and `clear` mean an aggregation of the same module.
fn declared(facts: &Facts<'_>, import: &Import<'_>) -> Result<(), ModuleError> {
    if !matches!(import.module, "probe1.print" | "probe1.clear") {
        return Ok(());
    }
    let makes = |other: &&Import<'_>| AGGREGATIONS.contains(&other.module);
    let named = |other: &Import<'_>| match other.module {
        "probe1.lquantize" => other.name.split(',').next().unwrap_or_default().to_owned(),
        _ => other.name.to_owned(),
    };
    let names: Vec<String> = facts.imports.iter().filter(makes).map(named).collect();
    if names.iter().any(|name| name == import.name) {
        return Ok(());
    }
    let meant =
        nearest(import.name, names.iter().map(String::as_str)).map(|name| format!("; did you mean {}?", quoted(name)));
    let message = format!("expected an aggregation that the module counts in{}", meant.unwrap_or_default());
    Err(ModuleError::Argument { place: place(import), message })
}

/// The name, where it is an argument.
fn argument(import: &Import<'_>, arg: Arg) -> Result<(), ModuleError> {
    let refuse = |message: String| Err(ModuleError::Argument { place: place(import), message });
    let name = import.name;
    match arg {
        Arg::Fixed(_) | Arg::Text => Ok(()),
        Arg::Path => name.parse::<Path>().map(drop).or_else(|e| refuse(e.to_string())),
        Arg::Relative => parse_steps(name).map(drop).or_else(|e| refuse(e.to_string())),
        Arg::Name if name.is_empty() => refuse("expected a name, found nothing".to_owned()),
        Arg::Name if name.contains(char::is_control) => refuse("expected a name without control characters".to_owned()),
        Arg::Name => Ok(()),
        Arg::Linear => linear(name).map(drop).or_else(refuse),
    }
}

/// `name,lo,hi,step`: finite numbers, `lo < hi`, and a sensible number of buckets.
fn linear(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split(',').collect();
    let [name, numbers @ ..] = parts.as_slice() else { return Err(String::new()) };
    let numbers: Option<Vec<f64>> = numbers.iter().map(|n| n.parse().ok().filter(|x: &f64| x.is_finite())).collect();
    let Some([lo, hi, step]) = numbers.as_deref() else {
        return Err(format!("expected `name,lo,hi,step` with three numbers, found {}", quoted(text)));
    };
    if name.is_empty() || name.contains(char::is_control) {
        return Err("expected a name before the first comma".to_owned());
    }
    if lo >= hi || *step <= 0.0 {
        return Err(format!("expected lo below hi and a step above 0, found {lo}, {hi} and {step}"));
    }
    let (buckets, max) = (((hi - lo) / step).ceil(), limits::LINEAR_BUCKETS_MAX);
    if buckets > max as f64 {
        return Err(format!("expected at most {max} buckets (`linear_buckets_max`), found {buckets}"));
    }
    Ok(())
}
