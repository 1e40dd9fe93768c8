"""Where probes have to survive: the rows of `test_survival.py`, each a program and how it is started.

In: nothing. Out: `ROWS`. A program calls `work` of `surviving.py` somewhere unusual and prints what that gave; how
many interpreters of it begin and end by themselves stands beside it. Never: a result that may differ from run to run.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


@dataclass
class Row:
    """A program, and what is known of it."""

    program: str
    args: tuple[str, ...] = ("app.py",)
    env: dict[str, str | None] = field(default_factory=dict)
    # How often `begin` and `end` fire: in each interpreter that starts, in each process that ends by itself.
    begins: int = 1
    # None where chance decides.
    ends: int | None = 1
    # Reasons for which firings may be skipped or records dropped there.
    drops: frozenset[str] = frozenset()
    # It cannot say how often it called: the counts have to agree among themselves.
    is_counted: bool = True
    options: tuple[str, ...] = ()


FORKS = {
    "os.fork": Row(
        """
pids = []
print(work(1))
for how in range(4):
    if (pid := os.fork()) == 0:
        work(10 + how)
        if how == 0: sys.exit(3)
        if how == 1: os._exit(4)
        if how == 2: os.kill(os.getpid(), 9)
        if (pid := os.fork()) == 0: work(20); sys.exit(6)
        sys.exit(os.waitpid(pid, 0)[1] >> 8)
    pids.append(pid)
print([os.waitpid(pid, 0)[1] for pid in pids], work(2))
""",
        ends=4,
    ),
    "os.fork while threads call": Row(
        """
import threading
stop = False
def caller():
    n = 0
    while not stop or n < 3: work(n % 5); n += 1
threads = [threading.Thread(target=caller) for _ in range(3)]
[thread.start() for thread in threads]
pids = []
for i in range(8):
    if (pid := os.fork()) == 0: work(i); os._exit(i)
    pids.append(pid)
print([os.waitpid(pid, 0)[1] for pid in pids])
stop = True
[thread.join() for thread in threads]
"""
    ),
}

MULTIPROCESSING = """
import multiprocessing as mp
def job(n, results): results.put((n, work(n)))
if __name__ == "__main__":
    here = mp.get_context("{how}")
    results = here.SimpleQueue()
    processes = [here.Process(target=job, args=(n, results)) for n in range(3)]
    [process.start() for process in processes]
    print(sorted(results.get() for _ in processes))
    [process.join() for process in processes]
    print([process.exitcode for process in processes], work(9))
"""
MULTIPROCESSING_ROWS = {
    # What `fork` and `forkserver` start ends by `os._exit`; the latter's server is an interpreter of its
    # own, whose end may come after the program's.
    "multiprocessing fork": Row(MULTIPROCESSING.format(how="fork")),
    "multiprocessing spawn": Row(MULTIPROCESSING.format(how="spawn"), begins=4, ends=4),
    "multiprocessing forkserver": Row(MULTIPROCESSING.format(how="forkserver"), begins=2, ends=None),
}

# The main process has forked a client, which kills a worker between its requests and then ends the server.
GUNICORN = """
import http.client, signal, socket, time
from gunicorn.app.base import BaseApplication
def app(environ, start_response):
    start_response("200 OK", [("Worker", str(os.getpid()))])
    return [repr(work(int(environ["PATH_INFO"][1:]))).encode()]
class Server(BaseApplication):
    def load_config(self):
        for name, value in {"bind": [f"fd://{listener.fileno()}"], "workers": 2, "loglevel": "critical",
                            "worker_class": KIND, "threads": 2, "control_socket_disable": True}.items():
            if name in self.cfg.settings: self.cfg.set(name, value)
    def load(self): return app
def ask(n):
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", f"/{n}")
            answer = connection.getresponse()
            return answer.read(), int(answer.getheader("Worker"))
        except (OSError, http.client.HTTPException): time.sleep(0.02)
        finally: connection.close()
def client(server):
    for n in range(6):
        text, worker = ask(n)
        print(text, flush=True)
        if n in (1, 3): os.kill(worker, signal.SIGKILL)
    os.kill(server, signal.SIGTERM)
    os._exit(0)
