//! Reading a segment: blocks and records turned into reports.
//!
//! In: a mapped segment, written by a target that may be alive, stopped or dead. Out: [`Report`]s in order, and
//! [`Totals`] so far. Never here: trust (lengths are checked against what is mapped), or a write beside tail and stop.

mod sketches;

use std::collections::{HashMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use super::{SegmentError, Words, header};
use crate::ledger::{
    AGGREGATION_WORDS, Agg, Block, CLEARS, HISTOGRAM_HEAD, NO_FUNCTION, QUANTIZE_BUCKETS, TASK_NAME, function,
    linear_low, probe, quantize_bounds,
};
use crate::limits;
use crate::report::{
    Account, Aggregation, DropKind, Exits, Fault, FaultKind, Function, Histogram, Log, Name, Phase, Print, Record,
    Report, State, Summed,
};
use crate::ring;
use crate::value::Value;

/// Why a segment cannot be read further.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Segment(#[from] SegmentError),
    #[error(transparent)]
    Ring(#[from] ring::Damaged),
    #[error("the ledger is damaged at word {0}")]
    Ledger(usize),
}

/// A row may be a hundred times as large as its bytes, so no more are believed than an agent prints.
const ROWS_MAX: usize = limits::PRINT_ROWS_MAX as usize;

/// Records between two times that their room is given back.
const RELEASE_EVERY: usize = 256;

/// What a process has counted so far.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Totals {
    pub aggregations: Vec<Aggregation>,
    pub functions: Vec<Function>,
    pub accounts: Vec<Account>,
    /// Blocks that did not fit into the ledger; one that is asked for again counts again.
    pub refused: u64,
}

struct Known {
    number: u32,
    at: usize,
    /// How many there are from `at` on: checked once, for the words may change under us.
    counters: usize,
    text: Vec<u8>,
    /// The same for people.
    name: Name,
}

/// One process's segment, as far as it was read.
pub struct Reader {
    words: Words,
    ring: ring::Reader,
    ledger_read: usize,
    blocks: HashMap<Block, Vec<Known>>,
    /// What a key has for a name.
    nameless: Name,
    names: HashMap<u32, Name>,
    threads: HashMap<u32, Name>,
    /// What was said of each probe last, but that its session ended.
    standings: Vec<(Option<Phase>, String)>,
    /// When, and what; not reported yet.
    states: VecDeque<(u64, Report)>,
    payload: Vec<u8>,
}

impl Reader {
    /// Maps a segment by its descriptor.
    ///
    /// # Errors
    /// When it is not a segment.
    pub fn map(fd: &OwnedFd) -> Result<Self, ReadError> {
        Ok(Self::over(Words::open(fd)?))
    }

    /// Reads a segment that is mapped already.
    pub fn over(words: Words) -> Self {
        let (ring, nameless) = (ring::Reader::new(words.clone()), "".into());
        let (blocks, names, threads) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (ledger_read, standings, states, payload) = (header::WORDS, Vec::new(), VecDeque::new(), Vec::new());
        Self { words, ring, ledger_read, blocks, nameless, names, threads, standings, states, payload }
    }

    /// The process that writes.
    pub fn pid(&self) -> u32 {
        u32::try_from(self.words.load(header::PID)).unwrap_or(0)
    }

    /// Asks the target to fire no more.
    pub fn stop(&self) {
        self.words.at(header::STOP).store(1, Relaxed);
    }
    /// Children of the process that go on unobserved.
    pub fn unobserved(&self) -> u64 {
        self.words.load(header::UNOBSERVED)
    }
    /// Tells what is new, in order; gives how many records there were. What is written meanwhile is left to the next call,
    /// and room is given back on the way: a large ring is neither held in memory nor held up.
    ///
    /// # Errors
    /// When the words cannot have been written by a waspect; what was read before is told.
    pub fn drain(&mut self, tell: &mut dyn FnMut(Report)) -> Result<usize, ReadError> {
        let (mut count, end) = (0, self.ring.written());
        let mut payload = std::mem::take(&mut self.payload);
        while self.ring.is_before(end) {
            let Some(head) = self.ring.next(&mut payload)? else { break };
            // A record names only blocks that were appended before it.
            self.read_ledger()?;
            self.states_until(head.mono_ns, tell);
            self.report(head, &payload).into_iter().for_each(&mut *tell);
            count += 1;
            if count % RELEASE_EVERY == 0 {
                self.ring.release();
            }
        }
        self.payload = payload;
        self.ring.release();
        self.read_ledger()?;
        self.states_until(u64::MAX, tell);
        Ok(count)
    }

