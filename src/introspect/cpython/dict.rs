//! Dict storage read without the dict protocol: look-up by str, int or hint, and a walk in order.
//!
//! In: a dict, or an instance's values with its class's shared keys. Out: borrowed values. Never here: a `__hash__` or
//! `__eq__` (keys whose equality is the application's business are skipped, and the skip is told), an unbounded search.

use std::ptr::NonNull;

use pyo3::ffi;
use waspect_abi::Code;

use super::layout::{Class, Keys, Values, class_of, part, text_hash};
use super::scalar::same_text;
use super::{Name, Obj, scalar, steps};
use crate::introspect::{Look, compare};

/// A look-up gives up after so many places: somebody chose colliding keys.
const PROBES_MAX: usize = 1_024;
/// A walk gives up after so many holes in a row.
pub(super) const HOLES_MAX: usize = 4_096;
const PERTURB_SHIFT: u32 = 5;
/// Any keys; the other kinds hold exact strs only.
const GENERAL: u8 = 0;

#[repr(C)]
struct GeneralEntry {
    hash: isize,
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
}

#[repr(C)]
struct UnicodeEntry {
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
}

/// Keys, with their values in the same table or beside it. Live as the dict or instance it was taken from.
#[derive(Clone, Copy)]
pub(super) struct Table {
    keys: NonNull<Keys>,
    values: Option<NonNull<Values>>,
}

/// How a key of the table compares to the one that is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Same,
    Other,
    /// Only the application's `__eq__` could tell.
    Unknown,
}

impl Table {
    /// The storage of a dict or an instance of a subclass.
    #[inline]
    pub(super) fn of_dict(o: Obj) -> Option<Self> {
        let dict = o.as_ptr().cast::<ffi::PyDictObject>();
        // SAFETY: a live dict.
        let (keys, values) = unsafe { ((*dict).ma_keys, (*dict).ma_values) };
        Some(Self { keys: NonNull::new(keys.cast())?, values: NonNull::new(values.cast()) })
    }

    /// The values an instance keeps without a dict.
    #[inline]
    pub(super) fn of_values(class: Class, values: NonNull<Values>) -> Option<Self> {
        Some(Self { keys: class.shared_keys()?, values: Some(values) })
    }

    #[inline]
    fn head(&self) -> &Keys {
        // SAFETY: live as long as the table's owner.
        unsafe { self.keys.as_ref() }
    }

    #[inline]
    pub(super) fn only_str_keys(&self) -> bool {
        self.head().kind != GENERAL
    }

    #[inline]
    fn nentries(&self) -> usize {
        usize::try_from(self.head().nentries).unwrap_or(0)
    }

    #[inline]
    fn indices(&self) -> *const u8 {
        // SAFETY: the indices begin where the head ends.
        unsafe { (&raw const (*self.keys.as_ptr()).indices).cast() }
    }

    /// The entry number at one place of the hash table; negative for free and deleted places.
    #[inline]
    fn index(&self, place: usize) -> i64 {
        let at = self.indices();
        // SAFETY: `place` is masked by the table's size, and the width follows from it.
        unsafe {
            match self.head().log2_size {
                0..8 => i64::from(at.cast::<i8>().add(place).read()),
                8..16 => i64::from(at.cast::<i16>().add(place).read()),
                16..32 => i64::from(at.cast::<i32>().add(place).read()),
                _ => at.cast::<i64>().add(place).read(),
            }
        }
    }

    #[inline]
    fn entries<E>(&self) -> *const E {
        self.indices().wrapping_add(1 << self.head().log2_index_bytes).cast()
    }

    /// Hash, where the table keeps it, and key of entry `i`.
    #[inline]
    fn key(&self, i: usize) -> (Option<isize>, Option<Obj>) {
        // SAFETY: callers bound `i` by `nentries`; `kind` says which form the entries have.
        unsafe {
            if self.only_str_keys() {
                (None, part((*self.entries::<UnicodeEntry>().add(i)).key))
            } else {
                let entry = self.entries::<GeneralEntry>().add(i);
                (Some((*entry).hash), part((*entry).key))
            }
        }
    }

