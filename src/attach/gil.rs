//! Statics that only the holder of the interpreter lock touches.
//!
//! In: a value that is not `Sync`. Out: a reference to it, against proof of the lock. Never here: a lock of our own.

use pyo3::Python;

/// A value guarded by the interpreter lock. Its own interior must be cells, for the lock may be taken twice in a row.
pub struct Gil<T>(T);

// SAFETY: `get` asks for a `Python` token, so only one thread at a time has a reference; free-threaded builds, where the
// token proves less, are refused when the module is initialised.
unsafe impl<T> Sync for Gil<T> {}
// SAFETY: as above; a value made by one thread is used by another only under the same lock.
unsafe impl<T> Send for Gil<T> {}

impl<T> Gil<T> {
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for as long as the lock is held.
    pub fn get<'py>(&'py self, _py: Python<'py>) -> &'py T {
        &self.0
    }
}
