//! `o["key"]` and `o[i]` of dicts, lists and tuples, and of subclasses that do not override how they are subscripted.
//!
//! In: a container and a key. Out: the item, or ABSENT, CODE, KIND. Never here: `__getitem__`, `__missing__`, `__index__`.

use pyo3::ffi;
use waspect_abi::Code;

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
