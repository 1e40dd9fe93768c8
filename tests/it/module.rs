//! Modules: `tests/module/{good,bad}/*.wat` in, what is known of them or the refusal out.
//!
//! A file's first lines are its directives: `;; at: EXPORT=SPEC` gives an override, `;; = …` are the expected lines, which
//! `WASPECT_BLESS=1` rewrites. Shapes too large to write down are made here.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use waspect::module::{At, ModuleError, parse};
use waspect::spec::{Manifest, Probe};

#[test]
fn good() {
    check_all("good", |r| r.is_ok());
}

#[test]
fn bad() {
    check_all("bad", |r| r.is_err());
}

fn check_all(folder: &str, right: impl Fn(&Result<Manifest, ModuleError>) -> bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/module").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).expect("folder").map(|f| f.expect("file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let wrong: Vec<String> = files.iter().filter_map(|file| check(file, &right)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(file: &Path, right: impl Fn(&Result<Manifest, ModuleError>) -> bool) -> Option<String> {
    let text = fs::read_to_string(file).expect("readable");
    let given = directives(&text, ";; at: ").map(str::parse).collect::<Result<Vec<At>, _>>();
    let name = file.file_name().expect("name").to_string_lossy();
    let result = given.and_then(|at| parse(&name, text.as_bytes(), &at)).map(|m| m.manifest().clone());
    let found = match &result {
        Ok(manifest) => known(manifest),
        Err(e) => refusal(e),
    };
    if std::env::var_os("WASPECT_BLESS").is_some() {
        bless(file, &text, &found);
        return None;
    }
    let expected = directives(&text, ";; = ").collect::<Vec<_>>().join("\n");
    let fine = right(&result) && found == expected;
    (!fine).then(|| format!("{}\n   found:\n{found}\nexpected:\n{expected}\n", file.display()))
}

fn directives<'a>(text: &'a str, prefix: &'static str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| line.strip_prefix(prefix))
}

fn bless(file: &Path, text: &str, found: &str) {
    let (head, body): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with(";;"));
    let mut out = String::new();
    head.iter().filter(|line| !line.starts_with(";; = ")).for_each(|line| writeln!(out, "{line}").expect("string"));
    found.lines().for_each(|line| writeln!(out, ";; = {line}").expect("string"));
    body.iter().for_each(|line| writeln!(out, "{line}").expect("string"));
    fs::write(file, out).expect("writable");
}

fn refusal(e: &ModuleError) -> String {
    // The excerpt of a text error has as many lines as the source it shows.
    let message = e.to_string().lines().next().unwrap_or("").to_owned();
    e.hint().map_or_else(|| message.clone(), |hint| format!("{message}\nhint: {hint}"))
}

fn known(manifest: &Manifest) -> String {
    let mut lines: Vec<String> = manifest.probes.iter().map(probe).collect();
    if let Some(memory) = manifest.memory {
        lines.push(format!("memory {} {:?}", memory.pages_min, memory.pages_max));
    }
    if manifest.has_initialize {
        lines.push("initialize".to_owned());
    }
    lines.join("\n")
}

fn probe(probe: &Probe) -> String {
    let wants = &probe.wants;
    let mut out = format!("{} is {} args {:?}", probe.export, probe.spec, wants.args);
    let flags = [
        (probe.status, "status"),
        (wants.any_arg, "any_arg"),
        (wants.elapsed, "elapsed"),
        (wants.slots, "slots"),
        (wants.emits, "emits"),
    ];
    flags.iter().filter(|(set, _)| *set).for_each(|(_, name)| out.extend([" ", *name]));
    out
}

/// One probe whose body is given, in text.
fn with_body(locals: usize, body: &str) -> String {
    let locals = "i64 ".repeat(locals);
    format!("(module (func (export \"fn:a.b:entry\") (local {locals}) {body}))")
}

