//! Reads of builtin objects' own slots, and the visit of every object the collector tracks.
//!
//! In: borrowed objects. Out: owned references to what their C structs hold. Never here: a descriptor, `__getattr__`,
//! `__eq__` or `__hash__` of the application, an audit event (`function.__code__` raises one), a write to an object.

use std::ffi::CStr;
#[cfg(Py_3_12)]
use std::ffi::{c_int, c_void};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrame, PyFunction, PyString, PyTuple, PyType};
use pyo3::{ffi, intern};

use crate::introspect::cpython;

unsafe extern "C" {
    #[cfg(Py_3_12)]
    fn PyUnstable_GC_VisitObjects(
        callback: unsafe extern "C" fn(*mut ffi::PyObject, *mut c_void) -> c_int,
        arg: *mut c_void,
    );
    static mut PyMethod_Type: ffi::PyTypeObject;
    fn _PyType_Lookup(ty: *mut ffi::PyTypeObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

/// Runs `work` with the cycle collector paused: on 3.11 an allocation could start it, and finalizers are the
/// application's code.
pub(super) fn without_collector<R>(_py: Python<'_>, work: impl FnOnce() -> R) -> R {
    struct Paused(bool);
    impl Drop for Paused {
        fn drop(&mut self) {
            if self.0 {
                // SAFETY: the GIL is held: `without_collector` was given the token and has not returned.
                unsafe { ffi::PyGC_Enable() };
            }
        }
    }
    // SAFETY: the GIL is held.
    let _paused = Paused(unsafe { ffi::PyGC_Disable() } != 0);
    work()
}

/// `sys.modules`, while there is one.
pub(super) fn modules(py: Python<'_>) -> Option<Bound<'_, PyDict>> {
    // SAFETY: a live object, held by the interpreter.
    let modules = unsafe { Bound::from_borrowed_ptr(py, cpython::modules()?.as_ptr()) };
    modules.cast_into::<PyDict>().ok()
}

/// What `sys` has under a name; nothing at the interpreter's end, where importing `sys` would end the process.
#[cfg(Py_3_12)]
pub(super) fn sys<'py>(py: Python<'py>, name: &CStr) -> Option<Bound<'py, PyAny>> {
    // SAFETY: the GIL is held; gives a borrowed reference or null, and sets no exception.
    unsafe { Bound::from_borrowed_ptr_or_opt(py, ffi::PySys_GetObject(name.as_ptr())) }
}

/// Every function object that the collector tracks. Misses what `gc.freeze()` put aside.
#[cfg(Py_3_12)]
pub(super) fn functions(py: Python<'_>) -> Vec<Bound<'_, PyFunction>> {
    unsafe extern "C" fn note(object: *mut ffi::PyObject, found: *mut c_void) -> c_int {
        // SAFETY: `object` is alive during the call and `found` is the vector below, borrowed by nobody else. Pushing
        // to it allocates no Python object, so the collector's lists stay as they are.
        unsafe {
            if ffi::Py_TYPE(object) == &raw mut ffi::PyFunction_Type {
                ffi::Py_INCREF(object);
                (*found.cast::<Vec<*mut ffi::PyObject>>()).push(object);
            }
        }
        1
    }
    let mut found: Vec<*mut ffi::PyObject> = Vec::new();
    // SAFETY: the GIL is held; `note` keeps the contract above and `found` outlives the visit.
    unsafe { PyUnstable_GC_VisitObjects(note, (&raw mut found).cast()) };
    // SAFETY: each pointer carries the reference that `note` took, and is exactly a function.
    found.into_iter().map(|f| unsafe { Bound::from_owned_ptr(py, f).cast_into_unchecked() }).collect()
}

/// Every function object that the collector tracks, through `gc.get_objects()`.
#[cfg(not(Py_3_12))]
pub(super) fn functions(py: Python<'_>) -> Vec<Bound<'_, PyFunction>> {
    let objects = get_objects(py).and_then(|f| f.call0().ok());
    clear_error(py);
    let Some(objects) = objects.and_then(|o| o.cast_into::<pyo3::types::PyList>().ok()) else { return Vec::new() };
    objects.iter().filter_map(|o| o.cast_into_exact::<PyFunction>().ok()).collect()
}

/// `gc.get_objects` from the interpreter's table of builtin modules: importing `gc` could run the application's finders
/// and would show in `sys.modules`.
#[cfg(not(Py_3_12))]
fn get_objects(py: Python<'_>) -> Option<Bound<'_, PyAny>> {
    // SAFETY: the table is a static array ended by a null name. `PyInit_gc` gives its static definition (multi-phase
    // initialisation) and creates nothing; its method table is static and ended by a null name too, and `get_objects`
    // does not look at its `self`.
    unsafe {
        let mut row = ffi::PyImport_Inittab;
        while !(*row).name.is_null() && CStr::from_ptr((*row).name) != c"gc" {
            row = row.add(1);
        }
        let init = (*row).initfunc?;
        if (*row).name.is_null() {
            return None;
        }
        let definition = init();
        if definition.is_null() || ffi::Py_TYPE(definition) != &raw mut ffi::PyModuleDef_Type {
            return None;
        }
        let mut method = (*definition.cast::<ffi::PyModuleDef>()).m_methods;
        while !(*method).ml_name.is_null() && CStr::from_ptr((*method).ml_name) != c"get_objects" {
            method = method.add(1);
        }
        if (*method).ml_name.is_null() {
            return None;
        }
        Bound::from_owned_ptr_or_opt(py, ffi::PyCFunction_NewEx(method, std::ptr::null_mut(), std::ptr::null_mut()))
    }
}

/// `function.__code__`, without the audit event.
pub(super) fn code<'py>(function: &Bound<'py, PyFunction>) -> Bound<'py, PyAny> {
    // SAFETY: exactly a function; borrowed and never null.
    unsafe { Bound::from_borrowed_ptr(function.py(), ffi::PyFunction_GetCode(function.as_ptr())) }
}

/// `function.__module__` if it is a str.
pub(super) fn module<'py>(function: &Bound<'py, PyFunction>) -> Option<Bound<'py, PyString>> {
    // SAFETY: exactly a function; borrowed or null.
    let module =
        unsafe { Bound::from_borrowed_ptr_or_opt(function.py(), ffi::PyFunction_GetModule(function.as_ptr())) };
    module?.cast_into_exact::<PyString>().ok()
}

