"""Every import of the ABI on every kind of object: nothing of the application runs, changes, or is kept.

The imports are the rows of docs/ABI.md, so that a new one is tested because it is documented.
In: objects whose special methods raise and record, and ordinary ones in every form of storage. Out: silence. Never
here: what an import answers.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import gc
import sys
import types
import weakref

import pytest

import abi_rows
import hostile
import probing

BUILTINS = (str, list, dict, set, frozenset, tuple, bytes, bytearray, int)
# No object made here has so many references; the interpreter's own singletons have, or are immortal.
SINGLETONS_FROM = 2_000
IMPORTS = list(abi_rows.rows())


def argument(kind, turn, flip, number):
    """The `turn`-th value of a kind: the arguments in turn, and numbers that are a pointer and a length, or small."""
    if kind == "V":
        return f"(call $arg{(turn + flip) % 2})"
    if kind == "i32":
        return f"(i32.const {[16, 1][turn % 2] if number == 'pointer' else turn})"
    return f"({abi_rows.TYPES[kind]}.const {turn + 1})"


def call(params, result, flip, number):
    turns = collections.Counter()
    given = []
    for kind in params:
        given.append(argument(kind, turns[kind], flip, number))
        turns[kind] += 1
    called = f"(call $it {' '.join(given)})"
    # What it gives is looked into, too: a record holds the whole of it.
    return f"(call $out {called})" if result == "V" else f"(drop {called})" if result else called


def module(target, row, turns=1):
    where, name, params, result = row
    escaped = name.replace('"', '\\"')
    typed = " ".join(abi_rows.TYPES[kind] for kind in params)
    returns = f"(result {abi_rows.TYPES[result]})" if result else ""
    calls = [call(params, result, flip, number) for flip in (0, 1) for number in ("pointer", "small")]
    body = "\n".join(calls)
    # `print` and `clear` are of what the module counts in.
    of_counts = where in {"probe1.print", "probe1.clear"}
    counts = f'(import "probe1.count" "{escaped}" (func (param i64)))' if of_counts else ""
    return f"""(module
      (import "{where}" "{escaped}" (func $it (param {typed}) {returns}))
      (import "probe1" "arg" (func $arg (param i32) (result i64)))
      {counts}
      (import "probe1.field" "out" (func $out (param i64)))
      (import "probe1" "emit" (func $emit (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "x")
      (func $arg0 (result i64) (call $arg (i32.const 0)))
      (func $arg1 (result i64) (call $arg (i32.const 1)))
      (func $all (local $n i32)
        (loop $again {body} (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $n) (i32.const {turns}))))
        (drop (call $emit)))
      (func (export "fn:{target}:entry") (call $all))
      (func (export "fn:{target}:exit") (call $all)))"""


@dataclasses.dataclass
class Data:
    x: object = 1


@dataclasses.dataclass(slots=True)
class SlotData:
    x: object = 1


class Colour(enum.Enum):
    RED = "x"


class Watched:
    """Something a weak reference watches; its callback would be the application's code."""


Named = collections.namedtuple("Named", "x y")
LOUD_BASES = [
    (int, 7),
    (float, 1.5),
    (str, "x"),
    (bytes, b"x"),
    (list, ["x"]),
    (tuple, ("x",)),
    (dict, {"x": 1}),
    (set, {"x"}),
    (frozenset, {"x"}),
    (bytearray, b"x"),
    (complex, 1j),
    (Exception, "x"),
]


def watched():
    it = Watched()
    it.x = 1
    it.watch = weakref.ref(it, lambda _: hostile.CALLS.append("weakref callback"))
    return it


def cycle():
    it = [1]
    it.append(it)
    return {"x": it}


def deep():
    it = "x"
    for _ in range(50):
        it = {"x": [it]}
    return it


OBJECTS = {
    "special": hostile.make_special,
    "everything": hostile.make_everything,
    "only __getattr__": hostile.OnlyGetattr,
    "computed": hostile.Computed,
    "of a loud metaclass": hostile.OfLoud,
    "a loud class": lambda: hostile.OfLoud,
    "a class": lambda: hostile.Special,
    "loud key": lambda: {hostile.LoudKey("x"): 1, "y": 2},
    "loud key itself": lambda: hostile.LoudKey("x"),
    "colliding key": lambda: {hostile.Colliding("x"): 1, "x": 2},
    "set of loud keys": lambda: {hostile.LoudKey("x"), "y"},
    "quiet key": lambda: {hostile.QuietKey("x"): 1},
    **{f"loud {base.__name__}": lambda base=base, of=of: hostile.loud_subclass(base, of) for base, of in LOUD_BASES},
    "holding loud ones": lambda: {"x": [hostile.make_everything(), (hostile.make_special(),)]},
    "watched": watched,
    "dataclass": lambda: Data(hostile.make_special()),
    "dataclass with slots": lambda: SlotData("x"),
    "namedtuple": lambda: Named("x", 2),
    "enum": lambda: Colour.RED,
    "Decimal": lambda: decimal.Decimal("1.5"),
    "datetime": lambda: datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
    "mappingproxy": lambda: types.MappingProxyType({"x": 1}),
    "OrderedDict": lambda: collections.OrderedDict(x=1),
    "defaultdict": lambda: collections.defaultdict(hostile.make_special, x=1),
    "range": lambda: range(5),
    "memoryview": lambda: memoryview(b"x"),
    "generator": lambda: (i for i in range(3)),
    "function": lambda: cycle,
    "module": lambda: types.ModuleType("x"),
    "cycle": cycle,
    "deep": deep,
    "wide": lambda: list(range(1_000)),
    "not ASCII": lambda: "\u20ac" * 500,
    "lone surrogate": lambda: "x\ud800y",
    "big int": lambda: 1 << 500,
    "negative big int": lambda: -(1 << 64),
    "nan": lambda: float("nan"),
    "None": lambda: None,
}


