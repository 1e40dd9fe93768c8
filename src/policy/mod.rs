//! Policy: what may be read, probed and spent, and what is withheld. Plain data that both programs share, and its verdicts.
//!
//! In: rules with the lines they stand on. Out: yes, or a refusal that names the rule and its line; what is withheld by
//! name, type or pattern. The agent asks at load, of the module that it was given; what the command line answers is
//! advice. Never here: the text of a policy file, a look at an object, a decision that is not written in the rules.

mod names;
mod patterns;
mod redaction;

use serde::{Deserialize, Serialize};

use crate::limits::Budget;
use crate::path::{Path, parse_steps};
use crate::spec::{ImportUse, Manifest, Target, glob};

pub use patterns::Pattern;
pub use redaction::Redaction;

/// What an operator decided. Without a file: everything may be read and probed, and what the built-in list names is withheld.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Policy {
    /// Where it stands, for messages.
    pub file: String,
    /// Over `FAMILY NAME`, as `waspect inspect` lists imports.
    pub imports: Rules<String>,
    /// Over functions, as targets name them.
    pub probe: Rules<Scope>,
    pub limits: Vec<Maximum>,
    pub redact: Redact,
}

/// What is denied is denied; where there is a list of what is allowed, so is everything else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rules<T> {
    pub allow: Option<Allow<T>>,
    pub deny: Vec<Rule<T>>,
}

impl<T> Default for Rules<T> {
    fn default() -> Self {
        Self { allow: None, deny: Vec::new() }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Allow<T> {
    pub line: u32,
    pub rules: Vec<Rule<T>>,
}

/// One rule, and the line that it stands on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule<T> {
    pub is: T,
    pub line: u32,
}

/// A module, a class or a function and everything inside: `shop.auth` is also `shop.auth.Login.check`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Scope {
    pub text: String,
    target: Target,
}

impl Scope {
    /// # Errors
    /// What is no pattern of a target, with what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let target = [text, ".**"].concat().parse::<Target>().map_err(|e| e.to_string())?;
        Ok(Self { text: text.to_owned(), target })
    }
}

/// The most that a budget may ask for, by a name of `waspect limits`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Maximum {
    pub name: String,
    pub value: u64,
    pub line: u32,
}

/// What is withheld, beyond the built-in list or taken off it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Redact {
    pub names: Vec<String>,
    /// Taken off the built-in list; `*` takes off all.
    pub allow: Vec<String>,
    /// Dotted names of classes, as globs.
    pub types: Vec<String>,
    pub patterns_off: Vec<Pattern>,
}

/// Why something is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what} is {why} ({file}:{line})")]
pub struct PolicyError {
    what: String,
    why: String,
    file: String,
    line: u32,
}

impl PolicyError {
    pub fn hint(&self) -> &'static str {
        "whoever keeps the policy file can change the rule; `waspect check --policy FILE` says what it refuses"
    }
}

/// Which rule decided against it: none of those that allow, or the one that denies.
enum Against<'a, T> {
    Denied(&'a Rule<T>),
    NotAllowed(u32),
}

impl<T> Rules<T> {
    fn against(&self, fits: impl Fn(&T) -> bool) -> Option<Against<'_, T>> {
        if let Some(rule) = self.deny.iter().find(|rule| fits(&rule.is)) {
            return Some(Against::Denied(rule));
        }
        let allow = self.allow.as_ref().filter(|allow| !allow.rules.iter().any(|rule| fits(&rule.is)))?;
        Some(Against::NotAllowed(allow.line))
    }

    fn is_empty(&self) -> bool {
        self.allow.is_none() && self.deny.is_empty()
    }
}

impl Policy {
    /// Everything that can be told of a module before it is attached.
    ///
    /// # Errors
    /// The first thing that the policy refuses.
    pub fn module(&self, manifest: &Manifest, budget: &Budget) -> Result<(), PolicyError> {
        manifest.imports.iter().try_for_each(|ImportUse { module, name }| self.import(module, name))?;
        manifest.probes.iter().try_for_each(|probe| match self.is_function(&probe.spec.target) {
            true => self.target(&probe.spec.target),
            false => Ok(()),
        })?;
        self.budget(budget)
    }

