"""Modules as runtimes build them: they start, print, and are started again after a fault, in a real program.

Each case is a program of its own, whose lines are compared. In: reactors in text. Out: what they counted, recorded and
printed. Never: a renewal that is waited for, where the program can bring it about.
"""

from __future__ import annotations

import subprocess

import pytest

import waspect
from probing import alone
from running import BINARY, environment, run

# Counts its starts and its firings; `work(True)` traps. What it could read of a call while it started it shows later.
REACTOR = """
REACTOR = b'''(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.get" "local.n" (func $local (result i64)))
  (import "probe1.get" "global.MOTTO" (func $global (result i64)))
  (import "probe1" "truthy" (func $truthy (param i64) (result i32)))
  (import "probe1.map.add" "starts" (func $add (param i64 i64) (result i64)))
  (import "probe1.field" "starts" (func $starts (param i64)))
  (import "probe1.field" "fired" (func $fired (param i64)))
  (import "probe1.field" "local" (func $f_local (param i64)))
  (import "probe1.field" "global" (func $f_global (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\\\08\\\\00\\\\00\\\\00\\\\08\\\\00\\\\00\\\\00started\\\\0a")
  (global $n (mut i64) (i64.const 0xFFF9_0000_0000_0000))
  (global $s (mut i64) (i64.const 0))
  (global $l (mut i64) (i64.const 0))
  (global $g (mut i64) (i64.const 0))
  (func (export "_initialize")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (global.set $l (call $local))
    (global.set $g (call $global))
    (global.set $s (call $add (i64.const 0xFFF9_0000_0000_0000) (i64.const 0xFFF9_0000_0000_0001))))
  (func (export "fn:**.work:entry#work")
    (global.set $n (i64.add (global.get $n) (i64.const 1)))
    (if (call $truthy (call $arg0)) (then (unreachable)))
    (call $starts (global.get $s))
    (call $fired (global.get $n))
    (call $f_local (global.get $l))
    (call $f_global (global.get $g))
    (drop (call $emit))))'''
import _thread, os, threading, time, atexit
MOTTO = "onward"
def work(n): return n
session = waspect.load(REACTOR)
def started():
    'What each record since the last call says: how often the instance was started, how often it fired.'
    return [(r["fields"]["starts"], r["fields"]["fired"]) for r in events(session, "record")]
def renewing():
    return summaries(session)["work"]["drops"].get("renewing", 0)
def in_thread(f):
    'While the main thread waits in C, where no pending call reaches it: it keeps the interpreter until it is there.'
    done = _thread.allocate_lock(); done.acquire()
    def g():
        try: f()
        finally: done.release()
    sys.setswitchinterval(1000); _thread.start_new_thread(g, ()); done.acquire(); sys.setswitchinterval(0.005)
def several(n, *first):
    for each in first: work(each)
    for i in range(n): work(False)
"""


def lines(program: str) -> list[str]:
    return alone(REACTOR + program)


def test_it_starts_once_and_sees_nobody():
    said = lines("""
several(3)
print([e["text"] for e in session.events(timeout=0) if e["type"] == "log"])
several(1)
(r,) = events(session, "record")
print(r["fields"])
""")
    absent = {"$error": "ABSENT"}
    assert said == ["['started']", str({"starts": 1, "fired": 4, "local": absent, "global": absent})]


def test_the_main_thread_renews_it():
    said = lines("""
def main():
    n = MOTTO
    in_thread(lambda: several(5, True))
    print(renewing(), started())
    several(2)
    records = events(session, "record")
    print([(r["fields"]["starts"], r["fields"]["fired"]) for r in records], renewing())
    print({str(r["fields"][k]) for r in records for k in ("local", "global")})
    several(1, True) # too soon for another renewal, unless the machine is slow
    time.sleep(1.1)
    several(1)
    records = started()
    print(records[-1][0], len(records) + renewing() - 5)
main()
""")
    assert said == ["5 []", "[(2, 1), (2, 2)] 5", "{\"{'$error': 'ABSENT'}\"}", "3 2"]


def test_a_firing_renews_it_where_the_main_thread_does_not_come():
    said = lines("""
def alone_at_work():
    several(2, True)
    time.sleep(1.1)
    several(2)
in_thread(alone_at_work)
print(renewing(), started())
several(1)
print(renewing(), started())
""")
    assert said == ["2 [(2, 1), (2, 2)]", "2 [(2, 3)]"]


def test_a_forked_child_renews_its_own():
    """Torn shortly before it forks, or when it does: every firing of the child is made or counted."""
    said = lines("""
work(True); pid = os.fork()
if pid == 0:
    several(1)
    for i in range(1000): pass
    several(2)
    records = started()
    print("child", renewing() + len(records), {n for n, _ in records}, flush=True)
    os._exit(0)
os.waitpid(pid, 0)
several(1)
print("parent", renewing(), started())
if (pid := os.fork()) == 0:
    several(1)
    print("whole", renewing(), started(), flush=True)
    os._exit(0)
os.waitpid(pid, 0)
""")
    assert said == ["child 3 {2}", "parent 0 [(2, 1)]", "whole 0 [(2, 2)]"]


