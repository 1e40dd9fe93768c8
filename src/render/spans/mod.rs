//! Spans: the entry and the exit of one call brought together, on the track of its thread or task.
//!
//! In: reports, in the order they came. Out: spans and instants, told to a [`Timeline`] as soon as they are known. Never here:
//! a format; a span made up of two calls while no record is lost; memory that grows with what has passed.

mod firing;
mod tracks;

use std::collections::HashMap;
use std::io;

use super::Renderer;
use crate::report::{Name, Record, Report, Start, Summary};
use crate::value::Value;

pub use firing::Firing;
use firing::Gathered;
use tracks::Tracks;
pub use tracks::{Kind, Track};

/// Calls that may be open on one track; beyond, all of them are given up as without an exit.
const DEPTH_MAX: usize = 2048;
/// What all open calls may keep of what their entries captured, about; beyond, entries keep no fields.
const HELD_BYTES_MAX: usize = 64 << 20;

/// Where spans go: a format.
pub trait Timeline {
    /// A process began to be observed.
    ///
    /// # Errors
    /// When the writer fails, as in all of these.
    fn process(&mut self, start: &Start) -> io::Result<()>;
    /// Before anything is told of the track.
    ///
    /// # Errors
    /// See [`Timeline::process`].
    fn track(&mut self, track: &Track) -> io::Result<()>;
    /// A call began; [`Timeline::span`] follows, in the order of a stack.
    ///
    /// # Errors
    /// See [`Timeline::process`].
    fn open(&mut self, _: &Track, _: &Firing) -> io::Result<()> {
        Ok(())
    }
    /// A call is over.
    ///
    /// # Errors
    /// See [`Timeline::process`].
    fn span(&mut self, track: &Track, span: &Span<'_>) -> io::Result<()>;
    /// A record that is no part of a span, on a track if it has one.
    ///
    /// # Errors
    /// See [`Timeline::process`].
    fn instant(&mut self, track: Option<&Track>, firing: &Firing) -> io::Result<()>;
    /// Makes what was told visible.
    ///
    /// # Errors
    /// See [`Timeline::process`].
    fn flush(&mut self) -> io::Result<()>;
    /// The last call.
    ///
    /// # Errors
    /// See [`Timeline::process`].
    fn finish(&mut self, counts: &Counts) -> io::Result<()>;
}

/// A call with a beginning and an end.
#[derive(Debug)]
pub struct Span<'a> {
    pub function: &'a str,
    pub begun_ns: i64,
    pub ended_ns: i64,
    /// None where no record of the entry came: the exit's `elapsed` says when it began.
    pub entry: Option<&'a Firing>,
    /// None where no record of the exit came.
    pub exit: Option<&'a Firing>,
    pub end: End,
}

/// How a span is known to have ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Exit,
    /// No exit was told; the call around it ended then.
    Lost,
    /// No exit of this function was ever told, so that its entries are instants.
    Never,
    /// It had not ended when observing did.
    Open,
}

/// What is known of a trace as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub spans: u64,
    pub instants: u64,
    /// Spans whose exit was not told.
    pub without_exit: u64,
    /// Exits whose entry was not told, and that had no `elapsed` or cut into another span: instants.
    pub without_entry: u64,
    /// Calls that had not ended.
    pub open: u64,
    /// Records that were older than what had come of their thread, or had no track any more: instants.
    pub without_track: u64,
    /// Entries whose fields were not kept.
    pub without_fields: u64,
    /// Records that probes could not deliver.
    pub dropped: u64,
    /// The last record's time.
    pub last_ns: i64,
}

