"""Processes: however a program forks, every call is counted once, in the process that made it.

Each case is a program that says itself what it called; the probes must say the same, process by process.
In: programs. Out: agreement. Never: a sleep where a program could wait for another.
"""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest

import waspect
from running import BINARY, alone, run, write


def same(probed, plain):
    """Streams and exit code, but for process ids."""
    unnumbered = lambda text: re.sub(rb"pid=\d+", b"pid", text)  # noqa: E731
    assert probed.code == plain.returncode
    assert unnumbered(probed.out) == unnumbered(plain.stdout)
    assert unnumbered(probed.err) == unnumbered(plain.stderr)


def wait_for(path, seconds=30):
    """A file's text once it is there."""
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} never came"
        time.sleep(0.01)
    return path.read_text()


FORKS = {
    "_exit": "calls(5)\nif (p := os.fork()) == 0:\n calls(7); os._exit(3)\nwait(p)\ncalls(2)",
    "sys.exit": "calls(5)\nif (p := os.fork()) == 0:\n calls(7); sys.exit(3)\nprint(wait(p))\ncalls(2)",
    "falls off the end": "calls(5)\nif (p := os.fork()) == 0:\n calls(7)\nelse:\n wait(p); calls(2)",
    "raises": "calls(5)\nif (p := os.fork()) == 0:\n calls(7); raise ValueError(os.getppid() and 1)\nwait(p); calls(2)",
    "killed": "calls(5)\nif (p := os.fork()) == 0:\n calls(7); os.kill(os.getpid(), 9)\nprint(wait(p))\ncalls(2)",
    "aborts": "calls(5)\nif (p := os.fork()) == 0:\n calls(7); os.abort()\nprint(wait(p))\ncalls(2)",
    "parent never fires": "if (p := os.fork()) == 0:\n calls(7); os._exit(0)\nwait(p)",
    "child never fires": "calls(5)\nif (p := os.fork()) == 0: os._exit(0)\nwait(p)\ncalls(2)",
    "records": """
calls(5, noted)
if (p := os.fork()) == 0: calls(7, noted); os._exit(0)
wait(p); calls(2, noted); calls(1)
""",
    "grandchildren": """
calls(5)
for depth in range(4):
    if (p := os.fork()): wait(p); os._exit(0) if depth else sys.exit(0)
    calls(depth + 1)
os._exit(0)
""",
    "grandchild of one that never fires": """
calls(5)
if (p := os.fork()) == 0:
    if (q := os.fork()) == 0: calls(4); os._exit(0)
    wait(q); os._exit(0)
wait(p)
""",
    "fifty": """
calls(5)
pids = []
for i in range(50):
    if (p := os.fork()) == 0:
        calls(i); calls(3, noted); os._exit(0)
    pids.append(p)
wait(*pids); calls(2)
""",
    "from another thread": """
import threading
def work():
    calls(3)
    if (p := os.fork()) == 0: calls(7); os._exit(0)
    wait(p); calls(3)
t = threading.Thread(target=work); t.start(); t.join(); calls(2)
""",
    "while threads fire": """
import threading
done = False
def work():
    n = 0
    while not done: hit(n); n += 1
    say(n)
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
pids = []
for i in range(20):
    if (p := os.fork()) == 0: calls(100); os._exit(0)
    pids.append(p)
wait(*pids)
done = True
[t.join() for t in threads]
""",
    "threads in the child": """
import threading
calls(5)
if (p := os.fork()) == 0:
    threads = [threading.Thread(target=calls, args=(500,)) for _ in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
    os._exit(0)
wait(p)
""",
    "exec in a child": """
calls(5)
if (p := os.fork()) == 0:
    calls(7); os.execv("/bin/true", ["true"])
print(wait(p))
""",
    "subprocesses": """
import subprocess
calls(5)
print(subprocess.run([sys.executable, "-c", "import sys; print(sys.path, sys.flags)"], capture_output=True).stdout)
print(subprocess.run(["/bin/echo", "hello"], capture_output=True, preexec_fn=lambda: calls(3)).stdout)
print(subprocess.run("exit 3", shell=True).returncode)
print(os.waitstatus_to_exitcode(wait(os.posix_spawn("/bin/false", ["false"], os.environ))[0]))
calls(2)
""",
    "forkpty": """
import pty
calls(2)
pid, fd = pty.fork()
if pid == 0: calls(7); os._exit(0)
wait(pid)
""",
    "Pool(fork)": """
import multiprocessing as mp
def work(n):
    calls(n); return n
pool = mp.get_context("fork").Pool(4)
print(sum(pool.map(work, range(40))))
pool.close(); pool.join(); calls(2)
""",
    "Process(fork) terminated": """
import multiprocessing as mp, time
def work(q):
    calls(9); q.put(1); time.sleep(100)
ctx = mp.get_context("fork")
q = ctx.Queue(); p = ctx.Process(target=work, args=(q,)); p.start(); q.get(); p.terminate(); p.join()
print(p.exitcode); calls(2)
""",
    "ProcessPoolExecutor": """
import concurrent.futures as cf, multiprocessing as mp
def work(n):
    calls(n); return n
with cf.ProcessPoolExecutor(3, mp_context=mp.get_context("fork")) as pool: print(sum(pool.map(work, range(20))))
""",
}


