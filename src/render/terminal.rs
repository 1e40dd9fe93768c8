//! The terminal: records as lines while they come; histograms, tables and the account at the end.
//!
//! In: reports. Out: styled text; the writer strips styles where they are not wanted. Never here: JSON, a width it was not
//! told, a fault or a drop that is not shown.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::table::Align::{Left, Right};
use super::text::{self, Unit, clean};
use super::{Renderer, histogram, stack, table};
use crate::report::{Aggregation, Fault, Function, Log, Phase, Print, Record, Report, Start, State, Summary, Summed};
use crate::value::Value;

const HEAD: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default();

/// Keys of one aggregation shown as tables or histograms; the rest is counted and in JSONL.
const KEYS_MAX: usize = 50;

/// Writes for people, lines about `width` characters wide.
pub struct Terminal<W> {
    out: W,
    width: usize,
    pids: BTreeSet<u32>,
    standings: BTreeMap<(String, String), Standing>,
    aggregations: Vec<Aggregation>,
    functions: Vec<Function>,
    summaries: Vec<Summary>,
    refused: u64,
}

/// What is known of a probe, by module and probe.
#[derive(Default)]
struct Standing {
    /// To how many functions it is attached, and what of that was told.
    functions: u64,
    told: u64,
    /// Why it waits.
    waits: String,
}

impl<W: Write> Terminal<W> {
    pub fn new(out: W, width: usize) -> Self {
        let (pids, standings) = (BTreeSet::new(), BTreeMap::new());
        Self { out, width, pids, standings, aggregations: vec![], functions: vec![], summaries: vec![], refused: 0 }
    }
}

impl<W: Write> Renderer for Terminal<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        match report {
            Report::Start(r) => self.start(r)?,
            Report::Record(r) => self.record(r)?,
            Report::Print(r) => self.print(r)?,
            Report::Fault(r) => self.fault(r)?,
            Report::Log(r) => self.log(r)?,
            Report::State(r) => self.state(r)?,
            Report::Aggregation(r) => self.aggregations.push(r.clone()),
            Report::Function(r) => self.functions.push(r.clone()),
            Report::Summary(r) => self.summaries.push(r.clone()),
            Report::Ledger(r) => self.refused = r.refused,
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.standings()?;
        self.aggregations()?;
        self.functions()?;
        self.summaries()?;
        self.refused()?;
        self.flush()
    }
}

/// Lines, as things happen.
impl<W: Write> Terminal<W> {
    fn start(&mut self, r: &Start) -> io::Result<()> {
        self.pids.insert(r.pid);
        writeln!(self.out, "{QUIET}observing python {}, pid {}{QUIET:#}", clean(&r.python), r.pid)
    }

    fn record(&mut self, r: &Record) -> io::Result<()> {
        write!(self.out, "{QUIET}{}{QUIET:#}  ", text::clock(r.ts_ns))?;
        if self.pids.len() > 1 {
            write!(self.out, "{QUIET}{}{QUIET:#}  ", r.pid)?;
        }
        write!(self.out, "{HEAD}{}{HEAD:#}", place(r))?;
        for (name, v) in r.fields.iter().filter(|(_, v)| stack::lines(v).is_none()) {
            write!(self.out, "  {QUIET}{}={QUIET:#}{}", clean(name), text::value(v, Unit::of(name)))?;
        }
        let main = r.thread.as_deref().filter(|name| *name != "MainThread");
        for (what, who) in [("thread", main), ("task", r.task.as_deref()), ("request", r.request.as_deref())] {
            if let Some(who) = who {
                write!(self.out, "  {QUIET}{what} {}{QUIET:#}", clean(who))?;
            }
        }
        writeln!(self.out)?;
        r.fields.iter().try_for_each(|(name, v)| self.stack(name, &stack::lines(v).unwrap_or_default()))
    }

    /// The table that the end shows, as it stands.
    fn print(&mut self, r: &Print) -> io::Result<()> {
        write!(self.out, "{QUIET}{}{QUIET:#}  ", text::clock(r.ts_ns))?;
        if self.pids.len() > 1 {
            write!(self.out, "{QUIET}{}{QUIET:#}  ", r.pid)?;
        }
        writeln!(self.out, "{HEAD}@{}{HEAD:#}  {QUIET}{}  {}{QUIET:#}", clean(&r.name), r.kind, clean(&r.probe))?;
        match r.rows.len() {
            0 => writeln!(self.out, "  {QUIET}nothing{QUIET:#}"),
            n => {
                let rows: Vec<&Aggregation> = r.rows.iter().take(KEYS_MAX).collect();
                self.keys(&rows)?;
                self.more(r.left_off + (n - rows.len()) as u64)
            }
        }
    }

