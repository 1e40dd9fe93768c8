//! Functions that modules carry along: what the host has no import for, and the quick way where it has one.
//!
//! In: values on the stack. Out: [`Body`]s, of those that a program uses. Never here: a trap; a division looks first.
//!
//! A value is an i64 as `docs/ABI.md` has it. Two ints of 48 bits are worked on here; everything else is the host's. Of
//! two operands the first error goes on.

use wasm_encoder::{Ieee64, Instruction as I, ValType};
use waspect_abi::{Code, FALSE, Kind, NAN, NONE, TAG_ERROR, TAG_INT, TRUE};

use super::body::Body;
use super::module::Module;
use super::text;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Helper {
    /// An i64 as an int value.
    Int,
    /// A length or another status: the number, or the error below zero.
    Status,
    /// The answer of a question: a bool, or the error below zero.
    Answer,
    Add,
    Subtract,
    Multiply,
    FloorDivide,
    Minus,
    Not,
    /// Two values and a sum of [`LESS`], [`EQUAL`] and [`GREATER`]: whether it is one of them.
    Compare,
    Equal,
    /// A value for an aggregation; NaN if it is no number.
    Number,
    /// A value's truth; an error is false.
    Truth,
    Slice,
    StartsWith,
    EndsWith,
    Contains,
    /// `in`, of containers and of text.
    In,
    KindName,
    /// `str_hash` of text; of anything else `KIND`.
    Hash,
    Show,
    /// Text of memory behind what is in the buffer; gives where it ends.
    PutText,
    /// A value as a person reads it behind what is in the buffer; gives where it ends.
    PutValue,
}

pub(super) const LESS: i32 = 1;
pub(super) const EQUAL: i32 = 2;
pub(super) const GREATER: i32 = 4;

const V: ValType = ValType::I64;
const I32: ValType = ValType::I32;
const INT: i64 = (TAG_INT << 48) as i64;
const PAYLOAD: i64 = (1 << 48) - 1;
/// No int of Python's that an `int` import gives by itself: the default that says "no int".
const NO_INT: i64 = i64::MIN;

impl Helper {
    pub(super) fn signature(self) -> (&'static [ValType], &'static [ValType]) {
        match self {
            Self::Int | Self::Minus | Self::Not | Self::KindName | Self::Hash | Self::Show => (&[V], &[V]),
            Self::Status | Self::Answer => (&[I32], &[V]),
            Self::Add | Self::Subtract | Self::Multiply | Self::FloorDivide | Self::Equal => (&[V, V], &[V]),
            Self::StartsWith | Self::EndsWith | Self::Contains | Self::In => (&[V, V], &[V]),
            Self::Compare => (&[V, V, I32], &[V]),
            Self::Number => (&[V], &[ValType::F64]),
            Self::Truth => (&[V], &[I32]),
            Self::Slice => (&[V, V, V], &[V]),
            Self::PutText => (&[I32, I32, I32], &[I32]),
            Self::PutValue => (&[I32, V], &[I32]),
        }
    }

    /// Whether the module needs its memory because of it.
    pub(super) fn takes_memory(self) -> bool {
        matches!(self, Self::Contains | Self::Show | Self::PutText | Self::PutValue)
    }

    pub(super) fn body(self, module: &mut Module) -> Body {
        let mut body = Body::new(self.signature().0.len());
        let b = &mut body;
        match self {
            Self::Int => int(b, module),
            Self::Status => status(b, |b| b.extend([I::LocalGet(0), I::I64ExtendI32U, I::I64Const(INT), I::I64Or])),
            Self::Answer => status(b, |b| {
                b.extend([I::LocalGet(0), I::I32Const(0), I::I32Ne, I::I64ExtendI32U, constant(FALSE), I::I64Or]);
            }),
            Self::Add => arithmetic(b, module, "add", I::I64Add, 47),
            Self::Subtract => arithmetic(b, module, "sub", I::I64Sub, 47),
            Self::Multiply => arithmetic(b, module, "mul", I::I64Mul, 30),
            Self::FloorDivide => floor_divide(b, module),
            Self::Minus => minus(b, module),
            Self::Not => not(b, module),
            Self::Compare => compare(b, module),
            Self::Equal => equal(b, module),
            Self::Number => number(b, module),
            Self::Truth => truth(b, module),
            Self::Slice => slice(b, module),
            Self::StartsWith => text::edge(b, module, true),
            Self::EndsWith => text::edge(b, module, false),
            Self::Contains => text::contains(b, module),
            Self::In => text::within(b, module),
            Self::KindName => text::kind_name(b, module),
            Self::Hash => text::hash(b, module),
            Self::Show => text::show(b, module),
            Self::PutText => text::put_text(b),
            Self::PutValue => text::put_value(b, module),
        }
        body
    }
}

