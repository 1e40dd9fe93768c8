//! Budgets: what may be asked for, and a probe's share of time over windows.
//!
//! In: budgets as text; windows as how many ms each probe would take of a second. Out: the budget or why not; each probe's
//! state after each window. Never here: a real clock, or an interpreter.

use std::rc::Rc;

use waspect::guest::share::Share;
use waspect::guest::{Gate, Watch};
use waspect::limits::{self, Budget, Row, percent};
use waspect::outlet::{Account, Counts, Outlet};
use waspect::report::{Phase, Report};
use waspect::segment::Reader;
use waspect::spec::Options;

/// Asked for as `--budget` has it, with a policy's maxima.
fn budget(asked: &str, maxima: &[(&str, u64)]) -> Result<Budget, String> {
    let named = asked.split(',').filter(|each| !each.is_empty()).map(|each| {
        let (name, amount) = each.split_once('=').expect("NAME=N");
        Row::of(name).and_then(|row| row.asked(amount))
    });
    let named: Result<Vec<_>, _> = named.collect();
    named.and_then(|named| Budget::validated(&named, maxima)).map_err(|e| e.to_string())
}

#[test]
fn budgets_are_given() {
    let check = |asked: &str, maxima: &[(&str, u64)], expected: Budget| {
        assert_eq!(budget(asked, maxima), Ok(expected), "{asked} {maxima:?}");
    };
    const D: Budget = Budget::DEFAULT;
    check("", &[], D);
    check("fuel=5,share=0.2%", &[], Budget { fuel_per_fire: 5, time_share_max: 2_000, ..D });
    check("fuel_per_fire=0,value_depth_max=0", &[], Budget { fuel_per_fire: 0, value_depth_max: 0, ..D });
    check("share=100%", &[], Budget { time_share_max: limits::WHOLE, ..D });
    check("share=0.05", &[], Budget { time_share_max: 50_000, ..D });
    check("share=0.00001%", &[], Budget { time_share_max: 1, ..D });
    check("bytes=1M,events=1000000", &[], Budget { bytes_per_second: 1 << 20, events_per_second: 1_000_000, ..D });
    check("faults=1,out_of_fuel=2", &[], Budget { faults_to_disarm: 1, out_of_fuel_to_disarm: 2, ..D });
    check("fuel=1,fuel=2", &[], Budget { fuel_per_fire: 2, ..D });
    // A policy's maxima stand in place of the table's.
    check("", &[("fuel_per_fire", 9), ("ring_bytes", 1)], Budget { fuel_per_fire: 9, ..D });
    check("", &[("fuel_per_fire", 1_000_000)], D);
    check("fuel=900000", &[("fuel_per_fire", 1_000_000)], Budget { fuel_per_fire: 900_000, ..D });
}

#[test]
fn budgets_are_refused() {
    let check = |asked: &str, maxima: &[(&str, u64)], why: &str| {
        assert_eq!(budget(asked, maxima), Err(why.to_owned()), "{asked} {maxima:?}");
    };
    let over =
        |name: &str, what: &str| format!("budget `{name}` of {what}: only the operator's policy file raises `{name}`");
    check(
        "feul=5",
        &[],
        "unknown budget `feul`, expected one of fuel, events, bytes, share, faults, out_of_fuel, \
                          record_bytes, depth, items, str_bytes",
    );
    check("fuel=100001", &[], &over("fuel_per_fire", "100001, expected 0 to 100000"));
    check("share=101%", &[], &over("time_share_max", "101 %, expected 0.0001 % to 100 %"));
    check("share=0", &[], &over("time_share_max", "0 %, expected 0.0001 % to 100 %"));
    check("faults=0", &[], &over("faults_to_disarm", "0, expected 1 to 3"));
    check("faults=4", &[], &over("faults_to_disarm", "4, expected 1 to 3"));
    check("events=501", &[("events_per_second", 500)], &over("events_per_second", "501, expected 0 to 500"));
    check("fuel=many", &[], "budget `fuel_per_fire` of many, expected a whole number");
    check("fuel=-1", &[], "budget `fuel_per_fire` of -1, expected a whole number");
    check("bytes=4X", &[], "budget `bytes_per_second` of 4X, expected a size as `4M`: a number, and `K`, `M` or `G`");
    check("share=NaN", &[], "budget `time_share_max` of NaN, expected a share of the time, as `0.5%` or `0.005`");
}

#[test]
fn shares_are_shown() {
    let check = |millionths, text: &str| assert_eq!(percent(millionths), text);
    check(0, "0 %");
    check(1, "0.0001 %");
    check(99, "0.0099 %");
    check(120, "0.01 %");
    check(5_000, "0.5 %");
    check(10_000, "1 %");
    check(10_999, "1 %");
    check(18_499, "1.8 %");
    check(124_000, "12 %");
    check(1_000_000, "100 %");
}

/// Names of limits are those of the table.
#[test]
fn every_budget_is_a_limit() {
    for row in Budget::ROWS {
        assert!(limits::TABLE.iter().any(|limit| limit.name() == row.name), "{}", row.name);
    }
}

