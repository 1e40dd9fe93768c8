//! The outlet: everything a session writes while its probes fire, over one segment.
//!
//! In: records, logs, faults, numbers by key, counts. Out: the segment's ring and ledger. Bounded: rates are kept here,
//! and whatever is not delivered is counted under its reason. Never here: an error to the caller, a wait, a decode.
//!
//! A forked child writes a segment of its own from its first firing: same declarations, zero counts, empty ring.

mod rate;
mod speculation;

use std::cell::{Cell, RefCell};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::clock::{self, Clock};
use crate::ledger::{Agg, Block, Ledger, add, function, probe};
use crate::limits::{self, Budget};
pub use crate::maps::Aggregation;
use crate::report::{DropKind, FaultKind, Phase};
use crate::ring::{Head, Kind, Writer, words_of};
use crate::segment::{SegmentError, Words, header};
use crate::stores::Stores;
pub use rate::Rate;
use rate::Rates;
pub use speculation::Speculation;

/// Where a session's probes write.
pub struct Outlet {
    number: u32,
    pub clock: Clock,
    pub ledger: Ledger,
    ring: Writer,
    sizes: (u64, u64),
    aggregations: RefCell<Vec<Rc<Aggregation>>>,
    names: RefCell<Vec<String>>,
    threads: RefCell<Vec<u32>>,
    /// The thread that was told of last; 0 is none.
    last_thread: Cell<u32>,
    /// How often it went on in a forked child.
    forks: Cell<u32>,
    modules: Cell<u32>,
    probes: Cell<u16>,
    places: RefCell<Vec<Place>>,
    /// What its modules keep; of no interest to whoever drains.
    pub stores: Stores,
    rates: Rates,
}

/// A probe's number, the place of its counters, and its own rates.
pub struct Account {
    pub number: u16,
    at: usize,
    rates: Rates,
}

/// What of a probe's counters its share of time is judged by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub firings: u64,
    pub fuel: u64,
    /// Firings skipped as `throttled`.
    pub throttled: u64,
}

/// One firing's record, ready to commit.
pub struct Record<'a> {
    pub account: &'a Rc<Account>,
    pub function: u32,
    pub tid: u32,
    pub point: u8,
    /// The request's number; 0 outside of any.
    pub request: u32,
    pub fields: &'a [u8],
}

impl Record<'_> {
    #[inline]
    fn head(&self, mono_ns: u64) -> Head {
        let (tid, request) = (self.tid, self.request);
        Head { tid, request, ..head(Kind::Record, self.point, self.account, self.function, mono_ns) }
    }
}

#[inline]
fn head(kind: Kind, detail: u8, account: &Account, function: u32, mono_ns: u64) -> Head {
    let (kind, probe) = (kind as u8, account.number);
    Head { kind, detail, probe, function, tid: 0, mono_ns, payload_bytes: 0, request: 0 }
}

/// Where a probed function is.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub module: String,
    /// Without `<locals>`.
    pub qualname: String,
    pub file: String,
}

/// Which of a function's names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Naming {
    Dotted,
    Qualname,
    Module,
    File,
}

impl Place {
    fn text(&self, naming: Naming) -> String {
        match naming {
            Naming::Dotted => format!("{}.{}", self.module, self.qualname),
            Naming::Qualname => self.qualname.clone(),
            Naming::Module => self.module.clone(),
            Naming::File => self.file.clone(),
        }
    }
}

fn segment(ledger_bytes: u64, ring_bytes: u64) -> Result<(Words, OwnedFd), SegmentError> {
    let (words, fd) = Words::create(ledger_bytes, ring_bytes)?;
    words.at(header::WALL_OFFSET).store(clock::wall_ns().wrapping_sub(clock::system_ns()), Relaxed);
    Ok((words, fd))
}

fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Relaxed)
}

impl Outlet {
    /// A fresh segment; its descriptor is for whoever drains.
    ///
    /// # Errors
    /// When the system refuses the memory.
    pub fn new(ledger_bytes: u64, ring_bytes: u64) -> Result<(Self, OwnedFd), SegmentError> {
        let (words, fd) = segment(ledger_bytes, ring_bytes)?;
        let outlet = Self {
            number: next_number(),
            clock: Clock::default(),
            ledger: Ledger::new(words.clone()),
            ring: Writer::new(words),
            sizes: (ledger_bytes, ring_bytes),
            aggregations: RefCell::default(),
            names: RefCell::default(),
            threads: RefCell::default(),
            last_thread: Cell::new(0),
            forks: Cell::new(0),
            modules: Cell::new(0),
            probes: Cell::new(0),
            places: RefCell::default(),
            stores: Stores::default(),
            rates: Rates::new(limits::EVENTS_PER_SECOND_PROCESS, limits::BYTES_PER_SECOND_PROCESS),
        };
        Ok((outlet, fd))
    }

