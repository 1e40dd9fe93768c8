//! What a session tells whoever shows it: the values that renderers turn into text and `Session.events()` into dicts.
//!
//! In: nothing; these are plain values. Out: [`Report`]. Never here: formatting, or how a value travelled.
//! `docs/OUTPUT.md` is their JSON form.

use std::sync::Arc;

use crate::sketch::{Distinct, Moments, Top};
use crate::value::Value;

/// One thing worth telling. Every time is in integer nanoseconds.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Report {
    Start(Start),
    Record(Record),
    Print(Print),
    Aggregation(Aggregation),
    Function(Function),
    Fault(Fault),
    Log(Log),
    State(State),
    Summary(Summary),
    Ledger(Ledger),
}

/// What many records have in common, read once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name(Arc<str>);

impl std::ops::Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self)
    }
}

impl<T: Into<Arc<str>>> From<T> for Name {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

#[cfg(feature = "cli")]
impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }
}

#[cfg(feature = "cli")]
impl<'de> serde::Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(String::deserialize(from)?.into())
    }
}

/// A process began to be observed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Start {
    pub python: String,
    pub pid: u32,
}

/// What a probe captured and emitted.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Record {
    pub module: Name,
    /// Wall clock.
    pub ts_ns: i64,
    pub mono_ns: i64,
    pub pid: u32,
    pub tid: u64,
    pub thread: Option<Name>,
    pub task: Option<String>,
    pub request: Option<String>,
    pub probe: Name,
    pub function: Name,
    #[cfg_attr(feature = "cli", serde(deserialize_with = "point"))]
    pub point: KindName,
    pub fields: Vec<(Name, Value)>,
}

/// What an aggregation held when a probe asked for it.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Print {
    pub module: String,
    /// Wall clock.
    pub ts_ns: i64,
    pub mono_ns: i64,
    pub pid: u32,
    pub probe: String,
    /// Of one name and kind, highest first, as far as they are shown.
    pub rows: Vec<Aggregation>,
    pub name: String,
    #[cfg_attr(feature = "cli", serde(deserialize_with = "kind"))]
    pub kind: KindName,
    /// Keys that are not among the rows.
    pub left_off: u64,
}

/// One key of one aggregation.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Aggregation {
    pub module: String,
    /// Without `@`.
    pub name: String,
    /// Empty for an aggregation without key; a tuple key is its parts.
    pub key: Vec<Value>,
    pub value: Summed,
}

/// What [`Summed::kind`] gives, or a point's name. Under a name of its own, so that reading one back borrows nothing.
pub type KindName = &'static str;

#[cfg(feature = "cli")]
fn point<'de, D: serde::Deserializer<'de>>(from: D) -> Result<KindName, D::Error> {
    let text: String = serde::Deserialize::deserialize(from)?;
    Ok(crate::spec::Point::known_name(&text))
}

/// Names of kinds are words of ours: another is an error.
#[cfg(feature = "cli")]
fn kind<'de, D: serde::Deserializer<'de>>(from: D) -> Result<KindName, D::Error> {
    let text: String = serde::Deserialize::deserialize(from)?;
    let known = Summed::KINDS.iter().find(|kind| **kind == text);
    known.copied().ok_or_else(|| serde::de::Error::custom(format!("unknown kind of aggregation `{text}`")))
}

/// A mergeable summary.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Summed {
    Count(u64),
    Sum(f64),
    Min(f64),
    Max(f64),
    Avg { count: u64, sum: f64 },
    Stddev(Moments),
    Uniq(Distinct),
    Top(Top),
    Quantize(Histogram),
    Lquantize(Histogram),
}

/// Buckets that were hit, in order: low inclusive, high exclusive.
#[derive(Clone, PartialEq, Debug, Default)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Histogram {
    pub count: u64,
    pub sum: f64,
    pub buckets: Vec<(f64, f64, u64)>,
}

