//! Expressions: what leaves a value on the stack.
//!
//! In: an expression. Out: instructions of the clause's body. Never here: a read that the path import could do in one; an
//! evaluation that short-circuiting leaves out.
//!
//! Numbers that are known to be plain (`elapsed`, a literal) stay an i64 or f64 as long as nobody wants a value.

use wasm_encoder::{Ieee64, Instruction as I, ValType};
use waspect_abi::{Code, FALSE, NONE, TRUE};

use super::Clauses;
use super::helpers::{EQUAL, GREATER, Helper, LESS, constant};
use super::path::path_of;
use crate::lang::ast::{BinaryOp, Expr, ExprKind, Name, Place, PlaceKind, UnaryOp};

/// What is on the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    /// A value of the ABI.
    Value,
    /// A plain i64.
    Int,
    /// A plain f64, never NaN.
    Float,
}

/// Ints that fit a value as they are.
const SMALL: std::ops::Range<i64> = -(1 << 47)..1 << 47;
/// The longest text that an import's name can be.
const NAME_BYTES_MAX: usize = 512;
const STACK_LINES: i32 = 1;

impl Clauses<'_> {
    /// Leaves the expression as a value.
    pub(super) fn value(&mut self, e: &Expr) {
        match self.expression(e) {
            Is::Value => {}
            Is::Int => {
                let call = self.module.helper(Helper::Int);
                self.body.push(call);
            }
            Is::Float => self.body.push(I::I64ReinterpretF64),
        }
    }

    /// Leaves it as an i32, 0 or 1; an error is 0.
    pub(super) fn truth(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Group(of) => self.truth(of),
            ExprKind::Bool(holds) => self.body.push(I::I32Const(i32::from(*holds))),
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
                self.short_circuit(*op == BinaryOp::And, left, right);
            }
            ExprKind::Binary { op, left, right } if mask(*op).is_some() => self.ordered(*op, left, right),
            ExprKind::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, .. }
            | ExprKind::Binary { op: BinaryOp::In | BinaryOp::NotIn | BinaryOp::Is | BinaryOp::IsNot, .. }
            | ExprKind::Unary { op: UnaryOp::Not, .. } => {
                self.value(e);
                self.body.extend([constant(TRUE), I::I64Eq]);
            }
            _ => {
                self.value(e);
                let call = self.module.helper(Helper::Truth);
                self.body.push(call);
            }
        }
    }

    fn expression(&mut self, e: &Expr) -> Is {
        if let Some(path) = path_of(e) {
            return self.read(&path);
        }
        match &e.kind {
            ExprKind::Int(n) if SMALL.contains(n) => self.push_value(small(*n)),
            ExprKind::Int(n) => {
                self.body.push(I::I64Const(*n));
                return Is::Int;
            }
            ExprKind::Float(f) => self.push_value(f.to_bits()),
            ExprKind::Bool(holds) => self.push_value(FALSE | u64::from(*holds)),
            ExprKind::None | ExprKind::Error => self.push_value(NONE),
            ExprKind::Str(text) => self.text(text),
            ExprKind::Name(name) => return self.context(name),
            ExprKind::Read(place) => self.read_place(place),
            ExprKind::Attribute { of, name } => self.attribute(of, name),
            ExprKind::Index { of, index } => self.index(of, index),
            ExprKind::Slice { of, from, to } => self.slice(of, from.as_deref(), to.as_deref()),
            ExprKind::Call { function, arguments } => return self.call(function, arguments),
            ExprKind::Unary { op, of } => self.unary(*op, of),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.truth(condition);
                self.body.open_if(Some(ValType::I64));
                self.value(then);
                self.body.open_else();
                self.value(otherwise);
                self.body.close();
            }
            ExprKind::Group(of) => return self.expression(of),
        }
        Is::Value
    }

    fn push_value(&mut self, value: u64) {
        self.body.push(constant(value));
    }

    /// A path of the frame, read once on each way.
    fn read(&mut self, path: &str) -> Is {
        if let Some(local) = self.body.known(path) {
            self.body.push(I::LocalGet(local));
        } else {
            self.import("probe1.get", path);
            self.body.remember(path);
        }
        Is::Value
    }

    /// Names that the host answers without a frame's locals.
    fn context(&mut self, name: &str) -> Is {
        match name {
            "elapsed" | "tid" => {
                self.import("probe1", name);
                Is::Int
            }
            "pid" | "line" | "depth" => {
                self.import("probe1", name);
                self.body.push(I::I64ExtendI32S);
                Is::Int
            }
            other => self.read(other),
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        let mut rest = text;
        let mut is_first = true;
        while is_first || !rest.is_empty() {
            let end = rest.floor_char_boundary(NAME_BYTES_MAX);
            self.import("probe1.str", &rest[..end]);
            rest = &rest[end..];
            if !is_first {
                self.import("probe1", "add");
            }
            is_first = false;
        }
    }

    fn read_place(&mut self, place: &Place) {
        match &place.kind {
            PlaceKind::Request(name) => self.import("probe1.req", &name.text),
            PlaceKind::Call(name) => self.import("probe1.slot", &name.text),
            PlaceKind::Global { name, key } => {
                let value = self.body.local(ValType::I64);
                self.key(key);
                self.import("probe1.map.get", &name.text);
                // As of a request and a call: what was never set is None.
                self.body.extend([I::LocalSet(value), constant(NONE), I::LocalGet(value), I::LocalGet(value)]);
                self.body.extend([constant(Code::Absent.value()), I::I64Eq, I::Select]);
            }
        }
    }

    /// None, one value, or a tuple.
    pub(super) fn key(&mut self, key: &[Expr]) {
        key.iter().for_each(|part| self.value(part));
        match key.len() {
            0 => self.push_value(NONE),
            1 => {}
            n => self.import("probe1", &format!("tuple{n}")),
        }
    }

    fn attribute(&mut self, of: &Expr, name: &Name) {
        self.value(of);
        self.import("probe1.attr", &name.text);
    }

    fn index(&mut self, of: &Expr, index: &Expr) {
        self.value(of);
        match &index.kind {
            ExprKind::Str(key) if is_key(key) => self.import("probe1.key", key),
            _ => {
                self.value(index);
                self.import("probe1", "item");
            }
        }
    }

    fn slice(&mut self, of: &Expr, from: Option<&Expr>, to: Option<&Expr>) {
        self.value(of);
        for bound in [from, to] {
            match bound {
                Some(bound) => self.value(bound),
                None => self.push_value(NONE),
            }
        }
        self.help(Helper::Slice);
    }

    fn unary(&mut self, op: UnaryOp, of: &Expr) {
        self.value(of);
        self.help(match op {
            UnaryOp::Not => Helper::Not,
            UnaryOp::Minus => Helper::Minus,
        });
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                self.short_circuit(op == BinaryOp::And, left, right);
                return self.boxed_bool();
            }
            // The error of the first operand goes on, so both are looked at by whoever answers.
            _ => {
                self.value(left);
                self.value(right);
            }
        }
        match op {
            BinaryOp::Equal => self.help(Helper::Equal),
            BinaryOp::NotEqual => self.help_not(Helper::Equal),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                self.body.push(I::I32Const(mask(op).unwrap_or_default()));
                self.help(Helper::Compare);
            }
            BinaryOp::In => self.help(Helper::In),
            BinaryOp::NotIn => self.help_not(Helper::In),
            BinaryOp::Is => self.is(),
            BinaryOp::IsNot => {
                self.is();
                self.help(Helper::Not);
            }
            BinaryOp::Add => self.help(Helper::Add),
            BinaryOp::Subtract => self.help(Helper::Subtract),
            BinaryOp::Multiply => self.help(Helper::Multiply),
            BinaryOp::Divide => self.import("probe1", "div"),
            BinaryOp::FloorDivide => self.help(Helper::FloorDivide),
            BinaryOp::Modulo => self.import("probe1", "mod"),
            BinaryOp::And | BinaryOp::Or => {}
        }
    }

    fn is(&mut self) {
        self.import("probe1", "is");
        self.help(Helper::Answer);
    }

    fn help_not(&mut self, helper: Helper) {
        self.help(helper);
        self.help(Helper::Not);
    }

    fn boxed_bool(&mut self) {
        self.body.extend([I::I64ExtendI32U, constant(FALSE), I::I64Or]);
    }

    fn short_circuit(&mut self, is_and: bool, left: &Expr, right: &Expr) {
        self.truth(left);
        self.body.open_if(Some(ValType::I32));
        if is_and {
            self.truth(right);
            self.body.open_else();
            self.body.push(I::I32Const(0));
        } else {
            self.body.push(I::I32Const(1));
            self.body.open_else();
            self.truth(right);
        }
        self.body.close();
    }

    /// `<` and its kin as an i32: at once where both are plain or one is a small literal.
    fn ordered(&mut self, op: BinaryOp, left: &Expr, right: &Expr) {
        if self.plain_int(left) && self.plain_int(right) {
            self.plain(left);
            self.plain(right);
            return self.body.push(instruction(op));
        }
        if let Some(n) = literal(right) {
            return self.against_literal(op, left, n);
        }
        self.binary(op, left, right);
        self.body.extend([constant(TRUE), I::I64Eq]);
    }

    fn against_literal(&mut self, op: BinaryOp, left: &Expr, n: i64) {
        let value = self.body.local(ValType::I64);
        self.value(left);
        self.body.extend([I::LocalTee(value), I::I64Const(48), I::I64ShrU]);
        self.body.extend([constant(waspect_abi::TAG_INT), I::I64Eq]);
        self.body.open_if(Some(ValType::I32));
        self.body.extend([I::LocalGet(value), I::I64Const(16), I::I64Shl, I::I64Const(16), I::I64ShrS]);
        self.body.extend([I::I64Const(n), instruction(op)]);
        self.body.open_else();
        self.body.extend([I::LocalGet(value), constant(small(n)), I::I32Const(mask(op).unwrap_or_default())]);
        self.help(Helper::Compare);
        self.body.extend([constant(TRUE), I::I64Eq]);
        self.body.close();
    }

    /// Whether it is an i64 without a value in between.
    fn plain_int(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Int(_) => true,
            ExprKind::Name(name) => matches!(name.as_str(), "elapsed" | "tid" | "pid" | "line" | "depth"),
            ExprKind::Call { function, .. } => function.text == "mono",
            ExprKind::Group(of) => self.plain_int(of),
            _ => false,
        }
    }

    fn plain(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Int(n) => self.body.push(I::I64Const(*n)),
            ExprKind::Group(of) => self.plain(of),
            _ => {
                self.expression(e);
            }
        }
    }

    /// Leaves an f64 for an aggregation; whether it may be NaN, which says that there is no number.
    pub(super) fn number(&mut self, e: &Expr) -> bool {
        if let ExprKind::Int(n) = e.kind {
            self.body.push(I::F64Const(Ieee64::from(n as f64)));
            return false;
        }
        match self.expression(e) {
            Is::Int if is_elapsed(e) => {
                // -1 says that the entry was not seen.
                let time = self.body.local(ValType::I64);
                self.body.extend([I::LocalTee(time), I::F64ConvertI64S, I::F64Const(Ieee64::from(f64::NAN))]);
                self.body.extend([I::LocalGet(time), I::I64Const(0), I::I64GeS, I::Select]);
                return true;
            }
            Is::Int => self.body.push(I::F64ConvertI64S),
            Is::Float => {}
            Is::Value => {
                self.help(Helper::Number);
                return true;
            }
        }
        false
    }

    fn call(&mut self, function: &Name, arguments: &[Expr]) -> Is {
        match (function.text.as_str(), arguments) {
            ("timestamp", []) => {
                self.import("probe1", "now_wall");
                self.body.extend([I::F64ConvertI64S, I::F64Const(Ieee64::from(1e9)), I::F64Div]);
                return Is::Float;
            }
            ("mono", []) => {
                self.import("probe1", "now_mono");
                return Is::Int;
            }
            ("rand", []) => {
                self.import("probe1", "rand");
                return Is::Float;
            }
            ("stack", [Expr { kind: ExprKind::Int(n), .. }]) => {
                let frames = i32::try_from(*n).unwrap_or(i32::MAX);
                self.body.extend([I::I32Const(frames), I::I32Const(STACK_LINES)]);
                self.import("probe1", "stack");
            }
            (name, arguments) => {
                arguments.iter().for_each(|argument| self.value(argument));
                return self.call_of_values(name);
            }
        }
        Is::Value
    }

    /// Functions over the values on the stack. The checker knows their names and how many arguments they take.
    fn call_of_values(&mut self, name: &str) -> Is {
        match name {
            "len" => {
                self.import("probe1", "len");
                self.help(Helper::Status);
            }
            "str" => self.import("probe1", "to_str"),
            "int" => self.import("probe1", "to_int"),
            "float" => self.import("probe1", "to_float"),
            "typename" => self.import("probe1", "typename"),
            "hash" => self.help(Helper::Hash),
            "startswith" => self.help(Helper::StartsWith),
            "endswith" => self.help(Helper::EndsWith),
            "contains" => self.help(Helper::Contains),
            "kind" => self.help(Helper::KindName),
            "show" => self.help(Helper::Show),
            "is_error" => {
                self.body.extend([I::I64Const(48), I::I64ShrU, constant(waspect_abi::TAG_ERROR), I::I64Eq]);
                self.boxed_bool();
            }
            _ => {}
        }
        Is::Value
    }

    pub(super) fn import(&mut self, module: &str, name: &str) {
        let call = self.module.import(module, name);
        self.body.push(call);
    }

    pub(super) fn help(&mut self, helper: Helper) {
        let call = self.module.helper(helper);
        self.body.push(call);
    }
}

