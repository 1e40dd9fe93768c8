//! What leaves the probe: records and log lines.
//!
//! In: values, text. Out: a status; what is not delivered is DROPPED, and counted where the operator sees it. Never here: a
//! wait, or a field's name that could be static; [`capture!`](crate::capture!) is for those.

use crate::{IntoValue, Limits, Status, Value, sys};

/// How much a log line matters.
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
pub fn field(name: &str, value: impl IntoValue) -> Status {
    sys::field(name, value.into_value())
}

/// The same with text of the probe, without making a value of it.
pub fn field_text(name: &str, text: &str) -> Status {
    sys::field_str(name, text)
}

/// The same with a float.
pub fn field_f64(name: &str, number: f64) -> Status {
    sys::field_f64(name, number)
}

/// How much of trees the following fields of this firing take.
pub fn field_limits(limits: Limits) {
    sys::field_limits(limits.number());
}

/// Commits the record that fields were added to.
pub fn emit() -> Status {
    sys::emit()
}

/// Forgets it.
pub fn discard() -> Status {
    sys::discard()
}

/// Holds back the records that this request emits from now on, until [`commit`] or [`forget`]; without either they are dropped
/// when the request ends. ABSENT outside a request.
///
/// ```
/// # use waspect_probe::{Firing, capture, commit, forget, get, speculate};
/// # let told = Firing::new().in_request().fire(|| {
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
pub fn emit_msgpack(record: &[u8]) -> Status {
    sys::emit_msgpack(record)
}

/// A line for the operator.
pub fn log(level: Level, line: &str) -> Status {
    sys::log(level as i32, line)
}

/// A value for the operator, shown on one line.
pub fn log_value(level: Level, value: impl IntoValue) -> Status {
    sys::log_value(level as i32, value.into_value())
}

/// A text under which equal content is one value for as long as the module is loaded.
pub fn literal(text: &str) -> Value {
    sys::lit(text)
}
