//! `waspect new` and `waspect build`, with the real cargo and the real wasm target.
//!
//! In: names, folders, tools that are there or not. Out: exit code, both streams, files. Never here: a registry; cargo's
//! home is an empty folder.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// A folder for one test, where commands run.
struct Place {
    folder: TempDir,
    path: Option<String>,
}

impl Place {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), path: std::env::var("PATH").ok() }
    }

    /// With nothing on PATH but these scripts, by name.
    fn with_tools(tools: &[(&str, &str)]) -> Self {
        let mut place = Self::new();
        place.path = Some(place.at("bin"));
        place.write("bin/none", "");
        for (tool, text) in tools {
            let path = place.at(&format!("bin/{tool}"));
            crate::script::executable(path.as_ref(), &text.replace('@', &place.at("")));
        }
        place
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        self.at(name)
    }

    /// A crate of one file that needs no SDK.
    fn write_crate(&self, name: &str, manifest: &str, code: &str) {
        let last = name.rsplit('/').next().unwrap();
        let begin = format!("[package]\nname = \"{last}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        self.write(&format!("{name}/Cargo.toml"), &format!("{begin}{manifest}"));
        self.write(&format!("{name}/src/lib.rs"), code);
    }

    /// The environment has no more than what finds the tools.
    fn command(&self, program: &str, folder: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.at(folder)).args(args).env_clear().stdin(Stdio::null());
        for name in ["HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(self.path.as_ref().map(|path| ("PATH", path)));
        command.env("CARGO_HOME", self.at("cargo-home")).env("CARGO_TERM_COLOR", "never");
        command
    }

    fn waspect(&self, args: &str) -> Output {
        let args: Vec<&str> = if args.is_empty() { Vec::new() } else { args.split(' ').collect() };
        self.command(env!("CARGO_BIN_EXE_waspect"), "", &args).output().unwrap()
    }

    /// Exit code, and what each stream contains; gives stdout and stderr.
    fn check(&self, args: &str, code: i32, out: &str, err: &str) -> (String, String) {
        expect(&format!("waspect {args}"), &self.waspect(args), code, out, err)
    }

    /// The names in the folder, sorted, but for tools and cargo's own.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name != "cargo-home" && name != "bin").collect();
        names.sort();
        names
    }
}

fn expect(what: &str, found: &Output, code: i32, out: &str, err: &str) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&found.stdout), text(&found.stderr));
    let said = format!("{what}\nstdout: {stdout}\nstderr: {stderr}");
    assert_eq!(found.status.code(), Some(code), "{said}");
    assert!(stdout.contains(out) && stderr.contains(err), "expected {out:?} and {err:?} of {said}");
    (stdout, stderr)
}

#[test]
fn names_that_are_refused() {
    let place = Place::new();
    let long = "a".repeat(65);
    for (name, err) in [
        ("9a", "error: name \"9a\": '9' does not belong at character 1\nhint: a name is lower-case letters and digits"),
        ("Slow", "'S' does not belong at character 1"),
        ("slow.calls", "'.' does not belong at character 5"),
        ("../slow", "'.' does not belong at character 1"),
        ("a/b", "'/' does not belong at character 2"),
        ("aé", "'é' does not belong at character 2"),
        ("a\nb", "error: name \"a\\nb\": '\\n' does not belong at character 2"),
        ("_a", "'_' does not belong at character 1"),
        ("a--b", "'-' does not belong at character 3"),
        ("a-", "'-' does not belong at the end"),
        (&long, "expected at most 64 bytes, found 65"),
        ("fn", "error: name \"fn\" is reserved by Rust\nhint: for example `fn_probe`"),
        ("proc-macro", "is reserved by Rust"),
        ("waspect-probe", "`waspect_` begins the names of the SDK"),
    ] {
        place.check(&format!("new rust {name}"), 2, "", err);
    }
    let empty = place.command(env!("CARGO_BIN_EXE_waspect"), "", &["new", "rust", ""]).output().unwrap();
    expect("an empty name", &empty, 2, "", "error: name \"\": it is empty");
    assert_eq!(place.names(""), [""; 0]);
}

