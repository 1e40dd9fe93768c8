"""`waspect attach` to servers of several processes: named by port and by name, workers that end and come meanwhile.

In: gunicorn and uvicorn as they are, an application that answers with its process's id; the binary and the agent of
this environment. Out: nothing. Never: a server of somebody else, so each has a name and a port of its own.
"""

from __future__ import annotations

import collections
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

import running
from serving import free_port, wait_for
from test_attach_live import heard

# Groups are the command line's; `test_servers` and `test_attach_states` enter every CPython.
pytestmark = pytest.mark.once

PROBE = "fn:app.answer:entry { @calls[pid] = count(); @all = count(); }"

# Answers with its process's id, and whether the function has a hook.
APP = """
import os
def answer(n): return n
def state():
    # A function that is new has its hook before anybody sees it.
    plain = all(type(x) in (int, str, type(None)) for x in answer.__code__.co_consts)
    return f"{os.getpid()} {'clean' if plain else 'probed'}".encode()
def app(environ, start_response):
    if environ["PATH_INFO"] == "/":
        answer(1)
    start_response("200 OK", [("Connection", "close")])
    return [state()]
async def web(scope, receive, send):
    if scope["type"] != "http": return
    if scope["path"] == "/":
        answer(1)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": state()})
"""

# A launcher with a name of its own, as console scripts are.
GUNICORN = "from gunicorn.app.wsgiapp import run\nrun()\n"
UVICORN = "import uvicorn\nif __name__ == '__main__': uvicorn.main()\n"


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)


class Server:
    """A server that runs, with a name and a port that no other has."""

    def __init__(self, folder: Path, text: str, *args: str):
        self.name, self.port = f"shop-{uuid.uuid4().hex[:8]}", free_port()
        folder = folder / self.name
        folder.mkdir()
        (folder / "app.py").write_text(APP)
        (folder / f"{self.name}.py").write_text(text)
        line = [sys.executable, str(folder / f"{self.name}.py"), *(arg.format(port=self.port) for arg in args)]
        env = running.environment(HOME=str(folder))
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(line, cwd=folder, env=env, stdout=quiet, stderr=quiet)
        wait_for(self.port, self.process)

    def ask(self, path: str = "/") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        with contextlib.closing(connection):
            pid, state = connection.getresponse().read().decode().split()
        return int(pid), state

    def ask_many(self, n: int) -> collections.Counter[int]:
        return collections.Counter(self.ask()[0] for _ in range(n))

    def states(self, n: int) -> dict[int, str]:
        """Of each worker, asked until all `n` have answered."""
        states: dict[int, str] = {}

        def all_answered() -> bool:
            states.update([self.ask("/state")])
            return len(states) >= n

        wait_until(all_answered)
        return states

    def without(self, pid: int, n: int) -> set[int]:
        """The `n` workers there are once this one is replaced."""
        found: set[int] = set()

        def are_there() -> bool:
            found.clear()
            found.update(self.states(n).keys() - {pid})
            return len(found) == n

        wait_until(are_there)
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


def gunicorn(folder: Path, workers: int = 3) -> Server:
    # The control socket has a thread, which comes some time after the rest.
    options = ["--no-control-socket"] if sys.version_info >= (3, 12) else []
    return Server(folder, GUNICORN, "-w", str(workers), "-b", "127.0.0.1:{port}", *options, "app:app")


def uvicorn(folder: Path) -> Server:
    return Server(folder, UVICORN, "app:web", "--workers", "2", "--port", "{port}", "--log-level", "critical")


class Attached:
    """The command while it observes."""

    def __init__(self, folder: Path, *args: str, processes: int | None = None, probe: str = PROBE):
        self.out = folder / f"out-{uuid.uuid4().hex[:8]}.jsonl"
        line = [running.BINARY, "attach", *args, "--budget", "share=100%", "-e", probe, "-o", f"jsonl:{self.out}"]
        self.process = subprocess.Popen(line, stderr=subprocess.PIPE, bufsize=0, env=running.environment())
        if processes is not None:
            # So many have joined; more than a few are one line.
            heard(self.process, b"entered")
            wait_until(lambda: len(self.of("start")) >= processes)

    def of(self, kind: str) -> list[dict]:
        # A line may be under way.
        lines = self.out.read_text().split("\n")[:-1] if self.out.exists() else []
        return [line for line in map(json.loads, lines) if line["type"] == kind]

    def heard_of(self, pid: int) -> None:
        wait_until(lambda: pid in [start["pid"] for start in self.of("start")])

    def end(self, number: int | None = signal.SIGINT) -> tuple[collections.Counter[int], str]:
        """What was counted, by process, and what was said."""
        if number is not None:
            self.process.send_signal(number)
        _, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        aggregations = self.of("aggregation")
        counts = collections.Counter({x["key"][0]: x["value"] for x in aggregations if x["name"] == "calls"})
        assert [x["value"] for x in aggregations if x["name"] == "all"] == ([counts.total()] if counts else [])
        # Nobody was entered twice.
        starts = [x["pid"] for x in self.of("start")]
        assert len(starts) == len(set(starts)), starts
        return counts, err.decode()


