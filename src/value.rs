//! A captured value and its byte form: written once on the fire path, passed on unchanged, decoded by whoever shows it.
//!
//! In: scalars and containers, pushed in order. Out: bytes, and [`Value`] trees read back from them.
//! Never here: a reference into the application, or trust in the bytes (decoding is total: bad bytes are an error).
//!
//! The form is a tag byte, then little-endian payload; containers give their count first:
//!
//! | tag | payload | | tag | payload |
//! |---|---|---|---|---|
//! | 0 none, 1 false, 2 true | | | 11 dict | u32 n, n × (value, value) |
//! | 3 int | i64 | | 12 object | str type name, u32 n, n × (str, value) |
//! | 4 float | f64 | | 13 opaque | u8 kind, str type name |
//! | 5 str | u32 bytes, UTF-8 | | 14 error | u8 code |
//! | 6 bytes | u32 bytes | | 15 cut | u8 [`Cut`], u64 total, value |
//! | 7 list, 8 tuple, 9 set, 10 frozenset | u32 n, n × value | | 16 redacted | u8 kind |
//! | 18 stack | u32 n, n × value: a str for each frame | | 17 big int | u8 negative, u32 bytes, magnitude |

use waspect_abi::{Code, Kind};

/// Decoding recurses at most this deep, whatever the bytes say.
const DECODE_DEPTH_MAX: usize = 64;

/// Why a value is not whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Cut {
    Depth = 0,
    Items = 1,
    Bytes = 2,
    Cycle = 3,
    Budget = 4,
}

impl Cut {
    pub const ALL: [Self; 5] = [Self::Depth, Self::Items, Self::Bytes, Self::Cycle, Self::Budget];
    pub const fn name(self) -> &'static str {
        match self {
            Self::Depth => "depth",
            Self::Items => "items",
            Self::Bytes => "bytes",
            Self::Cycle => "cycle",
            Self::Budget => "budget",
        }
    }
}

/// A captured value, read back.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// Sign, and magnitude in little-endian bytes.
    BigInt(bool, Vec<u8>),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Set(Vec<Value>),
    FrozenSet(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// Type name and fields.
    Object(String, Vec<(String, Value)>),
    /// Something with nothing to show but what it is.
    Opaque(Kind, String),
    Error(Code),
    /// What is here of it, why it is not whole, and how much there was (items or bytes; 0 = not known).
    Cut(Cut, u64, Box<Value>),
    Redacted(Kind),
    /// A call stack: a str for each frame, innermost first.
    Stack(Vec<Value>),
}

/// Why bytes are not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("value bytes end early")]
    Short,
    #[error("unknown value tag {0}")]
    Tag(u8),
    #[error("value text is not UTF-8")]
    Utf8,
    #[error("value nests deeper than {DECODE_DEPTH_MAX}")]
    Deep,
}

/// Whether a value's byte form says only that something is withheld.
pub fn is_redacted(bytes: &[u8]) -> bool {
    bytes.first() == Some(&REDACTED)
}

/// The tag of what is withheld.
const REDACTED: u8 = 16;

/// The writing half: each call appends one value, or opens one whose parts follow.
pub mod put {
    use super::{Code, Cut, Kind};

