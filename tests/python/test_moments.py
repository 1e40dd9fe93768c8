"""Points without a call, prints, clears and speculation: here, in programs that end and fork, in threads and tasks.

In: modules as text. Out: agreement of what was printed, delivered and counted with what the program did. Never here: a
wait for a tick that no call brings.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import waspect
from running import run

MOMENTS = """(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.get" "$pid" (func $pid (result i64)))
  (import "probe1.count" "hits" (func $count (param i64)))
  (import "probe1.print" "hits" (func $print (result i32)))
  (import "probe1.clear" "hits" (func $clear (result i32)))
  (import "probe1.field" "arg0" (func $f (param i64)))
  (import "probe1.field" "pid" (func $p (param i64)))
  (func $say (call $f (call $arg0)) (call $p (call $pid)) (drop (call $emit)))
  (func (export "begin") (call $say))
  (func (export "tick:EVERY") (drop (call $print)) (drop (call $clear)))
  (func (export "fn:**.hit:entry") (call $count (call $pid)))
  (func (export "end") (drop (call $print)) (call $say)))
"""

SPECULATION = """(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1" "speculate" (func $speculate (result i32)))
  (import "probe1" "commit" (func $commit (result i32)))
  (import "probe1" "forget" (func $forget (result i32)))
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.field" "n" (func $n (param i64)))
  (func (export "fn:test_moments.handle:entry?scope=request") (drop (call $speculate)))
  (func (export "fn:test_moments.ahandle:entry?scope=request") (drop (call $speculate)))
  (func (export "fn:test_moments.keep:entry") (drop (call $commit)))
  (func (export "fn:test_moments.drop:entry") (drop (call $forget)))
  (func (export "fn:test_moments.note:entry#note") (call $n (call $arg0)) (drop (call $emit))))
