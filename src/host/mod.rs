//! The host: what a guest can call while it fires. One file per import family.
//!
//! In: the firing (frame, arguments, outcome) and calls from the guest. Out: values, records, numbers by key. Bounded by
//! the budget's bytes and counts. Never here: a Python name, a call into the application, a panic on what a guest says:
//! every value from the guest is a claim that is checked.

mod aggregate;
mod chance;
mod computed;
mod context;
mod copies;
mod entries;
mod frame;
mod identity;
mod item;
mod key;
mod link;
mod made;
mod membership;
mod memory;
mod navigate;
mod number;
mod pack;
mod record;
mod request;
mod show;
mod slots;
mod stack;
mod starting;
mod stores;
mod text;
mod unpack;
mod values;
mod wasi;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasmtime::Memory;
use waspect_abi::{Code, Kind, LEN_ASK, NONE, TAG_HANDLE};

use crate::introspect::tree::{self, TreeLimits};
use crate::introspect::{Introspect, Look, Whole};
use crate::ledger::NO_FUNCTION;
use crate::limits::{self, Budget, Profile};
use crate::outlet::{Account, Aggregation, Outlet};
use crate::policy::{Policy, Redaction};
use crate::request::{Key, Scope};

pub use link::{LinkError, Linked, link};
pub use slots::Slots;
pub use wasi::Exit;

/// The host ended the firing: it did more work than the budget allows.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the firing made the host do more work than its budget allows")]
pub struct HostBudget;

/// What happened to the probed call, for the length of one firing.
pub struct Firing<I: Introspect> {
    /// By `Point::number`.
    pub point: u8,
    /// With [`HIDES`] where some parameter's name is a secret's, so that each has to be looked at.
    pub function: u32,
    /// Arguments that the hook was handed: position and value.
    pub passed: [(i32, Option<I::Obj>); 2],
    /// The return value, or the exception.
    pub outcome: Option<I::Obj>,
    /// When the call was entered, in ticks; 0 when nobody looked.
    pub start_ticks: u64,
    /// Of the call, the same at its entry and its exit; no two calls of a process share one.
    pub invocation: u64,
}

/// A bit of [`Firing::function`]: there it costs a firing nothing. No session has so many functions.
pub const HIDES: u32 = 1 << 31;

/// A function's number alone.
#[inline]
pub fn number_of(function: u32) -> u32 {
    if function == NO_FUNCTION { NO_FUNCTION } else { function & !HIDES }
}

impl<I: Introspect> Clone for Firing<I> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<I: Introspect> Copy for Firing<I> {}

impl<I: Introspect> Default for Firing<I> {
    fn default() -> Self {
        Self { point: 0, function: 0, passed: [(-1, None); 2], outcome: None, start_ticks: 0, invocation: 0 }
    }
}

/// What comes with a frame that somebody hands over to be probed where it stands.
pub struct Given<I: Introspect> {
    /// A dict: what the request keeps so far.
    pub store: I::Obj,
    /// What the probe writes; nobody else's.
    pub scope: Rc<Scope>,
}

/// What a handle of this firing stands for.
enum Ref<O> {
    Object(O),
    Whole(Whole),
    /// A stored copy: a place in `State::stored`.
    Stored(u32),
}

impl<O: Copy> Clone for Ref<O> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<O: Copy> Copy for Ref<O> {}

/// What all firings of one module share.
pub struct Shared<I: Introspect> {
    pub outlet: Rc<Outlet>,
    pub budget: Budget,
    profile: Profile,
    pub accounts: Vec<Rc<Account>>,
    /// The module's number in this process: calls keep slots of several sessions side by side.
    id: u32,
    paths: Vec<frame::PathSite<I>>,
    routes: Vec<navigate::Route<I>>,
    aggregations: Vec<Rc<Aggregation>>,
    /// Those of one name together, for `print` and `clear`.
    groups: Vec<Vec<Rc<Aggregation>>>,
    tree_limits: TreeLimits,
    pub(crate) redaction: Redaction,
    /// Where reads that only run time knows are held to rules.
    rules: Option<Policy>,
    literals: RefCell<values::Literals>,
    names: RefCell<computed::Names>,
    /// What requests keep, by the names of imports.
    kept: Vec<(Key, String, I::Name)>,
    args: I::Name,
    chances: Vec<chance::Chances>,
}

