//! The hook: native objects spliced into a function, whose subscript operations fire probes.
//!
//! In: `del probe[a]`, `probe[a] = b`, `probe[a] -> token` at an entry; `token[rv] -> rv`, `del token[exc]` at an exit; a
//! token freed without either is a frame that vanished. Out: firings. Never here: an exception, a changed result, Python
//! code, a kept reference to the application.
//!
//! Every function below is called by the interpreter with its lock held, on a thread that runs the probed frame.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use pyo3::ffi;
use pyo3::prelude::*;

use super::gil::Gil;
use super::pending::{Return, Watch};
use super::point::{Outcome, Point, Side};
use super::roots;
use crate::host::Slots;
use crate::introspect::cpython::Obj;
use crate::introspect::cpython::context::{self, Entered};
use crate::report::DropKind;

unsafe extern "C" {
    /// Makes dead memory whose type is set an object with one reference; pyo3 does not declare it.
    fn _Py_NewReference(object: *mut ffi::PyObject);
}

/// Tokens kept for the next call.
const FREE_MAX: usize = 256;

static FREE: Gil<RefCell<Vec<Kept>>> = Gil::new(RefCell::new(Vec::new()));
/// A probe is firing: probes do not fire inside probes. No atomic, whose swap would wait for every store before it.
static BUSY: Gil<Cell<bool>> = Gil::new(Cell::new(false));

#[repr(C)]
struct Hook {
    base: ffi::PyObject,
    point: Rc<Point>,
    /// The arguments that the code around this object hands it, by position; -1 for none.
    handed: [i32; 2],
}

#[repr(C)]
struct Token {
    base: ffi::PyObject,
    call: Option<Call>,
}

/// A freed token's memory; it still holds its reference to the type.
struct Kept(*mut ffi::PyObject);

/// One call of a probed function, from its entry to its exit.
struct Call {
    point: Rc<Point>,
    start_ticks: u64,
    sequence: u64,
    slots: Slots,
    /// The request that the call runs in, where its entry began it or took it up.
    request: Option<Box<Entered>>,
    left: Cell<bool>,
}

struct Types {
    hook: Py<PyAny>,
    token: Py<PyAny>,
}

static TYPES: Gil<RefCell<Option<Types>>> = Gil::new(RefCell::new(None));

/// A new hook object for a point, to be put where it is handed the arguments at these positions.
///
/// # Errors
/// When Python has no memory.
pub(super) fn new<'py>(py: Python<'py>, point: Rc<Point>, handed: [i32; 2]) -> PyResult<Bound<'py, PyAny>> {
    let kind = types(py)?.0;
    // SAFETY: `kind` is our own heap type of basic size `Hook`; PyObject_Malloc gives that much memory or NULL, the
    // object header is written by PyObject_Init and the fields of ours before anybody else can see the object.
    unsafe {
        let memory = ffi::PyObject_Malloc(size_of::<Hook>()).cast::<Hook>();
        if memory.is_null() {
            return Err(PyErr::fetch(py));
        }
        (&raw mut (*memory).point).write(point);
        (&raw mut (*memory).handed).write(handed);
        let object = ffi::PyObject_Init(memory.cast(), kind.cast());
        Ok(Bound::from_owned_ptr(py, object))
    }
}

/// An object whose token brings a watched function's return to `watch`, which may replace it. Internal to the load path:
/// unlike a probe it may run code.
///
/// # Errors
/// When Python has no memory.
pub(super) fn interceptor<'py>(py: Python<'py>, watch: Arc<Watch>, returns: Return) -> PyResult<Bound<'py, PyAny>> {
    Ok(Bound::new(py, Interceptor { watch, returns })?.into_any())
}

#[pyclass(frozen, module = "waspect")]
struct Interceptor {
    watch: Arc<Watch>,
    returns: Return,
}

/// One call of a watched function: what it was asked for.
#[pyclass(frozen, module = "waspect")]
struct Intercepted {
    by: Py<Interceptor>,
    argument: Py<PyAny>,
}

#[pymethods]
impl Interceptor {
    fn __getitem__(slf: Bound<'_, Self>, argument: Py<PyAny>) -> Intercepted {
        Intercepted { by: slf.unbind(), argument }
    }
}

