//! Compiling from inside an application: which binary, what it is given, what comes back. That the application notices
//! nothing is tested in Python, in a process of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use waspect::compiler::{CompilerError, Source, compile, find, wall};
use waspect::limits::Profile;

const PROBE: &str = r#"(module
    (import "probe1.count" "calls" (func $count (param i64)))
    (func (export "fn:shop.cart.add:entry") (call $count (i64.const 0xfff8000000000000)))
    (func (export "other")))"#;

/// A folder with a program in it.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn script(&self, text: &str) -> PathBuf {
        program(&self.path("script"), text)
    }

    /// The real binary, with a cache of its own.
    fn real(&self) -> PathBuf {
        let binary = env!("CARGO_BIN_EXE_waspect");
        self.script(&format!("XDG_CACHE_HOME={} exec {binary} \"$@\"", self.0.path().display()))
    }
}

fn program(path: &Path, text: &str) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    crate::script::executable(path, text);
    path.canonicalize().unwrap()
}

const WALL: Duration = wall(Profile::Default);

fn source<'a>(text: &'a str, at: &'a [String]) -> Source<'a> {
    Source { name: "p.wat", bytes: text.as_bytes(), at, profile: Profile::Default }
}

#[test]
fn a_module_becomes_an_artifact() {
    let bench = Bench::new();
    let at = ["other=fn:shop.cart.add:exit".to_owned()];
    let artifact = compile(&bench.real(), source(PROBE, &at), WALL).unwrap();
    assert_eq!(artifact.manifest.name, "p.wat");
    let exports: Vec<_> = artifact.manifest.probes.iter().map(|probe| probe.export.as_str()).collect();
    assert_eq!(exports, ["fn:shop.cart.add:entry", "other"]);
    assert!(artifact.code.starts_with(b"\x7fELF"));
}

#[test]
fn a_refusal_keeps_its_stage() {
    check_refusal("module", "(module", &[]);
    check_refusal("module", "garbage", &[]);
    check_refusal("module", "(module (import \"env\" \"system\" (func)))", &[]);
    check_refusal("spec", PROBE, &["other=fn:shop.cart.add:sometimes"]);
    check_refusal("spec", PROBE, &["--output=/etc/passwd"]);
}

fn check_refusal(stage: &str, text: &str, at: &[&str]) {
    let at: Vec<_> = at.iter().map(ToString::to_string).collect();
    match compile(&Bench::new().real(), source(text, &at), WALL).map(drop) {
        Err(error @ CompilerError::Refused(_)) => assert_eq!(error.stage(), stage, "{error}"),
        other => panic!("{text} {at:?}: {other:?}"),
    }
}

#[test]
fn a_compiler_that_misbehaves_is_an_error() {
    check_silent("failed", "echo boom >&2; exit 3", WALL, "gave no answer: it ended with exit code 3: boom");
    check_silent("silent", "exit 0", WALL, "gave no answer: it ended with exit code 0, the other side closed");
    check_silent("killed", "kill -9 $$", WALL, "gave no answer: it ended with exit code 137");
    check_silent("garbage", "echo garbage garbage", WALL, "gave no answer: it ended with exit code 0, frame of");
    check_silent("hangs", "exec sleep 60", Duration::from_millis(300), "it took too long and was ended");
}

fn check_silent(what: &str, script: &str, wall: Duration, expected: &str) {
    let start = Instant::now();
    let error = said_by(script, wall);
    assert!(error.contains(expected), "{what}: {error}");
    assert!(start.elapsed() < Duration::from_secs(8), "{what}");
}

fn said_by(script: &str, wall: Duration) -> String {
    compile(&Bench::new().script(script), source(PROBE, &[]), wall).map(drop).unwrap_err().to_string()
}

#[test]
fn a_compiler_that_is_not_there_is_an_error() {
    let error = compile(Path::new("/nowhere"), source(PROBE, &[]), WALL).map(drop).unwrap_err();
    assert!(error.to_string().contains("exit code 127"), "{error}");
}

#[test]
fn nothing_of_the_application_reaches_the_compiler() {
    let signals = said_by("grep -E '^Sig(Blk|Ign)' /proc/self/status >&2; exit 1", WALL);
    assert!(signals.contains("SigBlk: 0000000000000000 SigIgn: 0000000000000000"), "{signals}");
    let environment = said_by("env >&2; exit 1", WALL);
    assert!(!environment.contains("CARGO") && !environment.contains("PATH=/"), "{environment}");
    // Open across exec, as a C library may leave it.
    let secret = tempfile::Builder::new().prefix("secret").tempfile().unwrap();
    let _inherited = nix::unistd::dup(&secret).unwrap();
    let descriptors = said_by("for fd in /proc/self/fd/*; do readlink $fd; done >&2; exit 1", WALL);
    assert!(descriptors.contains("pipe:") && !descriptors.contains("secret"), "{descriptors}");
}

#[test]
fn what_took_too_long_is_really_gone() {
    let bench = Bench::new();
    let pid = bench.path("pid");
    let script = bench.script(&format!("echo $$ > {}; sleep 60 & wait", pid.display()));
    compile(&script, source(PROBE, &[]), Duration::from_millis(500)).map(drop).unwrap_err();
    let gone = || !Path::new("/proc").join(fs::read_to_string(&pid).unwrap().trim()).exists();
    let start = Instant::now();
    while !gone() && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(gone());
}

#[test]
fn the_binary_is_the_one_that_belongs_to_the_package() {
    let bench = Bench::new();
    let package = bench.path("lib/python3.12/site-packages/waspect");
    let site = package.parent().unwrap();
    fs::create_dir_all(&package).unwrap();
    assert!(matches!(find(&package), Err(CompilerError::Missing(_))));

    let script = program(&bench.path("bin/waspect"), "");
    program(&site.join("waspect/__main__.py"), "");
    let record = site.join("waspect-0.1.0.dist-info/RECORD");
    fs::create_dir_all(record.parent().unwrap()).unwrap();
    fs::write(&record, "waspect/__init__.py,sha256=x,1\n../../../bin/waspect,sha256=y,2\n").unwrap();
    assert_eq!(find(&package).unwrap(), script);

    fs::write(&record, "\"../../../bin/waspect\",sha256=y,2\n").unwrap();
    assert_eq!(find(&package).unwrap(), script);
    fs::set_permissions(&script, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(find(&package), Err(CompilerError::Missing(_))), "not executable");
}

#[test]
fn a_source_checkout_has_its_own() {
    let bench = Bench::new();
    let package = bench.path("python/waspect");
    fs::create_dir_all(&package).unwrap();
    let built = program(&bench.path("target/release/waspect"), "");
    assert!(matches!(find(&package), Err(CompilerError::Missing(_))), "no checkout: no Cargo.toml");
    fs::write(bench.path("Cargo.toml"), "").unwrap();
    assert_eq!(find(&package).unwrap(), built);
}
