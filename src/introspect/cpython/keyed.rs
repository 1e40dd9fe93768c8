//! Look-ups by any key that hashes and compares without code: numbers, text, bytes, None, and tuples of them.
//!
//! In: an object as a key; a dict or set and a key. Out: the value, membership. Never here: a `__hash__` or `__eq__` of the
//! application, a hash written into a str that has none yet.

use std::cmp::Ordering;
use std::ffi::c_void;

use pyo3::ffi;
use waspect_abi::Code;

use super::dict::{Match, Table, compares_as, hash_of_int, is_plain, match_int, match_str};
use super::layout::{self, Class, Text, class_of, text_hash};
use super::scalar::{self, is_none_class};
use super::{Name, Obj, item, steps};
use crate::introspect::{KEY_BYTES_MAX, KEY_DEPTH_MAX, KEY_ITEMS_MAX, Key as AnyKey, Look, compare};

type Key = AnyKey<Obj, Name>;

unsafe extern "C" {
    /// The hash of text and bytes, under this process's secret; a pure function.
    fn _Py_HashBytes(source: *const c_void, length: isize) -> isize;
}

pub(super) fn hash_of_bytes(bytes: &[u8]) -> isize {
    // SAFETY: reads that many bytes.
    unsafe { _Py_HashBytes(bytes.as_ptr().cast(), bytes.len().cast_signed()) }
}

pub(super) fn of(o: Obj) -> Result<Key, Code> {
    key(o, KEY_DEPTH_MAX, &mut { KEY_ITEMS_MAX })
}

/// A class that hashes as the builtin: by the same slot.
fn hashes_as(class: Class, builtin: *const ffi::PyTypeObject) -> bool {
    let of = |class: Class| class.get(|t| t.tp_hash.map(|f| f as usize));
    Class::of_static(builtin).is_some_and(|builtin| of(class) == of(builtin)) && compares_as(class, builtin)
}

/// The hash that an object is looked up by. Start-up check.
pub(super) fn hash_as_key(o: Obj) -> Result<isize, Code> {
    hash(&of(o)?)
}

fn key(o: Obj, depth: usize, items: &mut usize) -> Result<Key, Code> {
    let class = class_of(o);
    *items = items.checked_sub(1).ok_or(Code::Limit)?;
    let plain = |builtin| if hashes_as(class, builtin) { Ok(()) } else { Err(Code::Code) };
    if class.has(ffi::Py_TPFLAGS_UNICODE_SUBCLASS) {
        // Hashed here, part by part: what is longer costs more than a look-up may.
        if depth < KEY_DEPTH_MAX && layout::text_len(o) > KEY_BYTES_MAX {
            return Err(Code::Limit);
        }
        return plain(&raw const ffi::PyUnicode_Type).map(|()| Key::Str(o));
    }
    if class.has(ffi::Py_TPFLAGS_BYTES_SUBCLASS) {
        plain(&raw const ffi::PyBytes_Type)?;
        let bytes = layout::bytes(o);
        return if bytes.len() > KEY_BYTES_MAX { Err(Code::Limit) } else { Ok(Key::Bytes(bytes.to_vec())) };
    }
    if class.has(ffi::Py_TPFLAGS_TUPLE_SUBCLASS) {
        plain(&raw const ffi::PyTuple_Type)?;
        let depth = depth.checked_sub(1).ok_or(Code::Limit)?;
        let parts = layout::tuple(o).iter().flatten().map(|part| key(*part, depth, items));
        return parts.collect::<Result<_, _>>().map(Key::Tuple);
    }
    number(o, class)
}

fn number(o: Obj, class: Class) -> Result<Key, Code> {
    let number = match scalar::look(o) {
        Look::None => return Ok(Key::None),
        Look::Bool(b) => return Ok(Key::Int(i64::from(b))),
        Look::Int(n) => Key::Int(n),
        Look::Float(x) => {
            return if hashes_as(class, &raw const ffi::PyFloat_Type) { Ok(Key::Float(x)) } else { Err(Code::Code) };
        }
        Look::BigInt => {
            let mut magnitude = Vec::new();
            let (negative, whole) = scalar::big(o, KEY_BYTES_MAX, &mut magnitude);
            if !whole {
                return Err(Code::Limit);
            }
            Key::Big(negative, magnitude)
        }
        Look::Sized(..) => return Err(Code::Kind),
        Look::Other(_) => return Err(Code::Code),
    };
    if hashes_as(class, &raw const ffi::PyLong_Type) { Ok(number) } else { Err(Code::Code) }
}

pub(super) fn get(o: Obj, key: &Key) -> Result<Obj, Code> {
    item::as_dict(class_of(o))?;
    find(o, key)?.ok_or(Code::Absent)
}

