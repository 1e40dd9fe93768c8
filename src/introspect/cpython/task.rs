//! The asyncio task that runs: found as data, from the event loop that this thread is in.
//!
//! In: the running thread. Out: a name. Never here: a call into `asyncio`; a task of an event loop that keeps its thread
//! out of sight (one written in C) has no name here.

use std::ffi::CStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use pyo3::ffi;

use super::around::modules;
use super::layout::{Class, class_of, dict_version, part, pointer_at};
use super::{CPython, Name, Obj, scalar};
use crate::introspect::{Child, Introspect, Look, Walk};

/// A task's name is cut at so many bytes.
const TASK_NAME_BYTES_MAX: usize = 128;
/// Event loops that are looked at: each runs in a thread of its own.
const LOOPS_MAX: usize = 64;
/// Where a task written in C keeps its name, before it its coroutine, and how large it is. Another size is another layout.
const TASK_NAME: isize = if cfg!(Py_3_13) { 128 } else { 144 };
const TASK_CORO: isize = TASK_NAME - 8;
const TASK_BYTES: isize = if cfg!(Py_3_13) { 144 } else { 176 };

struct Names {
    tasks: Name,
    native: Name,
    current: Name,
    task: Name,
    thread: Name,
    name: Name,
}

/// Made before the first firing that asks. Load path.
fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| Names {
        tasks: Name::new("asyncio.tasks"),
        native: Name::new("_asyncio"),
        current: Name::new("_current_tasks"),
        task: Name::new("Task"),
        thread: Name::new("_thread_id"),
        name: Name::new("_name"),
    })
}

/// Makes what reading takes. Load path.
pub(super) fn prepare() {
    names();
}

/// The name of the task that the running thread's event loop is in.
pub(super) fn name() -> Option<String> {
    name_of(running()?)
}

/// The task that the running thread's event loop is in.
pub(super) fn running() -> Option<Obj> {
    let tasks = tasks()?;
    // SAFETY: the GIL is held.
    let ident = unsafe { ffi::PyThread_get_thread_ident() };
    current(tasks, i64::try_from(ident).ok()?)
}

/// Where the dict of tasks was found: `sys.modules` and its version, the module's own dict and its, the dict itself; 0 is
/// nothing. A dict has another version after every change and none twice, so while both are the same, all of it is there.
/// Read and written with the GIL held only.
static FOUND: [AtomicUsize; 5] = [const { AtomicUsize::new(0) }; 5];

/// The dict of the tasks that event loops are in; `None` while nobody has imported asyncio.
#[inline]
fn tasks() -> Option<Obj> {
    let modules = modules()?;
    let [all, version, own, own_version, tasks] = &FOUND;
    // SAFETY: only exact dicts are remembered; the module is in `sys.modules` as long as that does not change.
    let same = all.load(Relaxed) == modules.as_ptr().addr()
        && unsafe { dict_version(modules) } == version.load(Relaxed)
        && part(own.load(Relaxed) as *mut ffi::PyObject)
            .is_none_or(|own| unsafe { dict_version(own) } == own_version.load(Relaxed));
    if same { part(tasks.load(Relaxed) as *mut ffi::PyObject) } else { find_tasks(modules) }
}

#[cold]
fn find_tasks(modules: Obj) -> Option<Obj> {
    let module = CPython::key(modules, &names().tasks).ok();
    let found = module.and_then(|module| CPython::attr(module, &names().current).ok());
    // SAFETY: a live module of that very class, which keeps its dict.
    let own = module
        .filter(|module| class_of(*module).is(&raw const ffi::PyModule_Type))
        .and_then(|module| part(unsafe { ffi::PyModule_GetDict(module.as_ptr()) }));
    let known =
        class_of(modules).is(&raw const ffi::PyDict_Type) && module.is_some() == (own.is_some() && found.is_some());
    // SAFETY: an exact dict where it is kept.
    let version = |dict: Obj| (dict.as_ptr().addr(), unsafe { dict_version(dict) });
    let (all, of_all) = if known { version(modules) } else { (0, 0) };
    let (own, of_own) = own.map_or((0, 0), version);
    let kept = [all, of_all, own, of_own, found.map_or(0, |found| found.as_ptr().addr())];
    FOUND.iter().zip(kept).for_each(|(to, value)| to.store(value, Relaxed));
    found
}

pub(super) fn name_of(task: Obj) -> Option<String> {
    let name = own_name(task).or_else(|| CPython::attr(task, &names().name).ok())?;
    if let Look::Int(n) = scalar::look(name) {
        return Some(format!("Task-{n}"));
    }
    let mut text = Vec::new();
    scalar::text(name, TASK_NAME_BYTES_MAX, &mut text);
    String::from_utf8(text).ok().filter(|text| !text.is_empty())
}

/// Of the tasks that event loops are in, the one of this thread's.
fn current(tasks: Obj, ident: i64) -> Option<Obj> {
    let (mut found, mut seen) = (None, 0);
    CPython::children(tasks, &mut |child| {
        let Child::Pair(event_loop, task) = child else { return Walk::Stop };
        let thread = CPython::attr(event_loop, &names().thread).map(scalar::look);
        found = (thread == Ok(Look::Int(ident))).then_some(task);
        seen += 1;
        if found.is_some() || seen == LOOPS_MAX { Walk::Stop } else { Walk::On }
    });
    found
}

/// What a task written in C is called by its own field.
pub(super) fn own_name(task: Obj) -> Option<Obj> {
    let native = native()?;
    // SAFETY: the task has the layout of that class, which has an object pointer there.
    class_of(task).extends(native.as_ptr()).then(|| part(unsafe { pointer_at(task, TASK_NAME) }))?
}

/// The coroutine of an `_asyncio.Task`; `native` is that class, and the task an instance.
pub(super) fn coroutine(native: Class, task: Obj) -> Option<Obj> {
    // SAFETY: where it has that layout there is an object pointer.
    class_of(task).extends(native.as_ptr()).then(|| part(unsafe { pointer_at(task, TASK_CORO) }))?
}

/// The class of tasks that are written in C, `_asyncio.Task`.
pub(super) fn native() -> Option<Class> {
    let native = CPython::key(modules()?, &names().native).ok()?;
    let class = Class::of_type(CPython::attr(native, &names().task).ok()?)?;
    // The attribute may have been replaced by another class.
    // SAFETY: a live type's name ends with a null byte.
    let name = unsafe { CStr::from_ptr(class.get(|t| t.tp_name)) };
    let genuine = class.has(ffi::Py_TPFLAGS_IMMUTABLETYPE)
        && name == c"_asyncio.Task"
        && class.get(|t| t.tp_basicsize) == TASK_BYTES;
    genuine.then_some(class)
}
