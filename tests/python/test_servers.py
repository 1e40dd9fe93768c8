"""Servers of several processes, observed: each request is counted once, in the worker that answered it.

Workers are reloaded and killed meanwhile. In: gunicorn, celery and uvicorn as they are started by hand, under `waspect
run` or entered by `waspect attach`; requests whose answers name the worker. Out: the same counts by process. Never: an
address off this machine, a program that knows of waspect.
"""

from __future__ import annotations

import collections
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from running import BINARY, environment
from serving import free_port

pytestmark = pytest.mark.once

# What is asked for between two events, and by how many at a time.
REQUESTS, CLIENTS = 40, 4
WORKERS = 2
SECONDS_MAX = 60
PROBE = "fn:app.hit:entry { @hits[pid] = count(); capture(arg0); }"

APP = """
import os
def hit(n): return n
def app(environ, start_response):
    hit(1)
    start_response("200 OK", [("connection", "close")])
    return [str(os.getpid()).encode()]
async def asgi(scope, receive, send):
    if scope["type"] == "http":
        hit(1)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""


def command_line(pid: str) -> bytes:
    """Nothing of a process that ends meanwhile."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


class Server:
    """A server's main process, what it said, and how many answers came from each worker."""

    app = APP

    def __init__(self, folder: Path, line: list[str], *, observed: bool):
        self.folder, self.port = folder, free_port()
        (folder / "app.py").write_text(self.app)
        self.heard = folder / "stderr"
        self.answers, self.unanswered = collections.Counter(), 0
        line = [part.format(port=self.port) for part in line]
        self.line = [*probing(folder), "--python", sys.executable, "--", *line] if observed else [sys.executable, *line]

    def __enter__(self):
        env = environment(PYTHONWARNINGS="always::DeprecationWarning")
        with self.heard.open("wb") as heard:
            self.process = subprocess.Popen(self.line, cwd=self.folder, env=env, stdout=heard, stderr=heard)
        until = time.monotonic() + SECONDS_MAX
        while not self.answers:
            assert self.process.poll() is None and time.monotonic() < until, self.heard.read_text()
            self.ask(1)
            time.sleep(0.05)
        self.unanswered = 0
        # Whoever has no worker of its own among its children is the command that observes.
        (worker,) = self.answers
        self.main = parent(worker)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(SECONDS_MAX)
        finally:
            self.process.kill()
            self.process.wait()

    def ask(self, times: int = REQUESTS) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            for worker in pool.map(self.answer, range(times)):
                self.answers.update([worker] if worker else [])
                self.unanswered += not worker

    def answer(self, _) -> int:
        """The worker that answered; 0 where it was killed first."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/")
            return int(connection.getresponse().read())
        return 0

    def workers(self) -> set[int]:
        found = Path(f"/proc/{self.main}/task/{self.main}/children").read_text().split()
        # Python's own trackers of resources and such serve nobody.
        return {int(pid) for pid in found if b"resource_tracker" not in command_line(pid)}

    def replaced(self, old: set[int]) -> None:
        until = time.monotonic() + SECONDS_MAX
        while len(new := self.workers()) < WORKERS or new & old:
            assert time.monotonic() < until, f"{new} instead of {old}: {self.heard.read_text()}"
            time.sleep(0.02)

    def reload(self) -> None:
        """All workers are replaced while there are requests."""
        old, asking = self.workers(), threading.Thread(target=self.ask)
        asking.start()
        os.kill(self.main, signal.SIGHUP)
        self.replaced(old)
        asking.join()

    def kill_one(self) -> None:
        """A worker dies while there are requests."""
        victim, asking = min(self.workers()), threading.Thread(target=self.ask)
        asking.start()
        os.kill(victim, signal.SIGKILL)
        self.replaced({victim})
        asking.join()

    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.main}/task").iterdir()))


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def probing(folder: Path, *where: str) -> list[str]:
    command = [BINARY, *(["attach", *where] if where else ["run"]), "--budget", "share=100%"]
    return [*command, "-e", PROBE, "-o", f"jsonl:{folder / 'out.jsonl'}"]


def agree(folder: Path, answers: dict[int, int], unanswered: int = 0) -> None:
    """Each answer is counted where it was made, and is an event or a counted drop."""
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    hits = collections.Counter({x["key"][0]: x["value"] for x in lines if x["type"] == "aggregation" if x["value"]})
    # A worker may have been killed between the call and its answer.
    more = hits - collections.Counter(answers)
    assert collections.Counter(answers) - hits == {} and more.total() <= unanswered, (hits, answers, unanswered)
    records = sum(x["type"] == "record" for x in lines)
    drops = sum(sum(x["drops"].values()) for x in lines if x["type"] == "summary")
    assert records + drops == hits.total()
    pids = [x["pid"] for x in lines if x["type"] == "start"]
    assert len(pids) == len(set(pids)), "a process started twice"


GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--workers", str(WORKERS), "--log-level", "critical"]
if sys.version_info >= (3, 12):  # whose gunicorn has a thread of its own in the master
    GUNICORN += ["--no-control-socket"]
SERVERS = {
    "sync": [*GUNICORN, "app:app"],
    "sync preload": [*GUNICORN, "--preload", "app:app"],
    "gthread": [*GUNICORN, "--worker-class", "gthread", "--threads", "4", "app:app"],
    "gthread preload": [*GUNICORN, "--worker-class", "gthread", "--threads", "4", "--preload", "app:app"],
    "uvicorn worker": [*GUNICORN, "--worker-class", "uvicorn.workers.UvicornWorker", "app:asgi"],
}


@pytest.mark.parametrize("name", SERVERS)
def test_run(name, tmp_path):
    with Server(tmp_path, SERVERS[name], observed=True) as server:
        server.ask()
        server.reload()
        server.kill_one()
        server.ask()
        # The master has no thread beside its own, so nobody is warned who forks it.
        assert server.threads() == 1
    assert "multi-threaded" not in server.heard.read_text()
    agree(tmp_path, server.answers, server.unanswered)


@pytest.mark.usefixtures("may_trace")
@pytest.mark.parametrize("name", SERVERS)
def test_attach_to_the_master(name, tmp_path):
    """Whoever is forked from then on is observed; later nobody is, and nothing tells that somebody was."""
    with Server(tmp_path, SERVERS[name], observed=False) as server:
        server.replaced(set())
        line = probing(tmp_path, str(server.main))
        with subprocess.Popen(line, stderr=subprocess.PIPE, env=environment()) as command:
            begun(tmp_path)
            old = server.workers() | set(server.answers)
            server.reload()
            server.answers = collections.Counter({pid: n for pid, n in server.answers.items() if pid not in old})
            server.ask()
            server.kill_one()
            server.ask()
            command.send_signal(signal.SIGINT)
            _, said = command.communicate(timeout=SECONDS_MAX)
            assert command.returncode == 0, said
        observed, unanswered = dict(server.answers), server.unanswered
        alone(server, 1)
        heard = server.heard.stat().st_size
        server.reload()
        server.ask()
        assert server.threads() == 1
        assert b"multi-threaded" not in server.heard.read_bytes()[heard:]
    agree(tmp_path, observed, unanswered)


def test_workers_that_are_started_afresh(tmp_path):
    """They serve as ever, observed or not."""
    line = ["-m", "uvicorn", "--workers", str(WORKERS), "--port", "{port}", "--log-level", "critical", "app:asgi"]
    with Server(tmp_path, line, observed=True) as server:
        server.ask()
        server.kill_one()
        server.ask()
    assert server.unanswered <= CLIENTS
    agree(tmp_path, server.answers, server.unanswered)


# --- task queues

JOBS = """
import os
from celery import Celery
app = Celery("jobs", broker="filesystem://")
[os.makedirs(folder, exist_ok=True) for folder in ("queue", "desk")]
app.conf.broker_transport_options = {"data_folder_in": "queue", "data_folder_out": "desk", "control_folder": "queue"}
app.conf.broker_transport_options |= {"polling_interval": 0.02}
app.conf.update(task_ignore_result=True, worker_hijack_root_logger=False, broker_connection_retry_on_startup=True)
def hit(n): return n
@app.task
def work(n):
    hit(n)
    fd = os.open("done", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, b"%d\\n" % os.getpid())
    os.close(fd)
