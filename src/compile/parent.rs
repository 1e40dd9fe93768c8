//! The parent's side of the child: start, listen until a deadline, and say which bound ended it.
//!
//! In: wasm bytes and bounds. Out: machine code, or the reason there is none. Never here: Cranelift, trust in an answer's
//! form, a child left behind.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use wasmtime::{Engine, Precompiled};

use super::child::{ARGUMENT, Answer};
use super::{Bound, Bounds, CompileError, Compiler};
use crate::frames;
use crate::pipes::{self, Said};

/// A child that closed its pipes is about to end: how often it is looked for.
const GLANCE: Duration = Duration::from_micros(200);

/// Machine code of a module, made in a child.
pub(super) fn compile(wasm: &[u8], compiler: &Compiler, bounds: Bounds) -> Result<Vec<u8>, CompileError> {
    let deadline = Instant::now() + bounds.wall;
    let mut child = Guard(start(wasm, compiler, bounds)?);
    let (Some(out), Some(err)) = (child.0.stdout.take(), child.0.stderr.take()) else {
        return Err(CompileError::Garbled("it has no pipes".into()));
    };
    let (mut out, mut err) = (File::from(OwnedFd::from(out)), File::from(OwnedFd::from(err)));
    let said = pipes::listen(&mut out, &mut err, deadline, || matches!(child.0.try_wait(), Ok(Some(_))))?;
    match ended(&mut child.0, deadline)? {
        Some(status) if said.done => code(status, &said, bounds),
        _ => Err(CompileError::Limit { limit: Bound::Wall, bounds }),
    }
}

fn start(wasm: &[u8], compiler: &Compiler, bounds: Bounds) -> std::io::Result<Child> {
    Command::new(&compiler.0)
        .arg0("waspect")
        .arg(ARGUMENT)
        .args([bounds.cpu_seconds.to_string(), bounds.memory_bytes.to_string()])
        .env_clear()
        .current_dir("/")
        .stdin(pipes::input(wasm)?)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// None: still there at the deadline.
fn ended(child: &mut Child, deadline: Instant) -> std::io::Result<Option<ExitStatus>> {
    loop {
        let status = child.try_wait()?;
        if status.is_some() || Instant::now() >= deadline {
            return Ok(status);
        }
        std::thread::sleep(GLANCE);
    }
}

/// Ends and reaps the child wherever its parent stops caring.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What an ended child has brought.
fn code(status: ExitStatus, said: &Said, bounds: Bounds) -> Result<Vec<u8>, CompileError> {
    let complaint = said.complaint();
    let limit = |limit| Err(CompileError::Limit { limit, bounds });
    match (status.code(), status.signal().map(Signal::try_from)) {
        (Some(0), _) => answer(&said.out, bounds),
        (Some(code), _) => Err(CompileError::Exit { code, complaint }),
        (None, Some(Ok(Signal::SIGXCPU))) => limit(Bound::Cpu),
        // What the standard library says before it aborts.
        (None, Some(Ok(Signal::SIGABRT))) if complaint.contains("memory allocation of") => limit(Bound::Memory),
        (None, Some(Ok(signal))) => Err(CompileError::Killed { signal: signal.as_str(), complaint }),
        (None, _) => Err(CompileError::Killed { signal: "an unknown signal", complaint }),
    }
}

fn answer(out: &[u8], bounds: Bounds) -> Result<Vec<u8>, CompileError> {
    let mut rest = out;
    match frames::read(&mut rest) {
        Ok(Answer::Code(code)) if rest.is_empty() && Engine::detect_precompiled(&code) == Some(Precompiled::Module) => {
            Ok(code)
        }
        Ok(Answer::Code(_)) => Err(CompileError::Garbled("expected one compiled module, found other bytes".into())),
        Ok(Answer::Refused(why)) if why.contains("Cannot allocate memory") => {
            Err(CompileError::Limit { limit: Bound::Memory, bounds })
        }
        Ok(Answer::Refused(why)) => Err(CompileError::Refused(why)),
        Ok(Answer::Panicked(why)) => Err(CompileError::Panicked(why)),
        Err(e) => Err(CompileError::Garbled(e.to_string())),
    }
}
