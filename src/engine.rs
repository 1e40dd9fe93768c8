//! The engine: one configuration for the compiling child and the agent, and artifacts turned into compiled modules.
//!
//! In: an [`Artifact`](crate::frames::Artifact). Out: a compiled module. Never here: a compiler, a signal handler, a thread.

use std::sync::OnceLock;

use wasmtime::{Config, Engine, Module, WasmBacktraceDetails, WasmFeatures};

use crate::limits;

/// The configuration of every engine, in the child that compiles and in the target that runs: an artifact made under any
/// other is refused.
pub fn config() -> Config {
    let mut config = Config::new();
    metering(&mut config);
    tracing(&mut config);
    memory(&mut config);
    features(&mut config);
    #[cfg(feature = "cli")]
    code(&mut config);
    config
}

/// Fuel bounds a firing without a thread, so it survives `fork`; traps without signals leave the application's handlers alone.
fn metering(config: &mut Config) {
    config
        .consume_fuel(true)
        .epoch_interruption(false)
        .signals_based_traps(false)
        .concurrency_support(false)
        .max_wasm_stack(usize::try_from(limits::GUEST_STACK_BYTES).unwrap_or(usize::MAX));
}

/// No backtraces: a trap is a count, not a report. No unwind tables either: registering them would put a lock into every
/// exception that other native code of the process throws. Nothing is asked of the environment.
fn tracing(config: &mut Config) {
    config
        .wasm_backtrace_max_frames(None)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .generate_address_map(false)
        .native_unwind_info(false);
}

/// No address space is reserved: targets run under `RLIMIT_AS`.
fn memory(config: &mut Config) {
    config
        .memory_reservation(0)
        .memory_guard_size(0)
        .guard_before_linear_memory(false)
        .memory_reservation_for_growth(1 << 20)
        .memory_may_move(true)
        .memory_init_cow(true);
}

/// Exactly Lime1, by set and not by switch, so that a proposal the engine learns later stays off. `GC_TYPES` is no proposal:
/// it only lets `externref` be spelled, which nothing in Lime1 can.
fn features(config: &mut Config) {
    config
        .wasm_features(WasmFeatures::all(), false)
        .wasm_features(WasmFeatures::LIME1.difference(WasmFeatures::GC_TYPES), true);
}

/// What only the compiler knows. One NaN everywhere, so that a guest that looks at a float's bits gives the same verdict on
/// every machine; probes do little float arithmetic, and only arithmetic pays for it.
#[cfg(feature = "cli")]
fn code(config: &mut Config) {
    config.cranelift_nan_canonicalization(true).cranelift_opt_level(wasmtime::OptLevel::Speed);
}

/// Why an artifact does not become a module.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("no engine for this machine: {0}")]
    Engine(wasmtime::Error),
    #[error("the artifact is not for this engine: {0}")]
    Artifact(wasmtime::Error),
}

/// The process's engine and an artifact's module.
///
/// # Errors
/// When the artifact was made for another engine, or is damaged.
pub fn load(artifact: &crate::frames::Artifact) -> Result<(Engine, Module), EngineError> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let engine = match ENGINE.get() {
        Some(engine) => engine.clone(),
        None => {
            let fresh = engine().map_err(EngineError::Engine)?;
            ENGINE.get_or_init(|| fresh).clone()
        }
    };
    let module = deserialize(&engine, &artifact.code).map_err(EngineError::Artifact)?;
    Ok((engine, module))
}

#[expect(unsafe_code, reason = "deserializing executes what it is given")]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Module> {
    // SAFETY: an `Artifact` comes from our own compiling child, over a pipe, a sealed file or a socket whose peer was
    // checked to be the same user; the engine itself checks version and configuration.
    unsafe { Module::deserialize(engine, code) }
}

/// A fresh engine.
///
/// # Errors
/// When the machine cannot run the configuration.
pub fn engine() -> Result<Engine, wasmtime::Error> {
    Engine::new(&config())
}
