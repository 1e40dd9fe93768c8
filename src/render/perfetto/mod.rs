//! Perfetto's own trace: protobuf packets, for ui.perfetto.dev and `trace_processor`.
//!
//! In: spans, instants, tracks. Out: packets, each whole and readable without the ones before it, so that a trace without its
//! end is a trace. Never here: a pairing of our own; order by time, which readers of the format make themselves.

mod message;

use std::io::{self, Write};

use super::chrome::how;
use super::json;
use super::spans::{Counts, End, Firing, Kind, Span, Spans, Timeline, Track};
use crate::report::{Record, Start};
use crate::value::Value;
use message::Message;

/// Every writer of packets in a trace has a number; here is one.
const SEQUENCE: u64 = 1;
/// Clocks, by Perfetto's numbers.
const REALTIME: u64 = 1;
const MONOTONIC: u64 = 3;
/// Tracks are told apart by numbers of our choice: processes' from here on, threads' and tasks' from there.
const PROCESSES: u64 = 1 << 40;
const TRACKS: u64 = 1 << 41;
/// What is said of the trace as a whole.
const WHOLE: u64 = 1 << 42;

/// Fields of the messages that are written, as Perfetto's `.proto` files number them.
mod field {
    pub(super) mod trace {
        pub(crate) const PACKET: u32 = 1;
    }
    pub(super) mod packet {
        pub(crate) const CLOCK_SNAPSHOT: u32 = 6;
        pub(crate) const TIMESTAMP: u32 = 8;
        pub(crate) const SEQUENCE: u32 = 10;
        pub(crate) const TRACK_EVENT: u32 = 11;
        pub(crate) const TIMESTAMP_CLOCK: u32 = 58;
        pub(crate) const TRACK_DESCRIPTOR: u32 = 60;
    }
    pub(super) mod snapshot {
        pub(crate) const CLOCKS: u32 = 1;
        pub(crate) const PRIMARY: u32 = 2;
        pub(crate) const CLOCK_ID: u32 = 1;
        pub(crate) const CLOCK_TIMESTAMP: u32 = 2;
    }
    pub(super) mod descriptor {
        pub(crate) const UUID: u32 = 1;
        pub(crate) const NAME: u32 = 2;
        pub(crate) const PROCESS: u32 = 3;
        pub(crate) const THREAD: u32 = 4;
        pub(crate) const PARENT: u32 = 5;
    }
    pub(super) mod process {
        pub(crate) const PID: u32 = 1;
        pub(crate) const NAME: u32 = 6;
    }
    pub(super) mod thread {
        pub(crate) const PID: u32 = 1;
        pub(crate) const TID: u32 = 2;
        pub(crate) const NAME: u32 = 5;
    }
    pub(super) mod event {
        pub(crate) const ANNOTATIONS: u32 = 4;
        pub(crate) const TYPE: u32 = 9;
        pub(crate) const TRACK: u32 = 11;
        pub(crate) const CATEGORIES: u32 = 22;
        pub(crate) const NAME: u32 = 23;
    }
    pub(super) mod annotation {
        pub(crate) const BOOL: u32 = 2;
        pub(crate) const INT: u32 = 4;
        pub(crate) const DOUBLE: u32 = 5;
        pub(crate) const TEXT: u32 = 6;
        pub(crate) const NAME: u32 = 10;
        pub(crate) const ENTRIES: u32 = 11;
    }
}
use field::{annotation, descriptor, event, packet, process, snapshot, thread, trace};

/// Types of a track event.
const SLICE_BEGIN: u64 = 1;
const SLICE_END: u64 = 2;
const INSTANT: u64 = 3;

/// Writes packets to `out`.
pub struct Perfetto<W> {
    out: W,
    bytes: Vec<u8>,
    clock_said: bool,
}

impl<W: Write> Perfetto<W> {
    /// A renderer of spans.
    pub fn spans(out: W) -> Spans<Self> {
        Spans::new(Self { out, bytes: Vec::new(), clock_said: false })
    }

