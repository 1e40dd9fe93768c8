//! `emit_msgpack`: a whole record that a guest built.
//!
//! In: MessagePack from guest memory, a claim. Out: the record's byte form, committed as `emit` does; or why not.
//! Bounded in size, depth and fields. Never here: a panic, a reserve of what the bytes only claim.

use waspect_abi::{Code, Kind};

use super::pack::{BIG_INT, CYCLE, OPAQUE, TRUNCATED};
use super::{HostBudget, State};
use crate::introspect::Introspect;
use crate::limits;
use crate::policy::Redaction;
use crate::value::{Cut, put};

/// Levels of arrays and maps below a field.
const DEPTH_MAX: usize = 16;

impl<I: Introspect> State<I> {
    /// Validates all of it before anything is numbered or committed. Fields that wait for `emit` go on waiting.
    pub(super) fn emit_msgpack(&mut self, bytes: &[u8]) -> Result<i32, HostBudget> {
        let max = usize::try_from(self.shared.budget.record_bytes_max).unwrap_or(usize::MAX);
        let shared = self.shared.clone();
        let fields = match fields(bytes, max, &shared.redaction) {
            Ok(fields) => fields,
            Err(code) => return Ok(code.status()),
        };
        self.charge(fields.iter().map(|(name, value)| name.len() + value.len()).sum())?;
        let mut record = Vec::new();
        for (name, value) in &fields {
            match self.computed_name(name.as_bytes()) {
                Ok(id) => record.extend_from_slice(&id.to_le_bytes()),
                Err(code) => return Ok(code.status()),
            }
            record.extend_from_slice(value);
        }
        let waiting = (std::mem::replace(&mut self.record, record), self.fields);
        let status = self.emit();
        (self.record, self.fields) = waiting;
        Ok(status)
    }
}

/// The record's names and values.
fn fields<'a>(bytes: &'a [u8], max: usize, redaction: &'a Redaction) -> Result<Vec<(&'a str, Vec<u8>)>, Code> {
    let mut reader = Reader { rest: bytes, left: max, redaction };
    let mut all = Vec::new();
    let Head::Map(count) = reader.head()? else { return Err(Code::Kind) };
    if u64::from(count) > limits::RECORD_FIELDS_MAX {
        return Err(Code::Limit);
    }
    for _ in 0..count {
        let Head::Str(n) = reader.head()? else { return Err(Code::Kind) };
        let name = reader.text(n)?;
        let mut value = Vec::new();
        reader.value(DEPTH_MAX, &mut value)?;
        // What the name's number takes.
        reader.left = reader.left.checked_sub(value.len() + 4).ok_or(Code::Limit)?;
        all.push((name, value));
    }
    if reader.rest.is_empty() { Ok(all) } else { Err(Code::Kind) }
}