    /// The session's number in this process.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Bounds the events of all probes together.
    pub fn set_events_per_second(&self, per_second: u64) {
        self.rates.events.set(per_second as f64);
    }

    /// Bounds the bytes of all probes' records together.
    pub fn set_bytes_per_second(&self, per_second: u64) {
        self.rates.words.set(per_second);
    }

    /// The mapped segment, for a reader in the same process.
    pub fn words(&self) -> Words {
        self.ledger.words()
    }

    /// Goes on in a forked child: a new segment with the same places, nothing counted, an empty ring.
    ///
    /// # Errors
    /// When the system refuses the memory; the caller must then write no more, for the old segment is the parent's.
    pub fn inherit(&self) -> Result<OwnedFd, SegmentError> {
        let (words, fd) = segment(self.sizes.0, self.sizes.1)?;
        let aggregations = self.aggregations.borrow();
        let agg_of = |number: u32| aggregations.get(number as usize).map(|aggregation| aggregation.agg());
        self.ledger.move_to(words.clone(), agg_of);
        self.ring.move_to(words);
        self.threads.borrow_mut().clear();
        self.last_thread.set(0);
        self.forks.set(self.forks.get() + 1);
        Ok(fd)
    }

    /// The operator wants no more firings.
    #[inline]
    pub fn stopped(&self) -> bool {
        self.ledger.stopped()
    }

    // --- declarations: load path

    /// A module of the session; gives its number.
    pub fn module(&self, name: &str) -> u32 {
        let number = self.modules.replace(self.modules.get() + 1);
        self.ledger.append(Block::Module, number, &[], name.as_bytes());
        number
    }

    /// A probe of a module. `None` when the ledger is full.
    pub fn probe(&self, module: u32, name: &str, budget: &Budget) -> Option<Account> {
        let number = self.probes.replace(self.probes.get().checked_add(1)?);
        let mut counters = vec![0; probe::WORDS];
        counters[probe::MODULE] = u64::from(module);
        let at = self.ledger.append(Block::Probe, u32::from(number), &counters, name.as_bytes())?;
        Some(Account { number, at: at as usize, rates: Rates::new(budget.events_per_second, budget.bytes_per_second) })
    }

    /// A function that probes are attached to: its number and the place of its counters.
    pub fn function(&self, place: Place) -> Option<(u32, usize)> {
        let mut places = self.places.borrow_mut();
        let number = u32::try_from(places.len()).ok()?;
        let name = place.text(Naming::Dotted);
        let at = self.ledger.append(Block::Function, number, &[0; function::WORDS], name.as_bytes())?;
        places.push(place);
        Some((number, at as usize))
    }

    /// One of a function's names.
    pub fn place(&self, function: u32, naming: Naming) -> String {
        self.places.borrow().get(function as usize).map_or_else(String::new, |place| place.text(naming))
    }

    /// An aggregation of a module.
    pub fn aggregation(&self, module: u32, name: &str, agg: Agg) -> Option<Rc<Aggregation>> {
        let mut aggregations = self.aggregations.borrow_mut();
        let number = u32::try_from(aggregations.len()).ok()?;
        let made = Rc::new(Aggregation::new(&self.ledger, number, module, name, agg)?);
        aggregations.push(made.clone());
        Some(made)
    }

    /// A field's name, numbered once per session.
    pub fn name(&self, name: &str) -> u32 {
        let mut names = self.names.borrow_mut();
        let known = names.iter().position(|n| n == name);
        let number = known.unwrap_or(names.len());
        let id = u32::try_from(number).unwrap_or(u32::MAX);
        if known.is_none() {
            self.ledger.append(Block::Name, id, &[], name.as_bytes());
            names.push(name.to_owned());
        }
        id
    }

    /// A probe's new state.
    pub fn state(&self, account: &Account, phase: Phase, functions: u64, reason: &str) {
        let counters = [phase as u64, functions, clock::system_ns()];
        self.ledger.append(Block::State, u32::from(account.number), &counters, reason.as_bytes());
    }

    // --- fire path

    /// Commits a record, or counts why not.
    pub fn record(&self, record: &Record<'_>) -> bool {
        let mono_ns = self.clock.mono_now();
        self.allows(record.account, mono_ns, record.fields)
            && self.deliver(record.account, record.head(mono_ns), record.fields)
    }

    /// Whether the rates let one more event pass; one that may not is counted.
    #[inline]
    fn allows(&self, account: &Account, mono_ns: u64, payload: &[u8]) -> bool {
        let (own, all) = (&account.rates, &self.rates);
        if !(own.events.take(mono_ns) && all.events.take(mono_ns)) {
            self.dropped(account, DropKind::Rate);
            return false;
        }
        let words = words_of(payload).cast_signed() as i64;
        let allowed = own.words.take(words, mono_ns) && all.words.take(words, mono_ns);
        if !allowed {
            self.dropped(account, DropKind::ByteRate);
        }
        allowed
    }