    fn packet(&mut self, at_ns: Option<i64>, data: u32, fill: impl FnOnce(&mut Message<'_>)) -> io::Result<()> {
        self.bytes.clear();
        Message::new(&mut self.bytes).inner(trace::PACKET, |told| {
            if let Some(ns) = at_ns {
                told.number(packet::TIMESTAMP, unsigned(ns));
                told.number(packet::TIMESTAMP_CLOCK, MONOTONIC);
            }
            told.number(packet::SEQUENCE, SEQUENCE);
            told.inner(data, fill);
        });
        self.out.write_all(&self.bytes)
    }

    fn event(&mut self, at_ns: i64, kind: u64, track: u64, fill: impl FnOnce(&mut Message<'_>)) -> io::Result<()> {
        self.packet(Some(at_ns), packet::TRACK_EVENT, |told| {
            told.number(event::TYPE, kind);
            told.number(event::TRACK, track);
            fill(told);
        })
    }

    fn describe(&mut self, uuid: u64, fill: impl FnOnce(&mut Message<'_>)) -> io::Result<()> {
        self.packet(None, packet::TRACK_DESCRIPTOR, |told| {
            told.number(descriptor::UUID, uuid);
            fill(told);
        })
    }

    /// Once: what the monotonic clock of all times is by the wall clock.
    fn clock(&mut self, record: &Record) -> io::Result<()> {
        if std::mem::replace(&mut self.clock_said, true) {
            return Ok(());
        }
        self.packet(Some(record.mono_ns), packet::CLOCK_SNAPSHOT, |told| {
            for (id, ns) in [(MONOTONIC, record.mono_ns), (REALTIME, record.ts_ns)] {
                told.inner(snapshot::CLOCKS, |clock| {
                    clock.number(snapshot::CLOCK_ID, id);
                    clock.number(snapshot::CLOCK_TIMESTAMP, unsigned(ns));
                });
            }
            told.number(snapshot::PRIMARY, MONOTONIC);
        })
    }
}

impl<W: Write> Timeline for Perfetto<W> {
    fn process(&mut self, start: &Start) -> io::Result<()> {
        self.describe(of_process(start.pid), |told| {
            told.inner(descriptor::PROCESS, |told| {
                told.number(process::PID, u64::from(start.pid));
                told.text(process::NAME, &format!("python {}", start.python));
            });
        })
    }

    fn track(&mut self, track: &Track) -> io::Result<()> {
        self.describe(uuid(track), |told| match track.kind {
            Kind::Thread => told.inner(descriptor::THREAD, |told| {
                told.number(thread::PID, u64::from(track.pid));
                told.number(thread::TID, track.tid);
                told.text(thread::NAME, &track.name);
            }),
            Kind::Lane => told.text(descriptor::NAME, &format!("more threads and tasks, {}", track.name)),
            Kind::Task | Kind::Late => {
                told.text(descriptor::NAME, &track.name);
                told.number(descriptor::PARENT, of_process(track.pid));
            }
        })
    }

    fn span(&mut self, track: &Track, span: &Span<'_>) -> io::Result<()> {
        let Some(of) = span.entry.or(span.exit) else { return Ok(()) };
        if span.end == End::Never {
            return self.instant(Some(track), of);
        }
        self.clock(&of.record)?;
        self.event(span.begun_ns, SLICE_BEGIN, uuid(track), |told| {
            named(told, span.function, &of.record);
            text(told, "end", how(span));
            if span.entry.is_none() {
                text(told, "begin", "elapsed");
            }
            who(told, &of.record, Some(track));
            fields(told, "entry", span.entry);
            fields(told, "exit", span.exit);
        })?;
        if span.end == End::Open {
            return Ok(());
        }
        self.event(span.ended_ns, SLICE_END, uuid(track), |_| {})
    }

    fn instant(&mut self, track: Option<&Track>, firing: &Firing) -> io::Result<()> {
        let record = &firing.record;
        self.clock(record)?;
        let name = if record.function.is_empty() { &record.probe } else { &record.function };
        let at = track.map_or_else(|| of_process(record.pid), uuid);
        self.event(record.mono_ns, INSTANT, at, |told| {
            named(told, name, record);
            text(told, "point", record.point);
            who(told, record, track);
            fields(told, record.point, Some(firing));
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self, counts: &Counts) -> io::Result<()> {
        self.describe(WHOLE, |told| told.text(descriptor::NAME, "waspect"))?;
        self.event(counts.last_ns, INSTANT, WHOLE, |told| {
            told.text(event::NAME, "waspect");
            counts.named().into_iter().for_each(|(name, n)| number(told, name, n));
        })
    }
}

fn of_process(pid: u32) -> u64 {
    PROCESSES + u64::from(pid)
}

fn uuid(track: &Track) -> u64 {
    TRACKS + track.number as u64
}

/// Monotonic and wall clock are never before their beginning.
fn unsigned(ns: i64) -> u64 {
    u64::try_from(ns).unwrap_or(0)
}

fn named(told: &mut Message<'_>, name: &str, record: &Record) {
    told.text(event::NAME, name);
    told.text(event::CATEGORIES, &record.module);
}

/// What a track does not say by itself.
fn who(told: &mut Message<'_>, record: &Record, track: Option<&Track>) {
    for (name, of) in [("task", &record.task), ("request", &record.request)] {
        of.iter().for_each(|of| text(told, name, of));
    }
    if track.is_none_or(|track| track.kind == Kind::Lane) {
        number(told, "pid", u64::from(record.pid));
        number(told, "tid", record.tid);
    }
}

fn fields(told: &mut Message<'_>, name: &str, firing: Option<&Firing>) {
    let Some(firing) = firing.filter(|firing| !firing.record.fields.is_empty()) else { return };
    annotate(told, event::ANNOTATIONS, name, |told| {
        for (name, value) in &firing.record.fields {
            annotate(told, annotation::ENTRIES, name, |told| plain(told, value));
        }
    });
}

fn text(told: &mut Message<'_>, name: &str, text: &str) {
    annotate(told, event::ANNOTATIONS, name, |told| told.text(annotation::TEXT, text));
}

fn number(told: &mut Message<'_>, name: &str, n: u64) {
    annotate(told, event::ANNOTATIONS, name, |told| told.number(annotation::INT, n));
}

fn annotate(told: &mut Message<'_>, field: u32, name: &str, fill: impl FnOnce(&mut Message<'_>)) {
    told.inner(field, |told| {
        told.text(annotation::NAME, name);
        fill(told);
    });
}

/// Plain values as they are, everything else as the JSON that JSONL has.
fn plain(told: &mut Message<'_>, value: &Value) {
    match value {
        Value::Bool(b) => told.number(annotation::BOOL, u64::from(*b)),
        Value::Int(n) => told.number(annotation::INT, n.cast_unsigned()),
        Value::Float(x) => told.double(annotation::DOUBLE, *x),
        Value::Str(s) => told.text(annotation::TEXT, s),
        other => {
            let mut text = Vec::new();
            json::value(&mut text, other);
            told.text(annotation::TEXT, &String::from_utf8_lossy(&text));
        }
    }
}
