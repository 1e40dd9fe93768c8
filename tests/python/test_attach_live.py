"""`waspect attach`: into programs that run, whatever they are doing, and out again.

Each case is a real process that says what its own functions are; `test_attach_states.py` has those that are busy. In:
the binary and the agent of this environment. Out: nothing. Never: a target that is this process's own thread.
"""

from __future__ import annotations

import json
import os
import pty
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import attach_suite
import running

pytestmark = pytest.mark.usefixtures("may_trace")

# Generous where others run, and far from never.
KILLS, SETTLED_SECONDS_MAX = 3, 10
# One for each moment.
STATES = ["cpu", "malloc", "sleep", "asyncio", "fork"]

# Says whenever its function is another than before.
CHANGING = """
import sys, time
def hit(n): return n
own, last = hit.__code__, None
while True:
    hit(1)
    now = "clean" if hit.__code__ is own else "probed"
    if now != last: print(last := now, flush=True)
    time.sleep(0.001)
"""


class Target:
    """A program that runs."""

    def __init__(self, *args: str, env: dict[str, str] | None = None):
        self.process = subprocess.Popen(
            [sys.executable, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env or running.environment(),
        )
        self.pid = self.process.pid

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().strip()

    def go_on(self) -> None:
        """Answers an `input()`."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def end(self) -> tuple[bytes, bytes]:
        self.process.terminate()
        return self.process.communicate(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


def attach(pid: int, *args: str, **options) -> subprocess.CompletedProcess[bytes]:
    line = [running.BINARY, "attach", str(pid), "--budget", "share=100%", *args]
    return subprocess.run(line, capture_output=True, env=running.environment(), check=False, timeout=120, **options)


def started(pid: int, *args: str) -> subprocess.Popen[bytes]:
    line = [running.BINARY, "attach", str(pid), "--budget", "share=100%", *args]
    return subprocess.Popen(line, stderr=subprocess.PIPE, env=running.environment())


def heard(process: subprocess.Popen[bytes], word: bytes) -> None:
    """Reads what is said until a word comes."""
    assert process.stderr is not None
    said = b""
    for each in iter(process.stderr.readline, b""):
        said += each
        if word in each:
            return
    raise AssertionError(said)


def test_ends(tmp_path):
    """However the command ends, every function is what it was within a second."""
    program = tmp_path / "app.py"
    program.write_text(CHANGING)
    with Target(str(program)) as target:
        assert target.line() == "clean"
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            process = started(target.pid, "-e", "fn:**.hit:entry { @n = count(); }")
            heard(process, b"attached")
            assert target.line() == "probed"
            process.send_signal(number)
            began = time.monotonic()
            assert target.line() == "clean"
            # Generous where others run, and far from never.
            assert time.monotonic() - began < 5
            _, err = process.communicate(timeout=30)
            assert process.returncode == (-9 if number == signal.SIGKILL else 0), err
            assert number == signal.SIGKILL or b"@n  count" in err


def traces(pid: int) -> tuple[list[str], int]:
    """Descriptors, the number of threads."""
    names = lambda folder: sorted(path.name for path in Path(folder).iterdir())  # noqa: E731
    return names(f"/proc/{pid}/fd"), len(names(f"/proc/{pid}/task"))


def test_leaves_nothing(tmp_path):
    """No thread, no descriptor, no file."""
    program = tmp_path / "app.py"
    program.write_text(CHANGING)
    with Target(str(program)) as target:
        assert target.line() == "clean"
        before = traces(target.pid)
        for _ in range(5):
            done = attach(target.pid, "-e", "fn:**.hit:entry { @n = count(); }", "--for", "50ms")
            assert done.returncode == 0, done.stderr
        assert traces(target.pid) == before
        assert before[1] == 1
        process = started(target.pid, "-e", "fn:**.hit:entry { @n = count(); }")
        heard(process, b"attached")
        folder = meeting(process.pid)
        assert folder.is_dir()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert not folder.exists()


def meeting(pid: int) -> Path:
    """The folder in which a command waits."""
    links = [str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()]
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
    named = {Path(row[7]) for row in rows if len(row) > 7 and f"socket:[{row[6]}]" in links}
    (folder,) = {path.parent for path in named if path.parent.name.startswith("waspect-attach-")}
    return folder


@pytest.mark.parametrize(("moment", "state"), list(zip(attach_suite.MOMENTS, STATES, strict=True)))
def test_killed(moment, state):
    """However suddenly the command ends, the program goes on, and nothing remains in it."""
    row = attach_suite.killed(moment, KILLS, random.Random(moment), [state], SETTLED_SECONDS_MAX)
    assert row.said == []
    assert row.ok == KILLS


def test_two_operators(tmp_path):
    """Each has its own counts; the end of one leaves the other."""
    program = tmp_path / "app.py"
    program.write_text(CHANGING)
    with Target(str(program)) as target:
        assert target.line() == "clean"
        first = started(target.pid, "-e", "fn:**.hit:entry { @first = count(); }")
        heard(first, b"attached")
        second = attach(target.pid, "-e", "fn:**.hit:exit { @second = count(); }", "--for", "200ms")
        assert second.returncode == 0
        assert b"@second" in second.stderr
        assert b"@first" not in second.stderr
        first.send_signal(signal.SIGINT)
        _, err = first.communicate(timeout=30)
        assert b"@first" in err
        assert [target.line(), target.line()] == ["probed", "clean"]


FORKING = """
import os, time
def hit(n): return n
own = hit.__code__
def child():
    for i in range(100): hit(i)
    print(os.getpid(), flush=True)
    while hit.__code__ is not own:
        hit(0)
        time.sleep(0.001)
    print("clean", flush=True)
    os._exit(0)
print("ready", flush=True)
input()
if not os.fork(): child()
while True:
    hit(1)
    time.sleep(0.001)
"""


def test_forked_children(tmp_path):
    """A child forked meanwhile is observed too, and let go with its parent."""
    program = tmp_path / "app.py"
    program.write_text(FORKING)
    with Target(str(program)) as target:
        assert target.line() == "ready"
        process = started(target.pid, "-e", "fn:**.hit:entry { @calls[pid] = count(); }")
        heard(process, b"attached")
        target.go_on()
        pid = target.line()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert target.line() == "clean"
        (counted,) = re.findall(rf"^\s+{pid}\s+(\d+)$", err.decode(), re.MULTILINE)
        assert int(counted) >= 100


LATE = """
import os, time
def hit(n): return n
own = hit.__code__
print("ready", flush=True)
input()
if not os.fork():
    if {closes}:
        os.closerange(3, 1000)
        held = [os.open("/dev/zero", os.O_RDONLY) for _ in range(20)]
    print("forked", flush=True)
    input()
    hit(0)
    until = time.monotonic() + 30
    while hit.__code__ is not own and time.monotonic() < until: time.sleep(0.001)
    print("clean" if hit.__code__ is own else "probed", flush=True)
    if {closes}:
        print(all(os.read(fd, 1) == b"\\0" for fd in held), flush=True)
    os._exit(0)
while True:
    hit(1)
    time.sleep(0.001)
"""


@pytest.mark.parametrize("closes", [False, True])
def test_a_child_that_fires_when_all_is_over(tmp_path, closes):
    """It was forked with probes that nobody wants any more; and what it opened under old numbers is its own."""
    program = tmp_path / "app.py"
    program.write_text(LATE.format(closes=closes))
    with Target(str(program)) as target:
        assert target.line() == "ready"
        process = started(target.pid, "-e", "fn:**.hit:entry { @calls = count(); }")
        heard(process, b"attached")
        target.go_on()
        # The parent reads no more: the next line is for the child.
        assert target.line() == "forked"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        target.go_on()
        assert target.line() == "clean"
        assert not closes or target.line() == "True"


def test_an_output_without_a_place_for_pictures(tmp_path):
    """On a terminal, what is counted is shown each second, but not where only a file was asked for."""
    program = tmp_path / "app.py"
    program.write_text(CHANGING)
    out = tmp_path / "out.jsonl"
    with Target(str(program)) as target:
        assert target.line() == "clean"
        line = [running.BINARY, "attach", str(target.pid), "-e", "fn:**.hit:entry { @n = count(); }"]
        ours, theirs = pty.openpty()
        done = subprocess.run([*line, "--for", "50ms", "-o", f"jsonl:{out}"], stderr=theirs, check=False, timeout=60)
        os.close(theirs)
        os.close(ours)
        assert done.returncode == 0
        assert '"name":"n"' in out.read_text()
        piped = attach(target.pid, "-e", "fn:**.hit:entry { @n = count(); }", "--for", "50ms", "-o", "jsonl")
        assert {json.loads(line)["type"] for line in piped.stdout.splitlines()} >= {"start", "state", "aggregation"}


def test_another_users_process(tmp_path):
    """Root may; the process's user may use the meeting, nobody else."""
    if os.geteuid() != 0:
        pytest.skip("takes root, to be another user")
    program = tmp_path / "app.py"
    # As a server does that was started by root.
    program.write_text("import os\nos.setgid(65534)\nos.setuid(65534)\n" + CHANGING)
    with Target(str(program)) as target:
        assert target.line() == "clean"
        for _ in range(2):
            done = attach(target.pid, "-e", "fn:**.hit:entry { @n = count(); }", "--for", "200ms")
            assert done.returncode == 0, done.stderr
            assert b"@n  count" in done.stderr


def refused(pid: int, *args: str) -> str:
    done = attach(pid, *(args or ("-e", "fn:**.hit:entry { @n = count(); }")))
    assert done.returncode == 2, done.stderr
    return done.stderr.decode()


def test_refusals(tmp_path):
    """Each says what was found, and nothing happens."""
    other = subprocess.Popen(["sleep", "60"])
    try:
        assert f"process {other.pid} runs `" in refused(other.pid)
        assert "expected CPython" in refused(other.pid)
    finally:
        other.kill()
        other.wait()
    assert f"process {other.pid} does not exist" in refused(other.pid)
    program = tmp_path / "app.py"
    program.write_text(CHANGING)
    with Target(str(program)) as target:
        assert target.line() == "clean"
        # Told before anything is stopped.
        assert "no probe given" in refused(target.pid, "--for", "1s")
        assert "is not closed" in refused(target.pid, "-e", "fn:**.hit:entry {")
        target.process.send_signal(signal.SIGSTOP)
        assert "is stopped" in refused(target.pid)
        target.process.send_signal(signal.SIGCONT)
        assert attach(target.pid, "-e", "fn:**.hit:entry { @n = count(); }", "--for", "50ms").returncode == 0


IMPORTS_IN_A_CHILD = """
import os, sys, time
print("ready", flush=True); sys.stdin.readline()
if os.fork() == 0:
    import late
    for n in range(9): late.hit(n)
    print("done", flush=True)
    time.sleep(60)
os.wait()
"""


def test_a_forked_child_writes_nothing_into_its_parents_counts(tmp_path):
    """It imports what is probed, which is written down before its first firing."""
    (tmp_path / "late.py").write_text("def hit(n): return n\n")
    out = tmp_path / "out"
    with Target("-W", "ignore", "-c", IMPORTS_IN_A_CHILD, env=running.environment(PYTHONPATH=str(tmp_path))) as target:
        target.line()
        operator = started(target.pid, "-e", "fn:late.hit:entry { @n = count(); }", "-o", f"jsonl:{out}")
        heard(operator, b"entered")
        target.go_on()
        assert target.line() == "done"
        operator.send_signal(signal.SIGINT)
        assert operator.wait(20) == 0
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        assert [line["entries"] for line in lines if line["type"] == "function"] == [9]
        assert [line["value"] for line in lines if line["type"] == "aggregation"] == [9]
        os.kill(next(line["pid"] for line in lines if line["type"] == "start" and line["pid"] != target.pid), 9)
