//! One JSON object a line, stable: `docs/OUTPUT.md` is its description, and a test reads its examples.
//!
//! In: reports. Out: lines, written as they come. Never here: state from one line to the next, a unit that is not the
//! name's, a key that is missing in some lines of a type.

use std::io::{self, Write};

use super::Renderer;
use super::json::{self, put};
use crate::limits;
use crate::report::{
    Aggregation, Fault, Function, Histogram, Ledger, Log, Phase, Print, Record, Report, Start, State, Summary, Summed,
};
use crate::sketch::Top;
use crate::value::Value;

/// The number in `start` lines; it changes when a reader of these lines would have to.
pub const FORMAT: u32 = 1;

/// Writes lines to `out`.
pub struct Jsonl<W> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Jsonl<W> {
    pub fn new(out: W) -> Self {
        Self { out, line: Vec::new() }
    }
}

impl<W: Write> Renderer for Jsonl<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        self.line.clear();
        line(&mut self.line, report);
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

/// Appends one report, without the line's end.
pub fn line(out: &mut Vec<u8>, report: &Report) {
    let mut line = Line { out };
    match report {
        Report::Start(r) => line.start(r),
        Report::Record(r) => line.record(r),
        Report::Print(r) => line.print(r),
        Report::Aggregation(r) => line.aggregation(r),
        Report::Function(r) => line.function(r),
        Report::Fault(r) => line.fault(r),
        Report::Log(r) => line.log(r),
        Report::State(r) => line.state(r),
        Report::Summary(r) => line.summary(r),
        Report::Ledger(r) => line.ledger(*r),
    }
    put(line.out, "}");
}

/// A line being written: one method per type, one per kind of member.
struct Line<'a> {
    out: &'a mut Vec<u8>,
}

impl Line<'_> {
    fn start(&mut self, r: &Start) {
        self.begin("start", None);
        self.int("format", FORMAT);
        self.text("python", &r.python);
        self.int("pid", r.pid);
    }

    fn record(&mut self, r: &Record) {
        self.begin("record", Some(&r.module));
        self.int("ts_ns", r.ts_ns);
        self.int("mono_ns", r.mono_ns);
        self.int("pid", r.pid);
        self.int("tid", r.tid);
        self.optional_text("thread", r.thread.as_deref());
        self.optional_text("task", r.task.as_deref());
        self.optional_text("request", r.request.as_deref());
        self.text("probe", &r.probe);
        self.text("fn", &r.function);
        self.text("point", r.point);
        self.name("fields");
        json::fields(self.out, &r.fields);
    }

    fn print(&mut self, r: &Print) {
        self.begin("print", Some(&r.module));
        self.int("ts_ns", r.ts_ns);
        self.int("mono_ns", r.mono_ns);
        self.int("pid", r.pid);
        self.text("probe", &r.probe);
        self.text("name", &r.name);
        self.text("kind", r.kind);
        self.name("rows");
        json::list(self.out, b'[', &r.rows, b']', |out, row| {
            put(out, "{\"key\":");
            json::array(out, &row.key);
            put(out, ",\"value\":");
            summed(out, &row.value);
            put(out, "}");
        });
        self.int("left_off", r.left_off);
    }

    fn aggregation(&mut self, r: &Aggregation) {
        self.begin("aggregation", Some(&r.module));
        self.text("name", &r.name);
        self.text("kind", r.value.kind());
        self.name("key");
        json::array(self.out, &r.key);
        self.name("value");
        summed(self.out, &r.value);
    }

    fn function(&mut self, r: &Function) {
        self.begin("function", None);
        self.text("fn", &r.function);
        self.int("entries", r.entries);
        self.optional_int("returns", r.exits.map(|e| e.returns));
        self.optional_int("raises", r.exits.map(|e| e.raises));
        self.optional_int("abandoned", r.exits.map(|e| e.abandoned));
        self.optional_int("live", r.exits.map(|e| e.live));
    }

    fn fault(&mut self, r: &Fault) {
        self.begin("fault", Some(&r.module));
        self.text("probe", &r.probe);
        self.text("kind", r.kind.name());
        self.text("side", r.kind.side());
        self.text("where", &r.place);
    }

    fn log(&mut self, r: &Log) {
        self.begin("log", Some(&r.module));
        self.text("probe", &r.probe);
        self.text("level", super::text::level(r.level));
        self.text("text", &r.text);
    }

    fn state(&mut self, r: &State) {
        self.begin("state", Some(&r.module));
        self.text("probe", &r.probe);
        self.text("state", r.phase.name());
        self.optional_text("reason", Some(r.reason.as_str()).filter(|reason| !reason.is_empty()));
        self.int("functions", r.functions);
    }

    fn summary(&mut self, r: &Summary) {
        self.begin("summary", Some(&r.module));
        self.text("probe", &r.probe);
        self.int("firings", r.firings);
        self.int("rejected", r.rejected);
        self.int("records", r.records);
        self.counts("faults", r.faults.iter().map(|(kind, n)| (kind.name(), *n)));
        self.counts("drops", r.drops.iter().map(|(kind, n)| (kind.name(), *n)));
        self.int("fuel", r.fuel);
        self.optional_int("mean_ns", r.mean_ns);
        self.optional_int("p99_ns", r.p99_ns);
        self.int("sampled", r.sampled);
        self.int("host_bytes", r.host_bytes);
        self.int("record_bytes", r.record_bytes);
        match r.share {
            Some(millionths) => self.int("share", millionths as f64 / limits::WHOLE as f64),
            None => self.null("share"),
        }
        self.optional_text("state", r.phase.map(Phase::name));
        self.optional_text("reason", Some(r.reason.as_str()).filter(|reason| !reason.is_empty()));
    }

    fn ledger(&mut self, r: Ledger) {
        self.begin("ledger", None);
        self.int("refused", r.refused);
    }

    /// `type` and `module` come first in each line; a line that is about no one module says null.
    fn begin(&mut self, kind: &str, module: Option<&str>) {
        put(self.out, "{\"type\":");
        json::string(self.out, kind);
        self.optional_text("module", module);
    }

    fn name(&mut self, name: &str) {
        put(self.out, ",\"");
        put(self.out, name);
        put(self.out, "\":");
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        json::string(self.out, text);
    }

    fn optional_text(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.null(name),
        }
    }

    /// Our own counts and times are plain JSON integers, whatever their size.
    fn int(&mut self, name: &str, n: impl ToString) {
        self.name(name);
        put(self.out, &n.to_string());
    }

    fn optional_int(&mut self, name: &str, n: Option<u64>) {
        match n {
            Some(n) => self.int(name, n),
            None => self.null(name),
        }
    }

    fn null(&mut self, name: &str) {
        self.name(name);
        put(self.out, "null");
    }

    fn counts<'n>(&mut self, name: &str, counts: impl Iterator<Item = (&'n str, u64)>) {
        self.name(name);
        let all: Vec<String> = counts.map(|(kind, n)| format!("\"{kind}\":{n}")).collect();
        put(self.out, &format!("{{{}}}", all.join(",")));
    }
}

