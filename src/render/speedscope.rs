//! speedscope's JSON: a profile of calls for each thread and task, and one of samples for each captured stack.
//!
//! In: spans, tracks, records with stacks. Out: one object, written at the end. Never here: the profile in memory (a scratch
//! file holds it), a span that began before what was told already, a frame twice.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

use super::Renderer;
use super::json::{self, put};
use super::spans::{Counts, Firing, Span, Spans, Timeline, Track};
use super::spool::Spool;
use crate::report::{Name, Record, Report, Start};
use crate::value::Value;

/// Functions and frames of stacks; beyond, all are one.
const FRAMES_MAX: usize = 1 << 18;
const OTHER: &str = "(beyond 262144 frames)";
/// Records may come out of a probe in different fields; so many of them become profiles.
const STACKS_MAX: usize = 256;
const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

/// Writes a profile to `out` in the end.
pub struct Speedscope<W> {
    spans: Spans<Profiles<W>>,
}

impl<W: Write> Speedscope<W> {
    /// `scratch`: the folder of the scratch file.
    ///
    /// # Errors
    /// When there can be none.
    pub fn new(out: W, scratch: &Path) -> io::Result<Self> {
        let profiles = Profiles {
            out,
            spool: Spool::new(scratch)?,
            frames: HashMap::new(),
            names: Vec::new(),
            calls: Vec::new(),
            stacks: HashMap::new(),
            zero_ns: None,
            without_entry: 0,
            unsampled: 0,
        };
        Ok(Self { spans: Spans::new(profiles) })
    }
}

impl<W: Write> Renderer for Speedscope<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        if let Report::Record(record) = report {
            self.spans.to_mut().stacks(record)?;
        }
        self.spans.report(report)
    }
    /// What is shown as a whole is not visible before.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn finish(&mut self) -> io::Result<()> {
        self.spans.finish()
    }
}

/// Calls on one track: open and close events.
struct Calls {
    channel: usize,
    name: String,
    events: u64,
    begun: i64,
    ended: i64,
}

/// Samples of one field of one probe.
struct Samples {
    channel: usize,
    samples: u64,
}

struct Profiles<W> {
    out: W,
    spool: Spool,
    frames: HashMap<String, usize>,
    names: Vec<String>,
    /// By the track's number.
    calls: Vec<Calls>,
    stacks: HashMap<(Name, Name, Name), Samples>,
    /// Times are from the first record on: those of a machine that is up for long are not exact as JSON numbers.
    zero_ns: Option<i64>,
    without_entry: u64,
    /// Samples of fields beyond those that became profiles.
    unsampled: u64,
}