    pub fn none(out: &mut Vec<u8>) {
        out.push(0);
    }
    pub fn bool(out: &mut Vec<u8>, b: bool) {
        out.push(1 + u8::from(b));
    }
    pub fn int(out: &mut Vec<u8>, n: i64) {
        let mut cell = [3; 9];
        cell[1..].copy_from_slice(&n.to_le_bytes());
        out.extend_from_slice(&cell);
    }
    pub fn float(out: &mut Vec<u8>, x: f64) {
        let mut cell = [4; 9];
        // One NaN, so that bytes are equal where values are the same.
        let bits = if x.is_nan() { waspect_abi::NAN } else { x.to_bits() };
        cell[1..].copy_from_slice(&bits.to_le_bytes());
        out.extend_from_slice(&cell);
    }
    /// A whole str; [`open_str`] is for text that is transcoded in place.
    pub fn str(out: &mut Vec<u8>, s: &str) {
        out.push(5);
        text(out, s.as_bytes());
    }
    pub fn bytes(out: &mut Vec<u8>, b: &[u8]) {
        out.push(6);
        text(out, b);
    }
    pub fn big_int(out: &mut Vec<u8>, negative: bool, magnitude: &[u8]) {
        out.extend_from_slice(&[17, u8::from(negative)]);
        text(out, magnitude);
    }
    /// Opens a str whose UTF-8 the caller appends; gives what [`close`] needs.
    pub fn open_str(out: &mut Vec<u8>) -> usize {
        open(out, 5)
    }
    /// Ends a str begun by [`open_str`]: its length is what was appended since.
    pub fn close_str(out: &mut [u8], at: usize) {
        let n = out.len() - at - 4;
        close(out, at, n);
    }
    /// Opens list, tuple, set, frozenset, dict or stack; its count is set by [`close`].
    pub fn open_container(out: &mut Vec<u8>, kind: Kind) -> usize {
        let tag = match kind {
            Kind::Tuple => 8,
            Kind::Set => 9,
            Kind::FrozenSet => 10,
            Kind::Dict => 11,
            Kind::Frame => 18,
            _ => 7,
        };
        open(out, tag)
    }
    /// Opens an object: its type name now, its fields as [`name`] and a value each.
    pub fn open_object(out: &mut Vec<u8>, type_name: &str) -> usize {
        out.push(12);
        text(out, type_name.as_bytes());
        out.extend_from_slice(&[0; 4]);
        out.len() - 4
    }
    /// A field's name inside an object.
    pub fn name(out: &mut Vec<u8>, name: &str) {
        text(out, name.as_bytes());
    }
    /// Sets the count of what was opened at `at`.
    pub fn close(out: &mut [u8], at: usize, count: usize) {
        out[at..at + 4].copy_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }
    pub fn opaque(out: &mut Vec<u8>, kind: Kind, type_name: &str) {
        out.extend_from_slice(&[13, kind as u8]);
        text(out, type_name.as_bytes());
    }
    pub fn error(out: &mut Vec<u8>, code: Code) {
        out.extend_from_slice(&[14, code as u8]);
    }
    /// Says that the value appended next is not whole; `total` may be set later by [`total`].
    pub fn cut(out: &mut Vec<u8>, why: Cut, total: u64) {
        out.extend_from_slice(&[15, why as u8]);
        out.extend_from_slice(&total.to_le_bytes());
    }
    /// In place of what is withheld.
    pub fn redacted(out: &mut Vec<u8>, kind: Kind) {
        out.extend_from_slice(&[16, kind as u8]);
    }

    fn open(out: &mut Vec<u8>, tag: u8) -> usize {
        out.extend_from_slice(&[tag, 0, 0, 0, 0]);
        out.len() - 4
    }
    fn text(out: &mut Vec<u8>, bytes: &[u8]) {
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(bytes);
    }
}

impl Value {
    /// Reads one value from the front of `bytes` and moves past it.
    ///
    /// # Errors
    /// When the bytes are not one.
    pub fn read(bytes: &mut &[u8]) -> Result<Self, ValueError> {
        read(bytes, 0)
    }

    /// Appends this value's byte form.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => put::none(out),
            Self::Bool(b) => put::bool(out, *b),
            Self::Int(n) => put::int(out, *n),
            Self::BigInt(negative, magnitude) => put::big_int(out, *negative, magnitude),
            Self::Float(x) => put::float(out, *x),
            Self::Str(s) => put::str(out, s),
            Self::Bytes(b) => put::bytes(out, b),
            Self::List(items) => write_items(out, Kind::List, items),
            Self::Tuple(items) => write_items(out, Kind::Tuple, items),
            Self::Set(items) => write_items(out, Kind::Set, items),
            Self::FrozenSet(items) => write_items(out, Kind::FrozenSet, items),
            Self::Dict(pairs) => write_pairs(out, pairs),
            Self::Object(type_name, fields) => write_fields(out, type_name, fields),
            Self::Opaque(kind, type_name) => put::opaque(out, *kind, type_name),
            Self::Error(code) => put::error(out, *code),
            Self::Cut(why, total, inner) => {
                put::cut(out, *why, *total);
                inner.write(out);
            }
            Self::Redacted(kind) => put::redacted(out, *kind),
            Self::Stack(frames) => write_items(out, Kind::Frame, frames),
        }
    }
}

/// In a frame a value is its bytes, so that reading one back keeps to the same bounds.
#[cfg(feature = "cli")]
impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes.serialize(to)
    }
}