const SECOND: u64 = 1_000_000_000;
/// A firing of 100 µs, at a ns for each unit of fuel.
const FUEL: u64 = 99_900;

/// Probes whose firings are made up, on a clock that is.
struct Process {
    outlet: Rc<Outlet>,
    watch: Watch,
    probes: Vec<(Rc<Gate>, Rc<Account>)>,
    now_ns: u64,
}

impl Process {
    fn new(probes: usize, budget: &Budget) -> Self {
        let outlet = Rc::new(Outlet::new(1 << 20, 1 << 16).expect("memory").0);
        let module = outlet.module("made_up.wat");
        let probe = |i: usize| {
            let account = Rc::new(outlet.probe(module, &format!("p{i}"), budget).expect("room"));
            (Rc::new(Gate::new(&Options::default(), budget, &outlet, &account)), account)
        };
        let probes: Vec<_> = (0..probes).map(probe).collect();
        let (watch, now_ns) = (Watch::default(), 5 * SECOND);
        watch.join(probes.iter().map(|(gate, _)| gate), now_ns);
        Self { outlet, watch, probes, now_ns }
    }

    /// Each probe's function is called often enough for so many ms, evenly.
    fn window(&mut self, wanted_ms: &[u64]) {
        let most = wanted_ms.iter().max().copied().unwrap_or(0) * 10;
        for call in 0..most {
            let now = self.now_ns + call * SECOND / most;
            for ((gate, account), _) in self.probes.iter().zip(wanted_ms).filter(|(_, ms)| call < **ms * 10) {
                if gate.passes(|| now) {
                    self.outlet.fired(account, FUEL, false);
                }
                self.watch.look(gate, now);
            }
        }
        self.now_ns += SECOND;
        self.watch.pass(self.now_ns);
    }

    /// `a` attached, `t` throttled, `d` disarmed, for each probe.
    fn states(&self) -> String {
        let state = |gate: &Rc<Gate>| match (gate.disarmed(), gate.throttled()) {
            (Some(_), _) => 'd',
            (_, Some(_)) => 't',
            _ => 'a',
        };
        self.probes.iter().map(|(gate, _)| state(gate)).collect()
    }

    fn spent_ms(&self, probe: usize) -> u64 {
        let Counts { firings, fuel, .. } = self.outlet.counts(&self.probes[probe].1);
        (fuel + firings * 100) / 1_000_000
    }

    /// What was told, as state and reason.
    fn told(&self) -> Vec<(Phase, String)> {
        let mut all = Vec::new();
        Reader::over(self.outlet.words()).drain(&mut |report| all.push(report)).expect("whole");
        let told = all.into_iter().filter_map(|report| match report {
            Report::State(state) => Some((state.phase, state.reason)),
            _ => None,
        });
        told.collect()
    }
}

/// Windows, one after the other: ms wanted by each probe, and the states behind it.
#[test]
fn shares_are_kept() {
    let check = |name: &str, windows: &[(&[u64], &str)]| {
        let mut process = Process::new(windows[0].0.len(), &Budget::DEFAULT);
        for (i, (wanted, states)) in windows.iter().enumerate() {
            process.window(wanted);
            assert_eq!(&process.states(), states, "{name}: window {i}");
        }
    };
    let over = |wanted: &'static [u64], state: &'static str, windows: usize| vec![(wanted, state); windows];
    check("under", &over(&[5], "a", 20));
    let little = [over(&[6], "t", 10), over(&[6], "d", 3)].concat();
    check("over by little", &little);
    check("over by much", &[over(&[300], "t", 9), over(&[300], "d", 3)].concat());
    check("back in time", &[over(&[6], "t", 10), over(&[2], "a", 20)].concat());
    check("recovers", &[(&[6], "t"), (&[2], "a"), (&[4], "a")]);
    check("between half and whole nothing happens", &[(&[6], "t"), (&[4], "t"), (&[3], "t"), (&[4], "t"), (&[2], "a")]);
    check(
        "the next time takes longer",
        &[
            (&[6], "t"),
            (&[1], "a"),
            (&[6], "t"),
            (&[1], "t"),
            (&[1], "a"),
            (&[6], "t"),
            (&[1], "t"),
            (&[4], "t"),
            (&[1], "t"),
            (&[1], "t"),
            (&[1], "t"),
            (&[1], "a"),
        ],
    );
    check("one of two", &[(&[6, 1], "ta"), (&[6, 1], "ta"), (&[1, 1], "aa")]);
    // Three that are each below their own share, and together over the process's: the costliest goes.
    let three = [over(&[4, 3, 5], "tat", 10), vec![(&[4, 3, 5], "tad")], over(&[4, 3, 5], "aad", 3)].concat();
    check("together", &three);
    check("called no more", &[(&[6], "t"), (&[0], "a")]);
}

#[test]
fn a_throttled_probe_takes_its_share() {
    let mut process = Process::new(1, &Budget::DEFAULT);
    process.window(&[900]);
    assert_eq!((process.states().as_str(), process.spent_ms(0)), ("t", 50), "ten windows' shares, and not the second");
    process.window(&[900]);
    assert_eq!(process.spent_ms(0), 55);
    let Counts { firings, throttled, .. } = process.outlet.counts(&process.probes[0].1);
    assert_eq!(firings + throttled, 18_000, "what is skipped is counted");
}

