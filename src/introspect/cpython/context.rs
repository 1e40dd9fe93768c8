//! Where the running request is kept: one context variable of ours, whose values are capsules.
//!
//! In: openings and closings; contexts that are copied, for tasks and threads, by whoever runs them. Out: the request of
//! the running context. Never here: Python code, an exception left behind, a request that two contexts write to.
//!
//! Reading asks the variable, which is C code that looks into a cache and then into a tree whose keys are compared by
//! address. Writing makes a few native objects (a tree's nodes, a token that is dropped at once) and frees what they
//! replace, all of which are the interpreter's or ours; the collector, which could run finalisers, is held meanwhile.

use std::ffi::{CStr, c_void};
use std::ptr::{NonNull, null_mut};
use std::rc::Rc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

use pyo3::ffi::{self, PyObject};

use super::{layout, task};
use crate::request::{Opening, Scope};

/// The variable; null until a request can begin. Never freed: contexts may have it as long as they like.
static VARIABLE: AtomicPtr<PyObject> = AtomicPtr::new(null_mut());
const NAME: &CStr = c"waspect.request";
/// Capsules that somebody still has: without any, no context has a request. Counted with the lock held only.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// What a capsule holds.
struct Held {
    scope: Rc<Scope>,
    /// A weak reference to the context that may write to it.
    owner: Owned,
}

/// A reference of our own, given back under the interpreter lock, which is held wherever one of these is.
#[derive(Debug)]
pub struct Owned(NonNull<PyObject>);

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the lock is held; the reference is ours.
        unsafe { ffi::Py_DECREF(self.0.as_ptr()) }
    }
}

/// A request that was opened or gone on with, until it is left.
#[derive(Debug)]
pub struct Entered {
    scope: Rc<Scope>,
    /// What the variable had before.
    before: Option<Owned>,
    /// Leaving ends the request itself.
    ends: bool,
}

/// Requests can begin from here on. Load path.
pub fn prepare() {
    if VARIABLE.load(Relaxed).is_null() {
        pyo3::Python::attach(|_| {
            // SAFETY: the lock is held, so nobody else is here; the name is static.
            let made = unsafe { ffi::PyContextVar_New(NAME.as_ptr(), null_mut()) };
            if made.is_null() {
                forget_error();
            }
            VARIABLE.store(made, Relaxed);
            task::prepare();
        });
    }
}

/// What the running context has in the variable.
#[inline]
fn value() -> Option<Owned> {
    let variable = VARIABLE.load(Relaxed);
    if variable.is_null() {
        return None;
    }
    let mut value = null_mut();
    // SAFETY: the lock is held; the variable lives for ever.
    if unsafe { ffi::PyContextVar_Get(variable, null_mut(), &raw mut value) } < 0 {
        forget_error();
        return None;
    }
    NonNull::new(value).map(Owned)
}

/// The application can see the variable, and could put anything into it.
#[inline]
fn held(value: &Owned) -> Option<&Held> {
    // SAFETY: live; a capsule under this very name was made here, and keeps its content while it lives.
    unsafe {
        let object = value.0.as_ptr();
        let is_ours = ffi::PyCapsule_CheckExact(object) != 0 && ffi::PyCapsule_GetName(object) == NAME.as_ptr();
        if is_ours { layout::capsuled(object).cast::<Held>().as_ref() } else { None }
    }
}

#[inline]
pub(super) fn request() -> Option<Rc<Scope>> {
    if LIVE.load(Relaxed) == 0 {
        return None;
    }
    held(&value()?).map(|held| held.scope.clone())
}

#[inline]
pub(super) fn own_request() -> Option<Rc<Scope>> {
    let value = value()?;
    let held = held(&value)?;
    if held.is_here() { Some(held.scope.clone()) } else { copied(&held.scope) }
}

/// Another context's request, from here on this one's too.
#[cold]
fn copied(scope: &Scope) -> Option<Rc<Scope>> {
    let own = Rc::new(scope.copied());
    put(&own).then_some(own)
}

impl Held {
    /// Whether the running context is the one that made it.
    #[inline]
    fn is_here(&self) -> bool {
        // SAFETY: the lock is held; a weak reference keeps its target's address, or None.
        unsafe { layout::weakly(self.owner.0.as_ptr()) == layout::running_context(ffi::PyThreadState_Get()) }
    }
}