    /// States are in the ledger and records in the ring: their times say which came first.
    fn states_until(&mut self, mono_ns: u64, tell: &mut dyn FnMut(Report)) {
        while self.states.front().is_some_and(|(when, _)| *when <= mono_ns) {
            self.states.pop_front().map(|(_, state)| state).into_iter().for_each(&mut *tell);
        }
    }

    /// Everything counted so far.
    ///
    /// # Errors
    /// As [`Reader::drain`].
    pub fn totals(&mut self) -> Result<Totals, ReadError> {
        self.read_ledger()?;
        Ok(Totals {
            aggregations: self.known(Block::Key).iter().filter_map(|key| self.aggregation(key)).collect(),
            functions: self.known(Block::Function).iter().map(|f| self.function(f)).collect(),
            accounts: self.known(Block::Probe).iter().map(|p| self.account(p)).collect(),
            refused: self.words.load(header::LEDGER_FULL),
        })
    }

    fn known(&self, kind: Block) -> &[Known] {
        self.blocks.get(&kind).map_or(&[], Vec::as_slice)
    }

    fn text(&self, kind: Block, number: u32) -> Name {
        // Numbers of these kinds are given out in order, so the place is the number.
        self.known(kind).get(number as usize).map_or_else(|| numbered(number), |k| k.name.clone())
    }

    fn read_ledger(&mut self) -> Result<(), ReadError> {
        let used = usize::try_from(self.words.at(header::LEDGER_USED).load(Acquire)).unwrap_or(usize::MAX);
        let end = used.min(self.words.ring_start());
        while self.ledger_read < end {
            let at = self.ledger_read;
            let (kind, words, number) = split(self.words.load(at));
            let whole = words >= 2 && at + words <= end;
            let kind = kind.filter(|_| whole).ok_or(ReadError::Ledger(at))?;
            let counters = self.counters(kind, number);
            let text = self.block_text(at, words, counters).ok_or(ReadError::Ledger(at))?;
            let name = if kind == Block::Key { self.nameless.clone() } else { lossy(&text).into() };
            self.take(kind, Known { number, at: at + 1, counters, text, name });
            self.ledger_read += words;
        }
        Ok(())
    }

    fn counters(&self, kind: Block, number: u32) -> usize {
        match kind {
            Block::Module | Block::Name | Block::Thread => 0,
            Block::Probe => probe::WORDS,
            Block::Function => function::WORDS,
            Block::Aggregation => AGGREGATION_WORDS,
            Block::State => 3,
            Block::Key => self.agg(number).map_or(0, |(_, agg)| agg.words()),
        }
    }

    fn block_text(&self, at: usize, words: usize, counters: usize) -> Option<Vec<u8>> {
        let room = words.checked_sub(2 + counters)?;
        let start = at + 1 + counters;
        let bytes = usize::try_from(self.words.load(start)).ok().filter(|n| *n <= room * 8)?;
        let mut text: Vec<u8> = (0..room).flat_map(|i| self.words.load(start + 1 + i).to_le_bytes()).collect();
        text.truncate(bytes);
        Some(text)
    }

    fn take(&mut self, kind: Block, known: Known) {
        match kind {
            Block::Name => drop(self.names.insert(known.number, known.name)),
            Block::Thread => drop(self.threads.insert(known.number, known.name)),
            Block::State => {
                let state = self.state(&known);
                let says = state.phase != Phase::Detached || !state.reason.is_empty();
                if let Some(standing) = self.standings.get_mut(known.number as usize).filter(|_| says) {
                    *standing = (Some(state.phase), state.reason.clone());
                }
                if known.at as u64 > self.words.load(header::INHERITED) {
                    self.states.push_back((self.words.load(known.at + 2), Report::State(state)));
                }
            }
            _ => {
                if kind == Block::Probe {
                    self.standings.push((None, String::new()));
                }
                self.blocks.entry(kind).or_default().push(known);
            }
        }
    }

