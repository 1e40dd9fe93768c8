"""Programs that run, and visits of `waspect attach` to them, each with what came of it.

In: a state of `tests/python/attach_states.py`, the binary beside this interpreter or `$WASPECT_BIN`. Out: a `Target`,
which says itself what went wrong in it and whether its functions are its own; a `Visit`: what was observed, how long a
thread stood still, what was amiss. Never here: a wait without an end, or a verdict on more than one visit.
"""

from __future__ import annotations

import collections
import json
import os
import re
import select
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STATES = ROOT / "tests" / "python" / "attach_states.py"
# Targets loop hotter than a process whose time is to be kept.
SHARE = ("--budget", "share=100%")
BINARY = os.environ.get("WASPECT_BIN") or str(Path(sysconfig.get_path("scripts")) / "waspect")
# Fires whatever the program does: whoever does something there says so to its account.
PROBE = "fn:__main__.Account.*:exit { @calls[fn] = count(); capture(fn); }"
FUNCTIONS = 3
# Far more than any answer takes, also where others run.
ANSWER_SECONDS_MAX, VISIT_SECONDS_MAX = 30, 60
# The stop in which the work is done, and those before it, at places where a thread could not be borrowed.
STOPPED = re.compile(r"one thread stopped for ([\d.]+) ms(?:, and ([\d.]+) ms in)?")
# How many threads a program has, once it is up, in the states where that does not change.
STEADY = {"sleep": 1, "select": 1, "join": 2, "cpu": 1, "malloc": 1, "mtcpu": 5, "longc": 1, "asyncio": 1, "uvicorn": 3}
STEADY |= {"fork": 1, "signals": 1}
# Visits wait for the first event, which some states do not have.
SILENT = {"sleep_long", "wait_for_ever"}


class DeadError(Exception):
    """The program ended or says nothing any more."""


class Target:
    """A program in a state."""

    def __init__(self, state: str, *length: str) -> None:
        self.state = state
        line, pipe = [sys.executable, str(STATES), state, *length], subprocess.PIPE
        self.process = subprocess.Popen(line, stdout=pipe, stderr=pipe, env=environment())
        self.pid = self.process.pid
        self._heard = b""
        self._line()
        self.before: tuple[int, list[str]] = (0, [])

    def ask(self, *, all_of_it: bool = False) -> dict[str, Any]:
        """What it says of itself."""
        return self._told(signal.SIGUSR2 if all_of_it else signal.SIGUSR1)

    def end(self) -> dict[str, Any]:
        """Its last word."""
        return self._told(signal.SIGTERM)

    def _told(self, by: signal.Signals) -> dict[str, Any]:
        if self.process.poll() is not None:
            raise DeadError(self._epitaph())
        self.process.send_signal(by)
        told: dict[str, Any] = json.loads(self._line())
        return told

    def _line(self) -> bytes:
        assert self.process.stdout is not None
        until = time.monotonic() + ANSWER_SECONDS_MAX
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self.process.stdout], [], [], max(until - time.monotonic(), 0))
            more = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not more:
                raise DeadError(self._epitaph())
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line

    def _epitaph(self) -> str:
        code = self.process.poll()
        return f"it says nothing for {ANSWER_SECONDS_MAX} s" if code is None else f"it ended with {code}"

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def settle(self, most: float) -> tuple[float, str]:
        """How long until nothing of a visit remains, and what still does after so long."""
        began = time.monotonic()
        while amiss := self.amiss():
            if time.monotonic() - began > most:
                break
            time.sleep(0.01)
        return time.monotonic() - began, amiss

    def amiss(self) -> str:
        """What remains of visits: other code in its functions, a thread, a descriptor."""
        if not self.ask()["clean"]:
            return "its functions are not what they were"
        found = self.traces()
        return "" if found == self.before else f"it has {found}, and had {self.before}"

    def accept(self) -> None:
        """What remains although it should not is told once."""
        self.settle(ANSWER_SECONDS_MAX)
        self.before = self.traces()

    def remember(self) -> None:
        """What it holds is what it is to hold after each visit; waits until it is up, and holds no more and no less."""
        until = time.monotonic() + ANSWER_SECONDS_MAX
        seen: list[object] = []
        while len(seen) < 3 or seen[-3:] != [self.before] * 3 or self.is_coming_up():
            if time.monotonic() > until:
                raise DeadError(f"`{self.state}` is not up after {ANSWER_SECONDS_MAX} s")
            time.sleep(0.05)
            self.before = self.traces()
            seen.append(self.before)

    def is_coming_up(self) -> bool:
        is_idle = self.state not in SILENT and not self.ask()["rounds"]
        return is_idle or self.before[0] < STEADY.get(self.state, 0)

    def traces(self) -> tuple[int, list[str]]:
        """Its threads, and its descriptors of the kinds that a visit has: nameless sockets and memory."""
        threads = len(list(Path(f"/proc/{self.pid}/task").iterdir())) if self.state in STEADY else 0
        sockets = {line.split()[6] for line in Path(f"/proc/{self.pid}/net/unix").read_text().splitlines()[1:]}
        return threads, sorted(link for link in self.descriptors() if is_ours(link, sockets))

    def descriptors(self) -> list[str]:
        links = []
        for path in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                links.append(str(path.readlink()))
            except OSError:
                continue
        return links

    def __enter__(self) -> Target:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def is_ours(link: str, sockets: set[str]) -> bool:
    return link.startswith("/memfd:") or link.removeprefix("socket:[").rstrip("]") in sockets


