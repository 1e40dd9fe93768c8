//! A value as an aggregation's key: scalars, str, bytes, stacks and tuples of them as they are; anything else by its type.
//!
//! In: a guest's value. Out: its byte form, at most `key_bytes_max`; nothing for None, which is no key. Never here: the
//! inside of an object, whose keys would be as many as its states.

use waspect_abi::{Code, Kind};

use super::values::Operand;
use super::{Ref, State};
use crate::introspect::tree::{self, TreeLimits};
use crate::introspect::{Introspect, Look, Whole};
use crate::limits;
use crate::value::{Cut, Value, put};

const BYTES_MAX: usize = limits::KEY_BYTES_MAX as usize;
/// A mark and the head of a text or tuple.
const HEAD_BYTES: usize = 10 + 5;

impl<I: Introspect> State<I> {
    /// Appends the key's bytes to an empty buffer.
    pub(super) fn key(&self, v: u64, out: &mut Vec<u8>) {
        match self.operand(v) {
            Operand::None => {}
            Operand::Ref(Ref::Object(o)) => self.object_key(o, out),
            Operand::Ref(Ref::Whole(Whole::Args)) => {
                self.encode(v, &self.key_limits(0), out);
                by_type(out);
            }
            Operand::Ref(Ref::Whole(_)) => put::opaque(out, Kind::Dict, Kind::Dict.name()),
            Operand::Ref(Ref::Stored(at)) => match self.stored_value(at) {
                Some(value) => write(&value, BYTES_MAX, out),
                None => put::error(out, Code::Internal),
            },
            _ => self.encode(v, &self.key_limits(0), out),
        }
    }

    /// Depth does the work: what is deeper is shown by its type.
    fn key_limits(&self, depth: usize) -> TreeLimits {
        TreeLimits { depth, budget_bytes: BYTES_MAX, ..self.tree_limits(BYTES_MAX) }
    }

    fn object_key(&self, o: I::Obj, out: &mut Vec<u8>) {
        let redaction = &self.shared.redaction;
        match I::look(o) {
            Look::Sized(Kind::Str | Kind::Bytes | Kind::ByteArray, _) => {
                tree::encode::<I>(o, &self.key_limits(0), redaction, out);
            }
            Look::Sized(Kind::Tuple, _) => {
                tree::encode::<I>(o, &self.key_limits(1), redaction, out);
                by_type(out);
            }
            Look::Sized(..) | Look::Other(Kind::Object | Kind::Exception) => {
                tree::encode::<I>(o, &self.key_limits(0), redaction, out);
                by_type(out);
            }
            _ => tree::encode::<I>(o, &self.key_limits(0), redaction, out),
        }
    }
}

/// Takes the sizes out of what is shown by its type only, so that all of a type are one key.
fn by_type(out: &mut Vec<u8>) {
    let Ok(value) = Value::read(&mut out.as_slice()) else { return };
    out.clear();
    write(&value, BYTES_MAX, out);
}

/// Cuts what is longer than `max`; what cannot be cut so far is LIMIT.
pub(super) fn shorten(max: usize, out: &mut Vec<u8>) {
    if out.len() <= max {
        return;
    }
    let value = Value::read(&mut out.as_slice());
    out.clear();
    match value {
        Ok(Value::Opaque(kind, name)) => {
            put::opaque(out, kind, &name[..name.floor_char_boundary(max.saturating_sub(HEAD_BYTES))]);
        }
        Ok(value) => write(&value, max, out),
        Err(_) => {}
    }
    if out.is_empty() || out.len() > max {
        out.clear();
        put::error(out, Code::Limit);
    }
}

/// Appends at most `room` bytes.
fn write(value: &Value, room: usize, out: &mut Vec<u8>) {
    let room = room.saturating_sub(HEAD_BYTES);
    match value {
        Value::Str(text) if text.len() > room => {
            put::cut(out, Cut::Bytes, text.len() as u64);
            put::str(out, &text[..text.floor_char_boundary(room)]);
        }
        Value::Bytes(bytes) if bytes.len() > room => {
            put::cut(out, Cut::Bytes, bytes.len() as u64);
            put::bytes(out, &bytes[..room]);
        }
        Value::Tuple(items) => write_items(Kind::Tuple, items, room, out),
        Value::Stack(frames) => write_items(Kind::Frame, frames, room, out),
        Value::List(_) => put::opaque(out, Kind::List, Kind::List.name()),
        Value::Set(_) => put::opaque(out, Kind::Set, Kind::Set.name()),
        Value::FrozenSet(_) => put::opaque(out, Kind::FrozenSet, Kind::FrozenSet.name()),
        Value::Dict(_) => put::opaque(out, Kind::Dict, Kind::Dict.name()),
        Value::Object(name, _) => put::opaque(out, Kind::Object, name),
        Value::Cut(Cut::Depth | Cut::Cycle, _, inner) => write(inner, room, out),
        Value::Cut(why, total, inner) => match &**inner {
            Value::Str(_) | Value::Bytes(_) | Value::Tuple(_) | Value::Stack(_) | Value::BigInt(..) => {
                let start = out.len();
                put::cut(out, *why, *total);
                let part = out.len();
                write(inner, room, out);
                // What is cut once more has one mark: it was not whole before.
                if matches!(out.get(part), Some(15)) {
                    out.drain(part..part + (part - start));
                }
            }
            other => write(other, room, out),
        },
        other => other.write(out),
    }
}

/// Items as long as they fit.
fn write_items(kind: Kind, items: &[Value], room: usize, out: &mut Vec<u8>) {
    let start = out.len();
    let at = put::open_container(out, kind);
    let mut count = 0;
    for item in items {
        let end = out.len();
        if let Value::Tuple(_) = item {
            put::opaque(out, Kind::Tuple, Kind::Tuple.name());
        } else if kind == Kind::Frame {
            // A frame is there as a whole or not at all.
            item.write(out);
        } else {
            write(item, room.saturating_sub(end - start), out);
        }
        if out.len() - start > room {
            out.truncate(end);
            break;
        }
        count += 1;
    }
    put::close(out, at, count);
    if count < items.len() {
        let tuple = out.split_off(start);
        put::cut(out, Cut::Budget, items.len() as u64);
        out.extend_from_slice(&tuple);
    }
}