/// A value as a constant.
pub(super) fn constant(value: u64) -> I<'static> {
    I::I64Const(value.cast_signed())
}

/// Whether a local is an error; leaves an i32.
fn is_error(b: &mut Body, local: u32) {
    has_tag(b, local, TAG_ERROR);
}

fn has_tag(b: &mut Body, local: u32, tag: u64) {
    b.extend([I::LocalGet(local), I::I64Const(48), I::I64ShrU, constant(tag), I::I64Eq]);
}

/// Ends the function with the local if that is an error.
pub(super) fn pass_error(b: &mut Body, local: u32) {
    is_error(b, local);
    b.open_if(None);
    b.extend([I::LocalGet(local), I::Return]);
    b.close();
}

/// Whether locals 0 and 1 are both ints of 48 bits: neither has a bit that is not theirs.
fn are_small_ints(b: &mut Body) {
    b.extend([I::LocalGet(0), I::I64Const(INT), I::I64Xor, I::LocalGet(1), I::I64Const(INT), I::I64Xor, I::I64Or]);
    b.extend([I::I64Const(PAYLOAD), I::I64LeU]);
}

/// The number of a small int.
fn payload(b: &mut Body, local: u32) {
    b.extend([I::LocalGet(local), I::I64Const(16), I::I64Shl, I::I64Const(16), I::I64ShrS]);
}

fn int(b: &mut Body, module: &mut Module) {
    payload(b, 0);
    b.extend([I::LocalGet(0), I::I64Eq]);
    b.open_if(Some(V));
    b.extend([I::LocalGet(0), I::I64Const(PAYLOAD), I::I64And, I::I64Const(INT), I::I64Or]);
    b.open_else();
    b.extend([I::LocalGet(0), module.import("probe1", "int_new")]);
    b.close();
}

fn status(b: &mut Body, fine: impl FnOnce(&mut Body)) {
    b.extend([I::LocalGet(0), I::I32Const(0), I::I32LtS]);
    b.open_if(Some(V));
    b.extend([I::I32Const(0), I::LocalGet(0), I::I32Sub, I::I64ExtendI32U, constant(TAG_ERROR << 48), I::I64Or]);
    b.open_else();
    fine(b);
    b.close();
}

/// Two ints of at most `bits` bits are worked on here, everything else by the host.
fn arithmetic(b: &mut Body, module: &mut Module, import: &str, instruction: I<'static>, bits: i64) {
    let (x, y) = (b.local(V), b.local(V));
    are_small_ints(b);
    b.open_if(None);
    payload(b, 0);
    b.push(I::LocalSet(x));
    payload(b, 1);
    b.push(I::LocalSet(y));
    let fit = |b: &mut Body, local| {
        b.extend([I::LocalGet(local), I::I64Const(1 << (bits - 1)), I::I64Add, I::I64Const(1 << bits), I::I64LtU]);
    };
    fit(b, x);
    fit(b, y);
    b.push(I::I32And);
    b.open_if(None);
    b.extend([I::LocalGet(x), I::LocalGet(y), instruction, module.helper(Helper::Int), I::Return]);
    b.close();
    b.close();
    b.extend([I::LocalGet(0), I::LocalGet(1), module.import("probe1", import)]);
}

