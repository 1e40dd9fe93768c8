//! Bytes as a valid module, as `wasm-smith` makes them.
//!
//! In: bytes that nobody meant. Out: refused with a reason, or a firing that ended. Never here: a module that is not valid;
//! the target `module` has those.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};
use waspect::introspect::fake::{self, Fake};
use waspect::limits::Budget;
use waspect::module::{At, ModuleError, parse};
use waspect::report::{FaultKind, Report};

use crate::plain;
use crate::run::Run;

/// What Lime1 has, and of it no more than mostly passes the check.
fn config(u: &mut Unstructured<'_>) -> arbitrary::Result<Config> {
    let wild = u.ratio(1, 8)?;
    Ok(Config {
        max_imports: if wild { 4 } else { 0 },
        allow_start_export: wild,
        max_memories: 1,
        max_memory32_bytes: if wild { 1 << 32 } else { 1 << 20 },
        max_tables: 1,
        min_exports: 1,
        export_everything: true,
        max_type_size: 200,
        bulk_memory_enabled: true,
        multi_value_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        reference_types_enabled: wild,
        simd_enabled: wild,
        relaxed_simd_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        tail_call_enabled: wild,
        threads_enabled: false,
        ..Config::default()
    })
}

/// The module that the bytes stand for.
pub fn module(data: &[u8]) -> Option<Vec<u8>> {
    let mut u = Unstructured::new(data);
    let config = config(&mut u).ok()?;
    Some(Module::new(config, &mut u).ok()?.to_bytes())
}

pub fn ends(data: &[u8]) {
    let Some(bytes) = module(data) else { return };
    let exports = match parse("smith.wasm", &bytes, &[]) {
        Err(ModuleError::NoProbe { exports }) => exports,
        Err(error) => return assert!(!error.to_string().is_empty()),
        Ok(_) => return,
    };
    let at = |export: String| At { export, spec: "fn:shop.cart.*:entry".parse().expect("a spec") };
    let probes: Vec<At> = exports
        .into_iter()
        .map(at)
        .filter(|at| parse("smith.wasm", &bytes, std::slice::from_ref(at)).is_ok())
        .collect();
    if probes.is_empty() {
        return;
    }
    fake::reset();
    plain::put_frame("{}");
    let Ok(mut run) = Run::<Fake>::load_at("smith.wasm", &bytes, &probes, Budget::DEFAULT, (1 << 18, 1 << 18)) else {
        return;
    };
    run.enter(2);
    for report in run.reports() {
        if let Report::Fault(fault) = report {
            assert!(fault.kind != FaultKind::HostPanic, "{fault:?}");
        }
    }
}