KIND = "sync"
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
server = os.getpid()
if os.fork() == 0: client(server)
Server().run()
"""

THREADS = {
    "sixteen threads": Row(
        """
import threading
sys.setswitchinterval(1e-5)
told = {}
def each(n): told[n] = [work(n) for _ in range(5)]
threads = [threading.Thread(target=each, args=(n,)) for n in range(16)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print(sorted(told.items()))
"""
    ),
    # A thread with so little stack has no room for a probe: not fired, and counted.
    "threads with small stacks": Row(
        """
import threading
told = []
for n, kib in enumerate((32, 48, 64, 96, 128, 192, 256, 512, 1024)):
    threading.stack_size(kib * 1024)
    thread = threading.Thread(target=lambda: told.append(work(n)))
    thread.start(); thread.join()
print(told)
""",
        drops=frozenset({"stack_headroom"}),
    ),
    "deep recursion": Row("sys.setrecursionlimit(30_000)\nprint(deep(20_000))"),
    "recursion to its limit": Row("""
print(to_the_limit(endless), work(1))
"""),
    "recursion through C": Row("print(to_the_limit(through_c), work(1))"),
    "recursion through C in a thread": Row("""
import threading
thread = threading.Thread(target=lambda: print(to_the_limit(through_c), work(1)))
thread.start(); thread.join()
"""),
    "garbage is collected all the time": Row("""
import gc
gc.set_threshold(1, 1, 1)
class Late:
    def __init__(self, n): self.n, self.me = n, self
    def __del__(self): told.append(work(self.n))
told = []
for n in range(20): Late(n)
gc.collect()
print(sorted(told, key=repr))
"""),
}

TASKS = """
import asyncio
async def both(n):
    return work(n), await awork(n)
async def main():
    told = await asyncio.gather(*(both(n) for n in range(20)))
    told += [await asyncio.to_thread(work, 7), await asyncio.wait_for(awork(8), 60)]
    async with asyncio.TaskGroup() as group: tasks = [group.create_task(awork(n)) for n in range(5)]
    return told + [task.result() for task in tasks]
"""
LOOPS = {
    "asyncio": Row(TASKS + "print(asyncio.run(main()))"),
    "asyncio in its debug mode": Row(TASKS + "print(asyncio.run(main(), debug=True))"),
    "uvloop": Row(TASKS + "import uvloop\nprint(uvloop.run(main()))"),
    "greenlet": Row("""
import gc, greenlet
main = greenlet.getcurrent()
PAUSE[0] = lambda: main.switch()
told = {}
lets = [greenlet.greenlet(lambda n=n: told.update({n: work(n)})) for n in range(40)]
for each in lets: each.switch()
for each in reversed(lets): each.switch()
print(sorted(told.items()))
PAUSE[0] = lambda: None
print(work(1))
"""),
    "gevent": Row("""
from gevent import monkey; monkey.patch_all()
import gevent, threading, time
PAUSE[0] = lambda: time.sleep(0.001)
jobs = [gevent.spawn(work, n) for n in range(40)]
gevent.joinall(jobs)
print([job.value for job in jobs])
thread = threading.Thread(target=lambda: print(work(9)))
thread.start(); thread.join()
"""),
}

SIGNALS = {
    "a storm of signals": Row("""
import signal, time
storm = 0
def on_alarm(*_):
    global storm
    if storm < 200: calls(3); storm += 1
signal.signal(signal.SIGALRM, on_alarm); signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
while storm < 200: calls(2); work(4)
signal.setitimer(signal.ITIMER_REAL, 0)
"""),
    "handlers of faults": Row("""
import signal
for number in (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGBUS, signal.SIGTRAP, signal.SIGURG):
    signal.signal(number, lambda number, _: print("handled", number, work(number)))
print(work(1))
for number in (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGBUS, signal.SIGTRAP, signal.SIGURG):
    signal.raise_signal(number)
"""),
    "a signal that kills": Row("print(work(1), flush=True)\nos.kill(os.getpid(), 15)", ends=0),
    "a real fault, told by faulthandler": Row(
        """
import ctypes, faulthandler
faulthandler.enable()
print(work(1), flush=True)
ctypes.string_at(0)
""",
        ends=0,
    ),
}

STARTS = {
    "-O": Row("assert False\nprint(work(1), sys.flags)", args=("-O", "app.py")),
    "-OO": Row("'''None.'''\nprint(work(1), sys.flags, __doc__)", args=("-OO", "app.py")),
    "-X dev": Row("print(work(1), sys.flags)", args=("-X", "dev", "app.py")),
    "-X tracemalloc": Row("print(work(1), sys.flags)", args=("-X", "tracemalloc=20", "app.py")),
    "-X frozen_modules=off": Row("print(work(1), sys.flags)", args=("-X", "frozen_modules=off", "app.py")),
    "-W error": Row("print(work(1), sys.flags)", args=("-W", "error", "app.py")),
    "PYTHONMALLOC=debug": Row("print([work(n) for n in range(9)])", env={"PYTHONMALLOC": "debug"}),
    "PYTHONMALLOC=malloc": Row("print([work(n) for n in range(9)])", env={"PYTHONMALLOC": "malloc"}),
    "RLIMIT_AS, reached": Row("""
import resource
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + (48 << 20),) * 2)
print(work(1))
held = []
try:
    while True: held.append(bytearray(1 << 20)); work(len(held) % 7)