#[cfg(feature = "cli")]
impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let bytes = Vec::<u8>::deserialize(from)?;
        Self::read(&mut &*bytes).map_err(serde::de::Error::custom)
    }
}

fn write_items(out: &mut Vec<u8>, kind: Kind, items: &[Value]) {
    let at = put::open_container(out, kind);
    items.iter().for_each(|item| item.write(out));
    put::close(out, at, items.len());
}

fn write_pairs(out: &mut Vec<u8>, pairs: &[(Value, Value)]) {
    let at = put::open_container(out, Kind::Dict);
    for (key, value) in pairs {
        key.write(out);
        value.write(out);
    }
    put::close(out, at, pairs.len());
}

fn write_fields(out: &mut Vec<u8>, type_name: &str, fields: &[(String, Value)]) {
    let at = put::open_object(out, type_name);
    for (name, value) in fields {
        put::name(out, name);
        value.write(out);
    }
    put::close(out, at, fields.len());
}

fn read(b: &mut &[u8], depth: usize) -> Result<Value, ValueError> {
    if depth > DECODE_DEPTH_MAX {
        return Err(ValueError::Deep);
    }
    Ok(match take::<1>(b)?[0] {
        0 => Value::None,
        1 => Value::Bool(false),
        2 => Value::Bool(true),
        3 => Value::Int(i64::from_le_bytes(take(b)?)),
        4 => Value::Float(f64::from_bits(u64::from_le_bytes(take(b)?))),
        5 => Value::Str(read_str(b)?),
        6 => Value::Bytes(read_bytes(b)?.to_vec()),
        7 => Value::List(read_items(b, depth)?),
        8 => Value::Tuple(read_items(b, depth)?),
        9 => Value::Set(read_items(b, depth)?),
        10 => Value::FrozenSet(read_items(b, depth)?),
        11 => Value::Dict(read_many(b, |b| Ok((read(b, depth + 1)?, read(b, depth + 1)?)))?),
        12 => Value::Object(read_str(b)?, read_many(b, |b| Ok((read_str(b)?, read(b, depth + 1)?)))?),
        13 => Value::Opaque(read_kind(b)?, read_str(b)?),
        14 => Value::Error(Code::from_number(take::<1>(b)?[0]).unwrap_or(Code::Internal)),
        15 => {
            let why = *Cut::ALL.get(usize::from(take::<1>(b)?[0])).unwrap_or(&Cut::Budget);
            Value::Cut(why, u64::from_le_bytes(take(b)?), Box::new(read(b, depth + 1)?))
        }
        16 => Value::Redacted(read_kind(b)?),
        17 => Value::BigInt(take::<1>(b)?[0] != 0, read_bytes(b)?.to_vec()),
        18 => Value::Stack(read_items(b, depth)?),
        tag => return Err(ValueError::Tag(tag)),
    })
}

fn take<const N: usize>(b: &mut &[u8]) -> Result<[u8; N], ValueError> {
    let (head, rest) = b.split_first_chunk::<N>().ok_or(ValueError::Short)?;
    *b = rest;
    Ok(*head)
}

fn read_bytes<'a>(b: &mut &'a [u8]) -> Result<&'a [u8], ValueError> {
    let n = u32::from_le_bytes(take(b)?) as usize;
    let (head, rest) = b.split_at_checked(n).ok_or(ValueError::Short)?;
    *b = rest;
    Ok(head)
}

fn read_str(b: &mut &[u8]) -> Result<String, ValueError> {
    std::str::from_utf8(read_bytes(b)?).map(str::to_owned).map_err(|_| ValueError::Utf8)
}

fn read_kind(b: &mut &[u8]) -> Result<Kind, ValueError> {
    Ok(Kind::from_number(take::<1>(b)?[0]).unwrap_or(Kind::Object))
}

fn read_items(b: &mut &[u8], depth: usize) -> Result<Vec<Value>, ValueError> {
    read_many(b, |b| read(b, depth + 1))
}

/// A count, then that many; never reserves what the bytes only claim.
fn read_many<T>(b: &mut &[u8], mut one: impl FnMut(&mut &[u8]) -> Result<T, ValueError>) -> Result<Vec<T>, ValueError> {
    let n = u32::from_le_bytes(take(b)?);
    let mut all = Vec::new();
    for _ in 0..n {
        all.push(one(b)?);
    }
    Ok(all)
}
