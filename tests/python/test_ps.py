"""`waspect ps`: Python processes, and why one cannot be attached to.

In: real processes in several states. Out: nothing. Never: a process of somebody else that matters here.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

import running

# What is listed is the command line's work.
pytestmark = pytest.mark.once

IDLE = "import time\nprint(flush=True)\ntime.sleep(60)"


def listed(*args: str) -> str:
    done = subprocess.run([running.BINARY, "ps", *args], capture_output=True, env=running.environment(), check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.fixture
def idle():
    target = subprocess.Popen([sys.executable, "-c", IDLE, "a\nb"], stdout=subprocess.PIPE)
    assert target.stdout
    target.stdout.readline()
    yield target
    target.kill()
    target.communicate()


def found(pid: int) -> dict:
    (process,) = [each for each in json.loads(listed("--json")) if each["pid"] == pid]
    return process


def test_what_can_be_attached_to(idle):
    process = found(idle.pid)
    assert process["attachable"]
    assert process["reason"] is None
    assert process["python"] == "{}.{}.{}".format(*sys.version_info)
    # What would end the line is not shown as it is.
    assert process["command"].endswith("a?b")
    assert f"  {idle.pid}  " in listed()


@pytest.mark.parametrize(("asked", "prepared", "state"), [("1", True, "prepared"), ("0", False, "refused")])
def test_what_whoever_started_it_says(asked, prepared, state):
    code = "print(flush=True); input()"
    env = running.environment(WASPECT=asked)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env
    ) as target:
        assert target.stdout
        target.stdout.readline()
        process = found(target.pid)
        assert (process["prepared"], process["attachable"]) == (prepared, prepared)
        assert state in next(line for line in listed().splitlines() if f" {target.pid} " in line)
        target.communicate(b"\n")


def test_what_cannot(idle):
    idle.send_signal(signal.SIGSTOP)
    time.sleep(0.1)
    process = found(idle.pid)
    assert not process["attachable"]
    assert f"process {idle.pid} is stopped" in process["reason"]
    assert process["hint"] == f"`kill -CONT {idle.pid}` lets it go on"
    assert process["reason"] in listed()


def test_other_programs_are_not_listed():
    other = subprocess.Popen(["sleep", "60"])
    try:
        assert other.pid not in [each["pid"] for each in json.loads(listed("--json"))]
    finally:
        other.kill()
        other.wait()


def test_how_a_process_is_named(tmp_path):
    """By what it runs and where it listens; a child is below its parent, and says only what is its own."""
    program = tmp_path / "shop.py"
    program.write_text(
        "import os, socket, subprocess, sys, time\n"
        "s = socket.create_server(('127.0.0.1', 0))\n"
        "pid = os.fork() or time.sleep(60)\n"
        "print(s.getsockname()[1], pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE) as target:
        assert target.stdout
        port, child = target.stdout.readline().decode().split()
        parent = found(target.pid)
        assert (parent["name"], parent["listens"]) == ("shop.py", [f":{port}"])
        below = found(int(child))
        assert (below["parent"], below["listens"]) == (target.pid, [f":{port}"])
        (line,) = [line for line in listed().splitlines() if line.split()[:1] == [str(target.pid)]]
        assert f"  name:shop.py :{port}  " in line
        (line,) = [line for line in listed().splitlines() if line.split()[:1] == [child]]
        assert "name:" not in line
        subprocess.run(["kill", child], check=True)
        target.kill()
