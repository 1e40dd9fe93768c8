//! `str bytes str_eq str_test str_hash`: the text and content of a value.
//!
//! In: a value, a place or a text in guest memory. Out: bytes, answers. Bounded: what is counted, searched or hashed of
//! one str. Never here: a str's cached UTF-8, work that grows with a str of any length.

use std::ops::Range;

use waspect_abi::{Code, Kind};

use super::values::{COMPARED_BYTES_PER_UNIT, Operand, against};
use super::{HostBudget, Ref, State};
use crate::introspect::{Introspect, Look};
use crate::limits;
use crate::policy::Redaction;
use crate::value::Value;

const COUNTED_MAX: usize = limits::TEXT_COUNTED_BYTES_MAX as usize;
const SEARCHED_MAX: usize = limits::TEXT_SEARCHED_BYTES_MAX as usize;
/// More than a firing may move need not be copied: it ends the firing anyway.
const COPIED_MAX: usize = limits::HOST_BYTES_PER_FIRE_MAX as usize + 1;
/// Transcoded bytes for one unit of host work.
const TRANSCODED_BYTES_PER_UNIT: usize = 4;
/// The longest code point.
const POINT_BYTES: usize = 4;

/// How much of a text was appended, and whether that was all.
pub(super) struct Front {
    pub(super) whole: bool,
    /// Bytes of the whole text, as far as they are known.
    pub(super) total: usize,
}

impl<I: Introspect> State<I> {
    /// Appends the front of a value's text: `max` bytes, cut at a code point. Charges what it costs.
    pub(super) fn front(&mut self, v: u64, max: usize, out: &mut Vec<u8>) -> Result<Result<Front, Code>, HostBudget> {
        let start = out.len();
        let front = match self.operand(v) {
            Operand::Error(code) => Err(code),
            Operand::Literal(v) => match self.shared.literals.borrow().get(v) {
                Some(text) => Ok(append(text, text.len(), max, out)),
                None => Err(Code::Stale),
            },
            Operand::Ref(Ref::Object(o)) if is_text::<I>(o) && self.begins_secret(o, max) => Err(Code::Denied),
            Operand::Ref(Ref::Object(o)) if is_text::<I>(o) => {
                let whole = I::text(o, max, out);
                let ascii = I::ascii(o, |ascii| ascii.map(<[u8]>::len));
                if ascii.is_none() {
                    self.effort(out.len() - start);
                }
                Ok(Front { whole, total: ascii.unwrap_or(out.len() - start) })
            }
            Operand::Ref(Ref::Stored(at)) => match self.stored_value(at) {
                Some(Value::Str(text)) if self.shared.redaction.finds(front_bytes(text.as_bytes(), max)) => {
                    Err(Code::Denied)
                }
                Some(Value::Str(text)) => Ok(append(&text, text.len(), max, out)),
                Some(Value::Redacted(_)) => Err(Code::Denied),
                Some(Value::Cut(_, total, inner)) => match *inner {
                    Value::Str(text) => Ok(append(&text, cut_total(total, text.len()), max, out)),
                    _ => Err(Code::Kind),
                },
                _ => Err(Code::Kind),
            },
            _ => Err(Code::Kind),
        };
        self.charge((out.len() - start) / TRANSCODED_BYTES_PER_UNIT)?;
        Ok(front)
    }

    /// Appends at most `cap` bytes of text; gives the full UTF-8 length, which is above `cap` where there is more.
    pub(super) fn str(&mut self, v: u64, cap: usize, out: &mut Vec<u8>) -> Result<Result<usize, Code>, HostBudget> {
        let ascii = match self.operand(v) {
            Operand::Ref(Ref::Object(o)) => I::ascii(o, |ascii| ascii.is_some()),
            _ => true,
        };
        let copied = cap.min(COPIED_MAX);
        // Of what is not ASCII the length is found by counting; a code point more than fits shows that there is more.
        let max = if ascii { copied } else { copied.max(COUNTED_MAX) + POINT_BYTES };
        let front = match self.front(v, max, out)? {
            Ok(front) => front,
            Err(code) => return Ok(Err(code)),
        };
        out.truncate(floor(out, copied));
        self.charge(out.len())?;
        Ok(Ok(front.total))
    }

