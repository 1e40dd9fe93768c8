//! Chrome's trace events, one a line: for ui.perfetto.dev, `chrome://tracing` and whatever else reads them.
//!
//! In: spans, instants, tracks. Out: a JSON array, readable without its end too. Never here: an event whose fields are not
//! all there, a beginning without an end but for calls that had none, a pairing of our own.

use std::io::{self, Write};

use super::json::{self, put};
use super::spans::{Counts, End, Firing, Kind, Span, Spans, Timeline, Track};
use crate::report::{Name, Record, Start};
use crate::value::Value;

/// No thread of Linux has a number from here on, so tasks and lanes do.
const TID_FREE: u64 = 1 << 22;

/// Writes events to `out`.
pub struct Chrome<W> {
    out: W,
    line: Vec<u8>,
    begun: bool,
    lanes: bool,
}

impl<W: Write> Chrome<W> {
    /// A renderer of spans.
    pub fn spans(out: W) -> Spans<Self> {
        Spans::new(Self { out, line: Vec::new(), begun: false, lanes: false })
    }

    /// One event: `rest` is what comes after its kind, place and name.
    fn event(
        &mut self,
        kind: &str,
        (pid, tid): (u32, u64),
        name: &str,
        rest: impl FnOnce(&mut Vec<u8>),
    ) -> io::Result<()> {
        let line = &mut self.line;
        line.clear();
        put(line, if self.begun { ",\n" } else { "[\n" });
        put(line, &format!("{{\"ph\":\"{kind}\",\"pid\":{pid},\"tid\":{tid},\"name\":"));
        json::string(line, name);
        rest(line);
        put(line, "}");
        self.begun = true;
        self.out.write_all(&self.line)
    }

    /// What a viewer shows for a number.
    fn name(&mut self, what: &str, place: (u32, u64), name: &str) -> io::Result<()> {
        self.event("M", place, what, |line| {
            put(line, ",\"args\":{\"name\":");
            json::string(line, name);
            put(line, "}");
        })
    }
}

impl<W: Write> Timeline for Chrome<W> {
    fn process(&mut self, start: &Start) -> io::Result<()> {
        self.name("process_name", (start.pid, 0), &format!("python {}", start.python))
    }

    fn track(&mut self, track: &Track) -> io::Result<()> {
        if track.kind == Kind::Lane && !std::mem::replace(&mut self.lanes, true) {
            self.name("process_name", (0, 0), "more threads and tasks")?;
        }
        self.name("thread_name", place(track), &track.name)
    }

    fn span(&mut self, track: &Track, span: &Span<'_>) -> io::Result<()> {
        let Some(of) = span.entry.or(span.exit) else { return Ok(()) };
        let kind = match span.end {
            End::Exit | End::Lost => "X",
            End::Open => "B",
            End::Never => return self.instant(Some(track), of),
        };
        self.event(kind, place(track), span.function, |line| {
            time(line, "ts", span.begun_ns);
            if kind == "X" {
                time(line, "dur", span.ended_ns - span.begun_ns);
            }
            category(line, &of.record);
            args(line, track, span);
        })
    }

    fn instant(&mut self, track: Option<&Track>, firing: &Firing) -> io::Result<()> {
        let record = &firing.record;
        let at = track.map_or((record.pid, 0), place);
        let name = if record.function.is_empty() { &record.probe } else { &record.function };
        self.event("i", at, name, |line| {
            time(line, "ts", record.mono_ns);
            put(line, ",\"s\":\"t\"");
            category(line, record);
            put(line, ",\"args\":{\"point\":");
            json::string(line, record.point);
            who(line, record, track);
            fields(line, record.point, Some(firing));
            put(line, "}");
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self, counts: &Counts) -> io::Result<()> {
        self.event("i", (0, 0), "waspect", |line| {
            time(line, "ts", counts.last_ns);
            put(line, ",\"s\":\"g\",\"args\":{");
            for (i, (name, n)) in counts.named().into_iter().enumerate() {
                put(line, &format!("{}\"{name}\":{n}", if i > 0 { "," } else { "" }));
            }
            put(line, "}");
        })?;
        self.out.write_all(b"\n]\n")
    }
}

/// Which process and thread a viewer takes a track for.
fn place(track: &Track) -> (u32, u64) {
    match track.kind {
        Kind::Thread => (track.pid, track.tid),
        Kind::Task | Kind::Late | Kind::Lane => (track.pid, TID_FREE + 1 + track.number as u64),
    }
}

/// Microseconds, all digits.
fn time(line: &mut Vec<u8>, name: &str, ns: i64) {
    put(line, &format!(",\"{name}\":{}.{:03}", ns.div_euclid(1000), ns.rem_euclid(1000)));
}

fn category(line: &mut Vec<u8>, record: &Record) {
    put(line, ",\"cat\":");
    json::string(line, &record.module);
}

fn args(line: &mut Vec<u8>, track: &Track, span: &Span<'_>) {
    put(line, ",\"args\":{\"end\":");
    json::string(line, how(span));
    if span.entry.is_none() {
        put(line, ",\"begin\":\"elapsed\"");
    }
    if let Some(of) = span.entry.or(span.exit) {
        who(line, &of.record, Some(track));
    }
    fields(line, "entry", span.entry);
    fields(line, "exit", span.exit);
    put(line, "}");
}

/// How a call ended: `return`, `raise`; `lost` where no exit was told, `open` where it had not.
pub(super) fn how<'a>(span: &'a Span<'_>) -> &'a str {
    match (span.end, span.exit) {
        (End::Exit, Some(exit)) => exit.record.point,
        (End::Open, _) => "open",
        _ => "lost",
    }
}

/// What a track does not say by itself.
fn who(line: &mut Vec<u8>, record: &Record, track: Option<&Track>) {
    for (name, text) in [("task", &record.task), ("request", &record.request)] {
        if let Some(text) = text {
            put(line, &format!(",\"{name}\":"));
            json::string(line, text);
        }
    }
    if track.is_none_or(|track| track.kind == Kind::Lane) {
        put(line, &format!(",\"pid\":{},\"tid\":{}", record.pid, record.tid));
    }
}

fn fields(line: &mut Vec<u8>, name: &str, firing: Option<&Firing>) {
    let fields: &[(Name, Value)] = firing.map_or(&[], |firing| &firing.record.fields);
    if !fields.is_empty() {
        put(line, ",");
        json::string(line, name);
        put(line, ":");
        json::fields(line, fields);
    }
}