def traces(pid: int) -> tuple[list[str], int]:
    """Descriptors, and the number of threads."""
    names = lambda folder: sorted(path.name for path in Path(folder).iterdir())  # noqa: E731
    seen = None
    # The last answer's connection may be about to be closed.
    while seen != (now := (names(f"/proc/{pid}/fd"), len(names(f"/proc/{pid}/task")))):
        seen = now
        time.sleep(0.2)
    return now


def refused(*args: str) -> str:
    line = [running.BINARY, "attach", *args, "--budget", "share=100%", "-e", PROBE]
    done = subprocess.run(line, capture_output=True, env=running.environment(), check=False, timeout=60)
    assert done.returncode == 2, done.stderr
    return done.stderr.decode()


@pytest.fixture(autouse=True, scope="module")
def _may_trace():
    """Some sandboxes let nobody look into another process; there is nothing to see there."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as target:
        time.sleep(0.5)
        line = [running.BINARY, "attach", str(target.pid), "-e", "begin { }", "--for", "1ms"]
        said = subprocess.run(line, capture_output=True, env=running.environment(), check=False, timeout=60).stderr
        target.kill()
    if b"may not be entered" in said:
        pytest.skip(said.decode())


def test_a_server_by_its_port(tmp_path):
    """What is asked is counted: by a worker that is killed, by the one that comes instead. Then nothing is left."""
    with gunicorn(tmp_path) as server:
        before = {pid: traces(pid) for pid in [server.process.pid, *server.states(3)]}
        attached = Attached(tmp_path, f":{server.port}", processes=4)
        assert set(server.states(3).values()) == {"probed"}
        asked = server.ask_many(40)
        killed = next(iter(asked))
        os.kill(killed, signal.SIGKILL)
        server.without(killed, 3)
        asked += server.ask_many(40)
        assert len(asked) == 4
        # Two looks for new processes: the forked one is not entered, it came by itself.
        time.sleep(2.2)
        asked += server.ask_many(10)
        began = time.monotonic()
        counts, err = attached.end()
        # Generous where others run.
        assert time.monotonic() - began < 5
        assert counts == asked, err
        assert set(server.states(3).values()) == {"clean"}
        assert {pid: traces(pid) for pid in before.keys() - {killed}} == {
            pid: found for pid, found in before.items() if pid != killed
        }


def test_two_servers_by_their_names(tmp_path):
    """Each has its own: no worker of one comes to the other, no operator's count to another's."""
    with gunicorn(tmp_path, 2) as one, gunicorn(tmp_path, 2) as other:
        first = Attached(tmp_path, f"name:{one.name}", processes=3)
        second = Attached(tmp_path, f"name:{one.name}.py", processes=3)
        both = Attached(tmp_path, f"name:{one.name}", f":{other.port}", processes=6)
        asked, elsewhere = one.ask_many(20), other.ask_many(20)
        one.process.send_signal(signal.SIGTTIN)
        one.states(3)
        asked += one.ask_many(20)
        time.sleep(1.5)
        assert first.end()[0] == asked
        asked += (more := one.ask_many(10))
        assert more
        assert second.end()[0] == asked
        assert both.end()[0] == asked + elsewhere
        assert {state for server in (one, other) for state in server.states(2).values()} == {"clean"}


def test_workers_that_are_spawned(tmp_path):
    """A worker that is no fork is entered when it is found, and only then; with the server's end it is over."""
    with uvicorn(tmp_path) as server:
        workers = server.states(2)
        attached = Attached(tmp_path, f"name:{server.name}", processes=len(workers) + 1)
        assert set(server.states(2).values()) == {"probed"}
        asked = server.ask_many(20)
        killed = next(iter(workers))
        os.kill(killed, signal.SIGKILL)
        (new,) = server.without(killed, 2) - workers.keys()
        attached.heard_of(new)
        wait_until(lambda: set(server.states(2).values()) == {"probed"})
        asked += server.ask_many(20)
        server.process.terminate()
        counts, err = attached.end(None)
        assert counts == asked, err
        assert f"no process of `name:{server.name}` is left" in err


