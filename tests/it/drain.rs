//! Made-up processes drained and added up.

use waspect::drain::{Drain, Source};
use waspect::ledger::probe::time_bucket;
use waspect::render::{Jsonl, Renderer, Terminal};
use waspect::report::{
    Account, Aggregation, DropKind, Exits, FaultKind, Function, Histogram, Log, Phase, Report, Start, Summary, Summed,
};
use waspect::segment::{ReadError, Totals};
use waspect::value::Value;

/// A process that tells its batches one by one.
struct Fake {
    batches: Vec<Vec<Report>>,
    totals: Totals,
    stopped: bool,
    damaged: Option<usize>,
}

impl Source for Fake {
    fn drain(&mut self, tell: &mut dyn FnMut(Report)) -> Result<(), ReadError> {
        if !self.batches.is_empty() {
            self.batches.remove(0).into_iter().for_each(tell);
        }
        self.damaged.map_or(Ok(()), |at| Err(ReadError::Ledger(at)))
    }
    fn totals(&mut self) -> Result<Totals, ReadError> {
        Ok(self.totals.clone())
    }
    fn stop(&mut self) {
        assert!(!self.stopped);
        self.stopped = true;
    }
    fn unobserved(&self) -> u64 {
        0
    }
}

/// What was counted so far is that of live processes and of those that ended, however often it is asked for.
#[test]
fn totals_so_far() {
    let mut drain = Drain::default();
    let ended = 0x7fff_ffff;
    for (pid, totals) in [(ended, one()), (own_pid(), two())] {
        let source = Fake { batches: vec![], totals, stopped: false, damaged: None };
        drain.join(pid, Start { python: "3.12.1".into(), pid }, source);
    }
    let before = drain.aggregations();
    drain.retire(|_| Ok::<_, ()>(())).unwrap();
    assert_eq!(drain.aggregations(), before);
    let mut told = Vec::new();
    let tell = |report: &Report| {
        told.push(report.clone());
        Ok::<_, ()>(())
    };
    drain.finish(tell).unwrap();
    let of = |report: Report| if let Report::Aggregation(a) = report { Some(a) } else { None };
    assert_eq!(told.into_iter().filter_map(of).collect::<Vec<_>>(), before);
}

#[test]
fn totals_of_all_processes_add_up() {
    let found = finish(vec![(own_pid(), vec![], one()), (own_pid(), vec![], two())]);
    let quantize = Histogram { count: 5, sum: 23.0, buckets: vec![(1.0, 2.0, 1), (2.0, 4.0, 3), (4.0, 8.0, 1)] };
    let exits = Exits { returns: 3, raises: 1, abandoned: 1, live: 0 };
    assert_eq!(
        found,
        vec![
            aggregation("a", vec![], Summed::Avg { count: 3, sum: 6.0 }),
            aggregation("c", vec![Value::Bool(true)], Summed::Count(5)),
            aggregation("c", vec![Value::Int(1)], Summed::Count(7)),
            aggregation("lo", vec![], Summed::Min(-1.0)),
            aggregation("q", vec![], Summed::Quantize(quantize)),
            Report::Function(Function { function: "f".into(), entries: 5, exits: Some(exits) }),
            Report::Function(Function { function: "g".into(), entries: 2, exits: None }),
            Report::Summary(Summary {
                module: "m".into(),
                probe: "p".into(),
                firings: 30,
                rejected: 3,
                records: 27,
                faults: vec![(FaultKind::Trap, 3), (FaultKind::Guest, 1)],
                drops: vec![(DropKind::Rate, 4)],
                fuel: 300,
                mean_ns: Some(200),
                p99_ns: Some(320),
                sampled: 4,
                host_bytes: 3_000,
                record_bytes: 864,
                share: Some(20_000),
                phase: Some(Phase::Disarmed),
                reason: "20".into(),
            }),
        ]
    );
}