    fn more(&mut self, hidden: u64) -> io::Result<()> {
        match hidden {
            0 => Ok(()),
            n => writeln!(self.out, "  {QUIET}… and {n} more keys{QUIET:#}"),
        }
    }

    /// Under the record's line: the field's name before the first frame, the others below it.
    fn stack(&mut self, name: &str, lines: &[String]) -> io::Result<()> {
        let name = clean(name);
        let width = name.chars().count() + 1;
        for (i, line) in lines.iter().enumerate() {
            if i == 0 {
                writeln!(self.out, "    {QUIET}{name}={QUIET:#}{line}")?;
            } else {
                writeln!(self.out, "    {:width$}{line}", "")?;
            }
        }
        Ok(())
    }

    fn fault(&mut self, r: &Fault) -> io::Result<()> {
        let (kind, side) = (r.kind.name(), r.kind.side());
        write!(self.out, "{BAD}fault{BAD:#}  {}: {kind} ({side})", clean(&r.probe))?;
        if !r.place.is_empty() {
            write!(self.out, " in {}", clean(&r.place))?;
        }
        writeln!(self.out)
    }

    fn log(&mut self, r: &Log) -> io::Result<()> {
        let style = match r.level {
            0 | 1 => BAD,
            2 => ODD,
            _ => QUIET,
        };
        writeln!(self.out, "{style}{}{style:#}  {}: {}", text::level(r.level), clean(&r.probe), clean(&r.text))
    }

    /// That a probe waits is told at the end, if it still does; that it is attached, once.
    fn state(&mut self, r: &State) -> io::Result<()> {
        let standing = self.standings.entry((r.module.clone(), r.probe.clone())).or_default();
        standing.functions = standing.functions.max(r.functions);
        match r.phase {
            Phase::Pending => {
                standing.waits.clone_from(&r.reason);
                return Ok(());
            }
            Phase::Attached if r.reason.is_empty() && standing.told > 0 => return Ok(()),
            _ => standing.told = standing.told.max(r.functions),
        }
        if r.phase == Phase::Failed {
            standing.waits.clear();
        }
        let style = match r.phase {
            Phase::Failed | Phase::Disarmed => BAD,
            Phase::Throttled => ODD,
            Phase::Pending | Phase::Attached | Phase::Detached => QUIET,
        };
        write!(self.out, "{style}{}{style:#}  {}", r.phase.name(), clean(&r.probe))?;
        if r.functions > 0 {
            write!(self.out, ": {} function{}", r.functions, plural(r.functions))?;
        }
        if !r.reason.is_empty() {
            write!(self.out, ": {}", clean(&r.reason))?;
        }
        writeln!(self.out)
    }
}

const fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// The function and point, after the probe's name where that says more.
fn place(r: &Record) -> String {
    let place = if r.function.is_empty() {
        clean(&r.point).into_owned()
    } else {
        format!("{}:{}", clean(&r.function), clean(&r.point))
    };
    if r.probe.is_empty() || r.probe.trim_start_matches("fn:") == place {
        return place;
    }
    format!("{}  {place}", clean(&r.probe))
}

/// The account, at the end.
impl<W: Write> Terminal<W> {
    /// What changed since it was told.
    fn standings(&mut self) -> io::Result<()> {
        for ((_, probe), standing) in std::mem::take(&mut self.standings) {
            let (probe, n) = (clean(&probe), standing.functions);
            if n > standing.told {
                writeln!(self.out, "{QUIET}attached{QUIET:#}  {probe}: {n} function{} in the end", plural(n))?;
            } else if n == 0 && !standing.waits.is_empty() {
                writeln!(self.out, "{ODD}pending{ODD:#}  {probe}: never attached: {}", clean(&standing.waits))?;
            }
        }
        Ok(())
    }

    /// One block per aggregation, in the order they came.
    fn aggregations(&mut self) -> io::Result<()> {
        let all = std::mem::take(&mut self.aggregations);
        let several = all.iter().any(|a| a.module != all[0].module);
        for group in all.chunk_by(|a, b| (&a.module, &a.name, a.value.kind()) == (&b.module, &b.name, b.value.kind())) {
            let mut keys: Vec<&Aggregation> = group.iter().collect();
            keys.sort_by(|a, b| rank(&b.value).total_cmp(&rank(&a.value)));
            let hidden = keys.len().saturating_sub(KEYS_MAX);
            keys.truncate(KEYS_MAX);
            let module = if several { format!("  {}", clean(&group[0].module)) } else { String::new() };
            let kind = group[0].value.kind();
            writeln!(self.out, "\n{HEAD}@{}{HEAD:#}  {QUIET}{kind}{module}{QUIET:#}", clean(&group[0].name))?;
            self.keys(&keys)?;
            if hidden > 0 {
                writeln!(self.out, "  {QUIET}… and {hidden} more keys (`-o jsonl:PATH` has all){QUIET:#}")?;
            }
        }
        Ok(())
    }

