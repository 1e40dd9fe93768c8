//! Every class of 64 bits as a value, into every import that takes one.
//!
//! In: the table of imports, and patterns of bits. Out: each firing ends, and what an import gives is a value of the ABI.
//! Never here: an import's name, or a pattern that the guest was given.

use waspect::introspect::fake::{self, Fake};
use waspect::limits::Budget;
use waspect::report::FaultKind;
use waspect_abi::{Import, Kind, TAG_ERROR, TAG_HANDLE, TAG_INT, TAG_NONE};

use super::{ends, imported, imports, is_value, parameters, summaries, title};
use crate::calls::FRAME;
use crate::plain;
use crate::run::Run;

/// Room for one firing of all patterns.
const FUEL: u64 = 50_000_000;

/// All classes: floats of each sort, each tag with payloads that mean something, nothing, and too much.
pub(super) fn patterns() -> Vec<u64> {
    let floats = [0.0, -0.0, 1.5, -1.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE / 4.0, f64::MAX];
    let mut all: Vec<u64> = floats.iter().map(|x| x.to_bits()).collect();
    // NaN as the ABI has it, quiet and signalling with payloads, and with the sign set.
    all.extend([0x7FF8_0000_0000_0000, 0x7FF0_0000_0000_0001, 0x7FFF_FFFF_FFFF_FFFF, 0xFFF0_0000_0000_0001]);
    let payloads = [0, 1, 2, 3, 4, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF, 0x8000_0000_0000, 0xFFFF_FFFF_FFFF];
    for tag in [TAG_NONE, TAG_INT, TAG_ERROR, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF] {
        all.extend(payloads.map(|payload| tag << 48 | payload));
    }
    all.extend((0..=12).chain([254, 255]).map(|code| TAG_ERROR << 48 | code));
    // Handles: immortal, of this firing and of others; the first, the last, and none; lengths that lie.
    let kinds = Kind::ALL.iter().map(|kind| *kind as u64).chain([22, 100, 254]);
    for kind in kinds {
        for (generation, index) in [(0, 0), (0, 0xFFFF), (1, 0), (1, 3), (2, 0), (255, 0xFFFF)] {
            let length = [0, 1, 0xFFFF][(kind as usize + index as usize) % 3];
            all.push(TAG_HANDLE << 48 | kind << 40 | length << 24 | generation << 16 | index);
        }
    }
    all
}

/// As the data of a module.
pub(super) fn escaped(all: &[u64]) -> String {
    all.iter().flat_map(|v| v.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
}

/// For each place of a value a probe that calls with all patterns there, and the others ordinary.
fn module(import: &Import, all: &[u64]) -> Option<String> {
    let kinds = parameters(import);
    let places = (0..kinds.len()).filter(|place| is_value(import, *place));
    let probes: Vec<String> = places.map(|place| probe(import, &kinds, place, all.len())).collect();
    let data = format!("(data (i32.const 4096) \"{}\")", escaped(all));
    (!probes.is_empty()).then(|| format!("(module {} {data} {})", imported(import), probes.concat()))
}

fn probe(import: &Import, kinds: &[&str], place: usize, count: usize) -> String {
    let argument = |(i, kind): (usize, &&str)| match *kind {
        "i64" if i == place => "(i64.load (local.get $at))".to_owned(),
        "i64" if is_value(import, i) => "(call $arg (i32.const 0))".to_owned(),
        "i32" => "(i32.const 16)".to_owned(),
        other => format!("({other}.const 1)"),
    };
    let given: String = kinds.iter().enumerate().map(argument).collect();
    let end = 4_096 + 8 * count;
    format!(
        r#"(func (export "fn:till.cart.*:entry#place{place}") (local $at i32)
             (local.set $at (i32.const 4096))
             (loop $next
               (call $try {given})
               (local.set $at (i32.add (local.get $at) (i32.const 8)))
               (br_if $next (i32.lt_u (local.get $at) (i32.const {end})))))"#
    )
}

#[test]
fn no_pattern_is_believed() {
    let all = patterns();
    let mut probes = 0;
    for import in imports() {
        let Some(text) = module(import, &all) else { continue };
        let what = title(import);
        fake::reset();
        plain::put_frame(FRAME);
        let budget = Budget { fuel_per_fire: FUEL, events_per_second: u64::MAX, ..Budget::DEFAULT };
        let mut run = Run::<Fake>::new(&what, text.as_bytes(), budget, (1 << 20, 1 << 20));
        probes += run.guest.probes().len();
        // Twice: a value that was kept is of another firing then.
        let accounts = summaries(&ends(&what, &mut run, 2, FUEL, &[FaultKind::HostBudget]));
        assert!(accounts.iter().all(|one| one.firings == 2), "{what}: {accounts:?}");
    }
    assert!(probes > 60 && all.len() > 200, "{probes} places of {} patterns", all.len());
}
