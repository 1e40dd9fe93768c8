//! Objects as MessagePack and back: what `snapshot` fills memory with, and what `emit_msgpack` takes.
//!
//! In: an object and limits, or bytes of a probe. Out: the bytes that the real host writes, or fields; why not. Never here:
//! the host's bound on a record's bytes, or a panic on what a probe encoded.

use waspect_abi::{Code, Kind};

use super::Py;
use super::import::{NAME_BYTES_MAX, named};
use super::py::Fields;

const TRUNCATED: u8 = 1;
const CYCLE: u8 = 2;
const OPAQUE: u8 = 3;
const BIG_INT: u8 = 4;

/// Reasons of a truncated value.
const DEPTH: u8 = 0;
const ITEMS: u8 = 1;
const BYTES: u8 = 2;

/// Fields of one record, and levels of arrays and maps below a field.
const FIELDS_MAX: u32 = 64;
const NESTED_MAX: usize = 16;

/// How much of a tree is written; where a probe gives 0, what a module may use that asks for nothing else.
struct Tree {
    depth: usize,
    items: usize,
    str_bytes: usize,
}

impl Tree {
    fn given(bits: i32) -> Self {
        let part = |shift: u32, mask: u32, otherwise: usize| match bits.cast_unsigned() >> shift & mask {
            0 => otherwise,
            n => n as usize,
        };
        // Limits are 8 and 12 bits wide, and deeper than 24 is 24.
        Self { depth: part(0, 0xFF, 3).min(24), items: part(8, 0xFFF, 100), str_bytes: part(20, 0xFFF, 1_024) }
    }
}

/// The tree of an object, under limits as the import has them.
pub(super) fn tree(of: &Py, limits: i32) -> Vec<u8> {
    let mut out = Vec::new();
    Writer { tree: Tree::given(limits), out: &mut out }.value(of, 0);
    out
}