"""


def hit(n=0):
    return n


def handle(work, *args):
    return work(*args)


async def ahandle(work, *args):
    return await work(*args)


def keep():
    pass


def drop():
    pass


def note(n):
    return n


@pytest.fixture
def session():
    made = []

    def load(text, **options):
        # These loop hotter than a process whose time is to be kept.
        made.append(waspect.load(text.encode(), budget={"share": 1}, **options))
        return made[-1]

    yield load
    for each in made:
        each.detach()


def told(session, kind):
    return [event for event in session.events(timeout=0) if event["type"] == kind]


def notes(session):
    return [record["fields"]["n"] for record in told(session, "record")]


def drops(session, probe="note"):
    (found,) = [row["drops"] for row in session.stats() if row.get("probe") == probe]
    return found


def test_begin_and_end_fire_once(session):
    here = session(MOMENTS.replace("EVERY", "1h"))
    hit()
    here.detach()
    here.detach()
    events = [e for e in here.events(timeout=0) if e["type"] in {"record", "print"}]
    assert [(e["type"], e["probe"]) for e in events] == [("record", "begin"), ("print", "end"), ("record", "end")]
    for event in (events[0], events[2]):
        assert event["fn"] == "" and event["point"] == event["probe"]
        assert event["fields"]["arg0"] == {"$error": "POINT"}
    states = {link["probe"]: link["state"] for link in here.links}
    assert set(states) == {"begin", "end", "tick:1h", "fn:**.hit:entry"}


def test_each_interval_is_printed_exactly(session):
    here = session(MOMENTS.replace("EVERY", "5ms"))
    calls, until = 0, time.monotonic() + 0.1
    while time.monotonic() < until:
        hit()
        calls += 1
    time.sleep(0.03)
    hit()
    prints = told(here, "print")
    printed = [row["value"] for event in prints for row in event["rows"]]
    left = [row["value"] for row in here.aggregations()]
    assert 5 <= len(prints) <= 30
    assert sum(printed) + sum(left) == calls + 1
    # The tick came before the call that brought it, once for all that were missed.
    assert left == [1]
    assert all(event["left_off"] == 0 and event["name"] == "hits" for event in prints)


def test_more_keys_than_are_shown_are_counted(session):
    here = session("""(module
      (import "probe1.count" "n" (func $count (param i64)))
      (import "probe1.get" "arg0" (func $arg0 (result i64)))
      (import "probe1.print" "n" (func $print (result i32)))
      (func (export "fn:test_moments.note:entry") (call $count (call $arg0)))
      (func (export "fn:test_moments.keep:entry") (drop (call $print))))""")
    for n in range(150):
        for _ in range(n + 1):
            note(n)
    keep()
    (event,) = told(here, "print")
    assert [(row["key"], row["value"]) for row in event["rows"]] == [([n], n + 1) for n in range(149, 49, -1)]
    assert event["left_off"] == 50


def test_a_tick_that_fails_is_disarmed_and_the_call_goes_on(session):
    here = session("""(module
      (func (export "tick:1ms") unreachable)
      (func (export "fn:test_moments.hit:entry")))""")
    for n in range(20):
        time.sleep(0.002)
        assert hit(n) == n
    states = {link["probe"]: link["state"] for link in here.links}
    assert states == {"tick:1ms": "disarmed", "fn:test_moments.hit:entry": "attached"}
    assert {fault["where"] for fault in told(here, "fault")} == {""}


def program_ends(tmp_path, program):
    return run(tmp_path, program, probe=MOMENTS.replace("EVERY", "1h"))


@pytest.mark.parametrize("way", ["pass", "sys.exit(3)", "raise ValueError(1)"])
def test_a_program_that_ends_by_itself_fires_end(tmp_path, way):
    done = program_ends(tmp_path, f"calls(5)\n{way}")
    assert [line["probe"] for line in done.of("record")] == ["begin", "end"], done.err
    (printed,) = done.of("print")
    assert [row["value"] for row in printed["rows"]] == [5]


@pytest.mark.parametrize("way", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_a_program_that_is_ended_does_not(tmp_path, way):
    done = program_ends(tmp_path, f"calls(5)\n{way}")
    assert [line["probe"] for line in done.of("record")] == ["begin"], done.err
    assert list(done.counted("hits").values()) == [5]


def test_a_forked_child_has_no_begin_and_an_end_of_its_own(tmp_path):
    done = program_ends(tmp_path, "calls(5)\nif (p := os.fork()) == 0:\n calls(7); sys.exit(0)\nwait(p)\ncalls(2)")
    records = [(line["probe"], line["fields"]["pid"]) for line in done.of("record")]
    parent = records[0][1]
    (child,) = {pid for _, pid in records} - {parent}
    assert sorted(records) == sorted([("begin", parent), ("end", parent), ("end", child)]), done.err
    assert {line["pid"]: [row["value"] for row in line["rows"]] for line in done.of("print")} == {
        parent: [7],
        child: [7],
    }


def test_records_are_held_back_until_somebody_decides(session):
    here = session(SPECULATION)
    note(0)

    def kept():
        note(1)
        note(2)
        assert notes(here) == [0]
        keep()
        note(3)

    handle(kept)
    handle(lambda: (note(4), drop(), note(5)))
    handle(lambda: note(6))
    note(7)
    assert notes(here) == [1, 2, 3, 5, 7]
    assert drops(here) == {"forgotten": 1, "undecided": 1}


def test_threads_and_tasks_of_a_request_are_held_back_with_it(session):
    here = session(SPECULATION)

    async def task(n):
        await asyncio.sleep(0)
        note(n)

    async def work(base, decide):
        await asyncio.gather(*(task(base + i) for i in range(10)))
        await asyncio.to_thread(note, base + 10)
        with ThreadPoolExecutor() as pool:
            await asyncio.get_running_loop().run_in_executor(pool, note, base + 11)
        decide()

    async def main():
        await asyncio.gather(*(ahandle(work, 100 * i, keep if i % 2 else drop) for i in range(6)))

    asyncio.run(main())
    found = notes(here)
    assert sorted(found) == sorted(100 * i + n for i in (1, 3, 5) for n in range(12))
    assert drops(here) == {"forgotten": 36}


def test_each_thread_has_requests_of_its_own(session):
    here = session(SPECULATION)
    wanted = lambda n: n % 3 == 0  # noqa: E731

    def loop(base):
        for n in range(base, base + 50):
            handle(lambda n=n: (note(n), keep() if wanted(n) else None))

    threads = [threading.Thread(target=loop, args=(1000 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [1000 * i + n for i in range(4) for n in range(50)]
    assert sorted(notes(here)) == [n for n in every if wanted(n)]
    assert drops(here) == {"undecided": sum(not wanted(n) for n in every)}
