//! One function under construction: instructions, locals, and what was read already.
//!
//! In: instructions. Out: a [`Body`]. Never here: a meaning.

use std::collections::HashMap;

use wasm_encoder::{BlockType, Instruction, ValType};

/// Past so many locals nothing more is remembered: it is read again.
const REMEMBERED_MAX: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) code: Vec<Instruction<'static>>,
    /// Behind the parameters.
    pub(super) locals: Vec<ValType>,
    pub(super) blocks: u64,
    parameters: u32,
    /// Paths by the local that has their value, for each branch that we are in.
    read: Vec<HashMap<String, u32>>,
}

impl Body {
    pub(super) fn new(parameters: usize) -> Self {
        Self { parameters: parameters as u32, read: vec![HashMap::new()], ..Self::default() }
    }

    pub(super) fn push(&mut self, instruction: Instruction<'static>) {
        self.code.push(instruction);
    }

    pub(super) fn extend<const N: usize>(&mut self, instructions: [Instruction<'static>; N]) {
        self.code.extend(instructions);
    }

    pub(super) fn local(&mut self, ty: ValType) -> u32 {
        self.locals.push(ty);
        self.parameters + self.locals.len() as u32 - 1
    }

    /// `if`, over the i32 on the stack; what is read inside is known inside only.
    pub(super) fn open_if(&mut self, result: Option<ValType>) {
        let ty = result.map_or(BlockType::Empty, BlockType::Result);
        self.push(Instruction::If(ty));
        self.blocks += 1;
        self.read.push(HashMap::new());
    }

    pub(super) fn open_else(&mut self) {
        self.push(Instruction::Else);
        self.read.pop();
        self.read.push(HashMap::new());
    }

    pub(super) fn close(&mut self) {
        self.push(Instruction::End);
        self.read.pop();
    }

    /// The local that has a path's value on every way to here.
    pub(super) fn known(&self, path: &str) -> Option<u32> {
        self.read.iter().rev().find_map(|branch| branch.get(path).copied())
    }

    /// Keeps the value on the stack for the next who asks for the path.
    pub(super) fn remember(&mut self, path: &str) {
        if self.locals.len() < REMEMBERED_MAX {
            let local = self.local(ValType::I64);
            self.push(Instruction::LocalTee(local));
            if let Some(branch) = self.read.last_mut() {
                branch.insert(path.to_owned(), local);
            }
        }
    }
}
