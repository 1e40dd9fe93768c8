//! The one integration binary.

mod tree;
