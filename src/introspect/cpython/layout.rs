//! Where CPython keeps things: the private layouts of the version this extension is built for.
//!
//! In: live objects. Out: their parts. Never here: a decision about what a part means.
//!
//! From the headers `longintrepr.h unicodeobject.h object.h code.h pystate.h pycore_frame.h pycore_dict.h` of each version,
//! x86-64, no `Py_TRACE_REFS`; `check` compares each with a running interpreter before anything relies on it.

use std::ffi::c_ulong;
use std::mem::offset_of;
use std::ptr::NonNull;

#[cfg(not(Py_3_12))]
use pyo3::ffi::PyVarObject;
use pyo3::ffi::{self, PyObject, PyTypeObject};

pub(super) use super::thread::{
    CODE_UNITS, CodeHead, FAST_CELL, FAST_FREE, FAST_HIDDEN, FIRST_TRACEABLE, GENERATOR_FRAME, GENERATOR_STATE,
    InterpreterFrame, OWNED_BY_CSTACK, OWNED_BY_GENERATOR, capsuled, running, running_context, running_place, weakly,
};
use super::{Obj, steps};

#[cfg(not(Py_3_11))]
compile_error!("expected CPython 3.11 or newer");
#[cfg(Py_3_14)]
compile_error!("layouts of CPython 3.14 and newer are not known here");

/// A pointer read out of a live object: null, or as live as its owner.
#[inline]
pub(super) fn part(p: *mut PyObject) -> Option<Obj> {
    NonNull::new(p).map(Obj)
}

/// A number that a dict has from one change to the next, and no dict has twice.
///
/// # Safety
/// `dict` is a live dict.
#[inline]
pub(super) unsafe fn dict_version(dict: Obj) -> usize {
    // SAFETY: it stands behind the head and the number of entries; one word here as there.
    unsafe { dict.as_ptr().add(1).cast::<usize>().add(1).read() }
}

// --- types

/// A live class.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Class(NonNull<PyTypeObject>);

/// Instances keep their first attributes inside themselves (3.13).
#[cfg(Py_3_13)]
pub(super) const INLINE_VALUES: c_ulong = 1 << 2;
/// Types whose dict each interpreter keeps for itself (3.12+).
#[cfg(Py_3_12)]
const STATIC_BUILTIN: c_ulong = 1 << 1;

#[inline]
pub(super) fn class_of(o: Obj) -> Class {
    // SAFETY: `o` is live; a live object's type is live and never null.
    unsafe { Class(NonNull::new_unchecked((*o.as_ptr()).ob_type)) }
}

impl Class {
    /// A class out of one of the interpreter's static types.
    #[inline]
    pub(super) fn of_static(class: *const PyTypeObject) -> Option<Self> {
        NonNull::new(class.cast_mut()).map(Self)
    }

    /// The class that an object *is*.
    pub(super) fn of_type(o: Obj) -> Option<Self> {
        class_of(o).has(ffi::Py_TPFLAGS_TYPE_SUBCLASS).then_some(Self(o.0.cast()))
    }

    #[inline]
    pub(super) fn as_ptr(self) -> *mut PyTypeObject {
        self.0.as_ptr()
    }

    pub(super) fn as_obj(self) -> Obj {
        Obj(self.0.cast())
    }

    #[inline]
    pub(super) fn is(self, class: *const PyTypeObject) -> bool {
        std::ptr::eq(self.as_ptr(), class)
    }

    /// A field of the type object. `read` only copies it out.
    #[inline]
    pub(super) fn get<T: Copy>(self, read: impl FnOnce(&PyTypeObject) -> T) -> T {
        // SAFETY: live, and nothing writes to a type during a firing.
        read(unsafe { self.0.as_ref() })
    }

    #[inline]
    pub(super) fn flags(self) -> c_ulong {
        self.get(|t| t.tp_flags)
    }

    #[inline]
    pub(super) fn has(self, flag: c_ulong) -> bool {
        self.flags() & flag != 0
    }

    pub(super) fn base(self) -> Option<Self> {
        NonNull::new(self.get(|t| t.tp_base)).map(Self)
    }

