//! The start of a session that an operator brings: greet, load, attach, hand the segment over.
//!
//! In: the operator's socket. Out: a live session; under `waspect run` before the program's first line, and no program that
//! starts although its probes are not loaded. Never here: a wait while a program that runs cannot.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;

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
use crate::frames::{Hello, Load, PROTOCOL, Refusal};
use crate::spec::Point;

/// Loads the session that waits at `socket`.
#[pyfunction]
pub(super) fn _boot(py: Python<'_>, socket: PathBuf) -> PyResult<()> {
    boot(py, &socket).map_err(|e| PyRuntimeError::new_err(e.to_string()))
}

fn boot(py: Python<'_>, socket: &Path) -> Result<(), ControlError> {
    let mut talk = agent::greet(socket, hello(py, None))?;
    let load = talk.load()?;
    #[cfg(feature = "doors")]
    let load = raised(load);
    load.compiler.iter().for_each(|compiler| crate::compiler::hand_over(compiler.clone()));
    match start(py, socket, &load) {
        Ok((live, segment)) => {
            attach::attach(py, &live, true);
            // Without it the operator hears of a probe that waits only what was known before the program's first line.
            let _ = at_exit(py, &live);
            talk.loaded(segment.as_fd()).map(drop)
        }
        Err(refusal) => talk.refused(refusal),
    }
}

/// Loads the session that waits at `socket` into a program that runs. It lives as long as its connection.
#[pyfunction]
pub(super) fn _attach(py: Python<'_>, socket: PathBuf) -> PyResult<()> {
    join(py, &socket).map_err(|e| PyRuntimeError::new_err(e.to_string()))
}

fn join(py: Python<'_>, socket: &Path) -> Result<(), ControlError> {
    let hello = hello(py, None);
    let met = || {
        let mut talk = agent::greet(socket, hello)?;
        talk.load().map(|load| (talk, load))
    };
    let (talk, load) = py.detach(met)?;
    match start(py, socket, &load) {
        Ok((live, segment)) => {
            attach::attach(py, &live, false);
            if live.has(Point::End) {
                let _ = at_exit(py, &live);
            }
            let kept = talk.loaded(segment.as_fd()).and_then(|lease| Ok(lease::keep(py, lease, live.order)?));
            kept.inspect_err(|_| attach::detach(py, &live))
        }
        Err(refusal) => talk.declined(refusal),
    }
}

fn start(py: Python<'_>, socket: &Path, load: &Load) -> Result<(Rc<Live>, OwnedFd), Refusal> {
    let refusal = |stage: &str, message: String, hint| Refusal { stage: stage.to_owned(), message, hint };
    attach::self_check(py).map_err(|e| refusal("attach", e, None))?;
    let live =
        Live::new(py, load, rejoin(py, socket, load.lease)).map_err(|e| refusal("engine", e.to_string(), e.hint()));
    let (live, segment) = live?;
    #[cfg(feature = "doors")]
    doors_rate().into_iter().for_each(|rate| live.outlet.set_events_per_second(rate));
    Ok((live, segment))
}

#[cfg(feature = "doors")]
fn raised(mut load: Load) -> Load {
    for module in &mut load.modules {
        module.budget.events_per_second = doors_rate().unwrap_or(module.budget.events_per_second);
    }
    load
}

/// For measurements: events a second as the environment says, which no wheel's agent takes from there.
#[cfg(feature = "doors")]
fn doors_rate() -> Option<u64> {
    std::env::var("WASPECT_DOORS_EVENTS_PER_SECOND").ok()?.parse().ok()
}

/// At the program's end `end` fires, and why the probes that still wait do is said; that a forked child leaves to its parent.
pub(super) fn at_exit(py: Python<'_>, live: &Rc<Live>) -> PyResult<()> {
    let (live, pid) = (Gil::new(Rc::downgrade(live)), std::process::id());
    let last = PyCFunction::new_closure(py, None, None, move |args, _| {
        let Some(live) = live.get(args.py()).upgrade() else { return };
        attach::end(args.py(), &live);
        if std::process::id() == pid {
            attach::say_pending(args.py(), &live);
        }
    })?;
    let modules = py.import("sys")?.getattr("modules")?;
    let is_known = modules.contains("atexit")?;
    py.import("atexit")?.call_method1("register", (last,))?;
    if is_known { Ok(()) } else { modules.del_item("atexit") }
}

/// How a forked child hands its own segment over, or ends a session that is over.
fn rejoin(py: Python<'_>, socket: &Path, leased: bool) -> Rejoin {
    let (socket, hello) = (socket.to_owned(), hello(py, Some(std::process::id())));
    let join = move |segment: Option<OwnedFd>| {
        let hello = Hello { pid: std::process::id(), ..hello.clone() };
        agent::rejoin(&socket, hello, segment?.as_fd()).ok()
    };
    if !leased {
        return Box::new(move |segment, _| join(segment).is_some());
    }
    Box::new(move |segment, order| {
        Python::attach(|py| {
            lease::disown(py);
            let kept = join(segment).is_some_and(|own| lease::keep(py, own, order).is_ok());
            if !kept {
                lease::end_soon(order);
            }
            kept
        })
    })
}

fn hello(py: Python<'_>, forked_from: Option<u32>) -> Hello {
    let version = py.version_info();
    let python = format!("{}.{}.{}", version.major, version.minor, version.patch);
    Hello { protocol: PROTOCOL, pid: std::process::id(), python, forked_from }
}
