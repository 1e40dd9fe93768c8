"""Threads call what a loop attaches, detaches and changes: the program of `test_stress.py`, run by any interpreter.

In: seconds; the package on the path. Out: one JSON object of what happened; an assertion where a result is wrong,
calls do not add up, or a function has not its own code back. Never here: a bound on time; how often each thing happens
is told.

Four threads call, the interpreter switching every 10 µs: plain and keyword functions, one whose defaults change and one
that is defined anew, eight closures over one code, a property, `__getitem__`, `__init__`, generators, coroutines,
exceptions. The main thread attaches and detaches some of them, makes functions that live for one call, and collects.
"""

from __future__ import annotations

import gc
import json
import random
import sys
import threading
import time
import types
from collections import Counter

import waspect
from probing import wat
from waspect import _core
from waspect.compiler import find

ANEW = "def anew(a, b=1, *, c=1):\n    return a + b + c\n"
SOURCE = (
    ANEW
    + """
def plain(a, b):
    return a - b
def defaults(a, b=1):
    return a + b
def keywords(a, *, k=3):
    return a * k
def maker(n):
    def shared(x):
        return x + n
    return shared
shared = [maker(n) for n in range(8)]
class Thing:
    def __init__(self, n):
        self.n = n
    @property
    def prop(self):
        return self.n
    def __getitem__(self, k):
        return self.n + k
    def method(self, k):
        return self.n * k
def counting(n):
    for i in range(n):
        yield i
async def waiting(n):
    return n
def raising(n):
    raise KeyError(n)
"""
)
SPECS = [
    "fn:busy.plain:entry", "fn:busy.plain:exit", "fn:busy.defaults:exit", "fn:busy.anew:exit", "fn:busy.keywords:exit",
    "fn:busy.maker.shared:exit", "fn:busy.Thing.__init__:exit", "fn:busy.Thing.prop:exit",
    "fn:busy.Thing.__getitem__:entry", "fn:busy.Thing.method:exit", "fn:busy.counting:exit", "fn:busy.waiting:exit",
    "fn:busy.raising:exit", "fn:busy.**:exit",
]  # fmt: skip
BRIEF = "fn:busy.brief:exit"
# How often each is done, of all that is done.
STEPS = {"attach": 40, "detach": 40, "defaults": 8, "anew": 6, "brief": 6, "collect": 1}
busy = types.ModuleType("busy")
exec(compile(SOURCE, "busy.py", "exec"), busy.__dict__)
sys.modules["busy"] = busy


def once(n: int) -> int:
    """Calls everything once, with results that are known; gives how many calls there were."""
    assert busy.plain(n, 2) == n - 2
    assert busy.defaults(n) - n in {1, 2} and busy.defaults(n, 7) == n + 7
    assert busy.anew(n) - n in {2, 3} and busy.anew(n, c=5) - n in {6, 7}
    assert busy.keywords(n, k=2) == 2 * n and busy.keywords(n) == 3 * n
    for i, shared in enumerate(busy.shared):
        assert shared(n) == n + i
    thing = busy.Thing(n)
    assert (thing.prop, thing[1], thing.method(3)) == (n, n + 1, 3 * n)
    assert sum(busy.counting(5)) == 10
    next(busy.counting(5))
    assert ending(busy.waiting(n).send, None) == (StopIteration, (n,))
    assert ending(busy.raising, n) == (KeyError, (n,))
    # 1 + 2 + 2 + 2, then eight closures, four of Thing, two generators, a coroutine, an exception.
    return 7 + 8 + 4 + 2 + 1 + 1


def ending(call, argument):
    """How a call ends that must raise."""
    try:
        return call(argument)
    except Exception as error:
        return type(error), error.args


class Caller(threading.Thread):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        n = 0
        try:
            while not stop.is_set():
                self.calls += once(n)
                n += 1
        except BaseException as error:
            self.error = error
            stop.set()


class Churn:
    """Everything that changes under the callers' feet."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.did = dice, Counter[str]()
        self.sessions: list[waspect.Session] = []
        compiler = find()
        self.artifacts = {
            spec: _core.compile(compiler, wat({spec: "count"}).encode(), "stress.wat", []) for spec in [*SPECS, BRIEF]
        }

    def step(self) -> None:
        what = self.dice.choices([*STEPS], [*STEPS.values()])[0]
        getattr(self, what)()
        self.did[what] += 1

    def attach(self) -> None:
        if len(self.sessions) < 4:
            self.sessions.append(waspect.load(self.artifacts[self.dice.choice(SPECS)], budget={"share": 1}))

    def detach(self) -> None:
        if self.sessions:
            session = self.sessions.pop(self.dice.randrange(len(self.sessions)))
            session.detach()
            for one in session.stats():
                if one["type"] == "function":
                    self.did["entries"] += one["entries"]
                    self.did["abandoned"] += one["abandoned"] or 0
                elif one["type"] == "summary":
                    assert not any(one["faults"].values()), one

    def collect(self) -> None:
        gc.collect()

    def defaults(self) -> None:
        busy.defaults.__defaults__ = (self.dice.choice((1, 2)),)
        busy.anew.__defaults__ = (self.dice.choice((1, 2)),)

    def anew(self) -> None:
        exec(compile(ANEW, "busy.py", "exec"), busy.__dict__)

    def brief(self) -> None:
        """A function that is made, attached, called and dropped."""
        exec(compile("def brief(a): return a + 1", "busy.py", "exec"), busy.__dict__)
        session = waspect.load(self.artifacts[BRIEF], budget={"share": 1})
        assert busy.brief(1) == 2
        del busy.brief
        session.detach()


def functions() -> dict[str, types.FunctionType]:
    """What keeps its identity throughout."""
    members = {f"Thing.{n}": o for n, o in vars(busy.Thing).items() if isinstance(o, types.FunctionType)}
    members["Thing.prop"] = vars(busy.Thing)["prop"].fget
    names = ("plain", "defaults", "keywords", "maker", "counting", "waiting", "raising")
    members |= {name: getattr(busy, name) for name in names}
    return members | {f"shared {i}": f for i, f in enumerate(busy.shared)}


def exact(churn: Churn) -> None:
    """With nothing else going on, every call is counted, once."""
    with waspect.load(churn.artifacts["fn:busy.**:exit"], budget={"share": 1}) as session:
        calls = sum(once(n) for n in range(100))
        gc.collect()
        counted = [one for one in session.stats() if one["type"] == "function"]
        assert sum(one["entries"] for one in counted) == calls
        assert all(one["entries"] == one["returns"] + one["raises"] for one in counted), counted


def main(seconds: float) -> None:
    before = {name: function.__code__ for name, function in functions().items()}
    churn = Churn(random.Random(4))
    exact(churn)
    sys.setswitchinterval(1e-5)
    callers = [Caller() for _ in range(4)]
    for caller in callers:
        caller.start()
    until = time.monotonic() + seconds
    while time.monotonic() < until and not stop.is_set():
        churn.step()
    stop.set()
    for caller in callers:
        caller.join()
        if caller.error:
            raise caller.error
    while churn.sessions:
        churn.detach()
    gc.collect()
    changed = [name for name, function in functions().items() if function.__code__ is not before[name]]
    assert not changed, changed
    exact(churn)
    debug = hasattr(sys, "gettotalrefcount")
    print(json.dumps({"debug": debug, "calls": sum(c.calls for c in callers), **churn.did}))


stop = threading.Event()
if __name__ == "__main__":
    main(float(sys.argv[1]))