    /// This class, its base, that one's base …: the chain that decides an instance's layout.
    pub(super) fn bases(self) -> impl Iterator<Item = Self> {
        let chain = std::iter::successors(Some(self), |class| class.base());
        chain.enumerate().inspect(|(i, _)| steps::at(*i, steps::BASE)).map(|(_, class)| class)
    }

    /// Whether instances have the layout of `class`.
    pub(super) fn extends(self, class: *const PyTypeObject) -> bool {
        self.bases().any(|base| base.is(class))
    }

    /// The method resolution order; empty while the class is being made.
    pub(super) fn mro(self) -> impl Iterator<Item = Self> {
        let mro = part(self.get(|t| t.tp_mro)).filter(|mro| class_of(*mro).is(&raw const ffi::PyTuple_Type));
        mro.map_or(&[][..], tuple).iter().filter_map(|class| Self::of_type((*class)?))
    }

    /// The dict of the class itself.
    pub(super) fn dict(self) -> Option<Obj> {
        #[cfg(Py_3_12)]
        if self.has(STATIC_BUILTIN) {
            // SAFETY: the GIL is held; the interpreter keeps the dict as long as the type, so this reference is not the last.
            return unsafe {
                let dict = ffi::PyType_GetDict(self.as_ptr());
                ffi::Py_XDECREF(dict);
                part(dict)
            };
        }
        part(self.get(|t| t.tp_dict))
    }

    /// `type` made it: the object has a heap type's layout.
    #[inline]
    pub(super) fn heap(self) -> Option<*const ffi::PyHeapTypeObject> {
        self.has(ffi::Py_TPFLAGS_HEAPTYPE).then_some(self.as_ptr() as *const ffi::PyHeapTypeObject)
    }

    /// The keys that instances share.
    #[inline]
    pub(super) fn shared_keys(self) -> Option<NonNull<Keys>> {
        // SAFETY: `heap` says that the type has this layout.
        self.heap().and_then(|heap| NonNull::new(unsafe { (*heap).ht_cached_keys }.cast()))
    }

    /// The members this class adds to its instances, `__slots__` among them.
    pub(super) fn members(self) -> impl Iterator<Item = &'static ffi::PyMemberDef> {
        let first = self.get(|t| t.tp_members).cast_const();
        let mut at = (!first.is_null()).then_some(first);
        std::iter::from_fn(move || {
            // SAFETY: the array belongs to the live type and ends with a member without name.
            let member = unsafe { &*at? };
            at = (!member.name.is_null()).then(|| std::ptr::from_ref(member).wrapping_add(1));
            at.map(|_| member)
        })
    }
}

/// The object pointer kept `offset` bytes into `o`.
///
/// # Safety
/// `o`'s layout has an object pointer there, or null.
#[inline]
pub(super) unsafe fn pointer_at(o: Obj, offset: isize) -> *mut PyObject {
    // SAFETY: the caller's promise; `o` is live.
    unsafe { o.as_ptr().byte_offset(offset).cast::<*mut PyObject>().read() }
}

// --- containers. The slices live until the firing ends; nothing resizes them before.

#[inline]
fn slice(items: *const *mut PyObject, len: isize) -> &'static [Option<Obj>] {
    let len = usize::try_from(len).unwrap_or(0);
    if items.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: `len` object pointers, live or null; `Option<Obj>` has exactly this form. Null is rare but possible: `gc` can
    // show a tuple that is still being filled.
    unsafe { std::slice::from_raw_parts(items.cast(), len) }
}

/// Of a tuple or an instance of a subclass.
#[inline]
pub(super) fn tuple(o: Obj) -> &'static [Option<Obj>] {
    let t = o.as_ptr().cast::<ffi::PyTupleObject>();
    // SAFETY: a live tuple.
    unsafe { slice((&raw const (*t).ob_item).cast(), (*t).ob_base.ob_size) }
}

/// Of a list or an instance of a subclass.
#[inline]
pub(super) fn list(o: Obj) -> &'static [Option<Obj>] {
    let l = o.as_ptr().cast::<ffi::PyListObject>();
    // SAFETY: a live list.
    unsafe { slice((*l).ob_item, (*l).ob_base.ob_size) }
}

/// One place of a set's table.
#[repr(C)]
pub(super) struct SetEntry {
    pub(super) key: *mut PyObject,
    pub(super) hash: isize,
}

