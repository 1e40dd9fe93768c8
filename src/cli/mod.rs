//! Placeholder until the room is built in the same change.
pub mod run;