#[pymethods]
impl Intercepted {
    fn __getitem__<'py>(&self, value: Bound<'py, PyAny>) -> Bound<'py, PyAny> {
        let by = self.by.get();
        let on_return = || by.watch.on_return(by.returns, Some(self.argument.bind(value.py())), &value);
        // An import goes on as it would have, whatever is wrong here.
        catch_unwind(AssertUnwindSafe(on_return)).ok().flatten().unwrap_or(value)
    }

    fn __delitem__(&self, _exception: &Bound<'_, PyAny>) {}
}

/// Both types, as borrowed pointers that live for ever.
fn types(py: Python<'_>) -> PyResult<(*mut ffi::PyObject, *mut ffi::PyObject)> {
    let mut types = TYPES.get(py).borrow_mut();
    if types.is_none() {
        *types = Some(Types { hook: make_hook_type(py)?, token: make_token_type(py)? });
    }
    types.as_ref().map(|t| (t.hook.as_ptr(), t.token.as_ptr())).ok_or_else(|| PyErr::fetch(py))
}

fn slot(number: c_int, function: *mut c_void) -> ffi::PyType_Slot {
    ffi::PyType_Slot { slot: number, pfunc: function }
}

fn make_hook_type(py: Python<'_>) -> PyResult<Py<PyAny>> {
    make_type(
        py,
        c"waspect.Probe",
        size_of::<Hook>(),
        &mut [
            slot(ffi::Py_tp_dealloc, hook_dealloc as *mut c_void),
            slot(ffi::Py_mp_subscript, hook_subscript as *mut c_void),
            slot(ffi::Py_mp_ass_subscript, hook_ass_subscript as *mut c_void),
            slot(ffi::Py_tp_methods, (&raw const METHODS.0).cast_mut().cast()),
            slot(0, std::ptr::null_mut()),
        ],
    )
}

fn make_token_type(py: Python<'_>) -> PyResult<Py<PyAny>> {
    make_type(
        py,
        c"waspect.Token",
        size_of::<Token>(),
        &mut [
            slot(ffi::Py_tp_dealloc, token_dealloc as *mut c_void),
            slot(ffi::Py_mp_subscript, token_subscript as *mut c_void),
            slot(ffi::Py_mp_ass_subscript, token_ass_subscript as *mut c_void),
            slot(0, std::ptr::null_mut()),
        ],
    )
}

fn make_type(
    py: Python<'_>,
    name: &'static std::ffi::CStr,
    size: usize,
    slots: &mut [ffi::PyType_Slot],
) -> PyResult<Py<PyAny>> {
    let flags = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION | ffi::Py_TPFLAGS_IMMUTABLETYPE;
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr(),
        basicsize: c_int::try_from(size).unwrap_or(c_int::MAX),
        itemsize: 0,
        flags: u32::try_from(flags).unwrap_or(0),
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: name and method table are static, the slots end with 0 and hold functions of the types their numbers
    // ask for, and FromSpec copies the rest before it returns.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&raw mut spec)).map(Bound::unbind) }
}

struct Methods([ffi::PyMethodDef; 2]);
// SAFETY: the table is never written; its pointers are to static text and a function.
unsafe impl Sync for Methods {}

static METHODS: Methods = Methods([
    ffi::PyMethodDef {
        ml_name: c"__reduce__".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: hook_reduce },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: c"Pickled, a probe becomes an object that does nothing.".as_ptr(),
    },
    ffi::PyMethodDef::zeroed(),
]);

/// What a pickled hook is on the other side, where there may be no waspect: every operation goes through untouched.
const INERT: &std::ffi::CStr = c"type('inert',(),{'__getitem__':lambda s,a:type('inert',(),\
{'__getitem__':lambda s,v:v,'__delitem__':lambda s,e:None})(),'__delitem__':lambda s,a:None,\
'__setitem__':lambda s,a,b:None})()";

unsafe extern "C" fn hook_reduce(_: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called with the lock held; builtins.eval is borrowed from the running interpreter and Py_BuildValue takes
    // its own references.
    unsafe {
        let eval = ffi::PyDict_GetItemString(ffi::PyEval_GetBuiltins(), c"eval".as_ptr());
        if eval.is_null() {
            return std::ptr::null_mut();
        }
        ffi::Py_BuildValue(c"O(s)".as_ptr(), eval, INERT.as_ptr())
    }
}