impl<W: Write> Profiles<W> {
    fn frame(&mut self, name: &str) -> usize {
        if let Some(&at) = self.frames.get(name) {
            return at;
        }
        if self.names.len() == FRAMES_MAX {
            return FRAMES_MAX;
        }
        self.names.push(name.to_owned());
        self.frames.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    fn event(&mut self, track: &Track, kind: char, function: &str, at_ns: i64) -> io::Result<()> {
        let frame = self.frame(function);
        let at = at_ns.saturating_sub(*self.zero_ns.get_or_insert(at_ns));
        let calls = &mut self.calls[track.number];
        if calls.events == 0 {
            calls.begun = at;
        }
        calls.ended = at;
        let comma = if calls.events > 0 { "," } else { "" };
        calls.events += 1;
        let text = format!("{comma}{{\"type\":\"{kind}\",\"frame\":{frame},\"at\":{at}}}");
        self.spool.write(calls.channel, text.as_bytes())
    }

    /// Each stack of a record is a sample.
    fn stacks(&mut self, record: &Record) -> io::Result<()> {
        for (field, value) in &record.fields {
            if let Some(frames) = stack(value) {
                self.sample(record, field, frames)?;
            }
        }
        Ok(())
    }

    fn sample(&mut self, record: &Record, field: &Name, frames: &[Value]) -> io::Result<()> {
        // A sample begins with the outermost frame.
        let numbers: Vec<String> = frames.iter().rev().map(|f| self.frame(text(f)).to_string()).collect();
        let key = (record.module.clone(), record.probe.clone(), field.clone());
        if !self.stacks.contains_key(&key) && self.stacks.len() == STACKS_MAX {
            self.unsampled += 1;
            return Ok(());
        }
        let channel = || Samples { channel: self.spool.channel(), samples: 0 };
        let samples = self.stacks.entry(key).or_insert_with(channel);
        let comma = if samples.samples > 0 { "," } else { "" };
        samples.samples += 1;
        self.spool.write(samples.channel, format!("{comma}[{}]", numbers.join(",")).as_bytes())
    }

    fn write(&mut self, counts: &Counts) -> io::Result<()> {
        let mut head = Vec::new();
        put(&mut head, &format!("{{\"$schema\":\"{SCHEMA}\",\"exporter\":\"waspect\",\"name\":"));
        json::string(&mut head, &self.title(counts));
        put(&mut head, ",\"activeProfileIndex\":0,\"shared\":{\"frames\":");
        let other = (self.names.len() == FRAMES_MAX).then(|| OTHER.to_owned());
        let names: Vec<String> = std::mem::take(&mut self.names).into_iter().chain(other).collect();
        json::list(&mut head, b'[', &names, b']', |out, name| {
            put(out, "{\"name\":");
            json::string(out, name);
            put(out, "}");
        });
        put(&mut head, "},\"profiles\":[");
        self.out.write_all(&head)?;
        let many = self.all_calls()?;
        self.all_samples(many)?;
        self.out.write_all(b"]}\n")
    }

    /// Gives how many profiles there are.
    fn all_calls(&mut self) -> io::Result<usize> {
        let mut many = 0;
        for calls in self.calls.iter().filter(|calls| calls.events > 0) {
            let mut text = Vec::new();
            put(&mut text, if many > 0 { ",\n" } else { "\n" });
            put(&mut text, "{\"type\":\"evented\",\"name\":");
            json::string(&mut text, &calls.name);
            let bounds = format!("\"startValue\":{},\"endValue\":{}", calls.begun, calls.ended);
            put(&mut text, &format!(",\"unit\":\"nanoseconds\",{bounds},\"events\":["));
            self.out.write_all(&text)?;
            self.spool.copy(calls.channel, &mut self.out)?;
            self.out.write_all(b"]}")?;
            many += 1;
        }
        Ok(many)
    }

    fn all_samples(&mut self, mut many: usize) -> io::Result<()> {
        let mut all: Vec<_> = self.stacks.iter().collect();
        all.sort_by_key(|(key, _)| *key);
        for ((module, probe, field), samples) in all {
            let mut text = Vec::new();
            put(&mut text, if many > 0 { ",\n" } else { "\n" });
            put(&mut text, "{\"type\":\"sampled\",\"name\":");
            json::string(&mut text, &format!("{field} of {probe} ({module})"));
            let end = samples.samples;
            put(&mut text, &format!(",\"unit\":\"none\",\"startValue\":0,\"endValue\":{end},\"samples\":["));
            self.out.write_all(&text)?;
            self.spool.copy(samples.channel, &mut self.out)?;
            self.out.write_all(b"],\"weights\":[")?;
            for i in 0..samples.samples {
                self.out.write_all(if i > 0 { b",1" } else { b"1" })?;
            }
            self.out.write_all(b"]}")?;
            many += 1;
        }
        Ok(())
    }

    /// What speedscope shows above; what is not in the profile is said there.
    fn title(&self, counts: &Counts) -> String {
        let missing = [
            (counts.dropped, "records dropped"),
            (counts.without_exit, "exits missing"),
            (counts.open, "calls not ended"),
            (self.without_entry, "exits without an entry left out"),
            (self.unsampled, "stacks left out"),
        ];
        let said = missing.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}"));
        format!("waspect{}", said.collect::<String>())
    }
}

impl<W: Write> Timeline for Profiles<W> {
    fn process(&mut self, _: &Start) -> io::Result<()> {
        Ok(())
    }

    fn track(&mut self, track: &Track) -> io::Result<()> {
        let name = format!("{} (process {})", track.name, track.pid);
        self.calls.push(Calls { channel: self.spool.channel(), name, events: 0, begun: 0, ended: 0 });
        Ok(())
    }

    fn open(&mut self, track: &Track, firing: &Firing) -> io::Result<()> {
        self.event(track, 'O', &firing.record.function, firing.record.mono_ns)
    }

    fn span(&mut self, track: &Track, span: &Span<'_>) -> io::Result<()> {
        if span.entry.is_none() {
            // It began before what is written already.
            self.without_entry += 1;
            return Ok(());
        }
        self.event(track, 'C', span.function, span.ended_ns)
    }

    fn instant(&mut self, _: Option<&Track>, firing: &Firing) -> io::Result<()> {
        self.without_entry += u64::from(matches!(firing.record.point, "return" | "raise"));
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self, counts: &Counts) -> io::Result<()> {
        self.write(counts)
    }
}

fn stack(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Stack(frames) => Some(frames),
        Value::Cut(_, _, inner) => stack(inner),
        _ => None,
    }
}

fn text(frame: &Value) -> &str {
    if let Value::Str(text) = frame { text } else { "?" }
}
