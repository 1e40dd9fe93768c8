//! What an object is, and the content of ints, floats, strs and bytes.
//!
//! In: objects. Out: [`Look`], text, digits. Never here: `__index__`, `__float__`, `__len__`, the cached UTF-8 form.

use pyo3::ffi;
use waspect_abi::Kind;

use super::Obj;
use super::known;
use super::layout::{self, Class, DIGIT_BITS, Text, class_of};
use crate::introspect::Look;

unsafe extern "C" {
    /// Bound methods; pyo3 does not declare it.
    pub(super) static mut PyMethod_Type: ffi::PyTypeObject;
}

/// Exact types first, most frequent first.
#[inline]
pub(super) fn look(o: Obj) -> Look {
    let class = class_of(o);
    if class.is(&raw const ffi::PyLong_Type) {
        int(o)
    } else if class.is(&raw const ffi::PyUnicode_Type) {
        Look::Sized(Kind::Str, layout::text_len(o))
    } else if class.is(&raw const ffi::PyFloat_Type) {
        float(o)
    } else if class.is(&raw const ffi::PyBool_Type) {
        // SAFETY: the address of a static object.
        Look::Bool(std::ptr::eq(o.as_ptr(), unsafe { ffi::Py_True() }))
    } else if is_none_class(class) {
        Look::None
    } else {
        look_further(o, class)
    }
}

/// Exactly an int, of one digit at most.
#[inline(always)]
pub(super) fn short(o: Obj) -> Option<i32> {
    if !class_of(o).is(&raw const ffi::PyLong_Type) {
        return None;
    }
    let (negative, digits) = layout::long(o);
    let magnitude = match *digits {
        [] => 0,
        [digit] => digit.cast_signed(),
        _ => return None,
    };
    Some(if negative { -magnitude } else { magnitude })
}

#[inline]
pub(super) fn is_none_class(class: Class) -> bool {
    // SAFETY: the address of a static object.
    class == class_of(unsafe { Obj::borrowed(ffi::Py_None()) }.unwrap_or(class.as_obj()))
}

/// Containers and subclasses of builtins by the flags their classes inherit, the rest by the layout they extend.
fn look_further(o: Obj, class: Class) -> Look {
    let flags = class.flags();
    if flags & ffi::Py_TPFLAGS_DICT_SUBCLASS != 0 {
        return Look::Sized(Kind::Dict, dict_len(o));
    }
    if flags & ffi::Py_TPFLAGS_LIST_SUBCLASS != 0 {
        return Look::Sized(Kind::List, layout::list(o).len());
    }
    if flags & ffi::Py_TPFLAGS_TUPLE_SUBCLASS != 0 {
        return Look::Sized(Kind::Tuple, layout::tuple(o).len());
    }
    if flags & ffi::Py_TPFLAGS_UNICODE_SUBCLASS != 0 {
        return Look::Sized(Kind::Str, layout::text_len(o));
    }
    if flags & ffi::Py_TPFLAGS_LONG_SUBCLASS != 0 {
        return int(o);
    }
    if flags & ffi::Py_TPFLAGS_BYTES_SUBCLASS != 0 {
        return Look::Sized(Kind::Bytes, layout::bytes(o).len());
    }
    if flags & ffi::Py_TPFLAGS_BASE_EXC_SUBCLASS != 0 {
        return Look::Other(Kind::Exception);
    }
    if flags & ffi::Py_TPFLAGS_TYPE_SUBCLASS != 0 {
        return Look::Other(Kind::Type);
    }
    look_by_base(o, class)
}

fn look_by_base(o: Obj, class: Class) -> Look {
    for base in class.bases() {
        if base.is(&raw const ffi::PyBaseObject_Type) {
            break;
        }
        if base.is(&raw const ffi::PySet_Type) {
            return Look::Sized(Kind::Set, layout::set(o).0);
        }
        if base.is(&raw const ffi::PyFrozenSet_Type) {
            return Look::Sized(Kind::FrozenSet, layout::set(o).0);
        }
        if base.is(&raw const ffi::PyFloat_Type) {
            return float(o);
        }
        if base.is(&raw const ffi::PyByteArray_Type) {
            return Look::Sized(Kind::ByteArray, layout::bytearray(o).len());
        }
        if let Some(kind) = kind_of(base) {
            return Look::Other(kind);
        }
        if let Some(look) = known::look(o, base) {
            return look;
        }
    }
    proxied(o, class).map_or(Look::Other(Kind::Object), |dict| Look::Sized(Kind::Dict, dict_len(dict)))
}

