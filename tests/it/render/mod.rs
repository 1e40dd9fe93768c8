//! Reports in, text out: what both renderers write is compared with `tests/render/CASE.{txt,jsonl}`.
//!
//! `WASPECT_BLESS=1 cargo test --release render` writes the files anew.

mod csv;
mod formats;
mod layout;
mod reports;
mod timeline;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;
use waspect::desk::Answer;
use waspect::frames;
use waspect::render::stats::Probe;
use waspect::render::{Jsonl, Renderer, Terminal};
use waspect::report::{DropKind, Function, Histogram, Log, Phase, Report, Summary, Summed};
use waspect::value::{Cut, Value};
use waspect_abi::Kind;

use reports::{a_record, a_session, aggregation, every_value, everything_went_wrong, odd_histograms, record, text};

#[test]
fn session() {
    check("session", 100, &a_session());
}

#[test]
fn narrow() {
    check("narrow", 60, &a_session());
}

#[test]
fn values() {
    let all = every_value().into_iter().map(|(name, v)| record(&[(name, v)])).collect::<Vec<_>>();
    check("values", 80, &all);
}

#[test]
fn losses() {
    check("losses", 80, &everything_went_wrong());
}

#[test]
fn histograms() {
    check("histograms", 80, &odd_histograms());
}

#[test]
fn many_keys() {
    let all: Vec<Report> = (0..60).map(|i| aggregation("hits", vec![Value::Int(i)], Summed::Count(i as u64))).collect();
    check("many_keys", 80, &all);
}

/// Stacks have a line for each frame, in records and as keys.
#[test]
fn stacks() {
    let stack = |names: &[&str]| Value::Stack(names.iter().map(|name| text(name)).collect());
    let deep = stack(&["shop.cart.Cart.add (/srv/shop/cart.py:42)", "shop.web.App.handle (/srv/shop/web.py:120)"]);
    let short = stack(&["shop.cart.Cart.add", "evil\x1b[2J\n.f", "__main__.<module>"]);
    let cut = Value::Cut(Cut::Budget, 64, Box::new(short.clone()));
    let few = Histogram { count: 3, sum: 3e3, buckets: vec![(512.0, 1024.0, 2), (1024.0, 2048.0, 1)] };
    let all = [
        record(&[("stack", deep.clone()), ("total", Value::Int(3)), ("other", cut.clone())]),
        record(&[("pair", Value::Tuple(vec![Value::Int(1), short.clone()]))]),
        aggregation("calls", vec![deep], Summed::Count(12)),
        aggregation("calls", vec![short.clone()], Summed::Count(3)),
        aggregation("by user", vec![text("ada"), cut], Summed::Sum(2.5)),
        aggregation("latency", vec![short], Summed::Quantize(few)),
    ];
    check("stacks", 80, &all);
}

/// What an application holds must neither drive the terminal nor break a line.
#[test]
fn hostile_text() {
    let nasty = "\x1b[2J\x07\r\n\u{202e}evil".to_owned();
    let mut r = a_record(&[("s", Value::Str(nasty.clone())), ("o", Value::Opaque(Kind::Object, nasty.clone()))]);
    (r.function, r.thread, r.task) = (nasty.as_str().into(), Some(nasty.as_str().into()), Some(nasty.clone()));
    let log = Log { module: "m".into(), probe: nasty.clone(), level: 2, text: nasty };
    check("hostile_text", 80, &[Report::Record(r), Report::Log(log)]);
    let text =
        terminal(80, &[Report::Log(Log { module: "m".into(), probe: "p".into(), level: 1, text: "\x1b[1m".into() })]);
    assert!(!text.contains('\x1b'), "{text}");
}

/// What crosses a border between two commands is shown there as here.
#[test]
fn across_a_border() {
    let mut all = [a_session(), everything_went_wrong(), odd_histograms()].concat();
    all.extend(every_value().into_iter().map(|v| record(&[v])));
    let told = |report: &Report| frames::encode(&Answer::Told(report.clone())).unwrap();
    let heard = |bytes: Vec<u8>| match frames::decode(&bytes) {
        Ok(Answer::Told(report)) => report,
        other => panic!("{other:?}"),
    };
    let heard: Vec<Report> = all.iter().map(|report| heard(told(report))).collect();
    assert_eq!(jsonl(&heard), jsonl(&all));
    assert_eq!(terminal(100, &heard), terminal(100, &all));
    // Whatever the bytes, they are a report or an error.
    for report in &all {
        let whole = told(report);
        for at in 0..whole.len().min(200) {
            let mut bad = whole.clone();
            bad[at] ^= 0x55;
            let _ = frames::decode::<Answer>(&bad);
            assert!(frames::decode::<Answer>(&whole[..at]).is_err());
        }
    }
}

