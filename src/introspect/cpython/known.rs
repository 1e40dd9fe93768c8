//! Objects of well-known C types, told in words: numbers of numpy, arrays by shape, dates, decimals, complex numbers.
//!
//! In: objects, and the classes they extend. Out: [`Look`]s and fields that are no objects. Never here: an import, a type
//! that Python code could have made, a read of an array's data, text without bound.
//!
//! **Why a name is enough.** Only C code can make a static type or one with `Py_TPFLAGS_IMMUTABLETYPE`; among those the
//! full name and the size of an instance say which layout it is. Instances of subclasses begin with the same layout.

use std::ffi::CStr;
use std::fmt::Write;

use pyo3::ffi;
use waspect_abi::Kind;

use super::Obj;
use super::layout::{Class, class_of, part, pointer_at};
use crate::introspect::{Child, Look, Told, Walk};
use crate::limits;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Bool,
    Signed(u8),
    Unsigned(u8),
    Float32,
    Float64,
    Complex,
    Date,
    DateTime,
    Time,
    Delta,
    TimeZone,
    Decimal,
    Array,
}

/// Which of the known types this very class is.
fn known(class: Class) -> Option<Known> {
    if class.is(&raw const ffi::PyComplex_Type) {
        return Some(Known::Complex);
    }
    if !class.has(ffi::Py_TPFLAGS_IMMUTABLETYPE) {
        return None;
    }
    let (name, size) = (name(class), class.get(|t| t.tp_basicsize));
    match name.strip_prefix(b"numpy.") {
        Some(name) => of_numpy(name, size),
        None => of_library(name, size),
    }
}

fn name(class: Class) -> &'static [u8] {
    // SAFETY: a live type's name ends with a null byte.
    unsafe { CStr::from_ptr(class.get(|t| t.tp_name)) }.to_bytes()
}

/// A scalar is its head and 8 bytes at most.
fn of_numpy(name: &[u8], size: isize) -> Option<Known> {
    Some(match (name, size) {
        (b"bool" | b"bool_", 24) => Known::Bool,
        (b"int8", 24) => Known::Signed(1),
        (b"int16", 24) => Known::Signed(2),
        (b"int32", 24) => Known::Signed(4),
        (b"int64" | b"longlong", 24) => Known::Signed(8),
        (b"uint8", 24) => Known::Unsigned(1),
        (b"uint16", 24) => Known::Unsigned(2),
        (b"uint32", 24) => Known::Unsigned(4),
        (b"uint64" | b"ulonglong", 24) => Known::Unsigned(8),
        (b"float32", 24) => Known::Float32,
        (b"float64", 24) => Known::Float64,
        (b"complex128", 32) => Known::Complex,
        (b"ndarray", 80 | 88 | 96) => Known::Array,
        _ => return None,
    })
}

fn of_library(name: &[u8], size: isize) -> Option<Known> {
    Some(match (name, size) {
        (b"datetime.date", 32) => Known::Date,
        (b"datetime.datetime", 48) => Known::DateTime,
        (b"datetime.time", 40) => Known::Time,
        (b"datetime.timedelta", 40) => Known::Delta,
        (b"datetime.timezone", 32) => Known::TimeZone,
        (b"decimal.Decimal", 104) => Known::Decimal,
        _ => return None,
    })
}

/// `T` at `offset` into `o`.
///
/// # Safety
/// `o`'s layout has that many bytes there, and every pattern of them is a `T`.
unsafe fn at<T: Copy>(o: Obj, offset: usize) -> T {
    // SAFETY: the caller's promise; `o` is live.
    unsafe { o.as_ptr().byte_add(offset).cast::<T>().read_unaligned() }
}

/// Where an object's own part begins.
const HEAD: usize = size_of::<ffi::PyObject>();

/// What `o` is because it extends `base`.
pub(super) fn look(o: Obj, base: Class) -> Option<Look> {
    let known = known(base)?;
    Some(match known {
        Known::Complex => Look::Other(Kind::Complex),
        Known::Decimal => Look::Other(Kind::Decimal),
        Known::Date | Known::DateTime | Known::Time | Known::Delta => Look::Other(Kind::DateTime),
        Known::Array | Known::TimeZone => return None,
        _ => number(o, known)?,
    })
}

/// numpy keeps a scalar's value right behind the head.
fn number(o: Obj, known: Known) -> Option<Look> {
    // SAFETY: `known` says that there is a value of this width.
    Some(unsafe {
        match known {
            Known::Bool => Look::Bool(at::<u8>(o, HEAD) != 0),
            Known::Float32 => Look::Float(f64::from(at::<f32>(o, HEAD))),
            Known::Float64 => Look::Float(at(o, HEAD)),
            Known::Signed(1) => Look::Int(at::<i8>(o, HEAD).into()),
            Known::Signed(2) => Look::Int(at::<i16>(o, HEAD).into()),
            Known::Signed(4) => Look::Int(at::<i32>(o, HEAD).into()),
            Known::Signed(_) => Look::Int(at(o, HEAD)),
            Known::Unsigned(1) => Look::Int(at::<u8>(o, HEAD).into()),
            Known::Unsigned(2) => Look::Int(at::<u16>(o, HEAD).into()),
            Known::Unsigned(4) => Look::Int(at::<u32>(o, HEAD).into()),
            Known::Unsigned(_) => i64::try_from(at::<u64>(o, HEAD)).map_or(Look::BigInt, Look::Int),
            _ => return None,
        }
    })
}

