"""However a program ends and wherever it runs, it does so as it would have without waspect; nothing counted is lost.

Each case is a program run with and without probes and compared byte for byte, and its own account of what it called
beside what the probes say. In: programs, environments, an operator's side that fails. Out: agreement. Never: an
interpreter other than the one that runs the tests.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from running import Run, alone, command, environment, run, write

ENDS = {
    "normally": "calls(5)",
    "sys.exit": "calls(5); sys.exit(3)",
    "sys.exit of text": "calls(5); sys.exit('goodbye')",
    "an exception": "calls(5); hit(1, 2, 3)",
    "an exception through probed frames": "def hit(n=0): return 1 // n\nsay(1); hit(0)",
    "os._exit": "calls(5); sys.stdout.flush(); os._exit(4)",
    "abort": "calls(5); os.abort()",
    "SIGKILL": "calls(5); os.kill(os.getpid(), 9)",
    "SIGTERM": "calls(5); os.kill(os.getpid(), 15)",
    "SIGTERM handled": """
import signal
signal.signal(15, lambda *_: (calls(3), sys.exit(6)))
calls(5); os.kill(os.getpid(), 15)
""",
    "SIGINT": "calls(5); os.kill(os.getpid(), 2)",
    "SIGINT handled": """
try:
    calls(5); os.kill(os.getpid(), 2)
    for i in range(100): pass
except KeyboardInterrupt: calls(2)
""",
    "SIGSEGV": "import ctypes\ncalls(5); sys.stdout.flush(); ctypes.string_at(0)",
    "stack overflow in C": "import signal; calls(5); signal.raise_signal(signal.SIGSEGV)",
    "daemon threads spin": """
import threading, time
def spin():
    while True: hit()
for _ in range(4): threading.Thread(target=spin, daemon=True).start()
time.sleep(0.1); print("end")
""",
    "daemon threads import": """
import threading, time, importlib
def spin(i):
    import sys
    while True:
        sys.modules.pop(f"mod{i}", None)
        importlib.import_module(f"mod{i}").hit(1)
for i in range(6):
    open(os.path.join(WHERE, f"mod{i}.py"), "w").write("def hit(n=0): return n\\n" * 20)
    threading.Thread(target=spin, args=(i,), daemon=True).start()
time.sleep(0.3)
""",
    "atexit": "import atexit\natexit.register(calls, 3)\natexit.register(print, 'at exit')\ncalls(5)",
    "atexit of threading": "import threading\nthreading._register_atexit(calls, 3)\ncalls(5)",
    "__del__ at the end": """
