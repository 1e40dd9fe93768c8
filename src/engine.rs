//! The engine: one configuration for the compiling child and the agent, and artifacts turned into compiled modules.
//!
//! In: an [`Artifact`](crate::frames::Artifact). Out: a compiled module. Never here: a compiler, a signal handler, a thread.

use wasmtime::{Config, Engine};

use crate::limits;

/// The configuration of every engine, in the child that compiles and in the target that runs: an artifact made under any
/// other is refused.
pub fn config() -> Config {
    let mut config = Config::new();
    metering(&mut config);
    memory(&mut config);
    features(&mut config);
    config
}

/// Fuel bounds a firing without a thread, so it survives `fork`; traps without signals leave the application's handlers alone.
fn metering(config: &mut Config) {
    config.consume_fuel(true).epoch_interruption(false);
    #[expect(unused_must_use, reason = "builder methods that return the config")]
    {
        config.signals_based_traps(false);
        config.wasm_backtrace_max_frames(None);
    }
    config.max_wasm_stack(usize::try_from(limits::GUEST_STACK_BYTES).unwrap_or(usize::MAX));
}

/// No address space is reserved: targets run under `RLIMIT_AS`.
fn memory(config: &mut Config) {
    config
        .memory_reservation(0)
        .memory_guard_size(0)
        .guard_before_linear_memory(false)
        .memory_reservation_for_growth(1 << 20)
        .memory_init_cow(true);
}

/// Exactly Lime1.
fn features(config: &mut Config) {
    config
        .wasm_bulk_memory(true)
        .wasm_multi_value(true)
        .wasm_simd(false)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_extended_const(true);
}

/// A fresh engine.
///
/// # Errors
/// When the machine cannot run the configuration.
pub fn engine() -> Result<Engine, wasmtime::Error> {
    Engine::new(&config())
}