#[test]
fn nothing_is_overwritten() {
    let place = Place::new();
    place.write("sdk/rust/Cargo.toml", "[package]\nname = \"waspect-probe\"\n");
    place.write("full/notes.txt", "mine");
    place.write("file", "mine");
    fs::create_dir(place.at("empty")).unwrap();
    std::os::unix::fs::symlink("nowhere", place.at("link")).unwrap();
    let hint = "\nhint: nothing was written; choose another name, or move what is there\n";
    let full = format!("error: folder `full` exists and is not empty{hint}");
    for (name, err) in [("full", full.as_str()), ("file", hint), ("link", hint)] {
        place.check(&format!("new rust {name}"), 2, "", err);
    }
    place.check("new rust empty --sdk sdk", 0, "empty/src/lib.rs", "");
    assert_eq!(place.names("empty"), [".cargo", ".gitignore", "Cargo.toml", "README.md", "src"]);
    assert_eq!(place.names(""), ["empty", "file", "full", "link", "sdk"]);
    assert_eq!(place.names("full"), ["notes.txt"]);
    assert_eq!(fs::read_to_string(place.at("file")).unwrap(), "mine");
}

#[test]
fn what_cannot_begin_a_probe_is_said() {
    let place = Place::new();
    place.write("sdk/rust/Cargo.toml", "[package]\nname = \"another\"\n");
    for (args, err) in [
        ("new", "Usage: waspect new"),
        ("new rust", "<NAME>"),
        ("new cobol a", "[possible values: rust]"),
        ("new rust a --sdk sdk", "error: `sdk` is no SDK\nhint: an SDK has the crate `waspect-probe` in `rust/`"),
        ("new rust a --sdk nowhere", "error: `nowhere` is no SDK"),
        ("new rust a --target fn:a.b:exot", "found `exot` at byte 7 of spec `fn:a.b:exot`\nhint: did you mean `exit`?"),
        ("new rust a --target fn:a.b:entry", "expected point `exit`, `return` or `raise`, found `entry`\nhint: at"),
        ("new rust a --target fn:a.b:exit#x", "expected a spec without a tag, found `#x`\nhint: there are two probes"),
    ] {
        place.check(args, 2, "", err);
    }
    assert_eq!(place.names(""), ["sdk"]);
}

/// From nothing to a module that is taken, by cargo without a registry and without a warning.
#[test]
fn a_probe_builds_and_passes_its_test_as_it_is() {
    let place = Place::new();
    // A workspace around it, which it must not join.
    place.write("Cargo.toml", "[workspace]\nmembers = []\n");
    let next = "\nNext:\n  (cd slow-calls && cargo test)\n  waspect build slow-calls\n  \
                waspect run -p slow-calls/target/wasm32-unknown-unknown/release/slow_calls.wasm -- -m shop\n";
    place.check("new rust slow-calls", 0, next, "");
    assert_eq!(place.names("slow-calls"), [".cargo", ".gitignore", "Cargo.toml", "README.md", "sdk", "src"]);

    let (_, said) = cargo(&place, "slow-calls", "test --offline", "test tests::a_slow_call_is_recorded ... ok");
    assert!(!said.contains("warning"), "{said}");
    cargo(&place, "slow-calls", "fmt --check", "");

    let wasm = "slow-calls/target/wasm32-unknown-unknown/release/slow_calls.wasm";
    let (made, said) = place.check("build slow-calls", 0, "", "Finished `release` profile");
    assert!(made.starts_with(&format!("{wasm}: ")) && !said.contains("warning"), "{made}{said}");
    assert!(
        made.ends_with(" bytes, 2 probes: fn:shop.cart.*:exit#latency fn:shop.cart.*:exit?min=5ms#slow\n"),
        "{made}"
    );
    place.check(&format!("check {wasm}"), 0, "slow_calls.wasm: ok, 2 probes", "");
    place.check(&format!("inspect {wasm}"), 0, "the function's name", "");

    // A second probe beside it, of the same SDK, in a place of its own.
    place.check("new rust more --sdk slow-calls/sdk --target fn:shop.*.f:return?min=1s", 0, "waspect build more", "");
    assert!(!place.names("more").contains(&"sdk".to_owned()));
    cargo(&place, "more", "test --offline", "1 passed");
    place.check("build more -o more.wasm", 0, "more.wasm: ", "");
    place.check("inspect more.wasm", 0, "only calls of 1s or longer", "");
}

