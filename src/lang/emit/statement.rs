//! Statements: what a clause does.
//!
//! In: a statement. Out: instructions that leave nothing on the stack. Never here: a statement's meaning that a module
//! written by hand could not have.

use std::collections::HashSet;

use wasm_encoder::{Instruction as I, ValType};
use waspect_abi::{NONE, TAG_ERROR};

use super::Clauses;
use super::helpers::{Helper, constant};
use super::module::BUFFER;
use crate::lang::ast::{Argument, AssignOp, Expr, ExprKind, LogPart, Name, Place, PlaceKind, Stmt, StmtKind};

/// The ABI's level "info".
const LEVEL: i32 = 3;
/// Of a field that has the words of the source for a name.
const FIELD_CHARS_MAX: usize = 64;

impl Clauses<'_> {
    pub(super) fn statements(&mut self, statements: &[Stmt]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt) {
        match &statement.kind {
            StmtKind::Assign { place, op, value } => self.assign(place, *op, value),
            StmtKind::Delete(place) => self.delete(place),
            StmtKind::Aggregate { name, key, function, arguments } => self.aggregate(name, key, function, arguments),
            StmtKind::Capture { arguments, .. } => self.capture(arguments),
            StmtKind::Log(parts) => self.log(parts),
            StmtKind::Print(name) => self.dropped("probe1.print", aggregation(name)),
            StmtKind::Clear(name) => self.dropped("probe1.clear", aggregation(name)),
            StmtKind::Speculate => self.dropped("probe1", "speculate"),
            StmtKind::Commit => self.dropped("probe1", "commit"),
            StmtKind::Discard => self.dropped("probe1", "forget"),
            StmtKind::If { condition, then, otherwise } => {
                self.truth(condition);
                self.body.open_if(None);
                self.statements(then);
                if !otherwise.is_empty() {
                    self.body.open_else();
                    self.statements(otherwise);
                }
                self.body.close();
            }
            // Is an option of the spec.
            StmtKind::Sample(_) | StmtKind::Error => {}
        }
    }

    /// Calls for the effect; the firing's counters know what came of it.
    fn dropped(&mut self, module: &str, name: &str) {
        self.import(module, name);
        self.body.push(I::Drop);
    }

    fn assign(&mut self, place: &Place, op: AssignOp, value: &Expr) {
        match (&place.kind, op) {
            (PlaceKind::Request(name), AssignOp::Set) => {
                self.value(value);
                self.dropped("probe1.req.set", &name.text);
            }
            (PlaceKind::Request(name), AssignOp::Add) => {
                self.value(value);
                self.dropped("probe1.req.add", &name.text);
            }
            (PlaceKind::Call(name), AssignOp::Set) => {
                self.value(value);
                self.dropped("probe1.slot.set", &name.text);
            }
            (PlaceKind::Call(name), AssignOp::Add) => self.add_to_slot(&name.text, value),
            (PlaceKind::Global { name, key }, op) => {
                self.key(key);
                self.value(value);
                self.dropped(if op == AssignOp::Set { "probe1.map.set" } else { "probe1.map.add" }, &name.text);
            }
        }
    }

    /// What was never set is None, to which a first value is not added.
    fn add_to_slot(&mut self, name: &str, value: &Expr) {
        let (had, new) = (self.body.local(ValType::I64), self.body.local(ValType::I64));
        self.value(value);
        self.body.push(I::LocalSet(new));
        self.import("probe1.slot", name);
        self.body.extend([I::LocalTee(had), constant(NONE), I::I64Eq]);
        self.body.open_if(Some(ValType::I64));
        self.body.push(I::LocalGet(new));
        self.body.open_else();
        self.body.extend([I::LocalGet(had), I::LocalGet(new)]);
        self.help(Helper::Add);
        self.body.close();
        self.dropped("probe1.slot.set", name);
    }

    fn delete(&mut self, place: &Place) {
        if let PlaceKind::Global { name, key } = &place.kind {
            self.key(key);
            self.dropped("probe1.map.del", &name.text);
        }
    }

    fn aggregate(&mut self, name: &Name, key: &[Expr], function: &Name, arguments: &[Expr]) {
        let module = format!("probe1.{}", function.text);
        let name = aggregation(name);
        match (function.text.as_str(), arguments) {
            ("count", _) => {
                self.key(key);
                self.import(&module, name);
            }
            ("uniq" | "top", [of, ..]) => self.counted(key, of, &module, name),
            ("lquantize", [of, low, high, step]) => {
                let steps = [low, high, step].map(|e| constant_number(e).unwrap_or_default());
                self.numeric(key, of, &module, &format!("{name},{},{},{}", steps[0], steps[1], steps[2]));
            }
            (_, [of, ..]) => self.numeric(key, of, &module, name),
            _ => {}
        }
    }

    /// Aggregates a value; what could not be read is left out.
    fn counted(&mut self, key: &[Expr], of: &Expr, module: &str, name: &str) {
        let value = self.body.local(ValType::I64);
        self.value(of);
        self.body.extend([I::LocalTee(value), I::I64Const(48), I::I64ShrU, constant(TAG_ERROR), I::I64Ne]);
        self.body.open_if(None);
        self.key(key);
        self.body.push(I::LocalGet(value));
        self.import(module, name);
        self.body.close();
    }

    /// Aggregates a number; what is none, or could not be read, is left out.
    fn numeric(&mut self, key: &[Expr], of: &Expr, module: &str, name: &str) {
        let number = self.body.local(ValType::F64);
        if self.number(of) {
            self.body.extend([I::LocalTee(number), I::LocalGet(number), I::F64Eq]);
            self.body.open_if(None);
            self.key(key);
            self.body.push(I::LocalGet(number));
            self.import(module, name);
            self.body.close();
        } else {
            self.body.push(I::LocalSet(number));
            self.key(key);
            self.body.push(I::LocalGet(number));
            self.import(module, name);
        }
    }

    fn capture(&mut self, arguments: &[Argument]) {
        let mut names = HashSet::new();
        for argument in arguments {
            let wanted = argument.name.as_ref().map_or_else(|| self.words(&argument.value), |name| name.text.clone());
            let name = unused(wanted, &mut names);
            self.value(&argument.value);
            self.import("probe1.field", &name);
        }
        self.dropped("probe1", "emit");
    }

    /// The source's own words for an expression, on one line.
    fn words(&self, e: &Expr) -> String {
        let text = self.source.get(e.span.start as usize..e.span.end as usize).unwrap_or_default();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = words.chars().filter(|c| !c.is_control()).take(FIELD_CHARS_MAX).collect();
        if cut.is_empty() { String::from("value") } else { cut }
    }

    /// Puts a line together in memory, so that what has no text of its own is described by the host.
    fn log(&mut self, parts: &[LogPart]) {
        let end = self.body.local(ValType::I32);
        self.body.push(I::I32Const(BUFFER.cast_signed()));
        for part in parts {
            match part {
                LogPart::Text(text) => {
                    let (at, length) = self.module.text(text);
                    self.body.extend([I::I32Const(at.cast_signed()), I::I32Const(length.cast_signed())]);
                    self.help(Helper::PutText);
                }
                LogPart::Value(e) => {
                    self.value(e);
                    self.help(Helper::PutValue);
                }
            }
        }
        self.body.extend([I::LocalSet(end), I::I32Const(LEVEL), I::I32Const(BUFFER.cast_signed())]);
        self.body.extend([I::LocalGet(end), I::I32Const(BUFFER.cast_signed()), I::I32Sub]);
        self.dropped("probe1", "log");
    }
}

/// The one without a name needs one on the way.
pub(super) fn aggregation(name: &Name) -> &str {
    if name.text.is_empty() { "_" } else { &name.text }
}

/// A record has each name once.
fn unused(wanted: String, names: &mut HashSet<String>) -> String {
    let mut name = wanted.clone();
    let mut n = 2;
    while !names.insert(name.clone()) {
        name = format!("{wanted}#{n}");
        n += 1;
    }
    name
}

/// A number of the source.
pub(in crate::lang) fn constant_number(e: &Expr) -> Option<f64> {
    use crate::lang::ast::UnaryOp;
    match &e.kind {
        ExprKind::Int(n) => Some(*n as f64),
        ExprKind::Float(f) => Some(*f),
        ExprKind::Unary { op: UnaryOp::Minus, of } => constant_number(of).map(|n| -n),
        ExprKind::Group(of) => constant_number(of),
        _ => None,
    }
}