/// The magnitude of an unsigned scalar beyond 63 bits.
pub(super) fn beyond(o: Obj) -> Option<u64> {
    // SAFETY: `known` says that there are 64 bits.
    (of(o)? == Known::Unsigned(8)).then(|| unsafe { at(o, HEAD) })
}

fn of(o: Obj) -> Option<Known> {
    class_of(o).bases().find_map(known)
}

type Visit<'a> = dyn FnMut(Child<'_, Obj>) -> Walk + 'a;

/// Tells a known object's fields. Gives whether it was one.
pub(super) fn children(o: Obj, visit: &mut Visit<'_>) -> bool {
    let Some(known) = of(o) else { return false };
    let mut text = String::new();
    match known {
        Known::Complex => complex(o, visit),
        Known::Array => array(o, visit),
        Known::Date | Known::DateTime | Known::Time => moment(o, known, &mut text),
        Known::Delta => duration(micros(o), &mut text),
        Known::Decimal => decimal(o, &mut text),
        _ => return false,
    }
    if !text.is_empty() {
        visit(Child::Told("value", Told::Text(&text)));
    }
    true
}

fn complex(o: Obj, visit: &mut Visit<'_>) {
    // SAFETY: a complex, numpy's too, is two doubles behind the head.
    let (real, imag) = unsafe { (at(o, HEAD), at(o, HEAD + 8)) };
    if visit(Child::Told("real", Told::Float(real))) == Walk::On {
        visit(Child::Told("imag", Told::Float(imag)));
    }
}

// --- numpy.ndarray: head, data, dimensions' number, dimensions, strides, base, descr

/// numpy allows no more dimensions.
const DIMENSIONS_MAX: usize = 64;

fn array(o: Obj, visit: &mut Visit<'_>) {
    // SAFETY: the layout above; there are as many dimensions as it says, and none when it says none.
    let sizes: &[isize] = unsafe {
        let (count, first) = (at::<i32>(o, HEAD + 8), at::<*const isize>(o, HEAD + 16));
        let count = usize::try_from(count).unwrap_or(0).min(DIMENSIONS_MAX);
        if first.is_null() || count == 0 { &[] } else { std::slice::from_raw_parts(first, count) }
    };
    let comma = if sizes.len() == 1 { "," } else { "" };
    let sizes: Vec<_> = sizes.iter().map(isize::to_string).collect();
    let shape = format!("({}{comma})", sizes.join(", "));
    if visit(Child::Told("shape", Told::Text(&shape))) == Walk::Stop {
        return;
    }
    // SAFETY: the layout above; a descr's first own field is the type of its scalars.
    let scalar = unsafe { part(pointer_at(o, 56)).and_then(|descr| part(pointer_at(descr, 16))) };
    let name = scalar.and_then(Class::of_type).and_then(|class| std::str::from_utf8(name(class)).ok());
    if let Some(name) = name.filter(|name| name.len() <= crate::introspect::NAME_BYTES_MAX) {
        visit(Child::Told("dtype", Told::Text(name.strip_prefix("numpy.").unwrap_or(name))));
    }
}

// --- datetime.h: head, hash, hastzinfo, packed big-endian parts; then, with hastzinfo only, fold and tzinfo

const PACKED: usize = HEAD + 9;

fn moment(o: Obj, known: Known, text: &mut String) {
    let (len, zone) = match known {
        Known::Date => (4, None),
        Known::DateTime => (10, Some(40)),
        _ => (6, Some(32)),
    };
    let mut parts = [0_u8; 10];
    for (i, part) in parts.iter_mut().take(len).enumerate() {
        // SAFETY: `len` packed bytes are in the layout.
        *part = unsafe { at(o, PACKED + i) };
    }
    let [a, b, month, day, ..] = parts;
    if known != Known::Time {
        let _ = write!(text, "{:04}-{month:02}-{day:02}", u16::from_be_bytes([a, b]));
    }
    match known {
        Known::DateTime => {
            text.push('T');
            clock(&parts[4..], text);
        }
        Known::Time => clock(&parts, text),
        _ => return,
    }
    if let Some(offset) = zone.and_then(|zone| offset(o, zone)) {
        push_offset(offset, text);
    }
}

fn clock(parts: &[u8], text: &mut String) {
    let &[hour, minute, second, a, b, c, ..] = parts else { return };
    let _ = write!(text, "{hour:02}:{minute:02}:{second:02}");
    let micros = u32::from_be_bytes([0, a, b, c]);
    if micros != 0 {
        let _ = write!(text, ".{micros:06}");
    }
}