/// How much of a firing's fuel may be owed before it is taken, and how many bytes the host may move for it.
#[derive(Clone, Copy, Default)]
struct Meter {
    fuel: u64,
    owed_max: u64,
    bytes_max: u64,
}

impl Meter {
    /// Taking it costs some nanoseconds, so that it is done for each so many units only.
    const OWED_MAX: u64 = 1_024;

    fn of(fuel: u64) -> Self {
        let bytes_max = limits::HOST_BYTES_PER_FIRE_MAX.min(fuel);
        Self { fuel, owed_max: Self::OWED_MAX.min(fuel / 8), bytes_max }
    }
}

/// The data of a module's store.
pub struct State<I: Introspect> {
    pub firing: Firing<I>,
    /// Which of `Shared::accounts` is firing.
    pub probe: usize,
    pub slots: Slots,
    pub caps: memory::Caps,
    pub given: Option<Given<I>>,
    pub(crate) shared: Rc<Shared<I>>,
    memory: Option<Memory>,
    generation: u8,
    /// What the first handle of this firing is called: names go on from firing to firing, so that a kept one stays stale
    /// when its generation comes again.
    first: u16,
    handles: Vec<Ref<I::Obj>>,
    stored: Vec<u8>,
    scratch: Vec<u8>,
    asked: navigate::Asked<I>,
    cursor: entries::Cursor<I>,
    record: Vec<u8>,
    /// What `field_limits` said, for the fields that follow.
    field_limits: Option<TreeLimits>,
    fields: u64,
    records: u64,
    wrote: bool,
    /// Counted also by what only looks.
    host_bytes: Cell<u64>,
    /// Host work that was not yet taken from the guest's fuel.
    owed: Cell<u64>,
    meter: Meter,
    random: u64,
    /// This firing's number, once it was asked for.
    number: u64,
    /// `_initialize` runs: there is no call to read.
    starting: bool,
    printed: wasi::Printed,
    /// The module called `proc_exit`.
    exited: Option<Exit>,
}

impl<I: Introspect> State<I> {
    pub fn new(shared: Rc<Shared<I>>) -> Self {
        let random = shared.outlet.clock.ticks() | 1;
        Self {
            firing: Firing::default(),
            probe: 0,
            slots: Slots::default(),
            caps: memory::Caps::of(shared.profile),
            given: None,
            shared,
            memory: None,
            generation: 1,
            first: 0,
            handles: Vec::new(),
            stored: Vec::new(),
            scratch: Vec::new(),
            asked: navigate::Asked::default(),
            cursor: entries::Cursor::default(),
            record: Vec::new(),
            field_limits: None,
            fields: 0,
            records: 0,
            wrote: false,
            host_bytes: Cell::new(0),
            owed: Cell::new(0),
            meter: Meter::default(),
            random,
            number: 0,
            starting: false,
            printed: wasi::Printed::default(),
            exited: None,
        }
    }

    /// The instance's memory, looked up once.
    pub fn set_memory(&mut self, memory: Option<Memory>) {
        self.memory = memory;
    }

    /// Begins a firing: everything of the last one is gone.
    #[inline(always)]
    pub fn begin(&mut self, firing: Firing<I>, probe: usize, fuel: u64) {
        let Firing { point, function, passed: [a, b], outcome, start_ticks, invocation } = firing;
        (self.firing.point, self.firing.function, self.firing.outcome) = (point, function, outcome);
        (self.firing.passed[0], self.firing.passed[1], self.firing.start_ticks) = (a, b, start_ticks);
        self.firing.invocation = invocation;
        self.probe = probe;
        self.wrote = false;
        self.owed.set(0);
        // What was walked through outside of firings is nobody's.
        let _ = I::steps();
        if self.meter.fuel != fuel {
            self.meter = Meter::of(fuel);
        }
        if self.host_bytes.get() != 0 || !self.handles.is_empty() {
            self.forget();
        }
    }

    #[inline]
    fn forget(&mut self) {
        // Generation 0 means immortal, so it is skipped.
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        self.first = self.first.wrapping_add((self.handles.len() & 0xFFFF) as u16).wrapping_add(1);
        self.handles.clear();
        self.stored.clear();
        self.cursor.forget();
        self.record.clear();
        self.field_limits = None;
        (self.fields, self.records, self.number) = (0, 0, 0);
        self.host_bytes.set(0);
    }

