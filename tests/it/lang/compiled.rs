//! Programs as files: what the checker says, the module as text, or what its firings wrote, beside them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use waspect::lang::compile;
use waspect::module;

use crate::run::transcript;

/// `tests/lang/check/NAME.probe`: as `waspect check` shows it.
#[test]
fn mistakes() {
    each("tests/lang/check", |file| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shown = file.strip_prefix(root).expect("inside");
        let mut command = Command::new(env!("CARGO_BIN_EXE_waspect"));
        let output = command.current_dir(root).arg("check").arg(shown).output().expect("runs");
        String::from_utf8(output.stderr).expect("UTF-8")
    });
}

/// `tests/lang/emit/NAME.probe`: the module, which keeps every rule.
#[test]
fn modules() {
    each("tests/lang/emit", |file| {
        let compiled = compile(&fs::read_to_string(file).expect("readable"));
        let wasm = compiled.wasm.unwrap_or_else(|| panic!("{}: {:?}", file.display(), compiled.diagnostics.list()));
        module::parse("p", &wasm, &[]).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        wasmprinter::print_bytes(&wasm).expect("a module")
    });
}

/// `tests/lang/run/NAME.probe`: everything that the firings of its head write, behind `# ` as [`crate::run`] has them.
#[test]
fn events() {
    each("tests/lang/run", |file| {
        let source = fs::read_to_string(file).expect("readable");
        let head: Vec<&str> = source.lines().map_while(|line| line.strip_prefix('#')).map(str::trim_start).collect();
        let compiled = compile(&source);
        let wasm = compiled.wasm.unwrap_or_else(|| panic!("{}: {:?}", file.display(), compiled.diagnostics.list()));
        transcript("p", &head, &wasm).join("\n") + "\n"
    });
}

/// What is too much is refused before each of it is given a name; anything else would be minutes.
#[test]
fn so_many_points_and_no_more() {
    for (points, fits) in [(255, true), (256, false), (40_000, false)] {
        let source = format!("begin{} {{ }}", ", begin".repeat(points - 1));
        let start = Instant::now();
        assert_eq!(compile(&source).wasm.is_some(), fits, "{points}");
        assert!(start.elapsed() < Duration::from_secs(5), "{points}: {:?}", start.elapsed());
    }
}

fn each(folder: &str, told: impl Fn(&Path) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(folder).expect("folder").map(|file| file.expect("file").path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|e| e == "probe")).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let (found, beside) = (told(&file), file.with_extension("txt"));
        if std::env::var_os("WASPECT_BLESS").is_some() {
            fs::write(beside, found).expect("written");
        } else {
            let expected = fs::read_to_string(&beside).unwrap_or_default();
            assert_eq!(found, expected, "{}; WASPECT_BLESS=1 writes it anew", beside.display());
        }
    }
}
