//! Tracks: where calls nest. A thread is one, and each asyncio task, for tasks interleave on their thread.
//!
//! In: firings. Out: the track of each, with the calls that are open there. Never here: more tracks than a viewer can show,
//! or memory for one that is beyond them once nothing is open on it.

use std::collections::HashMap;

use super::Open;
use crate::report::Record;

/// Threads and tasks with a track of their own. Those that come later share lanes, each while calls of it are open.
const NAMED_MAX: usize = 1000;
const LANES_MAX: usize = 1000;
/// Spans that ended, of which one more must not cut into.
const CLOSED_MAX: usize = 64;

/// A line of a timeline.
#[derive(Debug)]
pub struct Track {
    /// From 0, in the order of their first records.
    pub number: usize,
    /// Of a lane, which many processes may use, 0.
    pub pid: u32,
    pub tid: u64,
    pub kind: Kind,
    pub name: String,
    /// No firing here is before this.
    pub(super) last_ns: i64,
    pub(super) open: Vec<Open>,
    /// The last spans that ended, none inside another.
    closed: Vec<(i64, i64)>,
}

impl Track {
    fn new(number: usize, key: (u32, u64), kind: Kind, name: String) -> Self {
        let (pid, tid) = key;
        Self { number, pid, tid, kind, name, last_ns: i64::MIN, open: Vec::new(), closed: Vec::new() }
    }

    /// Whether a span that begins then begins inside one that ended: that of a generator, which outlives its caller.
    pub(super) fn cuts(&self, begun_ns: i64) -> bool {
        self.closed.iter().any(|(begun, ended)| (begun + 1..*ended).contains(&begun_ns))
    }

    pub(super) fn ended(&mut self, begun_ns: i64, ended_ns: i64) {
        self.closed.retain(|(begun, _)| *begun < begun_ns);
        if self.closed.len() == CLOSED_MAX {
            self.closed.remove(0);
        }
        self.closed.push((begun_ns, ended_ns));
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Thread,
    Task,
    /// Of records that a request held back and that came when others had passed.
    Late,
    Lane,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Key {
    pid: u32,
    tid: u64,
    task: Option<String>,
    late: bool,
}

/// All tracks, by whom they belong to now.
#[derive(Default)]
pub(super) struct Tracks {
    pub(super) all: Vec<Track>,
    of: HashMap<Key, usize>,
    named: usize,
    free: Vec<usize>,
    owners: HashMap<usize, Key>,
}

impl Tracks {
    /// The track of a record, and whether it is new. None where it fits on none: its time is before all else there, or
    /// there are too many.
    pub(super) fn find(&mut self, record: &Record) -> Option<(usize, bool)> {
        let mut key = Key { pid: record.pid, tid: record.tid, task: record.task.clone(), late: false };
        let is_past = |track: &Track| record.mono_ns < track.last_ns;
        if self.known(&key).is_some_and(is_past) {
            key.late = true;
            if self.known(&key).is_some_and(is_past) {
                return None;
            }
        }
        match self.of.get(&key) {
            Some(&at) => Some((at, false)),
            None => self.make(key, record),
        }
    }

    fn known(&self, key: &Key) -> Option<&Track> {
        self.of.get(key).map(|&at| &self.all[at])
    }

    fn make(&mut self, key: Key, record: &Record) -> Option<(usize, bool)> {
        if self.named < NAMED_MAX {
            self.named += 1;
            let at = self.all.len();
            self.all.push(named(at, &key, record));
            self.of.insert(key, at);
            return Some((at, true));
        }
        let (at, is_new) = match self.free.pop() {
            Some(at) => (at, false),
            None if self.all.len() - self.named < LANES_MAX => (self.lane(), true),
            None => return None,
        };
        // Whoever had it before may have been ahead of this one.
        self.all[at].last_ns = self.all[at].last_ns.max(record.mono_ns);
        self.of.insert(key.clone(), at);
        self.owners.insert(at, key);
        Some((at, is_new))
    }

    fn lane(&mut self) -> usize {
        let number = self.all.len();
        let name = format!("lane {}", number - self.named + 1);
        self.all.push(Track::new(number, (0, 0), Kind::Lane, name));
        number
    }

    /// Whoever comes next may have this lane, if nothing is open on it.
    pub(super) fn release(&mut self, at: usize) {
        if self.all[at].open.is_empty()
            && let Some(key) = self.owners.remove(&at)
        {
            self.of.remove(&key);
            self.free.push(at);
        }
    }
}

fn named(number: usize, key: &Key, record: &Record) -> Track {
    let thread = record.thread.as_deref().map_or_else(|| format!("thread {}", key.tid), str::to_owned);
    let (kind, name) = match (&key.task, key.late) {
        (None, false) => (Kind::Thread, thread),
        (Some(task), false) => (Kind::Task, format!("{task} ({thread})")),
        (None, true) => (Kind::Late, format!("{thread}, held back")),
        (Some(task), true) => (Kind::Late, format!("{task} ({thread}), held back")),
    };
    Track::new(number, (key.pid, key.tid), kind, name)
}