def environment() -> dict[str, str]:
    """This one, without what would show in a program's behaviour."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV_")) and k != "PYTHONPATH"}
    return env | {"PYTHONDONTWRITEBYTECODE": "1"}


@dataclass
class Visit:
    """What came of one attach."""

    events: int = 0
    stopped: float = 0.0
    searched: float = 0.0
    seconds: float = 0.0
    hung: bool = False
    amiss: list[str] = field(default_factory=list)


def visit(target: Target, probe: str = PROBE) -> Visit:
    """In, until the first event, and out."""
    began, is_silent = time.monotonic(), target.state in SILENT
    with started(target, probe, *(["--for", "200ms"] if is_silent else [])) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        limit = threading.Timer(VISIT_SECONDS_MAX, command.kill)
        limit.start()
        lines: list[dict[str, Any]] = []
        for text in command.stdout:
            lines.append(json.loads(text))
            if lines[-1]["type"] == "record" and command.returncode is None and not is_silent:
                is_silent = True
                command.send_signal(signal.SIGINT)
        said = command.stderr.read().decode(errors="replace")
        code = command.wait()
        limit.cancel()
    seconds = time.monotonic() - began
    found = STOPPED.search(said)
    of = Visit(seconds=seconds, hung=seconds >= VISIT_SECONDS_MAX)
    of.stopped, of.searched = [float(ms or 0) for ms in found.groups()] if found else (0.0, 0.0)
    if code or not found:
        of.amiss.append(f"exit code {code}: {said.strip()}")
    else:
        of.events, of.amiss = judged(lines, target.state in SILENT)
    return of


def started(target: Target, probe: str, *options: str) -> subprocess.Popen[bytes]:
    line = [BINARY, "attach", str(target.pid), "-e", probe, "-o", "jsonl", *SHARE, *options]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())


def judged(lines: list[dict[str, Any]], is_silent: bool) -> tuple[int, list[str]]:
    """How many events there were, and which counts do not agree."""
    of: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for line in lines:
        of[line["type"]].append(line)
    attached = [line["functions"] for line in of["state"] if line["state"] == "attached"]
    amiss = [] if FUNCTIONS in attached else [f"attached to {attached} functions, expected {FUNCTIONS}"]
    amiss += [f"counts do not agree: {f}" for f in of["function"] if not balances(f)]
    records, dropped = len(of["record"]), sum(sum(s["drops"].values()) for s in of["summary"])
    counted = sum(a["value"] for a in of["aggregation"] if a["name"] == "calls")
    if counted != records + dropped:
        amiss.append(f"counted {counted} calls, recorded {records}, dropped {dropped}")
    if not counted and not is_silent:
        amiss.append("nothing fired")
    return records, amiss


def balances(f: dict[str, Any]) -> bool:
    return bool(f["entries"] == f["returns"] + f["raises"] + f["abandoned"] + f["live"])