    /// The value of entry `i`.
    #[inline]
    fn value(&self, i: usize) -> Option<Obj> {
        // SAFETY: as `key`; values beside the table have a place for each of its entries.
        part(unsafe {
            match self.values {
                Some(values) => (&raw const (*values.as_ptr()).values).cast::<*mut ffi::PyObject>().add(i).read(),
                None if self.only_str_keys() => (*self.entries::<UnicodeEntry>().add(i)).value,
                None => (*self.entries::<GeneralEntry>().add(i)).value,
            }
        })
    }

    /// Follows the probe sequence of `hash` until `same` says so. CODE: a key was skipped that might have been it.
    #[inline]
    fn find(&self, hash: isize, mut same: impl FnMut(usize) -> Match) -> Result<Option<usize>, Code> {
        let mask = (1_usize << self.head().log2_size) - 1;
        let mut perturb = hash.cast_unsigned();
        let mut place = perturb & mask;
        let mut unknown = false;
        for i in 0..PROBES_MAX {
            steps::at(i, steps::PROBE);
            match self.index(place) {
                -1 => return if unknown { Err(Code::Code) } else { Ok(None) },
                i @ 0.. if i.unsigned_abs() < self.head().nentries.unsigned_abs() as u64 => {
                    let i = i.unsigned_abs() as usize;
                    match same(i) {
                        Match::Same => return Ok(Some(i)),
                        Match::Other => {}
                        Match::Unknown => unknown = true,
                    }
                }
                _ => {}
            }
            perturb >>= PERTURB_SHIFT;
            place = (place.wrapping_mul(5).wrapping_add(perturb).wrapping_add(1)) & mask;
        }
        Err(Code::Limit)
    }

    /// The entry of a str key. `key` is an exact str whose hash is known.
    #[inline]
    pub(super) fn find_str(&self, key: Obj) -> Result<Option<usize>, Code> {
        let hash = text_hash(key);
        if self.only_str_keys() {
            return self.find(hash, |i| match self.key(i).1 {
                Some(k) if k == key => Match::Same,
                Some(k) if text_hash(k) == hash && same_text(k, key) => Match::Same,
                _ => Match::Other,
            });
        }
        self.find(hash, |i| match self.key(i) {
            (_, Some(k)) if k == key => Match::Same,
            (Some(h), Some(k)) if h == hash => match_str(k, key),
            _ => Match::Other,
        })
    }

    /// The value of a str key.
    #[inline]
    pub(super) fn get_str(&self, key: Obj) -> Result<Option<Obj>, Code> {
        Ok(self.find_str(key)?.and_then(|i| self.value(i)))
    }

    /// The value of a prepared name: where it was last time, else by look-up.
    #[inline]
    pub(super) fn get(&self, name: &Name) -> Result<Option<Obj>, Code> {
        let hint = name.hint() as usize;
        if self.only_str_keys() && hint < self.nentries() && self.key(hint).1 == Some(name.key()) {
            return Ok(self.value(hint));
        }
        let Some(i) = self.find_str(name.key())? else { return Ok(None) };
        name.set_hint(i);
        Ok(self.value(i))
    }

    /// The value of an int key (or of the bool or float that equals it).
    pub(super) fn get_int(&self, n: i64) -> Result<Option<Obj>, Code> {
        if self.only_str_keys() {
            return Ok(None);
        }
        let hash = hash_of_int(n);
        let found = self.find(hash, |i| match self.key(i) {
            (Some(h), Some(k)) if h == hash => match_int(k, n),
            _ => Match::Other,
        })?;
        Ok(found.and_then(|i| self.value(i)))
    }

    /// The value of the key of that hash that `same` tells; the keys it is shown are exact strs or have that hash.
    pub(super) fn get_hashed(&self, hash: isize, same: impl Fn(Obj) -> Match) -> Result<Option<Obj>, Code> {
        let found = self.find(hash, |i| match self.key(i) {
            (Some(h), _) if h != hash => Match::Other,
            (_, Some(k)) => same(k),
            _ => Match::Other,
        })?;
        Ok(found.and_then(|i| self.value(i)))
    }

    /// Keys and values, in order of insertion, until `visit` is false.
    pub(super) fn walk(&self, mut visit: impl FnMut(Obj, Obj) -> bool) {
        let mut holes = 0;
        for i in self.order() {
            match (self.key(i).1, self.value(i)) {
                (Some(key), Some(value)) => {
                    holes = 0;
                    if !visit(key, value) {
                        return;
                    }
                }
                _ => {
                    holes += 1;
                    steps::at(holes, steps::HOLE);
                }
            }
            if holes > HOLES_MAX {
                return;
            }
        }
    }