@pytest.mark.parametrize("program", FORKS.values(), ids=FORKS)
def test_every_process_counts_its_own(tmp_path, program):
    same(run(tmp_path, program).check(), alone(tmp_path))


DAEMON = """
calls(5)
if os.fork(): os._exit(0) if {early} else None
else:
    os.setsid()
    if os.fork(): os._exit(0)
    os.chdir("/")
    os.closerange(0, 256)
    calls(7)
    open(os.path.join(WHERE, "done"), "w").close()
    os._exit(0)
import time
while not os.path.exists(os.path.join(WHERE, "done")): time.sleep(0.01)
calls(2)
"""


def test_a_daemon_that_closes_everything_is_counted(tmp_path):
    assert run(tmp_path, DAEMON.format(early=False)).check().code == 0


def test_a_daemon_whose_parent_has_gone_goes_on_without_probes(tmp_path):
    probed = run(tmp_path, DAEMON.format(early=True))
    wait_for(tmp_path / "done")
    assert probed.code == 0
    # The daemon may have joined before the end or not; what is counted is true.
    truth = probed.truth()
    assert all(n <= truth[pid] for pid, n in probed.counted("entries").items())
    assert probed.counted("entries")[probed.of("start")[0]["pid"]] == 5
    probed.check_balance()


OUTLIVES = """
import time
calls(5)
r, w = os.pipe()
if os.fork() == 0:
    calls(7)
    os.write(w, b".")
    os.closerange(0, 3)
    while not os.path.exists(os.path.join(WHERE, "go")): time.sleep(0.01)
    for i in range(1000): hit(i); noted(i)
    if (p := os.fork()) == 0:
        hit(); os._exit(9)
    with open(os.path.join(WHERE, "writing"), "w") as f: f.write(str(os.waitstatus_to_exitcode(wait(p)[0])))
    os.rename(f.name, os.path.join(WHERE, "done"))
    os._exit(0)
os.read(r, 1)
"""


def test_a_child_that_outlives_the_session_is_counted_up_to_its_end(tmp_path):
    run(tmp_path, OUTLIVES).check()
    (tmp_path / "go").touch()
    assert wait_for(tmp_path / "done") == "9"


def test_a_killed_worker_loses_nothing_it_counted(tmp_path):
    probed = run(
        tmp_path,
        """
import signal, time, mmap
seen = mmap.mmap(-1, 8)
if (p := os.fork()) == 0:
    n = 0
    while True:
        n += 1
        seen[:8] = n.to_bytes(8, "little")
        hit(n)
while int.from_bytes(seen[:8], "little") < 50_000: time.sleep(0.001)
os.kill(p, 9); wait(p)
print(p, int.from_bytes(seen[:8], "little"))
""",
    )
    pid, n = map(int, probed.out.split())
    # What was said before the call may be one more than what was begun.
    assert probed.counted("entries")[pid] in (n, n - 1)
    f = probed.function("hit")
    # Killed in the call: entered, and not out of it.
    assert f["entries"] - probed.counted("entries")[pid] in (0, 1)
    assert f["entries"] - probed.counted("exits")[pid] in (0, 1)
    probed.check_balance()


# A call that began in the parent returns in both processes: it was entered once, and each return is an exit.
SHARED_FRAME = """
def split():
    return os.fork()
def hit(n=0):
    return split() if n == 1 else n
p = hit(1)
if p == 0: os._exit(0)
wait(p)
"""


def test_a_call_that_began_in_the_parent_is_entered_once(tmp_path):
    probed = run(tmp_path, SHARED_FRAME)
    f = probed.function("hit")
    assert (f["entries"], f["returns"], f["live"]) == (1, 1, 0)
    assert sum(probed.counted("entries").values()) == 1


# A session inside the application: the child's is its own; a child that can have none says so and takes nothing.
INSIDE = """
import resource, waspect
session = waspect.load(sys.argv[1])
def counts(): return [x["value"] for x in session.aggregations() if x["name"] == "entries"]
def records(): return sum(x["type"] == "record" for x in session._native.poll())
calls(5); calls(5, noted)
for k in range(3):
    if (p := os.fork()) == 0:
        if k == 1: resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        for i in range(7 if k < 2 else 0): hit(i); noted(i)
        try: print(k, counts(), records(), flush=True)
        except waspect.ProbeError as e: print(k, e, flush=True)
        os._exit(0)
    wait(p)
print(counts(), records())
"""


def test_a_session_inside_a_program_that_forks(tmp_path):
    write(tmp_path, INSIDE)
    subprocess.run([BINARY, "compile", "probe.wat", "-o", "probe.cwasm"], cwd=tmp_path, check=True, capture_output=True)
    # Where the wheel is not installed, the package comes from where this test has it.
    package = str(Path(waspect.__file__).parents[1])
    done = alone(tmp_path, "app.py", "probe.cwasm", env={"PYTHONPATH": package})
    assert done.stderr == b""
    assert done.stdout.decode().splitlines() == [
        "0 [7] 7",
        "1 this forked process has no memory for the session",
        "2 [] 0",
        "[5] 5",
    ]
