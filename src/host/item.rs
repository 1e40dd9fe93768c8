//! `item at slice`: subscripts with keys and positions that are known only while firing.
//!
//! In: a value and a key, a position or a range. Out: values; text, bytes and slices as copies. Never here: a key whose hash or
//! equality is the application's business, a copy beyond the budget's limits.

use waspect_abi::{Code, Kind};

use super::copies::{lookup, place, position, whole};
use super::frame::{self, StepSite, key_of_whole, step_whole};
use super::values::Operand;
use super::{HostBudget, Ref, State};
use crate::introspect::{Child, Introspect, KEY_BYTES_MAX, Key, KeyOf, Look, NAME_BYTES_MAX, Walk, Whole, tree};
use crate::limits;
use crate::policy::Redaction;
use crate::value::{Cut, Value, put};

impl<I: Introspect> State<I> {
    /// A value as a key to look up by; what it costs to hash is charged.
    pub(super) fn as_key(&mut self, v: u64) -> Result<Result<KeyOf<I>, Code>, HostBudget> {
        let key = self.key_of(v)?;
        self.charge(match &key {
            Ok(key) => hashed_units::<I>(key),
            // What is too large was read up to there.
            Err(Code::Limit) => KEY_BYTES_MAX,
            Err(_) => 0,
        })?;
        Ok(key)
    }

    fn key_of(&mut self, v: u64) -> Result<Result<KeyOf<I>, Code>, HostBudget> {
        Ok(match self.operand(v) {
            Operand::None => Ok(Key::None),
            Operand::Bool(b) => Ok(Key::Int(i64::from(b))),
            Operand::Int(n) => Ok(Key::Int(n)),
            Operand::Float(x) => Ok(Key::Float(x)),
            Operand::Error(code) => Err(code),
            Operand::Literal(v) => match self.literal(v) {
                Some(text) => {
                    self.charge(text.len() / 4)?;
                    Ok(Key::Name(I::passing(&text)))
                }
                None => Err(Code::Stale),
            },
            Operand::Ref(Ref::Object(o)) if is_long_text::<I>(o) => Err(Code::Limit),
            Operand::Ref(Ref::Object(o)) => I::as_key(o),
            Operand::Ref(Ref::Whole(_)) => Err(Code::Kind),
            Operand::Ref(Ref::Stored(at)) => {
                self.copy(at)?.map_or(Err(Code::Internal), |value| copied_key::<I>(&value))
            }
        })
    }

    pub(super) fn item(&mut self, v: u64, key: u64) -> Result<u64, HostBudget> {
        let (of, by) = (self.operand(v), self.operand(key));
        if let Operand::Error(code) = of {
            return Ok(code.value());
        }
        if let Operand::Error(code) = by {
            return Ok(code.value());
        }
        if !matches!(self.kind(v), kind if kind == Kind::Dict as i32) {
            return match self.as_position(key) {
                Some(i) => self.at(v, i),
                None => Ok(Code::Kind.value()),
            };
        }
        if self.is_withheld_key(key)? {
            return Ok(Code::Denied.value());
        }
        let key = match self.as_key(key)? {
            Ok(key) => key,
            Err(code) => return Ok(code.value()),
        };
        match of {
            Operand::Ref(Ref::Object(o)) => self.arrived(I::get(o, &key)),
            Operand::Ref(Ref::Whole(which)) => {
                let found = self.in_whole(which, &key)?;
                self.arrived(found.and_then(|found| found.ok_or(Code::Absent)))
            }
            Operand::Ref(Ref::Stored(at)) => {
                let Some(value) = self.copy(at)? else { return Ok(Code::Internal.value()) };
                self.found(lookup::<I>(&value, &key))
            }
            _ => Ok(Code::Kind.value()),
        }
    }

    /// A key that only run time knows: a secret's name, or one that no rule allows.
    fn is_withheld_key(&mut self, key: u64) -> Result<bool, HostBudget> {
        let mut name = std::mem::take(&mut self.scratch);
        name.clear();
        let most = if self.shared.has_rules() { NAME_BYTES_MAX } else { Redaction::NAME_BYTES };
        let named = match self.kind(key) {
            kind if kind == Kind::Bytes as i32 => self.bytes(key, most, &mut name)?.is_ok(),
            _ => self.front(key, most, &mut name)?.is_ok(),
        };
        let withheld = named && (self.shared.redaction.hides(&name) || !self.shared.allows_key(&name));
        self.scratch = name;
        Ok(withheld)
    }

    /// An int that is a position; a float never is.
    fn as_position(&self, v: u64) -> Option<i64> {
        let is_int = self.kind(v) == Kind::Int as i32 || self.kind(v) == Kind::Bool as i32;
        let far = if is_int { self.int(v, i64::MAX) } else { 0 };
        is_int.then_some(far)
    }

