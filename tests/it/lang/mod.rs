//! The probe language: programs in; trees, text and mistakes out.
//!
//! `tests/lang/{check,emit,run}/NAME.probe` have mistakes, modules and events beside them; `tests/lang/parse/NAME.probe` has what was read as formatted text in `NAME.txt`, or the mistakes as a person sees them;
//! `WASPECT_BLESS=1` writes those files again.

mod compiled;
mod editor;
mod expressions;
mod parse;
mod random;
mod tree;
mod vocabulary;
