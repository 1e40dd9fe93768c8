//! Lines for the operator, while a dashboard has the terminal.
//!
//! In: lines for stderr. Out: the same, when they can be shown. Never here: a line lost, a line across the dashboard.

use std::sync::{Mutex, PoisonError};

/// Held back, where lines are.
static HELD: Mutex<Option<Vec<String>>> = Mutex::new(None);

/// From here on lines are held back.
pub(super) fn begin() {
    lines().get_or_insert_default();
}

/// What was held back since the last call.
pub(super) fn taken() -> Vec<String> {
    lines().as_mut().map(std::mem::take).unwrap_or_default()
}

/// Lines go to stderr again; gives those that nobody took.
pub(super) fn end() -> Vec<String> {
    lines().take().unwrap_or_default()
}

/// Whether it is held back, and so need not be written.
pub(super) fn holds(line: &str) -> bool {
    lines().as_mut().map(|held| held.push(line.to_owned())).is_some()
}

fn lines() -> std::sync::MutexGuard<'static, Option<Vec<String>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}
