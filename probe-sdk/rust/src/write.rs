//! What leaves the probe: records and log lines.
//!
//! In: values, text. Out: a status; what is not delivered is DROPPED, and counted where the operator sees it. Never here: a
//! wait, or a field's name that could be static; [`capture!`](crate::capture!) is for those.

use crate::{IntoValue, Limits, Status, Value, sys};

/// How much a log line matters.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// log(Level::Warn, "no price");
/// # });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Level {
    /// Somebody should look.
    Error = 1,
    /// Odd.
    Warn = 2,
    /// Good to know.
    Info = 3,
    /// Of use while the probe is written.
    Debug = 4,
    /// Everything.
    Trace = 5,
}

/// Adds a field under a name that is computed.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().kwarg("a", 1).fire(|| {
/// for (name, value) in get!("kwargs").entries() {
///     if let Ok(name) = name.text::<32>() {
///         assert_eq!(field(name.as_str(), value).ok(), Ok(()));
///     }
/// }
/// assert_eq!(field("", 1).ok(), Err(Code::Range));
/// emit();
/// # });
/// ```
pub fn field(name: &str, value: impl IntoValue) -> Status {
    sys::field(name, value.into_value())
}

/// The same with text of the probe, without making a value of it.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// assert_eq!(field_text("note", "free").ok(), Ok(()));
/// emit();
/// # });
/// ```
pub fn field_text(name: &str, text: &str) -> Status {
    sys::field_str(name, text)
}

/// The same with a float.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// assert_eq!(field_f64("load", 0.5).ok(), Ok(()));
/// emit();
/// # });
/// ```
pub fn field_f64(name: &str, number: f64) -> Status {
    sys::field_f64(name, number)
}

/// How much of trees the following fields of this firing take.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("x", Py::list([1, 2])).fire(|| {
/// field_limits(Limits { items: 10, ..Limits::default() });
/// capture!(front = get!("arg0"));
/// # });
/// ```
pub fn field_limits(limits: Limits) {
    sys::field_limits(limits.number());
}

/// Commits the record that fields were added to.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// field!("item", "book");
/// assert_eq!(emit().ok(), Ok(()));
/// # });
/// ```
pub fn emit() -> Status {
    sys::emit()
}

/// Forgets it.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// field!("item", "book");
/// discard(); // It was not worth telling.
/// # });
/// ```
pub fn discard() -> Status {
    sys::discard()
}

/// Holds back the records that this request emits from now on, until [`commit`] or [`forget`]; without either they are dropped
/// when the request ends. ABSENT outside a request.
///
/// ```
/// # use waspect_probe::{Firing, capture, commit, forget, get, speculate};
/// # let told = Firing::new().in_request().retval(1).fire(|| {
/// speculate();
/// capture!(step = 1);
/// capture!(step = 2);
/// if get!("exception").is_none() { forget() } else { commit() };
/// # });
/// # assert!(told.records.is_empty());
/// ```
pub fn speculate() -> Status {
    sys::speculate()
}

/// Delivers the records that are held back, in their order. See [`speculate`].
pub fn commit() -> Status {
    sys::commit()
}

/// Drops the records that are held back. See [`speculate`].
pub fn forget() -> Status {
    sys::forget()
}

/// Commits a record that the probe encoded itself: one MessagePack map with str keys.
///
/// ```
/// # use waspect_probe::*;
/// # fn f() {
/// // {"n": 1}
/// assert_eq!(emit_msgpack(b"\x81\xa1n\x01").ok(), Ok(()));
/// // No map.
/// assert_eq!(emit_msgpack(b"\x01").ok(), Err(Code::Kind));
/// # }
/// # assert_eq!(Firing::new().fire(f).field("n"), Some(&1.into()));
/// ```
pub fn emit_msgpack(record: &[u8]) -> Status {
    sys::emit_msgpack(record)
}

/// A line for the operator.
///
/// ```
/// # use waspect_probe::*;
/// # fn f() {
/// log(Level::Info, "a cart without a user");
/// # }
/// # assert_eq!(Firing::new().fire(f).logs[0].1, "a cart without a user");
/// ```
pub fn log(level: Level, line: &str) -> Status {
    sys::log(level as i32, line)
}

/// A value for the operator, shown on one line.
///
/// ```
/// # use waspect_probe::*;
/// # fn f() {
/// log_value(Level::Debug, arg(0));
/// # }
/// # assert_eq!(Firing::new().arg("x", Py::list([1, 2])).fire(f).logs[0].1, "[1, 2]");
/// ```
pub fn log_value(level: Level, value: impl IntoValue) -> Status {
    sys::log_value(level as i32, value.into_value())
}

/// A text under which equal content is one value for as long as the module is loaded.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// let route = literal("checkout");
/// count!("calls", route);
/// assert_eq!(route.is_text("checkout"), Ok(true));
/// # });
/// ```
pub fn literal(text: &str) -> Value {
    sys::lit(text)
}
