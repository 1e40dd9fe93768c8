"""Attaching, detaching and changing under four calling threads, on this CPython and on a debug build of it.

In: `stress.py`, which says what is done and checks it. Out: that nothing went wrong, and that each thing was done.
Never here: how fast; a machine that is busy does less of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import debug_python

HERE = Path(__file__).parent
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
SECONDS, RACES_SECONDS, SECONDS_MAX = 4, 5, 240


def run(interpreter: str, program: str, seconds: float) -> dict[str, int]:
    path = os.pathsep.join([str(HERE), sysconfig.get_path("purelib")])
    command = [interpreter, "-X", "faulthandler", str(HERE / program), str(seconds)]
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(interpreter: str) -> dict[str, int]:
    told = run(interpreter, "stress.py", SECONDS)
    assert told.pop("abandoned") == 0
    assert all(told[step] for step in ("calls", "entries", "attach", "detach", "defaults", "anew", "brief", "collect"))
    return told


def test_results_are_right_and_calls_add_up():
    assert not check(sys.executable)["debug"]


def test_a_debug_build_asserts_nothing():
    interpreter = debug_python.find(MINOR)
    if not interpreter:
        pytest.skip(debug_python.why_not(MINOR))
    assert check(interpreter)["debug"]


def test_races_between_those_who_attach():
    told = run(sys.executable, "races.py", RACES_SECONDS)
    assert all(told[step] for step in ("calls", "attached and detached", "imported", "attached within")), told


# What is looked at once in a process, when it loads its first session, is looked at by all of them.
FIRST = """
import sys, threading, waspect
from probing import wat
sys.setswitchinterval(1e-6)
artifact = waspect._compiled(wat({"fn:__main__.hit:exit": "count"}).encode(), "first.wat", {})
def hit(n): return n
ready, calls = threading.Barrier(16), []
def first():
    ready.wait()
    with waspect.load(artifact, budget={"share": 1}) as session:
        hit(1)
        calls.append(sum(each["firings"] for each in session.stats() if each["type"] == "summary"))
threads = [threading.Thread(target=first) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(calls), min(calls) > 0)
"""


@pytest.mark.parametrize("_round", range(16))
def test_first_sessions_at_once(_round):
    """No thread waits for another that waits for the interpreter's lock; a process has one chance to."""
    command = [sys.executable, "-c", FIRST]
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, env=environment, check=False)
    assert (done.stdout, done.stderr) == ("16 True\n", "")
