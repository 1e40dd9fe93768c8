//! Policy: what may be read, probed and spent, and what is withheld. Plain data that both programs share, and its verdicts.
//!
//! In: rules with the lines they stand on. Out: yes, or a refusal that names the rule and its line; what is withheld by
//! name, type or pattern. The agent asks at load, of the module that it was given; what the command line answers is
//! advice. Never here: the text of a policy file, a look at an object, a decision that is not written in the rules.

mod names;
mod patterns;
mod redaction;
mod signed;

use serde::{Deserialize, Serialize};

use crate::limits::{Budget, BudgetError, EVENTS_PER_SECOND_PROCESS, Named, Row};
use crate::path::{Path, parse_steps};
use crate::spec::{ImportUse, Manifest, SpecError, Target, glob};

pub use patterns::Pattern;
pub use redaction::Redaction;

/// What an operator decided: the file, line by line. Without one everything may be read and probed, and what the built-in list
/// names is withheld.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Policy {
    /// Where it stands, for messages.
    pub file: String,
    pub rules: Vec<Rule>,
}

/// One rule, and the line that it stands on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    pub is: Is,
    pub text: String,
    /// Of a maximum, the most; of a pattern, which.
    pub value: u64,
    pub line: u32,
}

/// What a rule says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Is {
    /// A glob over `FAMILY NAME`, as `waspect inspect` lists imports.
    ImportDenied,
    ImportAllowed,
    /// What is allowed is all that is.
    ImportsListed,
    /// A pattern of functions: what it names and everything inside, as `shop.auth` is also `shop.auth.Login.check`.
    ProbeDenied,
    ProbeAllowed,
    ProbesListed,
    /// The most that a budget may ask for, by a name of `waspect limits`.
    Maximum,
    /// A name that tells a secret.
    Secret,
    /// One taken off the built-in list; `*` takes off all.
    NoSecret,
    /// A class, as a glob over dotted names.
    SecretType,
    /// A built-in pattern that is not looked for.
    PatternOff,
    /// A module without a signature of a listed key is refused.
    SignedOnly,
    /// Who may sign: 64 digits of the public key, a space, and what its holder is called.
    Key,
}

/// Of imports or of probes.
struct Lists {
    denied: Is,
    allowed: Is,
    listed: Is,
}

const IMPORTS: Lists = Lists { denied: Is::ImportDenied, allowed: Is::ImportAllowed, listed: Is::ImportsListed };
const PROBES: Lists = Lists { denied: Is::ProbeDenied, allowed: Is::ProbeAllowed, listed: Is::ProbesListed };

/// Why something is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what} is {why} ({file}:{line})")]
pub struct PolicyError {
    what: String,
    why: String,
    file: String,
    line: u32,
    hint: &'static str,
}

/// Why a budget is not given.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error(transparent)]
    Budget(#[from] BudgetError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl PolicyError {
    pub fn hint(&self) -> &'static str {
        self.hint
    }
}

const RULE: &str =
    "whoever keeps the policy file can change the rule; `waspect check --policy FILE` says what it refuses";

impl Policy {
    /// Everything that can be told of a module before it is attached.
    ///
    /// # Errors
    /// The first thing that the policy refuses.
    pub fn module(&self, manifest: &Manifest, budget: &Budget) -> Result<(), PolicyError> {
        self.signed(manifest)?;
        manifest.imports.iter().try_for_each(|ImportUse { module, name }| self.import(module, name))?;
        manifest.probes.iter().try_for_each(|probe| match self.is_function(&probe.spec.target) {
            true => self.target(&probe.spec.target),
            false => Ok(()),
        })?;
        self.budget(budget)
    }

    fn is_function(&self, target: &Target) -> bool {
        self.has_probe_rules() && target.parts.len() > 1 && target.is_exact()
    }

    /// One import: a family and its argument, or `probe1` and a function.
    ///
    /// # Errors
    /// When a rule denies it, or none of those that allow fits.
    pub fn import(&self, module: &str, name: &str) -> Result<(), PolicyError> {
        if !self.has_import_rules() {
            return Ok(());
        }
        let (written, meant) = (entry(module, name), entry(module, &canonical(module, name)));
        let fits = |rule: &str| covers(rule, &written) || covers(rule, &meant);
        self.verdict(&IMPORTS, &fits, &["import `", &written, "`"])
    }

    /// Whether reads that only run time knows are held to rules.
    pub fn has_import_rules(&self) -> bool {
        self.has(&IMPORTS)
    }

    /// Whether some functions may not be probed.
    pub fn has_probe_rules(&self) -> bool {
        self.has(&PROBES)
    }

    /// A target that names one function.
    fn target(&self, target: &Target) -> Result<(), PolicyError> {
        let text = target.to_string().replace(':', ".");
        let (module, qualname) = text.split_once('.').unwrap_or((&text, ""));
        self.function(&[module], qualname)
    }

