//! `field`, `field.str`, `emit`, `log`: what leaves the guest as records and lines.
//!
//! In: named values, text in guest memory. Out: one record per `emit`, committed to the ring or counted as dropped.
//! Never here: a field that grows a record past its budget; fields not emitted die with the firing.

use waspect_abi::{Code, Kind};

use super::values::Operand;
use super::{HostBudget, Ref, State, number_of};
use crate::introspect::Introspect;
use crate::introspect::tree;
use crate::ledger::TASK_NAME;
use crate::limits;
use crate::outlet::Record;
use crate::report::DropKind;
use crate::value::{Cut, put};

impl<I: Introspect> State<I> {
    /// Adds a value under a field's number.
    #[inline]
    pub(super) fn field(&mut self, name: u32, v: u64) -> Result<(), HostBudget> {
        let written = match self.operand(v) {
            Operand::Int(n) if self.has_room(INT_FIELD_BYTES) => {
                self.fields += 1;
                self.record.extend_from_slice(&name.to_le_bytes());
                put::int(&mut self.record, n);
                INT_FIELD_BYTES
            }
            Operand::Int(n) => self.add_field(name, |_, _, out| put::int(out, n)),
            Operand::Ref(Ref::Object(o)) => self.add_field(name, |state, left, out| {
                tree::encode::<I>(o, &state.limits_of_fields(left), &state.shared.redaction, out);
            }),
            _ => self.add_field(name, |state, left, out| state.encode(v, &state.limits_of_fields(left), out)),
        };
        self.charge(written)
    }

    /// Adds text the guest made; of a bad pointer, that it was one.
    pub(super) fn field_text(&mut self, name: u32, text: Result<&[u8], Code>) -> i32 {
        let max = self.limits_of_fields(usize::MAX).str_bytes;
        self.add_field(name, |state, left, out| match text {
            Ok(text) if state.shared.redaction.finds(text) => put::redacted(out, Kind::Str),
            Ok(text) => put_text(out, text, max, left),
            Err(code) => put::error(out, code),
        });
        0
    }

    /// Whether a field of so many bytes fits as it is.
    #[inline]
    fn has_room(&self, bytes: usize) -> bool {
        self.fields < limits::RECORD_FIELDS_MAX
            && (self.record.len() + bytes) as u64 <= self.shared.budget.record_bytes_max
    }

    /// Gives how many bytes were made, also of what then did not fit.
    #[inline]
    pub(super) fn add_field(&mut self, name: u32, encode: impl FnOnce(&Self, usize, &mut Vec<u8>)) -> usize {
        if self.fields >= limits::RECORD_FIELDS_MAX {
            self.drop_one(DropKind::Fields);
            return 0;
        }
        self.fields += 1;
        let mut record = std::mem::take(&mut self.record);
        let max = usize::try_from(self.shared.budget.record_bytes_max).unwrap_or(usize::MAX);
        let (start, value_at) = (record.len(), record.len() + 4);
        record.extend_from_slice(&name.to_le_bytes());
        encode(self, max.saturating_sub(value_at), &mut record);
        let written = record.len() - start;
        let cut = record[value_at..].starts_with(&CUT_BY_BUDGET);
        if record.len() > max {
            shorten(&mut record, value_at, max);
        }
        if cut || record.len() - start < written {
            self.drop_one(DropKind::Fields);
        }
        self.record = record;
        written
    }

    /// Commits what was added since the last `emit`.
    pub(super) fn emit(&mut self) -> i32 {
        if self.starting {
            return Code::Point.status();
        }
        self.wrote = true;
        self.records += 1;
        self.work(1);
        let allowed = self.records <= limits::RECORDS_PER_FIRE_MAX;
        let committed = if allowed { self.add_task().commit() } else { self.drop_one(DropKind::PerFire) };
        self.record.clear();
        self.fields = 0;
        if committed { 0 } else { Code::Dropped.status() }
    }

    /// Behind the fields: the asyncio task's name, where one runs.
    #[inline]
    fn add_task(&mut self) -> &Self {
        if let Some(name) = I::task_name().filter(|_| self.has_call()) {
            self.record.extend_from_slice(&TASK_NAME.to_le_bytes());
            put::str(&mut self.record, &name);
        }
        self
    }

    fn commit(&self) -> bool {
        let outlet = &self.shared.outlet;
        let tid = crate::thread::id();
        outlet.thread(tid, I::thread_name);
        let scope = self.scope();
        let record = Record {
            account: &self.shared.accounts[self.probe],
            function: number_of(self.firing.function),
            tid,
            point: self.firing.point,
            request: scope.as_ref().map_or(0, |scope| scope.number()),
            fields: &self.record,
        };
        match scope.and_then(|scope| scope.held(outlet.number())) {
            None => outlet.record(&record),
            Some(held) => held.downcast_ref().is_some_and(|speculation| outlet.hold(speculation, &record)),
        }
    }

    /// A line for the operator; level 1 (error) to 5 (trace).
    pub(super) fn log(&mut self, level: i32, text: Result<&[u8], Code>) -> i32 {
        let text = match text {
            Ok(text) => String::from_utf8_lossy(text),
            Err(code) => return code.status(),
        };
        let Ok(level @ 1..=5) = u8::try_from(level) else { return Code::Range.status() };
        self.wrote = true;
        let max = usize::try_from(self.shared.budget.value_str_bytes_max).unwrap_or(usize::MAX);
        let redacted = self.shared.redaction.finds(text.as_bytes());
        let line = if redacted { REDACTED } else { &text[..text.floor_char_boundary(max)] };
        let logged = self.shared.outlet.log(self.account(), level, line.as_bytes());
        if logged { 0 } else { Code::Dropped.status() }
    }

    /// Counts something not delivered; false, as the answer to «was it».
    pub(super) fn drop_one(&self, why: DropKind) -> bool {
        self.shared.outlet.dropped(self.account(), why);
        false
    }
}

/// In place of a line that has a secret in it.
pub(super) const REDACTED: &str = "<redacted>";

/// A field's number, a tag, an int.
const INT_FIELD_BYTES: usize = 4 + 1 + 8;

/// How a value begins of which the record had no room for more.
const CUT_BY_BUDGET: [u8; 2] = [15, Cut::Budget as u8];

/// A field that does not fit is shown as cut; where not even that fits, it is left out.
fn shorten(record: &mut Vec<u8>, value_at: usize, max: usize) {
    record.truncate(value_at);
    put::cut(record, Cut::Budget, 0);
    put::opaque(record, Kind::Object, "");
    if record.len() > max {
        record.truncate(value_at - 4);
    }
}

/// Text from the guest: made UTF-8, and cut where it is too long.
fn put_text(out: &mut Vec<u8>, text: &[u8], max: usize, left: usize) {
    const MARK: usize = 10 + 5;
    let lossy = String::from_utf8_lossy(text);
    let (max, why) =
        if lossy.len().min(max) + MARK > left { (left.saturating_sub(MARK), Cut::Budget) } else { (max, Cut::Bytes) };
    let end = lossy.floor_char_boundary(max);
    if end < lossy.len() {
        put::cut(out, why, lossy.len() as u64);
    }
    put::str(out, &lossy[..end]);
}