unsafe extern "C" fn hook_dealloc(object: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls this once, for an object made by `new`; nobody refers to it any more.
    unsafe {
        std::ptr::drop_in_place(&raw mut (*object.cast::<Hook>()).point);
        free(object);
    }
}

/// Gives the memory back and the type its reference.
///
/// # Safety
/// `object` is dead and of one of the heap types above.
unsafe fn free(object: *mut ffi::PyObject) {
    // SAFETY: by contract; instances of heap types hold a reference to their type.
    unsafe {
        let kind = ffi::Py_TYPE(object);
        ffi::PyObject_Free(object.cast());
        ffi::Py_DECREF(kind.cast());
    }
}

/// `probe[a]`: an entry that needs its exit.
unsafe extern "C" fn hook_subscript(object: *mut ffi::PyObject, key: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the slot belongs to `Hook`, the lock is held, `key` is borrowed for the call.
    let (py, hook, key) = unsafe { (Python::assume_attached(), &*object.cast::<Hook>(), Obj::borrowed(key)) };
    let point = &hook.point;
    settle_fork(py);
    let mut slots = Slots::default();
    let start_ticks = point.clock_ticks();
    let sequence = point.entered();
    let request = enter_request(py, point);
    let skip = |why| point.skipped_entry(why);
    guarded(py, point, Side::Entry, &mut slots, skip, |next, slots| {
        point.fire_entry(passed(hook, [key, None]), (start_ticks, sequence), next, slots);
    });
    new_token(py, point, start_ticks, sequence, slots, request)
}

/// `del probe[a]` and `probe[a] = b`: an entry without exit.
unsafe extern "C" fn hook_ass_subscript(
    object: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: as in `hook_subscript`; `value` is NULL for a deletion, which `borrowed` takes for nothing.
    let (py, hook, handed) = unsafe {
        let handed = [Obj::borrowed(key), Obj::borrowed(value)];
        (Python::assume_attached(), &*object.cast::<Hook>(), handed)
    };
    settle_fork(py);
    let point = &hook.point;
    let sequence = point.entered();
    // An entry without exit has nothing to undo.
    drop(enter_request(py, point));
    let mut slots = Slots::default();
    let skip = |why| point.skipped_entry(why);
    guarded(py, point, Side::Entry, &mut slots, skip, |next, slots| {
        point.fire_entry(passed(hook, handed), (0, sequence), next, slots);
    });
    // The commonest has nothing to free, and its end is not worth a call.
    if slots.is_empty() {
        std::mem::forget(slots);
    }
    0
}

/// Positions and values of the arguments that came with an operation.
#[inline]
fn passed(hook: &Hook, [a, b]: [Option<Obj>; 2]) -> [(i32, Option<Obj>); 2] {
    [(hook.handed[0], a), (hook.handed[1], b)]
}

/// A token from the free list or fresh; without memory for it the interpreter's own MemoryError rises, as it would for
/// any call.
///
/// The call's parts come one by one and meet in the token: put together before, they would be read back at another width
/// than they were written.
#[inline(always)]
fn new_token(
    py: Python<'_>,
    point: &Rc<Point>,
    start_ticks: u64,
    sequence: u64,
    slots: Slots,
    request: Option<Box<Entered>>,
) -> *mut ffi::PyObject {
    let kept = FREE.get(py).borrow_mut().pop();
    let call = || Call { point: point.clone(), start_ticks, sequence, slots, request, left: Cell::new(false) };
    let Some(Kept(object)) = kept else { return fresh_token(py, call()) };
    // SAFETY: the memory was a token of ours and still holds its reference to the type; the call is written before the
    // count makes it an object again.
    unsafe {
        (&raw mut (*object.cast::<Token>()).call).write(Some(call()));
        _Py_NewReference(object);
    }
    object
}

#[cold]
fn fresh_token(py: Python<'_>, call: Call) -> *mut ffi::PyObject {
    let Ok((_, kind)) = types(py) else { return std::ptr::null_mut() };
    // SAFETY: the memory is as large as a token; the call is written before the header makes it an object.
    unsafe {
        let memory = ffi::PyObject_Malloc(size_of::<Token>()).cast::<ffi::PyObject>();
        if memory.is_null() {
            return ffi::PyErr_NoMemory();
        }
        (&raw mut (*memory.cast::<Token>()).call).write(Some(call));
        ffi::PyObject_Init(memory, kind.cast())
    }
}