pub(super) fn has(o: Obj, key: &Key) -> Result<bool, Code> {
    let class = class_of(o);
    if class.has(ffi::Py_TPFLAGS_DICT_SUBCLASS) {
        item::contains_as(class, &raw const ffi::PyDict_Type)?;
        return Ok(find(o, key)?.is_some());
    }
    for set in [&raw const ffi::PySet_Type, &raw const ffi::PyFrozenSet_Type] {
        if class.extends(set) {
            item::contains_as(class, set)?;
            return in_set(o, hash(key)?, key);
        }
    }
    Err(Code::Kind)
}

fn find(dict: Obj, key: &Key) -> Result<Option<Obj>, Code> {
    let table = Table::of_dict(dict).ok_or(Code::Absent)?;
    table.get_hashed(hash(key)?, |k| matches(k, key))
}

/// Places looked at one after the other before the sequence jumps.
const NEIGHBOURS: usize = 9;
const PERTURB_SHIFT: u32 = 5;
/// A look-up gives up after so many jumps: somebody chose colliding members.
const JUMPS_MAX: usize = 128;

fn in_set(o: Obj, hash: isize, key: &Key) -> Result<bool, Code> {
    let (_, places) = layout::set(o);
    let mask = places.len().checked_sub(1).ok_or(Code::Internal)?;
    let mut perturb = hash.cast_unsigned();
    let mut at = perturb & mask;
    let mut unknown = false;
    for i in 0..JUMPS_MAX {
        steps::at(i, steps::PROBE);
        let neighbours = if at + NEIGHBOURS <= mask { NEIGHBOURS } else { 0 };
        for place in &places[at..=at + neighbours] {
            match layout::part(place.key) {
                None if place.hash == 0 => return if unknown { Err(Code::Code) } else { Ok(false) },
                Some(k) if place.hash == hash => match matches(k, key) {
                    Match::Same => return Ok(true),
                    Match::Unknown => unknown = true,
                    Match::Other => {}
                },
                _ => {}
            }
        }
        perturb >>= PERTURB_SHIFT;
        at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
    }
    Err(Code::Limit)
}

// --- hashes, as CPython computes them

const MODULUS: u64 = (1 << 61) - 1;

fn hash(key: &Key) -> Result<isize, Code> {
    Ok(match key {
        Key::None => hash_of_none(),
        Key::Int(n) => hash_of_int(*n),
        Key::Big(negative, magnitude) => signed(*negative, modulo(magnitude)),
        Key::Float(x) => hash_of_float(*x)?,
        Key::Str(o) => hash_of_str(*o)?,
        Key::Name(name) => text_hash(name.key()),
        Key::Bytes(bytes) => hash_of_bytes(bytes),
        Key::Tuple(parts) => hash_of_tuple(parts)?,
    })
}

/// Asked for and never kept: a str that has no hash yet stays without.
fn hash_of_str(o: Obj) -> Result<isize, Code> {
    let known = text_hash(o);
    if known != -1 {
        return Ok(known);
    }
    let bytes = |start: *const u8, n: usize| {
        // SAFETY: the code points of a live str, as bytes.
        hash_of_bytes(unsafe { std::slice::from_raw_parts(start, n) })
    };
    match layout::text(o) {
        Text::Ascii(points) | Text::Latin(points) => Ok(hash_of_bytes(points)),
        Text::Two(points) => Ok(bytes(points.as_ptr().cast(), size_of_val(points))),
        Text::Four(points) => Ok(bytes(points.as_ptr().cast(), size_of_val(points))),
        Text::Unready => Err(Code::Limit),
    }
}

fn hash_of_none() -> isize {
    if cfg!(Py_3_12) {
        return 0xFCA8_6420;
    }
    // SAFETY: the address of a static object.
    let address = unsafe { ffi::Py_None() }.addr();
    address.rotate_right(4).cast_signed()
}

fn signed(negative: bool, magnitude: u64) -> isize {
    let magnitude = magnitude.cast_signed() as isize;
    match if negative { -magnitude } else { magnitude } {
        -1 => -2,
        hash => hash,
    }
}

/// 2^8 times what is there already, plus a byte, highest first.
fn modulo(magnitude: &[u8]) -> u64 {
    let fold = |hash: u64, byte: &u8| (u128::from(hash) << 8 | u128::from(*byte)) % u128::from(MODULUS);
    magnitude.iter().rev().fold(0, |hash, byte| fold(hash, byte) as u64)
}

