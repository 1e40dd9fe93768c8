//! The engine: one configuration for the compiling child and the agent, and artifacts turned into compiled modules.
//!
//! In: an [`Artifact`](crate::frames::Artifact). Out: a compiled module. Never here: a compiler, a signal handler, a thread.

use wasmtime::{Config, Engine, WasmBacktraceDetails, WasmFeatures};

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

/// A fresh engine.
///
/// # Errors
/// When the machine cannot run the configuration.
pub fn engine() -> Result<Engine, wasmtime::Error> {
    Engine::new(&config())
}