/// Ints exactly, floats as CPython does it: by the remainder.
fn floor_divide(b: &mut Body, module: &mut Module) {
    let (x, y, q, rest) = (b.local(V), b.local(V), b.local(V), b.local(V));
    pass_error(b, 0);
    pass_error(b, 1);
    // Of the operands' faults the host knows the code, and that a divisor is zero.
    b.extend([I::LocalGet(0), I::LocalGet(1), module.import("probe1", "mod"), I::LocalSet(rest)]);
    pass_error(b, rest);
    are_ints(b, module);
    b.open_if(None);
    for (from, to) in [(0, x), (1, y)] {
        b.extend([I::LocalGet(from), I::I64Const(0), module.import("probe1", "int"), I::LocalSet(to)]);
    }
    // The one quotient that does not fit, and would trap.
    b.extend([I::LocalGet(y), I::I64Const(-1), I::I64Eq, I::LocalGet(x), I::I64Const(i64::MIN), I::I64Eq, I::I32And]);
    b.open_if(None);
    b.extend([constant(Code::Range.value()), I::Return]);
    b.close();
    b.extend([I::LocalGet(x), I::LocalGet(y), I::I64DivS, I::LocalTee(q)]);
    // One less where the rest is not zero and the signs differ.
    b.extend([I::LocalGet(q), I::LocalGet(y), I::I64Mul, I::LocalGet(x), I::I64Ne]);
    b.extend([I::LocalGet(x), I::LocalGet(y), I::I64Xor, I::I64Const(0), I::I64LtS, I::I32And, I::I64ExtendI32U]);
    b.extend([I::I64Sub, module.helper(Helper::Int), I::Return]);
    b.close();
    endless_divisor(b, module);
    let (quotient, whole) = (b.local(ValType::F64), b.local(ValType::F64));
    for value in [0, rest] {
        b.extend([I::LocalGet(value), I::F64Const(Ieee64::from(0.0)), module.import("probe1", "float")]);
    }
    b.push(I::F64Sub);
    b.extend([I::LocalGet(1), I::F64Const(Ieee64::from(0.0)), module.import("probe1", "float"), I::F64Div]);
    b.extend([I::LocalTee(quotient), I::F64Floor, I::LocalSet(whole)]);
    b.extend([I::LocalGet(whole), I::F64Const(Ieee64::from(1.0)), I::F64Add, I::LocalGet(whole)]);
    b.extend([
        I::LocalGet(quotient),
        I::LocalGet(whole),
        I::F64Sub,
        I::F64Const(Ieee64::from(0.5)),
        I::F64Gt,
        I::Select,
    ]);
    boxed_float(b);
}

/// Ends the function where the divisor is infinite: the quotient is 0, or -1 where the signs differ.
fn endless_divisor(b: &mut Body, module: &mut Module) {
    let (x, y) = (b.local(ValType::F64), b.local(ValType::F64));
    for (from, to) in [(0, x), (1, y)] {
        b.extend([
            I::LocalGet(from),
            I::F64Const(Ieee64::from(0.0)),
            module.import("probe1", "float"),
            I::LocalSet(to),
        ]);
    }
    b.extend([I::LocalGet(y), I::F64Abs, I::F64Const(Ieee64::from(f64::INFINITY)), I::F64Eq]);
    b.open_if(None);
    b.extend([constant((-1.0_f64).to_bits()), constant(0.0_f64.to_bits())]);
    // The product is 0 only where the dividend is, and then 0 is right.
    b.extend([I::LocalGet(x), I::LocalGet(y), I::F64Mul, I::F64Const(Ieee64::from(0.0)), I::F64Lt]);
    b.extend([I::Select, I::Return]);
    b.close();
}

/// Whether operands 0 and 1 are ints or bools of any size.
fn are_ints(b: &mut Body, module: &mut Module) {
    let kind = b.local(I32);
    for (nth, local) in [0, 1].into_iter().enumerate() {
        b.extend([I::LocalGet(local), module.import("probe1", "kind"), I::LocalTee(kind)]);
        b.extend([I::I32Const(Kind::Int as i32), I::I32Eq]);
        b.extend([I::LocalGet(kind), I::I32Const(Kind::Bool as i32), I::I32Eq, I::I32Or]);
        if nth == 1 {
            b.push(I::I32And);
        }
    }
}

/// The float on the stack as a value; there is one NaN.
fn boxed_float(b: &mut Body) {
    let float = b.local(ValType::F64);
    b.extend([I::LocalTee(float), I::I64ReinterpretF64, constant(NAN)]);
    b.extend([I::LocalGet(float), I::LocalGet(float), I::F64Eq, I::Select]);
}

fn minus(b: &mut Body, module: &mut Module) {
    has_tag(b, 0, TAG_INT);
    b.open_if(Some(V));
    b.push(I::I64Const(0));
    payload(b, 0);
    b.extend([I::I64Sub, module.helper(Helper::Int)]);
    b.open_else();
    b.extend([I::LocalGet(0), module.import("probe1", "neg")]);
    b.close();
}

