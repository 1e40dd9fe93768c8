//! The module under construction: imports by first use, helpers, functions, exports, text in memory.
//!
//! In: what bodies call and export. Out: the bytes of a module. Never here: an import that no body calls, a memory that
//! no helper writes to.

use std::collections::HashMap;

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, Instruction, MemorySection, MemoryType, TypeSection, ValType,
};
use waspect_abi::import_named;

use super::body::Body;
use super::helpers::Helper;

/// Calls below are of imports, from here on of helpers, until all imports are known.
const HELPERS: u32 = 1 << 24;
/// The one page: text of the program, then the line that a firing puts together, then what `show` is given.
pub(super) const BUFFER: u32 = 32 << 10;
pub(super) const BUFFER_END: u32 = 48 << 10;
pub(super) const SHOWN: u32 = BUFFER_END;
pub(super) const SHOWN_END: u32 = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct Module {
    imports: Vec<(String, String)>,
    import_index: HashMap<(String, String), u32>,
    helpers: Vec<Helper>,
    bodies: Vec<Body>,
    exports: Vec<(String, usize)>,
    text: Vec<u8>,
}

/// Why a program has no module, by clause where it is one's.
#[derive(Debug)]
pub(super) struct TooLarge {
    pub(super) body: Option<usize>,
    pub(super) what: &'static str,
    pub(super) max: u64,
    pub(super) found: u64,
}

impl Module {
    /// A call of an import: a function of `probe1`, or a family with its static argument.
    pub(super) fn import(&mut self, module: &str, name: &str) -> Instruction<'static> {
        let key = (module.to_owned(), name.to_owned());
        let next = self.imports.len() as u32;
        let index = *self.import_index.entry(key.clone()).or_insert(next);
        if index == next {
            self.imports.push(key);
        }
        Instruction::Call(index)
    }

    /// A call of a helper.
    pub(super) fn helper(&mut self, helper: Helper) -> Instruction<'static> {
        let index = self.helpers.iter().position(|known| *known == helper).unwrap_or_else(|| {
            self.helpers.push(helper);
            self.helpers.len() - 1
        });
        Instruction::Call(HELPERS + index as u32)
    }

    /// Where a text lies in memory.
    pub(super) fn text(&mut self, text: &str) -> (u32, u32) {
        let found = self.text.windows(text.len().max(1)).position(|window| window == text.as_bytes());
        let at = found.unwrap_or_else(|| {
            self.text.extend_from_slice(text.as_bytes());
            self.text.len() - text.len()
        });
        (at as u32, text.len() as u32)
    }

    pub(super) fn body(&mut self, body: Body) -> usize {
        self.bodies.push(body);
        self.bodies.len() - 1
    }

    pub(super) fn export(&mut self, name: String, body: usize) {
        self.exports.push((name, body));
    }

    /// Helpers call helpers, so the list may grow while it is gone through.
    fn helper_bodies(&mut self) -> Vec<(Helper, Body)> {
        let mut done = Vec::new();
        while let Some(&helper) = self.helpers.get(done.len()) {
            let body = helper.body(self);
            done.push((helper, body));
        }
        done
    }

    /// The bytes.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, TooLarge> {
        let helpers = self.helper_bodies();
        self.check()?;
        let mut types = Types::default();
        let (mut imports, mut functions, mut code) = (ImportSection::new(), FunctionSection::new(), CodeSection::new());
        for (module, name) in &self.imports {
            let signature = import_named(module, name).map_or("()->()", |known| known.signature);
            imports.import(module, name, EntityType::Function(types.of_signature(signature)));
        }
        let first_helper = self.imports.len() as u32;
        for (helper, body) in &helpers {
            let (parameters, results) = helper.signature();
            functions.function(types.of(parameters, results));
            code.function(&encoded(body, first_helper));
        }
        for (index, body) in self.bodies.iter().enumerate() {
            functions.function(types.of(&[], &[]));
            let function = encoded(body, first_helper);
            bounded(Some(index), "bytes of code", crate::limits::FUNCTION_BODY_BYTES_MAX, function.byte_len() as u64)?;
            code.function(&function);
        }
        let mut exports = ExportSection::new();
        let first_body = first_helper + helpers.len() as u32;
        for (name, body) in &self.exports {
            exports.export(name, ExportKind::Func, first_body + *body as u32);
        }
        let mut module = wasm_encoder::Module::new();
        module.section(&types.section()).section(&imports).section(&functions);
        let memory = helpers.iter().any(|(helper, _)| helper.takes_memory());
        if memory {
            module.section(&one_page());
            exports.export("memory", ExportKind::Memory, 0);
        }
        module.section(&exports).section(&code);
        if memory && !self.text.is_empty() {
            let mut data = DataSection::new();
            data.active(0, &ConstExpr::i32_const(0), self.text.iter().copied());
            module.section(&data);
        }
        let bytes = module.finish();
        bounded(None, "bytes of module", crate::limits::MODULE_BYTES_MAX, bytes.len() as u64)?;
        Ok(bytes)
    }

    fn check(&self) -> Result<(), TooLarge> {
        use crate::limits::{FUNCTION_BLOCKS_X_LOCALS_MAX, FUNCTION_LOCALS_MAX, MODULE_IMPORTS_MAX};
        bounded(None, "different reads and calls", MODULE_IMPORTS_MAX, self.imports.len() as u64)?;
        bounded(None, "bytes of text to log", u64::from(BUFFER), self.text.len() as u64)?;
        for (index, body) in self.bodies.iter().enumerate() {
            let (locals, blocks) = (body.locals.len() as u64, body.blocks);
            bounded(Some(index), "values at a time", FUNCTION_LOCALS_MAX, locals)?;
            bounded(Some(index), "branches x values", FUNCTION_BLOCKS_X_LOCALS_MAX, blocks * (locals + 1))?;
        }
        Ok(())
    }
}

