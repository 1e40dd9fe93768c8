//! A policy file: the operator's rules, as TOML.
//!
//! In: `--policy FILE`, `WASPECT_POLICY`; the file's text. Out: a [`Policy`] whose rules know their lines, or an error with
//! file, line, the offending name and what is expected there. Never here: a verdict; the agent has the word, and asks
//! `policy`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use serde::Deserialize;
use toml::Spanned;
use waspect_abi::{CORE, IMPORTS, WASI};

use crate::frames::{self, FromCompiler, Refusal};
use crate::limits::{Budget, TABLE};
use crate::policy::{Is, Pattern, Policy, Rule, scope};
use crate::signature::{KeyError, PublicKey};
use crate::spec::glob;
use crate::spec::words::{nearest, one_of, quoted};

/// Where the file's path is when no `--policy` is given.
const VARIABLE: &str = "WASPECT_POLICY";
/// A longer file is not read.
const BYTES_MAX: u64 = 1 << 20;
/// A signer's name stands in messages.
const SIGNER_BYTES_MAX: usize = 64;
/// What a session may ask for besides budgets.
const OF_SESSION: [&str; 2] = ["events_per_second_process", "ring_bytes"];

#[derive(clap::Args, Clone, Debug)]
pub(crate) struct PolicyArgs {
    /// What may be read, probed and spent, and what is withheld: a TOML file [default: what `WASPECT_POLICY` names, else only
    /// what is withheld without one]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl PolicyArgs {
    /// The policy; without a file, the built-in one.
    ///
    /// # Errors
    /// When the file cannot be read, or is no policy.
    pub(crate) fn read(&self) -> anyhow::Result<Policy> {
        let named = || env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        self.policy.clone().or_else(named).map_or_else(|| Ok(Policy::default()), |path| from_file(&path))
    }
}

/// Tell an application what its policy file says
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// What the file is called in messages; it is read from standard input
    #[arg(long)]
    name: String,
}

/// Answers with one frame on standard output.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    std::io::stdin().take(BYTES_MAX).read_to_string(&mut text)?;
    let refused =
        |e: Bad| Refusal { stage: "policy".to_owned(), message: e.told(&args.name), hint: Some(HINT.to_owned()) };
    let answer = parse(&args.name, &text)
        .map_or_else(|e| FromCompiler::Refused(refused(e)), |policy| FromCompiler::Policy(Box::new(policy)));
    let mut out = std::io::stdout().lock();
    frames::write(&mut out, &answer)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

const HINT: &str = "docs/POLICY.md has every key, with examples";

fn from_file(path: &Path) -> anyhow::Result<Policy> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).with_context(|| format!("the policy `{shown}` cannot be read"))?;
    parse(&shown, &text).map_err(|e| super::advised::advised(e.told(&shown), HINT))
}

/// What is wrong, and where.
#[derive(Debug)]
pub struct Bad {
    message: String,
    line: u32,
}