/// What a process says it counted is a claim: added up it stays at the most there is, and is shown.
#[test]
fn counts_do_not_run_over() {
    let most = u64::MAX;
    let totals = || {
        let account = account(10, &[(FaultKind::Trap, most), (FaultKind::Guest, most)], most, &[150]);
        let buckets = vec![(1.0, 2.0, most), (2.0, 4.0, most)];
        let exits = Exits { returns: most, raises: most, abandoned: most, live: most };
        Totals {
            refused: most,
            aggregations: vec![
                summed("c", vec![], Summed::Count(most)),
                summed("a", vec![], Summed::Avg { count: most, sum: 1.0 }),
                summed("q", vec![], Summed::Quantize(Histogram { count: most, sum: 1.0, buckets })),
            ],
            functions: vec![Function { function: "f".into(), entries: most, exits: Some(exits) }],
            accounts: vec![Account {
                firings: most,
                records: most,
                fuel: most,
                timed: most,
                timed_ns: most,
                times: vec![most; 256],
                ..account
            }],
        }
    };
    let found = finish(vec![(own_pid(), vec![], totals()), (own_pid(), vec![], totals())]);
    assert!(found.contains(&aggregation("c", vec![], Summed::Count(most))));
    let (mut lines, mut page) = (Jsonl::new(Vec::new()), Terminal::new(Vec::new(), 80));
    found.iter().for_each(|one| lines.report(one).and_then(|()| page.report(one)).expect("written"));
    lines.finish().and_then(|()| page.finish()).expect("written");
}

#[test]
fn processes_that_ended_keep_their_totals_and_last_words() {
    let mut drain = Drain::default();
    let start = Start { python: "3.12.1".into(), pid: GONE };
    drain.join(
        GONE,
        start.clone(),
        Fake { batches: vec![vec![log("last")]], totals: one(), stopped: false, damaged: None },
    );
    drain.join(
        0,
        start,
        Fake { batches: vec![vec![], vec![log("unseen")]], totals: Totals::default(), stopped: false, damaged: None },
    );
    let mut told = Vec::new();
    drain
        .retire(|r| {
            told.push(r.clone());
            Ok::<_, ()>(())
        })
        .unwrap();
    assert_eq!(told, [log("last")]);
    drain
        .finish(|r| {
            told.push(r.clone());
            Ok::<_, ()>(())
        })
        .unwrap();
    assert_eq!(told[1], log("unseen"));
    assert!(told.contains(&aggregation("c", vec![Value::Int(1)], Summed::Count(3))));
}

/// One process that went wrong neither ends the session nor hides what it told before.
#[test]
fn a_damaged_segment_is_left_alone() {
    let mut drain = Drain::default();
    let start = Start { python: "3.12.1".into(), pid: own_pid() };
    let damaged =
        Fake { batches: vec![vec![log("1")], vec![log("2")]], totals: one(), stopped: false, damaged: Some(7) };
    drain.join(own_pid(), start.clone(), damaged);
    drain.join(own_pid(), start, Fake { batches: vec![vec![log("3")]], totals: two(), stopped: false, damaged: None });
    let mut told = Vec::new();
    drain
        .finish(|r| {
            told.push(r.clone());
            Ok::<_, ()>(())
        })
        .unwrap();
    assert_eq!(told[..2], [log("1"), log("3")]);
    assert!(told.contains(&aggregation("c", vec![Value::Int(1)], Summed::Count(4))));
    let damages = drain.damages();
    assert_eq!((damages.len(), damages[0].pid), (1, own_pid()));
}

#[test]
fn everything_is_told_in_order_before_the_totals() {
    let batches = vec![vec![log("1"), log("2")], vec![log("3")]];
    let found = finish(vec![(own_pid(), batches, one())]);
    assert_eq!(found[..3], [log("1"), log("2"), log("3")]);
    assert!(matches!(found[3], Report::Aggregation(_)));
}

/// More than any process id can be.
const GONE: u32 = u32::MAX;

