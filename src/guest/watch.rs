//! The watch over all probes of a process: windows of time, and who took too much of one.
//!
//! In: gates, the time, whenever a firing has something to tell. Out: probes throttled, let go and disarmed, each with its
//! reason. Never here: a timer or a thread; a window ends with the first look after its time. Never in a child: what its
//! parent spent.
//!
//! The time that passes is what shares are of: one processor's, whether the process used it or slept. Under the interpreter
//! lock that is all the time there is for Python, and a process that sleeps is not made late.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::gate::Gate;
use super::share::{Change, Taken, Verdict, part};
use crate::limits::{self, percent};
use crate::outlet::{Counts, Outlet};

const WINDOW_NS: u64 = limits::TIME_WINDOW_MS * 1_000_000;

/// All probes of a process, of all its sessions.
#[derive(Default)]
pub struct Watch {
    began_ns: Cell<u64>,
    gates: RefCell<Vec<Rc<Gate>>>,
}

/// One gate at a window's end.
struct Seen {
    gate: Rc<Gate>,
    counts: Counts,
    taken: Taken,
    own_ns: u64,
}

impl Seen {
    /// What it wanted and would have got by itself.
    fn fair_ns(&self) -> u64 {
        self.taken.wanted_ns.min(self.own_ns)
    }
}

impl Watch {
    /// Takes a module's probes in.
    pub fn join<'a>(&self, gates: impl Iterator<Item = &'a Rc<Gate>>, now_ns: u64) {
        let mut all = self.gates.borrow_mut();
        if all.is_empty() {
            self.began_ns.set(now_ns);
        }
        all.extend(gates.cloned());
    }

    /// A session is over.
    pub fn leave(&self, outlet: &Outlet) {
        self.gates.borrow_mut().retain(|gate| gate.outlet.number() != outlet.number());
    }

    /// A forked child begins its own windows.
    pub fn restart(&self, now_ns: u64) {
        self.began_ns.set(now_ns);
        self.gates.borrow().iter().for_each(|gate| gate.restart());
    }

    /// A firing of a probe is over, or was skipped.
    #[cold]
    pub fn look(&self, gate: &Gate, now_ns: u64) {
        self.pass(now_ns);
        let taken = gate.share.taken(gate.counts());
        if gate.share.bursts(taken, WINDOW_NS) {
            gate.tell(Change::Throttled, &over(taken.spent_ns, WINDOW_NS, gate.share.limit()));
        }
    }

    /// Ends the window if its time is over.
    pub fn pass(&self, now_ns: u64) {
        let passed_ns = now_ns.saturating_sub(self.began_ns.get());
        if passed_ns >= WINDOW_NS {
            self.began_ns.set(now_ns);
            self.judge(passed_ns);
        }
    }

    fn judge(&self, passed_ns: u64) {
        let gates = self.gates.borrow();
        let open = gates.iter().filter(|gate| gate.share.is_judged() && !gate.is_disarmed());
        let seen: Vec<_> = open.map(|gate| see(gate, passed_ns)).collect();
        let whole = gates.iter().map(|gate| gate.share.limit().saturating_mul(2)).max().unwrap_or(0);
        let whole = whole.max(limits::TIME_SHARE_MAX_PROCESS);
        let all_ns: u64 = seen.iter().map(Seen::fair_ns).fold(0, u64::saturating_add);
        let most_ns = if whole < limits::WHOLE { part(whole, passed_ns) } else { u64::MAX };
        let level_ns = if all_ns > most_ns { level(&seen, most_ns) } else { u64::MAX };
        let costliest = seen.iter().map(Seen::fair_ns).max().unwrap_or(0);
        // One at a time: with the costliest out, the others may do.
        let mut costliest = seen.iter().position(|each| each.fair_ns() == costliest);
        for (i, each) in seen.iter().enumerate() {
            let shared = each.own_ns > level_ns;
            let allowed_ns = each.own_ns.min(level_ns);
            let strikes = each.taken.wanted_ns > each.own_ns || costliest.take_if(|at| *at == i).is_some();
            let next_ns = u64::try_from(u128::from(allowed_ns) * u128::from(WINDOW_NS) / u128::from(passed_ns));
            let next_ns = next_ns.unwrap_or(u64::MAX);
            let verdict =
                Verdict { allowed_ns, shared, calm: all_ns <= most_ns / 10 * 9, strikes, next_ns };
            let Some(change) = each.gate.share.judge(each.taken, each.counts, verdict) else { continue };
            let by_all = shared && each.taken.wanted_ns <= each.own_ns;
            let limit = each.gate.share.limit();
            let reason = match change {
                Change::Recovered => String::new(),
                _ if by_all => [
                    "all probes ",
                    &over(all_ns, passed_ns, whole),
                    &["; this one ", &share(each.taken.wanted_ns, passed_ns)].concat(),
                ]
                .concat(),
                _ => over(each.taken.wanted_ns, passed_ns, limit),
            };
            each.gate.tell(change, &reason);
        }
    }
}

fn see(gate: &Rc<Gate>, passed_ns: u64) -> Seen {
    let counts = gate.counts();
    let taken = gate.share.taken(counts);
    gate.outlet.shared(&gate.account, millionths(taken.spent_ns, passed_ns));
    Seen { gate: gate.clone(), counts, taken, own_ns: part(gate.share.limit(), passed_ns) }
}

/// What each may take at most, so that all together take no more than `most_ns`.
fn level(seen: &[Seen], most_ns: u64) -> u64 {
    let mut fair: Vec<u64> = seen.iter().map(Seen::fair_ns).collect();
    fair.sort_unstable();
    let (mut left, mut many) = (most_ns, fair.len() as u64);
    for ns in fair {
        if ns > left / many {
            return left / many;
        }
        (left, many) = (left - ns, many - 1);
    }
    u64::MAX
}

fn millionths(ns: u64, of_ns: u64) -> u64 {
    let share = u128::from(ns) * u128::from(limits::WHOLE) / u128::from(of_ns.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

fn share(ns: u64, of_ns: u64) -> String {
    percent(millionths(ns, of_ns))
}

/// `took 1.8 % of the process's time in the last second, 0.5 % allowed`.
fn over(ns: u64, passed_ns: u64, limit: u64) -> String {
    let seconds = passed_ns / WINDOW_NS;
    let last = if seconds < 2 { "second".to_owned() } else { [&seconds.to_string(), " seconds"].concat() };
    let words = ["took ", &share(ns, passed_ns), " of the process's time in the last ", &last, ", "];
    [&words.concat(), &percent(limit), " allowed"].concat()
}
