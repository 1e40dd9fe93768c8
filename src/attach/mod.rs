//! Probes on functions.
//!
//! In: compiled probes and what they name. Out: functions with a hook in them. Never here: a change that cannot be undone.

pub mod code;
pub mod testing;