fn own_pid() -> u32 {
    std::process::id()
}

fn finish(processes: Vec<(u32, Vec<Vec<Report>>, Totals)>) -> Vec<Report> {
    let mut drain = Drain::default();
    for (pid, batches, totals) in processes {
        drain.join(
            pid,
            Start { python: "3.12.1".into(), pid },
            Fake { batches, totals, stopped: false, damaged: None },
        );
    }
    let mut told = Vec::new();
    drain
        .finish(|r| {
            told.push(r.clone());
            Ok::<_, ()>(())
        })
        .unwrap();
    told
}

fn log(text: &str) -> Report {
    Report::Log(Log { module: "m".into(), probe: "p".into(), level: 3, text: text.into() })
}

fn aggregation(name: &str, key: Vec<Value>, value: Summed) -> Report {
    Report::Aggregation(summed(name, key, value))
}

fn summed(name: &str, key: Vec<Value>, value: Summed) -> Aggregation {
    Aggregation { module: "m".into(), name: name.into(), key, value }
}

fn one() -> Totals {
    Totals {
        refused: 0,
        aggregations: vec![
            summed("c", vec![Value::Int(1)], Summed::Count(3)),
            summed("c", vec![Value::Bool(true)], Summed::Count(5)),
            summed("a", vec![], Summed::Avg { count: 1, sum: 2.0 }),
            summed("lo", vec![], Summed::Min(4.0)),
            summed(
                "q",
                vec![],
                Summed::Quantize(Histogram { count: 2, sum: 3.0, buckets: vec![(1.0, 2.0, 1), (2.0, 4.0, 1)] }),
            ),
        ],
        functions: vec![Function {
            function: "f".into(),
            entries: 3,
            exits: Some(Exits { returns: 2, raises: 1, ..Exits::default() }),
        }],
        accounts: vec![account(10, &[(FaultKind::Trap, 1)], 0, &[150, 150, 200])],
    }
}

fn two() -> Totals {
    Totals {
        refused: 0,
        aggregations: vec![
            summed(
                "q",
                vec![],
                Summed::Quantize(Histogram { count: 3, sum: 20.0, buckets: vec![(2.0, 4.0, 2), (4.0, 8.0, 1)] }),
            ),
            summed("c", vec![Value::Int(1)], Summed::Count(4)),
            summed("a", vec![], Summed::Avg { count: 2, sum: 4.0 }),
            summed("lo", vec![], Summed::Min(-1.0)),
        ],
        functions: vec![
            Function {
                function: "f".into(),
                entries: 2,
                exits: Some(Exits { returns: 1, abandoned: 1, ..Exits::default() }),
            },
            Function { function: "g".into(), entries: 2, exits: None },
        ],
        accounts: vec![account(20, &[(FaultKind::Trap, 2), (FaultKind::Guest, 1)], 4, &[300])],
    }
}

fn account(firings: u64, faults: &[(FaultKind, u64)], rates: u64, times: &[u64]) -> Account {
    let mut drops = vec![0; DropKind::Rate as usize + 1];
    drops[DropKind::Rate as usize] = rates;
    let mut buckets = vec![0; 8 * 32];
    times.iter().for_each(|ns| buckets[time_bucket(*ns)] += 1);
    Account {
        module: "m".into(),
        probe: "p".into(),
        firings,
        rejected: firings / 10,
        records: firings - firings / 10,
        fuel: firings * 10,
        host_bytes: firings * 100,
        record_bytes: (firings - firings / 10) * 32,
        share: firings * 1_000 + 1,
        phase: Some(if firings > 10 { Phase::Disarmed } else { Phase::Throttled }),
        reason: firings.to_string(),
        faults: FaultKind::ALL.iter().map(|k| faults.iter().filter(|f| f.0 == *k).map(|f| f.1).sum()).collect(),
        drops,
        timed: times.len() as u64,
        timed_ns: times.iter().sum(),
        times: buckets,
    }
}