unsafe extern "C" fn token_dealloc(object: *mut ffi::PyObject) {
    // SAFETY: called once for a token of ours that nobody refers to, with the lock held.
    let (py, call) = unsafe { (Python::assume_attached(), (*object.cast::<Token>()).call.take()) };
    if let Some(mut call) = call
        && !call.left.get()
    {
        settle_fork(py);
        call.point.abandoned(call.sequence);
        leave_request(call.request.take());
    }
    let mut kept = FREE.get(py).borrow_mut();
    if kept.len() < FREE_MAX {
        kept.push(Kept(object));
    } else {
        // SAFETY: a dead object of a heap type of ours.
        unsafe { free(object) };
    }
}

/// `token[rv]`: the call returns.
unsafe extern "C" fn token_subscript(object: *mut ffi::PyObject, rv: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the slot belongs to `Token`; `rv` is borrowed and given back with a reference of its own.
    unsafe {
        leave(object, Outcome::Return, rv);
        ffi::Py_INCREF(rv);
    }
    rv
}

/// `del token[exc]`: the call raises.
unsafe extern "C" fn token_ass_subscript(
    object: *mut ffi::PyObject,
    exception: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: as in `token_subscript`.
    unsafe { leave(object, Outcome::Raise, exception) };
    0
}

/// # Safety
/// `token` is a live `Token`, `object` is borrowed for the call, the lock is held.
unsafe fn leave(token: *mut ffi::PyObject, outcome: Outcome, object: *mut ffi::PyObject) {
    // SAFETY: by contract; nothing below runs Python code, so nobody else reaches the call meanwhile.
    let (py, call, object) =
        unsafe { (Python::assume_attached(), &mut (*token.cast::<Token>()).call, Obj::borrowed(object)) };
    let (Some(call), Some(object)) = (call, object) else { return };
    settle_fork(py);
    call.left.set(true);
    let Call { point, start_ticks, sequence, slots, request, .. } = call;
    point.left(outcome, *sequence);
    let (start_ticks, sequence) = (*start_ticks, *sequence);
    let skip = |why| point.skipped_exit(outcome, start_ticks, sequence, why);
    guarded(py, point, Side::Exit, slots, skip, |next, slots| {
        point.fire_exit(outcome, object, (start_ticks, sequence), next, slots);
    });
    leave_request(request.take());
}

/// Begins a request, or takes one up, where calls of this function do.
#[inline]
fn enter_request(py: Python<'_>, point: &Point) -> Option<Box<Entered>> {
    let role = point.role()?;
    catch_unwind(AssertUnwindSafe(|| roots::enter(py, role))).ok().flatten()
}

/// The call's request ends with it.
#[inline]
fn leave_request(request: Option<Box<Entered>>) {
    if let Some(request) = request {
        let _ = catch_unwind(AssertUnwindSafe(|| context::leave(*request)));
    }
}

/// In a forked child, before anything is counted: every session writes a segment of its own from here on.
#[inline]
fn settle_fork(py: Python<'_>) {
    if crate::thread::is_forked() {
        super::live::settle_fork(py);
    }
}

/// Fires only where it cannot hurt: enough stack, no probe around it, nothing thrown. Else `fire` hears why not.
#[inline]
fn guarded(
    py: Python<'_>,
    point: &Point,
    side: Side,
    slots: &mut Slots,
    skip: impl FnOnce(DropKind),
    fire: impl Fn(&mut usize, &mut Slots),
) {
    if !point.is_armed(side) {
        return;
    }
    if !super::point::has_headroom() {
        return skip(DropKind::StackHeadroom);
    }
    if BUSY.get(py).replace(true) {
        return skip(DropKind::Busy);
    }
    // `fire` goes on at the link after the one that panicked.
    let mut next = 0;
    while catch_unwind(AssertUnwindSafe(|| fire(&mut next, slots))).is_err() {
        if !point.panicked(side, next, slots) {
            break;
        }
    }
    BUSY.get(py).set(false);
}