/// The dict, or instance of a subclass, that a mappingproxy shows.
pub(super) fn proxied(o: Obj, class: Class) -> Option<Obj> {
    if !class.is(&raw const ffi::PyDictProxy_Type) {
        return None;
    }
    // SAFETY: a mappingproxy is its head and the mapping.
    let mapping = layout::part(unsafe { layout::pointer_at(o, size_of::<ffi::PyObject>().cast_signed()) })?;
    class_of(mapping).has(ffi::Py_TPFLAGS_DICT_SUBCLASS).then_some(mapping)
}

/// Kinds that are one builtin type each.
fn kind_of(base: Class) -> Option<Kind> {
    let kinds = [
        (&raw const ffi::PyFunction_Type, Kind::Function),
        (&raw const ffi::PyCFunction_Type, Kind::Function),
        (&raw const PyMethod_Type, Kind::Function),
        (&raw const ffi::PyMethodDescr_Type, Kind::Function),
        (&raw const ffi::PyWrapperDescr_Type, Kind::Function),
        (&raw const ffi::PyModule_Type, Kind::Module),
        (&raw const ffi::PyGen_Type, Kind::Coroutine),
        (&raw const ffi::PyCoro_Type, Kind::Coroutine),
        (&raw const ffi::PyAsyncGen_Type, Kind::Coroutine),
        (&raw const ffi::PyFrame_Type, Kind::Frame),
    ];
    kinds.iter().find(|(class, _)| base.is(*class)).map(|(_, kind)| *kind)
}

fn dict_len(o: Obj) -> usize {
    // SAFETY: a live dict.
    usize::try_from(unsafe { (*o.as_ptr().cast::<ffi::PyDictObject>()).ma_used }).unwrap_or(0)
}

fn float(o: Obj) -> Look {
    // SAFETY: a live float or an instance of a subclass.
    Look::Float(unsafe { (*o.as_ptr().cast::<ffi::PyFloatObject>()).ob_fval })
}

/// 64 bits are at most three digits.
#[inline]
fn int(o: Obj) -> Look {
    let (negative, digits) = layout::long(o);
    let magnitude = match *digits {
        [] => 0,
        [a] => i128::from(a),
        [a, b] => i128::from(a) | i128::from(b) << DIGIT_BITS,
        [a, b, c] => i128::from(a) | i128::from(b) << DIGIT_BITS | i128::from(c) << (2 * DIGIT_BITS),
        _ => return Look::BigInt,
    };
    i64::try_from(if negative { -magnitude } else { magnitude }).map_or(Look::BigInt, Look::Int)
}

/// Sign, and whether `max` bytes of magnitude were enough.
pub(super) fn big(o: Obj, max: usize, out: &mut Vec<u8>) -> (bool, bool) {
    if !class_of(o).has(ffi::Py_TPFLAGS_LONG_SUBCLASS) {
        let Some(n) = known::beyond(o) else { return (false, true) };
        out.extend_from_slice(&n.to_le_bytes()[..max.min(8)]);
        return (false, max >= 8);
    }
    let (negative, digits) = layout::long(o);
    let start = out.len();
    let (mut pending, mut bits, mut whole) = (0_u64, 0, true);
    'digits: for (i, &digit) in digits.iter().enumerate() {
        pending |= u64::from(digit) << bits;
        bits += DIGIT_BITS;
        while bits >= 8 {
            if out.len() - start == max {
                // The highest digit is not zero, but may end with zeros.
                whole = pending == 0 && i + 1 == digits.len();
                pending = 0;
                break 'digits;
            }
            out.push(pending as u8);
            pending >>= 8;
            bits -= 8;
        }
    }
    if pending != 0 {
        if out.len() - start == max {
            return (negative, false);
        }
        out.push(pending as u8);
    }
    while whole && out.len() > start && out.last() == Some(&0) {
        out.pop();
    }
    (negative, whole)
}

/// Borrowed content of bytes and bytearrays.
pub(super) fn raw(o: Obj) -> &'static [u8] {
    let class = class_of(o);
    if class.has(ffi::Py_TPFLAGS_BYTES_SUBCLASS) {
        layout::bytes(o)
    } else if class.extends(&raw const ffi::PyByteArray_Type) {
        layout::bytearray(o)
    } else {
        &[]
    }
}

