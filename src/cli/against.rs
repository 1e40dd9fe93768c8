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

/// Imports the package with all that is in it, and prints `MODULE QUALNAME POSITIONS` for each function, `*` where it takes any
/// number of them. What the imports print is kept out of it.
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
                    code = one.__code__
                    many = '*' if code.co_flags & 4 else code.co_argcount
                    print(module, one.__qualname__, many, file=out)
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
    /// Sorted.
    functions: Vec<Function>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Function {
    module: String,
    /// As `__qualname__` has it.
    name: String,
    /// How many positional arguments it takes at most, where there is such a number.
    positions: Option<u16>,
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
        let mut functions: Vec<_> = text.lines().filter_map(Function::of_line).collect();
        functions.sort();
        functions.dedup();
        Ok(Self { package: package.to_owned(), functions })
    }

    /// The functions that a probe means, or why there is none.
    pub(super) fn resolve(&self, probe: &Probe) -> Result<Vec<&Function>, Unknown> {
        let target = &probe.spec.target;
        let meant = self.functions.iter().filter(|function| target.matches(&function.module, &function.name));
        let meant: Vec<_> = meant.collect();
        if meant.is_empty() { Err(self.unknown(probe, target)) } else { Ok(meant) }
    }

    fn unknown(&self, probe: &Probe, target: &Target) -> Unknown {
        let all: Vec<String> = self.functions.iter().map(Function::dotted).collect();
        let is_exact = !target.parts.contains(&Part::Any);
        let near = if is_exact { nearest(&target.to_string(), all.iter().map(String::as_str)) } else { None };
        Unknown {
            message: format!("`{}` means no function of `{}`", probe.spec, self.package),
            hint: near.map(|name| format!("did you mean `{name}`?")),
        }
    }
}

impl Function {
    fn of_line(line: &str) -> Option<Self> {
        let (front, positions) = line.rsplit_once(' ')?;
        let (module, name) = front.split_once(' ')?;
        Some(Self { module: module.to_owned(), name: name.to_owned(), positions: positions.parse().ok() })
    }

    pub(super) fn dotted(&self) -> String {
        let Self { module, name, .. } = self;
        format!("{module}.{name}")
    }
}

/// What a probe reads of positions that none of its functions has; one that some have is absent in the others' calls.
pub(super) fn beyond(probe: &Probe, functions: &[&Function]) -> Option<Unknown> {
    let last = *probe.wants.args.last()?;
    let most = functions.iter().map(|function| function.positions).max_by_key(|most| most.unwrap_or(u16::MAX))??;
    let hint = match most {
        0 => String::from("what is given by keyword alone is read by its name"),
        most => format!("the last is `arg{}`; what is given by keyword alone is read by its name", most - 1),
    };
    let whose = match functions {
        [one] => format!("`{}`", one.dotted()),
        many => format!("each of {} functions", many.len()),
    };
    let message = format!("`arg{last}` is beyond the positional parameters of {whose}");
    (last >= most).then_some(Unknown { message, hint: Some(hint) })
}

/// What of a probe does not exist.
#[derive(Debug)]
pub(super) struct Unknown {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}