fn nested(word: &str, depth: usize) -> String {
    format!("{} {}", format!("{word} ").repeat(depth), "end ".repeat(depth))
}

/// Refused (or taken) quickly, with this beginning.
fn check_made(text: &str, expected: &str) {
    check_bytes(&wat::parse_str(text).expect("text"), expected);
}

fn check_bytes(bytes: &[u8], expected: &str) {
    let start = Instant::now();
    let found = parse("made.wasm", bytes, &[]).map_or_else(|e| refusal(&e), |m| known(m.manifest()));
    assert!(start.elapsed() < Duration::from_millis(500), "{expected}: took {:?}", start.elapsed());
    assert!(found.starts_with(expected), "   found: {found}\nexpected: {expected}");
}

#[test]
fn shapes() {
    let function = "function `fn:a.b:entry` has ";
    let cases = [
        (
            with_body(512, &nested("loop", 64)),
            "512 locals, expected at most 256 (`function_locals_max`)\nhint: build in release",
        ),
        (with_body(256, &nested("loop", 64)), "9 nested loops, expected at most 8 (`function_loop_nesting_max`)"),
        (with_body(256, &nested("loop", 200)), "9 nested loops"),
        (
            with_body(256, &"loop end ".repeat(17)),
            "4352 loops x locals, expected at most 4096 (`function_loops_x_locals_max`)",
        ),
        (
            with_body(200, &"block end ".repeat(400)),
            "65600 blocks x locals, expected at most 65536 (`function_blocks_x_locals_max`)",
        ),
        (with_body(0, &nested("block", 513)), "513 nested blocks, expected at most 512 (`function_block_depth_max`)"),
        (
            with_body(0, &format!("i32.const 0 br_table {}", "0 ".repeat(1_026))),
            "1025 br_table targets, expected at most 1024 (`br_table_targets_max`)",
        ),
        (
            with_body(0, &"nop ".repeat(33_000)),
            "33002 bytes of code, expected at most 32768 (`function_body_bytes_max`)",
        ),
    ];
    for (text, expected) in cases {
        check_made(&text, &format!("{function}{expected}"));
    }
    check_made(&with_body(256, &"loop end ".repeat(16)), "fn:a.b:entry is fn:a.b:entry args []");
    check_made(&with_body(0, &nested("loop", 8)), "fn:a.b:entry is fn:a.b:entry args []");
}

#[test]
fn sizes() {
    let many = |what: &str, n: usize| format!("(module {} (func (export \"fn:a.b:entry\")))", what.repeat(n));
    let loops = format!("(func (local {}) {})", "i64 ".repeat(256), "loop end ".repeat(16));
    let wide = format!("(type (func (param {})))", "i64 ".repeat(65));
    for (text, expected) in [
        (many("(func)", 2_000), "module has 2001 functions, expected at most 2000 (`module_functions_max`)"),
        (many("(global i32 (i32.const 0))", 1_001), "module has 1001 globals"),
        (
            format!("(module (memory 1) {})", "(data (i32.const 0) \"x\")".repeat(1_001)),
            "module has 1001 data and element segments",
        ),
        (
            format!("(module (func) (table 9 funcref) (elem (i32.const 0) {}))", "0 ".repeat(4_097)),
            "table has 4097 elements, expected at most 4096",
        ),
        (many(&loops, 17), "module has 69632 loops x locals, expected at most 65536 (`module_loops_x_locals_max`)"),
        (many(&wide, 1), "type 0 has 65 parameters and results, expected at most 64 (`type_values_max`)"),
    ] {
        check_made(&text, expected);
    }
    let types: String = (0..1_001).map(|_| "(type (func))").collect();
    check_made(&format!("(module {types})"), "module has 1001 types");
    let exports: String = (0..257).map(|i| format!("(export \"f{i}\" (func 0))")).collect();
    check_made(&format!("(module (func) {exports})"), "module has 257 exports");
    let imports: String = (0..257).map(|i| format!("(import \"probe1.str\" \"{i}\" (func (result i64)))")).collect();
    check_made(&format!("(module {imports})"), "module has 257 imports");
    let custom = format!("(@custom \"x\" \"{}\")", "y".repeat(65_537));
    check_made(&format!("(module {custom})"), "module has 65537 bytes of custom sections");
    let data = format!("(module (memory 5) (data (i32.const 0) \"{}\"))", "y".repeat(256 << 10));
    check_made(&data, "module has 262169 bytes, expected at most 262144 (`module_bytes_max`)");
    check_bytes(format!("({})", " ".repeat(2 << 20)).as_bytes(), "module has 2097154 bytes of text");
}