fn cargo(place: &Place, folder: &str, args: &str, out: &str) -> (String, String) {
    let args: Vec<&str> = args.split(' ').collect();
    let found = place.command("cargo", folder, &args).output().unwrap();
    expect(&format!("cargo {args:?} in {folder}"), &found, 0, out, "")
}

const LIBRARY: &str = "[lib]\ncrate-type = [\"cdylib\"]\n";
const ALONE: &str = "[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n";
/// A probe without an SDK; it needs no memory, so what the linker gives by itself would do.
const PROBE: &str = "#[unsafe(export_name = \"fn:shop.cart.add:entry\")]\nextern \"C\" fn add() {}\n";
const SMALL: &str = "[target.wasm32-unknown-unknown]\nrustflags = [\"-Clink-arg=-zstack-size=8192\"]\n";

#[test]
fn cargo_builds_or_says_why_not() {
    let place = Place::new();
    place.write(".cargo/config.toml", SMALL);
    place.write_crate("good", ALONE, PROBE);
    place.write_crate("rlib", "[workspace]\n", PROBE);
    place.write_crate("broken", ALONE, "fn f() -> u8 { \"text\" }");
    place.write_crate("no-probe", ALONE, "#[unsafe(no_mangle)]\nextern \"C\" fn add() {}\n");
    place.write("two/Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n");
    place.write_crate("two/a", LIBRARY, PROBE);
    place.write_crate("two/b", LIBRARY, PROBE);
    for (args, code, out, err) in [
        ("build good", 0, "good/target/wasm32-unknown-unknown/release/good.wasm: ", "Finished"),
        ("build good/Cargo.toml", 0, "1 probe: fn:shop.cart.add:entry\n", "Finished"),
        ("build good -o nowhere/x.wasm", 2, "", "error: `nowhere/x.wasm`: No such file"),
        (
            "build rlib",
            2,
            "",
            "error: `rlib` has no library that becomes a module\nhint: add to its Cargo.toml: `[lib]`, and",
        ),
        ("build broken", 2, "", "mismatched types"),
        ("build broken", 2, "", "\nerror: cargo could not build `broken`\n"),
        ("build no-probe -o refused.wasm", 1, "", "module has no probe\nhint: name a function export after its place"),
        ("build two", 2, "", "error: `two` has 2 modules, expected one: `"),
        ("build two/a", 0, "two/target/wasm32-unknown-unknown/release/a.wasm: ", ""),
    ] {
        place.check(args, code, out, err);
    }
    assert!(!Path::new(&place.at("refused.wasm")).exists());
    let (json, _) = place.check("build good -o x.wasm --json", 0, "", "");
    let said: serde_json::Value = serde_json::from_str(&json).unwrap();
    let bytes = fs::metadata(place.at("x.wasm")).unwrap().len();
    let probes = ["fn:shop.cart.add:entry"];
    assert_eq!(said, serde_json::json!({ "output": "x.wasm", "bytes": bytes, "probes": probes }));
}