fn not(b: &mut Body, module: &mut Module) {
    pass_error(b, 0);
    b.extend([I::LocalGet(0), module.helper(Helper::Truth), I::I32Eqz, I::I64ExtendI32U, constant(FALSE), I::I64Or]);
}

fn compare(b: &mut Body, module: &mut Module) {
    let order = b.local(I32);
    are_small_ints(b);
    b.open_if(None);
    let (x, y) = (b.local(V), b.local(V));
    payload(b, 0);
    b.push(I::LocalSet(x));
    payload(b, 1);
    b.push(I::LocalSet(y));
    b.extend([I::LocalGet(x), I::LocalGet(y), I::I64GtS, I::LocalGet(x), I::LocalGet(y), I::I64LtS, I::I32Sub]);
    b.push(I::LocalSet(order));
    b.open_else();
    // What is not there has the status -1, as "less" has: an error goes on before it is compared.
    pass_error(b, 0);
    pass_error(b, 1);
    b.extend([I::LocalGet(0), I::LocalGet(1), module.import("probe1", "cmp"), I::LocalTee(order)]);
    b.extend([I::I32Const(-1), I::I32LtS]);
    b.open_if(None);
    b.extend([I::LocalGet(order), module.helper(Helper::Status), I::Return]);
    b.close();
    b.close();
    // -1, 0 and 1 are bits 0, 1 and 2; what has no order is 2, bit 3, which no mask has.
    b.extend([I::LocalGet(2), I::LocalGet(order), I::I32Const(1), I::I32Add, I::I32ShrU, I::I32Const(1), I::I32And]);
    b.extend([I::I64ExtendI32U, constant(FALSE), I::I64Or]);
}

fn equal(b: &mut Body, module: &mut Module) {
    are_small_ints(b);
    b.open_if(Some(V));
    b.extend([I::LocalGet(0), I::LocalGet(1), I::I64Eq, I::I64ExtendI32U, constant(FALSE), I::I64Or]);
    b.open_else();
    pass_error(b, 0);
    pass_error(b, 1);
    b.extend([I::LocalGet(0), I::LocalGet(1), module.import("probe1", "eq"), module.helper(Helper::Answer)]);
    b.close();
}

fn number(b: &mut Body, module: &mut Module) {
    has_tag(b, 0, TAG_INT);
    b.open_if(Some(ValType::F64));
    payload(b, 0);
    b.push(I::F64ConvertI64S);
    b.open_else();
    b.extend([I::LocalGet(0), I::F64Const(Ieee64::from(f64::NAN)), module.import("probe1", "float")]);
    b.close();
}

fn truth(b: &mut Body, module: &mut Module) {
    b.extend([I::LocalGet(0), I::I64Const(1), I::I64Or, constant(TRUE), I::I64Eq]);
    b.open_if(Some(I32));
    b.extend([I::LocalGet(0), constant(TRUE), I::I64Eq]);
    b.open_else();
    b.extend([I::LocalGet(0), module.import("probe1", "truthy"), I::I32Const(1), I::I32Eq]);
    b.close();
}

/// `v[from:to]`, where a bound may be None.
fn slice(b: &mut Body, module: &mut Module) {
    let bound = b.local(V);
    pass_error(b, 0);
    b.push(I::LocalGet(0));
    for (local, default) in [(1, 0), (2, i32::MAX)] {
        pass_error(b, local);
        b.extend([I::LocalGet(local), constant(NONE), I::I64Eq]);
        b.open_if(Some(I32));
        b.push(I::I32Const(default));
        b.open_else();
        b.extend([I::LocalGet(local), I::I64Const(NO_INT), module.import("probe1", "int"), I::LocalTee(bound)]);
        b.extend([I::I64Const(NO_INT), I::I64Eq]);
        b.open_if(None);
        b.extend([constant(Code::Kind.value()), I::Return]);
        b.close();
        clamp(b, bound);
        b.close();
    }
    b.push(module.import("probe1", "slice"));
}

/// An i64 as an i32; beyond 32 bits it is the nearest that there is.
fn clamp(b: &mut Body, local: u32) {
    for (end, beyond) in [(i32::MAX, I::I64GtS), (i32::MIN, I::I64LtS)] {
        b.extend([I::I64Const(i64::from(end)), I::LocalGet(local), I::LocalGet(local)]);
        b.extend([I::I64Const(i64::from(end)), beyond, I::Select, I::LocalSet(local)]);
    }
    b.extend([I::LocalGet(local), I::I32WrapI64]);
}
