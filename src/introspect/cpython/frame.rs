//! The running frame: arguments, locals, free variables, globals and line, as they are now.
//!
//! In: the thread's current frame. Out: borrowed objects. Never here: a frame object, `locals()`, a changed slot.

use std::ptr::NonNull;

use pyo3::prelude::*;
use pyo3::{ffi, types::PyFrame};
use waspect_abi::Code;

use super::children::{items, named, pairs};
use super::dict::Table;
use super::item::at;
use super::layout::{
    CODE_UNITS, CodeHead, FAST_CELL, FAST_FREE, FAST_HIDDEN, FIRST_TRACEABLE, GENERATOR_FRAME, GENERATOR_STATE,
    InterpreterFrame, OWNED_BY_CSTACK, OWNED_BY_GENERATOR, bytes, class_of, part, pointer_at, running, running_place,
    tuple,
};
use super::name::known;
use super::scalar::{self, same_text};
use super::{Name, Obj};
use crate::introspect::{Child, Spot, Walk, Whole};

/// A generator's state while it is suspended: 3.13, for an `await` or `yield from`; before, for that or a `yield`.
const AWAITS: i8 = -1;
/// What a `RESUME` behind `yield from` has for its argument; behind `await` one more.
const RESUME_AFTER_YIELD_FROM: u16 = 2;
/// Frames of C code above the first Python frame are looked past, but only so many.
const SHIMS_MAX: usize = 8;

/// The frame in which the hook's opcode executes: a function's, a generator's or a module's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame(NonNull<InterpreterFrame>);

/// The innermost Python frame of this thread. Needs the GIL.
#[inline]
pub fn current_frame() -> Option<Frame> {
    // SAFETY: the GIL is held, so the calling thread has a state.
    let mut frame = NonNull::new(unsafe { running(ffi::PyThreadState_Get()) })?;
    for _ in 0..SHIMS_MAX {
        // SAFETY: a frame of the running thread's chain.
        let (owner, previous) = unsafe { ((*frame.as_ptr()).owner, (*frame.as_ptr()).previous) };
        if owner != OWNED_BY_CSTACK || cfg!(not(Py_3_12)) {
            return Some(Frame(frame)).filter(|frame| class_of_code(*frame));
        }
        frame = NonNull::new(previous)?;
    }
    None
}

/// Does something as if the calling thread ran a frame object's frame: one of another call, of another thread, one that
/// has ended. Needs the GIL; nothing of it may run Python code.
pub fn within(frame: &Bound<'_, PyFrame>, f: impl FnOnce()) {
    struct Back(*mut *mut InterpreterFrame, *mut InterpreterFrame);
    impl Drop for Back {
        fn drop(&mut self) {
            // SAFETY: the calling thread's, whose frame is what it was before.
            unsafe { self.0.write(self.1) };
        }
    }
    // SAFETY: the GIL is held; a frame object has a frame while it lives, and the caller keeps it alive.
    let _back = unsafe {
        let place = running_place(ffi::PyThreadState_Get());
        let back = Back(place, place.read());
        place.write(frame.as_ptr().byte_offset(FRAME).cast::<*mut InterpreterFrame>().read());
        back
    };
    f();
}

/// Where a frame object has its frame.
const FRAME: isize = 24;

fn class_of_code(frame: Frame) -> bool {
    part(frame.get().code).is_some_and(|code| class_of(code).is(&raw const ffi::PyCode_Type))
}

impl Frame {
    /// Whether a frame object, if it is one, is this frame's.
    pub(super) fn is_of(&self, frame_object: Obj) -> bool {
        // SAFETY: a frame object keeps a pointer to what it stands for.
        class_of(frame_object).is(&raw const ffi::PyFrame_Type)
            && unsafe { pointer_at(frame_object, FRAME) }.cast() == self.0.as_ptr()
    }

    #[inline]
    fn get(&self) -> &InterpreterFrame {
        // SAFETY: the frame runs until the hook returns.
        unsafe { self.0.as_ref() }
    }