/// How many are in it, and its table: null and dummy keys are holes.
pub(super) fn set(o: Obj) -> (usize, &'static [SetEntry]) {
    let s = o.as_ptr().cast::<ffi::PySetObject>();
    // SAFETY: a live set or frozenset; its table has `mask + 1` places.
    unsafe {
        let places = usize::try_from((*s).mask).map_or(0, |mask| mask + 1);
        let used = usize::try_from((*s).used).unwrap_or(0);
        (used, std::slice::from_raw_parts((*s).table.cast::<SetEntry>().cast_const(), places))
    }
}

/// Of bytes or an instance of a subclass.
pub(super) fn bytes(o: Obj) -> &'static [u8] {
    let b = o.as_ptr().cast::<ffi::PyBytesObject>();
    // SAFETY: a live bytes object; its content follows its head.
    unsafe {
        let len = usize::try_from((*b).ob_base.ob_size).unwrap_or(0);
        std::slice::from_raw_parts((&raw const (*b).ob_sval).cast::<u8>(), len)
    }
}

/// Of a bytearray or an instance of a subclass.
pub(super) fn bytearray(o: Obj) -> &'static [u8] {
    let b = o.as_ptr().cast::<ffi::PyByteArrayObject>();
    // SAFETY: a live bytearray; an empty one may have no buffer.
    unsafe {
        let len = usize::try_from((*b).ob_base.ob_size).unwrap_or(0);
        if len == 0 { &[] } else { std::slice::from_raw_parts((*b).ob_start.cast::<u8>().cast_const(), len) }
    }
}

// --- int

#[repr(C)]
struct Long {
    #[cfg(not(Py_3_12))]
    head: PyVarObject,
    #[cfg(Py_3_12)]
    head: PyObject,
    /// Digits × 8, and the sign in the two lowest bits: 0 positive, 1 zero, 2 negative.
    #[cfg(Py_3_12)]
    tag: usize,
    digits: [u32; 1],
}

/// Bits in a digit of an int.
pub(super) const DIGIT_BITS: u32 = 30;

/// Sign and digits, lowest first, of an int or an instance of a subclass.
#[inline]
pub(super) fn long(o: Obj) -> (bool, &'static [u32]) {
    let n = o.as_ptr().cast::<Long>();
    // SAFETY: a live int with that many digits.
    unsafe {
        #[cfg(Py_3_12)]
        let (negative, count) = ((*n).tag & 3 == 2, (*n).tag >> 3);
        #[cfg(not(Py_3_12))]
        let (negative, count) = ((*n).head.ob_size < 0, (*n).head.ob_size.unsigned_abs());
        (negative, std::slice::from_raw_parts((&raw const (*n).digits).cast::<u32>(), count))
    }
}

// --- str

#[repr(C)]
struct Ascii {
    head: PyObject,
    length: isize,
    hash: isize,
    state: u32,
    #[cfg(not(Py_3_12))]
    wstr: *const u8,
}

#[repr(C)]
struct Compact {
    ascii: Ascii,
    utf8_length: isize,
    utf8: *const u8,
    #[cfg(not(Py_3_12))]
    wstr_length: isize,
}

