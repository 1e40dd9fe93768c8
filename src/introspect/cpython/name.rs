//! Names: those a probe asks for, prepared at load, and those that classes, functions and modules carry.
//!
//! In: text, or an object. Out: [`Name`], or a qualified name. Never here: `__name__` by the attribute protocol.

use std::cell::Cell;
use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::OnceLock;

use pyo3::{Python, ffi};

use super::attr::Site;
use super::dict::Table;
use super::layout::{self, Class, class_of, part, pointer_at};
use super::{Obj, scalar};
use crate::introspect::NAME_BYTES_MAX;

/// An interned str with its hash, and what its read site learnt last time. Load path to make and drop.
pub struct Name {
    key: Obj,
    /// Entry number in the table it was last found in; verified by the key's identity before use.
    hint: Cell<u32>,
    pub(super) site: Cell<Site>,
    /// Words of this room's own that the key lies in; 0 when it is the interpreter's.
    own_words: usize,
}

// SAFETY: a name is used, made and dropped under the GIL only, so never by two threads at once; the str may belong to any.
unsafe impl Send for Name {}
// SAFETY: as above.
unsafe impl Sync for Name {}

impl Name {
    /// # Panics
    /// When there is no memory for a str.
    pub(super) fn new(text: &str) -> Self {
        Python::attach(|_| {
            // SAFETY: the GIL is held; a new reference is made, replaced by its interned twin, and kept by the name.
            let key = unsafe {
                let length = isize::try_from(text.len()).unwrap_or(isize::MAX);
                let mut key = ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), length);
                ffi::PyUnicode_InternInPlace(&raw mut key);
                ffi::PyObject_Hash(key);
                part(key)
            };
            #[expect(
                clippy::expect_used,
                reason = "load path; without memory for a name there is nothing to go on with"
            )]
            Self {
                key: key.expect("memory for a name"),
                hint: Cell::new(0),
                site: Cell::new(Site::EMPTY),
                own_words: 0,
            }
        })
    }

    /// Text laid out as a str, with its hash: compared by content everywhere, known to the interpreter nowhere.
    pub(super) fn passing(text: &str) -> Self {
        let words = layout::lay_text(text, super::keyed::hash_of_bytes);
        let own_words = words.len();
        let key = Obj(NonNull::from(Box::leak(words)).cast());
        Self { key, hint: Cell::new(u32::MAX), site: Cell::new(Site::EMPTY), own_words }
    }

    /// Whether it spells this text.
    pub(super) fn is(&self, text: &str) -> bool {
        let mut own = Vec::new();
        scalar::text(self.key, text.len() + 1, &mut own);
        own == text.as_bytes()
    }

    #[inline]
    pub(super) fn key(&self) -> Obj {
        self.key
    }

    #[inline]
    pub(super) fn hint(&self) -> u32 {
        self.hint.get()
    }

    #[inline]
    pub(super) fn set_hint(&self, entry: usize) {
        self.hint.set(u32::try_from(entry).unwrap_or(u32::MAX));
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.own_words > 0 {
            let words = std::ptr::slice_from_raw_parts_mut(self.key.as_ptr().cast::<u64>(), self.own_words);
            // SAFETY: the box that `passing` leaked; the key was never given away.
            return drop(unsafe { Box::from_raw(words) });
        }
        // SAFETY: asks only whether there is an interpreter; a name that outlives it is left to the process's end.
        if unsafe { ffi::Py_IsInitialized() } != 0 {
            // SAFETY: the GIL is held; the name owns this reference. A str's end runs no code.
            Python::attach(|_| unsafe { ffi::Py_DECREF(self.key.as_ptr()) });
        }
    }
}

/// Names this room itself asks for.
pub(super) struct Known {
    pub(super) module: Name,
    pub(super) getattr: Name,
    pub(super) getattribute: Name,
    pub(super) getitem: Name,
    pub(super) name: Name,
}

/// Made by the first caller, which is `check` at start.
pub(super) fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| Known {
        module: Name::new("__module__"),
        getattr: Name::new("__getattr__"),
        getattribute: Name::new("__getattribute__"),
        getitem: Name::new("__getitem__"),
        name: Name::new("__name__"),
    })
}

/// Appends `pkg.Cart`; builtins without module.
pub(super) fn of_class(class: Class, out: &mut String) {
    let Some(heap) = class.heap() else {
        // SAFETY: a live type's name ends with a null byte.
        let name = unsafe { CStr::from_ptr(class.get(|t| t.tp_name)) }.to_string_lossy();
        return out.push_str(&name[..name.floor_char_boundary(NAME_BYTES_MAX)]);
    };
    let module = class.dict().and_then(Table::of_dict).and_then(|dict| dict.get(&known().module).ok()?);
    // SAFETY: `heap` says that the type has this layout.
    dotted(module, part(unsafe { (*heap).ht_qualname }), out);
}

/// The name of what has one itself.
pub(super) fn own(o: Obj, out: &mut String) -> bool {
    let class = class_of(o);
    if let Some(it) = Class::of_type(o) {
        of_class(it, out);
    } else if class.is(&raw const ffi::PyFunction_Type) {
        let f = o.as_ptr().cast::<ffi::PyFunctionObject>();
        // SAFETY: a live function.
        unsafe { dotted(part((*f).func_module), part((*f).func_qualname), out) };
    } else if class.is(&raw const ffi::PyModule_Type) {
        // SAFETY: a live module keeps its dict right behind its head.
        let dict = part(unsafe { pointer_at(o, size_of::<ffi::PyObject>().cast_signed()) });
        let name = dict.and_then(Table::of_dict).and_then(|dict| dict.get(&known().name).ok()?);
        dotted(None, name, out);
    } else if let Some(qualname) = coroutine_qualname(o, class) {
        dotted(None, Some(qualname), out);
    } else {
        return false;
    }
    true
}

/// Behind the head: (3.11: the code,) weak references, the name, the qualified name.
fn coroutine_qualname(o: Obj, class: Class) -> Option<Obj> {
    const QUALNAME: isize = if cfg!(Py_3_12) { 32 } else { 40 };
    let coroutines = [&raw const ffi::PyGen_Type, &raw const ffi::PyCoro_Type, &raw const ffi::PyAsyncGen_Type];
    let is_coroutine = coroutines.iter().any(|c| class.is(*c));
    // SAFETY: a live generator, coroutine or asynchronous generator; all three begin alike.
    is_coroutine.then(|| part(unsafe { pointer_at(o, QUALNAME) }))?
}

/// `module.qualname`, of which only strs count; the module of builtins is not said.
fn dotted(module: Option<Obj>, qualname: Option<Obj>, out: &mut String) {
    if let Some(module) = module.filter(|m| is_str(*m) && scalar::ascii(*m) != Some(b"builtins")) {
        push(module, out);
        out.push('.');
    }
    if let Some(qualname) = qualname.filter(|q| is_str(*q)) {
        push(qualname, out);
    }
}

fn is_str(o: Obj) -> bool {
    class_of(o).is(&raw const ffi::PyUnicode_Type)
}

/// Appends a str, cut at [`NAME_BYTES_MAX`].
pub(super) fn push(o: Obj, out: &mut String) {
    // SAFETY: `text` appends whole characters of UTF-8.
    scalar::text(o, NAME_BYTES_MAX / 2, unsafe { out.as_mut_vec() });
}