    /// The frame that called this one: C code's own frames, and those that have not begun, passed over.
    pub(super) fn previous(&self) -> Option<Self> {
        let mut below = NonNull::new(self.get().previous);
        for _ in 0..SHIMS_MAX {
            let frame = Self(below?);
            let shim = frame.get().owner == OWNED_BY_CSTACK && cfg!(Py_3_12);
            if !shim && class_of_code(frame) && frame.has_begun() {
                return Some(frame);
            }
            below = NonNull::new(frame.get().previous);
        }
        None
    }

    /// Whether its first instruction that counts was reached: before that, Python shows no frame either.
    fn has_begun(&self) -> bool {
        // SAFETY: a live code object keeps an int there.
        let first = unsafe { self.get().code.cast::<u8>().add(FIRST_TRACEABLE).cast::<i32>().read() };
        self.get().owner == OWNED_BY_GENERATOR || self.offset() >= isize::try_from(first).unwrap_or(0) * 2
    }

    /// Bytes into its code where it stands; below zero before the first instruction.
    fn offset(&self) -> isize {
        let first = self.get().code.cast::<u8>().wrapping_add(CODE_UNITS);
        self.get().instruction.addr().wrapping_sub(first.addr()).cast_signed()
    }

    /// The generator or coroutine that the frame lies in.
    pub(super) fn generator(&self) -> Option<Obj> {
        let generator = self.0.as_ptr().wrapping_byte_sub(GENERATOR_FRAME).cast::<ffi::PyObject>();
        (self.get().owner == OWNED_BY_GENERATOR).then(|| part(generator))?
    }

    /// Where the frame of a generator or coroutine lies; it may have run to its end.
    pub(super) fn inside(generator: Obj) -> Option<Self> {
        let class = class_of(generator);
        let kinds = [&raw const ffi::PyCoro_Type, &raw const ffi::PyGen_Type, &raw const ffi::PyAsyncGen_Type];
        let frame = NonNull::new(generator.as_ptr().wrapping_byte_add(GENERATOR_FRAME))?;
        kinds.iter().any(|kind| class.is(*kind)).then_some(Self(frame.cast()))
    }

    /// The frame of a generator or coroutine that is suspended.
    pub(super) fn suspended(generator: Obj) -> Option<Self> {
        let frame = Self::inside(generator)?;
        let state = state(generator);
        (state == AWAITS || cfg!(Py_3_13) && state == AWAITS - 1).then_some(frame).filter(|frame| class_of_code(*frame))
    }

    /// What a suspended frame awaits or delegates to: the top of its value stack, if it is suspended for that.
    pub(super) fn awaited(&self) -> Option<Obj> {
        let top = usize::try_from(self.get().stacktop).ok()?.checked_sub(1)?;
        if top < count(self.code().nlocalsplus) || !self.awaits()? {
            return None;
        }
        // SAFETY: a suspended frame has so many values.
        part(unsafe { (&raw const (*self.0.as_ptr()).localsplus).cast::<*mut ffi::PyObject>().add(top).read() })
    }

    /// 3.13 has a state for it; before, the instruction it goes on with tells.
    fn awaits(&self) -> Option<bool> {
        if cfg!(Py_3_13) {
            return Some(state(self.generator()?) == AWAITS);
        }
        // SAFETY: behind the instruction that suspended a frame there is the one that resumes it.
        let resume = unsafe { self.get().instruction.add(1).read() };
        Some(resume >> 8 & 3 >= RESUME_AFTER_YIELD_FROM)
    }

    #[inline]
    fn code(&self) -> &CodeHead {
        // SAFETY: a live code object, checked in `current_frame`.
        unsafe { &*self.get().code.cast::<CodeHead>() }
    }

    /// The code object; what the frame runs.
    pub fn code_object(&self) -> Option<Obj> {
        part(self.get().code)
    }

    /// What place `i` holds, cells seen through. A cell variable's place holds a cell from before RESUME on.
    #[inline]
    fn place(&self, i: usize) -> Option<Obj> {
        if i >= usize::try_from(self.code().nlocalsplus).unwrap_or(0) {
            return None;
        }
        // SAFETY: `i` is below the number of places.
        let held =
            part(unsafe { (&raw const (*self.0.as_ptr()).localsplus).cast::<*mut ffi::PyObject>().add(i).read() })?;
        if !class_of(held).is(&raw const ffi::PyCell_Type) || self.kind(i) & (FAST_CELL | FAST_FREE) == 0 {
            return Some(held);
        }
        // SAFETY: a live cell.
        part(unsafe { (*held.as_ptr().cast::<ffi::PyCellObject>()).ob_ref })
    }

