//! The child: this process lowers its own limits, compiles what it reads, answers, and ends.
//!
//! In: wasm bytes on stdin, bounds as arguments. Out: one frame on stdout. Never here: a file or thread (the limits forbid
//! both before the first byte is read), the environment, a decision about what the module may do.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::Mutex;

use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::limits::Profile;
use crate::{engine, frames};

/// The first argument by which the program becomes the child.
pub const ARGUMENT: &str = "compile-child";

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Code(Vec<u8>),
    Refused(String),
    Panicked(String),
}

/// The child's whole life, when the program was started as one. To be asked first in `main`, before anything is opened.
pub fn run() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(ARGUMENT)) {
        return None;
    }
    let mut number = || arguments.next()?.to_str()?.parse().ok();
    let (Some(cpu_seconds), Some(memory_bytes)) = (number(), number()) else { return Some(ExitCode::from(2)) };
    let bounds = Bounds::of(Profile::Large);
    let bounds = Bounds {
        cpu_seconds: bounds.cpu_seconds.min(cpu_seconds),
        memory_bytes: bounds.memory_bytes.min(memory_bytes),
        ..bounds
    };
    let answer = confine(bounds).map_or_else(|e| Answer::Refused(format!("limits cannot be set: {e}")), |()| answer());
    let said = frames::write(&mut io::stdout().lock(), &answer).is_ok();
    Some(if said { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lowers what this process may take, once and for all.
fn confine(bounds: Bounds) -> nix::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    prctl::set_no_new_privs()?;
    lower(Resource::RLIMIT_AS, bounds.memory_bytes, 0)?;
    // The soft limit kills by name, the hard one a second later without.
    lower(Resource::RLIMIT_CPU, bounds.cpu_seconds, 1)?;
    lower(Resource::RLIMIT_CORE, 0, 0)?;
    lower(Resource::RLIMIT_FSIZE, 0, 0)?;
    lower(Resource::RLIMIT_NPROC, 0, 0)?;
    // stdin, stdout, stderr are open; there is no fourth.
    lower(Resource::RLIMIT_NOFILE, 3, 0)
}

fn lower(resource: Resource, to: u64, spare: u64) -> nix::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    setrlimit(resource, to.min(hard), to.saturating_add(spare).min(hard))
}

fn answer() -> Answer {
    let mut wasm = Vec::new();
    if let Err(e) = io::stdin().lock().read_to_end(&mut wasm) {
        return Answer::Refused(format!("reading the module: {e}"));
    }
    contained(|| match engine::engine().and_then(|engine| engine.precompile_module(&wasm)) {
        Ok(code) => Answer::Code(code),
        Err(e) => Answer::Refused(format!("{e:#}")),
    })
}

/// A panic of the compiler is an answer too, with its place.
fn contained(compile: impl FnOnce() -> Answer) -> Answer {
    static PANIC: Mutex<String> = Mutex::new(String::new());
    panic::set_hook(Box::new(|panic| {
        if let Ok(mut text) = PANIC.lock() {
            *text = panic.to_string();
        }
    }));
    let answer = panic::catch_unwind(AssertUnwindSafe(compile));
    let _ = io::stderr().flush();
    answer.unwrap_or_else(|_| Answer::Panicked(PANIC.lock().map(|text| text.clone()).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_answer_with_its_place() {
        let answer = contained(|| panic!("no register left"));
        let Answer::Panicked(text) = answer else { unreachable!("{answer:?}") };
        assert!(text.contains("child.rs") && text.contains("no register left"), "{text}");
    }
}
