//! Programs as files: text and mistakes beside them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use waspect::lang::format::format;
use waspect::lang::parser::parse;

use super::tree::same;

#[test]
fn programs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang/parse");
    let files = fs::read_dir(folder).expect("folder").map(|file| file.expect("file").path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|e| e == "probe")).collect();
    files.sort();
    assert!(!files.is_empty());
    let wrong: Vec<String> = files.iter().filter_map(|file| check(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(file: &Path) -> Option<String> {
    let source = fs::read_to_string(file).expect("readable");
    let found = match format(&source) {
        Ok(formatted) => well(&source, &formatted),
        Err(_) => mistakes(file),
    };
    let beside = file.with_extension("txt");
    if std::env::var_os("WASPECT_BLESS").is_some() {
        fs::write(beside, found).expect("written");
        return None;
    }
    let expected = fs::read_to_string(beside).unwrap_or_default();
    (found != expected).then(|| format!("{}\n   found:\n{found}\nexpected:\n{expected}", file.display()))
}

/// Formatted again it is the same text, and the same program.
fn well(source: &str, formatted: &str) -> String {
    same(source, formatted);
    let mut text = formatted.to_owned();
    for one in parse(source).diagnostics.list() {
        let line = source[..one.span.start as usize].matches('\n').count() + 1;
        writeln!(text, "== line {line}: {}", one.message).expect("string");
    }
    text
}

/// As `waspect fmt` shows them.
fn mistakes(file: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_waspect"));
    let shown = file.strip_prefix(root).expect("inside");
    let output = command.current_dir(root).args(["fmt", "--check"]).arg(shown).output().expect("runs");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// Nothing takes longer than its length says; anything else would be hours. Unoptimized, on a busy machine, it takes long.
#[test]
fn a_megabyte_of_anything_is_quickly_refused() {
    let repeated = [
        "(",
        "\"\\\" ",
        "fn:",
        "{ ",
        "@x[",
        "a ? ",
        "if (a) {",
        "log(\"{",
        "- ",
        "/* ",
        "fn:a.b:entry{",
        "x;",
        "\u{fc} ",
    ];
    for piece in repeated {
        let source = piece.repeat((1 << 20) / piece.len());
        let start = Instant::now();
        let parsed = parse(&source);
        assert!(parsed.diagnostics.has_errors(), "{piece}");
        assert!(start.elapsed() < Duration::from_secs(5), "{piece}: {:?}", start.elapsed());
    }
    let long = format!("fn:a.b:entry {{ capture(\"{}\"); }}", "a".repeat(1 << 20));
    assert!(parse(&long).diagnostics.list()[0].message.starts_with("expected at most 1048576 bytes"));
}
