"""`waspect run --every`: what was counted, while the program runs.

Each case is a real program under a real terminal (a pty); a small terminal of our own shows what came of the bytes. In:
the binary that this environment's wheel installed, or the one `WASPECT_BIN` names. Out: nothing. Never: a look at the
bytes where the screen says more.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

import running
from screen import Screen

# The screen is the operator's, whatever runs there.
pytestmark = pytest.mark.once

COLUMNS, ROWS = 100, 30

# A histogram for each word that `hit` is called with.
PROBE = """(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.get" "arg1" (func $arg1 (result i64)))
  (import "probe1" "float" (func $float (param i64 f64) (result f64)))
  (import "probe1.quantize" "latency" (func $quantize (param i64 f64)))
  (func (export "fn:**.timed:entry")
    (call $quantize (call $arg0) (call $float (call $arg1) (f64.const 0)))))
"""

PROGRAM = """
import os, sys, time
def timed(word, n): return n
def work(rounds):
    for i in range(rounds):
        for j in range(200):
            timed("slow", 1_000_000 + 9_000 * j)
            timed("quick", 1_000 + 10 * j)
        os.write(1, b"line %d\\n" % i)
        time.sleep(0.02)
"""


class Session:
    """A program under `waspect run --every` on a terminal of its own."""

    def __init__(self, folder: Path, code: str, every: str = "200ms", **env: str | None):
        running.write(folder, PROGRAM + code, PROBE)
        line = running.command(folder, "app.py", options=("--every", every, "-o", "terminal"))
        environment = running.environment(**{"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "COLUMNS": None, **env})
        self.shown = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            resize(0, COLUMNS, ROWS)
            os.chdir(folder)
            os.execve(line[0], line, environment)

    def read(self, until: bytes | None = None, times: int = 1) -> bytes:
        """What came until `until` came so often, or until the end."""
        while until is None or self.shown.count(until) < times:
            try:
                part = os.read(self.terminal, 65536)
            except OSError:
                break
            if not part:
                break
            self.shown += part
        return self.shown

    def end(self) -> int:
        self.read()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        assert self.end() == -signal.SIGTERM

    def screen(self, rows: int = ROWS) -> Screen:
        return Screen(COLUMNS, rows).feed(self.shown)


def resize(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def test_a_picture_below_the_programs_lines(tmp_path: Path) -> None:
    session = Session(tmp_path, "work(75); sys.exit(3)")
    session.read(b"\x1b[?2026l", 4)
    drawn = session.screen()
    assert session.end() == 3
    assert drawn.drawings >= 4
    rows = drawn.rows()
    (head,) = [i for i, row in enumerate(rows) if row.startswith("@latency")]
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3}Z  after \d+ms", rows[head - 1])
    assert re.search(r"slow +quick|quick +slow", rows[head + 1])
    assert "p90 ~" in "".join(rows[head:])
    # Above it the program's last lines, each on its own row.
    assert rows[head - 2].startswith("line ") or rows[head - 3].startswith("line ")
    check_lines(session.screen(), 75)


def check_lines(screen: Screen, many: int) -> None:
    """Every line of the program is there, once and in order; of the pictures nothing is left but the last account."""
    said = [row for row in screen.all() if row.startswith("line ")]
    assert said == [f"line {i}" for i in range(many)]
    account = screen.all()[screen.all().index(said[-1]) + 1 :]
    assert sum(row.startswith("@latency") for row in account) == 1
    assert sum(row.startswith("@latency") for row in screen.all()) == 1
    assert (screen.top, screen.bottom) == (0, screen.height - 1), "the region is left as it was"
    assert screen.wraps


def test_an_interrupt_leaves_the_last_picture(tmp_path: Path) -> None:
    session = Session(tmp_path, "work(10_000)")
    session.read(b"\x1b[?2026l", 2)
    os.write(session.terminal, b"\x03")
    assert session.end() == -signal.SIGINT
    screen = session.screen()
    assert "KeyboardInterrupt" in "".join(screen.all())
    last = screen.rows()
    assert any(row.startswith("@latency  quantize") for row in last)
    assert any("probe.wat" in row or "fn:**.timed:entry" in row for row in last)
    assert (screen.top, screen.bottom) == (0, ROWS - 1)


def test_another_size(tmp_path: Path) -> None:
    """Where the terminal becomes higher or lower the picture is drawn at its new end at once, whatever the interval."""
    session = Session(tmp_path, "work(300)", "3s")
    session.read(b"\x1b[?2026l")
    for rows in (ROWS + 20, ROWS - 5):
        before = time.monotonic()
        resize(session.terminal, COLUMNS, rows)
        session.read(f"\x1b[{rows};1H".encode())
        assert time.monotonic() - before < 2
    session.terminate()
    assert f"\x1b[{ROWS - 5};1H".encode() in session.shown


def test_half_lines(tmp_path: Path) -> None:
    """A picture that is drawn while the program is within a line leaves its cursor where it was."""
    code = """
