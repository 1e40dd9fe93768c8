//! `snapshot`: a value as a MessagePack tree for the guest.
//!
//! In: a value and the guest's limits. Out: MessagePack, with extension types for what it lacks: 1 truncated, 2 cycle,
//! 3 opaque, 4 big int. Never here: a read of an object; trees are made by `introspect`.

use waspect_abi::Code;

use super::values::Operand;
use super::{HostBudget, State};
use crate::introspect::Introspect;
use crate::introspect::tree::TreeLimits;
use crate::limits;
use crate::value::{Cut, Value};

pub(super) const TRUNCATED: i8 = 1;
pub(super) const CYCLE: i8 = 2;
pub(super) const OPAQUE: i8 = 3;
pub(super) const BIG_INT: i8 = 4;

impl<I: Introspect> State<I> {
    /// Appends the tree; gives its full size.
    pub(super) fn snapshot(&mut self, v: u64, bits: i32, out: &mut Vec<u8>) -> Result<Result<usize, Code>, HostBudget> {
        if let Operand::Error(code) = self.operand(v) {
            return Ok(Err(code));
        }
        let left = limits::HOST_BYTES_PER_FIRE_MAX.saturating_sub(self.host_bytes.get()) / 2;
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        self.encode(v, &given(bits, self.tree_limits(left)), &mut bytes);
        self.charge(bytes.len())?;
        self.effort(2 * bytes.len());
        let Ok(value) = Value::read(&mut bytes.as_slice()) else { return Ok(Err(Code::Internal)) };
        if let Value::Redacted(_) = value {
            return Ok(Err(Code::Denied));
        }
        write(&value, out);
        self.charge(out.len())?;
        Ok(Ok(out.len()))
    }
}

/// `depth:8 items:12 str_bytes:12`, low bits first; 0 leaves what is there.
pub(super) fn given(bits: i32, there: TreeLimits) -> TreeLimits {
    let bits = bits.cast_unsigned();
    let part = |shift: u32, mask: u32, there: usize| match bits >> shift & mask {
        0 => there,
        n => n as usize,
    };
    TreeLimits {
        depth: part(0, 0xFF, there.depth),
        items: part(8, 0xFFF, there.items),
        str_bytes: part(20, 0xFFF, there.str_bytes),
        budget_bytes: there.budget_bytes,
    }
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::None => out.push(0xC0),
        Value::Bool(b) => out.push(0xC2 + u8::from(*b)),
        Value::Int(n) => int(*n, out),
        Value::BigInt(negative, magnitude) => extension(BIG_INT, out, |out| {
            out.push(u8::from(*negative));
            out.extend_from_slice(magnitude);
        }),
        Value::Float(x) => {
            out.push(0xCB);
            out.extend_from_slice(&x.to_be_bytes());
        }
        Value::Str(text) => str(text, out),
        Value::Bytes(bytes) => {
            head(&[(u8::MAX.into(), 0xC4), (u16::MAX.into(), 0xC5), (u32::MAX, 0xC6)], bytes.len(), out);
            out.extend_from_slice(bytes);
        }
        Value::List(items)
        | Value::Tuple(items)
        | Value::Set(items)
        | Value::FrozenSet(items)
        | Value::Stack(items) => {
            fixed_head(0x90, &[(u16::MAX.into(), 0xDC), (u32::MAX, 0xDD)], items.len(), out);
            items.iter().for_each(|item| write(item, out));
        }
        Value::Dict(pairs) => {
            map(pairs.len(), out);
            for (key, value) in pairs {
                write(key, out);
                write(value, out);
            }
        }
        Value::Object(name, fields) => object(name, fields, out),
        Value::Opaque(_, name) => opaque(name, out),
        Value::Error(code) => opaque(code.name(), out),
        Value::Redacted(_) => opaque("redacted", out),
        Value::Cut(Cut::Cycle, _, inner) => match &**inner {
            Value::Opaque(_, name) => extension(CYCLE, out, |out| out.extend_from_slice(name.as_bytes())),
            other => write(other, out),
        },
        Value::Cut(why, total, inner) => extension(TRUNCATED, out, |out| {
            out.push(*why as u8);
            out.extend_from_slice(&total.to_be_bytes());
            write(inner, out);
        }),
    }
}

fn object(name: &str, fields: &[(String, Value)], out: &mut Vec<u8>) {
    map(fields.len() + 1, out);
    str("$type", out);
    str(name, out);
    for (name, value) in fields {
        str(name, out);
        write(value, out);
    }
}

fn opaque(name: &str, out: &mut Vec<u8>) {
    extension(OPAQUE, out, |out| out.extend_from_slice(name.as_bytes()));
}

fn int(n: i64, out: &mut Vec<u8>) {
    if let Ok(small @ -32..=127) = i8::try_from(n) {
        out.push(small.cast_unsigned());
    } else {
        out.push(0xD3);
        out.extend_from_slice(&n.to_be_bytes());
    }
}

fn str(text: &str, out: &mut Vec<u8>) {
    if let Ok(n @ ..32) = u8::try_from(text.len()) {
        out.push(0xA0 | n);
    } else {
        head(&[(u8::MAX.into(), 0xD9), (u16::MAX.into(), 0xDA), (u32::MAX, 0xDB)], text.len(), out);
    }
    out.extend_from_slice(text.as_bytes());
}

fn map(count: usize, out: &mut Vec<u8>) {
    fixed_head(0x80, &[(u16::MAX.into(), 0xDE), (u32::MAX, 0xDF)], count, out);
}

/// A count below 16 is in the tag.
fn fixed_head(tag: u8, forms: &[(u32, u8)], n: usize, out: &mut Vec<u8>) {
    match u8::try_from(n) {
        Ok(n @ ..16) => out.push(tag | n),
        _ => head(forms, n, out),
    }
}

/// The shortest form that holds the number: its tag, then the number in as many bytes.
fn head(forms: &[(u32, u8)], n: usize, out: &mut Vec<u8>) {
    let n = u32::try_from(n).unwrap_or(u32::MAX);
    let Some((max, tag)) = forms.iter().find(|(max, _)| n <= *max) else { return };
    out.push(*tag);
    out.extend_from_slice(&n.to_be_bytes()[max.leading_zeros() as usize / 8..]);
}

/// In the long form, whose length can be set when it is known.
fn extension(number: i8, out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0xC9, 0, 0, 0, 0, number.cast_unsigned()]);
    payload(out);
    let n = u32::try_from(out.len() - start - 6).unwrap_or(u32::MAX);
    out[start + 1..start + 5].copy_from_slice(&n.to_be_bytes());
}
