//! The start of a session that an operator brings: greet, load, attach, hand the segment over.
//!
//! In: the operator's socket. Out: a live session; under `waspect run` before the program's first line, and no program that
//! starts although its probes are not loaded. Never here: a wait while a program that runs cannot.

use std::cell::RefCell;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;

use super::lease;
use crate::attach::{
    self,
    gil::Gil,
    live::{Live, Rejoin},
};
use crate::control::ControlError;
use crate::control::agent;
use crate::frames::{Hello, Load, PROTOCOL, Parent, Refusal};

/// Loads the session that waits at `socket`. `child`: of the program, which starts with or without it.
#[pyfunction]
pub(super) fn _boot(py: Python<'_>, socket: PathBuf, child: bool) -> PyResult<()> {
    boot(py, &socket, child).map_err(|e| PyRuntimeError::new_err(e.to_string()))
}

fn boot(py: Python<'_>, socket: &Path, child: bool) -> Result<(), ControlError> {
    let greet = if child { agent::greet_of_child } else { agent::greet };
    let mut talk = greet(socket, hello(py, None))?;
    let load = talk.load()?;
    load.compiler.iter().for_each(|compiler| crate::compiler::hand_over(compiler.clone()));
    match start(py, socket, &load, false) {
        Ok((live, segment)) => {
            attach::attach(py, &live, true);
            // Without it the operator hears of a probe that waits only what was known before the program's first line.
            let _ = at_exit(py, &live);
            // Nobody could end it otherwise.
            talk.loaded(live.order, segment.as_fd()).inspect_err(|_| attach::detach(py, &live))
        }
        Err(refusal) => talk.refused(refusal),
    }
}

/// Meets the operator who waits at `socket`, and stays with it: what it loads lives as long as its connection.
#[pyfunction]
pub(super) fn _attach(py: Python<'_>, socket: PathBuf) -> PyResult<()> {
    meet(py, &socket).map_err(|e| PyRuntimeError::new_err(e.to_string()))
}

pub(super) fn meet(py: Python<'_>, socket: &Path) -> Result<(), ControlError> {
    let hello = hello(py, None);
    let lease = py.detach(|| agent::greet(socket, hello))?.stay();
    Ok(lease::keep(py, lease, socket, Vec::new())?)
}

/// Brings a session to life, attached nowhere yet. `stays`: its operator does.
pub(super) fn start(py: Python<'_>, socket: &Path, load: &Load, stays: bool) -> Result<(Rc<Live>, OwnedFd), Refusal> {
    let refusal = |stage: &str, message: String, hint| Refusal { stage: stage.to_owned(), message, hint };
    attach::self_check(py).map_err(|e| refusal("attach", e, None))?;
    let live = Live::new(py, load, rejoin(py, socket, stays)).map_err(|e| refusal(e.stage(), e.to_string(), e.hint()));
    let (live, segment) = live?;
    live.outlet.set_events_per_second(load.events_per_second);
    Ok((live, segment))
}

/// A session, and the process that it began in.
type Begun = (Weak<Live>, u32);
/// Sessions that have a word to say at the program's end.
static LAST: Gil<RefCell<Vec<Begun>>> = Gil::new(RefCell::new(Vec::new()));
/// The process that asked `atexit` for its end: once, however many sessions come and go.
static ASKED_BY: AtomicU32 = AtomicU32::new(0);

/// At the program's end `end` fires, and why the probes that still wait do is said; that a forked child leaves to its parent.
pub(super) fn at_exit(py: Python<'_>, live: &Rc<Live>) -> PyResult<()> {
    let own = std::process::id();
    let mut last = LAST.get(py).borrow_mut();
    last.retain(|(live, _)| live.strong_count() > 0);
    last.push((Rc::downgrade(live), own));
    drop(last);
    if ASKED_BY.load(Relaxed) == own {
        return Ok(());
    }
    let all = PyCFunction::new_closure(py, None, None, |args, _| say_last(args.py()))?;
    register_at_exit(py, &all)?;
    ASKED_BY.store(own, Relaxed);
    Ok(())
}

pub(super) fn register_at_exit(py: Python<'_>, work: &Bound<'_, PyCFunction>) -> PyResult<()> {
    let modules = py.import("sys")?.getattr("modules")?;
    let is_known = modules.contains("atexit")?;
    py.import("atexit")?.call_method1("register", (work,))?;
    if is_known { Ok(()) } else { modules.del_item("atexit") }
}

/// The youngest first, as `atexit` does.
fn say_last(py: Python<'_>) {
    let last = LAST.get(py).take();
    for (live, by) in last.iter().rev() {
        let Some(live) = live.upgrade() else { continue };
        attach::end(py, &live);
        if std::process::id() == *by {
            attach::say_pending(py, &live);
        }
    }
}

/// How a forked child hands its own segment over, or ends a session that is over.
fn rejoin(py: Python<'_>, socket: &Path, stays: bool) -> Rejoin {
    let (socket, parent, hello) = (socket.to_owned(), std::process::id(), hello(py, None));
    let join = move |segment: Option<OwnedFd>, session: u64| {
        let forked_from = Some(Parent { pid: parent, session });
        let hello = Hello { pid: std::process::id(), forked_from, ..hello.clone() };
        let own = agent::rejoin(&socket, hello, segment?.as_fd()).ok()?;
        Some((own, socket.clone()))
    };
    if !stays {
        return Box::new(move |segment, session| join(segment, session).is_some());
    }
    Box::new(move |segment, session| {
        Python::attach(|py| {
            lease::disown(py);
            let kept = join(segment, session)
                .is_some_and(|(own, socket)| lease::keep(py, own, &socket, vec![session]).is_ok());
            if !kept {
                lease::end_soon(session);
            }
            kept
        })
    })
}

fn hello(py: Python<'_>, forked_from: Option<Parent>) -> Hello {
    let version = py.version_info();
    let python = format!("{}.{}.{}", version.major, version.minor, version.patch);
    Hello { protocol: PROTOCOL, pid: std::process::id(), python, forked_from }
}