def test_a_child_forked_by_a_thread_renews_its_own():
    """Torn when it forks. CPython 3.13.0 makes no pending calls in such a child: there a firing renews."""
    said = lines("""
def fork():
    several(1, True)
    if (pid := os.fork()) == 0:
        several(1)
        time.sleep(1.1)
        several(2)
        print("child", renewing(), started(), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
in_thread(fork)
several(1)
print("parent", renewing(), started())
""")
    assert said == ["child 1 [(2, 1), (2, 2)]", "parent 1 [(2, 1)]"]


def test_a_child_that_does_not_fire_writes_nothing():
    said = lines("""
def fork():
    work(True)
    if (pid := os.fork()) == 0:
        for i in range(1000): pass
        os._exit(0)
    os.waitpid(pid, 0)
    print(len(events(session, "log")))
in_thread(fork)
several(1)
print(len(events(session, "log")))
""")
    assert said == ["1", "1"]


@pytest.mark.parametrize("drop", ["", "global session; del session; gc.collect()"])
def test_detached_while_it_waits(drop):
    said = lines(f"""
def detach():
    global session
    work(True)
    session.detach()
    {drop.replace("global session; ", "")}
in_thread(detach)
for i in range(1000): work(False)
session = waspect.load(REACTOR)
several(2)
in_thread(lambda: several(1, True))
several(1)
print(started(), renewing())
""")
    assert said == ["[(1, 1), (1, 2), (2, 1)] 1"]


def test_many_sessions_wait_at_once():
    said = lines("""
more = [waspect.load(REACTOR) for i in range(20)]
in_thread(lambda: several(2, True))
several(1)
print({tuple(summaries(s)["work"]["drops"].items()) for s in [session, *more]})
print({r["fields"]["starts"] for s in [session, *more] for r in events(s, "record")})
""")
    assert said == ["{(('renewing', 2),)}", "{2}"]


ENDS = {
    "at exit": "atexit.register(lambda: several(3, True))",
    "torn down": """
class Late:
    def __del__(self, several=several, work=work): several(3, True)
late = Late(); late.me = late
""",
    "a daemon": "threading.Thread(target=several, args=(3, True), daemon=True).start()",
    "killed": "in_thread(lambda: (several(3, True), os._exit(0)))",
    "main ends": "t = threading.Thread(target=lambda: (time.sleep(0.1), several(3, True))); t.start()",
    "system exit": "atexit.register(lambda: work(True)); sys.exit(0)",
}


@pytest.mark.parametrize("end", ENDS)
def test_the_program_ends_while_it_waits(end):
    assert lines(ENDS[end]) == []


def module(start: str) -> str:
    exit_ = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))'
    return f'(module {exit_} (func (export "_initialize") {start}) (func (export "fn:**.hit:entry")))'


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("(loop (br 0))", "`_initialize` ran out of fuel: 10000000 are allowed (`initialize_fuel_max`)"),
        ("(unreachable)", "`_initialize` ended in a wasm trap: wasm `unreachable` instruction executed"),
        ("(call $exit (i32.const 2))", "`_initialize` ended the program: the module called `proc_exit(2)`"),
    ],
)
def test_what_does_not_start_does_not_load(start, why, tmp_path):
    with pytest.raises(waspect.EngineError) as raised:
        waspect.load(module(start).encode())
    assert why in str(raised.value)
    done = run(tmp_path, "print('begun')", probe=module(start))
    assert done.code != 0
    assert done.out == b""
    assert f"error: probes do not load (engine): `probe.wat`: {why}\nhint: it runs once".encode() in done.err


# Writes the module's 13 bytes of text to a stream.
PRINT = {fd: f"(drop (call $fd_write (i32.const {fd}) (i32.const 0) (i32.const 1) (i32.const 32)))" for fd in (1, 2)}


def printing(text, functions):
    return f"""(module
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\08\\00\\00\\00\\0d\\00\\00\\00{text}")
      {functions})"""


def test_what_it_printed_before_it_failed_is_said(tmp_path):
    """The session that would have had its lines is none."""
    start = f'(func (export "_initialize") {PRINT[2]} (unreachable)) (func (export "fn:**.hit:entry"))'
    wat = printing("oh\\1b[2J\\0aworse\\0a", start)
    done = run(tmp_path, "print('begun')", probe=wat)
    assert b"\nhint: it printed\noh\\u{1b}[2J\nworse\n" in done.err
    with pytest.raises(waspect.EngineError) as raised:
        waspect.load(wat.encode())
    assert raised.value.hint == "it printed\noh\\u{1b}[2J\nworse"


def test_unknown_wasi_is_refused_by_name(tmp_path):
    wat = '(module (import "wasi_snapshot_preview1" "sock_send" (func)) (func (export "fn:**.hit:entry")))'
    (tmp_path / "p.wat").write_text(wat)
    done = subprocess.run(
        [BINARY, "check", "p.wat"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "import `wasi_snapshot_preview1` `sock_send` is not known to this version" in done.stderr
    assert "has stubs for args_get, " in done.stderr


def test_what_is_printed_is_shown(tmp_path):
    wat = printing("one\\0atwo\\0athree", f'(func (export "fn:**.hit:entry") {PRINT[1]} {PRINT[2]})')
    done = run(tmp_path, "calls(1)", probe=wat)
    assert [(x["level"], x["text"]) for x in done.of("log")] == [
        ("info", "one"), ("info", "two"), ("warn", "one"), ("warn", "two"), ("info", "three"), ("warn", "three"),
    ]  # fmt: skip