#[test]
fn stats() {
    let summary = |report: &Report| if let Report::Summary(s) = report { Some(s.clone()) } else { None };
    let accounts = [a_session(), everything_went_wrong()].concat();
    let mut accounts: Vec<Summary> = accounts.iter().filter_map(summary).collect();
    accounts[0].drops = vec![(DropKind::Busy, 3), (DropKind::Renewing, 4), (DropKind::Rate, 1)];
    let probe = |summary: &Summary, phase, reason: &str, p50_ns| Probe {
        phase,
        reason: reason.into(),
        functions: 2,
        p50_ns,
        summary: summary.clone(),
    };
    let waiting = Summary { probe: "fn:shop.tax.*:entry".into(), ..Summary::default() };
    let probes = [
        probe(&accounts[0], Phase::Attached, "", Some(384)),
        probe(&accounts[1], Phase::Disarmed, "3 traps in 60 s", None),
        probe(&waiting, Phase::Pending, "module `shop.tax` is not imported yet", None),
    ];
    let function = |report: Report| if let Report::Function(f) = report { Some(f) } else { None };
    let functions: Vec<Function> = a_session().into_iter().filter_map(function).collect();
    let lines = waspect::render::stats::lines(&probes, &functions, 100);
    let text: String = lines.iter().map(|line| format!("{}\n", anstream::adapter::strip_str(line))).collect();
    compare("tests/render/stats.txt", &text);
}

/// Each example of the document is a line that is really written; each type and each `$` key has an example.
#[test]
fn document() {
    let document = read("docs/OUTPUT.md");
    let cases = [a_session(), everything_went_wrong(), every_value().into_iter().map(|v| record(&[v])).collect()];
    let written: BTreeSet<String> =
        cases.iter().flat_map(|c| jsonl(c).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let examples: Vec<&str> = fenced(&document, "json");
    let mut types = BTreeSet::new();
    for example in &examples {
        let parsed: Json = serde_json::from_str(example).unwrap_or_else(|e| panic!("{example}: {e}"));
        assert!(written.contains(*example), "docs/OUTPUT.md has a line that is not written: {example}");
        types.insert(parsed["type"].as_str().unwrap().to_owned());
    }
    let expected =
        ["aggregation", "fault", "function", "ledger", "log", "print", "record", "start", "state", "summary"];
    assert_eq!(types.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let all = examples.join("\n");
    for key in [
        "$tuple",
        "$set",
        "$bytes",
        "$map",
        "$float",
        "$int",
        "$truncated",
        "$redacted",
        "$stack",
        "$error",
        "$type",
        "$$",
    ] {
        assert!(all.contains(&format!("\"{key}")), "docs/OUTPUT.md has no example of `{key}`");
    }
}

/// What the document shows was written by a test.
#[test]
fn shown() {
    let files = fs::read_dir(root().join("tests/render")).unwrap().map(|file| file.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|e| e == "txt"));
    let all: Vec<String> = texts.map(|path| fs::read_to_string(path).unwrap()).collect();
    let document = read("docs/OUTPUT.md");
    let examples: Vec<&str> = document.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    for example in examples {
        assert!(all.iter().any(|text| text.contains(example)), "docs/OUTPUT.md shows what is not written:\n{example}");
    }
}

/// The lines of one ```LANGUAGE fence after the other.
fn fenced<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let (mut inside, mut lines) = (false, Vec::new());
    for line in document.lines() {
        match line.strip_prefix("```") {
            Some(fence) => inside = !inside && fence == language,
            None if inside => lines.push(line),
            None => {}
        }
    }
    lines
}

fn check(case: &str, width: usize, reports: &[Report]) {
    let lines = jsonl(reports);
    for line in lines.lines() {
        let parsed: Json = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert!(parsed.get("module").is_some(), "no module: {line}");
        assert_eq!(serde_json::to_string(&parsed).unwrap(), line, "not the shortest form, or a key twice");
    }
    compare(&format!("tests/render/{case}.jsonl"), &lines);
    compare(&format!("tests/render/{case}.txt"), &terminal(width, reports));
}

fn compare(path: &str, found: &str) {
    if std::env::var_os("WASPECT_BLESS").is_some() {
        fs::write(root().join(path), found).unwrap();
    }
    assert_eq!(read(path), found, "{path} differs; WASPECT_BLESS=1 writes it anew");
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn jsonl(reports: &[Report]) -> String {
    let mut out = Vec::new();
    tell(&mut Jsonl::new(&mut out), reports);
    String::from_utf8(out).unwrap()
}

fn terminal(width: usize, reports: &[Report]) -> String {
    let mut out = Vec::new();
    tell(&mut Terminal::new(anstream::StripStream::new(&mut out), width), reports);
    String::from_utf8(out).unwrap()
}

fn tell(renderer: &mut impl Renderer, reports: &[Report]) {
    reports.iter().for_each(|r| renderer.report(r).unwrap());
    renderer.finish().unwrap();
}
