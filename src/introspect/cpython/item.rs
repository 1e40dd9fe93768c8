//! `o["key"]` and `o[i]` of dicts, lists and tuples, and of subclasses that do not override how they are subscripted.
//!
//! In: a container and a key. Out: the item, or ABSENT, CODE, KIND. Never here: `__getitem__`, `__missing__`, `__index__`.

use pyo3::ffi;
use waspect_abi::Code;

use super::dict::Table;
use super::layout::{self, Class, class_of};
use super::{Name, Obj};

#[inline]
pub(super) fn key(o: Obj, name: &Name) -> Result<Obj, Code> {
    let class = class_of(o);
    if class.has(ffi::Py_TPFLAGS_DICT_SUBCLASS) {
        as_builtin(class, &raw const ffi::PyDict_Type)?;
        return Table::of_dict(o).ok_or(Code::Absent)?.get(name)?.ok_or(Code::Absent);
    }
    Err(refusal(class))
}

pub(super) fn index(o: Obj, i: i64) -> Result<Obj, Code> {
    let class = class_of(o);
    if class.has(ffi::Py_TPFLAGS_LIST_SUBCLASS) {
        as_builtin(class, &raw const ffi::PyList_Type)?;
        at(layout::list(o), i)
    } else if class.has(ffi::Py_TPFLAGS_TUPLE_SUBCLASS) {
        as_builtin(class, &raw const ffi::PyTuple_Type)?;
        at(layout::tuple(o), i)
    } else if class.has(ffi::Py_TPFLAGS_DICT_SUBCLASS) {
        as_builtin(class, &raw const ffi::PyDict_Type)?;
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

/// Whether instances are subscripted by the builtin's own code.
#[inline]
fn as_builtin(class: Class, builtin: *const ffi::PyTypeObject) -> Result<(), Code> {
    if class.is(builtin) || subscript(class) == Class::of_static(builtin).and_then(subscript) {
        return Ok(());
    }
    Err(Code::Code)
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