    fn keys(&mut self, keys: &[&Aggregation]) -> io::Result<()> {
        match keys[0].value {
            Summed::Quantize(_) | Summed::Lquantize(_) => keys.iter().try_for_each(|a| self.histogram(a)),
            Summed::Avg { .. } => self.table(
                &[("key", Left), ("mean", Right), ("count", Right), ("sum", Right)],
                keys.iter().map(|a| average(a)).collect(),
            ),
            Summed::Stddev(_) => self.table(
                &[("key", Left), ("mean", Right), ("deviation", Right), ("count", Right)],
                keys.iter().map(|a| deviation(a)).collect(),
            ),
            Summed::Top(_) => self.table(
                &[("key", Left), ("value", Left), ("count", Right), ("error", Right)],
                keys.iter().flat_map(|a| ranking(a)).collect(),
            ),
            _ if keys.len() == 1 && keys[0].key.is_empty() => writeln!(self.out, "  {}", scalar(keys[0])),
            _ => self.table(
                &[("key", Left), (keys[0].value.kind(), Right)],
                keys.iter().map(|a| vec![key(&a.key), scalar(a)]).collect(),
            ),
        }
    }

    fn histogram(&mut self, a: &Aggregation) -> io::Result<()> {
        let (Summed::Quantize(h) | Summed::Lquantize(h)) = &a.value else { return Ok(()) };
        let unit = Unit::of(&a.name);
        let mean = unit.show(h.sum / h.count.max(1) as f64);
        if !a.key.is_empty() {
            write!(self.out, "  {HEAD}{}{HEAD:#}", key(&a.key).replace('\n', "\n  "))?;
        }
        writeln!(self.out, "  {QUIET}count {}, mean {mean}{QUIET:#}", h.count)?;
        histogram::lines(h, unit, self.width).iter().try_for_each(|line| writeln!(self.out, "{line}"))
    }

    fn functions(&mut self) -> io::Result<()> {
        if self.functions.is_empty() {
            return Ok(());
        }
        let mut all = std::mem::take(&mut self.functions);
        all.sort_by(|a, b| b.entries.cmp(&a.entries).then_with(|| a.function.cmp(&b.function)));
        let hidden = all.len().saturating_sub(KEYS_MAX);
        all.truncate(KEYS_MAX);
        let head = [
            ("function", Left),
            ("entries", Right),
            ("returns", Right),
            ("raises", Right),
            ("abandoned", Right),
            ("live", Right),
        ];
        writeln!(self.out, "\n{HEAD}functions{HEAD:#}")?;
        self.table(&head, all.iter().map(function).collect())?;
        if hidden > 0 {
            writeln!(self.out, "  {QUIET}… and {hidden} more functions (`-o jsonl:PATH` has all){QUIET:#}")?;
        }
        Ok(())
    }

    fn summaries(&mut self) -> io::Result<()> {
        let all = std::mem::take(&mut self.summaries);
        if all.is_empty() {
            return Ok(());
        }
        let head = [
            ("probe", Left),
            ("firings", Right),
            ("rejected", Right),
            ("records", Right),
            ("faults", Right),
            ("drops", Right),
            ("mean", Right),
            ("p99", Right),
            ("total", Right),
        ];
        writeln!(self.out, "\n{HEAD}probes{HEAD:#}")?;
        self.table(&head, all.iter().map(summary).collect())?;
        for s in &all {
            self.losses(s)?;
        }
        Ok(())
    }

    /// Faults and drops once more in words: a cell is easily overlooked.
    fn losses(&mut self, s: &Summary) -> io::Result<()> {
        let probe = clean(&s.probe);
        for (kind, n) in s.faults.iter().filter(|(_, n)| *n > 0) {
            writeln!(self.out, "  {BAD}{n} fault{}{BAD:#} of {probe}: {}", plural(*n), kind.name())?;
        }
        for (kind, n) in s.drops.iter().filter(|(_, n)| *n > 0) {
            writeln!(self.out, "  {ODD}{n} dropped{ODD:#} of {probe}: {}", kind.name())?;
        }
        Ok(())
    }