"""
TASKS, TASKS_EACH = 12, 3
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=critical"]
POOL = ["--pool=prefork", f"--concurrency={WORKERS}", f"--max-tasks-per-child={TASKS_EACH}"]
CELERY = ["-m", "celery", "-A", "app", "worker", *POOL, *QUIET]


class Queue(Server):
    """A task queue's main process; work is asked for by another, and leaves the number of who did it."""

    app = JOBS

    def ask(self, times: int = TASKS) -> None:
        sending = f"import app\nfor n in range({times}): app.work.delay(n)"
        subprocess.run([sys.executable, "-c", sending], cwd=self.folder, check=True, env=environment())
        # The worker takes whatever it sees in its folder, and would take a message that is half written.
        for message in (self.folder / "desk").iterdir():
            message.rename(self.folder / "queue" / message.name)
        wanted, until = self.answers.total() + times, time.monotonic() + SECONDS_MAX
        while self.done().total() < wanted:
            assert time.monotonic() < until, self.heard.read_text()
            time.sleep(0.02)
        self.answers = self.done()

    def done(self) -> collections.Counter:
        path = self.folder / "done"
        return collections.Counter(map(int, path.read_text().split()) if path.exists() else ())


def test_tasks_under_run(tmp_path):
    """Each child does a few tasks and is replaced."""
    with Queue(tmp_path, CELERY, observed=True) as queue:
        queue.ask()
        assert len(queue.answers) >= TASKS // TASKS_EACH
    agree(tmp_path, queue.answers)


@pytest.mark.usefixtures("may_trace")
def test_tasks_of_an_attached_worker(tmp_path):
    with Queue(tmp_path, CELERY, observed=False) as queue:
        old, threads = queue.workers() | set(queue.answers), queue.threads()
        with subprocess.Popen(probing(tmp_path, str(queue.main)), stderr=subprocess.PIPE, env=environment()) as command:
            begun(tmp_path)
            queue.ask()
            command.send_signal(signal.SIGINT)
            _, said = command.communicate(timeout=SECONDS_MAX)
            assert command.returncode == 0, said
        observed = {pid: n for pid, n in queue.answers.items() if pid not in old}
        assert observed
        alone(queue, threads)
        queue.ask()
    agree(tmp_path, observed)


def begun(folder: Path) -> None:
    """The probes are there, or wait for what is not loaded yet."""
    out, until = folder / "out.jsonl", time.monotonic() + SECONDS_MAX
    while not out.exists() or '"type":"state"' not in out.read_text():
        assert time.monotonic() < until
        time.sleep(0.02)


def alone(server: Server, threads: int) -> None:
    """The operator's thread has ended."""
    until = time.monotonic() + SECONDS_MAX
    while server.threads() > threads:
        assert time.monotonic() < until
        time.sleep(0.01)
