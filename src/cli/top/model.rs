//! The dashboard as data: what is known, what is chosen, what is being typed.
//!
//! In: [`News`]. Out: rows in the order asked for. Never here: a key, a colour, a clock, a wait.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::fleet::{Found, Refused, Seen, Slow, Snapshot};
use super::history::History;
use crate::report::{Phase, Record};

/// Records kept of each function.
const RECORDS_MAX: usize = 50;
/// How long a message stands.
const MESSAGE_TIME: Duration = Duration::from_secs(8);

/// What came of a wish, or by itself.
#[derive(Clone, PartialEq, Debug)]
pub enum News {
    Snapshot(Box<Snapshot>),
    Found { text: String, found: Result<Found, String> },
    Instrumented { name: String, result: Result<(), Refused> },
    Removed { session: String, result: Result<(), String> },
    Watched(Result<(), String>),
}

/// What the operator wants done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wish {
    Quit,
    Find(String),
    Instrument { name: String, wait: bool },
    Remove(String),
    Watch(Option<Slow>),
}

/// What can be sorted by, in the order of the columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    Function,
    Calls,
    Rate,
    P50,
    P99,
    Errors,
    Cost,
    State,
}

impl Column {
    pub const ALL: [Self; 8] =
        [Self::Function, Self::Calls, Self::Rate, Self::P50, Self::P99, Self::Errors, Self::Cost, Self::State];

    /// Names begin with the first, numbers with the highest.
    pub const fn is_number(self) -> bool {
        !matches!(self, Self::Function | Self::State)
    }
}

/// What the keys go to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    #[default]
    List,
    /// With the filter as it was before.
    Filter(String),
    Add(Add),
    Details,
    /// With what was there before.
    Help(Box<Mode>),
}

/// A name being typed, and what the target has like it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Add {
    pub text: String,
    /// For which text, and what was found.
    pub found: Option<(String, Found)>,
    pub chosen: usize,
    pub refused: Option<Refused>,
    /// What is on its way.
    pub loading: Option<String>,
}

/// What a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Something is done, or on its way.
    Done,
    /// Something happened by itself.
    Note,
    Error,
}

/// One line for the operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    pub text: String,
    pub kind: Kind,
    /// When it came; nothing until the next snapshot tells.
    since: Option<Duration>,
}

/// One function.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub seen: Seen,
    pub history: History,
    pub rate: Option<f64>,
    pub p50: Option<f64>,
    pub p99: Option<f64>,
    /// Share of a processor's time that its probes take now.
    pub cost: Option<f64>,
}

/// All there is to show.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// What is looked at, in words.
    pub target: String,
    pub at: Duration,
    pub processes: Vec<u32>,
    pub rows: BTreeMap<String, Row>,
    pub records: BTreeMap<String, VecDeque<Record>>,
    pub column: Column,
    pub descending: bool,
    pub filter: String,
    pub selected: Option<String>,
    pub mode: Mode,
    pub message: Option<Message>,
    /// Why there is nothing more to see.
    pub over: Option<String>,
    /// What is being recorded now.
    pub slow: Option<Slow>,
}

