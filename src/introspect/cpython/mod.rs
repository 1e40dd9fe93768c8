//! [`Introspect`] over a running CPython 3.11–3.13, x86-64, with a GIL: its memory is read, its code is not called.
//!
//! In: borrowed objects, the running frame. Out: scalars, text, borrowed objects, codes. Never here: the attribute
//! protocol, a comparison or hash by the application's code, a materialised `__dict__`, a cached UTF-8 copy, an exception.
//!
//! **Why the reads are sound.** Every read happens on a thread that holds the GIL, from the moment the hook is entered to
//! the moment it returns, and nothing in this room runs Python code, releases the GIL or drops a reference to an object
//! it was shown. So nothing can be freed, resized or moved meanwhile: an object that was alive when the hook was entered
//! (the frame holds it, or something the frame holds does) stays alive with everything it refers to. Therefore all reads
//! are *borrowed*, an [`Obj`] may be copied freely until the firing ends, and "live" in the `SAFETY` notes of this
//! room means exactly this. Layouts are those of the version the extension was built for, chosen in `layout`, and
//! `check` refuses an interpreter that does not look like it, before anything is attached.
//!
//! The C functions called here: `PyThreadState_Get`, `PyCode_Addr2Line`, `PyType_GetDict` (a new reference to a dict
//! that the type keeps; dropped at once, so never the last), `_Py_HashBytes` (a pure function of bytes), and those of
//! `context`, which says why they may be. A name that is only known on the fire path is laid out as a str in memory of this
//! room's own, and read by nobody else. Interned names are made and dropped on the load path.

mod around;
mod attr;
mod awaits;
mod check;
mod children;
pub mod context;
mod dict;
mod frame;
mod item;
mod keyed;
mod known;
mod layout;
mod name;
mod scalar;
mod steps;
mod task;
mod thread;

use std::ptr::NonNull;
use std::rc::Rc;

use pyo3::ffi::PyObject;
use pyo3::{Bound, PyAny};
use waspect_abi::{Code, Kind};

use super::{Child, Introspect, KeyOf, Look, NAME_BYTES_MAX, Spot, Waiting, Walk, Whole};
use crate::request::Scope;
pub use around::modules;
pub use check::{is_main_interpreter, self_check};
pub use frame::{Frame, current_frame, within};
pub use name::Name;

/// A borrowed object, valid until the firing ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Obj(NonNull<PyObject>);

impl Obj {
    /// # Safety
    /// `object` is live, and stays so until the last use of the result: the caller holds a reference and the GIL.
    pub unsafe fn borrowed(object: *mut PyObject) -> Option<Self> {
        NonNull::new(object).map(Self)
    }

    pub fn as_ptr(self) -> *mut PyObject {
        self.0.as_ptr()
    }
}

/// Lends an object to `read`; the handle must not be kept beyond it.
pub fn lend<R>(object: &Bound<'_, PyAny>, read: impl FnOnce(Obj) -> R) -> R {
    read(Obj(object.as_non_null()))
}

trait AsNonNull {
    fn as_non_null(&self) -> NonNull<PyObject>;
}

impl AsNonNull for Bound<'_, PyAny> {
    fn as_non_null(&self) -> NonNull<PyObject> {
        // SAFETY: a `Bound` is never null.
        unsafe { NonNull::new_unchecked(self.as_ptr()) }
    }
}

/// The interpreter this extension was built for.
#[derive(Clone, Copy, Debug)]
pub enum CPython {}

impl Introspect for CPython {
    type Obj = Obj;
    type Frame = Frame;
    type Name = Name;

