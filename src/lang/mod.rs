//! The probe language: text to an ordinary module.
//!
//! In: the text of a `.probe` file or of `-e`. Out: the bytes of a wasm module on the `probe1` ABI, and diagnostics.
//! Never here: the runtime; nothing below `module` can tell such a module from any other.
//!
//! `lexer` and `parser` make the tree (`ast`), `check` says what is wrong with it, `emit` writes the module, `format`
//! writes the text again. All diagnostics are collected; none is thrown.

pub mod ast;
mod check;
pub mod diagnostics;
mod emit;
pub mod format;
mod lexer;
pub mod parser;
pub mod token;

use ast::Span;
pub use check::{AGGREGATIONS, BUDGETS, FUNCTIONS};
use diagnostics::Diagnostics;

/// What came of a program.
#[derive(Debug)]
pub struct Compiled {
    /// None where there are errors.
    pub wasm: Option<Vec<u8>>,
    pub diagnostics: Diagnostics,
}

/// Text to a module.
pub fn compile(source: &str) -> Compiled {
    let parser::Parsed { program, mut diagnostics, .. } = parser::parse(source);
    if program.clauses.is_empty() && !diagnostics.has_errors() {
        diagnostics.error_hint(
            Span { start: 0, end: 0 },
            "a program has at least one clause, and here is none",
            parser::BEGINS,
        );
    }
    check::check(&program, &mut diagnostics);
    let wasm = if diagnostics.has_errors() { None } else { emit::emit(&program, source, &mut diagnostics) };
    Compiled { wasm, diagnostics }
}
