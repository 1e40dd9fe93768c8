//! How much an instruction gives a compiler to do, beyond its bytes.
//!
//! In: one operator. Out: its weight, about two microseconds of the compiler's time. Never here: what a module pays when it
//! runs, which is fuel.
//!
//! Measured over bodies of nothing but one instruction, in modules as large as the other caps let them be: without a weight,
//! 140 KB of calls through a table took thirteen seconds (`tests/it/hostile/bombs.rs` has them all).

use wasmparser::Operator;

pub(super) fn weight(op: &Operator<'_>) -> u64 {
    use Operator as O;
    match op {
        // The bounds of the table, the type, the fuel that is put down and taken up again.
        O::CallIndirect { .. } => 250,
        // Three checks and two ways out each.
        O::I32TruncF32S | O::I32TruncF32U | O::I32TruncF64S | O::I32TruncF64U => 90,
        O::I64TruncF32S | O::I64TruncF32U | O::I64TruncF64S | O::I64TruncF64U => 90,
        O::MemoryCopy { .. } | O::MemoryFill { .. } => 80,
        O::MemoryGrow { .. } => 60,
        O::Block { .. } | O::Loop { .. } | O::If { .. } | O::BrIf { .. } => 45,
        O::BrTable { targets } => 45 + u64::from(targets.len()),
        O::Call { .. } => 15,
        O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU | O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU => 15,
        _ if is_access(op) => 35,
        _ => 1,
    }
}

/// Loads and stores: no address space is reserved, so each checks its bounds.
fn is_access(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I32Load { .. }
            | O::I64Load { .. }
            | O::F32Load { .. }
            | O::F64Load { .. }
            | O::I32Load8S { .. }
            | O::I32Load8U { .. }
            | O::I32Load16S { .. }
            | O::I32Load16U { .. }
            | O::I64Load8S { .. }
            | O::I64Load8U { .. }
            | O::I64Load16S { .. }
            | O::I64Load16U { .. }
            | O::I64Load32S { .. }
            | O::I64Load32U { .. }
            | O::I32Store { .. }
            | O::I64Store { .. }
            | O::F32Store { .. }
            | O::F64Store { .. }
            | O::I32Store8 { .. }
            | O::I32Store16 { .. }
            | O::I64Store8 { .. }
            | O::I64Store16 { .. }
            | O::I64Store32 { .. }
    )
}