/// Borrowed content of an all-ASCII str.
#[inline]
pub(super) fn ascii(o: Obj) -> Option<&'static [u8]> {
    match class_of(o).has(ffi::Py_TPFLAGS_UNICODE_SUBCLASS).then(|| layout::text(o)) {
        Some(Text::Ascii(bytes)) => Some(bytes),
        _ => None,
    }
}

/// Appends at most `max` bytes of UTF-8, cut at a code point. Reads no more of the str than it writes.
pub(super) fn text(o: Obj, max: usize, out: &mut Vec<u8>) -> bool {
    if !class_of(o).has(ffi::Py_TPFLAGS_UNICODE_SUBCLASS) {
        return true;
    }
    match layout::text(o) {
        Text::Ascii(bytes) => {
            out.extend_from_slice(&bytes[..bytes.len().min(max)]);
            bytes.len() <= max
        }
        Text::Latin(points) => transcode(points, max, out),
        Text::Two(points) => transcode(points, max, out),
        Text::Four(points) => transcode(points, max, out),
        Text::Unready => false,
    }
}

/// Appends `n` code points from the `from`-th on; nothing of what is not there.
pub(super) fn points(o: Obj, from: usize, n: usize, out: &mut Vec<u8>) {
    fn part<T>(points: &[T], from: usize, n: usize) -> &[T] {
        let rest = points.get(from..).unwrap_or_default();
        &rest[..n.min(rest.len())]
    }
    if !class_of(o).has(ffi::Py_TPFLAGS_UNICODE_SUBCLASS) {
        return;
    }
    match layout::text(o) {
        Text::Ascii(bytes) => out.extend_from_slice(part(bytes, from, n)),
        Text::Latin(points) => drop(transcode(part(points, from, n), usize::MAX, out)),
        Text::Two(points) => drop(transcode(part(points, from, n), usize::MAX, out)),
        Text::Four(points) => drop(transcode(part(points, from, n), usize::MAX, out)),
        Text::Unready => {}
    }
}

/// The one builtin class of a kind.
pub(super) fn builtin(kind: Kind) -> Option<Obj> {
    // SAFETY: the address of a static object.
    let none = unsafe { Obj::borrowed(ffi::Py_None()) };
    let class = match kind {
        Kind::None => return none.map(|none| class_of(none).as_obj()),
        Kind::Bool => &raw const ffi::PyBool_Type,
        Kind::Int => &raw const ffi::PyLong_Type,
        Kind::Float => &raw const ffi::PyFloat_Type,
        Kind::Str => &raw const ffi::PyUnicode_Type,
        Kind::Bytes => &raw const ffi::PyBytes_Type,
        Kind::ByteArray => &raw const ffi::PyByteArray_Type,
        Kind::List => &raw const ffi::PyList_Type,
        Kind::Tuple => &raw const ffi::PyTuple_Type,
        Kind::Dict => &raw const ffi::PyDict_Type,
        Kind::Set => &raw const ffi::PySet_Type,
        Kind::FrozenSet => &raw const ffi::PyFrozenSet_Type,
        _ => return None,
    };
    Class::of_static(class).map(Class::as_obj)
}

/// A lone surrogate is no character: U+FFFD stands for it.
fn transcode<T: Copy + Into<u32>>(points: &[T], max: usize, out: &mut Vec<u8>) -> bool {
    let mut left = max;
    let mut cell = [0; 4];
    for &point in points {
        let character = char::from_u32(point.into()).unwrap_or(char::REPLACEMENT_CHARACTER);
        let bytes = character.encode_utf8(&mut cell).as_bytes();
        if bytes.len() > left {
            return false;
        }
        left -= bytes.len();
        out.extend_from_slice(bytes);
    }
    true
}

/// Whether two strs have the same code points: equal strs have equal width.
#[inline]
pub(super) fn same_text(a: Obj, b: Obj) -> bool {
    match (layout::text(a), layout::text(b)) {
        (Text::Ascii(a), Text::Ascii(b)) | (Text::Latin(a), Text::Latin(b)) => a == b,
        (Text::Two(a), Text::Two(b)) => a == b,
        (Text::Four(a), Text::Four(b)) => a == b,
        _ => false,
    }
}