/// Gives the running context this request, as its own.
fn put(scope: &Rc<Scope>) -> bool {
    quietly(|| {
        // A thread has no context until it sets something.
        if current_context().is_none() && !set(none()) {
            return false;
        }
        let made = current_context().and_then(|context| capsule(scope, context));
        made.is_some_and(|made| set(made.0.as_ptr()))
    })
}

fn none() -> *mut PyObject {
    // SAFETY: lives for ever.
    unsafe { ffi::Py_None() }
}

fn current_context() -> Option<NonNull<PyObject>> {
    // SAFETY: the lock is held.
    NonNull::new(unsafe { layout::running_context(ffi::PyThreadState_Get()) })
}

fn capsule(scope: &Rc<Scope>, context: NonNull<PyObject>) -> Option<Owned> {
    // SAFETY: the context is live and can be referred to weakly; what the capsule is given belongs to it from then on.
    unsafe {
        let owner = Owned(NonNull::new(ffi::PyWeakref_NewRef(context.as_ptr(), null_mut()))?);
        let held = Box::into_raw(Box::new(Held { scope: scope.clone(), owner }));
        let made = NonNull::new(ffi::PyCapsule_New(held.cast::<c_void>(), NAME.as_ptr(), Some(free)));
        let Some(made) = made else {
            drop(Box::from_raw(held));
            return None;
        };
        LIVE.store(LIVE.load(Relaxed) + 1, Relaxed);
        // Nothing is read out of a capsule that is laid out in another way.
        Some(Owned(made)).filter(|made| layout::capsuled(made.0.as_ptr()) == held.cast())
    }
}

unsafe extern "C" fn free(capsule: *mut PyObject) {
    // SAFETY: called once, for a capsule made above that nobody refers to.
    unsafe { drop(Box::from_raw(ffi::PyCapsule_GetPointer(capsule, NAME.as_ptr()).cast::<Held>())) };
    LIVE.store(LIVE.load(Relaxed) - 1, Relaxed);
}

fn set(value: *mut PyObject) -> bool {
    // SAFETY: variable and value are live; the token is a new reference that nobody needs.
    unsafe { NonNull::new(ffi::PyContextVar_Set(VARIABLE.load(Relaxed), value)).map(Owned).is_some() }
}

/// Runs what makes native objects: no collection, and no exception but the one that was there.
fn quietly(make: impl FnOnce() -> bool) -> bool {
    let (mut kind, mut error, mut trace) = (null_mut(), null_mut(), null_mut());
    // SAFETY: the lock is held; what is fetched is put back, whatever happened meanwhile is dropped.
    #[allow(deprecated, reason = "the one pair that 3.11 has too")]
    unsafe {
        ffi::PyErr_Fetch(&raw mut kind, &raw mut error, &raw mut trace);
        let collects = ffi::PyGC_Disable();
        let made = make();
        if collects != 0 {
            ffi::PyGC_Enable();
        }
        ffi::PyErr_Restore(kind, error, trace);
        made
    }
}

#[cold]
fn forget_error() {
    // SAFETY: the lock is held.
    unsafe { ffi::PyErr_Clear() };
}

/// What the application put into the variable is not ours to replace: its end could run code.
fn is_ours(before: Option<&Owned>) -> bool {
    before.is_none_or(|value| value.0.as_ptr() == none() || held(value).is_some())
}

/// Opens a request in the running context, if `how` does.
pub fn open(how: Opening) -> Option<Entered> {
    let before = value();
    if !is_ours(before.as_ref()) {
        return None;
    }
    let running = before.as_ref().and_then(held).map(|held| held.scope.clone());
    let scope = Rc::new(Scope::opened(how, running.as_deref())?);
    put(&scope).then_some(Entered { scope, before, ends: true })
}

/// What the running context would hand on to a thread.
pub fn carried() -> Option<Owned> {
    value().filter(|value| held(value).is_some())
}

/// Goes on with a request that came from another thread. Writes go to a copy.
pub fn enter(carried: &Owned) -> Option<Entered> {
    let before = value();
    if !is_ours(before.as_ref()) {
        return None;
    }
    let scope = held(carried)?.scope.clone();
    quietly(|| set(carried.0.as_ptr())).then_some(Entered { scope, before, ends: false })
}

/// Leaves a request, where it is still the one that runs.
pub fn leave(entered: Entered) {
    if request().is_some_and(|running| running.number() == entered.scope.number()) {
        quietly(|| set(entered.before.as_ref().map_or_else(none, |before| before.0.as_ptr())));
    }
    if entered.ends {
        entered.scope.close();
    }
}
