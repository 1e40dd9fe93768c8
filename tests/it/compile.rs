//! From module to artifact: the limited child, the cache and its seal. The child is the real binary, or a script in its place
//! that misbehaves as no compiler can be made to.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;
use waspect::compile::{Bound, Bounds, Cache, CompileError, Compiler, Options, Source, artifact};
use waspect::limits::Profile;
use waspect::seal::{self, Folder, SealError};
use waspect::spec::Manifest;

const SMALL: &str = r#"(module (func (export "f") (result i32) (i32.const 1)))"#;
const OTHER: &str = r#"(module (func (export "f") (result i32) (i32.const 2)))"#;

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn manifest() -> Manifest {
    Manifest {
        name: "test.wasm".into(),
        sha256: [0; 32],
        wasm_bytes: 0,
        memory: None,
        probes: vec![],
        imports: vec![],
        has_initialize: false,
        is_placed: false,
        signed: waspect::signature::Signed::default(),
        profile: Profile::Default,
    }
}

/// A cache of its own, in a folder that is not there yet.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn cache(&self) -> PathBuf {
        self.0.path().join("waspect")
    }

    fn options(&self) -> Options {
        Options {
            cache: Cache::At(self.cache()),
            bounds: Bounds::default(),
            compiler: Compiler(env!("CARGO_BIN_EXE_waspect").into()),
        }
    }

    fn compile(&self, text: &str) -> (Vec<u8>, Source) {
        let (artifact, source) = artifact(&wasm(text), &manifest(), &self.options()).unwrap();
        (artifact.code, source)
    }

    /// The only entry.
    fn entry(&self) -> PathBuf {
        let mut entries = self.names().into_iter().filter(|name| name.ends_with(".cwasm"));
        let entry = self.cache().join(entries.next().unwrap());
        assert_eq!(entries.next(), None);
        entry
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.cache()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}

fn trouble(source: &Source) -> String {
    match source {
        Source::Cache => "cache".into(),
        Source::Compiled { trouble: None, .. } => String::new(),
        Source::Compiled { trouble: Some(why), .. } => why.to_string(),
    }
}

#[test]
fn the_second_time_it_comes_from_the_cache() {
    let home = Home::new();
    let (first, source) = home.compile(SMALL);
    assert_eq!(trouble(&source), "");
    let (second, source) = home.compile(SMALL);
    assert_eq!((trouble(&source).as_str(), first), ("cache", second));
    assert_eq!(mode(&home.cache()), 0o700);
    assert_eq!((mode(&home.entry()), mode(&home.cache().join("key"))), (0o600, 0o600));
}