    fn state(&self, known: &Known) -> State {
        let phase = usize::try_from(self.words.load(known.at)).unwrap_or(0);
        let (module, probe) = self.probe(known.number);
        State {
            module: module.to_string(),
            probe: probe.to_string(),
            phase: Phase::ALL.get(phase).copied().unwrap_or(Phase::Failed),
            reason: lossy(&known.text),
            functions: self.words.load(known.at + 1),
        }
    }

    /// A probe's module and display name.
    fn probe(&self, number: u32) -> (Name, Name) {
        let Some(known) = self.known(Block::Probe).get(number as usize) else {
            return (self.nameless.clone(), numbered(number));
        };
        let module = u32::try_from(self.words.load(known.at + probe::MODULE)).unwrap_or(u32::MAX);
        (self.text(Block::Module, module), known.name.clone())
    }

    fn report(&self, head: ring::Head, payload: &[u8]) -> Option<Report> {
        let (module, probe) = self.probe(u32::from(head.probe));
        match head.kind {
            k if k == ring::Kind::Record as u8 => Some(Report::Record(self.record(head, payload, module, probe))),
            k if k == ring::Kind::Log as u8 => {
                let (module, probe) = (module.to_string(), probe.to_string());
                Some(Report::Log(Log { module, probe, level: head.detail, text: lossy(payload) }))
            }
            k if k == ring::Kind::Print as u8 => self.print(head, payload, (module, probe)).map(Report::Print),
            k if k == ring::Kind::Fault as u8 => Some(Report::Fault(Fault {
                module: module.to_string(),
                probe: probe.to_string(),
                kind: FaultKind::ALL.get(usize::from(head.detail)).copied().unwrap_or(FaultKind::Trap),
                place: self.function_name(head.function).to_string(),
            })),
            _ => None,
        }
    }

    fn record(&self, head: ring::Head, payload: &[u8], module: Name, probe: Name) -> Record {
        let (ts_ns, mono_ns) = self.times(&head);
        let mut fields = self.fields(payload);
        let task = match fields.pop() {
            Some((None, Value::Str(name))) => Some(name),
            last => {
                fields.extend(last);
                None
            }
        };
        Record {
            module,
            ts_ns,
            mono_ns,
            pid: self.pid(),
            tid: u64::from(head.tid),
            thread: self.threads.get(&head.tid).cloned(),
            task,
            request: (head.request != 0).then(|| format!("r-{}", head.request)),
            probe,
            function: self.function_name(head.function),
            point: crate::spec::Point::name_of(head.detail),
            fields: fields
                .into_iter()
                .map(|(name, value)| (name.unwrap_or_else(|| self.nameless.clone()), value))
                .collect(),
        }
    }

    /// Wall clock and monotonic.
    fn times(&self, head: &ring::Head) -> (i64, i64) {
        let mono_ns = i64::try_from(head.mono_ns).unwrap_or(i64::MAX);
        (mono_ns.wrapping_add_unsigned(self.words.load(header::WALL_OFFSET)), mono_ns)
    }

    /// Nothing at a point without a function.
    fn function_name(&self, number: u32) -> Name {
        if number == NO_FUNCTION { self.nameless.clone() } else { self.text(Block::Function, number) }
    }

    /// Names and values; the task's name, which is last, has none.
    fn fields(&self, mut payload: &[u8]) -> Vec<(Option<Name>, Value)> {
        let mut fields = Vec::new();
        while let Some((id, rest)) = payload.split_first_chunk::<4>() {
            payload = rest;
            let id = u32::from_le_bytes(*id);
            let Ok(value) = Value::read(&mut payload) else { break };
            let name = || self.names.get(&id).cloned().unwrap_or_else(|| numbered(id));
            fields.push(((id != TASK_NAME).then(name), value));
        }
        fields
    }