def snapshot(it):
    """What a read could change: who is referred to (a materialised dict would be), how often, how large."""
    with_parts = [it, *gc.get_referents(it)]
    return [(id(part), references(part), sizeof(part)) for part in with_parts]


def references(it):
    """How many there are; those of None and small ints go up and down with everything that runs."""
    count = sys.getrefcount(it)
    return count if count < SINGLETONS_FROM else None


def sizeof(it):
    """`sys.getsizeof` asks the class, so only of what has no method of its own; a cached UTF-8 form shows in a str."""
    return sys.getsizeof(it) if any(type(it) is kind for kind in BUILTINS) else object.__sizeof__(it)


@pytest.fixture
def subject():
    gc.disable()
    made = types.ModuleType("every_import_subject")
    exec("def f(a, b):\n    return a\n", made.__dict__)
    made.f.__module__ = made.__name__
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]
    gc.enable()


@pytest.mark.parametrize("row", IMPORTS, ids=[f"{where} {name}" for where, name, *_ in IMPORTS])
def test_nothing_notices(subject, row):
    objects = {name: make() for name, make in OBJECTS.items()}
    hostile.CALLS.clear()
    with probing.waspect.load(module("every_import_subject.f", row).encode(), budget={"share": 1}) as session:
        for name, it in objects.items():
            before = snapshot(it)
            hostile.LoudKey.loud = True
            assert subject.f(it, "x") is it, name
            assert subject.f("x", it) == "x", name
            hostile.LoudKey.loud = False
            assert hostile.CALLS == [], name
            assert snapshot(it) == before, name
        for summary in probing.summaries(session).values():
            assert summary["firings"] == 2 * len(objects)
            assert not any(summary["faults"].values()), summary["faults"]


class Stored:
    """Values beside the object, and no dict until somebody asks."""

    def __init__(self):
        self.x, self.y = 1, ["x"]


# Kinds whose storage a read could change for good: a dict that is made, a hash or UTF-8 form that is kept, a cache.
STORED = {
    "inline values": Stored,
    "slots": lambda: SlotData(["x"]),
    "text without a hash": lambda: "".join(["x", "\u20ac"]),
    "a function": lambda: types.FunctionType(watched.__code__, {}, "x"),
    **{
        name: OBJECTS[name]
        for name in ("computed", "namedtuple", "watched", "loud dict", "mappingproxy", "holding loud ones", "big int")
    },
}
FIRINGS, TURNS, CALLS = 3_125, 4, 4


@pytest.mark.parametrize("row", IMPORTS, ids=[f"{where} {name}" for where, name, *_ in IMPORTS])
def test_a_million_reads_leave_no_trace(subject, row):
    """Of each import, over kinds of storage: object sizes, references and what refers to what are as they were."""
    objects = {name: make() for name, make in STORED.items()}
    hostile.CALLS.clear()
    reads = 0
    with probing.waspect.load(module("every_import_subject.f", row, TURNS).encode(), budget={"share": 1}) as session:
        f = subject.f
        for name, it in objects.items():
            f(it, "x")  # what a class, a site or a session keeps of it once
            before, blocks = snapshot(it), sys.getallocatedblocks()
            for _ in range(FIRINGS):
                f(it, "x")
            assert snapshot(it) == before, name
            assert abs(sys.getallocatedblocks() - blocks) < FIRINGS // 20, name
            reads += FIRINGS * 2 * TURNS * CALLS
        assert reads >= 1_000_000
        assert hostile.CALLS == []
        for summary in probing.summaries(session).values():
            assert not any(summary["faults"].values()), summary["faults"]


def test_there_are_imports():
    assert len(IMPORTS) > 40
    assert {where for where, *_ in IMPORTS} >= {"probe1", "probe1.get", "probe1.slot", "probe1.quantize"}