fn is_elapsed(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Name(name) => name == "elapsed",
        ExprKind::Group(of) => is_elapsed(of),
        _ => false,
    }
}

/// A key that an import can be named by.
fn is_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= NAME_BYTES_MAX && !key.chars().any(char::is_control)
}

fn small(n: i64) -> u64 {
    waspect_abi::TAG_INT << 48 | (n.cast_unsigned() & ((1 << 48) - 1))
}

/// A small int of the source, perhaps below zero.
fn literal(e: &Expr) -> Option<i64> {
    match &e.kind {
        ExprKind::Int(n) if SMALL.contains(n) => Some(*n),
        ExprKind::Unary { op: UnaryOp::Minus, of } => literal(of).map(|n| -n),
        ExprKind::Group(of) => literal(of),
        _ => None,
    }
}

fn mask(op: BinaryOp) -> Option<i32> {
    match op {
        BinaryOp::Less => Some(LESS),
        BinaryOp::LessEqual => Some(LESS | EQUAL),
        BinaryOp::Greater => Some(GREATER),
        BinaryOp::GreaterEqual => Some(GREATER | EQUAL),
        _ => None,
    }
}

fn instruction(op: BinaryOp) -> I<'static> {
    match op {
        BinaryOp::Less => I::I64LtS,
        BinaryOp::LessEqual => I::I64LeS,
        BinaryOp::Greater => I::I64GtS,
        _ => I::I64GeS,
    }
}