impl Bad {
    /// As a message.
    pub fn told(&self, file: &str) -> String {
        format!("{file}:{}: {}", self.line, self.message)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    require_signed: Option<Spanned<bool>>,
    #[serde(default)]
    keys: Keys,
    #[serde(default)]
    imports: Lists,
    #[serde(default)]
    probe: Lists,
    #[serde(default)]
    limits: BTreeMap<Spanned<String>, Spanned<u64>>,
    #[serde(default)]
    redact: Withheld,
}

type Texts = Vec<Spanned<String>>;
/// Names of signers, and lines of keys.
type Keys = BTreeMap<Spanned<String>, Spanned<String>>;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Lists {
    allow: Option<Spanned<Texts>>,
    #[serde(default)]
    deny: Texts,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Withheld {
    #[serde(default)]
    names: Texts,
    #[serde(default)]
    allow: Texts,
    #[serde(default)]
    types: Texts,
    #[serde(default)]
    patterns: BTreeMap<Spanned<String>, bool>,
}

/// Reads a policy's text.
///
/// # Errors
/// What is no TOML, or not understood.
pub fn parse(file: &str, text: &str) -> Result<Policy, Bad> {
    let lines = Lines(text);
    let read: File = toml::from_str(text).map_err(|e| {
        let line = lines.of(e.span().map_or(0, |span| span.start));
        Bad { message: e.message().to_owned(), line }
    })?;
    let mut rules = Vec::new();
    let mut add = |is, all: &Texts, understood: Understood<'_>| {
        for text in all {
            rules.push(lines.rule(is, text, understood)?);
        }
        Ok(())
    };
    let listed = |list: &Option<Spanned<Texts>>| list.as_ref().map(|list| (list.get_ref().clone(), list.span().start));
    let (imports, probes) = (listed(&read.imports.allow), listed(&read.probe.allow));
    add(Is::ImportDenied, &read.imports.deny, &import)?;
    add(Is::ProbeDenied, &read.probe.deny, &probed)?;
    imports.iter().try_for_each(|(list, _)| add(Is::ImportAllowed, list, &import))?;
    probes.iter().try_for_each(|(list, _)| add(Is::ProbeAllowed, list, &probed))?;
    add(Is::Secret, &read.redact.names, &name)?;
    add(Is::NoSecret, &read.redact.allow, &name)?;
    add(Is::SecretType, &read.redact.types, &class)?;
    for (is, list) in [(Is::ImportsListed, imports), (Is::ProbesListed, probes)] {
        rules.extend(list.map(|(_, at)| Rule { is, text: String::new(), value: 0, line: lines.of(at) }));
    }
    for (name, value) in &read.limits {
        rules.push(Rule { value: *value.get_ref(), ..lines.rule(Is::Maximum, name, &limit)? });
    }
    for (name, on) in &read.redact.patterns {
        let value = pattern(name.get_ref()).map_err(|message| lines.bad(name, message))? as u64;
        rules.extend((!on).then(|| Rule {
            is: Is::PatternOff,
            text: String::new(),
            value,
            line: lines.of(name.span().start),
        }));
    }
    rules.extend(lines.signed_only(read.require_signed.as_ref(), &read.keys)?);
    rules.extend(lines.keys(&read.keys)?);
    Ok(Policy { file: file.to_owned(), rules })
}

/// What a text means; or what was expected.
type Understood<'a> = &'a dyn Fn(&str) -> Result<String, String>;

struct Lines<'a>(&'a str);

impl Lines<'_> {
    fn of(&self, offset: usize) -> u32 {
        let before = self.0.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    fn bad(&self, text: &Spanned<String>, message: String) -> Bad {
        Bad { message, line: self.of(text.span().start) }
    }

    /// Who may sign modules.
    fn keys(&self, read: &Keys) -> Result<Vec<Rule>, Bad> {
        let mut rules: Vec<Rule> = Vec::new();
        for (name, line) in read {
            let key: PublicKey =
                line.get_ref().parse().map_err(|e: KeyError| self.bad(line, key_words(name.get_ref(), e)))?;
            let name = signer(name.get_ref()).map_err(|message| self.bad(name, message))?;
            let digits = key.digits();
            if let Some(other) = rules.iter().find_map(|rule| rule.text.strip_prefix(&digits)) {
                return Err(self.bad(line, format!("the key of {} is that of {}", quoted(&name), quoted(other.trim()))));
            }
            let line = self.of(line.span().start);
            rules.push(Rule { is: Is::Key, text: format!("{digits} {name}"), value: 0, line });
        }
        Ok(rules)
    }

    /// The rule that only signed modules are loaded, which some key must be able to keep.
    fn signed_only(&self, read: Option<&Spanned<bool>>, keys: &Keys) -> Result<Option<Rule>, Bad> {
        let Some(required) = read.filter(|required| *required.get_ref()) else { return Ok(None) };
        let line = self.of(required.span().start);
        if keys.is_empty() {
            let message = "`require_signed` is set, and nobody may sign; expected a key under `[keys]`, as `waspect keygen` makes them";
            return Err(Bad { message: message.to_owned(), line });
        }
        Ok(Some(Rule { is: Is::SignedOnly, text: String::new(), value: 0, line }))
    }

    fn rule(&self, is: Is, text: &Spanned<String>, understood: Understood<'_>) -> Result<Rule, Bad> {
        let meant = understood(text.get_ref()).map_err(|message| self.bad(text, message))?;
        Ok(Rule { is, text: meant, value: 0, line: self.of(text.span().start) })
    }
}

