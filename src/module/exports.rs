//! Exports to probes: names read as specs, overrides applied, types checked.
//!
//! In: a module's exports, its `probe1.at` section, the operator's `--at`. Out: probes in export order. Never here: an
//! export that looks like an attach point and is ignored.

use wasmparser::ExternalKind;

use super::pass::{Export, Facts};
use super::shape::cap;
use super::{At, ModuleError, Place, at, imports, reach};
use crate::spec::{Probe, Spec};

pub(super) struct Exports {
    pub(super) probes: Vec<Probe>,
    pub(super) has_initialize: bool,
}

pub(super) fn read(facts: &Facts<'_>, given: &[At]) -> Result<Exports, ModuleError> {
    let section = facts.at.map_or(Ok(Vec::new()), at::lines)?;
    // Before they are held against each other.
    cap!(facts.profile, MODULE_PROBES_MAX, Place::Module, section.len())?;
    known(facts, given, "`--at`")?;
    known(facts, &section, "custom section `probe1.at`")?;
    let mut exports = Exports { probes: Vec::new(), has_initialize: false };
    for export in &facts.exports {
        cap!(facts.profile, NAME_BYTES_MAX, place(export), export.name.len())?;
        match export.name {
            "_start" if export.kind == ExternalKind::Func => return Err(ModuleError::Program),
            "_initialize" => exports.has_initialize = initialize(facts, export)?,
            _ => {}
        }
        for spec in specs(export, given, &section)? {
            exports.probes.push(probe(facts, export, spec)?);
        }
    }
    cap!(facts.profile, MODULE_PROBES_MAX, Place::Module, exports.probes.len())?;
    if exports.probes.is_empty() {
        return Err(ModuleError::NoProbe { exports: functions(facts) });
    }
    Ok(exports)
}

/// The operator's word goes before the section's, and that before the name's own.
fn specs(export: &Export<'_>, given: &[At], section: &[At]) -> Result<Vec<Spec>, ModuleError> {
    for source in [given, section] {
        let said: Vec<Spec> = source.iter().filter(|at| at.export == export.name).map(|at| at.spec.clone()).collect();
        if let Some(twice) = said.iter().enumerate().find(|(i, spec)| said[..*i].contains(spec)) {
            return Err(ModuleError::SameSpec { export: export.name.to_owned(), spec: twice.1.to_string() });
        }
        if !said.is_empty() {
            return Ok(said);
        }
    }
    if !is_attach_point(export) {
        return Ok(Vec::new());
    }
    let spec = export.name.parse().map_err(|error| ModuleError::Spec { place: place(export), error })?;
    Ok(vec![spec])
}

/// Whether the name says where it belongs: anything with a colon, and functions in the reserved words.
fn is_attach_point(export: &Export<'_>) -> bool {
    let word = export.name.split(['?', '#']).next().unwrap_or("");
    let reserved = export.name.starts_with("probe_") || matches!(word, "begin" | "end");
    export.name.contains(':') || reserved && export.kind == ExternalKind::Func
}

fn probe(facts: &Facts<'_>, export: &Export<'_>, spec: Spec) -> Result<Probe, ModuleError> {
    let status = match typed(facts, export)?.as_str() {
        "()->()" => false,
        "()->i32" => true,
        found => return Err(wrong_type(export, found, "`()->()` or `()->i32`")),
    };
    let wants = reach::wants(facts, export.index);
    Ok(Probe { export: export.name.to_owned(), spec, status, wants })
}

fn initialize(facts: &Facts<'_>, export: &Export<'_>) -> Result<bool, ModuleError> {
    match typed(facts, export)?.as_str() {
        "()->()" => Ok(true),
        found => Err(wrong_type(export, found, "`()->()`")),
    }
}

/// The type of an export that must be a function of the module's own.
fn typed(facts: &Facts<'_>, export: &Export<'_>) -> Result<String, ModuleError> {
    if export.kind != ExternalKind::Func {
        return Err(ModuleError::NotFunction { place: place(export), found: kind_name(export.kind) });
    }
    if (export.index as usize) < facts.imports.len() {
        return Err(ModuleError::Reexport { place: place(export) });
    }
    Ok(facts.function_type(export.index).map(imports::spelled).unwrap_or_default())
}

fn wrong_type(export: &Export<'_>, found: &str, expected: &str) -> ModuleError {
    ModuleError::Signature { place: place(export), found: found.to_owned(), expected: expected.to_owned() }
}

fn kind_name(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

/// Every override must name a function export.
fn known(facts: &Facts<'_>, said: &[At], by: &'static str) -> Result<(), ModuleError> {
    let exports = functions(facts);
    match said.iter().find(|at| !exports.contains(&at.export)) {
        Some(at) => Err(ModuleError::NoSuchExport { by, export: at.export.clone(), exports }),
        None => Ok(()),
    }
}

fn functions(facts: &Facts<'_>) -> Vec<String> {
    facts.exports.iter().filter(|e| e.kind == ExternalKind::Func).map(|e| e.name.to_owned()).collect()
}

fn place(export: &Export<'_>) -> Place {
    Place::Export(export.name.to_owned())
}
