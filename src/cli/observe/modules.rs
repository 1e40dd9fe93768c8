//! Probe files made ready to be loaded.
//!
//! In: paths and texts, and where exports belong. Out: compiled modules. Never here: a program that runs already.

use anyhow::{Context, anyhow, bail};

use crate::cli::language::Program;
use crate::cli::open::{Given, Opened};
use crate::cli::policy::refused;
use crate::compile;
use crate::frames::LoadModule;
use crate::limits::{Budget, Profile};
use crate::module::{self, At, ModuleError, ProbeModule};
use crate::policy::Policy;

/// Checks and compiles each file, to the limits of `profile`, to run under `budget`. An `--at` goes to every module that has its export, and to at least one.
pub(in crate::cli) fn load(
    all: &[Given<'_>],
    at: &[At],
    profile: Profile,
    budget: Budget,
) -> anyhow::Result<Vec<LoadModule>> {
    if all.is_empty() {
        bail!("no probe given; expected `-p FILE` or `-e TEXT`");
    }
    let mut homeless: Vec<&At> = at.iter().collect();
    let modules =
        all.iter().map(|given| one(given, (at, profile), &mut homeless, budget)).collect::<anyhow::Result<_>>()?;
    match homeless.first() {
        Some(at) => bail!("`--at` names export `{}`, which no given module has", at.export),
        None => Ok(modules),
    }
}

/// A program that no file has.
pub(in crate::cli) fn program(name: &str, text: &str, budget: Budget) -> anyhow::Result<LoadModule> {
    let bytes = Program::new(name, text.as_bytes().to_vec()).and_then(Program::compile)?;
    made(&module::parse(name, &bytes, &[]).map_err(|e| hinted(&e, e.hint()))?, budget)
}

/// What the agent will say, before any process is met.
pub(in crate::cli) fn within(policy: &Policy, modules: &[LoadModule]) -> anyhow::Result<()> {
    modules.iter().try_for_each(|module| {
        let manifest = &module.artifact.manifest;
        let subject = || format!("probe `{}` does not load", manifest.name);
        policy.module(manifest, &module.budget).map_err(|e| refused(&e)).with_context(subject)
    })
}

type Rules<'a> = (&'a [At], Profile);

fn one(given: &Given<'_>, rules: Rules<'_>, homeless: &mut Vec<&At>, budget: Budget) -> anyhow::Result<LoadModule> {
    let subject = || format!("probe `{}` does not load", given.shown());
    let bytes = given.read().and_then(Opened::into_module).with_context(subject)?;
    let module =
        checked(&given.name(), &bytes, rules, homeless).map_err(|e| hinted(&e, e.hint())).with_context(subject)?;
    made(&module, budget).with_context(subject)
}

fn made(module: &ProbeModule, budget: Budget) -> anyhow::Result<LoadModule> {
    let bounds = compile::Bounds::of(module.manifest().profile);
    let options = compile::Options { bounds, ..compile::Options::default() };
    let (artifact, _) = compile::artifact(module.bytes(), module.manifest(), &options)
        .map_err(|e| hinted(&e, e.hint().map(str::to_owned)))?;
    Ok(LoadModule { artifact, budget })
}

/// Checks a module with those of `at` whose export it has. Where one was refused for good, all are tried, for the message.
fn checked(
    name: &str,
    bytes: &[u8],
    (at, profile): Rules<'_>,
    homeless: &mut Vec<&At>,
) -> Result<ProbeModule, ModuleError> {
    let mut own = at.to_vec();
    loop {
        match module::parse_for(name, bytes, &own, profile) {
            Err(ModuleError::NoSuchExport { by: "`--at`", export, .. }) if at.len() > 1 || own.len() > 1 => {
                own.retain(|a| a.export != export);
            }
            Ok(module) => {
                homeless.retain(|a| !own.contains(a));
                return Ok(module);
            }
            Err(e) => return Err(e),
        }
    }
}

fn hinted(error: &impl ToString, hint: Option<String>) -> anyhow::Error {
    match hint {
        Some(hint) => anyhow!("{}\nhint: {hint}", error.to_string()),
        None => anyhow!("{}", error.to_string()),
    }
}