    /// Appends at most `cap` bytes of content; gives how many there are.
    pub(super) fn bytes(&mut self, v: u64, cap: usize, out: &mut Vec<u8>) -> Result<Result<usize, Code>, HostBudget> {
        let max = cap.min(COPIED_MAX);
        let mut copy = |all: &[u8]| {
            out.extend_from_slice(&all[..all.len().min(max)]);
            all.len()
        };
        let total = match self.operand(v) {
            Operand::Error(code) => Err(code),
            Operand::Ref(Ref::Object(o)) => match I::look(o) {
                Look::Sized(Kind::Bytes | Kind::ByteArray, _) if self.begins_secret(o, max) => Err(Code::Denied),
                Look::Sized(Kind::Bytes | Kind::ByteArray, _) => Ok(I::raw(o, copy)),
                _ => Err(Code::Kind),
            },
            Operand::Ref(Ref::Stored(at)) => match self.stored_value(at) {
                Some(Value::Bytes(all)) => Ok(copy(&all)),
                Some(Value::Cut(_, total, inner)) => match *inner {
                    Value::Bytes(all) => Ok(cut_total(total, copy(&all))),
                    _ => Err(Code::Kind),
                },
                _ => Err(Code::Kind),
            },
            _ => Err(Code::Kind),
        };
        self.charge(out.len())?;
        Ok(total)
    }

    /// Whether a value is the text; what is no str is not.
    pub(super) fn str_eq(&mut self, v: u64, text: &[u8]) -> Result<i32, HostBudget> {
        self.charge(text.len() / COMPARED_BYTES_PER_UNIT)?;
        if let Operand::Ref(Ref::Object(o)) = self.operand(v)
            && is_text::<I>(o)
            && let Ok(text) = std::str::from_utf8(text)
        {
            return Ok(i32::from(against::<I>(o, text).is_eq()));
        }
        let mut front = std::mem::take(&mut self.scratch);
        front.clear();
        let answer = match self.front(v, text.len() + POINT_BYTES, &mut front)? {
            Err(Code::Kind) => 0,
            Err(code) => code.status(),
            Ok(it) if !it.whole && it.total > front.len() && front.len() <= text.len() => unknown(&front, text),
            Ok(_) => i32::from(front == text),
        };
        self.scratch = front;
        Ok(answer)
    }

    /// Prefix, suffix, contains.
    pub(super) fn str_test(&mut self, v: u64, needle: &[u8], mode: i32) -> Result<i32, HostBudget> {
        if let Operand::Error(code) = self.operand(v) {
            return Ok(code.status());
        }
        let Some(test) = test(mode) else { return Ok(Code::Range.status()) };
        self.charge(needle.len() / COMPARED_BYTES_PER_UNIT)?;
        let max = if mode == 0 { needle.len() + POINT_BYTES } else { SEARCHED_MAX };
        if let Operand::Ref(Ref::Object(o)) = self.operand(v)
            && let Some((answer, cost)) = I::ascii(o, |ascii| Some(test_ascii(ascii?, needle, mode, test)))
        {
            self.charge(cost)?;
            return Ok(answer);
        }
        let mut front = std::mem::take(&mut self.scratch);
        front.clear();
        let answer = match self.front(v, max, &mut front)? {
            Err(code) => code.status(),
            Ok(it) => match (mode, it.whole, test(&front, needle)) {
                (0, true, found) => i32::from(found),
                (0, false, found) if found || front.len() >= needle.len() => i32::from(found),
                (1, false, _) | (_, false, false) => Code::Limit.status(),
                (_, _, found) => i32::from(found),
            },
        };
        self.scratch = front;
        Ok(answer)
    }

    /// xxh64 with seed 0; 0 for what is no str, or more than is hashed.
    pub(super) fn str_hash(&mut self, v: u64) -> Result<i64, HostBudget> {
        let hash = |bytes: &[u8]| twox_hash::XxHash64::oneshot(0, bytes).cast_signed();
        if let Operand::Ref(Ref::Object(o)) = self.operand(v)
            && let Some((hash, n)) = I::ascii(o, |ascii| {
                let front = ascii?.get(..SEARCHED_MAX.min(ascii?.len()))?;
                let none = ascii?.len() > SEARCHED_MAX || self.shared.redaction.finds(front);
                Some((if none { 0 } else { hash(front) }, front.len()))
            })
        {
            self.charge(n / COMPARED_BYTES_PER_UNIT)?;
            return Ok(hash);
        }
        let mut front = std::mem::take(&mut self.scratch);
        front.clear();
        let whole = self.front(v, SEARCHED_MAX, &mut front)?.is_ok_and(|it| it.whole);
        let answer = if whole { hash(&front) } else { 0 };
        self.scratch = front;
        Ok(answer)
    }
}