    fn agg(&self, number: u32) -> Option<(&Known, Agg)> {
        let known = self.known(Block::Aggregation).get(number as usize)?;
        let float = |i| f64::from_bits(self.words.load(known.at + i));
        Some((
            known,
            match self.words.load(known.at + 1) {
                0 => Agg::Count,
                1 => Agg::Sum,
                2 => Agg::Min,
                3 => Agg::Max,
                4 => Agg::Avg,
                5 => Agg::Quantize,
                7 => Agg::Stddev,
                8 => Agg::Uniq,
                9 => Agg::Top,
                _ => Agg::Lquantize { low: float(2), high: float(3), step: float(4) },
            },
        ))
    }

    fn aggregation(&self, key: &Known) -> Option<Aggregation> {
        let (known, agg) = self.agg(key.number).filter(|(_, agg)| agg.words() == key.counters)?;
        // A key that the parent had or that was cleared may be one that nothing was counted under.
        let may_be_empty =
            key.at as u64 <= self.words.load(header::INHERITED) || self.words.load(known.at + CLEARS) != 0;
        let at = key.at + agg.counted_at();
        let untouched = if agg.counted_at() == 0 { agg.initial() } else { 0 };
        let words = self.words.all();
        let read = || (self.words.load(at) == untouched, summed(words, agg, key.at));
        let (empty, value) = sketches::whole(words, known.at + CLEARS, read).unwrap_or_else(read);
        if may_be_empty && empty {
            return None;
        }
        let module = self.module_of(known).to_string();
        Some(Aggregation { module, name: lossy(&known.text), key: key_parts(&key.text)?, value })
    }

    fn module_of(&self, aggregation: &Known) -> Name {
        let module = u32::try_from(self.words.load(aggregation.at)).unwrap_or(u32::MAX);
        self.text(Block::Module, module)
    }

    /// What `Aggregation::print` wrote; where the bytes are no such thing, what could be read of it.
    fn print(&self, head: ring::Head, mut payload: &[u8], (module, probe): (Name, Name)) -> Option<Print> {
        let (known, agg) = self.agg(head.function)?;
        let (ts_ns, mono_ns) = self.times(&head);
        let (module, probe) = (module.to_string(), probe.to_string());
        let (name, all) = (lossy(&known.text), u64::from(number(&mut payload)?));
        let mut rows = Vec::new();
        while rows.len() < ROWS_MAX
            && let Some((key, value)) = printed(&mut payload, agg)
        {
            rows.push(Aggregation { module: module.clone(), name: name.clone(), key, value });
        }
        let left_off = all.saturating_sub(rows.len() as u64);
        Some(Print { module, ts_ns, mono_ns, pid: self.pid(), probe, name, kind: agg.name(), rows, left_off })
    }
}

fn number(payload: &mut &[u8]) -> Option<u32> {
    let (number, rest) = payload.split_first_chunk::<4>()?;
    *payload = rest;
    Some(u32::from_le_bytes(*number))
}

/// One row: a key, and the counters that were not 0.
fn printed(payload: &mut &[u8], agg: Agg) -> Option<(Vec<Value>, Summed)> {
    let bytes = usize::try_from(number(payload)?).ok()?;
    let (key, rest) = payload.split_at_checked(bytes)?;
    *payload = rest;
    let words: Vec<AtomicU64> = (0..agg.words()).map(|_| AtomicU64::new(0)).collect();
    for _ in 0..number(payload)? {
        let at = usize::try_from(number(payload)?).ok()?;
        let (word, rest) = payload.split_first_chunk::<8>()?;
        *payload = rest;
        words.get(at)?.store(u64::from_le_bytes(*word), Relaxed);
    }
    Some((key_parts(key)?, summed(&words, agg, 0)))
}

/// A key's parts; of a tuple, its items.
#[inline(never)]
fn key_parts(mut bytes: &[u8]) -> Option<Vec<Value>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        parts.push(Value::read(&mut bytes).ok()?);
    }
    Some(match (parts.len(), parts.pop()) {
        (1, Some(Value::Tuple(parts))) => parts,
        (_, last) => parts.into_iter().chain(last).collect(),
    })
}

