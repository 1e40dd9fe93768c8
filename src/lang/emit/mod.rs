//! The emitter: a program without errors becomes a module on the `probe1` ABI.
//!
//! In: a program, its text. Out: the bytes of a module, or what of it is too large. Never here: a loop, a division that
//! could trap, an import of anything but `probe1`.
//!
//! A clause is a function, exported under each of its points; what many clauses need is a helper beside them, `text` those of text. `module`
//! puts the sections together, `body` one function, `path` folds chains, `expression` and `statement` walk the tree.

mod body;
mod expression;
mod helpers;
mod module;
mod path;
mod point;
mod statement;
mod text;

use wasm_encoder::Instruction as I;

use self::body::Body;
use self::module::Module;
pub(super) use self::statement::constant_number;
use super::ast::{Clause, Program};
use super::diagnostics::Diagnostics;

/// Writes the module; what does not fit is a diagnostic.
pub(super) fn emit(program: &Program, source: &str, diagnostics: &mut Diagnostics) -> Option<Vec<u8>> {
    // Before each is given a name of its own.
    let points = program.clauses.iter().map(|clause| clause.points.len()).sum::<usize>();
    if let Err(large) = module::few_points(points) {
        too_large(&large, program, diagnostics);
        return None;
    }
    let mut clauses = Clauses { source, module: Module::default(), body: Body::new(0) };
    let mut names = point::Names::default();
    for clause in &program.clauses {
        let body = clauses.clause(clause);
        let index = clauses.module.body(body);
        for name in names.of(clause, diagnostics) {
            clauses.module.export(name, index);
        }
    }
    if diagnostics.has_errors() {
        return None;
    }
    clauses.module.finish().map_err(|large| too_large(&large, program, diagnostics)).ok()
}

fn too_large(large: &module::TooLarge, program: &Program, diagnostics: &mut Diagnostics) {
    let clause = large.body.and_then(|index| program.clauses.get(index));
    let span = clause.or(program.clauses.last()).map(|clause| clause.span).unwrap_or_default();
    let subject = if clause.is_some() { "clause" } else { "program" };
    let module::TooLarge { what, max, found, .. } = large;
    diagnostics.error_hint(
        span,
        format!("{subject} too large: expected at most {max} {what}, found {found}"),
        "say it in fewer words, or in several programs",
    );
}

/// What walks the tree: the module so far, and the function that is written now.
struct Clauses<'a> {
    source: &'a str,
    module: Module,
    body: Body,
}

impl Clauses<'_> {
    fn clause(&mut self, clause: &Clause) -> Body {
        self.body = Body::new(0);
        if let Some(predicate) = &clause.predicate {
            self.truth(predicate);
            self.body.extend([I::I32Eqz, I::If(wasm_encoder::BlockType::Empty), I::Return, I::End]);
            self.body.blocks += 1;
        }
        self.statements(&clause.body);
        std::mem::take(&mut self.body)
    }
}