impl<I: Introspect> State<I> {
    /// Whether a pattern of secrets is in the front of text or bytes, of which `max` are to be copied.
    fn begins_secret(&self, o: I::Obj, max: usize) -> bool {
        let redaction = &self.shared.redaction;
        let ascii = I::ascii(o, |ascii| Some(redaction.finds(front_bytes(ascii?, max))));
        ascii.unwrap_or_else(|| {
            let found = I::raw(o, |bytes| redaction.finds(front_bytes(bytes, max)));
            let mut text = Vec::new();
            I::text(o, max.saturating_add(Redaction::BEYOND), &mut text);
            found || redaction.finds(&text)
        })
    }

    /// The same around a part of text or bytes that is to be taken out.
    pub(super) fn has_secret(&self, o: I::Obj, part: &Range<usize>) -> bool {
        let Look::Sized(kind @ (Kind::Str | Kind::Bytes | Kind::ByteArray), len) = I::look(o) else { return false };
        let (from, to) = (part.start.saturating_sub(BEFORE), len.min(part.end.saturating_add(Redaction::BEYOND)));
        self.work((to.saturating_sub(from) / COMPARED_BYTES_PER_UNIT) as u64);
        let finds = |bytes: &[u8]| self.shared.redaction.finds(bytes.get(from..to).unwrap_or_default());
        if kind != Kind::Str {
            return I::raw(o, finds);
        }
        I::ascii(o, |ascii| ascii.map(finds)).unwrap_or_else(|| {
            let mut text = Vec::new();
            I::points(o, from, to.saturating_sub(from), &mut text);
            self.shared.redaction.finds(&text)
        })
    }
}

/// So far before a part what it is a part of may begin: a private key has no more.
const BEFORE: usize = 4_096;

/// What is looked at of text of which `max` bytes are to be copied.
fn front_bytes(text: &[u8], max: usize) -> &[u8] {
    &text[..text.len().min(max.saturating_add(Redaction::BEYOND))]
}

fn is_text<I: Introspect>(o: I::Obj) -> bool {
    matches!(I::look(o), Look::Sized(Kind::Str, _))
}

/// Appends the front of text that is at hand, of which there once were `total` bytes.
fn append(text: &str, total: usize, max: usize, out: &mut Vec<u8>) -> Front {
    let end = text.floor_char_boundary(max);
    out.extend_from_slice(&text.as_bytes()[..end]);
    Front { whole: end == total, total }
}

/// The length of something that was cut; where it is not known, more than what is there.
pub(super) fn cut_total(total: u64, there: usize) -> usize {
    usize::try_from(total).unwrap_or(usize::MAX).max(there + 1)
}

/// Where UTF-8 can be cut, at `max` or before.
pub(super) fn floor(text: &[u8], max: usize) -> usize {
    let mut end = max.min(text.len());
    while end < text.len() && end > 0 && text[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    end
}

/// A copy that was cut: its front can tell that the texts differ, never that they are equal.
fn unknown(front: &[u8], text: &[u8]) -> i32 {
    if text.starts_with(front) { Code::Limit.status() } else { 0 }
}

type Test = fn(&[u8], &[u8]) -> bool;

fn test(mode: i32) -> Option<Test> {
    match mode {
        0 => Some(<[u8]>::starts_with),
        1 => Some(<[u8]>::ends_with),
        2 => Some(contains),
        _ => None,
    }
}

/// In linear time, which the search over text promises.
fn contains(hay: &[u8], needle: &[u8]) -> bool {
    // Bytes that are no UTF-8 are in no text.
    std::str::from_utf8(hay).is_ok_and(|hay| std::str::from_utf8(needle).is_ok_and(|needle| hay.contains(needle)))
}

/// Prefix and suffix of ASCII are at hand whatever its length.
fn test_ascii(hay: &[u8], needle: &[u8], mode: i32, test: Test) -> (i32, usize) {
    if mode != 2 {
        return (i32::from(test(hay, needle)), 0);
    }
    let front = &hay[..hay.len().min(SEARCHED_MAX)];
    let answer = match test(front, needle) {
        false if front.len() < hay.len() => Code::Limit.status(),
        found => i32::from(found),
    };
    (answer, front.len() / COMPARED_BYTES_PER_UNIT)
}