/// Each point is an export, and the memory may be one.
pub(super) fn few_points(found: usize) -> Result<(), TooLarge> {
    bounded(None, "points", crate::limits::MODULE_EXPORTS_MAX - 1, found as u64)
}

fn bounded(body: Option<usize>, what: &'static str, max: u64, found: u64) -> Result<(), TooLarge> {
    if found <= max { Ok(()) } else { Err(TooLarge { body, what, max, found }) }
}

fn one_page() -> MemorySection {
    let mut memory = MemorySection::new();
    memory.memory(MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: false, page_size_log2: None });
    memory
}

fn encoded(body: &Body, first_helper: u32) -> Function {
    let mut function = Function::new_with_locals_types(body.locals.iter().copied());
    for instruction in &body.code {
        match instruction {
            Instruction::Call(at) if *at >= HELPERS => {
                function.instruction(&Instruction::Call(first_helper + at - HELPERS))
            }
            other => function.instruction(other),
        };
    }
    function.instruction(&Instruction::End);
    function
}

/// Each type once.
#[derive(Default)]
struct Types(Vec<(Vec<ValType>, Vec<ValType>)>);

impl Types {
    fn of(&mut self, parameters: &[ValType], results: &[ValType]) -> u32 {
        let found = self.0.iter().position(|(p, r)| p == parameters && r == results);
        found.unwrap_or_else(|| {
            self.0.push((parameters.to_vec(), results.to_vec()));
            self.0.len() - 1
        }) as u32
    }

    /// As the ABI's tables write it: `(V,f64)->i32`.
    fn of_signature(&mut self, signature: &str) -> u32 {
        let (parameters, results) = signature.split_once("->").unwrap_or((signature, ""));
        self.of(&val_types(parameters), &val_types(results))
    }

    fn section(&self) -> TypeSection {
        let mut section = TypeSection::new();
        for (parameters, results) in &self.0 {
            section.ty().function(parameters.iter().copied(), results.iter().copied());
        }
        section
    }
}

fn val_types(text: &str) -> Vec<ValType> {
    let words = text.trim_matches(['(', ')']).split(',').filter(|word| !word.is_empty());
    words
        .map(|word| match word {
            "i32" => ValType::I32,
            "f64" => ValType::F64,
            _ => ValType::I64,
        })
        .collect()
}
