//! The one Rust integration binary: each module is a boundary with one `check` and its cases as data.

mod tidy;
