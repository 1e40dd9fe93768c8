"""Threads attach and detach the same functions while others call them, import what is waited for, attach within.

In: seconds. Out: one JSON object of what was done; an assertion where a result is wrong, a call was not counted, or a
function has not its own code back. Never here: a bound on time.
"""

from __future__ import annotations

import gc
import importlib
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import stress
import waspect
from probing import wat
from stress import Caller, busy, functions, once
from waspect import _core
from waspect.compiler import find

SPECS = ["fn:busy.plain:exit", "fn:busy.Thing.method:entry", "fn:busy.maker.shared:exit", "fn:busy.**:exit"]
PENDING, WITHIN = "fn:racing.**:exit", "fn:__main__.attaches:exit"
RACING = "seen = []\ndef hit(n): return n + 1\nfor i in range(5): seen.append(hit(i))\n"
ATTACHERS = 3
did: Counter[str] = Counter()


def artifacts():
    compiler = find()
    return {
        spec: _core.compile(compiler, wat({spec: "count"}).encode(), "races.wat", [])
        for spec in (*SPECS, PENDING, WITHIN)
    }


def load(spec):
    return waspect.load(made[spec], budget={"share": 1})


def counted(session):
    """Calls by the hooks, and firings by the probe; nothing may have failed."""
    stats = session.stats()
    assert not any(any(s["faults"].values()) for s in stats if s["type"] == "summary"), stats
    return sum(s["entries"] for s in stats if s["type"] == "function")


class Worker(threading.Thread):
    """Does one thing until it is told to stop, and keeps what went wrong."""

    def __init__(self, step, *arguments):
        super().__init__()
        self.step, self.arguments, self.error = step, arguments, None

    def run(self):
        try:
            while not stress.stop.is_set():
                self.step(*self.arguments)
        except BaseException as error:
            self.error = error
            stress.stop.set()


def churn(dice):
    """Two sessions that overlap, ended in either order; one call of our own in between is seen by both."""
    spec = dice.choice(SPECS)
    sessions = [load(spec), load(spec)]
    assert busy.plain(5, 2) == 3 and busy.Thing(2).method(3) == 6 and busy.shared[1](1) == 2
    dice.shuffle(sessions)
    for session in sessions:
        session.detach()
        assert counted(session) >= 1, spec
    did["attached and detached"] += 2


def importing():
    """Two threads import at once a module that a session waits for: it runs once, and each of its calls counts."""
    both, told = threading.Barrier(2), []

    def one():
        both.wait()
        told.append(importlib.import_module("racing").hit(7))

    sys.modules.pop("racing", None)
    with load(PENDING) as session:
        threads = [threading.Thread(target=one) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told == [8, 8] and sys.modules["racing"].seen == [1, 2, 3, 4, 5]
        assert counted(session) == 7, session.stats()
    did["imported"] += 1


def attaches(n):
    """Probed, and attaches a probe to itself and to another, which see what comes after."""
    with load(SPECS[0]) as other, load(WITHIN) as itself:
        assert busy.plain(n, 2) == n - 2
        assert n == 0 or attaches(n - 1) == n - 1
        assert counted(other) >= 1 and counted(itself) >= (n > 0)
    return n


def within():
    with load(WITHIN) as session:
        assert attaches(2) == 2
        assert counted(session) == 3
    did["attached within"] += 1


def main(seconds):
    sys.setswitchinterval(1e-5)
    before = {name: function.__code__ for name, function in functions().items()}
    own = attaches.__code__
    dice = random.Random(7)
    workers = [Caller() for _ in range(3)]
    workers += [Worker(churn, random.Random(dice.random())) for _ in range(ATTACHERS)]
    workers += [Worker(importing), Worker(within)]
    for worker in workers:
        worker.start()
    time.sleep(seconds)
    stress.stop.set()
    for worker in workers:
        worker.join()
        if worker.error:
            raise worker.error
    gc.collect()
    changed = [name for name, function in functions().items() if function.__code__ is not before[name]]
    assert not changed and attaches.__code__ is own, changed
    with load("fn:busy.**:exit") as session:
        calls = sum(once(n) for n in range(50))
        gc.collect()
        assert counted(session) == calls
    print(json.dumps(did | {"calls": sum(w.calls for w in workers if isinstance(w, Caller))}))


if __name__ == "__main__":
    made = artifacts()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "racing.py").write_text(RACING)
        sys.path.insert(0, folder)
        main(float(sys.argv[1]))