    fn kind(&self, i: usize) -> u8 {
        part(self.code().localspluskinds).and_then(|kinds| bytes(kinds).get(i).copied()).unwrap_or(0)
    }

    fn names(&self) -> &'static [Option<Obj>] {
        part(self.code().localsplusnames).map_or(&[], tuple)
    }

    fn has(&self, flag: i32) -> bool {
        self.code().flags & flag != 0
    }

    /// Places of `*rest` and `**kwargs` come after those of all named parameters.
    fn rest_place(&self) -> usize {
        count(self.code().argcount) + count(self.code().kwonlyargcount)
    }

    /// The elements of `*rest`, unless the function bound it to something else.
    fn rest(&self) -> &'static [Option<Obj>] {
        let rest = self.has(ffi::CO_VARARGS).then(|| self.place(self.rest_place())).flatten();
        rest.filter(|rest| class_of(*rest).is(&raw const ffi::PyTuple_Type)).map_or(&[], tuple)
    }

    fn kwargs(&self) -> Option<Obj> {
        let place = self.rest_place() + usize::from(self.has(ffi::CO_VARARGS));
        let kwargs = self.has(ffi::CO_VARKEYWORDS).then(|| self.place(place))??;
        is_dict(kwargs).then_some(kwargs)
    }

    /// Names of a module's or class's body, which are not in places.
    fn namespace(&self) -> Option<Obj> {
        let locals = part(self.get().locals).filter(|_| !self.has(ffi::CO_OPTIMIZED))?;
        is_dict(locals).then_some(locals)
    }

    fn globals(&self) -> Option<Obj> {
        part(self.get().globals).filter(|globals| is_dict(*globals))
    }
}

/// Of a generator or coroutine.
fn state(generator: Obj) -> i8 {
    // SAFETY: a live one has its state there; all three kinds begin alike.
    unsafe { generator.as_ptr().cast::<u8>().add(GENERATOR_STATE).cast::<i8>().read() }
}

fn count(n: i32) -> usize {
    usize::try_from(n).unwrap_or(0)
}

fn is_dict(o: Obj) -> bool {
    class_of(o).has(ffi::Py_TPFLAGS_DICT_SUBCLASS)
}

#[inline]
pub(super) fn arg(f: Frame, i: i32) -> Result<Obj, Code> {
    let positional = f.code().argcount;
    if (0..positional).contains(&i) {
        return f.place(count(i)).ok_or(Code::Absent);
    }
    let rest = f.rest();
    let i = if i < 0 { i64::from(i) + i64::from(arg_count(f)) } else { i64::from(i) };
    match i - i64::from(positional) {
        beyond @ 0.. => at(rest, beyond),
        _ if i < 0 => Err(Code::Absent),
        _ => usize::try_from(i).ok().and_then(|i| f.place(i)).ok_or(Code::Absent),
    }
}

/// The name of a positional parameter; behind them, that of `*rest`.
#[inline(never)]
pub(super) fn arg_name(f: Frame, i: i32) -> Option<Obj> {
    let i = if i < 0 { i.checked_add(arg_count(f))? } else { i };
    let place = if i < f.code().argcount { usize::try_from(i).ok()? } else { f.rest_place() };
    if i >= f.code().argcount && !f.has(ffi::CO_VARARGS) {
        return None;
    }
    *f.names().get(place)?
}

pub(super) fn arg_count(f: Frame) -> i32 {
    f.code().argcount.saturating_add(i32::try_from(f.rest().len()).unwrap_or(i32::MAX))
}

pub(super) fn local(f: Frame, name: &Name) -> Result<Obj, Code> {
    if let Some(value) = named_place(f, name, 0).and_then(|i| f.place(i)) {
        return Ok(value);
    }
    in_dict(f.namespace(), name)
}

pub(super) fn closure(f: Frame, name: &Name) -> Result<Obj, Code> {
    named_place(f, name, FAST_FREE).and_then(|i| f.place(i)).ok_or(Code::Absent)
}