#[test]
fn a_share_of_its_own() {
    let check = |share, wanted, states: &str| {
        let mut process = Process::new(1, &Budget { time_share_max: share, ..Budget::DEFAULT });
        process.window(&[wanted]);
        assert_eq!(process.states(), states, "{share} {wanted}");
    };
    check(1_000, 1, "a");
    check(1_000, 2, "t");
    check(100_000, 100, "a");
    check(100_000, 101, "t");
    check(limits::WHOLE, 999, "a");
}

/// Each change is told once, with its reason.
#[test]
fn changes_are_told() {
    let mut process = Process::new(1, &Budget::DEFAULT);
    (0..2).for_each(|_| process.window(&[18]));
    process.window(&[1]);
    (0..12).for_each(|_| process.window(&[90]));
    let reason = |text: &str| text.to_owned();
    let expected = [
        (Phase::Throttled, reason("took 1.8 % of the process's time in the last second, 0.5 % allowed")),
        (Phase::Attached, reason("below its share of time again")),
        (Phase::Throttled, reason("took 5 % of the process's time in the last second, 0.5 % allowed")),
        (
            Phase::Disarmed,
            reason(
                "over its share of time again and again while throttled: took 9 % of the process's time in the last \
                 second, 0.5 % allowed",
            ),
        ),
    ];
    assert_eq!(process.told(), expected);
}

#[test]
fn together_is_told() {
    let mut process = Process::new(3, &Budget::DEFAULT);
    process.window(&[4, 4, 4]);
    let told = process.told();
    let reason = "all probes took 1.2 % of the process's time in the last second, 1 % allowed; this one 0.4 %";
    assert_eq!(told, vec![(Phase::Throttled, reason.to_owned()); 3]);
}

/// A forked child begins as if nothing had been; but what was disarmed is.
#[test]
fn a_child_has_windows_of_its_own() {
    let mut process = Process::new(2, &Budget::DEFAULT);
    (0..11).for_each(|_| process.window(&[1, 90]));
    process.window(&[6, 0]);
    assert_eq!(process.states(), "td");
    let _segment = process.outlet.inherit().expect("memory");
    process.now_ns += SECOND / 2;
    process.watch.restart(process.now_ns);
    assert_eq!(process.states(), "ad");
    process.window(&[4, 0]);
    assert_eq!(process.states(), "ad");
    process.window(&[6, 0]);
    assert_eq!(process.states(), "td");
    assert_eq!(process.told().len(), 2, "what the child said");
}

/// A quiet time is not a window to spend in: what comes behind it has one of its own.
#[test]
fn a_quiet_time_is_not_saved_up() {
    let mut process = Process::new(1, &Budget::DEFAULT);
    process.now_ns += 60 * SECOND;
    process.window(&[6]);
    assert_eq!(process.states(), "t");
}

/// What samples say of a second in which `firings` of `fuel` happened, in µs.
fn seen(samples: &[(u64, u64)], fuel: u64, firings: u64) -> u64 {
    let share = Share::new(limits::TIME_SHARE_MAX);
    samples.iter().for_each(|(fuel, ns)| share.price.sample(*fuel, *ns));
    share.taken(Counts { firings, fuel: firings * fuel, throttled: 0 }).spent_ns / 1_000
}

#[test]
fn time_is_fuel_at_the_price_of_samples() {
    let check = |name: &str, samples: &[(u64, u64)], (fuel, firings), us: std::ops::RangeInclusive<u64>| {
        let seen = seen(samples, fuel, firings);
        assert!(us.contains(&seen), "{name}: {seen}");
    };
    check("no sample: a ns each", &[], (900, 1_000), 1_000..=1_000);
    check("too few say nothing", &[(900, 970_000); 7], (900, 1_000), 1_000..=1_000);
    check("half as dear", &[(900, 470); 64], (900, 1_000), 500..=510);
    check("twice as dear", &[(900, 1_970); 64], (900, 1_000), 1_985..=2_000);
    let one_slow = |slow| {
        let mut all = [(900, 970); 8];
        all[slow] = (900, 10_000_000);
        all
    };
    for slow in 0..8 {
        check("one that did not run", &one_slow(slow), (900, 1_000), 1_000..=1_000);
    }
    // Seldom and long among often and short: the fuel tells which is which.
    let mixed: Vec<_> = (0..64).map(|i| if i % 8 == 0 { (99_900, 99_970) } else { (0, 70) }).collect();
    check("mixed", &mixed, (99_900, 100), 9_900..=10_100);
    check("mixed", &mixed, (0, 100_000), 9_900..=10_100);
    // Even many samples of a stopped thread are believed no more than twenty times the highest price of fuel.
    check("none ran", &[(900, u64::MAX); 160], (900, 1_000), 31_000..=32_000);
    check("a price rises by half at a time", &[(900, u64::MAX); 8], (900, 1_000), 1_500..=1_500);
}
