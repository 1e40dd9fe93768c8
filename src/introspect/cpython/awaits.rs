//! Which asyncio tasks wait for the running one, and where: found as data, from what a future calls back when it is done.
//!
//! In: the running task. Out: tasks and their suspended frames. Bounded: callbacks, futures in between, tasks, awaits.
//! Never here: a call into `asyncio`; a guess: a callback that is none of those that asyncio itself adds tells nothing.

use std::ffi::CStr;
use std::sync::OnceLock;

use pyo3::ffi;

use super::layout::{Class, CodeHead, class_of, list, part, pointer_at, tuple};
use super::scalar::PyMethod_Type;
use super::{CPython, Frame, Name, Obj, name, scalar, task};
use crate::introspect::{Introspect, Waiting, Walk};

/// Callbacks of one future that are looked at.
const CALLBACKS_MAX: usize = 16;
/// Futures between two tasks: one that gathers, one that shields.
const HOPS_MAX: usize = 4;
/// Tasks that wait for each other in a row.
const TASKS_MAX: usize = 64;
/// Coroutines of one task that await each other: what is further inside is not looked for.
const AWAITS_MAX: usize = 1_024;
/// Where a future keeps its first callback, and the list of the others.
const CALLBACK0: isize = 24;
const CALLBACKS: isize = 40;
/// What a small object of C keeps first: what a wrapper wraps, which generator a step is of.
const FIRST: isize = size_of::<ffi::PyObject>().cast_signed();

type Visit<'a> = dyn FnMut(Waiting<'_, Frame>) -> Walk + 'a;

struct Names {
    parent: Name,
    func: Name,
    args: Name,
}

/// Made before the first firing that asks. Load path.
fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| Names { parent: Name::new("_parent_task"), func: Name::new("func"), args: Name::new("args") })
}

/// Makes what reading takes. Load path.
pub(super) fn prepare() {
    names();
}

/// Where the frame of the running task's coroutine lies.
pub(super) fn root() -> Option<Frame> {
    Frame::inside(task::coroutine(task::native()?, task::running()?)?)
}

pub(super) fn waiters(visit: &mut Visit<'_>) {
    let (Some(native), Some(mut at)) = (task::native(), task::running()) else { return };
    for _ in 0..TASKS_MAX {
        let Some(waiting) = waiter(native, at, HOPS_MAX, visit) else { return };
        let name = task::name_of(waiting).unwrap_or_default();
        if visit(Waiting::Task(&name)) == Walk::Stop || frames(native, waiting, visit) == Walk::Stop {
            return;
        }
        at = waiting;
    }
}

/// The frames of a task that waits, innermost first.
fn frames(native: Class, waiting: Obj, visit: &mut Visit<'_>) -> Walk {
    let (mut found, mut at) = (Vec::new(), task::coroutine(native, waiting));
    while let Some(frame) = at.and_then(Frame::suspended) {
        if found.len() == AWAITS_MAX {
            break;
        }
        if visit(Waiting::Link) == Walk::Stop {
            return Walk::Stop;
        }
        found.push(frame);
        at = frame.awaited().map(unwrapped);
    }
    let stopped = found.into_iter().rev().any(|frame| visit(Waiting::Frame(frame)) == Walk::Stop);
    if stopped { Walk::Stop } else { Walk::On }
}

/// A coroutine by its wrapper, an asynchronous generator by the step that is awaited.
fn unwrapped(o: Obj) -> Obj {
    let wrappers = [c"coroutine_wrapper", c"async_generator_asend", c"async_generator_athrow"];
    let class = class_of(o);
    if class.heap().is_some() || !wrappers.contains(&type_name(class)) {
        return o;
    }
    // SAFETY: of these three, which are static types, that is the first field.
    part(unsafe { pointer_at(o, FIRST) }).unwrap_or(o)
}

fn type_name(class: Class) -> &'static CStr {
    // SAFETY: a live type's name ends with a null byte.
    unsafe { CStr::from_ptr(class.get(|t| t.tp_name)) }
}