fn key_words(name: &str, e: KeyError) -> String {
    let more = if e == KeyError::Secret { "; whoever can read this file can sign: make a new one" } else { "" };
    format!("the key of {}: {e}{more}", quoted(name))
}

/// A name that messages show.
fn signer(name: &str) -> Result<String, String> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '+' | ' ');
    if !name.trim().is_empty() && name.chars().all(fits) && name.len() <= SIGNER_BYTES_MAX {
        return Ok(name.to_owned());
    }
    Err(format!("expected the name of a signer, such as `alice` or `\"ci@shop\"`, found {}", quoted(name)))
}

/// A pattern of functions.
fn probed(text: &str) -> Result<String, String> {
    scope(text).map(|_| text.to_owned()).map_err(|e| e.to_string())
}

/// A glob over `FAMILY NAME`, of which something must fit the family.
fn import(text: &str) -> Result<String, String> {
    let rule = text.replace('`', "").split_whitespace().collect::<Vec<_>>().join(" ");
    let family = rule.split(' ').next().unwrap_or_default();
    let mut all = IMPORTS.iter().map(|known| known.module).chain(WASI.iter().map(|stub| stub.import.module));
    if all.any(|module| glob(family.as_bytes(), module.as_bytes()) || glob(rule.as_bytes(), module.as_bytes())) {
        return Ok(rule);
    }
    let near = nearest(family, IMPORTS.iter().map(|known| known.module));
    let near = near.map_or_else(String::new, |near| format!("; did you mean {}?", quoted(near)));
    Err(format!(
        "no import is of {}; expected a family and a name as `waspect inspect` lists them, such as \
         `probe1.get arg0.user.*` or `{CORE} str`{near}",
        quoted(family)
    ))
}

fn name(text: &str) -> Result<String, String> {
    if text == "*" || text.bytes().any(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80) {
        return Ok(text.to_owned());
    }
    Err(format!("expected a name such as `api_key`, found {}", quoted(text)))
}

fn class(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '*');
    if !text.is_empty() && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(format!("expected the dotted name of a class, with `*` for any part of it, found {}", quoted(text)))
}

fn limit(text: &str) -> Result<String, String> {
    let own = Budget::ROWS.iter().map(|row| row.name);
    let may: Vec<&str> = own.chain(OF_SESSION).collect();
    if may.contains(&text) {
        return Ok(text.to_owned());
    }
    if TABLE.iter().any(|limit| limit.name() == text) {
        return Err(format!("{} is the same for everybody; expected {}", quoted(text), one_of(&may)));
    }
    let near =
        nearest(text, may.iter().copied()).map_or_else(String::new, |near| format!("; did you mean {}?", quoted(near)));
    Err(format!("no limit is called {}; expected {}{near}", quoted(text), one_of(&may)))
}

fn pattern(text: &str) -> Result<Pattern, String> {
    let found = Pattern::ALL.iter().find(|(name, _)| *name == text).map(|(_, pattern)| *pattern);
    found.ok_or_else(|| {
        format!("no pattern is called {}; expected {}", quoted(text), one_of(&Pattern::ALL.map(|(name, _)| name)))
    })
}

/// What a policy refused, as a command's error.
pub(crate) fn refused(e: &crate::policy::PolicyError) -> anyhow::Error {
    anyhow!("{e}\nhint: {}", e.hint())
}
