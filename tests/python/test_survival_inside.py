"""Where `waspect run` does not reach: probes that a program loads itself, isolated, in subinterpreters, among handlers.

In: programs. Out: probes that fire, or a refusal that says why. Never here: a program that ends otherwise.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from probing import alone, wat
from survival_rows import MADE

HERE = Path(__file__).parent
POINTS = ("entry", "exit", "return", "raise")

ISOLATED = """
import sys; sys.path[:0] = {path!r}
import surviving, waspect, collections
session = waspect.load({module!r}, budget={{"share": 1}})
calls = [surviving.work(n) for n in range(5)]
session.detach()
records = [e for e in session.events(timeout=0) if e["type"] == "record"]
told = collections.Counter(r["probe"].rpartition(":")[2] for r in records)
expected = surviving.expected([("work", n) for n in range(5)])
assert told == {{point: events.total() for point, events in expected.items()}}, told
print(calls == [surviving.work(n) for n in range(5)], sys.flags.isolated)
"""


@pytest.mark.parametrize("flag", ["-I", "-E", "-S", "-P"])
def test_isolated_programs_load_their_own(tmp_path, flag, monkeypatch):
    monkeypatch.setenv("TRUTH", str(tmp_path / "truth"))
    module = wat({f"fn:survivor.**:{point}": "fn=$fn" for point in POINTS}).encode()
    text = ISOLATED.format(path=[str(HERE), str(HERE / "apps"), *sys.path[1:]], module=module)
    done = subprocess.run([sys.executable, flag, "-c", text], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stderr, done.stdout) == ("", f"True {int(flag == '-I')}\n")


REFUSED = (
    MADE
    + """
def hit(n): return n
with load({"fn:__main__.hit:entry": "a=arg0"}) as session:
    for kind in ("isolated", "legacy"):
        one = made(kind)
        interpreters.run_string(one, f"import sys; sys.path[:] = {sys.path!r}")
        interpreters.run_string(one, "try: import waspect\\nexcept ImportError as why: print(why, flush=True)")
        hit(kind)
        interpreters.destroy(one)
    print([r[2]["a"] for r in records(session)])
"""
)


def test_subinterpreters_are_refused():
    *refusals, told = alone(REFUSED)
    assert len(refusals) == 2 and all("subinterpreters" in line for line in refusals), refusals
    assert told == "['isolated', 'legacy']"


# Whatever comes first: a probe that traps needs no signal, and the program's own handlers are what they were.
ANY_ORDER = """
import faulthandler, itertools, json, os, signal
module = {"fn:__main__.trapping:entry": "trap", "fn:__main__.spinning:exit": "spin", "fn:__main__.right:exit": "a=arg0"}
artifact = waspect._compiled(wat(module).encode(), "order.wat", {})
def trapping(n): return n + 1
def spinning(n): return n + 2
def right(n): return n + 3
FAULTS = (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGBUS)
held, handled = [], []
STEPS = {
    "load": lambda: held.append(waspect.load(artifact, budget={"share": 1})),
    "enable": lambda: faulthandler.enable(file=out),
    "register": lambda: faulthandler.register(signal.SIGUSR1, file=out),
    "handlers": lambda: [signal.signal(s, lambda *_: handled.append(1)) for s in FAULTS],
}
def child(order, number):
    for step in order: STEPS[step]()
    assert [(trapping(n), spinning(n), right(n)) for n in range(5)] == [(n + 1, n + 2, n + 3) for n in range(5)]
    accounts = [s for s in held[0].stats() if s["type"] == "summary"]
    kinds = {s["probe"].split(":")[1].rpartition(".")[2]: s["faults"] for s in accounts}
    assert kinds == {"trapping": {"trap": 3}, "spinning": {"out_of_fuel": 5}, "right": {}}, kinds
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGFPE)
    assert right(1) == 4 and handled
ended = []
for order in itertools.permutations(STEPS):
    # Whoever came last hears it first; faulthandler hands on to whom it found.
    is_told = order.index("enable") > order.index("handlers")
    with open(os.path.join(os.environ["WHERE"], "told"), "w+") as out:
        if (pid := os.fork()) == 0:
            child(order, 0)
            os._exit(0)
        status = os.waitpid(pid, 0)[1]
        out.seek(0)
        told = out.read()
        assert "most recent call first" in told, (order, told)
        assert ("Floating" in told) == is_told, (order, told)
        ended.append(os.waitstatus_to_exitcode(status) == 0)
print(json.dumps(ended))
"""


def test_signals_and_faulthandler_in_any_order(tmp_path, monkeypatch):
    monkeypatch.setenv("WHERE", str(tmp_path))
    (line,) = alone(ANY_ORDER)
    assert json.loads(line) == [True] * 24


# Each limit in a child of its own, around what a session takes, in steps smaller than any phase of loading one.
LIMITED = """
import os, resource
module = wat({"fn:__main__.hit:entry": "count a=args", "fn:__main__.hit:exit": "b=retval"}).encode()
artifact = waspect._compiled(module, "limited.wat", {})
def hit(n): return [n]
def own(mib):
    size = int(open("/proc/self/statm").read().split()[0]) * 4096 + int(mib * 2**20)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    try:
        session = waspect.load(artifact, budget={"share": 1})
    except (waspect.ProbeError, MemoryError):
        return 3
    right = [hit(n) for n in range(1000)] == [[n] for n in range(1000)]
    return 0 if right and session.stats()[0]["firings"] > 0 else 4
ends = []
for quarter in range(4 * 60, 4 * 104):
    if (child := os.fork()) == 0:
        os._exit(own(quarter / 4))
    ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(sorted(set(ends)), ends == sorted(ends, reverse=True))
"""


def test_a_session_that_does_not_fit_is_refused():
    """Whatever the limit of memory is, the process lives, and is observed or told why not."""
    assert alone(LIMITED) == ["[0, 3] True"]