class Late:
    def __init__(self): self.me = [self]
    def __del__(self, hit=hit, os=os, where=WHERE):
        for i in range(4): hit(i)
        fd = os.open(where + "/truth", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(fd, f"hit {os.getpid()} 4\\n".encode())
late = Late(); sys.late = Late()
calls(5)
""",
    "weakrefs and finalizers at the end": """
import weakref, threading
class A: pass
a = A(); weakref.finalize(a, calls, 4); sys.keep = a
calls(5)
""",
    "threads that outlive main": """
import threading, time
threading.Thread(target=lambda: (time.sleep(0.1), calls(7))).start()
calls(5)
""",
    "a generator left open": "def hit(n=0):\n try: yield n\n finally: print('closed')\ng = hit(); next(g); say(1)",
    "a coroutine never awaited": "async def hit(n=0): return n\nc = hit(); print(type(c))",
    "stdout closed": "calls(5); print('x'); sys.stdout.close(); os.close(1); calls(2)",
    "stderr closed": "calls(5); os.close(2); calls(2); print('x')",
    "everything closed": "calls(5); sys.stdout.flush(); os.closerange(0, 1024); calls(2)",
    "a broken pipe": """
r, w = os.pipe(); os.close(r); calls(3)
try: os.write(w, b"x")
except BrokenPipeError: calls(2)
""",
    "its own SIGPIPE": """
import signal
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
r, w = os.pipe(); os.close(r); calls(3); os.write(w, b"x")
""",
    "the folder it runs in is gone": "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone'); calls(5)\n"
    "if (p := os.fork()) == 0: calls(3); os._exit(0)\nwait(p)",
}
# They spin while the interpreter ends and cannot say how often, or end in no process that runs Python.
UNCOUNTED = {"daemon threads spin", "daemon threads import", "a generator left open", "a coroutine never awaited"}


# CPython 3.12.1 by itself crashes now and then while daemon threads import at its end; such a run tells nothing.
CRASHES_ALONE, TRIES = {"daemon threads import"}, 6


def whole(end, start, code):
    """A run, and where the interpreter may crash by itself, the first of several that did not."""
    for _ in range(TRIES if end in CRASHES_ALONE else 1):
        ended = start()
        if code(ended) != -signal.SIGSEGV:
            break
    return ended


@pytest.mark.parametrize("end", ENDS)
def test_it_ends_as_it_would_have(tmp_path, end):
    probed = whole(end, lambda: run(tmp_path, ENDS[end]), lambda it: it.code)
    probed.check_balance()
    if end not in UNCOUNTED:
        probed.check()
    plain = whole(end, lambda: alone(tmp_path), lambda it: it.returncode)
    assert (probed.out, probed.err) == (plain.stdout, plain.stderr)
    assert probed.code == plain.returncode or (plain.returncode == -13 and probed.code == 128 + 13)


# How the interpreter is started, and what is different around it. The program calls `hit` ten times.
WAYS = {
    "script": ["app.py", "a", "--b"],
    "-X dev": ["-X", "dev", "app.py"],
    "-O": ["-O", "app.py"],
    "-OO -B": ["-OO", "-B", "app.py"],
    "-X importtime": ["-X", "frozen_modules=off", "app.py"],
    "-X tracemalloc": ["-X", "tracemalloc=5", "app.py"],
    "-X faulthandler": ["-X", "faulthandler", "app.py"],
    "-W error": ["-W", "error", "app.py"],
    "-u": ["-u", "app.py"],
    "-q -i": ["-i", "app.py"],
    "-": ["-", "a"],
    "-c": ["-c", None, "a"],
    "-m": ["-m", "app", "a"],
    "-m package": ["-m", "pkg"],
    "folder": ["folder"],
    "zip": ["app.zip"],
    "non-UTF-8": ["app.py", os.fsdecode(b"caf\xe9"), "\u00e9", ""],
    "non-UTF-8 path": [os.fsdecode(b"caf\xe9.py")],
}
SHOW = "calls(10)\nprint(sys.argv, __name__, sys.flags, sorted(sys.path), [repr(k) for k in globals()])"


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_start(tmp_path, way):
    app = write(tmp_path, SHOW)
    text = app.read_text()
    for name in ("pkg/__main__.py", "folder/__main__.py", os.fsdecode(b"caf\xe9.py")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "pkg/__init__.py").touch()
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as z:
        z.writestr("__main__.py", text)
    args = [text if arg is None else arg for arg in WAYS[way]]
    stdin = {"input": text.encode() if "-" in args else b""}
    probed = run(tmp_path, SHOW, args=tuple(args), **stdin).check()
    plain = alone(tmp_path, *args, **stdin)
    assert (probed.code, probed.out, probed.err) == (plain.returncode, plain.stdout, plain.stderr)
    assert sum(probed.truth().values()) == 10 or not probed.truth()


ENVIRONMENTS = {
    "PYTHONMALLOC=debug": {"PYTHONMALLOC": "debug"},
    "PYTHONMALLOC=malloc": {"PYTHONMALLOC": "malloc"},
    "PYTHONHASHSEED": {"PYTHONHASHSEED": "0"},
    "no HOME": {"HOME": None, "XDG_CACHE_HOME": None},
    "HOME that is none": {"HOME": "/nonexistent", "XDG_CACHE_HOME": None},
    "LANG=C": {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "PYTHONPATH": {"PYTHONPATH": "here:there"},
    "empty PYTHONPATH": {"PYTHONPATH": ""},
    "PYTHONSAFEPATH": {"PYTHONSAFEPATH": "1"},
    "PYTHONSTARTUP": {"PYTHONSTARTUP": "startup.py"},
    "PYTHONPROFILEIMPORTTIME off": {"PYTHONNODEBUGRANGES": "1", "PYTHONDONTWRITEBYTECODE": None},
    "PYTHONPYCACHEPREFIX": {"PYTHONPYCACHEPREFIX": "prefix", "PYTHONDONTWRITEBYTECODE": None},
    "PYTHONUSERBASE": {"PYTHONUSERBASE": "base"},
    "PYTHONWARNINGS": {"PYTHONWARNINGS": "error"},
    "PYTHONTRACEMALLOC": {"PYTHONTRACEMALLOC": "3"},
    "PYTHONDEVMODE": {"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1"},
    "PYTHONINSPECT": {"PYTHONINSPECT": "1"},
    "an own sitecustomize": {"PYTHONPATH": "own"},
    "TMPDIR": {"TMPDIR": "tmp"},
    "TMPDIR that is none": {"TMPDIR": None},
}
TWICE = "calls(10)\nprint(sys.argv, sys.flags, dict(os.environ), sys.path, hasattr(sys, 'own'))\n"
TWICE += "if (p := os.fork()) == 0: calls(4); os._exit(0)\nwait(p)"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_environment(tmp_path, name):
    for made in ("own", "tmp"):
        (tmp_path / made).mkdir()
    (tmp_path / "own/sitecustomize.py").write_text("import sys; sys.own = 1")
    (tmp_path / "own/usercustomize.py").write_text("import sys; sys.own = 2")
    (tmp_path / "startup.py").write_text("print('never: not interactive')")
    env = dict(ENVIRONMENTS[name])
    if env.get("TMPDIR"):
        env["TMPDIR"] = str(tmp_path / "tmp")
    # Where children are observed the program sees how.
    probed = run(tmp_path, TWICE, env=env, input=b"", options=("--no-children",)).check()
    plain = alone(tmp_path, env=env, input=b"")
    assert (probed.code, probed.out, probed.err) == (plain.returncode, plain.stdout, plain.stderr)
    assert sum(probed.counted("entries").values()) == 14


def limit(what, soft):
    return lambda: resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))


LIMITS = {
    "address space": (resource.RLIMIT_AS, 3 << 30),
    "descriptors": (resource.RLIMIT_NOFILE, 24),
    "core": (resource.RLIMIT_CORE, 0),
    "locked memory": (resource.RLIMIT_MEMLOCK, 0),
    "stack": (resource.RLIMIT_STACK, 1 << 20),
    "endless stack": (resource.RLIMIT_STACK, resource.RLIM_INFINITY),
    "file size": (resource.RLIMIT_FSIZE, 128 << 20),
}


@pytest.mark.parametrize("name", LIMITS)
def test_under_limits(tmp_path, name):
    probed = run(tmp_path, TWICE, preexec_fn=limit(*LIMITS[name])).check()
    assert (probed.code, probed.err) == (0, b"")
    assert sum(probed.counted("entries").values()) == 14


# A child that cannot have a segment of its own is not observed, its parent's counts stay its parent's, and it is said.
WITHOUT = {
    "no descriptor": "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))",
    "no memory": "resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))",
    "no files": "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); __import__('signal').signal(25, 0)",
}


@pytest.mark.parametrize("limits", WITHOUT.values(), ids=WITHOUT)
def test_a_child_that_cannot_be_observed_is_said(tmp_path, limits):
    probed = run(
        tmp_path,
        f"""
import resource
calls(5); calls(5, noted)
for _ in range(3):
    if (p := os.fork()) == 0:
        {limits}
        for i in range(1000): hit(i); noted(i)
        os._exit(7)
    print(os.waitstatus_to_exitcode(wait(p)[0]))
calls(2)
""",
    ).check()
    assert (probed.code, probed.out) == (0, b"7\n7\n7\n")
    assert b"3 forked processes went on unobserved" in probed.err


FOREIGN = """
calls(5)
if (p := os.fork()) == 0:
    os.setuid(65534)
    for i in range(9): hit()
    os._exit(7)
print(wait(p))
"""

# Only root can become another user.
if os.geteuid() == 0:

    def test_a_child_of_another_user_is_not_observed_and_unharmed(tmp_path):
        probed = run(tmp_path, FOREIGN).check()
        assert (probed.code, probed.out) == (0, b"[1792]\n")
        assert b"1 forked process" in probed.err


def start(folder: Path, program: str, **options) -> subprocess.Popen[bytes]:
    """The program under the probe, running."""
    write(folder, program)
    out = options.pop("out", ())
    return subprocess.Popen(
        command(folder, "app.py", options=out), cwd=folder, env=environment(), stdout=subprocess.PIPE, **options
    )


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ")[-1][0] not in "ZX"
    except OSError:
        return False


def test_the_program_outlives_its_operator(tmp_path):
    program = """
import time
calls(5); print(os.getpid(), flush=True)
sys.stdin.read()
for i in range(100_000): hit(i); noted(i)
if (p := os.fork()) == 0:
    hit(); os._exit(5)
print(wait(p), flush=True)
import json.decoder
"""
    probed = start(tmp_path, program, stdin=subprocess.PIPE)
    pid = int(probed.stdout.readline())
    probed.kill()
    assert probed.wait(10) == -9
    probed.stdin.close()
    began = time.monotonic()
    assert probed.stdout.read() == b"[1280]\n"
    assert time.monotonic() - began < 20
    while is_running(pid):
        assert time.monotonic() - began < 20
        time.sleep(0.01)


def test_an_operator_that_is_stopped_holds_up_nobody(tmp_path):
    program = """
import time
calls(5); print("up", flush=True); sys.stdin.readline()
began = time.monotonic()
for _ in range(30):
    if (p := os.fork()) == 0: calls(7); os._exit(0)
    wait(p)
print(time.monotonic() - began, flush=True)
"""
    probed = start(tmp_path, program, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert probed.stdout.readline() == b"up\n"
    probed.send_signal(signal.SIGSTOP)
    probed.stdin.write(b"\n")
    probed.stdin.flush()
    assert float(probed.stdout.readline()) < 2
    probed.send_signal(signal.SIGCONT)
    out, err = probed.communicate(timeout=20)
    done = Run(tmp_path, subprocess.CompletedProcess([], probed.returncode, out, err)).check()
    assert (done.code, done.err, len(done.truth())) == (0, b"", 31)


@pytest.mark.parametrize("out", ["/dev/full", "/proc/self/nothing", "no/such/folder/x", "."])
def test_an_output_that_cannot_be_written(tmp_path, out):
    program = "calls(5)\ncalls(200, noted)\nprint('done')"
    write(tmp_path, program)
    args = command(tmp_path, "app.py", options=("-o", f"jsonl:{out}"))
    done = subprocess.run(args, cwd=tmp_path, env=environment(), capture_output=True, timeout=60, check=False)
    if out == "/dev/full":
        # It opened, so the program runs; only the output is given up.
        assert (done.returncode, done.stdout) == (0, b"done\n")
        assert b"output `jsonl:/dev/full` failed and gets no more: No space left" in done.stderr
    else:
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"cannot be written" in done.stderr


SLOW = """
import time
calls(100)
until = time.monotonic() + {seconds}
n = 0
while time.monotonic() < until: noted("x" * 900); n += 1
say(n, "noted")
print(n)
"""


def test_a_slow_reader_slows_nothing_and_drops_are_counted(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    program = SLOW.format(seconds=1.5)
    probed = start(tmp_path, program, out=("-o", f"jsonl:{tmp_path / 'fifo'}"), stderr=subprocess.PIPE)
    with (tmp_path / "fifo").open("rb") as fifo:
        # Nothing is read before the program has said that it is done.
        n = int(probed.stdout.readline())
        (tmp_path / "out.jsonl").write_bytes(fifo.read())
    assert probed.wait(20) == 0, probed.stderr.read()
    done = Run(tmp_path, subprocess.CompletedProcess([], 0, b"", b""))
    done.check()
    (summary,) = done.of("summary", probe="fn:**.noted:entry")
    assert summary["firings"] == n and sum(summary["drops"].values()) > 0


def test_an_operator_that_waits_for_its_reader_still_passes_signals_on(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    program = SLOW.format(seconds=20).replace("n += 1", "n += 1; n == 3000 and print('full', flush=True)")
    probed = start(tmp_path, program, out=("-o", f"jsonl:{tmp_path / 'fifo'}"))
    with (tmp_path / "fifo").open("rb"):
        assert probed.stdout.readline() == b"full\n"
        until = time.monotonic() + 10
        while probed.poll() is None and time.monotonic() < until:
            # First the program's end, then, since nobody reads, its own.
            probed.terminate()
            time.sleep(0.1)
    assert probed.wait(5) == -signal.SIGTERM
    assert probed.stdout.read() == b""


def test_observing_for_a_while(tmp_path):
    program = "import time\nuntil = time.monotonic() + 1.5\nwhile time.monotonic() < until: hit()\n"
    program += "if (p := os.fork()) == 0: hit(); os._exit(0)\nwait(p)\nprint('done')"
    probed = run(tmp_path, program, options=("--for", "500ms"))
    assert (probed.code, probed.out, probed.err) == (0, b"done\n", b"")
    probed.check_balance()
    assert probed.function("hit")["entries"] > 100


@pytest.mark.parametrize("how", ["venv", "symlink", "symlink to venv"])
def test_interpreters_by_other_names(tmp_path, how):
    python = sys.executable
    if "venv" in how:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
        python = str(tmp_path / "venv/bin/python")
    if "symlink" in how:
        (tmp_path / "snake").symlink_to(python)
        python = str(tmp_path / "snake")
    program = "calls(5); print(sys.executable, sys.prefix, sys.path)"
    probed = run(tmp_path, program, python=python).check()
    plain = alone(tmp_path, python=python)
    assert (probed.code, probed.out, probed.err) == (plain.returncode, plain.stdout, plain.stderr)


def test_an_environment_with_pth_files(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (packages,) = (tmp_path / "venv/lib").glob("python*/site-packages")
    (packages / "a.pth").write_text("import sys; sys.first = 'PYTHONPATH' in __import__('os').environ\n/tmp\n")
    (packages / "sitecustomize.py").write_text("import sys; sys.second = list(sys.path)")
    program = "calls(5); print(sys.second, sys.path, [k for k in sys.modules if 'custom' in k])"
    python = str(tmp_path / "venv/bin/python")
    probed = run(tmp_path, program, python=python).check()
    plain = alone(tmp_path, python=python)
    assert (probed.code, probed.out, probed.err) == (plain.returncode, plain.stdout, plain.stderr)