impl Counts {
    /// By name, as the formats have them.
    pub fn named(&self) -> [(&'static str, u64); 8] {
        [
            ("spans", self.spans),
            ("instants", self.instants),
            ("without_exit", self.without_exit),
            ("without_entry", self.without_entry),
            ("open", self.open),
            ("without_track", self.without_track),
            ("without_fields", self.without_fields),
            ("dropped", self.dropped),
        ]
    }
}

/// A call under way.
#[derive(Debug)]
struct Open {
    firing: Firing,
    held: usize,
}

/// Brings spans together for a format.
pub struct Spans<T> {
    to: T,
    gathered: Gathered,
    tracks: Tracks,
    /// Whether a function was ever told to end; those that were told to begin only, and are known to be so, never.
    exits: HashMap<Name, bool>,
    /// Whether any probe can tell of exits.
    some_exit: bool,
    held: usize,
    counts: Counts,
}

impl<T: Timeline> Spans<T> {
    pub fn new(to: T) -> Self {
        Self {
            to,
            gathered: Gathered::default(),
            tracks: Tracks::default(),
            exits: HashMap::new(),
            some_exit: false,
            held: 0,
            counts: Counts::default(),
        }
    }

    /// The format.
    pub fn to_mut(&mut self) -> &mut T {
        &mut self.to
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        self.some_exit |= matches!(record.point, "return" | "raise");
        self.gathered.take(record).into_iter().try_for_each(|firing| self.fire(firing))
    }

    fn fire(&mut self, firing: Firing) -> io::Result<()> {
        self.counts.last_ns = self.counts.last_ns.max(firing.last_ns);
        let Some((at, is_new)) = self.tracks.find(&firing.record) else {
            self.counts.without_track += 1;
            return self.instant(None, &firing);
        };
        if is_new {
            self.to.track(&self.tracks.all[at])?;
        }
        self.tracks.all[at].last_ns = firing.last_ns;
        match firing.record.point {
            "entry" if self.may_exit(&firing.record.function) => self.enter(at, firing)?,
            "return" | "raise" => self.leave(at, &firing)?,
            _ => self.instant(Some(at), &firing)?,
        }
        self.tracks.release(at);
        Ok(())
    }

    fn instant(&mut self, at: Option<usize>, firing: &Firing) -> io::Result<()> {
        self.counts.instants += 1;
        self.to.instant(at.map(|at| &self.tracks.all[at]), firing)
    }

    fn may_exit(&self, function: &str) -> bool {
        self.some_exit && self.exits.get(function) != Some(&false)
    }

    fn enter(&mut self, at: usize, mut firing: Firing) -> io::Result<()> {
        if self.tracks.all[at].open.len() == DEPTH_MAX {
            self.give_up(at, 0, firing.record.mono_ns)?;
        }
        self.to.open(&self.tracks.all[at], &firing)?;
        let mut held = firing.record.fields.iter().map(|(name, value)| name.len() + weight(value)).sum();
        if self.held + held > HELD_BYTES_MAX {
            self.counts.without_fields += 1;
            (firing.record.fields, held) = (Vec::new(), 0);
        }
        self.held += held;
        self.tracks.all[at].open.push(Open { firing, held });
        Ok(())
    }

    fn leave(&mut self, at: usize, exit: &Firing) -> io::Result<()> {
        let function = &exit.record.function;
        if self.exits.get(function) != Some(&true) {
            self.exits.insert(function.clone(), true);
        }
        let open = &self.tracks.all[at].open;
        let Some(own) = open.iter().rposition(|open| open.firing.record.function == *function) else {
            return self.lone(at, exit);
        };
        self.give_up(at, own + 1, exit.record.mono_ns)?;
        self.close(at, exit.record.mono_ns, Some(exit), End::Exit)
    }

    /// An exit without an entry.
    fn lone(&mut self, at: usize, exit: &Firing) -> io::Result<()> {
        let ended_ns = exit.record.mono_ns;
        let begun_ns = exit.elapsed_ns().map(|elapsed_ns| ended_ns.saturating_sub(elapsed_ns));
        let Some(begun_ns) = begun_ns.filter(|begun_ns| !self.tracks.all[at].cuts(*begun_ns)) else {
            self.counts.without_entry += 1;
            return self.instant(Some(at), exit);
        };
        // What began after it was inside of it.
        let inside = self.tracks.all[at].open.partition_point(|open| open.firing.record.mono_ns < begun_ns);
        self.give_up(at, inside, ended_ns)?;
        self.counts.spans += 1;
        self.tracks.all[at].ended(begun_ns, ended_ns);
        let function = &*exit.record.function;
        let span = Span { function, begun_ns, ended_ns, entry: None, exit: Some(exit), end: End::Exit };
        self.to.span(&self.tracks.all[at], &span)
    }

