//! Targets: processes as an operator names them.
//!
//! In: `4242`, `name:gunicorn`, `:8000`, `unix:/run/app.sock`. Out: the processes meant, or why there are none and what is near.
//! Never here: a process stopped or changed; a guess where a name fits nothing.

mod miss;
mod names;
pub(super) mod processes;
pub(super) mod sockets;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::inject::{self, InjectError};
use processes::Process;
use sockets::{Address, Sockets};

pub(super) use names::{best as name, is_called_python};

/// What a target may look like, for `--help` of every command that takes one.
pub(super) const FORMS: &str = "\
Targets:
  4242                The process with this id
  name:gunicorn       Python processes of this name, and their Python descendants.
                      Names are: what `ps` calls the process; the file name of its
                      program or script, with or without `.py`; the module after
                      `-m`; how a title begins (`gunicorn: worker [app]`)
  :8000               Python processes that listen on this TCP port, and their Python
                      descendants; where none does in this command's network
                      namespace, those of others, as in containers
  unix:/run/app.sock  The same by a socket's path; `unix:@name` where it has no file";

/// Processes as named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Pid(i32),
    Name(String),
    Listens(Address),
}

/// A process that a target means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) pid: i32,
    /// In the kernel's ticks since its start: with it an id is never another process's.
    pub(super) started: u64,
    /// Who started it, or inherited it.
    pub(super) parent: i32,
}

impl From<&Process> for Found {
    fn from(process: &Process) -> Self {
        Self { pid: process.pid, started: process.started, parent: process.parent }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("name:") {
            return if name.is_empty() {
                Err("expected a name after `name:`".into())
            } else {
                Ok(Self::Name(name.into()))
            };
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let is_path = path.len() > 1 && path.starts_with(['/', '@']);
            let path =
                is_path.then(|| PathBuf::from(path)).ok_or("expected a whole path after `unix:`, or `@` and a name")?;
            return Ok(Self::Listens(Address::Path(path)));
        }
        if let Some(port) = text.strip_prefix(':') {
            let port = port.parse().ok().filter(|port| *port > 0).ok_or("expected a port from 1 to 65535 after `:`")?;
            return Ok(Self::Listens(Address::Port(port)));
        }
        match text.parse() {
            Ok(pid) if pid > 0 => Ok(Self::Pid(pid)),
            _ => Err(unknown(text)),
        }
    }
}

/// What was expected, and what may have been meant.
fn unknown(text: &str) -> String {
    let expected = "expected a process id (`4242`), `name:gunicorn`, `:8000` or `unix:/run/app.sock`";
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let meant = match text.rsplit_once(':') {
        Some((_, port)) if is_port(port) => Some(format!(":{port}")),
        None if text.starts_with('/') => Some(format!("unix:{text}")),
        None if text.starts_with(|c: char| c.is_alphabetic() || c == '_') => Some(format!("name:{text}")),
        _ => None,
    };
    meant.map_or_else(|| expected.to_owned(), |meant| format!("{expected}; did you mean `{meant}`?"))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pid(pid) => write!(f, "{pid}"),
            Self::Name(name) => write!(f, "name:{name}"),
            Self::Listens(address) => write!(f, "{address}"),
        }
    }
}

impl Target {
    /// The processes meant now: for a name or a socket with their Python descendants. Whether one may be entered is not asked.
    ///
    /// # Errors
    /// When there are none: what is near, and what to do.
    pub(super) fn processes(&self) -> anyhow::Result<Vec<Found>> {
        if let Self::Pid(pid) = self {
            return one(*pid).map(|found| vec![found]);
        }
        let all = processes::all();
        let roots = self.roots(&all);
        if roots.is_empty() {
            return Err(miss::explain(self, &all));
        }
        Ok(family(&all, &roots).into_iter().map(Found::from).collect())
    }

    /// Whether it means a process's descendants too.
    pub(super) fn is_group(&self) -> bool {
        !matches!(self, Self::Pid(_))
    }