/// Calls of one function: `entries = returns + raises + abandoned + live`. The last four are known only where the
/// function has an exit point.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Function {
    pub function: String,
    pub entries: u64,
    pub exits: Option<Exits>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Exits {
    pub returns: u64,
    pub raises: u64,
    /// The frame vanished without returning or raising.
    pub abandoned: u64,
    pub live: u64,
}

/// A firing that did not finish.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Fault {
    pub module: String,
    pub probe: String,
    pub kind: FaultKind,
    /// The function that was probed.
    pub place: String,
}

macro_rules! named {
    ($(#[$m:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident $text:literal,)* }) => {
        $(#[$m])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
        #[repr(u8)]
        pub enum $name { $($(#[doc = $doc])* $variant,)* }
        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant,)*];
            pub const fn name(self) -> &'static str { match self { $($name::$variant => $text,)* } }
        }
    };
}

named! {
    /// Why a firing did not finish, or was not begun.
    FaultKind {
        /// The guest's own stop: unreachable, bounds, division, bad call.
        Trap "trap",
        OutOfFuel "out_of_fuel",
        /// The guest's wasm stack.
        Stack "stack",
        HostBudget "host_budget",
        /// The host's own bug, contained.
        HostPanic "host_panic",
        /// The guest returned a negative status.
        Guest "guest",
    }
}

impl DropKind {
    /// Whether a whole firing was skipped, and not a part of what it wrote.
    pub const fn is_skip(self) -> bool {
        matches!(self, Self::StackHeadroom | Self::Busy | Self::Renewing | Self::Throttled)
    }
}

impl FaultKind {
    /// Which side did wrong.
    pub const fn side(self) -> &'static str {
        match self {
            Self::HostPanic => "host",
            _ => "guest",
        }
    }
}

named! {
    /// Why a record, key or firing was not delivered.
    DropKind {
        RingFull "ring_full",
        Rate "rate",
        /// More bytes than allowed in a second.
        ByteRate "byte_rate",
        PerFire "per_fire",
        MapFull "map_full",
        /// The record had more bytes or fields than allowed.
        Fields "fields",
        /// A firing skipped: too little native stack left.
        StackHeadroom "stack_headroom",
        /// A firing skipped: a probe was already firing on this process.
        Busy "busy",
        /// A firing skipped: the instance is being renewed.
        Renewing "renewing",
        /// A firing skipped: the probe had used its share of the time that passes.
        Throttled "throttled",
        /// Held back, and the request ended, or has not ended yet, without a word on it.
        Undecided "undecided",
        /// Held back and then not wanted.
        Forgotten "forgotten",
        /// The request held back as much as it may.
        SpeculationFull "speculation_full",
    }
}

named! {
    /// What a probe is doing.
    Phase {
        Pending "pending", Attached "attached", Throttled "throttled", Disarmed "disarmed", Failed "failed",
        Detached "detached",
    }
}

impl Phase {
    /// The higher, the more there is to say.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Attached => 0,
            Self::Pending => 1,
            Self::Throttled => 2,
            Self::Detached => 3,
            Self::Disarmed => 4,
            Self::Failed => 5,
        }
    }
}

/// A line a probe wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Log {
    pub module: String,
    pub probe: String,
    /// 1 error … 5 trace.
    pub level: u8,
    pub text: String,
}

/// A probe's state changed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct State {
    pub module: String,
    pub probe: String,
    pub phase: Phase,
    pub reason: String,
    pub functions: u64,
}

/// What did not fit into the ledgers of all processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Ledger {
    pub refused: u64,
}

