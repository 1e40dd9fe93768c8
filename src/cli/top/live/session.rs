//! One session of the dashboard: a module in every process, and what all of them count.
//!
//! In: segments of processes. Out: functions as they are seen, records. Never here: a question to a process.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::os::fd::OwnedFd;

use crate::cli::top::fleet::Seen;
use crate::drain::Drain;
use crate::frames::{Load, LoadModule};
use crate::limits;
use crate::policy::Policy;
use crate::report::{Account, Exits, Function, Histogram, Phase, Record, Report, Start, State, Summed};
use crate::segment::{ReadError, Reader};
use crate::spec::Spec;
use crate::value::Value;

/// Enough for a second of what the dashboard's own programs record.
const RING_BYTES: u64 = 1 << 20;
/// Enough for the keys of a pattern that means thousands of functions.
const LEDGER_BYTES: u64 = 8 << 20;

/// What a session is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Loaded for a name.
    Counting,
    /// The operator's own program.
    Given,
    /// Records slow calls; its function is counted elsewhere.
    Watching,
}

/// Where a session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// Over which it came.
    pub(super) connection: u64,
    /// The process, as it sees itself.
    pub(super) own_pid: u32,
    /// The session's number there.
    pub(super) number: u64,
}

pub(super) struct Session {
    /// As it was asked for.
    pub(super) name: String,
    pub(super) kind: Kind,
    module: LoadModule,
    policy: Policy,
    pub(super) places: Vec<Place>,
    drain: Drain<Reader>,
    /// By process and probe: another process may still wait for what one has.
    states: BTreeMap<String, State>,
}

impl Session {
    pub(super) fn new(name: &str, kind: Kind, mut module: LoadModule, policy: &Policy) -> Self {
        module.budget = policy.lowered(module.budget);
        // Nobody else's module is called so: by this it is known again in a forked child.
        module.artifact.manifest.name = format!("top {}: {name}", std::process::id());
        let (places, drain, states) = (Vec::new(), Drain::default(), BTreeMap::new());
        Self { name: name.to_owned(), kind, module, policy: policy.clone(), places, drain, states }
    }

    /// The module's name in a process.
    pub(super) fn module_name(&self) -> &str {
        &self.module.artifact.manifest.name
    }

    pub(super) fn load(&self) -> Load {
        let (ring_bytes, ledger_bytes) = match self.kind {
            Kind::Given => (limits::RING_BYTES, limits::LEDGER_BYTES),
            Kind::Counting | Kind::Watching => (RING_BYTES, LEDGER_BYTES),
        };
        Load {
            modules: vec![self.module.clone()],
            policy: self.policy.clone(),
            ring_bytes: self.policy.most("ring_bytes", ring_bytes),
            ledger_bytes,
            events_per_second: self.policy.events_of_process(&self.module.budget),
            compiler: None,
        }
    }

    /// Takes one process's segment in.
    pub(super) fn join(&mut self, pid: u32, segment: &OwnedFd) -> Result<(), ReadError> {
        let reader = Reader::map(segment)?;
        self.drain.join(pid, Start { python: String::new(), pid }, reader);
        Ok(())
    }

    /// Takes up what was written; gives the records.
    pub(super) fn round(&mut self, records: &mut Vec<Record>, said: &mut Vec<String>) {
        let states = &mut self.states;
        let _: Result<usize, Infallible> = self.drain.round(|report| {
            match report {
                Report::Record(record) => records.push(record.clone()),
                Report::State(state) => drop(states.insert(state.probe.clone(), state.clone())),
                _ => {}
            }
            Ok(())
        });
        self.complain(said);
    }

    /// Lets go of processes that ended.
    pub(super) fn retire(&mut self, said: &mut Vec<String>) {
        let _: Result<(), Infallible> = self.drain.retire(|_| Ok(()));
        self.complain(said);
    }

    fn complain(&mut self, said: &mut Vec<String>) {
        let damages = self.drain.damages();
        said.extend(damages.iter().map(|d| format!("process {} is no longer observed: {}", d.pid, d.error)));
    }

    /// Why its probes are on no function at all, if that is so.
    pub(super) fn waits(&self) -> Option<&str> {
        let is_nowhere = self.states.values().all(|state| state.functions == 0 && state.phase != Phase::Attached);
        let why = self.states.values().map(|state| state.reason.as_str()).find(|reason| !reason.is_empty());
        why.filter(|_| is_nowhere)
    }

    /// The worst that is said of any probe that may be on the function; nothing is said of another's.
    fn state(&self, function: &str) -> (Phase, String) {
        let dotted = function.replace(".<locals>", "");
        let (module, name) = dotted.rsplit_once('.').unwrap_or_default();
        let is_on = |probe: &str| probe.parse::<Spec>().is_ok_and(|spec| spec.target.matches(module, name));
        let own = self.states.values().filter(|state| is_on(&state.probe)).max_by_key(|state| state.phase.rank());
        let worst = own.or_else(|| self.states.values().max_by_key(|state| state.phase.rank()));
        worst.map_or((Phase::Pending, String::new()), |state| (state.phase, state.reason.clone()))
    }

    /// Its functions now; where there are none, what it was asked for.
    pub(super) fn seen(&mut self) -> Vec<Seen> {
        if self.kind == Kind::Watching {
            return Vec::new();
        }
        let mut all = Counted::default();
        let (reports, accounts) = self.drain.totals();
        reports.into_iter().for_each(|report| all.take(report));
        all.spent_ns = accounts.iter().map(spent).sum();
        let calls: u64 = all.functions.iter().map(|function| function.entries).sum();
        let per_call_ns = if calls > 0 { all.spent_ns / calls as f64 } else { 0.0 };
        let one = |function: &str, calls: u64, exits: Option<Exits>| {
            let (phase, reason) = self.state(function);
            Seen {
                function: function.to_owned(),
                session: self.name.clone(),
                calls,
                exits: exits.unwrap_or_default(),
                latency: all.latencies.get(function).cloned(),
                per_call_ns,
                phase,
                reason,
            }
        };
        if all.functions.is_empty() {
            return vec![one(&self.name, 0, None)];
        }
        all.functions.iter().map(|f| one(&f.function, f.entries, f.exits)).collect()
    }
}

/// What a probe's firings took, by those that were timed.
fn spent(account: &Account) -> f64 {
    if account.timed == 0 { 0.0 } else { account.timed_ns as f64 / account.timed as f64 * account.firings as f64 }
}

/// Totals, sorted by what they are.
#[derive(Default)]
struct Counted {
    functions: Vec<Function>,
    latencies: BTreeMap<String, Histogram>,
    spent_ns: f64,
}

impl Counted {
    fn take(&mut self, report: Report) {
        match report {
            Report::Function(function) => self.functions.push(function),
            // The dashboard's own programs, and any other that keeps times by function.
            Report::Aggregation(a) => {
                if let ([Value::Str(function)], Summed::Quantize(histogram)) = (a.key.as_slice(), a.value) {
                    self.latencies.insert(function.clone(), histogram);
                }
            }
            _ => {}
        }
    }
}