impl Model {
    pub fn new(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            at: Duration::ZERO,
            processes: Vec::new(),
            rows: BTreeMap::new(),
            records: BTreeMap::new(),
            column: Column::Rate,
            descending: true,
            filter: String::new(),
            selected: None,
            mode: Mode::List,
            message: None,
            over: None,
            slow: None,
        }
    }

    /// The rows that pass the filter, in the order asked for; equal ones by name.
    pub fn shown(&self) -> Vec<(&String, &Row)> {
        let wanted = self.filter.to_lowercase();
        let mut rows: Vec<_> = self.rows.iter().filter(|(name, _)| name.to_lowercase().contains(&wanted)).collect();
        rows.sort_by(|a, b| {
            let order = compare(self.column, a, b);
            if self.descending { order.reverse() } else { order }.then_with(|| a.0.cmp(b.0))
        });
        rows
    }

    /// The selected row, as long as it is shown.
    pub fn chosen(&self) -> Option<(&String, &Row)> {
        self.rows.get_key_value(self.selected.as_ref()?)
    }

    /// Share of a processor's time that all probes take.
    pub fn cost(&self) -> f64 {
        self.rows.values().filter_map(|row| row.cost).fold(0.0, |sum, cost| sum + cost)
    }

    pub fn hear(&mut self, news: News) {
        match news {
            News::Snapshot(snapshot) => self.take(*snapshot),
            News::Found { text, found } => self.found(text, found),
            News::Instrumented { name, result } => self.instrumented(&name, result),
            News::Removed { session, result: Ok(()) } => self.say(format!("`{session}` is as it was before")),
            News::Removed { result: Err(why), .. } | News::Watched(Err(why)) => self.complain(why),
            News::Watched(Ok(())) => {}
        }
    }

    pub fn say(&mut self, text: String) {
        self.message = Some(Message { text, kind: Kind::Done, since: None });
    }

    pub fn complain(&mut self, text: String) {
        self.message = Some(Message { text, kind: Kind::Error, since: None });
    }

    fn take(&mut self, snapshot: Snapshot) {
        self.at = snapshot.at;
        self.processes = snapshot.processes;
        self.over = snapshot.over;
        let before = std::mem::take(&mut self.rows);
        for seen in snapshot.functions {
            let history = before.get(&seen.function).map(|row| row.history.clone()).unwrap_or_default();
            self.rows.entry(seen.function.clone()).or_insert_with(|| row(snapshot.at, seen, history));
        }
        for record in snapshot.records {
            let kept = self.records.entry(record.function.to_string()).or_default();
            kept.push_back(record);
            if kept.len() > RECORDS_MAX {
                kept.pop_front();
            }
        }
        self.records.retain(|function, _| self.rows.contains_key(function));
        if let Some(text) = snapshot.said.into_iter().next_back() {
            self.message = Some(Message { text, kind: Kind::Note, since: None });
        }
        self.age();
        self.keep_chosen();
    }

    /// What stood long enough goes.
    fn age(&mut self) {
        let at = self.at;
        if let Some(message) = &mut self.message {
            let since = *message.since.get_or_insert(at);
            if at.saturating_sub(since) >= MESSAGE_TIME {
                self.message = None;
            }
        }
    }

    /// Something is always selected where there is something, so that every key has a meaning.
    pub fn keep_chosen(&mut self) {
        let shown = self.shown();
        let is_shown = self.selected.as_ref().is_some_and(|name| shown.iter().any(|(shown, _)| *shown == name));
        if !is_shown {
            self.selected = shown.first().map(|(name, _)| (*name).clone());
            if self.mode == Mode::Details {
                self.mode = Mode::List;
            }
        }
    }

    fn found(&mut self, text: String, found: Result<Found, String>) {
        let Mode::Add(add) = &mut self.mode else { return };
        if add.text != text {
            return;
        }
        match found {
            Ok(found) => {
                add.chosen = add.chosen.min(found.names.len().saturating_sub(1));
                add.found = Some((text, found));
            }
            Err(why) => add.refused = Some(Refused { why, may_come: false }),
        }
    }

    fn instrumented(&mut self, name: &str, result: Result<(), Refused>) {
        let asked = matches!(&self.mode, Mode::Add(add) if add.loading.as_deref() == Some(name));
        match (result, &mut self.mode) {
            (Err(refused), Mode::Add(add)) if asked => (add.loading, add.refused) = (None, Some(refused)),
            (Err(refused), _) => self.complain(refused.why),
            (Ok(()), _) => {
                if asked {
                    self.mode = Mode::List;
                }
                if self.rows.contains_key(name) {
                    self.selected = Some(name.to_owned());
                }
                self.say(format!("`{name}` is instrumented; `d` takes the probe out again"));
            }
        }
    }
}

fn row(at: Duration, seen: Seen, mut history: History) -> Row {
    history.add(at, &seen);
    let rate = history.rate();
    let latency = history.latency();
    let at = |p| latency.as_ref().and_then(|latency| latency.about(p));
    let (p50, p99) = (at(50), at(99));
    let cost = rate.map(|rate| rate * seen.per_call_ns / 1e9);
    Row { seen, history, rate, p50, p99, cost }
}

fn compare(column: Column, (a_name, a): &(&String, &Row), (b_name, b): &(&String, &Row)) -> std::cmp::Ordering {
    let number = |x: Option<f64>| x.unwrap_or(-1.0);
    let numbers = |of: fn(&Row) -> Option<f64>| number(of(a)).total_cmp(&number(of(b)));
    match column {
        Column::Function => a_name.cmp(b_name),
        Column::Calls => a.seen.calls.cmp(&b.seen.calls),
        Column::Rate => numbers(|row| row.rate),
        Column::P50 => numbers(|row| row.p50),
        Column::P99 => numbers(|row| row.p99),
        Column::Errors => a.seen.exits.raises.cmp(&b.seen.exits.raises),
        Column::Cost => numbers(|row| row.cost),
        Column::State => state(a.seen.phase).cmp(state(b.seen.phase)),
    }
}

/// A probe's state in one word.
pub const fn state(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "waiting",
        Phase::Attached => "live",
        other => other.name(),
    }
}
