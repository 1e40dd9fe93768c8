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
use crate::outlet::Outlet;
use crate::sorted;

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
        let open = gates.iter().filter(|gate| !gate.is_disarmed()).map(|gate| see(gate, passed_ns));
        let seen: Vec<_> = open.filter(|each| each.gate.share.is_judged()).collect();
        // Who lets a probe take more lets all together take more.
        let most = seen.iter().map(|each| each.gate.share.limit().saturating_mul(2)).max().unwrap_or(0);
        let all = All::of(&seen, most.max(limits::TIME_SHARE_MAX_PROCESS), passed_ns);
        for (i, each) in seen.iter().enumerate() {
            if let Some(change) = each.gate.share.judge(each.taken, all.verdict(each, i)) {
                each.gate.tell(change, &all.reason(each, change));
            }
        }
    }
}

/// What all probes together took of a window.
struct All {
    passed_ns: u64,
    most: u64,
    most_ns: u64,
    all_ns: u64,
    /// What one may take of it at most, if they took too much.
    level_ns: u64,
    costliest: Option<usize>,
}

impl All {
    fn of(seen: &[Seen], most: u64, passed_ns: u64) -> Self {
        let most_ns = if most < limits::WHOLE { part(most, passed_ns) } else { u64::MAX };
        let all_ns = seen.iter().map(Seen::fair_ns).fold(0, u64::saturating_add);
        let level_ns = if all_ns > most_ns { level(seen, most_ns) } else { u64::MAX };
        let costliest = (0..seen.len()).max_by_key(|i| seen[*i].fair_ns());
        Self { passed_ns, most, most_ns, all_ns, level_ns, costliest }
    }

    fn verdict(&self, each: &Seen, i: usize) -> Verdict {
        let allowed_ns = each.own_ns.min(self.level_ns);
        let next_ns = u128::from(allowed_ns) * u128::from(WINDOW_NS) / u128::from(self.passed_ns.max(1));
        Verdict {
            allowed_ns,
            shared: self.level_ns < each.own_ns,
            calm: self.all_ns <= self.most_ns / 10 * 9,
            // One at a time: with the costliest out, the others may do.
            strikes: each.taken.wanted_ns > each.own_ns || self.costliest == Some(i),
            next_ns: u64::try_from(next_ns).unwrap_or(u64::MAX),
        }
    }

    #[inline(never)]
    fn reason(&self, each: &Seen, change: Change) -> String {
        let own = each.taken.wanted_ns;
        if change == Change::Recovered {
            String::new()
        } else if self.level_ns < each.own_ns && own <= each.own_ns {
            let all = over(self.all_ns, self.passed_ns, self.most);
            ["all probes ", &all, "; this one ", &percent(millionths(own, self.passed_ns))].concat()
        } else {
            over(own, self.passed_ns, each.gate.share.limit())
        }
    }
}

/// A gate at a window's end, from where the next begins.
fn see(gate: &Rc<Gate>, passed_ns: u64) -> Seen {
    let counts = gate.counts();
    let taken = gate.share.take(counts);
    gate.outlet.shared(&gate.account, millionths(taken.spent_ns, passed_ns));
    Seen { gate: gate.clone(), taken, own_ns: part(gate.share.limit(), passed_ns) }
}

/// What each may take at most, so that all together take no more than `most_ns`.
#[inline(never)]
fn level(seen: &[Seen], most_ns: u64) -> u64 {
    let fair = sorted::by(seen.iter().map(Seen::fair_ns).collect(), Ord::cmp);
    let (mut left, mut many) = (most_ns, fair.len() as u64);
    for ns in fair {
        if ns > left / many {
            return left / many;
        }
        (left, many) = (left - ns, many - 1);
    }
    u64::MAX
}

#[inline(never)]
fn millionths(ns: u64, of_ns: u64) -> u64 {
    let share = u128::from(ns) * u128::from(limits::WHOLE) / u128::from(of_ns.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// `took 1.8 % of the process's time in the last second, 0.5 % allowed`.
#[inline(never)]
fn over(ns: u64, passed_ns: u64, limit: u64) -> String {
    let seconds = passed_ns / WINDOW_NS;
    let last = if seconds < 2 { "second".to_owned() } else { [&seconds.to_string(), " seconds"].concat() };
    let words = ["took ", &percent(millionths(ns, passed_ns)), " of the process's time in the last ", &last, ", "];
    [&words.concat(), &percent(limit), " allowed"].concat()
}
