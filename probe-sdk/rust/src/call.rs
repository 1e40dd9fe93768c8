//! The call that is being watched, and what surrounds it: arguments, outcome, clocks, names.
//!
//! In: nothing. Out: values and numbers; where there is none, an error that says so. Never here: a name that could be
//! static; [`get!`](crate::get!) is for those.

use waspect_abi::Code;

use crate::{Status, Value, sys};

/// A positional argument, `self` included; negative counts from the end.
pub fn arg(i: i32) -> Value {
    sys::arg(i)
}

/// How many positional arguments there are.
pub fn nargs() -> usize {
    Status(sys::nargs()).size().unwrap_or(0)
}

/// All positional arguments, in order.
pub fn args() -> impl Iterator<Item = Value> {
    (0..sys::nargs()).map(sys::arg)
}

/// A path that is computed.
pub fn get_at(path: &str) -> Value {
    sys::get(path)
}

/// A local variable, by a name that is computed.
pub fn local(name: &str) -> Value {
    sys::local(name)
}

/// A global variable, by a name that is computed.
pub fn global(name: &str) -> Value {
    sys::global(name)
}

/// The return value; POINT at an entry and a raise.
pub fn retval() -> Value {
    sys::retval()
}

/// The exception; None at a return, POINT at an entry.
pub fn exception() -> Value {
    sys::exception()
}

/// Where the call came from: at most so many frames, the innermost first, as a value of text.
pub fn stack(frames: u16) -> Value {
    sys::stack(i32::from(frames), 0)
}

/// The same with the parts that are asked for.
pub fn stack_with(frames: u16, parts: Stack) -> Value {
    let Stack { lines, files, tasks } = parts;
    sys::stack(i32::from(frames), i32::from(lines) | i32::from(files) << 1 | i32::from(tasks) << 2)
}

/// What each frame of a stack says besides its function.
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
pub fn elapsed() -> i64 {
    sys::elapsed()
}

/// The monotonic clock, in nanoseconds.
pub fn now_mono() -> i64 {
    sys::now_mono()
}

/// The wall clock, in nanoseconds since 1970.
pub fn now_wall() -> i64 {
    sys::now_wall()
}

/// The process.
pub fn pid() -> i32 {
    sys::pid()
}

/// The thread, as the system numbers it.
pub fn tid() -> i64 {
    sys::tid()
}

/// The thread's name.
pub fn thread_name() -> Value {
    sys::thread_name()
}

/// The line the call stands at.
///
/// # Errors
/// ABSENT where there is no frame.
pub fn line() -> Result<usize, Code> {
    Status(sys::line()).size()
}

/// How many frames are below this one.
///
/// # Errors
/// ABSENT where there is no frame.
pub fn depth() -> Result<usize, Code> {
    Status(sys::depth()).size()
}

/// A number of this call, the same at its entry and its exit.
pub fn invocation() -> i64 {
    sys::invocation()
}

/// A number of this firing.
pub fn firing() -> i64 {
    sys::firing()
}

/// The asyncio task's name; None outside of any.
pub fn task() -> Value {
    sys::task()
}

/// The request's name, `r-19`; None outside of any.
pub fn request() -> Value {
    sys::request()
}

/// The function's qualified name.
pub fn fn_name() -> Value {
    sys::fn_name()
}

/// The function's module.
pub fn module_name() -> Value {
    sys::module_name()
}

/// The function's file.
pub fn file_name() -> Value {
    sys::file_name()
}

/// A random number from 0 to below 1.
pub fn rand() -> f64 {
    sys::rand()
}

/// True with this probability.
pub fn sample(probability: f64) -> bool {
    sys::sample(probability) > 0
}

/// True each n-th time.
pub fn every(n: i32) -> bool {
    sys::every(n) > 0
}

/// True up to n times a second.
pub fn rate(per_second: i32) -> bool {
    sys::rate(per_second) > 0
}

/// The minor version of the ABI that the host has.
pub fn abi_minor() -> i32 {
    sys::abi()
}

/// Whether the host has a function of `probe1`, or a family by its module's name.
pub fn has(name: &str) -> bool {
    sys::has(name) > 0
}