    fn arrived(&mut self, found: Result<I::Obj, Code>) -> Result<u64, HostBudget> {
        self.charge(0)?;
        Ok(found.map_or_else(Code::value, |o| self.object(o)))
    }

    /// A name's value in kwargs, locals or globals.
    pub(super) fn in_whole(
        &mut self,
        which: Whole,
        key: &KeyOf<I>,
    ) -> Result<Result<Option<I::Obj>, Code>, HostBudget> {
        if which == Whole::Kwargs {
            self.charge(super::values::whole_len::<I>(which))?;
        }
        let mut text = Vec::new();
        let name = match key {
            Key::Str(o) => {
                // No name is longer, and what is not whole is none.
                let whole = I::text(*o, KEY_BYTES_MAX, &mut text);
                let Some(text) = std::str::from_utf8(&text).ok().filter(|_| whole) else { return Ok(Ok(None)) };
                self.charge(text.len())?;
                I::passing(text)
            }
            Key::Name(name) => return Ok(whole_item::<I>(which, name)),
            _ => return Ok(Ok(None)),
        };
        Ok(whole_item::<I>(which, &name))
    }

    /// By position, or by int key of a dict.
    pub(super) fn at(&mut self, v: u64, i: i64) -> Result<u64, HostBudget> {
        self.charge(0)?;
        match self.operand(v) {
            Operand::Error(code) => Ok(code.value()),
            Operand::Literal(v) => {
                let Some(text) = self.literal(v) else { return Ok(Code::Stale.value()) };
                self.character(&text, i)
            }
            Operand::Ref(Ref::Object(o)) => self.at_object(o, i),
            Operand::Ref(Ref::Whole(Whole::Args)) => {
                let found = step_whole::<I>(Whole::Args, &StepSite::Index(i), &self.shared.redaction);
                self.arrived(found)
            }
            Operand::Ref(Ref::Stored(at)) => self.at_copy(at, i),
            _ => Ok(Code::Kind.value()),
        }
    }

    fn at_object(&mut self, o: I::Obj, i: i64) -> Result<u64, HostBudget> {
        let len = if let Look::Sized(_, len) = I::look(o) { len } else { 0 };
        match I::positions(o) {
            Ok(_) if place(len, i).is_some_and(|i| self.has_secret(o, &(i..i + 1))) => Ok(Code::Denied.value()),
            Ok(Kind::Str) => match place(len, i) {
                Some(i) => self.text(|out| I::points(o, i, 1, out)),
                None => Ok(Code::Absent.value()),
            },
            Ok(Kind::Bytes | Kind::ByteArray) => {
                let byte = I::raw(o, |bytes| place(bytes.len(), i).and_then(|i| bytes.get(i).copied()));
                Ok(byte.map_or(Code::Absent.value(), byte_value))
            }
            Err(Code::Code) => Ok(Code::Code.value()),
            _ => self.arrived(frame::index::<I>(o, i, &self.shared.redaction)),
        }
    }

    fn at_copy(&mut self, at: u32, i: i64) -> Result<u64, HostBudget> {
        let Some(value) = self.copy(at)? else { return Ok(Code::Internal.value()) };
        match whole(&value) {
            Ok((Value::Str(text), false)) => self.character(text, i),
            Ok((Value::Bytes(bytes), false)) => {
                Ok(place(bytes.len(), i).map_or(Code::Absent.value(), |i| byte_value(bytes[i])))
            }
            // Of a front only positions from the front are known.
            Ok((Value::Str(text), true)) => {
                let known = usize::try_from(i).is_ok_and(|i| i < text.chars().count());
                if known { self.character(text, i) } else { Ok(Code::Limit.value()) }
            }
            Ok((Value::Bytes(bytes), true)) => {
                let byte = usize::try_from(i).ok().and_then(|i| bytes.get(i).copied());
                Ok(byte.map_or(Code::Limit.value(), byte_value))
            }
            Ok((Value::Dict(_), _)) => self.found(lookup::<I>(&value, &Key::Int(i))),
            _ => self.found(position(&value, i)),
        }
    }