    #[inline]
    fn deliver(&self, account: &Account, head: Head, payload: &[u8]) -> bool {
        let committed = self.ring.commit(head, payload);
        if committed {
            self.ledger.bump(account.at + probe::RECORDS, 1);
            self.ledger.bump(account.at + probe::RECORD_BYTES, words_of(payload) as u64 * 8);
        } else {
            self.dropped(account, DropKind::RingFull);
        }
        committed
    }

    /// What is not so frequent shares one copy of the way into the ring.
    #[inline(never)]
    fn deliver_rarely(&self, account: &Account, head: Head, payload: &[u8], mono_ns: u64) -> bool {
        self.allows(account, mono_ns, payload) && self.deliver(account, head, payload)
    }

    /// What an aggregation holds, as `Aggregation::print` wrote it; under the same rates.
    pub fn print(&self, account: &Account, aggregation: u32, rows: &[u8]) -> bool {
        let mono_ns = self.clock.mono_now();
        let head = head(Kind::Print, 0, account, aggregation, mono_ns);
        self.deliver_rarely(account, head, rows, mono_ns)
    }

    /// A line for the operator, under the same rates.
    pub fn log(&self, account: &Account, level: u8, text: &[u8]) -> bool {
        let mono_ns = self.clock.mono_now();
        self.event(account, head(Kind::Log, level, account, 0, mono_ns), text)
    }

    /// A firing that did not finish.
    pub fn fault(&self, account: &Account, kind: FaultKind, function: u32) {
        self.ledger.bump(account.at + probe::FAULTS + kind as usize, 1);
        let mono_ns = self.clock.mono_now();
        self.event(account, head(Kind::Fault, kind as u8, account, function, mono_ns), &[]);
    }

    /// A line or a fault, where the rates let it pass.
    #[inline(never)]
    fn event(&self, account: &Account, head: Head, payload: &[u8]) -> bool {
        if !self.allows(account, head.mono_ns, payload) {
            return false;
        }
        let committed = self.ring.commit(head, payload);
        if !committed {
            self.dropped(account, DropKind::RingFull);
        }
        committed
    }

    /// Something was not delivered.
    #[cold]
    pub fn dropped(&self, account: &Account, why: DropKind) {
        self.ledger.bump(account.at + probe::DROPS + why as usize, 1);
    }

    /// A firing ended Ok; `wrote` says whether anything left it.
    #[inline]
    pub fn fired(&self, account: &Account, fuel: u64, wrote: bool) {
        let Some(counters) = self.ledger.counters::<{ probe::FUEL + 1 }>(account.at) else { return };
        add(&counters[probe::FIRINGS], 1);
        add(&counters[probe::FUEL], fuel);
        add(&counters[probe::REJECTED], u64::from(!wrote));
    }

    /// The host worked for a firing.
    #[inline]
    pub fn worked(&self, account: &Account, bytes: u64) {
        self.ledger.bump(account.at + probe::HOST_BYTES, bytes);
    }

    /// What a probe has used so far.
    pub fn counts(&self, account: &Account) -> Counts {
        let count = |at| self.ledger.get(account.at + at);
        let throttled = count(probe::DROPS + DropKind::Throttled as usize);
        Counts { firings: count(probe::FIRINGS), fuel: count(probe::FUEL), throttled }
    }

    /// A probe took so many millionths of the time of a window.
    pub fn shared(&self, account: &Account, millionths: u64) {
        let at = account.at + probe::SHARE;
        self.ledger.set(at, self.ledger.get(at).max(millionths.saturating_add(1)));
    }

    /// A firing ended in a fault.
    pub fn faulted(&self, account: &Account, fuel: u64) {
        self.ledger.bump(account.at + probe::FIRINGS, 1);
        self.ledger.bump(account.at + probe::FUEL, fuel);
    }

    /// A sampled firing's time; gives it in ns.
    pub fn timed(&self, account: &Account, ticks: u64) -> u64 {
        let ns = self.clock.span_ns(ticks);
        self.ledger.bump(account.at + probe::TIMED, 1);
        self.ledger.bump(account.at + probe::TIMED_NS, ns);
        self.ledger.bump(account.at + probe::TIMES + probe::time_bucket(ns), 1);
        ns
    }

    /// Says once what a thread is called.
    #[inline]
    pub fn thread(&self, tid: u32, name: impl FnOnce() -> Option<String>) {
        if self.last_thread.replace(tid) != tid {
            self.other_thread(tid, name);
        }
    }

    #[cold]
    fn other_thread(&self, tid: u32, name: impl FnOnce() -> Option<String>) {
        let mut threads = self.threads.borrow_mut();
        if threads.contains(&tid) || threads.len() >= THREADS_MAX {
            return;
        }
        threads.push(tid);
        if let Some(name) = name() {
            self.ledger.append(Block::Thread, tid, &[], name.as_bytes());
        }
    }
}

/// Thread names kept per process; later threads are shown by number.
const THREADS_MAX: usize = 256;
