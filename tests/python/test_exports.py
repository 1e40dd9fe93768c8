"""Outputs for other programs: the same records in each form, whole however the command ends.

Each case is a real program under `waspect run` or `attach`, told in several outputs at once, and each output read by
its format's own rules. In: the binary and the agent of this environment. Out: nothing. Never: code of waspect that
reads what it wrote.
"""

from __future__ import annotations

import collections
import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import running

# Renderers are the command line's, whichever CPython is probed.
pytestmark = pytest.mark.once

# Everything that makes pairing hard: recursion, exceptions, tasks that interleave, threads, other processes.
PROGRAM = """
import asyncio, os, sys, threading

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def fails(n):
    raise KeyError(n)

def guarded(n):
    try: fails(n)
    except KeyError: return None

async def step(n):
    await asyncio.sleep(0)
    return n

async def job(n):
    for i in range(n): await step(i)

async def jobs():
    await asyncio.gather(*(job(n) for n in range(1, 5)))

def work():
    fib(6)
    guarded(1)
    asyncio.run(jobs())

work()
child = os.fork()
thread = threading.Thread(target=work, name="second")
thread.start()
thread.join()
if child:
    os.waitpid(child, 0)
"""
# Calls of one `work`, by function: 25 of `fib(6)`, 1 + 2 + 3 + 4 steps.
CALLS = {"fib": 25, "fails": 1, "guarded": 1, "step": 10, "job": 4, "jobs": 1, "work": 1}
# At first, and in a thread of two processes.
ROUNDS = 3
PROBE = """
fn:__main__.*:entry { capture(first = arg0); }
fn:__main__.*:exit { capture(elapsed, retval); }
fn:__main__.fails:entry { capture(stack(2)); }
"""
FORMS = ("jsonl", "csv", "chrome", "perfetto", "speedscope")

# Calls a function all the time, until it is told to end.
BUSY = """
import sys, time
def inner(n): return n
def hit(n): return inner(n)
print("ready", flush=True)
while True:
    hit("text, with a comma")
    time.sleep(0.0002)
"""


def outputs(folder: Path) -> list[str]:
    return [word for form in FORMS for word in ("-o", f"{form}:{folder / form}")]


def waspect(*args: str, **options) -> subprocess.CompletedProcess[str]:
    line = [running.BINARY, *args]
    defaults = {"capture_output": True, "text": True, "timeout": 60, "env": running.environment()}
    return subprocess.run(line, check=False, **(defaults | options))


def fields(message: bytes) -> dict[int, list]:
    """A protobuf message by field numbers; a message that ends early is an error."""
    found, at = collections.defaultdict(list), 0
    while at < len(message):
        key, at = varint(message, at)
        if key & 7 == 2:
            length, at = varint(message, at)
            assert at + length <= len(message), "cut"
            found[key >> 3].append(message[at : at + length])
            at += length
        elif key & 7 == 1:
            found[key >> 3].append(message[at : at + 8])
            at += 8
        else:
            assert key & 7 == 0, key
            value, at = varint(message, at)
            found[key >> 3].append(value)
    return found


def varint(message: bytes, at: int) -> tuple[int, int]:
    n = shift = 0
    while True:
        assert at < len(message), "cut"
        n |= (message[at] & 127) << shift
        shift += 7
        at += 1
        if message[at - 1] < 128:
            return n, at


def perfetto(trace: bytes) -> collections.Counter:
    """Slices by name, each begun on a track that was described, and ended; counts of the trace under their names."""
    tracks, begun, ended, said = set(), collections.Counter(), collections.Counter(), collections.Counter()
    for packet in map(fields, fields(trace)[1]):
        for descriptor in map(fields, packet[60]):
            tracks.add(descriptor[1][0])
        for event in map(fields, packet[11]):
            assert event[11][0] in tracks
            if event[9] == [1]:
                begun[event[23][0].decode()] += 1
            if event[9] == [2]:
                ended[event[11][0]] += 1
            if event[9] == [3] and event[23] == [b"waspect"]:
                said.update({a[10][0].decode(): a[4][0] for a in map(fields, event[4])})
    assert begun.total() - ended.total() == said["open"]
    return begun


def chrome(text: str) -> list[dict]:
    events = json.loads(text)
    named = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name"}
    for event in events:
        assert event.keys() >= {"ph", "pid", "tid", "name"}
        if event["ph"] == "X":
            assert event["dur"] >= 0
            assert (event["pid"], event["tid"]) in named
    return events


def speedscope(text: str) -> tuple[collections.Counter, list]:
    """Calls by name, and stacks."""
    file = json.loads(text)
    names = [frame["name"] for frame in file["shared"]["frames"]]
    calls, stacks = collections.Counter(), []
    for profile in file["profiles"]:
        if profile["type"] == "sampled":
            assert len(profile["samples"]) == len(profile["weights"]) == profile["endValue"]
            stacks += [[names[frame] for frame in sample] for sample in profile["samples"]]
            continue
        open_, now = [], profile["startValue"]
        for event in profile["events"]:
            assert now <= event["at"] <= profile["endValue"]
            now = event["at"]
            if event["type"] == "O":
                open_.append(event["frame"])
                calls[names[event["frame"]]] += 1
            else:
                assert open_.pop() == event["frame"]
        assert not open_
    return calls, stacks