/// Microseconds from UTC, when `datetime.timezone` itself says so: any other tzinfo would have to be asked.
fn offset(o: Obj, zone: isize) -> Option<i128> {
    // SAFETY: the byte behind the hash says whether there is a tzinfo in the layout.
    let zone = unsafe { (at::<u8>(o, HEAD + 8) != 0).then(|| part(pointer_at(o, zone))) }??;
    if known(class_of(zone))? != Known::TimeZone {
        return None;
    }
    // SAFETY: a timezone's first own field is its offset.
    let offset = unsafe { part(pointer_at(zone, 16)) }?;
    (of(offset)? == Known::Delta).then(|| micros(offset))
}

fn push_offset(micros: i128, text: &mut String) {
    let (sign, left) = (if micros < 0 { '-' } else { '+' }, micros.unsigned_abs());
    let (seconds, left) = (left / 1_000_000, left % 1_000_000);
    let _ = write!(text, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 || left != 0 {
        let _ = write!(text, ":{:02}", seconds % 60);
    }
    if left != 0 {
        let _ = write!(text, ".{left:06}");
    }
}

/// A billion days of microseconds need more than 64 bits.
fn micros(o: Obj) -> i128 {
    // SAFETY: head, hash, days, seconds, microseconds.
    let (days, seconds, micros) = unsafe { (at::<i32>(o, HEAD + 8), at::<i32>(o, HEAD + 12), at::<i32>(o, HEAD + 16)) };
    let seconds = i128::from(days) * 86_400 + i128::from(seconds);
    seconds * 1_000_000 + i128::from(micros)
}

fn duration(micros: i128, text: &mut String) {
    let (sign, left) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let _ = write!(text, "{sign}PT{}", left / 1_000_000);
    if left % 1_000_000 != 0 {
        let fraction = format!("{:06}", left % 1_000_000);
        let _ = write!(text, ".{}", fraction.trim_end_matches('0'));
    }
    text.push('S');
}

// --- decimal: head, hash, then libmpdec's number: flags, exponent, digits, words, room, pointer to words of 19 digits

const WORD_DIGITS: usize = 19;
const NEGATIVE: u8 = 1;
const INFINITE: u8 = 2;
const NAN: u8 = 4;
const SIGNALLING: u8 = 8;

fn decimal(o: Obj, text: &mut String) {
    let number = HEAD + 8;
    // SAFETY: the layout above.
    let (flags, exponent, count) =
        unsafe { (at::<u8>(o, number), at::<i64>(o, number + 8), at::<i64>(o, number + 16)) };
    if flags & NEGATIVE != 0 {
        text.push('-');
    }
    let count = usize::try_from(count).unwrap_or(0);
    if flags & INFINITE != 0 {
        text.push_str("Infinity");
    } else if flags & (NAN | SIGNALLING) != 0 {
        text.push_str(if flags & SIGNALLING != 0 { "sNaN" } else { "NaN" });
        text.push_str(&digits(o, count));
    } else {
        finite(&digits(o, count), count, exponent, text);
    }
}

const DECIMAL_DIGITS_MAX: usize = limits::DECIMAL_DIGITS_MAX as usize;

/// The leading digits, at most [`DECIMAL_DIGITS_MAX`].
fn digits(o: Obj, count: usize) -> String {
    let number = HEAD + 8;
    // SAFETY: the layout above; there are as many words as it says, lowest first.
    let words: &[u64] = unsafe {
        let (len, first) = (at::<i64>(o, number + 24), at::<*const u64>(o, number + 40));
        let len = usize::try_from(len).unwrap_or(0);
        if first.is_null() || count == 0 { &[] } else { std::slice::from_raw_parts(first, len) }
    };
    let mut all = String::new();
    for word in words.iter().rev().take(DECIMAL_DIGITS_MAX / WORD_DIGITS + 2) {
        let _ = if all.is_empty() { write!(all, "{word}") } else { write!(all, "{word:019}") };
    }
    all.truncate(DECIMAL_DIGITS_MAX);
    all
}

/// As `str` has it; digits that are left out are an ellipsis before the exponent.
fn finite(digits: &str, count: usize, exponent: i64, text: &mut String) {
    let leading = exponent.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
    let whole = digits.len() >= count;
    if whole && exponent <= 0 && leading > -6 {
        return plain(digits, leading, text);
    }
    let (first, rest) = digits.split_at(digits.len().min(1));
    text.push_str(first);
    if !rest.is_empty() {
        let _ = write!(text, ".{rest}");
    }
    if !whole {
        text.push('…');
    }
    let _ = write!(text, "E{:+}", leading.saturating_sub(1));
}

/// Without exponent: the point is `leading` digits from the left, at most 5 before the first.
fn plain(digits: &str, leading: i64, text: &mut String) {
    let Ok(before) = usize::try_from(leading) else {
        let zeros = usize::try_from(leading.unsigned_abs()).unwrap_or(0);
        let _ = write!(text, "0.{:0<zeros$}{digits}", "");
        return;
    };
    let (front, back) = digits.split_at(before.min(digits.len()));
    text.push_str(if front.is_empty() { "0" } else { front });
    if !back.is_empty() {
        let _ = write!(text, ".{back}");
    }
}
