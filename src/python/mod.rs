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

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};

use crate::compiler::{self, Source};
use crate::frames::Artifact;
use crate::limits::{Budget, Profile};
use crate::seal;

const PROFILES: &str = "expected `default` or `large`; see `waspect limits --profile large`";

#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // Panics are contained and counted; their text belongs to nobody's stderr.
    std::panic::set_hook(Box::new(|_| {}));
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(handed_compiler, module)?)?;
    module.add_function(wrap_pyfunction!(compile, module)?)?;
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

/// Attaches an artifact's probes.
#[pyfunction]
fn load(py: Python<'_>, artifact: &[u8], budget: HashMap<String, Bound<'_, PyInt>>) -> PyResult<session::Session> {
    let artifact = taken(py, artifact)?;
    let budget = lowered(&budget).map_err(|e| errors::raise(py, "PolicyError", &e, Some("see `waspect limits`")))?;
    session::Session::start(py, artifact, budget)
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
    let budget = Budget { events_per_second, ..Budget::DEFAULT };
    session::Session::with(py, artifact, budget, ring_bytes, events_per_second)?.attach(py)
}

fn lowered(by_name: &HashMap<String, Bound<'_, PyInt>>) -> Result<Budget, String> {
    let mut budget = Budget::DEFAULT;
    for (name, value) in by_name {
        let field = match name.as_str() {
            "fuel_per_fire" => &mut budget.fuel_per_fire,
            "events_per_second" => &mut budget.events_per_second,
            "record_bytes_max" => &mut budget.record_bytes_max,
            "value_depth_max" => &mut budget.value_depth_max,
            "value_items_max" => &mut budget.value_items_max,
            "value_str_bytes_max" => &mut budget.value_str_bytes_max,
            _ => return Err(format!("unknown budget `{name}`")),
        };
        match value.extract::<u64>() {
            Ok(lower) if lower <= *field => *field = lower,
            _ => return Err(format!("budget `{name}` of {value}, expected 0 to {field}: a budget only lowers")),
        }
    }
    Ok(budget)
}