    /// What the table of probes cannot know: names, states and functions are lost too.
    fn refused(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.refused) {
            0 => Ok(()),
            n => writeln!(self.out, "  {ODD}{n} refused{ODD:#} by a full ledger: keys, names, states or functions"),
        }
    }

    fn table(&mut self, head: &[(&str, table::Align)], rows: Vec<Vec<String>>) -> io::Result<()> {
        let lines = table::lines(head, rows, self.width);
        for (i, line) in lines.iter().enumerate() {
            if i == 0 {
                writeln!(self.out, "{QUIET}{line}{QUIET:#}")?;
            } else {
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// What keys are sorted by, high first; the smallest minimum comes first.
fn rank(value: &Summed) -> f64 {
    match value {
        Summed::Count(n) => *n as f64,
        Summed::Sum(x) | Summed::Max(x) => *x,
        Summed::Min(x) => -*x,
        Summed::Avg { count, sum } => sum / (*count).max(1) as f64,
        Summed::Stddev(moments) => moments.deviation(),
        Summed::Uniq(distinct) => distinct.estimate() as f64,
        Summed::Top(top) => top.ranked().first().map_or(0.0, |(_, count, _)| *count as f64),
        Summed::Quantize(h) | Summed::Lquantize(h) => h.count as f64,
    }
}

fn key(parts: &[Value]) -> String {
    let shown: Vec<String> = parts.iter().map(key_part).collect();
    shown.join(", ")
}

/// A key that is text needs no quotes; of a stack each frame has a line, those that called below the innermost.
fn key_part(part: &Value) -> String {
    match part {
        Value::Str(s) => clean(s).into_owned(),
        other => stack::lines(other).map_or_else(|| text::value(other, Unit::Plain), |lines| lines.join("\n  ")),
    }
}

fn scalar(a: &Aggregation) -> String {
    let unit = Unit::of(&a.name);
    match &a.value {
        Summed::Count(n) => n.to_string(),
        Summed::Sum(x) | Summed::Min(x) | Summed::Max(x) => unit.show(*x),
        Summed::Uniq(distinct) => distinct.estimate().to_string(),
        _ => unit.show(rank(&a.value)),
    }
}

fn average(a: &Aggregation) -> Vec<String> {
    let Summed::Avg { count, sum } = a.value else { return vec![key(&a.key)] };
    vec![key(&a.key), scalar(a), count.to_string(), Unit::of(&a.name).show(sum)]
}

fn deviation(a: &Aggregation) -> Vec<String> {
    let Summed::Stddev(moments) = &a.value else { return vec![key(&a.key)] };
    vec![key(&a.key), Unit::of(&a.name).show(moments.mean), scalar(a), moments.count.to_string()]
}

/// A row for each value; its key stands in the first.
fn ranking(a: &Aggregation) -> Vec<Vec<String>> {
    let Summed::Top(top) = &a.value else { return vec![] };
    let row = |(i, (value, count, error)): (usize, (&[u8], u64, u64))| {
        let value = Value::read(&mut &*value).unwrap_or(Value::None);
        let key = if i == 0 { key(&a.key) } else { String::new() };
        vec![key, key_part(&value), count.to_string(), error.to_string()]
    };
    top.ranked().into_iter().enumerate().map(row).collect()
}

fn function(f: &Function) -> Vec<String> {
    let exits = |get: fn(&crate::report::Exits) -> u64| f.exits.as_ref().map_or("-".into(), |e| get(e).to_string());
    vec![
        clean(&f.function).into_owned(),
        f.entries.to_string(),
        exits(|e| e.returns),
        exits(|e| e.raises),
        exits(|e| e.abandoned),
        exits(|e| e.live),
    ]
}

fn summary(s: &Summary) -> Vec<String> {
    let time = |ns: Option<u64>| ns.map_or("-".into(), |ns| text::duration(ns as f64));
    let total = s.mean_ns.map(|mean| mean * s.firings);
    vec![
        clean(&s.probe).into_owned(),
        s.firings.to_string(),
        s.rejected.to_string(),
        s.records.to_string(),
        total_of(&s.faults),
        total_of(&s.drops),
        time(s.mean_ns),
        time(s.p99_ns),
        time(total),
    ]
}

/// The kinds are told below the table.
fn total_of<K>(counts: &[(K, u64)]) -> String {
    counts.iter().map(|(_, n)| n).sum::<u64>().to_string()
}