    #[inline]
    fn here() -> Option<Frame> {
        current_frame()
    }
    fn class(o: Obj) -> Obj {
        layout::class_of(o).as_obj()
    }
    fn message(o: Obj) -> Result<Obj, Code> {
        around::message(o)
    }
    fn depth(f: Frame) -> i32 {
        around::depth(f)
    }
    fn thread_name() -> Option<String> {
        around::thread_name()
    }
    fn task_name() -> Option<String> {
        task::name()
    }
    #[inline]
    fn request() -> Option<Rc<Scope>> {
        context::request()
    }
    #[inline]
    fn own_request() -> Option<Rc<Scope>> {
        context::own_request()
    }
    #[inline]
    fn steps() -> u64 {
        steps::take()
    }
    fn name(text: &str) -> Name {
        Name::new(text)
    }
    fn passing(text: &str) -> Name {
        Name::passing(text)
    }
    fn is_name(name: &Name, text: &str) -> bool {
        name.is(text)
    }
    #[inline]
    fn look(o: Obj) -> Look {
        scalar::look(o)
    }
    #[inline(always)]
    fn short(o: Obj) -> Option<i32> {
        scalar::short(o)
    }
    #[inline]
    fn same(a: Obj, b: Obj) -> bool {
        a == b
    }
    fn text(o: Obj, max: usize, out: &mut Vec<u8>) -> bool {
        scalar::text(o, max, out)
    }
    #[inline]
    fn ascii<R>(o: Obj, read: impl FnOnce(Option<&[u8]>) -> R) -> R {
        read(scalar::ascii(o))
    }
    fn raw<R>(o: Obj, read: impl FnOnce(&[u8]) -> R) -> R {
        read(scalar::raw(o))
    }
    fn big(o: Obj, max: usize, out: &mut Vec<u8>) -> (bool, bool) {
        scalar::big(o, max, out)
    }
    fn type_name(o: Obj, out: &mut String) {
        name::of_class(layout::class_of(o), out);
    }
    fn own_name(o: Obj, out: &mut String) -> bool {
        name::own(o, out)
    }
    #[inline]
    fn attr(o: Obj, name: &Name) -> Result<Obj, Code> {
        attr::attr(o, name)
    }
    #[inline]
    fn key(o: Obj, name: &Name) -> Result<Obj, Code> {
        item::key(o, name)
    }
    fn index(o: Obj, i: i64) -> Result<Obj, Code> {
        item::index(o, i)
    }
    fn as_key(o: Obj) -> Result<KeyOf<Self>, Code> {
        keyed::of(o)
    }
    fn get(o: Obj, key: &KeyOf<Self>) -> Result<Obj, Code> {
        keyed::get(o, key)
    }
    fn has(o: Obj, key: &KeyOf<Self>) -> Result<bool, Code> {
        keyed::has(o, key)
    }
    fn positions(o: Obj) -> Result<Kind, Code> {
        item::positions(o)
    }
    fn membership(o: Obj) -> Result<Kind, Code> {
        item::membership(o)
    }
    fn points(o: Obj, from: usize, n: usize, out: &mut Vec<u8>) {
        scalar::points(o, from, n, out);
    }
    fn address(o: Obj) -> u64 {
        o.as_ptr().addr() as u64
    }
    fn builtin(kind: Kind) -> Option<Obj> {
        scalar::builtin(kind)
    }
    fn children(o: Obj, visit: &mut dyn FnMut(Child<'_, Obj>) -> Walk) {
        children::children(o, visit);
    }
    #[inline]
    fn arg(f: Frame, i: i32) -> Result<Obj, Code> {
        frame::arg(f, i)
    }
    fn arg_name<R>(f: Frame, i: i32, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let name = frame::arg_name(f, i)?;
        let mut other = Vec::new();
        let ascii = scalar::ascii(name);
        if ascii.is_none() {
            scalar::text(name, NAME_BYTES_MAX, &mut other);
        }
        Some(read(ascii.unwrap_or(&other)))
    }
    fn arg_count(f: Frame) -> i32 {
        frame::arg_count(f)
    }
    fn local(f: Frame, name: &Name) -> Result<Obj, Code> {
        frame::local(f, name)
    }
    fn closure(f: Frame, name: &Name) -> Result<Obj, Code> {
        frame::closure(f, name)
    }
    fn global(f: Frame, name: &Name) -> Result<Obj, Code> {
        frame::global(f, name)
    }
    fn whole(f: Frame, which: Whole, visit: &mut dyn FnMut(Child<'_, Obj>) -> Walk) {
        frame::whole(f, which, visit);
    }
    fn line(f: Frame) -> i32 {
        frame::line(f)
    }
    fn first_line(f: Frame) -> i32 {
        frame::first_line(f)
    }
    fn raised_line(f: Frame, exception: Obj) -> i32 {
        around::raised_line(f, exception)
    }
    fn line_bytes(f: Frame) -> usize {
        frame::line_bytes(f)
    }
    fn caller(f: Frame) -> Option<Frame> {
        f.previous()
    }
    fn spot(f: Frame, what: Spot, max: usize, out: &mut Vec<u8>) -> bool {
        frame::spot(f, what, max, out)
    }
    fn task_root() -> Option<Frame> {
        awaits::root()
    }
    fn waiters(visit: &mut dyn FnMut(Waiting<'_, Frame>) -> Walk) {
        awaits::waiters(visit);
    }
}