except MemoryError: print("no more")
del held
print(work(2))
""", is_counted=False),
    "RLIMIT_NOFILE, reached": Row("""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
print(work(1), flush=True)
held = []
try:
    while len(held) < 99: held.append(os.dup(1))
except OSError as error: print(error)
# One remains for what this says itself.
os.close(held.pop())
print(work(2))
"""),
}  # fmt: skip

TOOLS = {
    "sys.settrace": Row("""
import threading
seen = []
def tracer(frame, event, arg):
    if "survivor" in frame.f_code.co_filename: seen.append((frame.f_code.co_name, event, frame.f_lineno))
    return tracer
sys.settrace(tracer); threading.settrace(tracer)
print(work(1))
thread = threading.Thread(target=lambda: print(work(2)))
thread.start(); thread.join()
sys.settrace(None)
print(seen)
"""),
    "sys.setprofile": Row("""
seen = []
sys.setprofile(lambda frame, event, arg: seen.append((frame.f_code.co_name, event, getattr(arg, "__name__", None))))
print(work(1))
sys.setprofile(None)
print([each for each in seen if each[0] != "<module>"])
"""),
    "pdb": Row("""
import io, pdb
commands = "b survivor.plain\\nc\\np n\\nw\\nn\\np n\\nr\\nc\\n"
commands += "b survivor.raising\\nc\\nw\\nn\\nc\\nu\\nd\\ncl 1 2\\nc\\n"
out = io.StringIO()
debugger = pdb.Pdb(stdin=io.StringIO(commands), stdout=out, nosigint=True, readrc=False)
debugger.use_rawinput = False
debugger.set_trace()
print(work(1), work(2))
sys.settrace(None)
print(out.getvalue())
"""),
}
if sys.version_info >= (3, 12):
    TOOLS["sys.monitoring"] = Row("""
watch, seen = sys.monitoring, []
events = watch.events
wanted = events.PY_START | events.PY_RETURN | events.PY_UNWIND | events.PY_YIELD | events.PY_RESUME | events.LINE
watch.use_tool_id(3, "mine")
for event in (events.PY_START, events.PY_RETURN, events.PY_UNWIND, events.PY_YIELD, events.PY_RESUME, events.LINE):
    def on(code, first, *_, event=event):
        if "survivor" in code.co_filename: seen.append((event, code.co_name, first if event == events.LINE else None))
    watch.register_callback(3, event, on)
