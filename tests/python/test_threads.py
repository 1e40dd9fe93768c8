"""Threads, stacks, signals and other people's tools: counts stay exact, and the program never notices.

Each case is a program that says itself what it called; the probes must say the same. In: programs. Out: agreement.
Never: a thread that could outlive its test.
"""

from __future__ import annotations

import importlib.util

import pytest

from running import alone, run

PROGRAMS = {
    "sixteen threads": """
import threading
sys.setswitchinterval(1e-5)
threads = [threading.Thread(target=calls, args=(5000,)) for _ in range(16)]
[t.start() for t in threads]; [t.join() for t in threads]
""",
    "generators moved between threads": """
import threading, queue
def hit(n=0):
    for i in range(n): yield i
def drive(g, out): out.append(next(g, None))
N = 50
gens = [hit(N) for _ in range(N)]
for _ in range(N + 1):
    step = lambda part: [next(g, None) for g in part]
    threads = [threading.Thread(target=step, args=(gens[k::4],)) for k in range(4)]
    [t.start() for t in threads]; [t.join() for t in threads]
say(N)
""",
    "generators closed elsewhere": """
import threading
def hit(n=0):
    try: yield n
    finally: pass
gens = [hit(i) for i in range(100)]
[next(g) for g in gens]
t = threading.Thread(target=lambda: [g.close() for g in gens]); t.start(); t.join()
say(100)
""",
    "deep recursion": """
def hit(n=0): return hit(n - 1) if n else 0
sys.setrecursionlimit(30000)
hit(20000); say(20001)
""",
    "recursion to its limit": """
depth = 0
def hit(n=0):
    global depth
    depth += 1
    return hit(n + 1)
try: hit()
except RecursionError as e: print(depth, e)
say(depth)
""",
    "a storm of signals": """
import signal, time
def on_alarm(*_): hit(); storm.append(1)
storm = []
signal.signal(signal.SIGALRM, on_alarm); signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
n = 0
until = time.monotonic() + 0.7
while time.monotonic() < until: hit(); n += 1
signal.setitimer(signal.ITIMER_REAL, 0)
assert len(storm) > 100
say(n + len(storm))
""",
    "handlers that raise": """
import signal, time
class Out(Exception): pass
def on_alarm(*_): raise Out
done = 0
def hit(n=0):
    global done
    done += 1
    for _ in range(50): pass
    return n
signal.signal(signal.SIGALRM, on_alarm)
def until_out():
    signal.setitimer(signal.ITIMER_REAL, 0.0007)
    while True: hit()
for _ in range(200):
    try: until_out()
    except Out: pass
print("out")
import json; json.dump(done, open(os.path.join(WHERE, "done"), "w"))
""",
    "faulthandler": """
import faulthandler, signal
faulthandler.enable(); faulthandler.register(signal.SIGUSR1); calls(1000)
faulthandler.dump_traceback_later(60); calls(1000); faulthandler.cancel_dump_traceback_later()
""",
    "its own handlers of faults": """
import signal
for s in (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGBUS): signal.signal(s, lambda *_: print("fault"))
calls(1000)
""",
    "a full garbage collection in each call": """
import gc
def hit(n=0): gc.collect(); return n
class Loop:
    def __init__(self): self.me = self
    def __del__(self): noted(1); dels.append(1)
dels = []
for i in range(30): Loop(); hit(i)
gc.collect()
say(30); say(len(dels), "noted")
""",
    "tracing": """
import threading
events = []
def tracer(frame, event, arg):
    if frame.f_code.co_name == "hit": events.append((event, frame.f_lineno))
    return tracer
sys.settrace(tracer); threading.settrace(tracer)
calls(3)
t = threading.Thread(target=calls, args=(3,)); t.start(); t.join()
sys.settrace(None)
print(events)
""",
    "profiling": """
import cProfile, pstats, io
p = cProfile.Profile(); p.enable(); calls(100); p.disable()
s = io.StringIO(); st = pstats.Stats(p, stream=s)
print(sorted((k[2], v[0], v[1]) for k, v in st.stats.items()))
""",
    "sys.monitoring": """
if sys.version_info >= (3, 12):
    m, seen = sys.monitoring, []
    E = m.events
    m.use_tool_id(3, "mine")
    def on(e): return lambda code, *a: code.co_name == "hit" and seen.append((e, a[0] if e == E.LINE else None))
    for e in (E.PY_START, E.PY_RETURN, E.LINE, E.CALL): m.register_callback(3, e, on(e)) and None
    m.set_local_events(3, hit.__code__, E.PY_START | E.PY_RETURN | E.LINE | E.CALL)
    calls(5)
    m.set_local_events(3, hit.__code__, 0)
    m.set_events(3, E.PY_START | E.PY_RETURN | E.LINE)
    calls(5)
    m.set_events(3, 0); m.free_tool_id(3)
    print(seen)
calls(5)
""",
    "a debugger": """
import pdb, io
script = io.StringIO("b hit\\nc\\np n\\nw\\nn\\nc\\nc\\nc\\ncl 1\\nc\\n")
out = io.StringIO()
p = pdb.Pdb(stdin=script, stdout=out, nosigint=True, readrc=False)
p.use_rawinput = False
p.set_trace()
calls(4)
sys.settrace(None)
print(out.getvalue())
""",
    "code that is replaced": """
def other(n=0): return n + 1
calls(10)
hit.__code__ = other.__code__
for i in range(10): assert hit(1) == 2
""",
    "code that is copied": """
import types, copy, pickle, marshal
twin = types.FunctionType(hit.__code__, globals(), "twin")
for i in range(10): assert twin(i) == i
calls(5); say(10)
import dis, inspect
print(inspect.getsource(hit), inspect.signature(hit), hit.__code__.co_varnames, hit.__code__.co_firstlineno)
print(pickle.loads(pickle.dumps(hit)) is hit)
""",
    "subinterpreters": """
calls(3)
try: import _interpreters as interpreters
except ImportError: import _xxsubinterpreters as interpreters
for _ in range(3):
    i = interpreters.create()
    run = getattr(interpreters, "exec", None) or interpreters.run_string
    print(run(i, "import sys, os; print(sys.path, 'sitecustomize' in sys.modules, len(os.environ), flush=True)"))
    print(run(i, "def hit(n=0): return n\\nfor i in range(10): assert hit(i) == i"))
    interpreters.destroy(i)
calls(3)
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_counts_are_exact_and_the_program_is_as_it_was(tmp_path, program):
    # One looks at its environment, where it could see how its children are reached.
    probed = run(tmp_path, program, options=("--no-children",))
    if (tmp_path / "done").exists():
        check_interrupted(probed, int((tmp_path / "done").read_text()))
    else:
        probed.check()
    plain = alone(tmp_path)
    assert (probed.code, probed.err) == (plain.returncode, plain.stderr)
    assert probed.out == plain.stdout


def check_interrupted(probed, done):
    """Calls that an exception ended may have been counted before they could count themselves, never the other way."""
    f = probed.function("hit")
    assert done <= f["entries"] <= done + 200
    probed.check_balance()
    assert f["live"] == 0


# A thread with so little stack has no room for a probe: not fired, and counted.
STACKS = """
import threading
for kib in (32, 64, 96, 128, 160, 192, 256, 384, 512, 1024):
    threading.stack_size(kib * 1024)
    t = threading.Thread(target=calls, args=(100,)); t.start(); t.join()
"""


def test_small_stacks_are_skipped_and_counted(tmp_path):
    probed = run(tmp_path, STACKS)
    assert probed.code == 0, probed.err
    for name, probe in (("entries", "fn:**.hit:entry"), ("exits", "fn:**.hit:exit")):
        (summary,) = probed.of("summary", probe=probe)
        skipped = summary["drops"].get("stack_headroom", 0)
        assert 0 < skipped < 1000
        assert sum(probed.counted(name).values()) + skipped == 1000
    f = probed.function("hit")
    assert f["entries"] == f["returns"] == 1000


ASYNC_EXCEPTIONS = """
import threading, ctypes, time
class Out(BaseException): pass
entered = left = 0
def hit(n=0):
    global entered
    entered += 1
    for _ in range(n): pass
def work():
    global left
    while not done:
        try:
            while not done: hit(20)
        except Out: left += 1
done = False
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
for i in range(400):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(threads[i % 4].ident), ctypes.py_object(Out))
    if i % 8 == 0: time.sleep(0.0005)