    /// Ends the calls above the first `keep`, whose exits did not come.
    fn give_up(&mut self, at: usize, keep: usize, now_ns: i64) -> io::Result<()> {
        while self.tracks.all[at].open.len() > keep {
            let Some(open) = self.tracks.all[at].open.last() else { break };
            let has_exits = self.exits.get(&open.firing.record.function) == Some(&true);
            if !has_exits {
                self.exits.insert(open.firing.record.function.clone(), false);
            }
            self.close(at, now_ns, None, if has_exits { End::Lost } else { End::Never })?;
        }
        Ok(())
    }

    /// Ends the innermost call.
    fn close(&mut self, at: usize, ended_ns: i64, exit: Option<&Firing>, end: End) -> io::Result<()> {
        let track = &mut self.tracks.all[at];
        let Some(Open { firing, held }) = track.open.pop() else { return Ok(()) };
        self.held -= held;
        match end {
            End::Exit => self.counts.spans += 1,
            End::Lost => {
                (self.counts.spans, self.counts.without_exit) = (self.counts.spans + 1, self.counts.without_exit + 1)
            }
            End::Never => self.counts.instants += 1,
            End::Open => self.counts.open += 1,
        }
        let (function, begun_ns) = (&*firing.record.function, firing.record.mono_ns);
        if end != End::Never {
            track.ended(begun_ns, ended_ns);
        }
        self.to.span(track, &Span { function, begun_ns, ended_ns, entry: Some(&firing), exit, end })
    }

    fn summary(&mut self, summary: &Summary) {
        let dropped: u64 = summary.drops.iter().fold(0, |sum, (_, n)| sum.saturating_add(*n));
        self.counts.dropped = self.counts.dropped.saturating_add(dropped);
    }

    fn close_all(&mut self) -> io::Result<()> {
        let last_ns = self.counts.last_ns;
        for at in 0..self.tracks.all.len() {
            while let Some(open) = self.tracks.all[at].open.last() {
                let never = self.exits.get(&open.firing.record.function) == Some(&false);
                self.close(at, last_ns, None, if never { End::Never } else { End::Open })?;
            }
        }
        Ok(())
    }
}

impl<T: Timeline> Renderer for Spans<T> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        match report {
            Report::Start(start) => self.to.process(start)?,
            Report::Record(record) => self.record(record)?,
            Report::State(state) => self.some_exit |= tells_exits(&state.probe),
            // No probe has an exit point there.
            Report::Function(f) if f.exits.is_none() => drop(self.exits.insert(f.function.as_str().into(), false)),
            Report::Summary(summary) => self.summary(summary),
            _ => {}
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.gathered.rest().into_iter().try_for_each(|firing| self.fire(firing))?;
        self.close_all()?;
        self.to.finish(&self.counts)?;
        self.to.flush()
    }
}

/// Whether a probe may tell of exits. Its name is its spec, or a tag, which says nothing.
fn tells_exits(probe: &str) -> bool {
    let spec = probe.split_once('?').map_or(probe, |(spec, _)| spec);
    let other = [":entry", "begin", "end"].iter().any(|point| spec.ends_with(point)) || spec.starts_with("tick:");
    !other
}

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    let of = |values: &[Value]| values.iter().map(weight).sum::<usize>();
    size_of::<Value>()
        + match value {
            Value::Str(s) | Value::Opaque(_, s) => s.len(),
            Value::Bytes(b) | Value::BigInt(_, b) => b.len(),
            Value::List(v) | Value::Tuple(v) | Value::Set(v) | Value::FrozenSet(v) | Value::Stack(v) => of(v),
            Value::Dict(pairs) => pairs.iter().map(|(k, v)| weight(k) + weight(v)).sum(),
            Value::Object(name, fields) => name.len() + fields.iter().map(|(k, v)| k.len() + weight(v)).sum::<usize>(),
            Value::Cut(_, _, inner) => weight(inner),
            _ => 0,
        }
}