watch.set_events(3, wanted)
print(work(1))
watch.set_events(3, 0); watch.free_tool_id(3)
print(seen)
""")

COVERAGE = """
import coverage
measured = coverage.Coverage(branch=True, include=["*/survivor.py"], data_file=None, config_file=False)
measured.start()
print(work(1))
measured.stop()
data = measured.get_data()
print(sorted((sorted(data.lines(file)), sorted(data.arcs(file))) for file in data.measured_files()))
"""
for core in ("ctrace", "pytrace") + (("sysmon",) if sys.version_info >= (3, 12) else ()):
    TOOLS[f"coverage.py, {core}"] = Row(COVERAGE, env={"COVERAGE_CORE": core})

# A client of the debugger's protocol, in a thread that the debugger does not stop.
DEBUGPY = """
import json, socket, threading
import debugpy, survivor
def client(port):
    stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
    number = 0
    def send(command, **arguments):
        nonlocal number
        number += 1
        text = json.dumps({"seq": number, "type": "request", "command": command, "arguments": arguments}).encode()
        stream.write(b"Content-Length: %d\\r\\n\\r\\n%s" % (len(text), text)); stream.flush()
    def until(kind, name):
        while True:
            length = 0
            while line := stream.readline().strip(): length = int(line.split(b":")[1])
            if not length: return {}
            told = json.loads(stream.read(length))
            if told["type"] == kind and told.get("event", told.get("command")) == name: return told.get("body") or {}
    send("initialize", adapterID="it"); until("response", "initialize")
    send("attach", justMyCode=False); until("event", "initialized")
    lines = [{"line": getattr(survivor, name).__code__.co_firstlineno + 1} for name in ("plain", "raising", "paused")]
    send("setBreakpoints", source={"path": survivor.__file__}, breakpoints=lines)
    until("response", "setBreakpoints")
    send("configurationDone"); until("response", "configurationDone")
    for turn in range(3):
        thread = until("event", "stopped")["threadId"]
        send("stackTrace", threadId=thread)
        frames = until("response", "stackTrace")["stackFrames"]
        send("evaluate", expression="n * 100", frameId=frames[0]["id"])
        value = until("response", "evaluate").get("result")
        seen.append(([(frame["name"], frame["line"]) for frame in frames[:3]], value))
        if turn == 0: send("next", threadId=thread); until("event", "stopped")
        send("continue", threadId=thread)
    send("disconnect", terminateDebuggee=False)
seen = []
_, port = debugpy.listen(("127.0.0.1", 0))
following = threading.Thread(target=client, args=(port,), daemon=True)
following.pydev_do_not_trace = following.is_pydev_daemon_thread = True
following.start()
debugpy.wait_for_client()
print(work(5))
following.join(60)
print(seen)
"""
TOOLS["debugpy"] = Row(DEBUGPY, options=("--no-children",))

LATE = {
    "ends with probes attached": Row("""
import atexit, threading, weakref
class Late:
    def __init__(self, n): self.n, self.me, self.work, self.print = n, self, work, print
    def __del__(self): self.print(self.work(self.n))
atexit.register(lambda: print("at exit", work(2)))
threading._register_atexit(lambda: print("before threads", work(3)))
kept = Late(5); weakref.finalize(kept, lambda: print("finalized", work(4)))
print(work(1))
del kept
"""),
    "an exception ends it": Row("work(1)\nwork('x')", is_counted=False),
    "daemon threads call to the end": Row("""
import threading, time
def spin():
    while True: plain(1); time.sleep(0.0001)
for _ in range(4): threading.Thread(target=spin, daemon=True).start()
time.sleep(0.1)
print(work(1))
""", is_counted=False),
}  # fmt: skip

# Legacy ones share the lock, and until 3.11 there is no other kind; isolated ones have their own from 3.12 on.
MADE = """
try: import _interpreters as interpreters
except ImportError: import _xxsubinterpreters as interpreters
def made(kind):
    if sys.version_info >= (3, 13): return interpreters.create(kind)
    return interpreters.create(isolated=kind == "isolated")
"""
INTERPRETERS = (
    MADE
    + """
print(work(1), flush=True)
for kind in ("isolated", "legacy"):
    one = made(kind)
    print(interpreters.run_string(one, "import sys; sys.path[:0] = " + repr(sys.path)), flush=True)
    for _ in range(3):
        print(interpreters.run_string(one, WITHIN), flush=True)
    interpreters.destroy(one)
print(work(2))
"""
)
WITHIN = "import survivor; print(survivor.plain(4), survivor.recursive(3), flush=True)"
APART = {"subinterpreters": Row(f"WITHIN = {WITHIN!r}\n{INTERPRETERS}")}

ROWS = FORKS | MULTIPROCESSING_ROWS | THREADS | LOOPS | SIGNALS | STARTS | TOOLS | LATE | APART
# What happens there is the system's doing, whichever CPython it is.
ONCE = {"gunicorn, workers killed": Row(GUNICORN, ends=None)}
