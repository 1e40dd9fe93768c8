//! The start of a session that `waspect run` brings: greet, load, attach, hand the segment over.
//!
//! In: the operator's socket. Out: a live session, before the program's first line. Never here: a descriptor kept open, a
//! thread, a program that starts although its probes are not loaded.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::attach::{self, live::Live};
use crate::control::ControlError;
use crate::control::agent;
use crate::frames::{Hello, Load, PROTOCOL, Refusal};

/// Loads the session that waits at `socket`.
#[pyfunction]
pub(super) fn _boot(py: Python<'_>, socket: PathBuf) -> PyResult<()> {
    boot(py, &socket).map_err(|e| PyRuntimeError::new_err(e.to_string()))
}

fn boot(py: Python<'_>, socket: &Path) -> Result<(), ControlError> {
    let mut talk = agent::greet(socket, hello(py, None))?;
    let load = talk.load()?;
    load.compiler.iter().for_each(|compiler| crate::compiler::hand_over(compiler.clone()));
    match start(py, socket, &load) {
        Ok(segment) => talk.loaded(segment.as_fd()),
        Err(refusal) => talk.refused(refusal),
    }
}

fn start(py: Python<'_>, socket: &Path, load: &Load) -> Result<OwnedFd, Refusal> {
    let refusal = |stage: &str, message: String| Refusal { stage: stage.to_owned(), message, hint: None };
    attach::self_check(py).map_err(|e| refusal("attach", e))?;
    let (live, segment) = Live::new(py, load, rejoin(py, socket)).map_err(|e| refusal("engine", e.to_string()))?;
    attach::attach(py, &live, true);
    Ok(segment)
}

/// How a forked child hands its own segment over.
fn rejoin(py: Python<'_>, socket: &Path) -> Box<dyn Fn(OwnedFd) -> bool> {
    let (socket, hello) = (Rc::new(socket.to_owned()), hello(py, Some(std::process::id())));
    Box::new(move |segment| {
        let hello = Hello { pid: std::process::id(), ..hello.clone() };
        agent::rejoin(&socket, hello, segment.as_fd()).is_ok()
    })
}

fn hello(py: Python<'_>, forked_from: Option<u32>) -> Hello {
    let version = py.version_info();
    let python = format!("{}.{}.{}", version.major, version.minor, version.patch);
    Hello { protocol: PROTOCOL, pid: std::process::id(), python, forked_from }
}