    /// A function, by its qualified name and the names that its module goes by.
    ///
    /// # Errors
    /// When a rule denies it, or none of those that allow fits.
    pub fn function(&self, modules: &[&str], qualname: &str) -> Result<(), PolicyError> {
        let fits = |rule: &str| {
            let scope = scope(rule);
            scope.is_ok_and(|scope| modules.iter().any(|module| scope.matches(module, qualname)))
        };
        let module = modules.first().copied().unwrap_or_default();
        self.verdict(&PROBES, &fits, &["a probe on `", module, ".", qualname, "`"])
    }

    /// What a budget asks for, limit by limit.
    ///
    /// # Errors
    /// When it is more than the policy has for one of them.
    pub fn budget(&self, budget: &Budget) -> Result<(), PolicyError> {
        budget.by_name().try_for_each(|(name, asked)| self.asked(name, asked))
    }

    /// One limit.
    ///
    /// # Errors
    /// When it is more than the policy has for it.
    pub fn asked(&self, name: &str, asked: u64) -> Result<(), PolicyError> {
        let Some(rule) = self.maximum(name).filter(|rule| asked > rule.value) else { return Ok(()) };
        let why = ["above the ", &rule.value.to_string(), " that the policy allows"];
        Err(self.error(&["`", name, "` of ", &asked.to_string()], &why, rule.line))
    }

    /// The most that may be asked for, or what is asked for by default where that is less.
    pub fn most(&self, name: &str, default: u64) -> u64 {
        self.maximum(name).map_or(default, |rule| rule.value.min(default))
    }

    /// Records a second of all probes together, where nothing else is asked for: what one may have, all may.
    pub fn events_of_process(&self, budget: &Budget) -> u64 {
        self.most("events_per_second_process", budget.events_per_second.max(EVENTS_PER_SECOND_PROCESS))
    }

    fn maximum(&self, name: &str) -> Option<&Rule> {
        self.of(Is::Maximum).find(|rule| rule.text == name)
    }

    /// What was asked for, and for the rest what holds where nothing is: within the policy, whose maxima stand in place of the
    /// table's.
    ///
    /// # Errors
    /// The first number that is too much, by the table or by a rule.
    #[inline(never)]
    pub fn granted(&self, asked: &[Named]) -> Result<Budget, GrantError> {
        let raised = self.of(Is::Maximum).filter_map(|rule| {
            let row = Row::of(&rule.text).ok()?;
            Some((row.name, rule.value.max(row.most)))
        });
        let budget = Budget::validated(asked, &raised.collect::<Vec<_>>())?;
        asked.iter().try_for_each(|(name, n)| self.asked(name, *n))?;
        Ok(self.lowered(budget))
    }

    /// A budget that asks for nothing in particular, within the policy.
    pub fn lowered(&self, mut budget: Budget) -> Budget {
        for rule in self.of(Is::Maximum) {
            if let Some(field) = budget.field(&rule.text) {
                *field = (*field).min(rule.value);
            }
        }
        budget
    }

    fn of(&self, is: Is) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.is == is)
    }

    fn has(&self, lists: &Lists) -> bool {
        self.rules.iter().any(|rule| rule.is == lists.denied || rule.is == lists.listed)
    }

    /// What is denied is denied; where there is a list of what is allowed, so is everything else.
    fn verdict(&self, lists: &Lists, fits: &dyn Fn(&str) -> bool, what: &[&str]) -> Result<(), PolicyError> {
        if let Some(rule) = self.of(lists.denied).find(|rule| fits(&rule.text)) {
            return Err(self.error(what, &["denied by `", &rule.text, "`"], rule.line));
        }
        match self.of(lists.listed).next() {
            Some(list) if !self.of(lists.allowed).any(|rule| fits(&rule.text)) => {
                Err(self.error(what, &["on no list of what is allowed"], list.line))
            }
            _ => Ok(()),
        }
    }

    #[cold]
    #[inline(never)]
    fn error(&self, what: &[&str], why: &[&str], line: u32) -> PolicyError {
        PolicyError { what: what.concat(), why: why.concat(), file: self.file.clone(), line, hint: RULE }
    }
}

/// What a pattern of functions means.
///
/// # Errors
/// What is no pattern of a target, with what was expected.
pub fn scope(text: &str) -> Result<Target, SpecError> {
    [text, ".**"].concat().parse()
}

fn entry(module: &str, name: &str) -> String {
    [module, " ", name].concat()
}

/// A path as everybody writes it, so that another spelling of it is no way around a rule.
fn canonical(module: &str, name: &str) -> String {
    let path = || name.parse::<Path>().ok().map(|path| path.to_string());
    let steps = || Some(parse_steps(name).ok()?.iter().map(ToString::to_string).collect());
    match module {
        "probe1.get" => path(),
        "probe1.path" => steps(),
        _ => None,
    }
    .unwrap_or_else(|| name.to_owned())
}

/// A rule without a space is about a whole family.
fn covers(rule: &str, entry: &str) -> bool {
    let entry = if rule.contains(' ') { entry } else { entry.split(' ').next().unwrap_or_default() };
    glob(rule.as_bytes(), entry.as_bytes()) || rule == "*"
}