/// `function.__globals__`.
pub(super) fn globals<'py>(function: &Bound<'py, PyFunction>) -> Option<Bound<'py, PyDict>> {
    // SAFETY: exactly a function; borrowed.
    let globals =
        unsafe { Bound::from_borrowed_ptr_or_opt(function.py(), ffi::PyFunction_GetGlobals(function.as_ptr())) };
    globals?.cast_into::<PyDict>().ok()
}

/// `function.__qualname__` as it was set, which generated code does.
pub(super) fn qualname<'py>(function: &Bound<'py, PyFunction>) -> Option<Bound<'py, PyString>> {
    // SAFETY: exactly a function, whose struct pyo3 lays out for this version; the field holds an object.
    let name = unsafe {
        let raw = function.as_ptr().cast::<ffi::PyFunctionObject>();
        Bound::from_borrowed_ptr_or_opt(function.py(), (*raw).func_qualname)
    };
    name?.cast_into_exact::<PyString>().ok()
}

/// `function.__dict__` if it has one already; asking for it by name would make one.
pub(super) fn function_dict<'py>(function: &Bound<'py, PyFunction>) -> Option<Bound<'py, PyDict>> {
    // SAFETY: exactly a function, whose struct pyo3 lays out for this version; the field holds a dict or null.
    let dict = unsafe {
        let raw = function.as_ptr().cast::<ffi::PyFunctionObject>();
        Bound::from_borrowed_ptr_or_opt(function.py(), (*raw).func_dict)
    };
    dict?.cast_into::<PyDict>().ok()
}

/// What the closure's cells hold now.
pub(super) fn cells<'py>(function: &Bound<'py, PyFunction>) -> Vec<Bound<'py, PyAny>> {
    // SAFETY: exactly a function; borrowed tuple or null.
    let closure =
        unsafe { Bound::from_borrowed_ptr_or_opt(function.py(), ffi::PyFunction_GetClosure(function.as_ptr())) };
    let Some(closure) = closure.and_then(|c| c.cast_into::<PyTuple>().ok()) else { return Vec::new() };
    closure.iter().filter_map(|cell| cell_content(&cell)).collect()
}

fn cell_content<'py>(cell: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    // SAFETY: `PyCell_Get` wants exactly a cell, which is checked; it gives a new reference or null (an empty cell).
    unsafe {
        if ffi::PyCell_Check(cell.as_ptr()) == 0 {
            return None;
        }
        Bound::from_owned_ptr_or_opt(cell.py(), ffi::PyCell_Get(cell.as_ptr()))
    }
}