/// What the counters from `at` on say.
#[inline(never)]
fn summed(words: &[AtomicU64], agg: Agg, at: usize) -> Summed {
    let count = words[at].load(Relaxed);
    let float = |i: usize| f64::from_bits(words[at + i].load(Relaxed));
    match agg {
        Agg::Count => Summed::Count(count),
        Agg::Sum => Summed::Sum(float(0)),
        Agg::Min => Summed::Min(float(0)),
        Agg::Max => Summed::Max(float(0)),
        Agg::Avg => Summed::Avg { count, sum: float(1) },
        Agg::Stddev => Summed::Stddev(sketches::moments(words, at)),
        Agg::Uniq => Summed::Uniq(sketches::distinct(words, at + 1)),
        Agg::Top => Summed::Top(sketches::top(words, at + 1)),
        Agg::Quantize => {
            let buckets = (0..QUANTIZE_BUCKETS).map(|b| (b, quantize_bounds(b)));
            Summed::Quantize(histogram(words, at, buckets))
        }
        Agg::Lquantize { low, high, step } => {
            let last = agg.linear_buckets() - 1;
            let bounds = move |b: usize| match b {
                0 => (f64::NEG_INFINITY, low),
                b if b == last => (high, f64::INFINITY),
                b if b + 1 == last => (linear_low(low, step, b), high),
                b => (linear_low(low, step, b), linear_low(low, step, b + 1)),
            };
            Summed::Lquantize(histogram(words, at, (0..=last).map(|b| (b, bounds(b)))))
        }
    }
}

fn histogram(words: &[AtomicU64], at: usize, bounds: impl Iterator<Item = (usize, (f64, f64))>) -> Histogram {
    let load = |i: usize| words[at + i].load(Relaxed);
    let buckets =
        bounds.map(|(b, (low, high))| (low, high, load(HISTOGRAM_HEAD + b))).filter(|(_, _, n)| *n > 0).collect();
    Histogram { count: load(0), sum: f64::from_bits(load(1)), buckets }
}

impl Reader {
    fn function(&self, known: &Known) -> Function {
        let count = |i| self.words.load(known.at + i);
        let (returns, raises) = (count(function::RETURNS), count(function::RAISES));
        let (abandoned, entries) = (count(function::ABANDONED), count(function::ENTRIES));
        let live = entries.saturating_sub(returns).saturating_sub(raises).saturating_sub(abandoned);
        let exits = (count(function::HAS_EXITS) != 0).then_some(Exits { returns, raises, abandoned, live });
        Function { function: lossy(&known.text), entries, exits }
    }

    fn account(&self, known: &Known) -> Account {
        let count = |i| self.words.load(known.at + i);
        let (module, probe) = self.probe(known.number);
        let (phase, reason) = self.standings.get(known.number as usize).cloned().unwrap_or_default();
        Account {
            module: module.to_string(),
            probe: probe.to_string(),
            firings: count(probe::FIRINGS),
            rejected: count(probe::REJECTED),
            records: count(probe::RECORDS),
            fuel: count(probe::FUEL),
            host_bytes: count(probe::HOST_BYTES),
            record_bytes: count(probe::RECORD_BYTES),
            share: count(probe::SHARE),
            phase,
            reason,
            faults: FaultKind::ALL.iter().map(|k| count(probe::FAULTS + *k as usize)).collect(),
            drops: DropKind::ALL.iter().map(|k| count(probe::DROPS + *k as usize)).collect(),
            timed: count(probe::TIMED),
            timed_ns: count(probe::TIMED_NS),
            times: (0..probe::TIME_BUCKETS).map(|b| count(probe::TIMES + b)).collect(),
        }
    }
}

/// What has no name yet.
#[cold]
fn numbered(number: u32) -> Name {
    format!("#{number}").into()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A block's head: kind, words, number.
fn split(word: u64) -> (Option<Block>, usize, u32) {
    let kind = Block::ALL.iter().copied().find(|b| *b as u64 == word & 0xFF);
    let words = usize::try_from(word >> 8 & 0xFF_FFFF).unwrap_or(0);
    (kind, words, u32::try_from(word >> 32).unwrap_or(0))
}