    fn character(&mut self, text: &str, i: i64) -> Result<u64, HostBudget> {
        self.charge(text.len() / 8)?;
        let found = place(text.chars().count(), i).and_then(|i| text.chars().nth(i));
        match found {
            Some(c) => self.text(|out| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes())),
            None => Ok(Code::Absent.value()),
        }
    }

    /// A str of this firing, whose UTF-8 `write` appends.
    pub(super) fn text(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<u64, HostBudget> {
        let at = self.keep(|out| {
            let open = put::open_str(out);
            write(out);
            put::close_str(out, open);
        });
        self.within_budget()?;
        Ok(self.stored_handle(at))
    }

    /// `v[start:stop]` as a copy; both from the end if negative, and never beyond it.
    pub(super) fn slice(&mut self, v: u64, start: i32, stop: i32) -> Result<u64, HostBudget> {
        self.charge(0)?;
        match self.operand(v) {
            Operand::Error(code) => Ok(code.value()),
            Operand::Literal(v) => match self.literal(v) {
                Some(text) => self.slice_value(&Value::Str(text.into()), start, stop),
                None => Ok(Code::Stale.value()),
            },
            Operand::Ref(Ref::Object(o)) => self.slice_object(o, start, stop),
            Operand::Ref(Ref::Whole(Whole::Args)) => {
                let mut items = Vec::new();
                if let Some(frame) = I::here() {
                    if tree::hides_any_arg::<I>(frame, &self.shared.redaction) {
                        return Ok(Code::Denied.value());
                    }
                    I::whole(frame, Whole::Args, &mut |child| collect::<I>(child, &mut items));
                }
                self.charge(items.len())?;
                let range = range(items.len(), start, stop);
                let items = items.get(range).unwrap_or_default();
                self.slice_items(Kind::Tuple, items, items.len())
            }
            Operand::Ref(Ref::Stored(at)) => match self.copy(at)? {
                Some(value) => self.slice_value(&value, start, stop),
                None => Ok(Code::Internal.value()),
            },
            _ => Ok(Code::Kind.value()),
        }
    }

    fn slice_object(&mut self, o: I::Obj, start: i32, stop: i32) -> Result<u64, HostBudget> {
        let kind = match I::positions(o) {
            Ok(kind) => kind,
            Err(code) => return Ok(code.value()),
        };
        let len = if let Look::Sized(_, len) = I::look(o) { len } else { 0 };
        let range = range(len, start, stop);
        let max = self.tree_limits(usize::MAX).str_bytes;
        let part = range.start..range.end.min(range.start.saturating_add(max));
        if self.has_secret(o, &part) || tree::is_secret_pair::<I>(o, kind, len, &self.shared.redaction) {
            return Ok(Code::Denied.value());
        }
        match kind {
            Kind::Str => {
                // A code point has at most four bytes, so no more is read than four times what is kept.
                let mut text = Vec::new();
                I::points(o, range.start, range.len().min(max), &mut text);
                self.charge(text.len())?;
                let text = String::from_utf8(text).unwrap_or_default();
                self.cut_text(&text, range.len() > max)
            }
            Kind::Bytes | Kind::ByteArray => {
                let bytes = I::raw(o, |bytes| bytes.get(range).map(|b| (b[..b.len().min(max)].to_vec(), b.len())));
                let (bytes, total) = bytes.unwrap_or_default();
                self.cut_value(Value::Bytes(bytes), total)
            }
            _ => {
                // No more than a value keeps, each at its place: a position costs the same wherever it is.
                let kept = range.len().min(self.tree_limits(usize::MAX).items);
                self.charge(kept)?;
                let places = (range.start..range.start + kept).filter_map(|i| i64::try_from(i).ok());
                let items: Vec<_> = places.filter_map(|i| I::index(o, i).ok()).collect();
                self.slice_items(kind, &items, range.len())
            }
        }
    }

    fn cut_text(&mut self, text: &str, more: bool) -> Result<u64, HostBudget> {
        let max = self.tree_limits(usize::MAX).str_bytes;
        let front = &text[..text.floor_char_boundary(max)];
        let cut = more || front.len() < text.len();
        let total = if more { 0 } else { text.len() };
        let value = Value::Str(front.to_owned());
        self.value(&if cut { Value::Cut(Cut::Bytes, total as u64, Box::new(value)) } else { value })
    }

    fn cut_value(&mut self, value: Value, total: usize) -> Result<u64, HostBudget> {
        let kept = super::slots::shape(&value).1;
        let cut = |value| Value::Cut(Cut::Bytes, total as u64, Box::new(value));
        self.value(&if kept < total { cut(value) } else { value })
    }

    /// Items copied as any value is, each inside what is left.
    /// `total`: how many there are.
    fn slice_items(&mut self, kind: Kind, items: &[I::Obj], total: usize) -> Result<u64, HostBudget> {
        let limits = self.tree_limits(usize::MAX);
        let limits = tree::TreeLimits { depth: limits.depth.saturating_sub(1), ..limits };
        let front = &items[..items.len().min(limits.items)];
        let shared = self.shared.clone();
        let at = self.keep(|out| {
            if front.len() < total {
                put::cut(out, Cut::Items, total as u64);
            }
            let open = put::open_container(out, kind);
            // All items together are bounded as one value is.
            let most = out.len() + limits.budget_bytes;
            for item in front {
                let left = tree::TreeLimits { budget_bytes: most.saturating_sub(out.len()), ..limits };
                tree::encode::<I>(*item, &left, &shared.redaction, out);
            }
            put::close(out, open, front.len());
        });
        self.within_budget()?;
        Ok(self.stored_handle(at))
    }

    fn slice_value(&mut self, value: &Value, start: i32, stop: i32) -> Result<u64, HostBudget> {
        let (inner, cut) = match whole(value) {
            Ok(found) => found,
            Err(code) => return Ok(code.value()),
        };
        if cut {
            return Ok(Code::Limit.value());
        }
        match inner {
            Value::Str(text) => {
                let range = range(text.chars().count(), start, stop);
                let part: String = text.chars().skip(range.start).take(range.len()).collect();
                self.cut_text(&part, false)
            }
            Value::Bytes(bytes) => self.value(&Value::Bytes(bytes[range(bytes.len(), start, stop)].to_vec())),
            Value::List(items) => self.value(&Value::List(items[range(items.len(), start, stop)].to_vec())),
            Value::Tuple(items) => self.value(&Value::Tuple(items[range(items.len(), start, stop)].to_vec())),
            Value::Stack(items) => self.value(&Value::Stack(items[range(items.len(), start, stop)].to_vec())),
            _ => Ok(Code::Kind.value()),
        }
    }

    pub(super) fn literal(&self, v: u64) -> Option<Box<str>> {
        self.shared.literals.borrow().get(v).map(Into::into)
    }
}