pub(super) fn global(f: Frame, name: &Name) -> Result<Obj, Code> {
    in_dict(f.globals(), name)
}

fn in_dict(dict: Option<Obj>, name: &Name) -> Result<Obj, Code> {
    dict.and_then(Table::of_dict).ok_or(Code::Absent)?.get(name)?.ok_or(Code::Absent)
}

/// The place of that name: where it was last time, else by identity (both are interned), else by content.
fn named_place(f: Frame, name: &Name, kind: u8) -> Option<usize> {
    let names = f.names();
    let wanted = |i: usize| f.kind(i) & kind == kind && f.kind(i) & FAST_HIDDEN == 0;
    let hint = name.hint() as usize;
    if names.get(hint) == Some(&Some(name.key())) && wanted(hint) {
        return Some(hint);
    }
    let same = |i: &usize| names[*i].is_some_and(|n| same_text(n, name.key()));
    let identical = |i: &usize| names[*i] == Some(name.key());
    let of_kind = || (0..names.len()).filter(|i| wanted(*i));
    let place = of_kind().find(identical).or_else(|| of_kind().find(same))?;
    name.set_hint(place);
    Some(place)
}

pub(super) fn whole(f: Frame, which: Whole, visit: &mut dyn FnMut(Child<'_, Obj>) -> Walk) {
    match which {
        Whole::Args => args(f, visit),
        Whole::Kwargs => f.kwargs().into_iter().for_each(|dict| named_pairs(dict, visit)),
        Whole::Globals => f.globals().into_iter().for_each(|dict| named_pairs(dict, visit)),
        Whole::Locals => locals(f, visit),
    }
}

fn args(f: Frame, visit: &mut dyn FnMut(Child<'_, Obj>) -> Walk) {
    for i in 0..count(f.code().argcount) {
        if f.place(i).is_some_and(|value| visit(Child::Item(value)) == Walk::Stop) {
            return;
        }
    }
    items(f.rest(), visit);
}

fn locals(f: Frame, visit: &mut dyn FnMut(Child<'_, Obj>) -> Walk) {
    for (i, name) in f.names().iter().enumerate() {
        let (Some(name), Some(value)) = (name, f.place(i)) else { continue };
        if f.kind(i) & FAST_HIDDEN == 0 && named(*name, value, visit) == Walk::Stop {
            return;
        }
    }
    f.namespace().into_iter().for_each(|dict| named_pairs(dict, visit));
}

/// Str keys as names, other keys as they are.
fn named_pairs(dict: Obj, visit: &mut dyn FnMut(Child<'_, Obj>) -> Walk) {
    pairs(dict, &mut |child| match child {
        Child::Pair(key, value) if class_of(key).is(&raw const ffi::PyUnicode_Type) => named(key, value, visit),
        other => visit(other),
    });
}

pub(super) fn line(f: Frame) -> i32 {
    i32::try_from(f.offset()).ok().filter(|offset| *offset >= 0).map_or(first_line(f), |offset| line_at(f, offset))
}

pub(super) fn first_line(f: Frame) -> i32 {
    f.code().firstlineno
}

/// The line of the instruction so many bytes into the code.
pub(super) fn line_at(f: Frame, offset: i32) -> i32 {
    // SAFETY: a live code object; an offset outside its code has no line.
    unsafe { ffi::PyCode_Addr2Line(f.get().code.cast(), offset) }
}

/// Bytes of the line table.
pub(super) fn line_bytes(f: Frame) -> usize {
    part(f.code().linetable)
        .filter(|table| class_of(*table).is(&raw const ffi::PyBytes_Type))
        .map_or(0, |t| bytes(t).len())
}

pub(super) fn spot(f: Frame, what: Spot, max: usize, out: &mut Vec<u8>) -> bool {
    let text = match what {
        Spot::Module => global(f, &known().name).ok(),
        Spot::Qualname => part(f.code().qualname),
        Spot::File => part(f.code().filename),
    };
    text.filter(|text| class_of(*text).is(&raw const ffi::PyUnicode_Type))
        .is_none_or(|text| scalar::text(text, max, out))
}