/// What a value begins with.
enum Head {
    Nil,
    Bool(bool),
    Int(i64),
    /// Above what an i64 holds.
    Big(u64),
    Float(f64),
    Str(u32),
    Bytes(u32),
    Array(u32),
    Map(u32),
    Extension(u32, i8),
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Bytes that values may still become.
    left: usize,
    redaction: &'a Redaction,
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Code> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Code::Kind)?;
        self.rest = rest;
        Ok(*head)
    }

    fn bytes(&mut self, n: u32) -> Result<&'a [u8], Code> {
        let (head, rest) = self.rest.split_at_checked(n as usize).ok_or(Code::Kind)?;
        self.rest = rest;
        Ok(head)
    }

    fn text(&mut self, n: u32) -> Result<&'a str, Code> {
        std::str::from_utf8(self.bytes(n)?).map_err(|_| Code::Kind)
    }

    fn u8(&mut self) -> Result<u32, Code> {
        Ok(self.take::<1>()?[0].into())
    }
    fn u16(&mut self) -> Result<u32, Code> {
        Ok(u16::from_be_bytes(self.take()?).into())
    }
    fn u32(&mut self) -> Result<u32, Code> {
        Ok(u32::from_be_bytes(self.take()?))
    }
    fn extension(&mut self, n: u32) -> Result<Head, Code> {
        Ok(Head::Extension(n, self.take::<1>()?[0].cast_signed()))
    }

    fn head(&mut self) -> Result<Head, Code> {
        let [tag] = self.take()?;
        Ok(match tag {
            0x00..=0x7F => Head::Int(tag.into()),
            0xE0..=0xFF => Head::Int(tag.cast_signed().into()),
            0x80..=0x8F => Head::Map(u32::from(tag & 0xF)),
            0x90..=0x9F => Head::Array(u32::from(tag & 0xF)),
            0xA0..=0xBF => Head::Str(u32::from(tag & 0x1F)),
            0xC0 => Head::Nil,
            0xC1 => return Err(Code::Kind),
            0xC2 | 0xC3 => Head::Bool(tag == 0xC3),
            0xC4 => Head::Bytes(self.u8()?),
            0xC5 => Head::Bytes(self.u16()?),
            0xC6 => Head::Bytes(self.u32()?),
            0xC7..=0xC9 | 0xD4..=0xD8 => return self.extension_head(tag),
            0xCA..=0xD3 => return self.number(tag),
            0xD9 => Head::Str(self.u8()?),
            0xDA => Head::Str(self.u16()?),
            0xDB => Head::Str(self.u32()?),
            0xDC => Head::Array(self.u16()?),
            0xDD => Head::Array(self.u32()?),
            0xDE => Head::Map(self.u16()?),
            0xDF => Head::Map(self.u32()?),
        })
    }

    fn extension_head(&mut self, tag: u8) -> Result<Head, Code> {
        let n = match tag {
            0xC7 => self.u8()?,
            0xC8 => self.u16()?,
            0xC9 => self.u32()?,
            _ => 1 << (tag - 0xD4),
        };
        self.extension(n)
    }

    fn number(&mut self, tag: u8) -> Result<Head, Code> {
        Ok(match tag {
            0xCA => Head::Float(f32::from_be_bytes(self.take()?).into()),
            0xCB => Head::Float(f64::from_be_bytes(self.take()?)),
            0xCC => Head::Int(self.u8()?.into()),
            0xCD => Head::Int(self.u16()?.into()),
            0xCE => Head::Int(self.u32()?.into()),
            0xCF => {
                let n = u64::from_be_bytes(self.take()?);
                i64::try_from(n).map_or(Head::Big(n), Head::Int)
            }
            0xD0 => Head::Int(i8::from_be_bytes(self.take()?).into()),
            0xD1 => Head::Int(i16::from_be_bytes(self.take()?).into()),
            0xD2 => Head::Int(i32::from_be_bytes(self.take()?).into()),
            _ => Head::Int(i64::from_be_bytes(self.take()?)),
        })
    }

    /// Appends one value's byte form, as long as there is room.
    fn value(&mut self, depth: usize, out: &mut Vec<u8>) -> Result<(), Code> {
        match self.head()? {
            Head::Nil => put::none(out),
            Head::Bool(b) => put::bool(out, b),
            Head::Int(n) => put::int(out, n),
            Head::Big(n) => put::big_int(out, false, &n.to_le_bytes()),
            Head::Float(x) => put::float(out, x),
            Head::Str(n) => match self.text(n)? {
                text if self.redaction.finds(text.as_bytes()) => put::redacted(out, Kind::Str),
                text => put::str(out, text),
            },
            Head::Bytes(n) => match self.bytes(n)? {
                bytes if self.redaction.finds(bytes) => put::redacted(out, Kind::Bytes),
                bytes => put::bytes(out, bytes),
            },
            Head::Array(count) => self.parts(Kind::List, count, 1, depth, out)?,
            Head::Map(count) => self.parts(Kind::Dict, count, 2, depth, out)?,
            Head::Extension(n, number) => self.extended(number, n, depth, out)?,
        }
        if out.len() > self.left { Err(Code::Limit) } else { Ok(()) }
    }

    fn parts(&mut self, kind: Kind, count: u32, each: u32, depth: usize, out: &mut Vec<u8>) -> Result<(), Code> {
        let depth = depth.checked_sub(1).ok_or(Code::Limit)?;
        let at = put::open_container(out, kind);
        for _ in 0..u64::from(count) * u64::from(each) {
            self.value(depth, out)?;
        }
        put::close(out, at, count as usize);
        Ok(())
    }

    /// What `snapshot` writes comes back as what it was.
    fn extended(&mut self, number: i8, n: u32, depth: usize, out: &mut Vec<u8>) -> Result<(), Code> {
        let payload = self.bytes(n)?;
        let name = || std::str::from_utf8(payload).map_err(|_| Code::Kind);
        match number {
            TRUNCATED => {
                let depth = depth.checked_sub(1).ok_or(Code::Limit)?;
                let mut inner = Reader { rest: payload, left: self.left, redaction: self.redaction };
                let [why] = inner.take()?;
                let why = *Cut::ALL.get(usize::from(why)).ok_or(Code::Kind)?;
                put::cut(out, why, u64::from_be_bytes(inner.take()?));
                inner.value(depth, out)?;
                return if inner.rest.is_empty() { Ok(()) } else { Err(Code::Kind) };
            }
            CYCLE => {
                put::cut(out, Cut::Cycle, 0);
                put::opaque(out, Kind::Object, name()?);
            }
            OPAQUE => put::opaque(out, Kind::Object, name()?),
            BIG_INT => {
                let (sign, magnitude) = payload.split_first().ok_or(Code::Kind)?;
                // Whoever shows it works on its digits for longer than they are many.
                if magnitude.len() as u64 > limits::VALUE_STR_BYTES_MAX {
                    return Err(Code::Limit);
                }
                put::big_int(out, *sign != 0, magnitude);
            }
            _ => return Err(Code::Kind),
        }
        Ok(())
    }
}
