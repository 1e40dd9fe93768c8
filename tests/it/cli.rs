//! The command line: arguments in; exit code, stdout and stderr out.

use std::process::{Command, Output};

fn waspect(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_waspect"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().expect("runs")
}

/// Exit code, and what each stream contains.
fn check(args: &str, code: i32, out: &str, err: &str) {
    let found = waspect(&args.split(' ').collect::<Vec<_>>());
    let (stdout, stderr) = (String::from_utf8_lossy(&found.stdout), String::from_utf8_lossy(&found.stderr));
    let said = format!("waspect {args}\nstdout: {stdout}\nstderr: {stderr}");
    assert_eq!(found.status.code(), Some(code), "{said}");
    assert!(stdout.contains(out) && stderr.contains(err), "expected {out:?} and {err:?} of {said}");
    assert!(!stdout.contains('\u{1b}') && !stderr.contains('\u{1b}'), "no colour without a terminal: {said}");
}

#[test]
fn commands() {
    for (args, code, out, err) in [
        ("--version", 0, "waspect 0.1", ""),
        ("--help", 0, "Examples:", ""),
        ("", 2, "", "Usage: waspect"),
        ("nonsense", 2, "", "error: unrecognized subcommand"),
        ("check", 2, "", "Usage: waspect check"),
        ("build --help", 0, "Exit codes: 0 built and good; 1 built, and the module is refused;", ""),
        ("new --help", 0, "waspect new rust more_calls --sdk slow_calls/sdk", ""),
        ("check tests/module/good/wants.wat", 0, "wants.wat: ok, 8 probes, 502 bytes\n", ""),
        (
            "check tests/module/good/wants.wat tests/module/bad/simd.wat",
            1,
            "ok, 8 probes",
            "error: `tests/module/bad/simd.wat`: function `wide`",
        ),
        ("check tests/module/bad/spec_point.wat", 1, "", "hint: did you mean `entry`?\n"),
        ("check tests/module/bad/simd.wat no/such/file", 2, "", "error: `no/such/file`: No such file"),
        ("check tests/module/bad/no_probe.wat --at on_add=fn:shop.cart.add:entry", 0, "ok, 1 probe,", ""),
        ("check tests/module/bad/no_probe.wat --at on_add", 2, "", "error: expected `EXPORT=SPEC`"),
        ("check a b --at x=fn:a.b:entry", 2, "", "error: `--at` speaks of one module, found 2"),
        ("check /dev/zero", 1, "", "expected a wasm module"),
        ("check tests", 2, "", "error: `tests`: Is a directory"),
        ("inspect tests/module/good/wants.wat", 0, "argument 3, its .user[\"first name\"]", ""),
        ("inspect tests/module/good/everything.wat", 0, "memory 64 KiB growing to at most 256 KiB", ""),
        ("inspect tests/module/good/everything.wat", 0, "only calls of 5ms or longer, with probability 0.5", ""),
        ("check tests/module/good/wasi_memory.wat", 0, "wasi_memory.wat: ok, 1 probe, 245 bytes, 4 WASI stubs\n", ""),
        (
            "check tests/module/bad/import_wasi.wat",
            1,
            "",
            "hint: of WASI nothing is real; `wasi_snapshot_preview1` has stubs",
        ),
        ("inspect tests/module/good/wasi.wat", 0, "\nReads nothing of the call\n\nHas of WASI, as stubs\n", ""),
        ("inspect tests/module/good/wasi_memory.wat", 0, "\nWrites\n  lines for the operator: ", ""),
        ("inspect tests/module/bad/simd.wat", 2, "", "error: "),
        ("limits --profile large", 0, "8 MiB", ""),
        ("limits --profile huge", 2, "", "invalid value 'huge' for '--profile <PROFILE>'"),
        ("check tests/module/bad/memory_pages.wat", 1, "", "or take it as it is: `--profile large`"),
        ("check --profile large tests/module/bad/memory_pages.wat", 0, "memory_pages.wat: ok, 1 probe,", ""),
        ("inspect --profile large tests/module/bad/memory_pages.wat", 0, "growing to at most 8 MiB", ""),
        ("check -e", 2, "", "a value is required for '--text <TEXT>'"),
        ("check -e }", 1, "", " --> -e:1:1\n"),
        ("check -e } -e {", 1, "", "error: `-e 2` has 2 errors\n"),
        ("check tests/lang/parse/errors_unclosed.probe", 1, "", "error: `tests/lang/parse/errors_unclosed.probe` has "),
        ("inspect -e }", 2, "", "error: `-e` has 1 error\n"),
        ("inspect -e } a.wat", 2, "", "error: the argument '--text <TEXT>' cannot be used with"),
        ("compile -e } -o out.cwasm", 2, "", "error: `-e` has 1 error\n"),
        (
            "compile -e } -o out.cwasm --json",
            2,
            "",
            r#"{"stage":"compile","message":"`-e`: `-e` has 1 error\n\nerror: expected"#,
        ),
        ("run -e } app.py", 2, "", "error: `-e` has 1 error\n"),
        ("build tests/lang/parse/errors_specs.probe", 1, "", "hint: did you mean `entry`?\n"),
        ("fmt", 2, "", "Usage: waspect fmt"),
        ("fmt --check tests/lang/parse/layout.probe", 1, "tests/lang/parse/layout.probe\n", ""),
        ("fmt tests/lang/parse/errors_braces.probe no/such/file", 2, "", "error: `no/such/file`: No such file"),
        ("limits", 0, "fuel_per_fire                 100000 fuel", ""),
    ] {
        check(args, code, out, err);
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn targets() {
    for (args, err) in [
        ("attach -e x", "required arguments were not provided:\n  <TARGET>..."),
        ("attach gunicorn -e x", "did you mean `name:gunicorn`?"),
        ("attach localhost:8000 -e x", "did you mean `:8000`?"),
        ("attach :70000 -e x", "expected a port from 1 to 65535 after `:`"),
        ("attach name:no-such-program -e x", "error: no Python process is called `no-such-program`\nhint: "),
        ("attach unix:/no/such.sock -e x", "error: nobody listens on `unix:/no/such.sock`\nhint: "),
        ("attach 2147483647 -e x", "error: process 2147483647 does not exist"),
    ] {
        check(args, 2, "", err);
    }
    check("attach --help", 0, "name:gunicorn       Python processes of this name", "");
}

#[test]
fn json() {
    let read = |args: &[&str]| -> serde_json::Value { serde_json::from_slice(&waspect(args).stdout).expect("JSON") };
    let module = read(&["inspect", "--json", "tests/module/good/everything.wat"]);
    assert_eq!(module["probes"][0]["options"]["min_ns"], 5_000_000);
    assert_eq!(module["probes"][0]["target"], "shop.**.add_*");
    assert_eq!(module["memory"]["pages_max"], 4);
    assert_eq!(module["imports"][1]["reads"], "writes");
    let found =
        read(&["check", "--json", "-e", "begin {\n  @x = 5; }", "tests/module/bad/spec_point.wat", "no/such/file"]);
    assert_eq!(found[0]["hint"], "did you mean `entry`?");
    assert_eq!(found[1]["file"], "no/such/file");
    assert_eq!(found[2]["start"], serde_json::json!({"line": 2, "column": 8}));
    assert_eq!(found[2]["end"], serde_json::json!({"line": 2, "column": 9}));
    assert_eq!((&found[2]["file"], &found[2]["severity"]), (&"-e".into(), &"error".into()));
    let limits = read(&["limits", "--json"]);
    assert_eq!(limits[0]["name"], "module_bytes_max");
    assert_eq!(limits.as_array().map(Vec::len), Some(waspect::limits::TABLE.len()));
}
