//! `o["key"]` and `o[i]` of dicts, lists and tuples, and of subclasses that do not override how they are subscripted.
//!
//! In: a container and a key. Out: the item, or ABSENT, CODE, KIND. Never here: `__getitem__`, `__missing__`, `__index__`.

use pyo3::ffi;
use waspect_abi::{Code, Kind};

use super::attr::{inherits_getitem, subscripted_as};
use super::dict::Table;
use super::layout::{self, Class, class_of};
use super::{Name, Obj};

#[inline]
pub(super) fn key(o: Obj, name: &Name) -> Result<Obj, Code> {
    let class = class_of(o);
    if class.has(ffi::Py_TPFLAGS_DICT_SUBCLASS) {
        if !class.is(&raw const ffi::PyDict_Type) {
            as_builtin(class, &raw const ffi::PyDict_Type, |class, builtin| subscripted_as(class, builtin, name))?;
        }
        return Table::of_dict(o).ok_or(Code::Absent)?.get(name)?.ok_or(Code::Absent);
    }
    Err(refusal(class))
}

pub(super) fn index(o: Obj, i: i64) -> Result<Obj, Code> {
    let class = class_of(o);
    if class.has(ffi::Py_TPFLAGS_LIST_SUBCLASS) {
        as_builtin(class, &raw const ffi::PyList_Type, inherits_getitem)?;
        at(layout::list(o), i)
    } else if class.has(ffi::Py_TPFLAGS_TUPLE_SUBCLASS) {
        as_builtin(class, &raw const ffi::PyTuple_Type, inherits_getitem)?;
        at(layout::tuple(o), i)
    } else if class.has(ffi::Py_TPFLAGS_DICT_SUBCLASS) {
        as_builtin(class, &raw const ffi::PyDict_Type, inherits_getitem)?;
        Table::of_dict(o).ok_or(Code::Absent)?.get_int(i)?.ok_or(Code::Absent)
    } else {
        Err(refusal(class))
    }
}

/// Negative from the end.
pub(super) fn at(items: &[Option<Obj>], i: i64) -> Result<Obj, Code> {
    let i = if i < 0 { i.checked_add_unsigned(items.len() as u64) } else { Some(i) };
    let item = i.and_then(|i| items.get(usize::try_from(i).ok()?)).copied().flatten();
    item.ok_or(Code::Absent)
}

/// Whether instances are subscripted by the builtin's own code: by the same slot (C subclasses), or by a slot that looks
/// `__getitem__` up and finds the builtin's (Python subclasses); `inherits` tells the latter.
#[inline]
fn as_builtin(
    class: Class,
    builtin: *const ffi::PyTypeObject,
    inherits: impl FnOnce(Class, Class) -> bool,
) -> Result<(), Code> {
    if class.is(builtin) {
        return Ok(());
    }
    let builtin = Class::of_static(builtin).ok_or(Code::Internal)?;
    let same = subscript(class) == subscript(builtin) || inherits(class, builtin);
    if same { Ok(()) } else { Err(Code::Code) }
}

/// The builtins that have positions, and how their classes are told.
fn sequence(class: Class) -> Option<(Kind, *const ffi::PyTypeObject)> {
    let flags = class.flags();
    let flagged = [
        (ffi::Py_TPFLAGS_LIST_SUBCLASS, Kind::List, &raw const ffi::PyList_Type),
        (ffi::Py_TPFLAGS_TUPLE_SUBCLASS, Kind::Tuple, &raw const ffi::PyTuple_Type),
        (ffi::Py_TPFLAGS_UNICODE_SUBCLASS, Kind::Str, &raw const ffi::PyUnicode_Type),
        (ffi::Py_TPFLAGS_BYTES_SUBCLASS, Kind::Bytes, &raw const ffi::PyBytes_Type),
    ];
    let found = flagged.iter().find(|(flag, ..)| flags & flag != 0).map(|(_, kind, class)| (*kind, *class));
    let array = &raw const ffi::PyByteArray_Type;
    found.or_else(|| class.extends(array).then_some((Kind::ByteArray, array)))
}

pub(super) fn positions(o: Obj) -> Result<Kind, Code> {
    let class = class_of(o);
    let (kind, builtin) = sequence(class).ok_or_else(|| refusal(class))?;
    as_builtin(class, builtin, inherits_getitem).map(|()| kind)
}

/// Decided by the slot alone: a subclass in Python that says nothing of `__contains__` inherits it.
pub(super) fn membership(o: Obj) -> Result<Kind, Code> {
    let class = class_of(o);
    let (kind, builtin) = sequence(class).ok_or_else(|| refusal(class))?;
    contains_as(class, builtin).map(|()| kind)
}

pub(super) fn contains_as(class: Class, builtin: *const ffi::PyTypeObject) -> Result<(), Code> {
    let builtin = Class::of_static(builtin).ok_or(Code::Internal)?;
    if class == builtin || contains(class) == contains(builtin) { Ok(()) } else { Err(Code::Code) }
}

fn contains(class: Class) -> Option<usize> {
    let sequence = class.get(|t| t.tp_as_sequence);
    // SAFETY: a live type's sequence methods, where it has any.
    (!sequence.is_null()).then(|| unsafe { (*sequence).sq_contains }.map(|f| f as usize))?
}

/// Whether a dict of this class is subscripted as a dict.
pub(super) fn as_dict(class: Class) -> Result<(), Code> {
    if !class.has(ffi::Py_TPFLAGS_DICT_SUBCLASS) {
        return Err(refusal(class));
    }
    as_builtin(class, &raw const ffi::PyDict_Type, inherits_getitem)
}

fn subscript(class: Class) -> Option<usize> {
    let mapping = class.get(|t| t.tp_as_mapping);
    // SAFETY: a live type's mapping methods, where it has any.
    (!mapping.is_null()).then(|| unsafe { (*mapping).mp_subscript }.map(|f| f as usize))?
}

/// CODE where a class of the application or of an extension says what its subscript means; KIND where there is none.
fn refusal(class: Class) -> Code {
    let known = ffi::Py_TPFLAGS_LIST_SUBCLASS
        | ffi::Py_TPFLAGS_TUPLE_SUBCLASS
        | ffi::Py_TPFLAGS_UNICODE_SUBCLASS
        | ffi::Py_TPFLAGS_BYTES_SUBCLASS
        | ffi::Py_TPFLAGS_TYPE_SUBCLASS;
    if class.flags() & known == 0 && subscript(class).is_some() { Code::Code } else { Code::Kind }
}
