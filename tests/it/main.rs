//! The integration tests: one binary.

mod compile;