CHILDREN = """
import os, subprocess, sys, time
sys.path.insert(0, os.getcwd())
from app import answer
if sys.argv[1] == "parent":
    children = [subprocess.Popen([sys.executable, __file__, "child"]) for _ in range(2)]
    print(*(child.pid for child in children), flush=True)
while True:
    answer(1)
    time.sleep(0.001)
"""


@pytest.mark.parametrize("children", [False, True])
def test_descendants_of_a_process(tmp_path, children):
    """With its id a process is meant alone; with `--children` those below it too, now and later."""
    (tmp_path / "app.py").write_text(APP)
    program = tmp_path / "parent.py"
    program.write_text(CHILDREN)
    line = [sys.executable, str(program), "parent"]
    env = running.environment()
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, env=env) as target:
        assert target.stdout is not None
        below = [int(pid) for pid in target.stdout.readline().split()]
        # They are in their loops: what is still starting is entered later.
        time.sleep(1)
        option = ["--children"] if children else []
        attached = Attached(tmp_path, str(target.pid), *option, processes=3 if children else 1)
        time.sleep(0.3)
        counts, _ = attached.end()
        assert set(counts) == {target.pid, *(below if children else [])}
        [os.kill(pid, signal.SIGKILL) for pid in below]
        target.kill()


def test_one_that_cannot_be_entered(tmp_path):
    """It is said once, and the others are observed; where there is no other it is the error."""
    with gunicorn(tmp_path, 2) as server:
        stopped, other = server.states(2)
        os.kill(stopped, signal.SIGSTOP)
        try:
            attached = Attached(tmp_path, f"name:{server.name}")
            attached.heard_of(other)
            attached.heard_of(server.process.pid)
            time.sleep(1.5)
            assert f"process {stopped} is stopped" in refused(str(stopped))
        finally:
            os.kill(stopped, signal.SIGCONT)
        # It is looked at again.
        attached.heard_of(stopped)
        _, err = attached.end()
        assert err.count(f"not entered: process {stopped} is stopped") == 1


def test_another_network(tmp_path):
    """Where nobody listens on a port here, those are meant who do in other namespaces."""
    if os.geteuid() != 0:
        pytest.skip("takes root, to make a namespace")
    port = free_port()
    program = f"""
import socket, time
def answer(): time.sleep(0.001)
s = socket.create_server(("0.0.0.0", {port}))
print(flush=True)
while True: answer()
"""
    line = ["unshare", "--net", sys.executable, "-c", program]
    with subprocess.Popen(line, stdout=subprocess.PIPE, env=running.environment()) as target:
        assert target.stdout is not None
        target.stdout.readline()
        probe = "fn:**.answer:entry { @calls[pid] = count(); @all = count(); }"
        attached = Attached(tmp_path, f":{port}", processes=1, probe=probe)
        time.sleep(0.2)
        assert set(attached.end()[0]) == {target.pid}
        target.kill()


def test_targets_that_name_nothing(tmp_path):
    """What is near is said, and what to do."""
    with gunicorn(tmp_path, 1) as server, socket.socket() as ours, socket.socket(socket.AF_UNIX) as local:
        said = refused(f"name:{server.name}s")
        assert f"no Python process is called `{server.name}s`" in said
        assert f"`name:{server.name}.py`" in said
        free = free_port()
        assert f"nobody listens on `:{free}`" in refused(f":{free}")
        other = subprocess.Popen(["sleep", "60"])
        try:
            assert "what is called so is no Python: sleep (pid " in refused("name:sleep")
            assert f"process {other.pid} runs `" in refused(str(other.pid))
        finally:
            other.kill()
            other.wait()
        # This test itself listens, and is Python.
        path = tmp_path / "app.sock"
        local.bind(str(path))
        local.listen()
        ours.bind(("127.0.0.1", 0))
        ours.listen()
        listed = subprocess.run([running.BINARY, "ps", "--json"], capture_output=True, check=True).stdout
        (own,) = [each for each in json.loads(listed) if each["pid"] == os.getpid()]
        assert {f":{ours.getsockname()[1]}", f"unix:{path}"} <= set(own["listens"])
        (master,) = [each for each in json.loads(listed) if each["pid"] == server.process.pid]
        assert (master["parent"], master["name"]) == (os.getpid(), f"{server.name}.py")
        assert f":{server.port}" in master["listens"]
        assert refused(f"unix:{tmp_path}/none.sock").startswith("error: nobody listens on `unix:")
