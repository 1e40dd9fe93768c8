//! Shape caps: how large and how tangled a function may be before a compiler is asked.
//!
//! In: one function body, operator by operator. Out: totals, or the cap that it exceeds. Never here: recursion, or
//! memory that the body only claims to need.
//!
//! A compiler's time grows with the product of loops or blocks and the values that live across them, so the products are
//! bounded, not only the factors. Parameters and results of a block count as values too.

use wasmparser::Operator;

use super::{ModuleError, Place};
use crate::limits::{self, Profile};

/// Refuses `$found` above the profile's limit of that name.
macro_rules! cap {
    ($profile:expr, $limit:ident, $place:expr, $found:expr) => {
        crate::module::shape::within(
            stringify!($limit),
            $profile.of(crate::limits::$limit, crate::limits::large::$limit),
            $found as u64,
            || $place,
        )
    };
}
pub(super) use cap;

pub(super) fn within(name: &str, max: u64, found: u64, place: impl FnOnce() -> Place) -> Result<(), ModuleError> {
    if found <= max {
        return Ok(());
    }
    let limit = name.to_ascii_lowercase();
    let unit = limits::TABLE.iter().find(|l| l.name() == limit).map_or("", |l| l.unit);
    Err(ModuleError::Cap { place: place(), found, unit, max, limit, fits_large: false })
}

/// The running totals of one function.
pub(super) struct Shape {
    profile: Profile,
    function: u32,
    values: u64,
    /// Open blocks, innermost last; true for a loop.
    open: Vec<bool>,
    nested_loops: u64,
    blocks_x_locals: u64,
    pub(super) loops_x_locals: u64,
}

impl Shape {
    /// `locals` includes the parameters.
    pub(super) fn new(profile: Profile, function: u32, locals: u64) -> Result<Self, ModuleError> {
        cap!(profile, FUNCTION_LOCALS_MAX, place(function), locals)?;
        Ok(Self {
            profile,
            function,
            values: locals,
            open: Vec::new(),
            nested_loops: 0,
            blocks_x_locals: 0,
            loops_x_locals: 0,
        })
    }

    /// Counts one operator; `arity` is asked for blocks only.
    pub(super) fn count(
        &mut self,
        op: &Operator<'_>,
        arity: impl Fn(wasmparser::BlockType) -> u64,
    ) -> Result<(), ModuleError> {
        match op {
            Operator::Loop { blockty } => self.open(true, arity(*blockty)),
            Operator::Block { blockty } | Operator::If { blockty } => self.open(false, arity(*blockty)),
            Operator::BrTable { targets } => {
                cap!(self.profile, BR_TABLE_TARGETS_MAX, place(self.function), targets.len())
            }
            Operator::End => {
                let was_loop = self.open.pop().unwrap_or(false);
                self.nested_loops -= u64::from(was_loop);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, is_loop: bool, arity: u64) -> Result<(), ModuleError> {
        let place = || place(self.function);
        self.open.push(is_loop);
        self.blocks_x_locals += self.values + arity;
        cap!(self.profile, FUNCTION_BLOCK_DEPTH_MAX, place(), self.open.len())?;
        cap!(self.profile, FUNCTION_BLOCKS_X_LOCALS_MAX, place(), self.blocks_x_locals)?;
        if is_loop {
            self.nested_loops += 1;
            self.loops_x_locals += self.values + arity;
            cap!(self.profile, FUNCTION_LOOP_NESTING_MAX, place(), self.nested_loops)?;
            cap!(self.profile, FUNCTION_LOOPS_X_LOCALS_MAX, place(), self.loops_x_locals)?;
        }
        Ok(())
    }
}

pub(super) fn place(function: u32) -> Place {
    Place::Function(function, None)
}
