//! Text for people: records as lines while they come; aggregations, tables and the account at the end.
//!
//! In: reports. Out: styled text; the writer strips styles where they are not wanted. Never here: JSON, a width it was not
//! told, a fault or a drop that is not shown.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::table::Align::{Left, Right};
use super::text::{self, Unit, clean};
use super::{Picture, Renderer, aggregations, stack, table};
use crate::limits::percent;
use crate::report::{Aggregation, Fault, Function, Log, Phase, Print, Record, Report, Start, State, Summary};

const HEAD: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default();

/// Functions shown; the rest is counted and in JSONL.
const FUNCTIONS_MAX: usize = 50;

/// The head of the table of functions.
pub(super) const FUNCTIONS: [(&str, table::Align); 6] = [
    ("function", Left),
    ("entries", Right),
    ("returns", Right),
    ("raises", Right),
    ("abandoned", Right),
    ("live", Right),
];

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

    /// From here on lines are so wide.
    pub fn resize(&mut self, width: usize) {
        self.width = width;
    }

    /// What was written so far, where the writer keeps it.
    pub const fn written(&mut self) -> &mut W {
        &mut self.out
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

    /// Under the time, between other lines.
    fn picture(&mut self, picture: &Picture) -> io::Result<()> {
        writeln!(self.out, "\n{}", picture.title())?;
        self.blocks(picture.aggregations)?;
        writeln!(self.out)
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
        if r.rows.is_empty() {
            return writeln!(self.out, "  {QUIET}nothing{QUIET:#}");
        }
        for line in aggregations::rows(&r.rows, self.width) {
            writeln!(self.out, "{line}")?;
        }
        self.more(r.left_off)
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
        clean(r.point).into_owned()
    } else {
        format!("{}:{}", clean(&r.function), clean(r.point))
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

    fn aggregations(&mut self) -> io::Result<()> {
        let all = std::mem::take(&mut self.aggregations);
        self.blocks(&all)
    }

    /// One block per aggregation, in the order they came.
    fn blocks(&mut self, all: &[Aggregation]) -> io::Result<()> {
        for block in aggregations::blocks(all, self.width) {
            writeln!(self.out)?;
            block.iter().try_for_each(|line| writeln!(self.out, "{line}"))?;
        }
        Ok(())
    }

    fn functions(&mut self) -> io::Result<()> {
        if self.functions.is_empty() {
            return Ok(());
        }
        let mut all = std::mem::take(&mut self.functions);
        all.sort_by(|a, b| b.entries.cmp(&a.entries).then_with(|| a.function.cmp(&b.function)));
        let hidden = all.len().saturating_sub(FUNCTIONS_MAX);
        all.truncate(FUNCTIONS_MAX);
        writeln!(self.out, "\n{HEAD}functions{HEAD:#}")?;
        self.table(&FUNCTIONS, all.iter().map(function).collect())?;
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
            ("share", Right),
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
        if let Some(phase @ (Phase::Throttled | Phase::Disarmed)) = s.phase {
            writeln!(self.out, "  {BAD}{}{BAD:#}  {probe}: {}", phase.name(), clean(&s.reason))?;
        }
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
        let lines = aggregations::quiet_head(table::lines(head, rows, self.width));
        lines.iter().try_for_each(|line| writeln!(self.out, "{line}"))
    }
}

pub(super) fn function(f: &Function) -> Vec<String> {
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
    let time = |ns: Option<f64>| ns.map_or("-".into(), text::duration);
    let mean = s.mean_ns.map(|ns| ns as f64);
    vec![
        clean(&s.probe).into_owned(),
        s.firings.to_string(),
        s.rejected.to_string(),
        s.records.to_string(),
        total_of(&s.faults),
        total_of(&s.drops),
        time(mean),
        time(s.p99_ns.map(|ns| ns as f64)),
        time(mean.map(|ns| ns * s.firings as f64)),
        share(s),
    ]
}

/// The most that it took of any second.
pub(super) fn share(s: &Summary) -> String {
    s.share.map_or("-".into(), |millionths| percent(millionths).replace(' ', ""))
}

/// The kinds are told below the table.
pub(super) fn total_of<K>(counts: &[(K, u64)]) -> String {
    counts.iter().map(|(_, n)| u128::from(*n)).sum::<u128>().to_string()
}