struct Writer<'a> {
    tree: Tree,
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn value(&mut self, of: &Py, depth: usize) {
        match of {
            Py::None => self.out.push(0xC0),
            Py::Bool(b) => self.out.push(0xC2 + u8::from(*b)),
            Py::Int(n) => match i64::try_from(*n) {
                Ok(n) => self.int(n),
                Err(_) => self.big(*n),
            },
            Py::Float(x) => {
                self.out.push(0xCB);
                self.out.extend_from_slice(&x.to_be_bytes());
            }
            Py::Str(text) => self.text(text),
            Py::Bytes(bytes) => self.bytes(bytes),
            Py::List(items) | Py::Tuple(items) | Py::Set(items) | Py::FrozenSet(items) => {
                self.nested(of, depth, items.len(), items.len(), |it, n| {
                    it.fixed_head(0x90, &[(0xFFFF, 0xDC), (u32::MAX, 0xDD)], n);
                    items.iter().take(n).for_each(|item| it.value(item, depth + 1));
                });
            }
            Py::Stack(frames) => {
                self.fixed_head(0x90, &[(0xFFFF, 0xDC), (u32::MAX, 0xDD)], frames.len());
                frames.iter().for_each(|frame| self.str(frame));
            }
            Py::Dict(pairs) => self.nested(of, depth, pairs.len(), pairs.len(), |it, n| {
                it.map(n);
                for (key, value) in pairs.iter().take(n) {
                    it.value(key, depth + 1);
                    it.value(value, depth + 1);
                }
            }),
            Py::Object(it) | Py::Exception(it) => self.object(of, it, depth),
            Py::Named(_, name) => self.opaque(name),
            Py::Error(code) => self.opaque(code.name()),
        }
    }

    /// A container: whole, its first items, or what it is where it lies too deep.
    fn nested(&mut self, of: &Py, depth: usize, count: usize, total: usize, write: impl FnOnce(&mut Self, usize)) {
        if depth >= self.tree.depth {
            return self.truncated(DEPTH, total, |it| it.opaque(of.type_name()));
        }
        let items = self.tree.items;
        if count > items { self.truncated(ITEMS, total, |it| write(it, items)) } else { write(self, count) }
    }

    fn object(&mut self, of: &Py, it: &Fields, depth: usize) {
        // What has no field to show is what it is, unless it lies too deep anyway.
        if it.fields.is_empty() && depth < self.tree.depth {
            return self.opaque(&it.type_name);
        }
        self.nested(of, depth, it.fields.len(), 0, |to, n| {
            to.map(n + 1);
            to.str("$type");
            to.str(&it.type_name);
            for (name, value) in it.fields.iter().take(n) {
                to.str(name);
                to.value(value, depth + 1);
            }
        });
    }

    fn text(&mut self, text: &str) {
        let front = text.floor_char_boundary(self.tree.str_bytes);
        if front == text.len() {
            return self.str(text);
        }
        // Of text that is not ASCII nobody has counted the bytes.
        let total = if text.is_ascii() { text.len() } else { 0 };
        self.truncated(BYTES, total, |it| it.str(&text[..front]));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let raw = |it: &mut Self, bytes: &[u8]| {
            it.head(&[(0xFF, 0xC4), (0xFFFF, 0xC5), (u32::MAX, 0xC6)], bytes.len());
            it.out.extend_from_slice(bytes);
        };
        match bytes.get(..self.tree.str_bytes) {
            Some(front) if front.len() < bytes.len() => self.truncated(BYTES, bytes.len(), |it| raw(it, front)),
            _ => raw(self, bytes),
        }
    }

    fn big(&mut self, n: i128) {
        let mut magnitude = n.unsigned_abs().to_le_bytes().to_vec();
        while magnitude.last() == Some(&0) {
            magnitude.pop();
        }
        let whole = magnitude.len() <= self.tree.str_bytes;
        magnitude.truncate(self.tree.str_bytes);
        let raw = |it: &mut Self| {
            it.extension(BIG_INT, |it| {
                it.out.push(u8::from(n < 0));
                it.out.extend_from_slice(&magnitude);
            });
        };
        if whole { raw(self) } else { self.truncated(BYTES, 0, raw) }
    }

    fn int(&mut self, n: i64) {
        if let Ok(small @ -32..=127) = i8::try_from(n) {
            self.out.push(small.cast_unsigned());
        } else {
            self.out.push(0xD3);
            self.out.extend_from_slice(&n.to_be_bytes());
        }
    }

    fn str(&mut self, text: &str) {
        match u8::try_from(text.len()) {
            Ok(n @ ..32) => self.out.push(0xA0 | n),
            _ => self.head(&[(0xFF, 0xD9), (0xFFFF, 0xDA), (u32::MAX, 0xDB)], text.len()),
        }
        self.out.extend_from_slice(text.as_bytes());
    }

    fn map(&mut self, count: usize) {
        self.fixed_head(0x80, &[(0xFFFF, 0xDE), (u32::MAX, 0xDF)], count);
    }

    fn opaque(&mut self, name: &str) {
        self.extension(OPAQUE, |it| it.out.extend_from_slice(name.as_bytes()));
    }

    fn truncated(&mut self, why: u8, total: usize, inner: impl FnOnce(&mut Self)) {
        self.extension(TRUNCATED, |it| {
            it.out.push(why);
            it.out.extend_from_slice(&(total as u64).to_be_bytes());
            inner(it);
        });
    }

    /// A count below 16 is in the tag.
    fn fixed_head(&mut self, tag: u8, forms: &[(u32, u8)], n: usize) {
        match u8::try_from(n) {
            Ok(n @ ..16) => self.out.push(tag | n),
            _ => self.head(forms, n),
        }
    }

    /// The shortest form that holds the number.
    fn head(&mut self, forms: &[(u32, u8)], n: usize) {
        let n = u32::try_from(n).unwrap_or(u32::MAX);
        let Some((max, tag)) = forms.iter().find(|(max, _)| n <= *max) else { return };
        self.out.push(*tag);
        self.out.extend_from_slice(&n.to_be_bytes()[max.leading_zeros() as usize / 8..]);
    }

    /// Always in the form with 32 bits of length, as the host has it.
    fn extension(&mut self, number: u8, payload: impl FnOnce(&mut Self)) {
        let start = self.out.len() + 6;
        self.out.extend_from_slice(&[0xC9, 0, 0, 0, 0, number]);
        payload(self);
        let n = u32::try_from(self.out.len() - start).unwrap_or(u32::MAX);
        self.out[start - 5..start - 1].copy_from_slice(&n.to_be_bytes());
    }
}

/// A record's names and values: one map with str keys, and nothing behind it.
pub(super) fn record(bytes: &[u8]) -> Result<Vec<(String, Py)>, Code> {
    let mut reader = Reader { rest: bytes };
    let Head::Map(count) = reader.head()? else { return Err(Code::Kind) };
    if count > FIELDS_MAX {
        return Err(Code::Limit);
    }
    let mut fields = Vec::new();
    for _ in 0..count {
        let Head::Plain(Py::Str(name)) = reader.head()? else { return Err(Code::Kind) };
        fields.push((name, reader.value(NESTED_MAX)?));
    }
    if reader.rest.is_empty() { Ok(fields) } else { Err(Code::Kind) }
}

