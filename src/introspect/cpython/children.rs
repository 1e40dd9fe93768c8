//! What is inside: items of containers, pairs of dicts, fields of objects and exceptions.
//!
//! In: an object and a visitor. Out: borrowed children, in order. Never here: an iterator, a materialised dict, a walk
//! without end over a table of holes.

use std::ffi::CStr;

use pyo3::ffi;

use super::attr::{object_member, storage};
use super::dict::{HOLES_MAX, Table};
use super::layout::{self, Class, class_of, part, pointer_at};
use super::{Obj, known, scalar, steps};
use crate::introspect::{Child, NAME_BYTES_MAX, Walk};

type Visit<'a> = dyn FnMut(Child<'_, Obj>) -> Walk + 'a;

pub(super) fn children(o: Obj, visit: &mut Visit<'_>) {
    let class = class_of(o);
    let flags = class.flags();
    if flags & ffi::Py_TPFLAGS_DICT_SUBCLASS != 0 {
        pairs(o, visit);
    } else if flags & ffi::Py_TPFLAGS_LIST_SUBCLASS != 0 {
        items(layout::list(o), visit);
    } else if flags & ffi::Py_TPFLAGS_TUPLE_SUBCLASS != 0 {
        items(layout::tuple(o), visit);
    } else if class.extends(&raw const ffi::PySet_Type) || class.extends(&raw const ffi::PyFrozenSet_Type) {
        members_of_set(o, visit);
    } else if let Some(dict) = scalar::proxied(o, class) {
        pairs(dict, visit);
    } else if flags & LEAVES == 0 && !known::children(o, visit) {
        fields(o, class, visit);
    }
}

/// Nothing of these is shown but what `look`, `text` and `raw` tell.
const LEAVES: std::ffi::c_ulong = ffi::Py_TPFLAGS_UNICODE_SUBCLASS
    | ffi::Py_TPFLAGS_LONG_SUBCLASS
    | ffi::Py_TPFLAGS_BYTES_SUBCLASS
    | ffi::Py_TPFLAGS_TYPE_SUBCLASS;

pub(super) fn items(all: &[Option<Obj>], visit: &mut Visit<'_>) {
    for item in all.iter().flatten() {
        if visit(Child::Item(*item)) == Walk::Stop {
            return;
        }
    }
}

pub(super) fn pairs(dict: Obj, visit: &mut Visit<'_>) {
    if let Some(table) = Table::of_dict(dict) {
        table.walk(|key, value| visit(Child::Pair(key, value)) == Walk::On);
    }
}

/// The hash beside the dummy that a removed member leaves; no object hashes to it.
const REMOVED: isize = -1;

fn members_of_set(o: Obj, visit: &mut Visit<'_>) {
    let (mut left, places) = layout::set(o);
    let mut holes = 0;
    for place in places {
        let Some(key) = part(place.key).filter(|_| place.hash != REMOVED) else {
            holes += 1;
            steps::at(holes, steps::HOLE);
            if holes > HOLES_MAX {
                return;
            }
            continue;
        };
        holes = 0;
        if left == 0 || visit(Child::Item(key)) == Walk::Stop {
            return;
        }
        left -= 1;
    }
}

/// An exception's arguments, then the instance's own attributes in order, then members along the bases.
fn fields(o: Obj, class: Class, visit: &mut Visit<'_>) {
    if class.has(ffi::Py_TPFLAGS_BASE_EXC_SUBCLASS) {
        let exception = o.as_ptr().cast::<ffi::PyBaseExceptionObject>();
        // SAFETY: a live exception.
        let args = part(unsafe { (*exception).args });
        if args.is_some_and(|args| visit(Child::Field("args", args)) == Walk::Stop) {
            return;
        }
    }
    if own_fields(o, class, visit) == Walk::On {
        member_fields(o, class, visit);
    }
}

fn own_fields(o: Obj, class: Class, visit: &mut Visit<'_>) -> Walk {
    let Some(table) = storage(o, class) else { return Walk::On };
    let mut end = Walk::On;
    table.walk(|key, value| {
        end = named(key, value, visit);
        end == Walk::On
    });
    end
}

/// A field by a str key; any other key of an instance dict is no attribute.
pub(super) fn named(key: Obj, value: Obj, visit: &mut Visit<'_>) -> Walk {
    if !class_of(key).has(ffi::Py_TPFLAGS_UNICODE_SUBCLASS) {
        return Walk::On;
    }
    if let Some(ascii) = scalar::ascii(key).filter(|ascii| ascii.len() <= NAME_BYTES_MAX) {
        return std::str::from_utf8(ascii).map_or(Walk::On, |name| visit(Child::Field(name, value)));
    }
    let mut name = Vec::new();
    scalar::text(key, NAME_BYTES_MAX, &mut name);
    std::str::from_utf8(&name).map_or(Walk::On, |name| visit(Child::Field(name, value)))
}

/// `__slots__`, and members of C types that keep objects.
fn member_fields(o: Obj, class: Class, visit: &mut Visit<'_>) {
    for base in class.bases() {
        for member in base.members() {
            let Some(slot) = object_member(class, member) else { continue };
            // SAFETY: `object_member` says that there is an object pointer, or null; the name ends with a null byte.
            let (value, name) = unsafe { (part(pointer_at(o, slot.offset)), CStr::from_ptr(member.name)) };
            let (Some(value), Ok(name)) = (value, name.to_str()) else { continue };
            if visit(Child::Field(&name[..name.floor_char_boundary(NAME_BYTES_MAX)], value)) == Walk::Stop {
                return;
            }
        }
    }
}
