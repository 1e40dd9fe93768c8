//! The extension module: the only door by which Python enters.
//!
//! In: calls from Python. Out: Python objects and exceptions. Never here: work; every function hands on to its room.

mod boot;
mod errors;
mod lease;
#[expect(unsafe_code, reason = "owns a descriptor that it has just made, and looks at a handler")]
mod prepared;
mod request;
mod session;
mod values;

use std::path::{Path, PathBuf};
use std::time::Duration;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::compiler::{self, Source};
use crate::frames::{self, Artifact};
use crate::introspect::cpython::is_main_interpreter;
#[cfg(feature = "doors")]
use crate::limits::Budget;
use crate::limits::{Named, Profile, Row};
use crate::policy::Policy;
use crate::seal;

const PROFILES: &str = "expected `default` or `large`; see `waspect limits --profile large`";

const IN_SUBINTERPRETER: &str =
    "waspect does not run in subinterpreters: expected to be imported by the main interpreter";

#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // CPython refuses it in interpreters with a lock of their own; those that share one are refused here.
    if !is_main_interpreter() {
        return Err(PyImportError::new_err(IN_SUBINTERPRETER));
    }
    // Panics are contained and counted; their text belongs to nobody's stderr.
    std::panic::set_hook(Box::new(|_| {}));
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(handed_compiler, module)?)?;
    module.add_function(wrap_pyfunction!(compile, module)?)?;
    module.add_function(wrap_pyfunction!(policy, module)?)?;
    module.add_function(wrap_pyfunction!(load, module)?)?;
    module.add_function(wrap_pyfunction!(load_for_frames, module)?)?;
    module.add_function(wrap_pyfunction!(boot::_boot, module)?)?;
    module.add_function(wrap_pyfunction!(boot::_attach, module)?)?;
    module.add_function(wrap_pyfunction!(prepared::_listen, module)?)?;
    module.add_class::<session::Session>()?;
    module.add_class::<request::Request>()?;
    #[cfg(feature = "doors")]
    module.add_function(wrap_pyfunction!(_load_raised, module)?)?;
    #[cfg(feature = "doors")]
    crate::attach::testing::add_to(module)?;
    #[cfg(feature = "doors")]
    crate::introspect::testing::add_to(module)?;
    Ok(())
}

/// The `waspect` binary that started this process, if one did.
#[pyfunction]
fn handed_compiler() -> Option<&'static Path> {
    compiler::handed()
}

/// Text or wasm → an artifact's bytes, by another process; sealed with a key that only this process has.
#[pyfunction]
#[pyo3(signature = (compiler, source, name, at, profile = "default"))]
fn compile<'py>(
    py: Python<'py>,
    compiler: PathBuf,
    source: Vec<u8>,
    name: String,
    at: Vec<String>,
    profile: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let profile = Profile::named(profile)
        .ok_or_else(|| errors::raise(py, "PolicyError", &["no profile `", profile, "`"].concat(), Some(PROFILES)))?;
    let source = Source { name: &name, bytes: &source, at: &at, profile };
    let made = py.detach(|| compiler::compile(Path::new(&compiler), source, compiler::wall(profile)));
    let artifact = made.map_err(|e| errors::raise(py, errors::of_stage(e.stage()), &e.to_string(), e.hint()))?;
    let lent = seal::lend(&artifact).map_err(|e| errors::raise(py, "CompileError", &e.to_string(), Some(e.hint())))?;
    Ok(PyBytes::new(py, &lent))
}

/// A policy file's text → what it says, by another process, for `load`.
#[pyfunction]
fn policy<'py>(py: Python<'py>, compiler: PathBuf, text: Vec<u8>, name: String) -> PyResult<Bound<'py, PyBytes>> {
    let read = py.detach(|| compiler::policy(Path::new(&compiler), &name, &text, compiler::wall(Profile::default())));
    let bytes = read.map_err(|e| errors::raise(py, "PolicyError", &e.to_string(), e.hint()))?;
    let bytes = frames::encode(&bytes).map_err(|e| errors::raise(py, "PolicyError", &e.to_string(), None))?;
    Ok(PyBytes::new(py, &bytes))
}

/// Attaches an artifact's probes, under what `policy` gave (empty: what holds without a file); after `expires` seconds they
/// are detached.
#[pyfunction]
#[pyo3(signature = (artifact, budget, policy, expires=None))]
fn load(
    py: Python<'_>,
    artifact: &[u8],
    budget: &Bound<'_, PyDict>,
    policy: &[u8],
    expires: Option<f64>,
) -> PyResult<session::Session> {
    let artifact = taken(py, artifact)?;
    let policy = if policy.is_empty() { Ok(Policy::default()) } else { frames::decode(policy) };
    let policy = policy.map_err(|e| errors::raise(py, "PolicyError", &e.to_string(), None))?;
    let refused = |why: &str| errors::raise(py, "PolicyError", why, Some("see `waspect limits`"));
    let budget = asked(budget)?.and_then(|all| policy.granted(&all).map_err(|e| e.to_string()));
    let budget = budget.map_err(|e| refused(&e))?;
    let expires = match expires {
        None => None,
        Some(seconds @ 0.0..) => Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
        Some(_) => return Err(refused("`expires` is not a number of seconds, expected 0 or more")),
    };
    session::Session::start(py, artifact, (budget, policy), expires)
}

/// An artifact whose probes are attached nowhere.
#[pyfunction]
fn load_for_frames(py: Python<'_>, artifact: &[u8]) -> PyResult<session::Session> {
    session::Session::on_frames(py, taken(py, artifact)?)
}

fn taken(py: Python<'_>, artifact: &[u8]) -> PyResult<Artifact> {
    seal::take(artifact).map_err(|e| errors::raise(py, "EngineError", &e.to_string(), Some(e.hint())))
}

/// For measurements, since a budget only lowers: a session with a ring of this size, whose probes may each emit so many
/// events a second.
#[cfg(feature = "doors")]
#[pyfunction]
fn _load_raised(
    py: Python<'_>,
    artifact: &[u8],
    ring_bytes: u64,
    events_per_second: u64,
) -> PyResult<session::Session> {
    let artifact = taken(py, artifact)?;
    let (bytes_per_second, time_share_max) = (u64::MAX, crate::limits::WHOLE);
    let budget = Budget { events_per_second, bytes_per_second, time_share_max, ..Budget::DEFAULT };
    let under = (budget, Policy::default());
    session::Session::with(py, artifact, under, ring_bytes, events_per_second)?.attach(py)
}

/// A budget as it was asked for: numbers, or text as `--budget` takes it.
fn asked(by_name: &Bound<'_, PyDict>) -> PyResult<Result<Vec<Named>, String>> {
    let mut all = Vec::new();
    for (name, value) in by_name {
        let (name, value) = (name.str()?, value.str()?);
        let (name, value) = (name.to_str()?, value.to_str()?);
        match Row::of(name).and_then(|row| row.asked(value)) {
            Ok(named) => all.push(named),
            Err(e) => return Ok(Err(e.to_string())),
        }
    }
    Ok(Ok(all))
}