done = True
for t in threads:
    while t.is_alive(): t.join(0.1)
print(entered)
"""


def test_asynchronous_exceptions_unbalance_nothing(tmp_path):
    probed = run(tmp_path, ASYNC_EXCEPTIONS)
    f = probed.function("hit")
    # Raised between the entry hook and the first line: entered, and never counted by itself.
    assert int(probed.out) <= f["entries"] <= int(probed.out) + 400
    assert f["live"] == 0 and f["raises"] > 0
    probed.check_balance()
    # An exit is lost to the probe only where the frame vanished.
    fired = sum(probed.counted("exits").values())
    assert fired == f["returns"] + f["raises"]


GREENLETS = """
import greenlet
def hit(n=0):
    main.switch(n)
    return n
main = greenlet.getcurrent()
lets = [greenlet.greenlet(hit) for _ in range(500)]
for i, g in enumerate(lets): g.switch(i)
for g in lets[::2]: g.switch()
for g in lets[1::4]: g.throw(ValueError) if False else g.throw(greenlet.GreenletExit)
del g, lets
import gc; gc.collect()
say(500)
"""
GEVENT = """
from gevent import monkey; monkey.patch_all()
import gevent, time, threading
def hit(n=0):
    time.sleep(0.001 * (n % 7)); return n
jobs = [gevent.spawn(hit, i) for i in range(500)]
gevent.joinall(jobs)
assert [j.value for j in jobs] == list(range(500))
say(500)
"""
GREEN = {"greenlet": GREENLETS, "gevent": GEVENT}
INSTALLED = [name for name in GREEN if importlib.util.find_spec(name)]

if INSTALLED:

    @pytest.mark.parametrize("name", INSTALLED)
    def test_green_threads(tmp_path, name):
        probed = run(tmp_path, GREEN[name])
        assert (probed.code, probed.err) == (0, b"")
        f = probed.function("hit")
        assert (f["entries"], f["live"]) == (500, 0)
        probed.check_balance()