timed("slow", 5)
time.sleep(0.5)
for i in range(30):
    os.write(1, b"line")
    time.sleep(0.03)
    os.write(1, b" %d\\n" % i)
    timed("quick", i)
"""
    session = Session(tmp_path, code, "100ms")
    assert session.end() == 0
    check_lines(session.screen(), 30)


def test_no_colour(tmp_path: Path) -> None:
    """Without colour it is still drawn in place."""
    session = Session(tmp_path, "work(40)", NO_COLOR="1")
    assert session.end() == 0
    assert not re.search(rb"\x1b\[[1-9][0-9;]*m", session.shown)
    assert b"\x1b[?2026h" in session.shown
    check_lines(session.screen(), 40)


def test_a_terminal_that_cannot_draw(tmp_path: Path) -> None:
    session = Session(tmp_path, "work(40)", TERM="dumb", LC_ALL="C", CI="true")
    assert session.end() == 0
    assert b"\x1b" not in session.shown
    assert session.shown.isascii()
    assert session.shown.count(b"@latency  quantize") >= 3
    assert b"@@@@" in session.shown


def test_no_terminal(tmp_path: Path) -> None:
    """One block after the other, and no control character."""
    done = running.run(
        tmp_path,
        PROGRAM + "work(40)",
        probe=PROBE,
        options=("--every", "200ms", "-o", "terminal"),
        env={"LC_ALL": "C.UTF-8"},
    )
    assert done.code == 0
    text = done.err.decode()
    assert not [c for c in text if ord(c) < 32 and c != "\n"]
    pictures = re.findall(r"^\d\d:\d\d:\d\d\.\d{3}Z  after \d", text, re.MULTILINE)
    assert len(pictures) >= 2
    assert text.count("@latency  quantize") == len(pictures) + 1 - text.count("nothing counted yet")


def test_colour_as_asked(tmp_path: Path) -> None:
    running.write(tmp_path, PROGRAM + "work(3)", PROBE)
    for when, coloured in (("always", True), ("never", False), ("auto", False)):
        line = running.command(tmp_path, "app.py", options=("--color", when, "-o", "terminal"))
        done = subprocess.run(
            line, cwd=tmp_path, env=running.environment(), capture_output=True, check=True, timeout=60
        )
        assert (b"\x1b[" in done.stderr) == coloured, when


def test_nowhere_to_show(tmp_path: Path) -> None:
    running.write(tmp_path, PROGRAM, PROBE)
    line = running.command(tmp_path, "app.py", options=("--every", "1s"))
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "`--every` has nowhere to show anything" in done.stderr
    started = time.monotonic()
    for wrong in ("1", "10ms"):
        line = running.command(tmp_path, "app.py", options=("--every", wrong, "-o", "terminal"))
        assert subprocess.run(line, cwd=tmp_path, capture_output=True, check=False, timeout=60).returncode == 2
    assert time.monotonic() - started < 30, sys.executable