/// A class's own namespace, as the dict it is.
pub(super) fn type_dict<'py>(ty: &Bound<'py, PyType>) -> Option<Bound<'py, PyDict>> {
    let raw = ty.as_type_ptr();
    // SAFETY: `raw` is a type. 3.12 keeps the dicts of static builtin types elsewhere and has a call that gives a new
    // reference; before it the field holds the dict.
    let dict = unsafe {
        #[cfg(Py_3_12)]
        let dict = Bound::from_owned_ptr_or_opt(ty.py(), ffi::PyType_GetDict(raw));
        #[cfg(not(Py_3_12))]
        let dict = Bound::from_borrowed_ptr_or_opt(ty.py(), (*raw).tp_dict);
        dict
    };
    dict?.cast_into::<PyDict>().ok()
}

/// A class's qualified name as it was made or set; no metaclass is asked.
pub(super) fn type_qualname<'py>(ty: &Bound<'py, PyType>) -> Option<Bound<'py, PyString>> {
    // SAFETY: a type; new reference or null with an exception.
    let name = unsafe { Bound::from_owned_ptr_or_opt(ty.py(), ffi::PyType_GetQualName(ty.as_type_ptr())) };
    clear_error(ty.py());
    name?.cast_into_exact::<PyString>().ok()
}

/// A class's method resolution order as it stands.
pub(super) fn type_mro<'py>(ty: &Bound<'py, PyType>) -> Option<Bound<'py, PyTuple>> {
    // SAFETY: a type; the field holds a tuple, or null before the type is ready.
    let mro = unsafe { Bound::from_borrowed_ptr_or_opt(ty.py(), (*ty.as_type_ptr()).tp_mro) };
    mro?.cast_into::<PyTuple>().ok()
}

/// The C name of an object's type: `builtin_function_or_method`, `pkg.Cart`.
pub(super) fn type_name(object: &Bound<'_, PyAny>) -> String {
    // SAFETY: every type has a name that lives as long as it, and the object keeps its type alive.
    unsafe { CStr::from_ptr((*ffi::Py_TYPE(object.as_ptr())).tp_name) }.to_string_lossy().into_owned()
}

/// Whether a class was made at run time (by `class`, or by an extension through the heap API).
pub(super) fn is_heap_type(ty: &Bound<'_, PyType>) -> bool {
    // SAFETY: a type.
    unsafe { ffi::PyType_HasFeature(ty.as_type_ptr(), ffi::Py_TPFLAGS_HEAPTYPE) != 0 }
}

/// Bases that C code defines and whose members lead to functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Base {
    StaticMethod,
    ClassMethod,
    Property,
    Method,
}

impl Base {
    fn pointer(self) -> *mut ffi::PyTypeObject {
        match self {
            Self::StaticMethod => &raw mut ffi::PyStaticMethod_Type,
            Self::ClassMethod => &raw mut ffi::PyClassMethod_Type,
            Self::Property => &raw mut ffi::PyProperty_Type,
            Self::Method => &raw mut PyMethod_Type,
        }
    }

    pub(super) fn of<'py>(self, py: Python<'py>) -> Bound<'py, PyType> {
        // SAFETY: a static type object, alive as long as the interpreter.
        unsafe { Bound::from_borrowed_ptr(py, self.pointer().cast()).cast_into_unchecked() }
    }
}

/// The C member `name` of `object`, read by the descriptor in `base`'s own namespace, whatever a subclass says.
pub(super) fn member<'py>(
    object: &Bound<'py, PyAny>,
    base: &Bound<'py, PyType>,
    name: &str,
) -> Option<Bound<'py, PyAny>> {
    // SAFETY: two types.
    if unsafe { ffi::PyType_IsSubtype(ffi::Py_TYPE(object.as_ptr()), base.as_type_ptr()) } == 0 {
        return None;
    }
    let descriptor = super::walk::entry(&type_dict(base)?, name)?;
    // SAFETY: the descriptor is checked to be C's member kind, the object was found to be an instance of the type it
    // belongs to, so its getter reads one field; it gives a new reference or null with an exception.
    let value = unsafe {
        let kind = ffi::Py_TYPE(descriptor.as_ptr());
        if kind != &raw mut ffi::PyMemberDescr_Type {
            return None;
        }
        let get = (*kind).tp_descr_get?;
        let of = ffi::Py_TYPE(object.as_ptr()).cast();
        Bound::from_owned_ptr_or_opt(object.py(), get(descriptor.as_ptr(), object.as_ptr(), of))
    };
    clear_error(object.py());
    value
}

