//! The call that is being watched, and what surrounds it: arguments, outcome, clocks, names.
//!
//! In: nothing. Out: values and numbers; where there is none, an error that says so. Never here: a name that could be
//! static; [`get!`](crate::get!) is for those.

use waspect_abi::Code;

use crate::{Status, Value, sys};

/// A positional argument, `self` included; negative counts from the end.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("item", "book").arg("count", 2).fire(|| {
/// assert!(arg(0).is_str());
/// assert_eq!(arg(-1).as_int(), Some(2));
/// assert_eq!(arg(9).error(), Some(Code::Absent));
/// # });
/// ```
pub fn arg(i: i32) -> Value {
    sys::arg(i)
}

/// How many positional arguments there are.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("item", "book").arg("count", 2).fire(|| {
/// assert_eq!(nargs(), 2);
/// # });
/// ```
pub fn nargs() -> usize {
    Status(sys::nargs()).size().unwrap_or(0)
}

/// All positional arguments, in order.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("item", "book").arg("count", 2).fire(|| {
/// assert_eq!(args().filter_map(Value::as_int).sum::<i64>(), 2);
/// # });
/// ```
pub fn args() -> impl Iterator<Item = Value> {
    (0..sys::nargs()).map(sys::arg)
}

/// A path that is computed.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("item", "book").arg("count", 2).fire(|| {
/// let mut path = Text::<16>::new();
/// let _ = core::fmt::write(&mut path, format_args!("arg{}", nargs() - 1));
/// assert_eq!(get_at(path.as_str()).as_int(), Some(2));
/// assert_eq!(get_at("arg0..x").error(), Some(Code::Kind));
/// # });
/// ```
pub fn get_at(path: &str) -> Value {
    sys::get(path)
}

/// A local variable, by a name that is computed.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().local("total", 9).fire(|| {
/// assert_eq!(local("total").as_int(), Some(9));
/// assert_eq!(local("nothing").error(), Some(Code::Absent));
/// # });
/// ```
pub fn local(name: &str) -> Value {
    sys::local(name)
}

/// A global variable, by a name that is computed.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().global("DEBUG", true).fire(|| {
/// assert_eq!(global("DEBUG").as_bool(), Some(true));
/// # });
/// ```
pub fn global(name: &str) -> Value {
    sys::global(name)
}

/// The return value; POINT at an entry and a raise.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().retval(7).fire(|| {
/// assert_eq!(retval().as_int(), Some(7));
/// # });
/// ```
pub fn retval() -> Value {
    sys::retval()
}

/// The exception; None at a return, POINT at an entry.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().exception(Py::exception("shop.SoldOut", "book")).fire(|| {
/// capture!(raised = exception().type_name(), why = get!("exc.message"));
/// assert_eq!(retval().error(), Some(Code::Point));
/// # });
/// ```
pub fn exception() -> Value {
    sys::exception()
}

/// Where the call came from: at most so many frames, the innermost first, as a value of text.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().function("shop.cart.add").called_by(&["shop.views.buy"]).fire(|| {
/// count!("callers", stack(2));
/// assert_eq!(stack(8).len(), Ok(2));
/// assert_eq!(stack(0).error(), Some(Code::Range));
/// # });
/// ```
pub fn stack(frames: u16) -> Value {
    sys::stack(i32::from(frames), 0)
}

/// The same with the parts that are asked for.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// capture!(at = stack_with(5, Stack { lines: true, ..Stack::default() }));
/// # });
/// ```
pub fn stack_with(frames: u16, parts: Stack) -> Value {
    let Stack { lines, files, tasks } = parts;
    sys::stack(i32::from(frames), i32::from(lines) | i32::from(files) << 1 | i32::from(tasks) << 2)
}

/// What each frame of a stack says besides its function.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// let parts = Stack { files: true, lines: true, tasks: false };
/// count!("where", stack_with(3, parts));
/// # });
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Stack {
    /// The line it stands at.
    pub lines: bool,
    /// The file.
    pub files: bool,
    /// Goes on through the asyncio tasks that wait for this one.
    pub tasks: bool,
}

/// Nanoseconds since this call was entered; -1 where that was not seen.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().elapsed_ns(7_000_000).fire(|| {
/// quantize!("latency_us", (), elapsed() / 1_000);
/// assert_eq!(elapsed(), 7_000_000);
/// # });
/// ```
pub fn elapsed() -> i64 {
    sys::elapsed()
}

