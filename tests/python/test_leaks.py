"""Leaks: sessions that came and went hold nothing of the application and keep no memory.

In: sessions over `apps/kinds`. Out: the same counts of references, objects, resident memory, open files.
"""

import gc
import sys
import weakref
from pathlib import Path

import pytest

from probing import alone, load, records

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "apps"))

import kinds  # noqa: E402

POINTS = ("entry", "exit", "return", "raise")


def test_references_are_as_many_as_before():
    class Error(Exception):
        pass

    def around(argument, error):
        kinds.plain(argument, argument)
        with pytest.raises(Error):
            throwing(error)

    def throwing(error):
        raise error

    kinds.throwing = throwing
    argument, error = 10**40, Error()
    watched = (argument, error, kinds.plain, kinds.plain.__code__, throwing, throwing.__code__, Error)
    try:
        around(argument, error)
        error.__traceback__ = error.__context__ = None
        gc.collect()
        before = [sys.getrefcount(o) for o in watched], len(weakref.getweakrefs(kinds.plain))
        for _ in range(3):
            probes = {f"fn:kinds.plain:{p}": "keep a=arg0 b=args k=kept" for p in POINTS}
            with load(probes) as session:
                around(argument, error)
                error.__traceback__ = error.__context__ = None
                assert len(records(session)) == 3
        del session
        gc.collect()
        assert ([sys.getrefcount(o) for o in watched], len(weakref.getweakrefs(kinds.plain))) == before
    finally:
        del kinds.throwing


# A process of its own, which has imported no more than it needs: each session looks through all there is.
SESSIONS = """
from pathlib import Path
def resident_kib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4

def held():
    # Objects, blocks, references where they are counted, KiB.
    gc.collect()
    return len(gc.get_objects()), sys.getallocatedblocks(), getattr(sys, "gettotalrefcount", int)(), resident_kib()

def grown(before):
    print(*(now - then for now, then in zip(held(), before)))

def cycles(many, module):
    for _ in range(many):
        with waspect.load(module, budget={"share": 1}):
            kinds.outer(1)(2), kinds.plain(1)

def growth(many, module):
    before = held()
    cycles(many, module)
    grown(before)

"""

MANY_SESSIONS = """
source = wat({"fn:kinds.outer.inner:exit": "count a=arg0", "fn:kinds.plain:entry": "count"}).encode()
artifact = waspect._compiled(source, "<bytes>", {})
cycles(100, artifact), cycles(20, source)
growth(900, artifact)
growth(80, source)
print(len(list(Path("/proc/self/fd").iterdir())))
"""


def test_a_thousand_sessions_leave_no_memory():
    *grown, files = alone(SESSIONS + MANY_SESSIONS, seconds=300)
    assert len(grown) == 2
    for objects, _, _, kib in (map(int, line.split()) for line in grown):
        assert objects < 20 and kib < 1_500
    assert int(files) < 60


# Half of them at the entry with what was passed, half at the exit with what came back and the time.
FIRINGS = """
source = wat({"fn:kinds.plain:entry": "count a=args", "fn:kinds.plain:exit": "b=retval c=elapsed"}).encode()

def fire(many):
    for n in range(many // 2): kinds.plain(n)

with waspect.load(source, budget={"share": 1}) as session:
    fire(100_000)
    before = held()
    fire(1_000_000)
    grown(before)
    print(sum(each["firings"] for each in session.stats() if each["type"] == "summary"))
"""

# A probe is out after three traps, or ten firings without an end.
FAULTS = """
texts = (wat({"fn:kinds.plain:entry": f"a=args {word}"}).encode() for word in ("trap", "spin"))
modules = [waspect._compiled(text, "<bytes>", {}) for text in texts]

def faults(many):
    seen = 0
    while seen < many:
        for module in modules:
            with waspect.load(module, budget={"share": 1}) as session:
                for n in range(12): kinds.plain(n)
                seen += sum(sum(each["faults"].values()) for each in session.stats() if each["type"] == "summary")
    return seen

faults(200)
before = held()
seen = faults(1_000)
grown(before)
print(seen)
"""


@pytest.mark.parametrize(("program", "many"), [(FIRINGS, 1_100_000), (FAULTS, 1_001)])
def test_firings_and_faults_leave_nothing(program, many):
    grown, seen = alone(SESSIONS + program, seconds=300)
    objects, blocks, references, kib = map(int, grown.split())
    assert int(seen) == many
    assert objects < 20 and blocks < 200 and references < 200 and kib < 1_500