    /// Whether anything left the guest in this firing.
    #[inline]
    pub fn wrote(&self) -> bool {
        self.wrote
    }

    /// What the host did for this firing.
    #[inline]
    pub fn host_bytes(&self) -> u64 {
        self.host_bytes.get()
    }

    fn account(&self) -> &Account {
        &self.shared.accounts[self.probe]
    }

    /// Counts work done for the guest.
    #[inline]
    fn charge(&mut self, bytes: usize) -> Result<(), HostBudget> {
        // At least one, so that `begin` sees that something happened.
        self.work(bytes as u64 + 1);
        self.within_budget()
    }

    /// Counts work whose caller asks later, or never: what costs most is refused once the budget is spent.
    #[inline]
    fn work(&self, units: u64) {
        self.host_bytes.set(self.host_bytes.get() + units);
        self.owed.set(self.owed.get() + units);
    }

    /// Counts effort that is more than the bytes it moves: trees that are taken apart again.
    #[inline]
    fn effort(&self, units: usize) {
        self.owed.set(self.owed.get() + units as u64);
    }

    /// Adds the price of a call to what is owed to the guest's fuel; true when it is to be settled before the call.
    #[inline(always)]
    fn owe(&self, fuel: u64) -> bool {
        let owed = self.owed.get() + fuel + I::steps();
        self.owed.set(owed);
        owed > self.meter.owed_max
    }

    /// Host work of this firing that is not yet part of the guest's fuel; the caller takes it from there.
    #[inline]
    pub fn owed(&self) -> u64 {
        self.owed.take() + I::steps()
    }

    /// Whether what was kept on the way is still inside the budget.
    #[inline]
    fn within_budget(&self) -> Result<(), HostBudget> {
        if self.host_bytes.get() > self.meter.bytes_max { Err(HostBudget) } else { Ok(()) }
    }

    /// An object as a value: scalars inline, the rest as a handle of this firing.
    #[inline(always)]
    fn object(&mut self, o: I::Obj) -> u64 {
        I::short(o).map_or_else(|| self.any_object(o), values::short)
    }

    fn any_object(&mut self, o: I::Obj) -> u64 {
        if self.shared.redaction.has_types() && tree::has_hidden_type::<I>(o, &self.shared.redaction) {
            return Code::Denied.value();
        }
        match I::look(o) {
            Look::None => NONE,
            Look::Bool(b) => values::bool(b),
            Look::Int(n) => match values::int(n) {
                Some(v) => v,
                None => self.handle(Ref::Object(o), Kind::Int, 0),
            },
            Look::Float(x) => values::float(x),
            Look::BigInt => self.handle(Ref::Object(o), Kind::Int, 0),
            Look::Sized(kind, len) => self.handle(Ref::Object(o), kind, len),
            Look::Other(kind) => self.handle(Ref::Object(o), kind, 0),
        }
    }

    fn handle(&mut self, what: Ref<I::Obj>, kind: Kind, len: usize) -> u64 {
        let index = self.handles.len();
        if index > 0xFFFF {
            return Code::Limit.value();
        }
        self.handles.push(what);
        handle_bits(kind, len, self.generation, usize::from(self.first.wrapping_add((index & 0xFFFF) as u16)))
    }

    /// What a handle from the guest stands for.
    fn resolve(&self, v: u64) -> Result<Ref<I::Obj>, Code> {
        let (generation, index) = ((v >> 16 & 0xFF) as u8, ((v & 0xFFFF) as u16).wrapping_sub(self.first));
        if generation != self.generation {
            return Err(Code::Stale);
        }
        self.handles.get(usize::from(index)).copied().ok_or(Code::Stale)
    }

    fn random(&mut self) -> f64 {
        (self.random_bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn random_bits(&mut self) -> u64 {
        // xorshift64*: good enough to sample by, and a module that never asks is a pure function of its frame.
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

fn handle_bits(kind: Kind, len: usize, generation: u8, index: usize) -> u64 {
    TAG_HANDLE << 48
        | (kind as u64) << 40
        | (len as u64).min(LEN_ASK) << 24
        | u64::from(generation) << 16
        | index as u64
}