/// A str's code points, at their width.
#[derive(Clone, Copy)]
pub(super) enum Text {
    Ascii(&'static [u8]),
    Latin(&'static [u8]),
    Two(&'static [u16]),
    Four(&'static [u32]),
    /// Made by an interface removed in 3.12 and never read since: not there yet.
    Unready,
}

/// Code points in a str.
#[inline]
pub(super) fn text_len(o: Obj) -> usize {
    // SAFETY: a live str.
    usize::try_from(unsafe { (*o.as_ptr().cast::<Ascii>()).length }).unwrap_or(0)
}

/// A str's hash; -1 when nobody has asked for it yet.
#[inline]
pub(super) fn text_hash(o: Obj) -> isize {
    // SAFETY: a live str.
    unsafe { (*o.as_ptr().cast::<Ascii>()).hash }
}

/// Of a str or an instance of a subclass.
#[inline]
pub(super) fn text(o: Obj) -> Text {
    let s = o.as_ptr().cast::<Ascii>();
    // SAFETY: a live str.
    let state = unsafe { (*s).state };
    let (kind, compact, ascii) = (state >> 2 & 7, state >> 5 & 1 == 1, state >> 6 & 1 == 1);
    let data: *const u8 = match (compact, ascii) {
        (true, true) => s.wrapping_add(1).cast(),
        (true, false) => s.cast::<Compact>().wrapping_add(1).cast(),
        // SAFETY: an instance of a subclass keeps a pointer to its data behind the head.
        (false, _) => unsafe { s.cast::<Compact>().add(1).cast::<*const u8>().read() },
    };
    let len = text_len(o);
    if data.is_null() || cfg!(not(Py_3_12)) && state >> 7 & 1 == 0 {
        return Text::Unready;
    }
    // SAFETY: `len` code points of the width that `kind` says.
    unsafe {
        match kind {
            1 if ascii => Text::Ascii(std::slice::from_raw_parts(data, len)),
            1 => Text::Latin(std::slice::from_raw_parts(data, len)),
            2 => Text::Two(std::slice::from_raw_parts(data.cast(), len)),
            4 => Text::Four(std::slice::from_raw_parts(data.cast(), len)),
            _ => Text::Unready,
        }
    }
}

/// Words laid out as a compact str. Its reference count is nobody's: the interpreter never sees it.
pub(super) fn lay_text(text: &str, hash: impl FnOnce(&[u8]) -> isize) -> Box<[u64]> {
    let widest = text.chars().max().map_or(0, u32::from);
    let (width, ascii) = match widest {
        0..0x80 => (1, true),
        0x80..0x100 => (1, false),
        0x100..0x1_0000 => (2, false),
        _ => (4, false),
    };
    let points = || text.chars().map(u32::from);
    let data: Vec<u8> = points().flat_map(|point| point.to_le_bytes().into_iter().take(width)).collect();
    let start = if ascii { size_of::<Ascii>() } else { size_of::<Compact>() };
    let mut words = vec![0_u64; (start + data.len() + width).div_ceil(8)].into_boxed_slice();
    let s = words.as_mut_ptr().cast::<Ascii>();
    let ready = u32::from(cfg!(not(Py_3_12))) << 7;
    // SAFETY: there are words for the head and the data, with a null code point behind it.
    unsafe {
        (&raw mut (*s).head.ob_type).write((&raw const ffi::PyUnicode_Type).cast_mut());
        (&raw mut (*s).length).write((data.len() / width).cast_signed());
        (&raw mut (*s).hash).write(hash(&data));
        (&raw mut (*s).state).write((width as u32) << 2 | 1 << 5 | u32::from(ascii) << 6 | ready);
        s.cast::<u8>().add(start).copy_from_nonoverlapping(data.as_ptr(), data.len());
    }
    words
}

// --- dict

/// A dict's key table; its indices follow, then its entries.
#[repr(C)]
pub(super) struct Keys {
    pub(super) refcnt: isize,
    pub(super) log2_size: u8,
    pub(super) log2_index_bytes: u8,
    /// 0: any keys. 1 and 2: exact strs only.
    pub(super) kind: u8,
    pub(super) version: u32,
    pub(super) usable: isize,
    pub(super) nentries: isize,
    pub(super) indices: [u8; 0],
}

/// The values of one instance, beside shared keys: before or after the head there is the order of insertion.
#[repr(C)]
pub(super) struct Values {
    #[cfg(Py_3_13)]
    pub(super) capacity: u8,
    #[cfg(Py_3_13)]
    pub(super) size: u8,
    #[cfg(Py_3_13)]
    pub(super) embedded: u8,
    #[cfg(Py_3_13)]
    pub(super) valid: u8,
    pub(super) values: [*mut PyObject; 1],
}

/// Where an instance with a managed dict keeps it.
#[cfg(Py_3_12)]
pub(super) const MANAGED_DICT: isize = -3 * 8;
/// The values, until there is a dict; then the dict.
#[cfg(not(Py_3_12))]
pub(super) const MANAGED_VALUES: isize = -4 * 8;
#[cfg(not(Py_3_12))]
pub(super) const MANAGED_DICT: isize = -3 * 8;

const _: () = {
    assert!(offset_of!(Keys, indices) == 32);
    assert!(size_of::<Ascii>() == if cfg!(Py_3_12) { 40 } else { 48 });
    assert!(size_of::<Compact>() == if cfg!(Py_3_12) { 56 } else { 72 });
};
