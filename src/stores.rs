//! Maps that a session's modules share: by name, then by key, one value each.
//!
//! In: keys in byte form, copies of values. Out: the copies. Bounded by entries and bytes. They are plain memory of the
//! process, so a forked child goes on with its own copy. Never here: a reference into the application, or a lock.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::limits;

/// Scalars as the guest has them, the rest as bytes.
#[derive(Debug, Clone)]
pub enum Kept {
    Bits(u64),
    Bytes(Box<[u8]>),
}

impl Kept {
    fn len(&self) -> u64 {
        match self {
            Self::Bits(_) => 8,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

/// What an entry takes beside its key and value.
const ENTRY_BYTES: u64 = 48;

/// One map.
#[derive(Default)]
pub struct Store {
    entries: RefCell<HashMap<Box<[u8]>, Kept>>,
    bytes: Cell<u64>,
}

/// No room for another key or a larger value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Store {
    pub fn get(&self, key: &[u8]) -> Option<Kept> {
        self.entries.borrow().get(key).cloned()
    }

    /// Puts a value in place of the one that is there. A refused one leaves that as it is.
    ///
    /// # Errors
    /// [`Full`].
    pub fn set(&self, key: &[u8], value: Kept) -> Result<(), Full> {
        let mut entries = self.entries.borrow_mut();
        let size = |value: &Kept| ENTRY_BYTES + key.len() as u64 + value.len();
        let many = entries.len() as u64;
        let old = entries.get_mut(key);
        let bytes = self.bytes.get() - old.as_deref().map_or(0, size) + size(&value);
        if bytes > limits::MAP_BYTES_MAX || (old.is_none() && many >= limits::MAP_ENTRIES_MAX) {
            return Err(Full);
        }
        self.bytes.set(bytes);
        match old {
            Some(old) => *old = value,
            None => drop(entries.insert(key.into(), value)),
        }
        Ok(())
    }

    /// Whether there was one.
    pub fn del(&self, key: &[u8]) -> bool {
        let removed = self.entries.borrow_mut().remove(key);
        if let Some(value) = &removed {
            self.bytes.set(self.bytes.get() - (ENTRY_BYTES + key.len() as u64 + value.len()));
        }
        removed.is_some()
    }
}

/// All maps of a session.
#[derive(Default)]
pub struct Stores(RefCell<Vec<(String, Rc<Store>)>>);

impl Stores {
    /// The place of the map of this name: load path.
    pub fn named(&self, name: &str) -> usize {
        let mut all = self.0.borrow_mut();
        all.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            all.push((name.to_owned(), Rc::default()));
            all.len() - 1
        })
    }

    /// The map at a place.
    pub fn at(&self, place: usize) -> Option<Rc<Store>> {
        self.0.borrow().get(place).map(|(_, store)| store.clone())
    }
}