/// The instance attribute `name`, where no descriptor of the class could be run by asking for it.
pub(super) fn instance_attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> Option<Bound<'py, PyAny>> {
    let py = object.py();
    // SAFETY: `_PyType_Lookup` walks the class's namespaces and gives a borrowed reference or null; the generic read
    // calls a getter only if the class has a descriptor of that name, which is excluded unless it is a slot; new
    // reference or null.
    let value = unsafe {
        let of_class = _PyType_Lookup(ffi::Py_TYPE(object.as_ptr()), name.as_ptr());
        let is_slot = !of_class.is_null() && ffi::Py_TYPE(of_class) == &raw mut ffi::PyMemberDescr_Type;
        if !of_class.is_null() && !is_slot && (*ffi::Py_TYPE(of_class)).tp_descr_get.is_some() {
            return None;
        }
        Bound::from_owned_ptr_or_opt(py, ffi::PyObject_GenericGetAttr(object.as_ptr(), name.as_ptr()))
    };
    clear_error(py);
    value
}

/// The Python frame that runs now.
pub(super) fn current_frame(py: Python<'_>) -> Option<Bound<'_, PyFrame>> {
    // SAFETY: borrowed or null.
    let frame = unsafe { Bound::from_borrowed_ptr_or_opt(py, ffi::PyEval_GetFrame().cast()) };
    frame?.cast_into::<PyFrame>().ok()
}

/// A str as text; nothing is cached in it.
pub(super) fn text(s: &Bound<'_, PyString>) -> String {
    // SAFETY: exactly or by inheritance a str; a compact ASCII one has `length` bytes of text behind its header.
    unsafe {
        let raw = s.as_ptr();
        if ffi::PyUnicode_IS_COMPACT_ASCII(raw) != 0 {
            let length = ffi::PyUnicode_GET_LENGTH(raw) as usize;
            let bytes = std::slice::from_raw_parts(ffi::PyUnicode_DATA(raw).cast::<u8>(), length);
            return std::str::from_utf8(bytes).unwrap_or_default().to_owned();
        }
    }
    let encoded = s.encode_utf8();
    clear_error(s.py());
    encoded.ok().and_then(|b| std::str::from_utf8(b.as_bytes()).ok().map(str::to_owned)).unwrap_or_default()
}

/// Whether a str is this text; nothing is cached in it.
pub(super) fn is_text(s: &Bound<'_, PyString>, expected: &str) -> bool {
    // SAFETY: a str and plain bytes; a bad comparison is only "unequal".
    unsafe {
        if ffi::PyUnicode_IS_COMPACT_ASCII(s.as_ptr()) == 0 {
            return !expected.is_ascii() && text(s) == expected;
        }
        let length = ffi::PyUnicode_GET_LENGTH(s.as_ptr()) as usize;
        let bytes = std::slice::from_raw_parts(ffi::PyUnicode_DATA(s.as_ptr()).cast::<u8>(), length);
        bytes == expected.as_bytes()
    }
}

/// An attribute of a code or frame object, both of whose types are C's and final.
pub(super) fn own<'py>(object: &Bound<'py, PyAny>, name: &Bound<'py, PyString>) -> Option<Bound<'py, PyAny>> {
    let value = object.getattr(name).ok();
    clear_error(object.py());
    value
}

/// `code.co_qualname`.
pub(super) fn code_qualname(code: &Bound<'_, PyAny>) -> String {
    let name = own(code, intern!(code.py(), "co_qualname"));
    name.and_then(|n| n.cast_into::<PyString>().ok()).map(|n| text(&n)).unwrap_or_default()
}

fn clear_error(py: Python<'_>) {
    // SAFETY: the GIL is held; clears the indicator that a failed read of ours left.
    unsafe {
        if !ffi::PyErr_Occurred().is_null() {
            ffi::PyErr_Clear();
        }
    }
    let _ = py;
}

/// Whether the reference at hand is the only one to the object.
pub(super) fn is_ours_alone(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the reference keeps the object alive, and the lock is held.
    unsafe { ffi::Py_REFCNT(object.as_ptr()) == 1 }
}