    /// Entry numbers in order of insertion.
    fn order(&self) -> impl Iterator<Item = usize> {
        let count = self.values.map_or(self.nentries(), |values| usize::from(inserted(values)));
        let (values, end) = (self.values, self.nentries());
        (0..count).map(move |i| values.map_or(i, |values| usize::from(insertion(values, i)))).filter(move |i| *i < end)
    }
}

/// How many values beside shared keys were ever set.
fn inserted(values: NonNull<Values>) -> u8 {
    // SAFETY: live values; the count is kept in them or in the second byte before them.
    unsafe {
        #[cfg(Py_3_13)]
        return (*values.as_ptr()).size;
        #[cfg(not(Py_3_13))]
        values.cast::<u8>().sub(2).read()
    }
}

/// The entry number of the `i`-th value that was set.
fn insertion(values: NonNull<Values>, i: usize) -> u8 {
    // SAFETY: `i` is below `inserted`; the order follows the values, or goes down before them.
    unsafe {
        #[cfg(Py_3_13)]
        return {
            let capacity = usize::from((*values.as_ptr()).capacity);
            (&raw const (*values.as_ptr()).values).cast::<*mut ffi::PyObject>().add(capacity).cast::<u8>().add(i).read()
        };
        #[cfg(not(Py_3_13))]
        values.cast::<u8>().sub(3 + i).read()
    }
}

/// A key of a general table, with the hash of the str that is looked for.
pub(super) fn match_str(k: Obj, key: Obj) -> Match {
    let class = class_of(k);
    if class.has(ffi::Py_TPFLAGS_UNICODE_SUBCLASS) && compares_as(class, &raw const ffi::PyUnicode_Type) {
        return if same_text(k, key) { Match::Same } else { Match::Other };
    }
    if is_plain(class) { Match::Other } else { Match::Unknown }
}

/// A key of a general table, with the hash of the int that is looked for.
pub(super) fn match_int(k: Obj, n: i64) -> Match {
    let class = class_of(k);
    let equal = |yes| if yes { Match::Same } else { Match::Other };
    if class.has(ffi::Py_TPFLAGS_LONG_SUBCLASS) && compares_as(class, &raw const ffi::PyLong_Type) {
        return equal(match scalar::look(k) {
            Look::Int(m) => m == n,
            Look::Bool(b) => i64::from(b) == n,
            _ => false,
        });
    }
    match scalar::look(k) {
        Look::Float(x) if class.is(&raw const ffi::PyFloat_Type) => {
            equal(compare::int_float(n, x) == Some(std::cmp::Ordering::Equal))
        }
        _ if is_plain(class) => Match::Other,
        _ => Match::Unknown,
    }
}

/// Whether instances compare by the builtin's own code.
pub(super) fn compares_as(class: Class, builtin: *const ffi::PyTypeObject) -> bool {
    let Some(builtin) = Class::of_static(builtin) else { return false };
    let of = |class: Class| class.get(|t| t.tp_richcompare.map(|f| f as usize));
    class == builtin || of(class) == of(builtin)
}

/// Builtins that never equal a str, nor (the numbers apart) an int, whatever is in them.
pub(super) fn is_plain(class: Class) -> bool {
    [
        &raw const ffi::PyUnicode_Type,
        &raw const ffi::PyLong_Type,
        &raw const ffi::PyBool_Type,
        &raw const ffi::PyFloat_Type,
        &raw const ffi::PyBytes_Type,
        &raw const ffi::PyTuple_Type,
        &raw const ffi::PyFrozenSet_Type,
        &raw const ffi::PyType_Type,
    ]
    .iter()
    .any(|plain| class.is(*plain))
        || scalar::is_none_class(class)
}

/// CPython's hash of an int: modulo the Mersenne prime 2^61 - 1, sign kept, -1 taken.
pub(super) fn hash_of_int(n: i64) -> isize {
    const MODULUS: u64 = (1 << 61) - 1;
    let magnitude = (n.unsigned_abs() % MODULUS).cast_signed();
    match if n < 0 { -magnitude } else { magnitude } {
        -1 => -2,
        hash => hash as isize,
    }
}