/// Bytes nobody's compiler makes.
#[test]
fn hostile() {
    let magic = b"\0asm\x01\0\0\0";
    let with = |rest: &[u8]| [magic.as_slice(), rest].concat();
    let cases: &[(&[u8], &str)] = &[
        (b"", "expected a wasm module"),
        (b"MZ\x90\0", "expected a wasm module"),
        (b"\0asm", "module is not valid: unexpected end"),
        (b"\0asm\x02\0\0\0", "module is not valid: unknown binary version"),
        (b"\0asm\x0d\0\x01\0", "expected a core module, found a component"),
        (magic, "module has no probe"),
    ];
    for (bytes, expected) in cases {
        check_bytes(bytes, expected);
    }
    // A section that claims four thousand million entries, of each kind.
    for (id, expected) in [
        (1, "types"),
        (2, "imports"),
        (3, "functions"),
        (6, "globals"),
        (7, "exports"),
        (9, "data and"),
        (11, "data and"),
    ] {
        let claim = with(&[id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]);
        check_bytes(&claim, &format!("module has 4294967295 {expected}"));
    }
    for id in [4, 5, 8, 10, 12, 13, 99] {
        assert!(parse("x", &with(&[id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]), &[]).is_err());
    }
    // A length that does not end, a name that is no text, a section longer than the file.
    check_bytes(&with(&[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]), "module is not valid: ");
    check_bytes(&with(&[0, 3, 2, 0xff, 0xfe]), "module is not valid: malformed UTF-8");
    check_bytes(&with(&[1, 100, 0]), "module is not valid: ");
    // Locals: a few bytes that claim 4 294 967 295 of them, and twice that.
    let body = |locals: &[u8]| {
        let size = u8::try_from(locals.len() + 1).expect("short");
        let code = [&[10, size + 2, 1, size], locals, &[0x0b]].concat();
        with(&[&[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0], code.as_slice()].concat())
    };
    check_bytes(&body(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7e]), "function 0 has 4294967295 locals");
    let twice = [2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f];
    check_bytes(&body(&twice), "function 0 is not valid: too many locals");
}

/// Every prefix and every flipped byte of a valid module is answered, never with a panic.
#[test]
fn damaged() {
    let text = include_str!("../module/good/everything.wat");
    let whole = wat::parse_str(text).expect("text");
    for end in 0..whole.len() {
        let _ = parse("cut.wasm", &whole[..end], &[]);
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            if let Err(e) = parse("flipped.wasm", &bytes, &[]) {
                let _ = (e.to_string(), e.hint());
            }
        }
    }
}

/// Results and block types whose product is large although every factor is small.
#[test]
fn products() {
    let values = "i64 ".repeat(32);
    let ty = format!("(type $t (func (param {values}) (result {values})))");
    let with_blocks = |n| {
        let blocks = "block (type $t) unreachable end ".repeat(n);
        format!("(module {ty} (func (export \"fn:a.b:entry\") unreachable {blocks} unreachable))")
    };
    check_made(&with_blocks(1_024), "fn:a.b:entry is");
    check_made(&with_blocks(1_025), "function `fn:a.b:entry` has 65600 blocks x locals");
}