    /// The processes that it names themselves.
    pub(super) fn roots(&self, all: &[Process]) -> BTreeSet<i32> {
        let named: Vec<&Process> = match self {
            Self::Pid(pid) => return all.iter().map(|process| process.pid).filter(|own| own == pid).collect(),
            Self::Name(name) => all.iter().filter(|process| names::has(process, name)).collect(),
            Self::Listens(address) => Sockets::of(all).holders(address, all),
        };
        let python = named.into_iter().filter(|process| kind(process.pid) != Kind::Other);
        python.map(|process| process.pid).collect()
    }
}

/// These and all that descend from them, as far as they are Python.
pub(super) fn family<'a>(all: &'a [Process], roots: &BTreeSet<i32>) -> Vec<&'a Process> {
    let descends = |process: &&Process| {
        roots.contains(&process.pid) || processes::above(all, process.pid).any(|pid| roots.contains(&pid))
    };
    let is_python = |process: &&Process| match kind(process.pid) {
        Kind::Python => true,
        Kind::Unseen => roots.contains(&process.pid) || names::is_called_python(process),
        Kind::Other => false,
    };
    all.iter().filter(descends).filter(is_python).collect()
}

/// What can be seen of a process from here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Python,
    Other,
    /// It may be.
    Unseen,
}

fn kind(pid: i32) -> Kind {
    match inject::recognise(pid) {
        Ok(_) => Kind::Python,
        Err(e) if is_other(&e) => Kind::Other,
        Err(InjectError::PythonTooOld { .. } | InjectError::OtherPython { .. } | InjectError::Musl { .. }) => {
            Kind::Python
        }
        Err(_) => Kind::Unseen,
    }
}

/// It is not there, or certainly no Python.
pub(super) fn is_other(e: &InjectError) -> bool {
    use InjectError::{Ended, Gone, Kernel, NotPython, OtherMachine, Static};
    matches!(e, NotPython { .. } | Gone { .. } | Ended { .. } | Kernel { .. } | Static { .. } | OtherMachine { .. })
}

fn one(pid: i32) -> anyhow::Result<Found> {
    match inject::recognise(pid) {
        Err(e) if is_other(&e) => Err(e.into()),
        _ => processes::one(pid).map(|process| Found::from(&process)).ok_or_else(|| InjectError::Gone { pid }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let found = text.parse::<Target>().map(|target| target.to_string());
        match (&found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "`{text}`: {found}"),
            _ => panic!("`{text}` gave {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn targets_are_what_they_look_like() {
        for (text, expected) in [
            ("4242", Ok("4242")),
            ("name:gunicorn", Ok("name:gunicorn")),
            ("name:a b:c", Ok("name:a b:c")),
            (":8000", Ok(":8000")),
            ("unix:/run/app.sock", Ok("unix:/run/app.sock")),
            ("unix:@app", Ok("unix:@app")),
            ("", Err("expected a process id (`4242`), `name:gunicorn`, `:8000`")),
            ("0", Err("expected a process id")),
            ("4294967296", Err("expected a process id")),
            ("-5", Err("expected a process id")),
            ("gunicorn", Err("did you mean `name:gunicorn`?")),
            ("localhost:8000", Err("did you mean `:8000`?")),
            ("[::1]:8000", Err("did you mean `:8000`?")),
            ("/run/app.sock", Err("did you mean `unix:/run/app.sock`?")),
            ("name:", Err("expected a name after `name:`")),
            (":", Err("expected a port from 1 to 65535")),
            (":0", Err("expected a port from 1 to 65535")),
            (":65536", Err("expected a port from 1 to 65535")),
            (":http", Err("expected a port from 1 to 65535")),
            ("unix:app.sock", Err("expected a whole path after `unix:`")),
            ("unix:@", Err("expected a whole path after `unix:`")),
        ] {
            check(text, expected);
        }
    }
}