/// What a value begins with; a scalar is whole.
enum Head<'a> {
    Plain(Py),
    Array(u32),
    Map(u32),
    Extension(u8, &'a [u8]),
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Code> {
        let (front, rest) = self.rest.split_first_chunk().ok_or(Code::Kind)?;
        self.rest = rest;
        Ok(*front)
    }

    /// A length of one, two or four bytes, by the last two bits of its tag.
    fn length(&mut self, power: u8) -> Result<u32, Code> {
        Ok(match power {
            0 => u8::from_be_bytes(self.take()?).into(),
            1 => u16::from_be_bytes(self.take()?).into(),
            _ => u32::from_be_bytes(self.take()?),
        })
    }

    fn bytes(&mut self, n: u32) -> Result<&'a [u8], Code> {
        let (front, rest) = self.rest.split_at_checked(n as usize).ok_or(Code::Kind)?;
        self.rest = rest;
        Ok(front)
    }

    fn text(&mut self, n: u32) -> Result<Head<'a>, Code> {
        let text = std::str::from_utf8(self.bytes(n)?).map_err(|_| Code::Kind)?;
        Ok(Head::Plain(text.into()))
    }

    fn extension(&mut self, n: u32) -> Result<Head<'a>, Code> {
        let [number] = self.take()?;
        Ok(Head::Extension(number, self.bytes(n)?))
    }

    fn head(&mut self) -> Result<Head<'a>, Code> {
        let [tag] = self.take()?;
        Ok(match tag {
            0x80..=0x8F => Head::Map((tag & 0xF).into()),
            0x90..=0x9F => Head::Array((tag & 0xF).into()),
            0xA0..=0xBF => return self.text((tag & 0x1F).into()),
            0xC1 => return Err(Code::Kind),
            0xC4..=0xC6 => {
                let n = self.length(tag - 0xC4)?;
                Head::Plain(self.bytes(n)?.into())
            }
            0xC7..=0xC9 => {
                let n = self.length(tag - 0xC7)?;
                return self.extension(n);
            }
            0xD4..=0xD8 => return self.extension(1 << (tag - 0xD4)),
            0xD9..=0xDB => {
                let n = self.length(tag - 0xD9)?;
                return self.text(n);
            }
            0xDC | 0xDD => Head::Array(self.length(tag - 0xDC + 1)?),
            0xDE | 0xDF => Head::Map(self.length(tag - 0xDE + 1)?),
            _ => Head::Plain(self.scalar(tag)?),
        })
    }

    fn scalar(&mut self, tag: u8) -> Result<Py, Code> {
        Ok(match tag {
            0xC0 => Py::None,
            0xC2 | 0xC3 => Py::Bool(tag == 0xC3),
            0xCA => Py::Float(f32::from_be_bytes(self.take()?).into()),
            0xCB => Py::Float(f64::from_be_bytes(self.take()?)),
            0xCC..=0xCE => Py::Int(self.length(tag - 0xCC)?.into()),
            0xCF => Py::Int(u64::from_be_bytes(self.take()?).into()),
            0xD0 => Py::Int(i8::from_be_bytes(self.take()?).into()),
            0xD1 => Py::Int(i16::from_be_bytes(self.take()?).into()),
            0xD2 => Py::Int(i32::from_be_bytes(self.take()?).into()),
            0xD3 => Py::Int(i64::from_be_bytes(self.take()?).into()),
            // What is left is the number itself, from -32 to 127.
            small => Py::Int(small.cast_signed().into()),
        })
    }

    fn value(&mut self, levels: usize) -> Result<Py, Code> {
        match self.head()? {
            Head::Plain(scalar) => Ok(scalar),
            Head::Array(count) => {
                let levels = levels.checked_sub(1).ok_or(Code::Limit)?;
                (0..count).map(|_| self.value(levels)).collect::<Result<_, _>>().map(Py::List)
            }
            Head::Map(count) => {
                let levels = levels.checked_sub(1).ok_or(Code::Limit)?;
                (0..count)
                    .map(|_| Ok((self.value(levels)?, self.value(levels)?)))
                    .collect::<Result<_, _>>()
                    .map(Py::Dict)
            }
            Head::Extension(number, payload) => extended(number, payload, levels),
        }
    }
}

/// What `snapshot` writes: of a truncated value what is there, of a cycle and of what is opaque its type.
fn extended(number: u8, payload: &[u8], levels: usize) -> Result<Py, Code> {
    match number {
        TRUNCATED => {
            let levels = levels.checked_sub(1).ok_or(Code::Limit)?;
            let mut inner = Reader { rest: payload };
            let [why] = inner.take()?;
            inner.take::<8>()?;
            let value = inner.value(levels)?;
            if why < 5 && inner.rest.is_empty() { Ok(value) } else { Err(Code::Kind) }
        }
        CYCLE | OPAQUE => {
            let name = std::str::from_utf8(payload).map_err(|_| Code::Kind)?;
            Ok(Py::Named(Kind::Object, name.to_owned()))
        }
        BIG_INT => {
            let (sign, magnitude) = payload.split_first().ok_or(Code::Kind)?;
            Ok(big_int(*sign != 0, magnitude))
        }
        _ => Err(Code::Kind),
    }
}

/// An int that has no place in [`Py`] is one that is out of range here, and whole for the host.
fn big_int(negative: bool, magnitude: &[u8]) -> Py {
    let mut bytes = [0; 16];
    match bytes.get_mut(..magnitude.len()) {
        Some(place) => place.copy_from_slice(magnitude),
        None => return Py::Error(Code::Range),
    }
    let n = i128::from_le_bytes(bytes);
    if n < 0 { Py::Error(Code::Range) } else { Py::Int(if negative { -n } else { n }) }
}

/// The record, if each of its names could be a field's.
pub(super) fn all_named(record: Vec<(String, Py)>) -> Result<Vec<(String, Py)>, Code> {
    let fits = |name: &String| name.len() <= NAME_BYTES_MAX && named(name).is_ok();
    if record.iter().all(|(name, _)| fits(name)) { Ok(record) } else { Err(Code::Range) }
}
