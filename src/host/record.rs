//! `field`, `field.str`, `emit`, `log`: what leaves the guest as records and lines.
//!
//! In: named values, text in guest memory. Out: one record per `emit`, committed to the ring or counted as dropped.
//! Never here: a field that grows a record past its budget; fields not emitted die with the firing.

use waspect_abi::{Code, Kind};

use super::values::Operand;
use super::{HostBudget, Ref, State};
use crate::introspect::Introspect;
use crate::introspect::tree::{self, TreeLimits};
use crate::limits;
use crate::outlet::Record;
use crate::report::DropKind;
use crate::value::{Cut, put};

impl<I: Introspect> State<I> {
    /// Adds a value under a field's number.
    #[inline]
    pub(super) fn field(&mut self, name: u32, v: u64) -> Result<(), HostBudget> {
        match self.operand(v) {
            Operand::Int(n) => self.add_plain(name, |_, out| put::int(out, n)),
            Operand::Ref(Ref::Object(o)) => self.add_plain(name, |limits, out| tree::encode::<I>(o, limits, out)),
            _ => self.add_field(name, |state, out| state.encode(v, out)),
        }
    }

    /// Adds a value that is encoded without a look at the rest of the firing.
    #[inline]
    fn add_plain(&mut self, name: u32, encode: impl FnOnce(&TreeLimits, &mut Vec<u8>)) -> Result<(), HostBudget> {
        let start = self.record.len();
        if self.fields >= limits::RECORD_FIELDS_MAX {
            self.drop_one(DropKind::Fields);
            return Ok(());
        }
        self.fields += 1;
        self.record.extend_from_slice(&name.to_le_bytes());
        encode(&self.shared.tree_limits, &mut self.record);
        if self.record.len() as u64 > self.shared.budget.record_bytes_max {
            let mut record = std::mem::take(&mut self.record);
            self.shorten(&mut record, start + 4);
            self.record = record;
        }
        self.charge(self.record.len() - start)
    }

    /// Adds text the guest made.
    pub(super) fn field_text(&mut self, name: u32, text: &[u8]) -> Result<(), HostBudget> {
        let max = usize::try_from(self.shared.budget.value_str_bytes_max).unwrap_or(usize::MAX);
        self.add_field(name, |_, out| put_text(out, text, max))
    }

    fn add_field(&mut self, name: u32, encode: impl FnOnce(&Self, &mut Vec<u8>)) -> Result<(), HostBudget> {
        if self.fields >= limits::RECORD_FIELDS_MAX {
            self.drop_one(DropKind::Fields);
            return Ok(());
        }
        self.fields += 1;
        let mut record = std::mem::take(&mut self.record);
        let start = record.len();
        record.extend_from_slice(&name.to_le_bytes());
        encode(self, &mut record);
        if record.len() as u64 > self.shared.budget.record_bytes_max {
            self.shorten(&mut record, start + 4);
        }
        let written = record.len() - start;
        self.record = record;
        self.charge(written)
    }

    /// A field that does not fit is shown as cut, and counted.
    fn shorten(&self, record: &mut Vec<u8>, value_at: usize) {
        let total = (record.len() - value_at) as u64;
        record.truncate(value_at);
        put::cut(record, Cut::Budget, total);
        put::opaque(record, Kind::Object, "");
        self.drop_one(DropKind::Fields);
    }

    /// Commits what was added since the last `emit`.
    pub(super) fn emit(&mut self) -> i32 {
        self.wrote = true;
        self.records += 1;
        self.host_bytes += 1;
        let allowed = self.records <= limits::RECORDS_PER_FIRE_MAX;
        let committed = if allowed { self.commit() } else { self.drop_one(DropKind::PerFire) };
        self.record.clear();
        self.fields = 0;
        if committed { 0 } else { Code::Dropped.status() }
    }

    fn commit(&self) -> bool {
        let outlet = &self.shared.outlet;
        let tid = crate::thread::id();
        outlet.thread(tid, I::thread_name);
        outlet.record(&Record {
            account: self.account(),
            function: self.firing.function,
            tid,
            point: self.firing.point,
            fields: &self.record,
        })
    }

    /// A line for the operator; level 1 (error) to 5 (trace).
    pub(super) fn log(&mut self, level: i32, text: &[u8]) -> Result<i32, HostBudget> {
        let Ok(level @ 1..=5) = u8::try_from(level) else { return Ok(Code::Range.status()) };
        self.wrote = true;
        let max = usize::try_from(limits::VALUE_STR_BYTES_MAX).unwrap_or(usize::MAX);
        let line = String::from_utf8_lossy(&text[..text.len().min(max)]);
        let logged = self.shared.outlet.log(self.account(), level, line.as_bytes());
        self.charge(text.len())?;
        Ok(if logged { 0 } else { Code::Dropped.status() })
    }

    /// Counts something not delivered; false, as the answer to «was it».
    pub(super) fn drop_one(&self, why: DropKind) -> bool {
        self.shared.outlet.dropped(self.account(), why);
        false
    }
}

/// Text from the guest: made UTF-8, and cut where it is too long.
fn put_text(out: &mut Vec<u8>, text: &[u8], max: usize) {
    let lossy = String::from_utf8_lossy(text);
    let end = lossy.floor_char_boundary(max);
    if end < lossy.len() {
        put::cut(out, Cut::Bytes, lossy.len() as u64);
    }
    put::str(out, &lossy[..end]);
}
