//! Every cap that refuses a module: the one that just passes and the one that just fails, under both profiles.
//!
//! In: a row for each cap of the table, which makes a module with exactly so much of something. Out: the first is taken
//! and compiles within its bounds, the second is refused by that name. Never here: a number of the table.

use std::time::Duration;

use waspect::limits::{COMPILE_CPU_SECONDS_MAX, Limit, Profile, TABLE, large};
use waspect::module::{ModuleError, parse_for, with_signatures};
use waspect::signature::{PublicKey, Signature};

use super::{compiling, nested, padded};

/// A cap by name, and the module that has so much of it.
type Row = (&'static str, fn(u64) -> Vec<u8>);

const ROWS: &[Row] = &[
    ("module_bytes_max", padded),
    ("module_text_bytes_max", |n| {
        let text = r#"(module (func (export "fn:a.b:entry")))"#;
        format!("{text}{}", " ".repeat(n as usize - text.len())).into_bytes()
    }),
    ("module_functions_max", |n| probe(&"(func)".repeat(n as usize - 1))),
    ("module_types_max", |n| {
        wat(&format!(r#"(module {} (func (export "fn:a.b:entry") (type 0)))"#, many("(type (func))", n)))
    }),
    ("type_values_max", |n| probe(&format!("(type (func (param {}) (result i64)))", many("i64 ", n - 1)))),
    ("module_globals_max", |n| probe(&many("(global i32 (i32.const 0))", n))),
    ("module_exports_max", |n| probe(&(1..n).map(|i| format!("(export \"e{i}\" (func 0))")).collect::<String>())),
    ("module_imports_max", |n| {
        let imports = (0..n).map(|i| format!(r#"(import "probe1.str" "{i}" (func (result i64)))"#)).collect::<String>();
        wat(&format!(r#"(module {imports} (func (export "fn:a.b:entry")))"#))
    }),
    ("module_segments_max", |n| {
        let data = many("(data (i32.const 0) \"x\")", n / 2);
        probe(&format!("(memory 1) (table 1 funcref) {data} {}", many("(elem (i32.const 0) 0)", n - n / 2)))
    }),
    ("module_table_elements_max", |n| probe(&format!("(table {n} funcref)"))),
    ("module_table_elements_max", |n| probe(&format!("(table 1 funcref) (elem (i32.const 0) {})", many("0 ", n)))),
    ("module_custom_bytes_max", |n| {
        let half = n as usize / 2;
        probe(&format!(
            "(@custom \"a\" \"{}\") (@custom \"b\" \"{}\")",
            "y".repeat(half),
            "z".repeat(n as usize - half)
        ))
    }),
    ("module_signatures_max", |n| {
        let signatures = (0..n).map(|i| Signature { key: PublicKey([i as u8; 32]), halves: [[0; 32]; 2] });
        with_signatures(&probe(""), &signatures.collect::<Vec<_>>())
    }),
    ("function_body_bytes_max", |n| body("", &many("nop ", n - 2))),
    ("function_locals_max", |n| body(&many("i64 ", n), "")),
    ("function_loop_nesting_max", |n| body("", &nested("loop", n as usize))),
    ("function_loops_x_locals_max", |n| body("i64", &many("loop end ", n))),
    ("function_loops_x_locals_max", |n| {
        // So many locals that the whole module is far below its own bound.
        let wide = many("loop end ", n / 256);
        let last = if n % 256 == 0 { "" } else { "loop (result i64) i64.const 0 end drop " };
        body(&many("i64 ", 256 - u64::from(n % 256 != 0)), &format!("{wide}{last}"))
    }),
    ("module_loops_x_locals_max", |n| {
        let whole = format!("(func (local {}) {})", many("i64 ", 256), many("loop end ", 16));
        probe(&format!("{} (func (local i64) {})", many(&whole, n / 4_096), many("loop end ", n % 4_096)))
    }),
    ("function_blocks_x_locals_max", |n| {
        let last = if n % 128 == 0 { "block end" } else { "block (result i64) i64.const 0 end drop" };
        body(&many("i64 ", 128), &format!("{}{last}", many("block end ", n / 128 - 1)))
    }),
    ("module_code_weight_max", |n| {
        // Each body weighs its instructions and its end, the probe's too.
        let (mut left, mut bodies) = (n - 1, String::new());
        for calls in [1_000, 100, 10, 1] {
            let heavy = format!("(func {})", many("i32.const 0 call_indirect (type $f) ", calls));
            bodies.push_str(&many(&heavy, left / (calls * 251 + 1)));
            left %= calls * 251 + 1;
        }
        let last = if left == 0 { String::new() } else { format!("(func {})", many("nop ", left - 1)) };
        probe(&format!("(type $f (func)) (table 1 funcref) {bodies} {last}"))
    }),
    ("module_probes_max", |n| {
        let lines: String = (0..n).map(|i| format!("a=fn:a.b{i}:entry\\n")).collect();
        wat(&format!(r#"(module (func (export "a")) (@custom "probe1.at" "{lines}"))"#))
    }),
    ("function_block_depth_max", |n| body("", &nested("block", n as usize))),
    ("br_table_targets_max", |n| body("", &format!("i32.const 0 br_table {}", many("0 ", n + 1)))),
    ("name_bytes_max", |n| probe(&format!("(export \"{}\" (func 0))", "x".repeat(n as usize)))),
    ("name_bytes_max", |n| {
        let name = "x".repeat(n as usize);
        wat(&format!(r#"(module (import "probe1.str" "{name}" (func (result i64))) (func (export "fn:a.b:entry")))"#))
    }),
    ("linear_buckets_max", |n| {
        let import = format!(r#"(import "probe1.lquantize" "x,0,{n},1" (func (param i64 f64)))"#);
        wat(&format!(r#"(module {import} (func (export "fn:a.b:entry")))"#))
    }),
    ("guest_memory_bytes_max", |n| probe(&format!("(memory {})", n.div_ceil(64 << 10)))),
];

/// Held where a module is loaded, not where it is checked; `tests/guest/initialize_*.wat` are its rows.
const AT_START: &[&str] = &["initialize_fuel_max"];

fn many(what: &str, times: u64) -> String {
    what.repeat(times as usize)
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("text")
}

/// One probe, and what else a module may have.
fn probe(rest: &str) -> Vec<u8> {
    wat(&format!(r#"(module (func (export "fn:a.b:entry")) {rest})"#))
}

fn body(locals: &str, code: &str) -> Vec<u8> {
    wat(&format!(r#"(module (func (export "fn:a.b:entry") (local {locals}) {code}))"#))
}

fn rows() -> impl Iterator<Item = (&'static Limit, fn(u64) -> Vec<u8>)> {
    ROWS.iter().map(|(name, make)| (TABLE.iter().find(|l| l.name() == *name).expect("a limit"), *make))
}

#[test]
fn each_cap_takes_what_just_fits_and_refuses_one_more() {
    for (limit, make) in rows() {
        for profile in Profile::ALL {
            check(limit, make, profile);
        }
    }
}

fn check(limit: &Limit, make: fn(u64) -> Vec<u8>, profile: Profile) {
    let (name, most) = (limit.name(), limit.of(profile));
    let what = format!("{name} of profile {}", profile.name());
    let fits = parse_for("fits.wasm", &make(most), &[], profile).unwrap_or_else(|e| panic!("{what}: {e}"));
    // What weighs ten times as much takes ten times as long.
    if profile == Profile::Default || limit.large != limit.value && name != "module_code_weight_max" {
        let (took, bound) =
            (compiling(&what, &fits), profile.of(COMPILE_CPU_SECONDS_MAX, large::COMPILE_CPU_SECONDS_MAX));
        assert!(took < Duration::from_secs(bound), "{what} compiles in {took:?}");
    }
    let error = parse_for("more.wasm", &make(most + 1), &[], profile).map(drop).expect_err(&what);
    let said = error.to_string();
    assert!(said.contains(&format!("(`{name}`)")), "{what}: {said}");
    if let ModuleError::Cap { found, max, .. } = error {
        assert!(max == most && found > most, "{what}: {said}");
    }
    // What the other profile takes is said with the refusal, and only then.
    let hint = error_hint(&make(most + 1), profile);
    let other = profile == Profile::Default && limit.large > limit.value;
    assert_eq!(hint.contains("--profile large"), other, "{what}: {hint}");
}

fn error_hint(bytes: &[u8], profile: Profile) -> String {
    parse_for("more.wasm", bytes, &[], profile).map(drop).expect_err("refused").hint().unwrap_or_default()
}

/// A module that two caps refuse is not promised to a profile that keeps one of them.
#[test]
fn the_large_profile_is_named_only_where_it_helps() {
    let text = format!(r#"(module (memory 40) (func (export "fn:a.b:entry") (local {})))"#, many("i64 ", 257));
    let hint = error_hint(&wat(&text), Profile::Default);
    assert!(hint.starts_with("ask for at most 32 pages") && !hint.contains("--profile large"), "{hint}");
}

#[test]
fn each_cap_of_the_table_has_a_row() {
    let refuses = |l: &&Limit| l.on_reaching.starts_with("refused at load");
    let known = |name: &String| AT_START.contains(&name.as_str()) || ROWS.iter().any(|(row, _)| row == name);
    let without: Vec<String> = TABLE.iter().filter(refuses).map(Limit::name).filter(|name| !known(name)).collect();
    assert_eq!(without, Vec::<String>::new(), "caps without a module that just passes and one that just fails");
}