/// What a module was checked against is part of what its code is kept under.
#[test]
fn a_profile_has_entries_of_its_own() {
    let home = Home::new();
    home.compile(SMALL);
    let large = Manifest { profile: Profile::Large, ..manifest() };
    let (made, source) = artifact(&wasm(SMALL), &large, &home.options()).unwrap();
    assert_eq!((trouble(&source).as_str(), made.manifest.profile), ("", Profile::Large));
    assert_eq!(home.names().iter().filter(|name| name.ends_with(".cwasm")).count(), 2);
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn the_cache_can_be_off() {
    let home = Home::new();
    let options = Options { cache: Cache::Off, ..home.options() };
    let (_, source) = artifact(&wasm(SMALL), &manifest(), &options).unwrap();
    assert_eq!(trouble(&source), "");
    assert!(!home.cache().exists());
}

#[test]
fn what_is_not_believed_is_made_anew_and_told() {
    const UNBELIEVED: &str = "the seal does not match";
    check_spoiled("last byte changed", UNBELIEVED, |home| change(&home.entry(), |b| *b.last_mut().unwrap() ^= 1));
    check_spoiled("middle byte changed", UNBELIEVED, |home| change(&home.entry(), |b| b[1000] ^= 0x80));
    check_spoiled("seal changed", UNBELIEVED, |home| change(&home.entry(), |b| b[12] ^= 1));
    check_spoiled("byte more", UNBELIEVED, |home| change(&home.entry(), |b| b.push(0)));
    check_spoiled("byte less", UNBELIEVED, |home| change(&home.entry(), |b| b.truncate(b.len() - 1)));
    check_spoiled("no body", UNBELIEVED, |home| change(&home.entry(), |b| b.truncate(44)));
    check_spoiled("half a seal", UNBELIEVED, |home| change(&home.entry(), |b| b.truncate(30)));
    check_spoiled("half a head", "expected a waspect artifact", |home| change(&home.entry(), |b| b.truncate(5)));
    check_spoiled("empty", "expected a waspect artifact", |home| change(&home.entry(), Vec::clear));
    check_spoiled("another format", "format 77", |home| change(&home.entry(), |b| b[8] = 77));
    check_spoiled("machine code without a seal", "expected a waspect artifact", |home| {
        change(&home.entry(), |b| drop(b.drain(..44)));
    });
    check_spoiled("key replaced", UNBELIEVED, |home| fs::write(home.cache().join("key"), [7; 32]).unwrap());
    check_spoiled("key cut", UNBELIEVED, |home| fs::write(home.cache().join("key"), [7; 16]).unwrap());
    check_spoiled("key gone", UNBELIEVED, |home| fs::remove_file(home.cache().join("key")).unwrap());
    check_spoiled("key readable for others", UNBELIEVED, |home| {
        fs::set_permissions(home.cache().join("key"), fs::Permissions::from_mode(0o644)).unwrap();
    });
    check_spoiled("sealed, but for another module", UNBELIEVED, |home| {
        let entry = home.entry();
        let kept = fs::read(&entry).unwrap();
        fs::remove_file(&entry).unwrap();
        home.compile(OTHER);
        let other = home.entry();
        fs::rename(&other, &entry).unwrap();
        assert_ne!(fs::read(&entry).unwrap(), kept);
    });
}

fn check_spoiled(what: &str, expected: &str, spoil: impl Fn(&Home)) {
    let home = Home::new();
    let (first, _) = home.compile(SMALL);
    spoil(&home);
    let (second, source) = home.compile(SMALL);
    let told = trouble(&source);
    assert!(told.starts_with("not taken from the cache and made anew: ") && told.contains(expected), "{what}: {told}");
    assert_eq!(first, second, "{what}");
    assert_eq!(trouble(&home.compile(SMALL).1), "cache", "{what}: the entry is good again");
}

fn change(path: &Path, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    edit(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_folder_that_is_not_private_is_not_used() {
    check_folder("symbolic link", "is a symbolic link or no directory", |path| {
        fs::create_dir(path.with_extension("real")).unwrap();
        symlink(path.with_extension("real"), path).unwrap();
    });
    check_folder("dangling link", "waspect", |path| symlink("/nowhere", path).unwrap());
    check_folder("file", "is a symbolic link or no directory", |path| fs::write(path, "").unwrap());
    check_folder("open to others", "has mode 755, expected nothing for group and others", |path| {
        fs::create_dir(path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    });
    if nix::unistd::geteuid().is_root() {
        check_folder("of another user", "belongs to user 12345, expected 0", |path| {
            fs::create_dir(path).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
            std::os::unix::fs::chown(path, Some(12345), None).unwrap();
        });
    }
}

fn check_folder(what: &str, expected: &str, make: impl Fn(&Path)) {
    let home = Home::new();
    make(&home.cache());
    for _ in 0..2 {
        let told = trouble(&home.compile(SMALL).1);
        assert!(told.starts_with("no cache: ") && told.contains(expected), "{what}: {told}");
    }
}

#[test]
fn without_a_writable_place_it_compiles_anyway() {
    let home = Home::new();
    let options = Options { cache: Cache::At("/proc/waspect".into()), ..home.options() };
    let (_, source) = artifact(&wasm(SMALL), &manifest(), &options).unwrap();
    assert!(trouble(&source).starts_with("no cache: `/proc/waspect`"), "{source:?}");
}

#[test]
fn many_at_once_agree_on_one_key_and_one_entry() {
    let home = Home::new();
    let all = std::thread::scope(|scope| {
        let each: Vec<_> = (0..6).map(|_| scope.spawn(|| home.compile(SMALL))).collect();
        each.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(all.iter().all(|(code, _)| *code == all[0].0));
    assert_eq!(trouble(&home.compile(SMALL).1), "cache");
    assert_eq!(home.names().len(), 2, "key and entry, no scratch: {:?}", home.names());
}

#[test]
fn the_oldest_goes_first_and_the_key_never() {
    let home = Home::new();
    let folder = Folder::at(&home.cache()).unwrap();
    folder.key().unwrap();
    let hours = |n: u64| SystemTime::now() - Duration::from_secs(n * 3_600);
    for (name, age) in [("a.cwasm", 5), ("b.cwasm", 2), ("c.cwasm", 3), (".tmp-left", 4), (".tmp-now", 0)] {
        folder.write(name, &[0; 1000]).unwrap();
        fs::File::options().write(true).open(home.cache().join(name)).unwrap().set_modified(hours(age)).unwrap();
    }
    folder.trim(3_100).unwrap();
    let mut names = home.names();
    names.sort();
    assert_eq!(names, [".tmp-now", "b.cwasm", "c.cwasm", "key"]);
}

#[test]
fn a_sealed_file_is_believed_only_by_who_sealed_it() {
    let (home, stranger) = (Home::new(), Home::new());
    let (mine, theirs) = (Folder::at(&home.cache()).unwrap(), Folder::at(&stranger.cache()).unwrap());
    let (made, _) = artifact(&wasm(SMALL), &manifest(), &home.options()).unwrap();
    let file = seal::save(&mine, &made).unwrap();
    assert!(seal::is_sealed(&file));
    assert_eq!(seal::load(&mine, &file).unwrap(), made);
    assert!(matches!(seal::load(&theirs, &file), Err(SealError::Broken)));
    assert!(matches!(seal::load(&mine, &wasm(SMALL)), Err(SealError::NotSealed(_))));
    // An entry of the cache is sealed too, but for another purpose.
    assert!(matches!(seal::load(&mine, &fs::read(home.entry()).unwrap()), Err(SealError::Broken)));
    for at in 0..file.len() {
        let mut spoiled = file.clone();
        spoiled[at] ^= 1;
        assert!(seal::load(&mine, &spoiled).is_err(), "byte {at}");
    }
}

#[test]
fn what_a_process_lends_it_takes_back() {
    let home = Home::new();
    let (made, _) = artifact(&wasm(SMALL), &manifest(), &home.options()).unwrap();
    let lent = seal::lend(&made).unwrap();
    assert_eq!(seal::take(&lent).unwrap(), made);
    let folder = Folder::at(&home.cache()).unwrap();
    assert!(matches!(seal::load(&folder, &lent), Err(SealError::Broken)));
}

/// Why there is no artifact. (`unwrap_err` would print one.)
fn refusal(bytes: &[u8], options: &Options) -> CompileError {
    artifact(bytes, &manifest(), options).map(drop).unwrap_err()
}

/// Valid, small, and slow to compile: nested loops that all use all locals. `module` would refuse it.
fn bomb() -> Vec<u8> {
    use std::fmt::Write as _;
    const LOOPS: usize = 64;
    const LOCALS: usize = 512;
    let mut text = format!("(module (func (export \"f\") (param i32) (result i64) (local{})", " i64".repeat(LOCALS));
    (0..LOOPS).for_each(|_| text.push_str("(loop "));
    for i in 1..=LOCALS {
        write!(text, "(local.set {i} (i64.add (local.get {i}) (i64.const 1)))").unwrap();
    }
    (0..LOOPS).for_each(|_| text.push_str("(br_if 0 (local.get 0)))"));
    text.push_str("(i64.const 0)");
    (1..=LOCALS).for_each(|i| write!(text, "(i64.xor (local.get {i}))").unwrap());
    text.push_str("))");
    wasm(&text)
}

#[test]
fn the_bound_that_ended_it_is_named() {
    let wide = Bounds::default();
    check_bound(Bounds { cpu_seconds: 1, ..wide }, Bound::Cpu, "more than 1 s of CPU (`compile_cpu_seconds_max`)");
    check_bound(
        Bounds { memory_bytes: 48 << 20, ..wide },
        Bound::Memory,
        "more than 50331648 bytes of memory (`compile_memory_bytes_max`)",
    );
    check_bound(
        Bounds { wall: Duration::from_millis(100), ..wide },
        Bound::Wall,
        "longer than 100ms (`compile_wall_seconds_max`)",
    );
}

fn check_bound(bounds: Bounds, expected: Bound, text: &str) {
    let options = Options { cache: Cache::Off, bounds, ..Home::new().options() };
    let start = Instant::now();
    let error = refusal(&bomb(), &options);
    let CompileError::Limit { limit, .. } = error else { panic!("{expected:?}: {error}") };
    assert_eq!(limit, expected);
    assert_eq!(error.to_string(), format!("compiling took {text}"));
    assert!(start.elapsed() < Duration::from_secs(9), "{expected:?}");
}

#[test]
fn a_child_that_misbehaves_is_an_error_with_its_words() {
    let wall = Bounds::default().wall;
    check_script("killed", "kill -9 $$", wall, "the compiler was ended by SIGKILL");
    check_script("crashed", "echo oh no >&2; kill -SEGV $$", wall, "the compiler was ended by SIGSEGV: oh no");
    check_script("failed", "echo lost >&2; exit 3", wall, "the compiler ended with exit code 3, expected 0: lost");
    check_script("silent", "exit 0", wall, "the compiler's answer is not understood: the other side closed");
    check_script("garbage", "echo garbage garbage garbage", wall, "the compiler's answer is not understood: frame of");
    check_script(
        "not machine code",
        r"printf '\002\0\0\0\0\0'",
        wall,
        "expected one compiled module, found other bytes",
    );
    let short = Duration::from_millis(300);
    check_script("hangs", "exec sleep 60", short, "compiling took longer than 300ms");
    check_script("hangs without pipes", "exec >&- 2>&- sleep 60", short, "compiling took longer than 300ms");
    check_script("talks for ever", "exec cat /dev/zero", short, "compiling took longer than 300ms");
    let environment = script_error("env >&2; exit 1", wall);
    assert!(!environment.contains("CARGO") && !environment.contains("HOME="), "{environment}");
}

fn check_script(what: &str, script: &str, wall: Duration, expected: &str) {
    let start = Instant::now();
    let text = script_error(script, wall);
    assert!(text.contains(expected), "{what}: {text}");
    assert!(start.elapsed() < Duration::from_secs(8), "{what}");
}

/// What comes of a compiler that is this shell script.
fn script_error(script: &str, wall: Duration) -> String {
    let home = Home::new();
    let program = home.0.path().join("compiler");
    crate::script::executable(&program, script);
    let bounds = Bounds { wall, ..Bounds::default() };
    let options = Options { cache: Cache::Off, bounds, compiler: Compiler(program.into()) };
    refusal(&wasm(SMALL), &options).to_string()
}

#[test]
fn a_compiler_that_is_not_there_is_said() {
    let options = Options { cache: Cache::Off, compiler: Compiler("/nowhere".into()), ..Options::default() };
    let error = refusal(&wasm(SMALL), &options);
    assert!(error.to_string().starts_with("the compiler cannot be started: "), "{error}");
}

#[test]
fn the_engine_takes_lime1_and_nothing_else() {
    for text in [
        "(func (param i32) (result i32) (i32.extend8_s (local.get 0)))",
        "(func (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0)))",
        "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 9)))",
        "(memory 1) (func (memory.copy (i32.const 0) (i32.const 0) (i32.const 9)))",
        "(func (result i32 i32) (i32.const 0) (i32.const 1))",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
        "(global (export \"g\") (mut i32) (i32.const 1))",
        "(table 1 funcref) (func (call_indirect (i32.const 0)))",
    ] {
        assert_eq!(engine_refusal(text), None, "{text}");
    }
    for text in [
        "(func (result v128) (v128.const i64x2 0 0))",
        "(func (return_call 0))",
        "(memory 1) (memory 1)",
        "(memory i64 1)",
        "(memory 1 1 shared)",
        "(memory 1 (pagesize 1))",
        "(func (param externref))",
        "(func (result funcref) (ref.null func))",
        "(table 1 funcref) (table 1 funcref)",
        "(table 1 funcref) (func (table.fill (i32.const 0) (ref.null func) (i32.const 0)))",
        "(memory 1) (data \"x\") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(tag) (func (throw 0))",
        "(type (struct)) (func (drop (struct.new 0)))",
        "(type (func)) (func (param (ref 0)))",
        "(func (result i64 i64) (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))",
        "(func (atomic.fence))",
    ] {
        assert!(engine_refusal(text).is_some(), "{text}");
    }
}

/// Why the engine itself refuses a module, whatever `module` says of it.
fn engine_refusal(fields: &str) -> Option<String> {
    let options = Options { cache: Cache::Off, ..Home::new().options() };
    match artifact(&wasm(&format!("(module {fields})")), &manifest(), &options) {
        Ok(_) => None,
        Err(CompileError::Refused(why)) => Some(why),
        Err(other) => panic!("{fields}: {other}"),
    }
}

#[test]
fn what_is_no_module_does_not_compile() {
    for bytes in [&b""[..], b"\0asm", b"garbage", b"\0asm\x01\0\0\0\xff"] {
        let options = Options { cache: Cache::Off, ..Home::new().options() };
        let error = refusal(bytes, &options);
        assert!(matches!(error, CompileError::Refused(_)), "{error}");
    }
}

#[test]
fn one_nan_on_every_machine() {
    // Two engines would not do: what is asked is that the compiler's flag is really on.
    let engine = waspect::engine::engine().unwrap();
    assert_eq!(engine.get_cranelift_nan_canonicalization(), Some(true));
}