def rows(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def records(path: Path) -> list[dict]:
    lines = map(json.loads, path.read_text().splitlines())
    return [line for line in lines if line["type"] == "record"]


def test_every_form(tmp_path):
    """All at once, each with every call: which, how long, where, and with what."""
    (tmp_path / "app.py").write_text(PROGRAM)
    done = waspect("run", "-e", PROBE, *outputs(tmp_path), "--python", sys.executable, str(tmp_path / "app.py"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    wanted = {f"__main__.{name}": n * ROUNDS for name, n in CALLS.items()}

    told = records(tmp_path / "jsonl")
    assert len(told) == 2 * sum(wanted.values()) + ROUNDS

    table = rows(tmp_path / "csv")
    assert [json.loads(row["fields"]) for row in table] == [record["fields"] for record in told]
    assert [(int(row["ts_ns"]), row["fn"], row["point"]) for row in table] == [
        (record["ts_ns"], record["fn"], record["point"]) for record in told
    ]
    assert {row["first"] for row in table if row["fn"] == "__main__.fails" and row["first"]} == {"1"}
    assert all(int(row["elapsed"]) > 0 for row in table if row["point"] != "entry")

    events = chrome((tmp_path / "chrome").read_text())
    spans = [event for event in events if event["ph"] == "X"]
    assert collections.Counter(span["name"] for span in spans) == wanted
    # From the entry's record to the exit's, to the nanosecond.
    entries, exits = (
        {record["mono_ns"] for record in told if (record["point"] == "entry") == is_entry} for is_entry in (True, False)
    )
    assert {round(span["ts"] * 1000) for span in spans} < entries
    assert {round((span["ts"] + span["dur"]) * 1000) for span in spans} == exits
    ends = {(span["name"], span["args"]["end"]) for span in spans}
    assert ("__main__.fails", "raise") in ends
    assert len(ends) == len(wanted)
    failed = next(span for span in spans if span["name"] == "__main__.fails")
    assert failed["args"]["entry"].keys() == {"first", "stack(2)"}
    assert len({span["pid"] for span in spans}) == 2
    tracks = {event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert {"MainThread", "second"} <= tracks
    assert any(track.startswith("Task-") for track in tracks)
    (counts,) = [event["args"] for event in events if event["name"] == "waspect"]
    assert counts.pop("spans") == sum(wanted.values())
    assert not any(counts.values())

    assert perfetto((tmp_path / "perfetto").read_bytes()) == wanted

    calls, stacks = speedscope((tmp_path / "speedscope").read_text())
    assert calls == wanted
    assert len(stacks) == ROUNDS
    assert all("guarded" in outer and "fails" in inner for outer, inner in stacks)


@pytest.fixture
def busy(tmp_path):
    """A process that calls `hit` all the time."""
    (tmp_path / "app.py").write_text(BUSY)
    process = subprocess.Popen([sys.executable, str(tmp_path / "app.py")], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    yield process
    process.kill()
    process.communicate()


def attached(busy, *args: str) -> subprocess.Popen[str]:
    line = [running.BINARY, "attach", str(busy.pid), "-e", PROBE, *args]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=running.environment())


def grown(path: Path, size: int = 20_000) -> None:
    """Waits until something was written there."""
    late = time.monotonic() + 30
    while time.monotonic() < late:
        if path.exists() and path.stat().st_size > size:
            return
        time.sleep(0.02)
    raise AssertionError(path)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, "for"])
def test_files_are_whole_however_it_ends(busy, tmp_path, how):
    process = attached(busy, *outputs(tmp_path), *(("--for", "1s") if how == "for" else ()))
    if how != "for":
        grown(tmp_path / "perfetto")
        process.send_signal(how)
    said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    told = records(tmp_path / "jsonl")
    assert len(rows(tmp_path / "csv")) == len(told)
    entries = sum(record["point"] == "entry" for record in told)
    spans = [e for e in chrome((tmp_path / "chrome").read_text()) if e["ph"] in "XB" and e["name"] != "waspect"]
    # What was under way when the probes came has an exit only: its `elapsed` tells, if it fires at all.
    assert entries <= len(spans) <= entries + 2
    assert perfetto((tmp_path / "perfetto").read_bytes()).total() == len(spans)
    assert speedscope((tmp_path / "speedscope").read_text())[0].total() == entries


def test_files_after_a_kill(busy, tmp_path):
    """What was written stands: all but the last line or packet is whole; a profile is written at the end only."""
    process = attached(busy, *outputs(tmp_path))
    for form in ("csv", "chrome", "perfetto"):
        grown(tmp_path / form)
    process.kill()
    process.communicate(timeout=60)
    assert (tmp_path / "speedscope").read_text() == ""
    assert not [path for path in tmp_path.iterdir() if path.name not in (*FORMS, "app.py")]
    whole = (tmp_path / "chrome").read_text().rpartition(",\n")[0]
    assert len(chrome(f"{whole}]")) > 10
    assert len(rows(tmp_path / "csv")) > 10
    assert packets((tmp_path / "perfetto").read_bytes()) > 10


def packets(trace: bytes) -> int:
    """How many are whole."""
    many = at = 0
    while at < len(trace):
        assert trace[at] == 0x0A
        try:
            length, at = varint(trace, at + 1)
        except AssertionError:
            break
        many += at + length <= len(trace)
        at += length
    return many


def test_to_stdout(busy):
    """Rows are for pipes; of the forms for viewers one says that it wants that."""
    process = attached(busy, "-o", "csv", "--for", "300ms")
    out, _ = process.communicate(timeout=60)
    head, *lines = out.splitlines()
    assert head.startswith("ts_ns,mono_ns,pid,tid,thread,task,request,module,probe,fn,point,first,elapsed,retval,")
    assert len(lines) > 10
    assert {row["first"] for row in csv.DictReader(out.splitlines())} >= {"text, with a comma"}
    process = attached(busy, "-o", "chrome:-", "--for", "300ms")
    assert len(chrome(process.communicate(timeout=60)[0])) > 10


def test_rows_of_a_tail(busy, tmp_path):
    """Columns are those of the session's own rows: who asks later is told what probes capture."""
    session = attached(busy, "-o", f"csv:{tmp_path / 'csv'}", "--for", "3s")
    grown(tmp_path / "csv")
    tail = waspect("tail", str(session.pid), "-o", "csv")
    assert tail.returncode == 0, tail.stderr
    session.communicate(timeout=60)
    first, *rows = tail.stdout.splitlines()
    assert first == (tmp_path / "csv").read_text().splitlines()[0]
    assert len(rows) > 10


CALLER = """
def hit(n): return n
for i in range(50_000): hit(i)
"""


def test_rates(tmp_path):
    """`--events` and `--ring`: what is not delivered is counted, to the last call."""
    (tmp_path / "app.py").write_text(CALLER)

    def run(*args: str) -> tuple[int, dict[str, int]]:
        out = tmp_path / "out.jsonl"
        base = ["-e", "fn:__main__.hit:entry { capture(n); }", "-o", f"jsonl:{out}", "--python", sys.executable]
        done = waspect("run", *base, *args, str(tmp_path / "app.py"))
        assert done.returncode == 0, done.stderr
        (summary,) = [line for line in map(json.loads, out.read_text().splitlines()) if line["type"] == "summary"]
        told = len(records(out))
        assert told + sum(summary["drops"].values()) == 50_000
        return told, summary["drops"]

    few, drops = run("--events", "100")
    assert few <= 5_000
    assert drops.keys() == {"rate"}
    usual, _ = run()
    assert few < usual < 50_000
    all_, drops = run("--events", "100000000", "--ring", "64M")
    assert (all_, drops) == (50_000, {})
    _, drops = run("--events", "100000000", "--ring", "256K")
    assert drops.keys() <= {"ring_full"}


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["--events", "0"], "0 is not in 1.."),
        (["--events", "many"], "invalid digit"),
        (["--ring", "1K"], "expected from 256 KiB to 1 GiB"),
        (["--ring", "4X"], "expected a size as `4M`"),
        (["--ring", "M"], "expected a number before the unit"),
        (["--ring", "99999999999999999G"], "expected from 256 KiB to 1 GiB"),
        (["-o", "chrome"], "expected `chrome:PATH`; `chrome:-` is stdout"),
        (["-o", "speedscope:"], "expected `speedscope:PATH`"),
        (["-o", "xml:out"], "one of `jsonl csv chrome perfetto speedscope`"),
        (["-o", "csv"], "`-o csv:PATH`"),
        (["-o", "perfetto:-"], "`-o perfetto:PATH`"),
        (["-o", "csv:out", "-o", "jsonl:out"], "outputs `csv:out` and `jsonl:out` are in one place"),
        (["-o", "speedscope:no/such/folder"], "output `speedscope:no/such/folder` cannot be written"),
    ],
)
def test_what_cannot_be(tmp_path, args, wanted):
    (tmp_path / "app.py").write_text("print('ran')")
    done = waspect(
        "run", "-e", "fn:a.b:entry { capture(arg0); }", *args, "--python", sys.executable, "app.py", cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert wanted in done.stderr


@pytest.mark.parametrize("form", ["csv", "chrome", "perfetto", "speedscope"])
def test_a_full_disk_costs_one_output(tmp_path, form):
    """An output that fails gets no more; the others and the program go on."""
    (tmp_path / "app.py").write_text(CALLER + "print('done')")
    probe = "fn:__main__.hit:entry { capture(n); } fn:__main__.hit:exit { capture(elapsed); }"
    (tmp_path / "full").symlink_to("/dev/full")
    args = ["-o", f"jsonl:{tmp_path / 'jsonl'}", "-o", f"{form}:{tmp_path / 'full'}", "--python", sys.executable]
    done = waspect("run", "-e", probe, *args, str(tmp_path / "app.py"))
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert f"output `{form}:{tmp_path / 'full'}` failed and gets no more" in done.stderr
    assert records(tmp_path / "jsonl")
