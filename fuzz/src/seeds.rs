//! The first inputs: what the tests and the ready-made probes have, in the form that a target reads.
//!
//! In: the project's folders, read when a target starts. Out: files in the folder that `FUZZ_SEEDS` names. Never here: an
//! input that is checked in, or one that a target found itself.

use std::fs;
use std::path::{Path, PathBuf};

use waspect::desk::Answer;
use waspect::frames::{self, FromAgent, FromCompiler, Hello, Load, LoadModule, Refusal, ToAgent};
use waspect::introspect::fake::{self, Fake};
use waspect::lang::compile;
use waspect::limits::Budget;
use waspect::module;
use waspect::policy::Policy;
use waspect::report::Report;
use waspect::value::Value;

use crate::plain;
use crate::run::Run;

/// Writes what `made` makes of each text of the project, where somebody wants it; `extension` says of which.
pub fn write(extension: &str, made: impl Fn(&str) -> Vec<Vec<u8>>) {
    keep(|| texts(extension).iter().flat_map(|text| made(text)).collect());
}

/// The same of inputs that no text of the project has.
pub fn keep(made: impl Fn() -> Vec<Vec<u8>>) {
    let Some(folder) = std::env::var_os("FUZZ_SEEDS").map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).expect("a folder for seeds");
    for (number, seed) in made().into_iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed).expect("a seed");
    }
}

/// Files of this extension below `tests` and `probes`.
fn texts(extension: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("tests"), root.join("probes")];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                texts.extend(fs::read_to_string(path));
            }
        }
    }
    texts
}

/// A program as its bytes.
pub fn program(text: &str) -> Vec<Vec<u8>> {
    vec![text.as_bytes().to_vec()]
}

/// A program's module.
pub fn wasm(text: &str) -> Vec<Vec<u8>> {
    compile(text).wasm.into_iter().collect()
}

/// The points that a program or a module in text names, and what its imports read.
pub fn names(text: &str) -> Vec<Vec<u8>> {
    let is_name = |word: &&str| word.starts_with("fn:") || word.starts_with("arg") || word.starts_with('$');
    let words = text.split([' ', '"', '\n', '(', ')', ',', ';']).filter(is_name);
    words.map(|word| word.as_bytes().to_vec()).collect()
}

/// An artifact without machine code, behind no edits of it.
pub fn artifacts(text: &str) -> Vec<Vec<u8>> {
    let parsed = compile(text).wasm.and_then(|wasm| module::parse("p.probe", &wasm, &[]).ok());
    let artifact = parsed.map(|parsed| frames::Artifact { manifest: parsed.manifest().clone(), code: vec![1, 2, 3] });
    let encoded = artifact.and_then(|artifact| frames::encode(&artifact).ok());
    encoded.into_iter().map(|bytes| [&[0][..], &bytes].concat()).collect()
}

/// A program's module and what is said about it across a border, each in its frame.
pub fn frames(text: &str) -> Vec<Vec<u8>> {
    let Some(parsed) = compile(text).wasm.and_then(|wasm| module::parse("p.probe", &wasm, &[]).ok()) else {
        return Vec::new();
    };
    let artifact = frames::Artifact { manifest: parsed.manifest().clone(), code: vec![1, 2, 3] };
    let refusal = || Refusal { stage: "module".into(), message: "no".into(), hint: Some("yes".into()) };
    let load = Load {
        modules: vec![LoadModule { artifact: artifact.clone(), budget: Budget::DEFAULT }],
        policy: Policy::default(),
        ring_bytes: 1 << 20,
        events_per_second: 50_000,
        ledger_bytes: 1 << 20,
        compiler: Some("/usr/bin/waspect".into()),
    };
    let hello = Hello {
        protocol: frames::PROTOCOL,
        pid: 7,
        python: "3.13.1".into(),
        forked_from: Some(frames::Parent { pid: 6, session: 1 }),
    };
    let framed = [
        frames::encode(&FromAgent::Hello(hello)),
        frames::encode(&FromAgent::Refused(refusal())),
        frames::encode(&ToAgent::Load(Box::new(load))),
        frames::encode(&FromCompiler::Made(Box::new(artifact))),
        frames::encode(&FromCompiler::Refused(refusal())),
    ];
    let told = fired(text).map(|run| run.reports()).unwrap_or_default();
    let told = told.into_iter().map(|report| frames::encode(&Answer::Told(report)));
    framed.into_iter().chain(told).flatten().collect()
}

/// What a program's firings captured.
pub fn values(text: &str) -> Vec<Vec<u8>> {
    let Some(run) = fired(text) else { return Vec::new() };
    let records = run.reports().into_iter().filter_map(|report| match report {
        Report::Record(record) => Some(record.fields),
        _ => None,
    });
    records.map(|fields| fields.iter().flat_map(|(_, value)| bytes(value)).collect()).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    value.write(&mut out);
    out
}

/// The segment that a program's firings filled.
pub fn segment(text: &str) -> Vec<Vec<u8>> {
    let Some(run) = fired(text) else { return Vec::new() };
    let words = run.outlet.words();
    let mut bytes: Vec<u8> = words.all().iter().flat_map(|word| load(word).to_le_bytes()).collect();
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    bytes.truncate(used);
    vec![bytes]
}

fn load(word: &std::sync::atomic::AtomicU64) -> u64 {
    word.load(std::sync::atomic::Ordering::Relaxed)
}

/// A run of the program as its first lines say, with a segment of the size that the target has.
fn fired(text: &str) -> Option<Run<Fake>> {
    let wasm = compile(text).wasm?;
    fake::reset();
    let head = || text.lines().map_while(|line| line.strip_prefix("# "));
    head().filter_map(|line| line.strip_prefix("frame: ")).for_each(plain::put_frame);
    let sizes = (crate::LEDGER_BYTES, crate::RING_BYTES);
    let mut run = Run::<Fake>::load("p", &wasm, Budget::DEFAULT, sizes).ok()?;
    let value = plain::put("[1, \"two\"]");
    for (point, outcome) in [(3, None), (0, None), (1, Some(value)), (5, None), (4, None)] {
        run.fire(point, None, [(-1, None); 2], outcome);
    }
    Some(run)
}