    fn is_function(&self, target: &Target) -> bool {
        !self.probe.is_empty() && target.parts.len() > 1 && target.is_exact()
    }

    /// One import: a family and its argument, or `probe1` and a function.
    ///
    /// # Errors
    /// When a rule denies it, or none of those that allow fits.
    pub fn import(&self, module: &str, name: &str) -> Result<(), PolicyError> {
        if self.imports.is_empty() {
            return Ok(());
        }
        let (written, meant) = (entry(module, name), entry(module, &canonical(module, name)));
        let fits = |rule: &String| covers(rule, &written) || covers(rule, &meant);
        self.refuse(self.imports.against(fits), |rule| rule, || ["import `", &written, "`"].concat())
    }

    /// Whether reads that only run time knows are held to rules.
    pub fn has_import_rules(&self) -> bool {
        !self.imports.is_empty()
    }

    /// A target that names one function.
    fn target(&self, target: &Target) -> Result<(), PolicyError> {
        let text = target.to_string().replace(':', ".");
        let (module, qualname) = text.split_once('.').unwrap_or((&text, ""));
        self.function(&[module], qualname)
    }

    /// Whether some functions may not be probed.
    pub fn has_probe_rules(&self) -> bool {
        !self.probe.is_empty()
    }

    /// A function, by its qualified name and the names that its module goes by.
    ///
    /// # Errors
    /// When a rule denies it, or none of those that allow fits.
    pub fn function(&self, modules: &[&str], qualname: &str) -> Result<(), PolicyError> {
        let fits = |scope: &Scope| modules.iter().any(|module| scope.target.matches(module, qualname));
        let module = modules.first().copied().unwrap_or_default();
        self.refuse(
            self.probe.against(fits),
            |scope| &scope.text,
            || ["a probe on `", module, ".", qualname, "`"].concat(),
        )
    }

    /// The most that a budget may ask for of this, if the policy says.
    pub fn maximum(&self, name: &str) -> Option<&Maximum> {
        self.limits.iter().find(|maximum| maximum.name == name)
    }

    /// What a budget asks for, limit by limit.
    ///
    /// # Errors
    /// When it is more than the policy has for one of them.
    pub fn budget(&self, budget: &Budget) -> Result<(), PolicyError> {
        budget.by_name().iter().try_for_each(|(name, asked)| self.asked(name, *asked))
    }

    /// One limit.
    ///
    /// # Errors
    /// When it is more than the policy has for it.
    pub fn asked(&self, name: &str, asked: u64) -> Result<(), PolicyError> {
        match self.maximum(name).filter(|maximum| asked > maximum.value) {
            None => Ok(()),
            Some(Maximum { value, line, .. }) => Err(self.error(
                ["`", name, "` of ", &asked.to_string()].concat(),
                ["above the ", &value.to_string(), " that the policy allows"].concat(),
                *line,
            )),
        }
    }

    /// A budget that asks for nothing in particular, within the policy.
    pub fn lowered(&self, mut budget: Budget) -> Budget {
        for Maximum { name, value, .. } in &self.limits {
            if let Some(field) = budget.field(name) {
                *field = (*field).min(*value);
            }
        }
        budget
    }

    fn refuse<T>(
        &self,
        against: Option<Against<'_, T>>,
        text: impl Fn(&T) -> &String,
        what: impl Fn() -> String,
    ) -> Result<(), PolicyError> {
        match against {
            None => Ok(()),
            Some(Against::Denied(rule)) => {
                Err(self.error(what(), ["denied by `", text(&rule.is), "`"].concat(), rule.line))
            }
            Some(Against::NotAllowed(line)) => Err(self.error(what(), "on no list of what is allowed".to_owned(), line)),
        }
    }

    #[cold]
    fn error(&self, what: String, why: String, line: u32) -> PolicyError {
        PolicyError { what, why, file: self.file.clone(), line }
    }
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