#[test]
fn text_is_translated() {
    let place = Place::new();
    let probe = "(module (func (export \"fn:a.f:entry\")))";
    place.write("one/probe.wat", probe);
    place.write("many/a.wat", probe);
    place.write("many/b.wat", probe);
    place.write("bad.wat", "(module)");
    fs::create_dir(place.at("none")).unwrap();
    for (args, code, out, err) in [
        ("build one", 0, "one/probe.wasm: 42 bytes, 1 probe: fn:a.f:entry\n", ""),
        ("build one/probe.wat -o x.wasm", 0, "x.wasm: 42 bytes", ""),
        (
            "build many",
            2,
            "",
            "error: `many` has 2 modules, expected one `.wat` or `.probe`\nhint: name one, such as `waspect build many/",
        ),
        ("build bad.wat", 1, "", "error: `bad.wat`: module has no probe"),
        (
            "build none",
            2,
            "",
            "error: `none` has nothing to build, expected a `Cargo.toml`, a `.wat` or a `.probe`\nhint: `waspect new",
        ),
        ("build x.wasm", 2, "", "error: `x.wasm`: expected a folder, a `Cargo.toml`, a `.wat` or a `.probe`\nhint: "),
        ("build nowhere", 2, "", "error: `nowhere`: No such file"),
    ] {
        place.check(args, code, out, err);
    }
    assert_eq!(fs::read(place.at("x.wasm")).unwrap(), fs::read(place.at("one/probe.wasm")).unwrap());
    place.check("check one/probe.wasm", 0, "ok, 1 probe", "");
    assert_eq!(place.names("many"), ["a.wat", "b.wat"]);
    assert!(!Path::new(&place.at("bad.wasm")).exists());
}

/// Each line names what installs what is missing.
#[test]
fn missing_tools() {
    let rustc = ("rustc", "echo '@sysroot'");
    let get_rust =
        "is not found\nhint: Rust is installed by `curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh`\n";
    let get_target =
        "cannot build for `wasm32-unknown-unknown`\nhint: `rustup target add wasm32-unknown-unknown` installs it\n";
    let broken = "error: `rustc --print sysroot` failed: no toolchain\n";
    let get_package =
        "hint: without rustup the distribution has it: Debian, Ubuntu `apt install libstd-rust-dev-wasm32`";
    for (tools, has_target, err) in [
        (&[][..], false, get_rust),
        (&[rustc], false, get_package),
        (&[rustc, ("rustup", "")], false, get_target),
        (&[rustc, ("rustup", "")], true, get_rust),
        (&[("rustc", "echo no toolchain >&2; exit 1")], true, broken),
    ] {
        let place = Place::with_tools(tools);
        place.write_crate("probe", ALONE, PROBE);
        if has_target {
            fs::create_dir_all(place.at("sysroot/lib/rustlib/wasm32-unknown-unknown")).unwrap();
        }
        place.check("build probe", 2, "", err);
        assert_eq!(place.names("probe"), ["Cargo.toml", "src"], "nothing was begun");
    }
}

/// Says which cargo runs it, and waits for that cargo's end.
const WAITS: &str = r#"
fn main() {
    use std::os::unix::process::parent_id;
    let cargo = parent_id();
    let mut here = std::fs::OpenOptions::new().write(true).open("cargo-runs").unwrap();
    std::io::Write::write_all(&mut here, cargo.to_string().as_bytes()).unwrap();
    drop(here);
    while parent_id() == cargo {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
"#;

#[test]
fn cargo_ends_with_whoever_asked() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let place = Place::new();
        place.write_crate("probe", ALONE, PROBE);
        place.write("probe/build.rs", WAITS);
        nix::unistd::mkfifo(place.at("probe/cargo-runs").as_str(), nix::sys::stat::Mode::S_IRWXU).unwrap();
        // Whoever starts the tests in the background has them ignore what a terminal sends.
        let listening = ["--default-signal=INT", env!("CARGO_BIN_EXE_waspect"), "build", "probe"];
        let mut waspect = place.command("env", "", &listening);
        let mut waspect = waspect.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let cargo = fs::read_to_string(place.at("probe/cargo-runs")).unwrap();
        kill(Pid::from_raw(i32::try_from(waspect.id()).unwrap()), signal).unwrap();
        assert_eq!(waspect.wait().unwrap().signal(), Some(signal as i32), "{signal}");
        assert!(!Path::new(&format!("/proc/{cargo}")).exists(), "{signal}: cargo {cargo} still runs");
    }
}