fn summed(out: &mut Vec<u8>, value: &Summed) {
    match value {
        Summed::Count(n) => put(out, &n.to_string()),
        Summed::Sum(x) | Summed::Min(x) | Summed::Max(x) => json::number(out, *x),
        Summed::Avg { count, sum } => {
            count_and_sum(out, *count, *sum);
            put(out, "}");
        }
        Summed::Stddev(moments) => {
            count_and_sum(out, moments.count, moments.sum());
            put(out, ",\"m2\":");
            json::number(out, moments.m2);
            put(out, "}");
        }
        Summed::Uniq(distinct) => put(out, &distinct.estimate().to_string()),
        Summed::Top(top) => ranking(out, top),
        Summed::Quantize(h) | Summed::Lquantize(h) => histogram(out, h),
    }
}

fn ranking(out: &mut Vec<u8>, top: &Top) {
    json::list(out, b'[', &top.ranked(), b']', |out, (value, count, error)| {
        out.push(b'[');
        json::value(out, &Value::read(&mut &**value).unwrap_or(Value::None));
        put(out, &format!(",{count},{error}]"));
    });
}

fn histogram(out: &mut Vec<u8>, h: &Histogram) {
    count_and_sum(out, h.count, h.sum);
    put(out, ",\"buckets\":[");
    for (i, &(low, high, n)) in h.buckets.iter().enumerate() {
        put(out, if i > 0 { ",[" } else { "[" });
        json::number(out, low);
        put(out, ",");
        json::number(out, high);
        put(out, &format!(",{n}]"));
    }
    put(out, "]}");
}

fn count_and_sum(out: &mut Vec<u8>, count: u64, sum: f64) {
    put(out, &format!("{{\"count\":{count},\"sum\":"));
    json::number(out, sum);
}