/// Its hash would cost more than a firing has.
fn is_long_text<I: Introspect>(o: I::Obj) -> bool {
    matches!(I::look(o), Look::Sized(Kind::Str, len) if len as u64 > limits::TEXT_SEARCHED_BYTES_MAX)
}

/// What hashing a key costs: text and bytes are read, big ints are divided byte by byte.
fn hashed_units<I: Introspect>(key: &KeyOf<I>) -> usize {
    match key {
        Key::Str(o) => match I::look(*o) {
            Look::Sized(_, len) => len / 8,
            _ => 0,
        },
        Key::Bytes(bytes) => bytes.len() / 8,
        Key::Big(_, magnitude) => magnitude.len() * 8,
        Key::Tuple(parts) => parts.iter().map(|part| 4 + hashed_units::<I>(part)).sum(),
        _ => 0,
    }
}

fn collect<I: Introspect>(child: Child<'_, I::Obj>, items: &mut Vec<I::Obj>) -> Walk {
    if let Child::Item(item) = child {
        items.push(item);
    }
    Walk::On
}

fn whole_item<I: Introspect>(which: Whole, name: &I::Name) -> Result<Option<I::Obj>, Code> {
    if I::here().is_none() {
        return Ok(None);
    }
    match key_of_whole::<I>(which, name) {
        Ok(o) => Ok(Some(o)),
        Err(Code::Absent) => Ok(None),
        Err(code) => Err(code),
    }
}

fn byte_value(byte: u8) -> u64 {
    super::values::int(i64::from(byte)).unwrap_or_else(|| Code::Internal.value())
}

/// Python's slice of so many.
fn range(len: usize, start: i32, stop: i32) -> std::ops::Range<usize> {
    let bound = |i: i32| {
        let from_end = if i < 0 { i64::from(i).saturating_add_unsigned(len as u64) } else { i64::from(i) };
        usize::try_from(from_end).unwrap_or(0).min(len)
    };
    let (start, stop) = (bound(start), bound(stop));
    start..stop.max(start)
}

/// A copied value as a key.
fn copied_key<I: Introspect>(value: &Value) -> Result<KeyOf<I>, Code> {
    let small = |bytes: &[u8]| if bytes.len() > KEY_BYTES_MAX { Err(Code::Limit) } else { Ok(bytes.to_vec()) };
    Ok(match value {
        Value::None => Key::None,
        Value::Bool(b) => Key::Int(i64::from(*b)),
        Value::Int(n) => Key::Int(*n),
        Value::Float(x) => Key::Float(*x),
        Value::BigInt(negative, magnitude) => Key::Big(*negative, small(magnitude)?),
        Value::Str(text) => Key::Name(I::passing(text)),
        Value::Bytes(bytes) => Key::Bytes(small(bytes)?),
        Value::Tuple(parts) => Key::Tuple(parts.iter().map(copied_key::<I>).collect::<Result<_, _>>()?),
        Value::Cut(..) => return Err(Code::Limit),
        Value::Error(code) => return Err(*code),
        Value::Redacted(_) => return Err(Code::Denied),
        Value::Object(..) | Value::Opaque(..) => return Err(Code::Code),
        Value::List(_) | Value::Set(_) | Value::FrozenSet(_) | Value::Dict(_) | Value::Stack(_) => {
            return Err(Code::Kind);
        }
    })
}
