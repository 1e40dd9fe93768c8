//! `entry_key entry_val`: what is inside, by position, until ABSENT.
//!
//! In: a value and a position. Out: keys and values. A cursor keeps what comes next, so that going on is cheap. Never here: an
//! iterator of the application, an entry kept beyond the firing.

use waspect_abi::{Code, Kind};

use super::copies::whole;
use super::values::Operand;
use super::{HostBudget, Ref, Shared, State, values};
use crate::introspect::{Child, Introspect, Look, NAME_BYTES_MAX, Walk, Whole, tree};
use crate::value::Value;

/// Entries fetched in one walk, at most.
const FETCHED_MAX: usize = 256;
/// Entries passed over for one unit of host work.
const ENTRIES_PER_UNIT: usize = 2;

enum Part<O> {
    Object(O),
    Place,
    Copy(Value),
}

/// Entries of one handle, from `start` on.
pub(super) struct Cursor<I: Introspect> {
    handle: u64,
    start: usize,
    entries: Entries<I::Obj>,
}

impl<I: Introspect> Default for Cursor<I> {
    fn default() -> Self {
        Self { handle: 0, start: 0, entries: Vec::new() }
    }
}

impl<I: Introspect> Cursor<I> {
    pub(super) fn forget(&mut self) {
        self.handle = 0;
        if !self.entries.is_empty() {
            self.entries.clear();
        }
    }
}

impl<I: Introspect> State<I> {
    pub(super) fn entry(&mut self, v: u64, i: i32, key: bool) -> Result<u64, HostBudget> {
        self.charge(0)?;
        let of = match self.operand(v) {
            Operand::Error(code) => return Ok(code.value()),
            Operand::Ref(of) => of,
            _ => return Ok(Code::Kind.value()),
        };
        let Ok(i) = usize::try_from(i) else { return Ok(Code::Absent.value()) };
        let known = self.cursor.start..self.cursor.start + self.cursor.entries.len();
        if self.cursor.handle != v || !known.contains(&i) {
            if matches!(self.kind(v), k if LEAVES.iter().any(|leaf| k == *leaf as i32)) {
                return Ok(Code::Kind.value());
            }
            self.cursor.forget();
            if let Err(code) = self.fetch(of, i)? {
                return Ok(code.value());
            }
            (self.cursor.handle, self.cursor.start) = (v, i);
        }
        self.give(i, key)
    }

    fn give(&mut self, i: usize, key: bool) -> Result<u64, HostBudget> {
        let Some((k, v)) = self.cursor.entries.get(i - self.cursor.start) else { return Ok(Code::Absent.value()) };
        match if key { k } else { v } {
            Part::Object(o) => {
                let o = *o;
                Ok(self.object(o))
            }
            Part::Place => Ok(i64::try_from(i).ok().and_then(values::int).unwrap_or(Code::Limit.value())),
            Part::Copy(value) => {
                let value = value.clone();
                self.value(&value)
            }
        }
    }

    /// Walks past `from` entries and keeps some of the next.
    fn fetch(&mut self, of: Ref<I::Obj>, from: usize) -> Result<Result<(), Code>, HostBudget> {
        if let Ref::Stored(at) = of {
            let Some(value) = self.copy(at)? else { return Ok(Err(Code::Internal)) };
            return Ok(copied(&value).map(|all| self.cursor.entries = all.into_iter().skip(from).collect()));
        }
        // Before the walk: it may be long.
        self.charge(from / ENTRIES_PER_UNIT)?;
        let (mut at, most) = (0, from.clamp(16, FETCHED_MAX));
        let (shared, here) = (self.shared.clone(), I::here());
        let redaction = &shared.redaction;
        let pair = match of {
            Ref::Object(o) => match I::look(o) {
                Look::Sized(kind, len) => tree::is_secret_pair::<I>(o, kind, len, redaction),
                _ => false,
            },
            _ => false,
        };
        let in_args = here.filter(|_| matches!(of, Ref::Whole(Whole::Args)));
        let shown = |o, hidden: bool| if hidden { Part::Copy(Value::Error(Code::Denied)) } else { Part::Object(o) };
        let entries = &mut self.cursor.entries;
        let mut visit = |child: Child<'_, I::Obj>| {
            at += 1;
            if at > from {
                entries.push(match child {
                    Child::Item(o) => {
                        let named = in_args.is_some_and(|frame| tree::hides_arg::<I>(frame, at - 1, redaction));
                        (Part::Place, shown(o, named || pair && at == 2))
                    }
                    Child::Pair(k, v) => (Part::Object(k), shown(v, hides_entry::<I>(k, &shared))),
                    Child::Field(name, o) => {
                        let hidden = redaction.hides(name.as_bytes()) || !shared.allows_key(name.as_bytes());
                        (Part::Copy(Value::Str(name.to_owned())), shown(o, hidden))
                    }
                    Child::Told(name, told) => (Part::Copy(Value::Str(name.to_owned())), Part::Copy(told.into())),
                });
            }
            if entries.len() < most { Walk::On } else { Walk::Stop }
        };
        match (of, I::here()) {
            (Ref::Object(o), _) => I::children(o, &mut visit),
            (Ref::Whole(which), Some(frame)) => I::whole(frame, which, &mut visit),
            _ => {}
        }
        Ok(Ok(()))
    }
}

/// Whether what stands under a key is withheld, by its name or by a rule.
fn hides_entry<I: Introspect>(key: I::Obj, shared: &Shared<I>) -> bool {
    if tree::hides_key::<I>(key, &shared.redaction) {
        return true;
    }
    let mut name = Vec::new();
    let is_text = matches!(I::look(key), Look::Sized(Kind::Str, _));
    is_text && shared.has_rules() && {
        I::text(key, NAME_BYTES_MAX, &mut name);
        !shared.allows_key(&name)
    }
}

/// Kinds with nothing inside to walk over.
const LEAVES: &[Kind] = &[Kind::Str, Kind::Bytes, Kind::ByteArray, Kind::Int, Kind::Float, Kind::Type];

type Entries<O> = Vec<(Part<O>, Part<O>)>;

fn copied<O>(value: &Value) -> Result<Entries<O>, Code> {
    Ok(match whole(value)?.0 {
        Value::List(all) | Value::Tuple(all) | Value::Set(all) | Value::FrozenSet(all) | Value::Stack(all) => {
            all.iter().map(|item| (Part::Place, Part::Copy(item.clone()))).collect()
        }
        Value::Dict(all) => all.iter().map(|(k, v)| (Part::Copy(k.clone()), Part::Copy(v.clone()))).collect(),
        Value::Object(_, all) => {
            all.iter().map(|(name, v)| (Part::Copy(Value::Str(name.clone())), Part::Copy(v.clone()))).collect()
        }
        _ => return Err(Code::Kind),
    })
}