/// The task that waits for a future: the first that is told of its end.
fn waiter(native: Class, future: Obj, hops: usize, visit: &mut Visit<'_>) -> Option<Obj> {
    let class = native.base().filter(|base| type_name(*base) == c"_asyncio.Future")?;
    if hops == 0 || !class_of(future).extends(class.as_ptr()) {
        return None;
    }
    // SAFETY: a future of C, as its class says; both are null or live.
    let (first, others) = unsafe { (part(pointer_at(future, CALLBACK0)), part(pointer_at(future, CALLBACKS))) };
    let others = others.filter(|all| class_of(*all).is(&raw const ffi::PyList_Type)).map_or(&[][..], list);
    let others = others.iter().filter_map(|each| first_of((*each)?));
    let mut all = first.into_iter().chain(others).take(CALLBACKS_MAX);
    all.find_map(|callback| {
        if visit(Waiting::Link) == Walk::Stop {
            return None;
        }
        told(native, callback).or_else(|| waiter(native, between(callback)?, hops - 1, visit))
    })
}

/// The first item of a tuple.
fn first_of(o: Obj) -> Option<Obj> {
    *class_of(o).is(&raw const ffi::PyTuple_Type).then(|| tuple(o).first())??
}

/// The task that a callback wakes, or that its group belongs to.
fn told(native: Class, callback: Obj) -> Option<Obj> {
    let (class, callable) = (class_of(callback), callback.as_ptr());
    let task = if class.is(&raw const ffi::PyCFunction_Type) {
        let function = callable.cast::<ffi::PyCFunctionObject>();
        // SAFETY: a live function of C keeps its definition, whose name ends with a null byte.
        let wakes = unsafe { CStr::from_ptr((*(*function).m_ml).ml_name) == c"task_wakeup" };
        // SAFETY: as above.
        wakes.then(|| part(unsafe { (*function).m_self }))?
    } else if class.is(&raw const PyMethod_Type) {
        // SAFETY: a live method keeps its function first, then what it is bound to.
        let group = part(unsafe { pointer_at(callback, FIRST + 8) })?;
        let mut name = String::new();
        name::of_class(class_of(group), &mut name);
        (name == "asyncio.taskgroups.TaskGroup").then(|| CPython::attr(group, &names().parent).ok())?
    } else {
        None
    };
    task.filter(|task| class_of(*task).extends(native.as_ptr()))
}

/// The future that a callback of asyncio's own passes the end on to.
fn between(callback: Obj) -> Option<Obj> {
    if !class_of(callback).is(&raw const ffi::PyFunction_Type) {
        let mut class = String::new();
        name::of_class(class_of(callback), &mut class);
        let func = (class == "functools.partial").then(|| CPython::attr(callback, &names().func).ok())??;
        return of_asyncio(func).then(|| first_of(CPython::attr(callback, &names().args).ok()?))?;
    }
    // SAFETY: a live function.
    let (code, closure) = unsafe {
        let function = callback.as_ptr().cast::<ffi::PyFunctionObject>();
        (part((*function).func_code)?, part((*function).func_closure)?)
    };
    // SAFETY: a function's code is a code object.
    let head = unsafe { &*code.as_ptr().cast::<CodeHead>() };
    let names = part(head.localsplusnames).map_or(&[][..], tuple);
    let free = names.len().checked_sub(usize::try_from(head.nfreevars).ok()?)?;
    let wanted = |name: &Option<Obj>| {
        name.is_some_and(|n| [b"outer".as_slice(), b"waiter"].map(Some).contains(&scalar::ascii(n)))
    };
    let place = of_asyncio(callback).then(|| names[free..].iter().position(wanted))??;
    let cell = tuple(closure).get(place).copied()?.filter(|cell| class_of(*cell).is(&raw const ffi::PyCell_Type))?;
    // SAFETY: a live cell.
    part(unsafe { (*cell.as_ptr().cast::<ffi::PyCellObject>()).ob_ref })
}

/// A function of `asyncio.tasks`.
fn of_asyncio(o: Obj) -> bool {
    let mut name = String::new();
    name::own(o, &mut name) && name.starts_with("asyncio.tasks.")
}
