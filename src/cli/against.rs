//! `waspect check --against PACKAGE`: whether what a module names exists.
//!
//! In: a package that a Python can import, and specs. Out: which functions each spec means. Never here: a probe, or an
//! import in this process.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::run::Interpreter;
use crate::spec::words::nearest;
use crate::spec::{Part, Probe, Target};

/// Imports the package with all that is in it, and prints `MODULE QUALNAME` for each function. What the imports print is
/// kept out of it.
const LIST: &str = "import importlib, os, pkgutil, sys, types
out = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)
def load(name):
    try:
        return importlib.import_module(name)
    except BaseException as e:
        print(f'{name}: {type(e).__name__}: {e}', file=sys.stderr)
def functions(value):
    for one in (value, *(getattr(value, name, None) for name in ('__func__', 'fget', 'fset', 'fdel', '__wrapped__'))):
        if isinstance(one, types.FunctionType):
            yield one
def walk(owner, module, seen):
    for value in list(vars(owner).values()):
        if isinstance(value, type) and value.__module__ == module and value not in seen:
            seen.add(value)
            walk(value, module, seen)
        elif not isinstance(value, type):
            for one in functions(value):
                if one.__module__ == module:
                    print(module, one.__qualname__, file=out)
package = load(sys.argv[1])
if package is None:
    sys.exit(1)
found = [package]
for info in pkgutil.walk_packages(getattr(package, '__path__', []), package.__name__ + '.', lambda name: None):
    if not info.name.endswith('.__main__'):
        found.append(load(info.name))
for module in filter(None, found):
    walk(module, module.__name__, set())
out.flush()
os._exit(0)";

/// Functions of a package.
#[derive(Debug)]
pub(super) struct Known {
    package: String,
    /// Module and qualified name, sorted.
    functions: Vec<(String, String)>,
}

impl Known {
    /// Asks the interpreter that `waspect run` would take.
    pub(super) fn ask(package: &str, python: Option<&Path>) -> anyhow::Result<Self> {
        let interpreter = Interpreter::find(python)?;
        let mut command = Command::new(&interpreter.path);
        command.args(["-c", LIST, package]).stdin(Stdio::null()).stderr(Stdio::inherit());
        let answer = command.output().with_context(|| format!("`{}`", interpreter.path.display()))?;
        if !answer.status.success() {
            bail!("`{package}` cannot be imported by `{}`", interpreter.path.display());
        }
        let text = String::from_utf8_lossy(&answer.stdout);
        let pair = |line: &str| line.split_once(' ').map(|(module, name)| (module.to_owned(), name.to_owned()));
        let mut functions: Vec<_> = text.lines().filter_map(pair).collect();
        functions.sort();
        functions.dedup();
        Ok(Self { package: package.to_owned(), functions })
    }

    /// Names of the functions that a probe means, or why there is none.
    pub(super) fn resolve(&self, probe: &Probe) -> Result<Vec<String>, Unknown> {
        let target = &probe.spec.target;
        let meant = self.functions.iter().filter(|(module, name)| target.matches(module, name));
        let meant: Vec<String> = meant.map(dotted).collect();
        if meant.is_empty() { Err(self.unknown(probe, target)) } else { Ok(meant) }
    }

    fn unknown(&self, probe: &Probe, target: &Target) -> Unknown {
        let all: Vec<String> = self.functions.iter().map(dotted).collect();
        let is_exact = !target.parts.contains(&Part::Any);
        let near = if is_exact { nearest(&target.to_string(), all.iter().map(String::as_str)) } else { None };
        Unknown {
            message: format!("`{}` means no function of `{}`", probe.spec, self.package),
            hint: near.map(|name| format!("did you mean `{name}`?")),
        }
    }
}

fn dotted((module, name): &(String, String)) -> String {
    format!("{module}.{name}")
}

/// A spec without a function.
#[derive(Debug)]
pub(super) struct Unknown {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}