/// The monotonic clock, in nanoseconds.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// slot_set!("asked", now_mono());
/// let waited = now_mono() - slot!("asked").as_int().unwrap_or(0);
/// assert!(waited >= 0);
/// # });
/// ```
pub fn now_mono() -> i64 {
    sys::now_mono()
}

/// The wall clock, in nanoseconds since 1970.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// capture!(at = now_wall());
/// assert!(now_wall() > 0);
/// # });
/// ```
pub fn now_wall() -> i64 {
    sys::now_wall()
}

/// The process.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// count!("calls", pid());
/// # });
/// ```
pub fn pid() -> i32 {
    sys::pid()
}

/// The thread, as the system numbers it.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// count!("calls", tid());
/// # });
/// ```
pub fn tid() -> i64 {
    sys::tid()
}

/// The thread's name.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().thread("worker-3").fire(|| {
/// assert_eq!(thread_name().is_text("worker-3"), Ok(true));
/// # });
/// ```
pub fn thread_name() -> Value {
    sys::thread_name()
}

/// The line the call stands at.
///
/// # Errors
/// ABSENT where there is no frame.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().line(42).fire(|| {
/// assert_eq!(line(), Ok(42));
/// # });
/// ```
pub fn line() -> Result<usize, Code> {
    Status(sys::line()).size()
}

/// How many frames are below this one.
///
/// # Errors
/// ABSENT where there is no frame.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().called_by(&["shop.views.buy", "shop.main"]).fire(|| {
/// assert_eq!(depth(), Ok(2));
/// # });
/// ```
pub fn depth() -> Result<usize, Code> {
    Status(sys::depth()).size()
}

/// A number of this call, the same at its entry and its exit.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// // At the entry and at the exit of one call the same, so that records of both can be joined.
/// capture!(call = invocation());
/// # });
/// ```
pub fn invocation() -> i64 {
    sys::invocation()
}

/// A number of this firing.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// capture!(firing = firing());
/// # });
/// ```
pub fn firing() -> i64 {
    sys::firing()
}

/// The asyncio task's name; None outside of any.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().task("Task-7").fire(|| {
/// assert_eq!(task().is_text("Task-7"), Ok(true));
/// # });
/// ```
pub fn task() -> Value {
    sys::task()
}

/// The request's name, `r-19`; None outside of any.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().in_request().fire(|| {
/// assert!(!request().is_none());
/// count!("calls by request", request());
/// # });
/// ```
pub fn request() -> Value {
    sys::request()
}

/// The function's qualified name.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().function("shop.cart.add").fire(|| {
/// assert_eq!(fn_name().is_text("add"), Ok(true));
/// # });
/// ```
pub fn fn_name() -> Value {
    sys::fn_name()
}

/// The function's module.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().function("shop.cart.add").fire(|| {
/// assert_eq!(module_name().is_text("shop.cart"), Ok(true));
/// # });
/// ```
pub fn module_name() -> Value {
    sys::module_name()
}

/// The function's file.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// assert_eq!(file_name().ends_with(".py"), Ok(true));
/// # });
/// ```
pub fn file_name() -> Value {
    sys::file_name()
}

/// A random number from 0 to below 1.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// assert!((0.0..1.0).contains(&rand()));
/// # });
/// ```
pub fn rand() -> f64 {
    sys::rand()
}

/// True with this probability.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// assert!(sample(1.0) && !sample(0.0));
/// if sample(0.01) {
///     capture!(args = get!("args"));
/// }
/// # });
/// ```
pub fn sample(probability: f64) -> bool {
    sys::sample(probability) > 0
}

/// True each n-th time.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// let fires = [every(3), every(3), every(3), every(3)];
/// assert_eq!(fires, [false, false, true, false]);
/// # });
/// ```
pub fn every(n: i32) -> bool {
    sys::every(n) > 0
}

/// True up to n times a second.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// if rate(10) {
///     capture!(args = get!("args"));
/// }
/// assert!(!rate(0));
/// # });
/// ```
pub fn rate(per_second: i32) -> bool {
    sys::rate(per_second) > 0
}

/// The minor version of the ABI that the host has.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// assert!(abi_minor() >= 0);
/// # });
/// ```
pub fn abi_minor() -> i32 {
    sys::abi()
}

/// Whether the host has a function of `probe1`, or a family by its module's name.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// assert!(has("emit") && has("probe1.count"));
/// assert!(!has("no such thing"));
/// # });
/// ```
pub fn has(name: &str) -> bool {
    sys::has(name) > 0
}