/// A probe's account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Summary {
    pub module: String,
    pub probe: String,
    pub firings: u64,
    /// Ended Ok and wrote nothing.
    pub rejected: u64,
    /// Records committed to the ring.
    pub records: u64,
    pub faults: Vec<(FaultKind, u64)>,
    pub drops: Vec<(DropKind, u64)>,
    pub fuel: u64,
    /// That the host moved or looked through for it.
    pub host_bytes: u64,
    /// Of the records committed, heads included.
    pub record_bytes: u64,
    /// Of the sampled firings; `None` when none was sampled.
    pub mean_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    /// How many firings were timed.
    pub sampled: u64,
    /// The most of the time that passes that it took in any window and process, in millionths; `None` when none was judged.
    pub share: Option<u64>,
    /// What was told of it last, but that the session ended; of several processes the worst.
    pub phase: Option<Phase>,
    pub reason: String,
}

/// A probe's account in one process: adds up with others, then becomes a [`Summary`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Account {
    pub module: String,
    pub probe: String,
    pub firings: u64,
    pub rejected: u64,
    pub records: u64,
    pub fuel: u64,
    pub host_bytes: u64,
    pub record_bytes: u64,
    /// In millionths, and one more; 0 where no window was judged.
    pub share: u64,
    pub phase: Option<Phase>,
    pub reason: String,
    /// By [`FaultKind`].
    pub faults: Vec<u64>,
    /// By [`DropKind`].
    pub drops: Vec<u64>,
    pub timed: u64,
    pub timed_ns: u64,
    /// Sampled firing times, by `ledger::probe::time_bucket`.
    pub times: Vec<u64>,
}

impl Account {
    /// Adds another process's account of the same probe. Counters are claims, so none is added past its end.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.firings, other.firings),
            (&mut self.rejected, other.rejected),
            (&mut self.records, other.records),
            (&mut self.fuel, other.fuel),
            (&mut self.host_bytes, other.host_bytes),
            (&mut self.record_bytes, other.record_bytes),
            (&mut self.timed, other.timed),
            (&mut self.timed_ns, other.timed_ns),
        ] {
            *mine = mine.saturating_add(theirs);
        }
        self.share = self.share.max(other.share);
        if other.phase.map(Phase::rank) > self.phase.map(Phase::rank) {
            (self.phase, self.reason) = (other.phase, other.reason.clone());
        }
        for (mine, theirs) in
            [(&mut self.faults, &other.faults), (&mut self.drops, &other.drops), (&mut self.times, &other.times)]
        {
            mine.resize(mine.len().max(theirs.len()), 0);
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a = a.saturating_add(*b));
        }
    }

    /// What the operator reads. `bucket_low` gives the lowest time of a bucket.
    pub fn summary(&self, bucket_low: impl Fn(usize) -> u64) -> Summary {
        let hit = |counts: &[u64], i: usize| counts.get(i).copied().filter(|n| *n > 0);
        Summary {
            module: self.module.clone(),
            probe: self.probe.clone(),
            firings: self.firings,
            rejected: self.rejected,
            records: self.records,
            faults: FaultKind::ALL.iter().filter_map(|k| Some((*k, hit(&self.faults, *k as usize)?))).collect(),
            drops: DropKind::ALL.iter().filter_map(|k| Some((*k, hit(&self.drops, *k as usize)?))).collect(),
            fuel: self.fuel,
            host_bytes: self.host_bytes,
            record_bytes: self.record_bytes,
            mean_ns: self.timed_ns.checked_div(self.timed),
            p99_ns: self.percentile_ns(99, &bucket_low),
            sampled: self.timed,
            share: self.share.checked_sub(1),
            phase: self.phase,
            reason: self.reason.clone(),
        }
    }

    /// So many percent of the sampled times lie below it.
    pub fn percentile_ns(&self, percent: u64, bucket_low: impl Fn(usize) -> u64) -> Option<u64> {
        self.percentile(percent).map(|bucket| bucket_low(bucket + 1))
    }

    /// The bucket below which so many percent of the sampled times lie.
    fn percentile(&self, percent: u64) -> Option<usize> {
        let rank = (u128::from(self.timed) * u128::from(percent)).div_ceil(100);
        let mut seen = 0;
        self.times.iter().position(|n| {
            seen += u128::from(*n);
            seen >= rank && *n > 0
        })
    }
}