/// An integer times a power of two, modulo a prime of which 2^61 is 1. NaN hashes by address: it equals nothing.
fn hash_of_float(x: f64) -> Result<isize, Code> {
    if x.is_nan() {
        return Err(Code::Absent);
    }
    if x.is_infinite() {
        return Ok(if x < 0.0 { -314_159 } else { 314_159 });
    }
    let bits = x.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7FF).cast_signed(), bits & ((1 << 52) - 1));
    let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
    let power = (exponent.max(1) - 1_075).rem_euclid(61);
    let magnitude = (u128::from(mantissa) << power) % u128::from(MODULUS);
    Ok(signed(x.is_sign_negative(), magnitude as u64))
}

fn hash_of_tuple(parts: &[Key]) -> Result<isize, Code> {
    const PRIMES: [u64; 3] = [11_400_714_785_074_694_791, 14_029_467_366_897_019_727, 2_870_177_450_012_600_261];
    let mut sum = PRIMES[2];
    for part in parts {
        let lane = hash(part)?.cast_unsigned() as u64;
        sum = sum.wrapping_add(lane.wrapping_mul(PRIMES[1])).rotate_left(31).wrapping_mul(PRIMES[0]);
    }
    sum = sum.wrapping_add(parts.len() as u64 ^ PRIMES[2] ^ 3_527_539);
    Ok(if sum == u64::MAX { 1_546_275_796 } else { sum.cast_signed() as isize })
}

// --- equality of a key in a table and one that is looked for

fn matches(k: Obj, key: &Key) -> Match {
    let class = class_of(k);
    let equal = |yes| if yes { Match::Same } else { Match::Other };
    let otherwise = || if is_plain(class) { Match::Other } else { Match::Unknown };
    match key {
        Key::None => {
            if is_none_class(class) {
                Match::Same
            } else {
                otherwise()
            }
        }
        Key::Int(n) => match_int(k, *n),
        Key::Str(o) => {
            if k == *o {
                Match::Same
            } else {
                match_str(k, *o)
            }
        }
        Key::Name(name) => match_str(k, name.key()),
        Key::Big(negative, magnitude) => match scalar::look(k) {
            Look::BigInt if class.is(&raw const ffi::PyLong_Type) => equal(same_big(k, *negative, magnitude)),
            Look::Float(x) if class.is(&raw const ffi::PyFloat_Type) => {
                equal(compare::is_float(*negative, magnitude, x))
            }
            _ => otherwise(),
        },
        Key::Float(x) => match scalar::look(k) {
            Look::Float(y) if class.is(&raw const ffi::PyFloat_Type) => equal(*x == y),
            Look::Int(n) if class.is(&raw const ffi::PyLong_Type) => {
                equal(compare::int_float(n, *x) == Some(Ordering::Equal))
            }
            Look::Bool(b) => equal(*x == f64::from(u8::from(b))),
            Look::BigInt if class.is(&raw const ffi::PyLong_Type) => equal(big_is_float(k, *x)),
            _ => otherwise(),
        },
        Key::Bytes(bytes) if class.has(ffi::Py_TPFLAGS_BYTES_SUBCLASS) => {
            if class.is(&raw const ffi::PyBytes_Type) {
                equal(layout::bytes(k) == bytes)
            } else {
                Match::Unknown
            }
        }
        Key::Tuple(parts) if class.has(ffi::Py_TPFLAGS_TUPLE_SUBCLASS) => match_tuple(k, class, parts),
        _ => otherwise(),
    }
}

fn same_big(k: Obj, negative: bool, magnitude: &[u8]) -> bool {
    let mut own = Vec::new();
    scalar::big(k, magnitude.len() + 1, &mut own) == (negative, true) && own == magnitude
}

/// No float is longer than its largest exponent.
const FLOAT_BYTES_MAX: usize = 128;

fn big_is_float(k: Obj, x: f64) -> bool {
    let mut own = Vec::new();
    let (negative, whole) = scalar::big(k, FLOAT_BYTES_MAX, &mut own);
    whole && compare::is_float(negative, &own, x)
}

/// The first parts that differ decide; one that only code could tell leaves it open.
fn match_tuple(k: Obj, class: Class, parts: &[Key]) -> Match {
    if !Class::of_static(&raw const ffi::PyTuple_Type).is_some_and(|tuple| class == tuple)
        && !compares_as(class, &raw const ffi::PyTuple_Type)
    {
        return Match::Unknown;
    }
    let own = layout::tuple(k);
    if own.len() != parts.len() {
        return Match::Other;
    }
    let all = own.iter().zip(parts).map(|(own, part)| own.map_or(Match::Other, |own| matches(own, part)));
    all.fold(Match::Same, |so_far, next| match (so_far, next) {
        (Match::Other, _) | (_, Match::Other) => Match::Other,
        (Match::Unknown, _) | (_, Match::Unknown) => Match::Unknown,
        _ => Match::Same,
    })
}
