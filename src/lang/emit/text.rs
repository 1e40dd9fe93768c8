//! Helpers of text: questions about it, what it is made of, and what a log line is put together from.
//!
//! In: values on the stack. Out: bodies for [`Helper`]. Never here: text that outlives the firing.

use wasm_encoder::{Instruction as I, ValType};
use waspect_abi::{Code, FALSE, Kind, TAG_HANDLE};

use super::body::Body;
use super::helpers::{Helper, constant, pass_error};
use super::module::{BUFFER_END, Module, SHOWN, SHOWN_END};

const I32: ValType = ValType::I32;
/// What the top of a value says of text.
const TEXT: u64 = TAG_HANDLE << 8 | Kind::Str as u64;
/// The ABI's way to test text: whether it contains some.
const CONTAINS: i32 = 2;

/// Ends the function unless the operands are text.
fn only_text(b: &mut Body, operands: std::ops::Range<u32>) {
    operands.clone().for_each(|local| pass_error(b, local));
    for local in operands {
        b.extend([I::LocalGet(local), I::I64Const(40), I::I64ShrU]);
        b.extend([constant(TEXT), I::I64Ne]);
        b.open_if(None);
        b.extend([constant(Code::Kind.value()), I::Return]);
        b.close();
    }
}

pub(super) fn hash(b: &mut Body, module: &mut Module) {
    only_text(b, 0..1);
    b.extend([I::LocalGet(0), module.import("probe1", "str_hash"), module.helper(Helper::Int)]);
}

/// Whether text 0 begins, or ends, with text 1: whether the part of that length is equal.
pub(super) fn edge(b: &mut Body, module: &mut Module, at_start: bool) {
    let (whole, part) = (b.local(I32), b.local(I32));
    only_text(b, 0..2);
    for (local, to) in [(0, whole), (1, part)] {
        b.extend([I::LocalGet(local), module.import("probe1", "len"), I::LocalTee(to), I::I32Const(0), I::I32LtS]);
        b.open_if(None);
        b.extend([I::LocalGet(to), module.helper(Helper::Status), I::Return]);
        b.close();
    }
    b.extend([I::LocalGet(part), I::LocalGet(whole), I::I32GtS]);
    b.open_if(None);
    b.extend([constant(FALSE), I::Return]);
    b.close();
    b.push(I::LocalGet(0));
    if at_start {
        b.extend([I::I32Const(0), I::LocalGet(part)]);
    } else {
        b.extend([I::LocalGet(whole), I::LocalGet(part), I::I32Sub, I::I32Const(i32::MAX)]);
    }
    b.extend([module.import("probe1", "slice"), I::LocalGet(1), module.helper(Helper::Equal)]);
}

/// Has an import write a value into memory. How long it is goes to `size`; of what cannot be written, the error is the result.
fn write(b: &mut Body, module: &mut Module, import: &'static str, value: u32, size: u32) {
    let room = SHOWN_END - SHOWN;
    b.extend([I::LocalGet(value), I::I32Const(SHOWN.cast_signed()), I::I32Const(room.cast_signed())]);
    b.extend([module.import("probe1", import), I::LocalTee(size), I::I32Const(0), I::I32LtS]);
    b.open_if(None);
    b.extend([I::LocalGet(size), module.helper(Helper::Status), I::Return]);
    b.close();
}

/// Whether text 0 has text 1 in it, which is put into memory to be looked for.
pub(super) fn contains(b: &mut Body, module: &mut Module) {
    let (room, size) = (SHOWN_END - SHOWN, b.local(I32));
    only_text(b, 0..2);
    write(b, module, "str", 1, size);
    b.extend([I::LocalGet(size), I::I32Const(room.cast_signed()), I::I32GtS]);
    b.open_if(None);
    b.extend([constant(Code::Limit.value()), I::Return]);
    b.close();
    b.extend([I::LocalGet(0), I::I32Const(SHOWN.cast_signed()), I::LocalGet(size), I::I32Const(CONTAINS)]);
    b.extend([module.import("probe1", "str_test"), module.helper(Helper::Answer)]);
}

