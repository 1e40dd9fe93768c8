//! The one integration binary: each file is one boundary, its cases are data.

mod rewrite;