/// Whether 0 is an item of container 1, or a part of text 1.
pub(super) fn within(b: &mut Body, module: &mut Module) {
    operands_are_text(b);
    b.open_if(Some(ValType::I64));
    b.extend([I::LocalGet(1), I::LocalGet(0), module.helper(Helper::Contains)]);
    b.open_else();
    b.extend([I::LocalGet(0), I::LocalGet(1), module.import("probe1", "in"), module.helper(Helper::Answer)]);
    b.close();
}

fn operands_are_text(b: &mut Body) {
    for local in 0..2 {
        b.extend([I::LocalGet(local), I::I64Const(40), I::I64ShrU, constant(TEXT), I::I64Eq]);
    }
    b.push(I::I32And);
}

/// A chain of comparisons: rarely used, and then mostly with few kinds that come first.
pub(super) fn kind_name(b: &mut Body, module: &mut Module) {
    let kind = b.local(I32);
    b.extend([I::LocalGet(0), module.import("probe1", "kind"), I::LocalSet(kind)]);
    for known in Kind::ALL {
        b.extend([I::LocalGet(kind), I::I32Const(i32::from(*known as u8)), I::I32Eq]);
        b.open_if(None);
        b.extend([module.import("probe1.str", known.name()), I::Return]);
        b.close();
    }
    b.push(module.import("probe1.str", Kind::Object.name()));
}

pub(super) fn show(b: &mut Body, module: &mut Module) {
    let (room, size) = (SHOWN_END - SHOWN, b.local(I32));
    pass_error(b, 0);
    write(b, module, "show", 0, size);
    b.extend([I::I32Const(SHOWN.cast_signed()), I::LocalGet(size), I::I32Const(room.cast_signed())]);
    b.extend([I::LocalGet(size), I::I32Const(room.cast_signed()), I::I32LtS, I::Select]);
    b.push(module.import("probe1", "str_new"));
}

/// At, where the text is, how long it is: copied as far as there is room.
pub(super) fn put_text(b: &mut Body) {
    let room = b.local(I32);
    b.extend([I::I32Const(BUFFER_END.cast_signed()), I::LocalGet(0), I::I32Sub, I::LocalTee(room)]);
    b.extend([I::LocalGet(2), I::LocalGet(room), I::LocalGet(2), I::I32LtS, I::Select, I::LocalSet(2)]);
    b.extend([I::LocalGet(0), I::LocalGet(1), I::LocalGet(2), I::MemoryCopy { src_mem: 0, dst_mem: 0 }]);
    b.extend([I::LocalGet(0), I::LocalGet(2), I::I32Add]);
}

/// Text as it is, everything else as the host describes it.
pub(super) fn put_value(b: &mut Body, module: &mut Module) {
    let (room, size) = (b.local(I32), b.local(I32));
    b.extend([I::I32Const(BUFFER_END.cast_signed()), I::LocalGet(0), I::I32Sub, I::LocalSet(room)]);
    b.extend([I::LocalGet(1), I::I64Const(40), I::I64ShrU, constant(TEXT), I::I64Eq]);
    b.open_if(Some(I32));
    b.extend([I::LocalGet(1), I::LocalGet(0), I::LocalGet(room), module.import("probe1", "str")]);
    b.open_else();
    b.extend([I::LocalGet(1), I::LocalGet(0), I::LocalGet(room), module.import("probe1", "show")]);
    b.close();
    // Neither an error's code nor more than was written.
    b.extend([
        I::LocalTee(size),
        I::I32Const(0),
        I::LocalGet(size),
        I::I32Const(0),
        I::I32GtS,
        I::Select,
        I::LocalTee(size),
    ]);
    b.extend([
        I::LocalGet(room),
        I::LocalGet(size),
        I::LocalGet(room),
        I::I32LtS,
        I::Select,
        I::LocalGet(0),
        I::I32Add,
    ]);
}
