"""Kinds, bounded trees and comparisons, and that making them leaves nothing behind.

In: the extension's testing door. Out: decoded trees. Never here: a probe.
"""

import collections
import datetime
import decimal
import gc
import math
import sys

import pytest

import hostile
from reads import (  # noqa: F401
    Plain,
    Slots,
    SlotsAndDict,
    check,
    core,
    exception,
    int_with_dict,
    many_attributes,
    materialised,
    nothing_ran,
    replaced,
    tree,
)


def generator():
    yield 1


async def coroutine():
    return 1


LOOKS = {
    "none": None,
    "bool true": True,
    "int 0": 0,
    "int -5": -5,
    f"int {2**63 - 1}": 2**63 - 1,
    f"int {-(2**63)}": -(2**63),
    "float 1.5": 1.5,
    "float inf": math.inf,
    "function": check,
    "module": sys,
    "type": Plain,
    "exception": ValueError(),
    "complex": 1j,
    "decimal": decimal.Decimal("1.5"),
    "datetime": datetime.datetime(2020, 1, 1),
    "coroutine": generator(),
    "frame": sys._getframe(),
    "object": object(),
}


@pytest.mark.parametrize("expected", LOOKS)
def test_look(expected):
    assert core._look(LOOKS[expected]) == (expected, None)


SIZED = {
    "str": ["", "abc", "é", "中文", "\U0001f40d", hostile.QuietKey("abc"), hostile.loud_subclass(str, "ab")],
    "bytes": [b"", b"abc", hostile.loud_subclass(bytes, b"ab")],
    "bytearray": [bytearray(), bytearray(b"abc"), hostile.loud_subclass(bytearray, b"ab")],
    "list": [[], [1], hostile.loud_subclass(list, [1, 2])],
    "tuple": [(), (1,), collections.namedtuple("P", "x")(1)],
    "dict": [{}, {"a": 1}, {1: 2}, collections.OrderedDict(a=1), hostile.loud_subclass(dict, {"a": 1})],
    "set": [set(), {1, 2}, hostile.loud_subclass(set, [1])],
    "frozenset": [frozenset(), frozenset([1]), hostile.loud_subclass(frozenset, [1, 2])],
}
BASES = {"str": str, "bytes": bytes, "list": list, "tuple": tuple, "dict": dict, "set": set, "frozenset": frozenset}


@pytest.mark.parametrize("kind", SIZED)
def test_look_sized(kind):
    for obj in SIZED[kind]:
        length = BASES.get(kind, bytearray).__len__(obj)
        assert core._look(obj) == (kind, length)


def test_look_of_loud_numbers():
    assert core._look(hostile.loud_subclass(int, 5)) == ("int 5", None)
    assert core._look(hostile.loud_subclass(int, 1 << 70)) == ("int", None)
    assert core._look(hostile.loud_subclass(float, 2.5)) == ("float 2.5", None)
    coro = coroutine()
    assert core._look(coro) == ("coroutine", None)
    coro.close()


def named(cls, **fields):
    return ("$object", f"{cls.__module__}.{cls.__qualname__}", fields)


def holes_in_order():
    plain = Plain()
    plain.a, plain.b, plain.c = 1, 2, 3
    del plain.a
    plain.a = 4
    return plain


point = collections.namedtuple("point", "x y")


class Data:
    __slots__ = ("__dict__", "a", "b")


def data():
    it = Data()
    it.a, it.extra = 1, 2
    return it


TREES = {
    "scalars": (lambda: [None, True, 1, 1.5, "é", b"b"], [None, True, 1, 1.5, "é", b"b"]),
    "big ints": (lambda: [1 << 64, -(1 << 100), 3**500], [1 << 64, -(1 << 100), 3**500]),
    "nested": (lambda: {"a": [1, (2,)], 3: {"b": None}}, {"a": [1, (2,)], 3: {"b": None}}),
    "set": (lambda: {7}, ("$set", 7)),
    "emptied set": (lambda: {1, 2, 3} - {1, 2}, ("$set", 3)),
    "frozenset": (lambda: frozenset(["x"]), ("$frozenset", "x")),
    "named tuple": (lambda: point(1, 2), (1, 2)),
    "instance": (Plain, named(Plain, x=1)),
    "materialised instance": (materialised, named(Plain, x=1)),
    "replaced": (replaced, named(Plain, x=1, other=2)),
    "slots": (Slots, named(Slots, left=1)),
    "slots and dict": (SlotsAndDict, named(SlotsAndDict, own=2, left=1)),
    "slots with __dict__": (data, named(Data, extra=2, a=1)),
    "exception": (exception, ("$object", "ValueError", {"args": ("message", 2), "note": 3})),
    "nothing inside": (object, ("$opaque", "object", "object")),
    "deque": (lambda: collections.deque([1]), ("$opaque", "object", "collections.deque")),
    "function": (lambda: generator, ("$opaque", "function", f"{__name__}.generator")),
    "type": (lambda: Slots, ("$opaque", "type", f"{Slots.__module__}.Slots")),
    "module": (lambda: math, ("$opaque", "module", "math")),
    "everything": (hostile.make_everything, ("$object", "hostile.Everything", {"x": 1})),
    "special": (hostile.make_special, ("$object", "hostile.Special", {"x": 1})),
    "loud list": (lambda: hostile.loud_subclass(list, [1, 2]), [1, 2]),
    "loud dict": (lambda: hostile.loud_subclass(dict, {"a": 1}), {"a": 1}),
    "loud key": (lambda: {hostile.LoudKey("k"): 1}, {"k": 1}),
    "of a metaclass": (hostile.OfLoud, ("$object", "hostile.OfLoud", {"x": 1})),
    "int subclass": (lambda: int_with_dict(5), 5),
    "lone surrogates": (lambda: "a\ud800b\udc00", "a\ufffdb\ufffd"),
    "pair of surrogates": (lambda: "\ud83d\udc0d", "\ufffd\ufffd"),
    "surrogate and astral": (lambda: "\ud800\U0001f40d", "\ufffd\U0001f40d"),
}


@pytest.mark.parametrize("case", TREES)
def test_tree(case):
    make, expected = TREES[case]
    obj = make()
    hostile.LoudKey.loud = True
    found = tree(obj)
    hostile.LoudKey.loud = False
    assert found == expected


def test_fields_keep_their_order():
    (_, _, fields) = tree(holes_in_order())
    assert sorted(fields) == ["a", "b", "c", "x"] and fields == {"x": 1, "a": 4, "b": 2, "c": 3}
    (_, _, fields) = tree(many_attributes(), items=200)
    assert list(fields) == ["x", *(f"a{i}" for i in range(100))]


def test_cycle():
    loop = [1]
    loop.append(loop)
    assert tree(loop) == [1, ("$cut", "cycle", 2, ("$opaque", "list", "list"))]
    plain = Plain()
    plain.me = plain
    name = f"{Plain.__module__}.Plain"
    assert tree(plain) == named(Plain, x=1, me=("$cut", "cycle", 0, ("$opaque", "object", name)))
    both = ([],) * 3
    assert tree(both) == ([], [], [])


def test_depth():
    deep = inner = []
    for _ in range(100_000):
        inner.append([])
        inner = inner[0]
    assert tree(deep, depth=2) == [[("$cut", "depth", 1, ("$opaque", "list", "list"))]]
    assert core._encode(deep, depth=1_000_000)[0]
    assert tree([1], depth=0) == ("$cut", "depth", 1, ("$opaque", "list", "list"))
    assert tree(5, depth=0) == 5
    while deep:
        deep = deep.pop()


def test_width():
    assert tree(list(range(10**6)), items=3) == ("$cut", "items", 10**6, [0, 1, 2])
    assert tree({i: i for i in range(5)}, items=2) == ("$cut", "items", 5, {0: 0, 1: 1})
    assert tree([1, 2, 3], items=3) == [1, 2, 3]
    _, why, total, value = tree(many_attributes(), items=5)
    assert (why, total, len(value[2])) == ("items", 0, 5)


def test_budget_is_never_exceeded():
    wide = [{"key": "x" * 100, "n": list(range(20)), "o": Plain()} for _ in range(100)]
    for budget in range(64, 5_000, 37):
        bytes_, value = core._encode(wide, budget_bytes=budget)
        assert len(bytes_) <= budget and value[:2] == ("$cut", "budget")
    for budget in (64, 100, 1_000):
        for obj in ("x" * 10**6, "é" * 10**6, b"x" * 10**6, 3**10**5, {"k" * 10**5: 1}, type("N" * 10**4, (), {})()):
            assert len(core._encode(obj, budget_bytes=budget, str_bytes=10**6)[0]) <= budget


def test_text_is_cut_at_a_character():
    assert tree("abcdef", str_bytes=3) == ("$cut", "bytes", 6, "abc")
    assert tree("éé", str_bytes=3) == ("$cut", "bytes", 0, "é")
    assert tree("é", str_bytes=1) == ("$cut", "bytes", 0, "")
    assert tree(b"abc", str_bytes=2) == ("$cut", "bytes", 3, b"ab")
    assert tree("abc", str_bytes=3) == "abc"


def test_holes_end_a_walk():
    table = {i: i for i in range(100_000)}
    for i in range(99_999):
        del table[i]
    assert tree(table) == ("$cut", "items", 1, {})


# --- nothing is left behind


def test_no_dict_is_materialised():
    """A materialised dict would be a referent of its own and 64 bytes or more."""
    fresh = Plain()
    before = gc.get_referents(fresh), sys.getsizeof(fresh)
    reader = core.Reader(".x")
    for _ in range(1_000):
        reader(fresh), core._read(fresh, ".nothing"), tree(fresh)
    reader.bench(fresh, 100_000)
    after = gc.get_referents(fresh), sys.getsizeof(fresh)
    assert after == before and not any(isinstance(r, dict) for r in after[0])


def test_references_are_level():
    value = object()
    plain, table, items = Plain(), {"k": value}, [value]
    plain.x = value
    counted = [value, plain, table, items, Plain, dict, list, type(value), Plain.__dict__, object.__mro__]
    readers = [(core.Reader(".x"), plain), (core.Reader('["k"]'), table), (core.Reader("[0]"), items)]
    for reader, obj in readers:
        reader(obj)
    before = [sys.getrefcount(o) for o in counted]
    for reader, obj in readers:
        reader.bench(obj, 1_000)
    for _ in range(1_000):
        core._read(plain, ".shared"), core._read(Plain, ".shared"), core._encode(plain), core._look(value)
    assert [sys.getrefcount(o) for o in counted] == before


def test_no_utf8_form_is_cached():
    text = "é" * 1_000
    wide = "中" * 1_000
    before = sys.getsizeof(text), sys.getsizeof(wide)
    for _ in range(100):
        tree([text, wide])
    assert (sys.getsizeof(text), sys.getsizeof(wide)) == before


def test_huge_text_costs_what_is_kept():
    small, huge = "中" * 1_000, "中" * 10_000_000
    # the default limit keeps 4,096 bytes here, so both do the same work
    few, many = core._bench("encode", small, 200), core._bench("encode", huge, 200)
    assert many < 10 * few + 5_000
    assert sys.getsizeof(huge) < 2.1 * len(huge)


# --- comparisons

COMPARISONS = [
    (1, 1, 1, 0),
    (1, 2, 0, -1),
    (True, 1, 1, 0),
    (1, 1.0, 1, 0),
    (2**53 + 1, float(2**53), 0, 1),
    (2**63 - 1, 2.0**63, 0, -1),
    (-(2**63), -(2.0**63), 1, 0),
    (2**64, 2.0**64, 1, 0),
    (2**64 + 1, 2.0**64, 0, 1),
    (2**1100, math.inf, 0, -1),
    (-(2**1100), math.inf, 0, -1),
    (-(2**1100), -math.inf, 0, 1),
    (3**300, 3**300 + 1, 0, -1),
    (-(3**300), 3**300, 0, -1),
    (1 << 70, 5, 0, 1),
    (5, -(1 << 70), 0, 1),
    (1 << 70, 5.5, 0, 1),
    (0, -0.5, 0, 1),
    (-1, -1.5, 0, 1),
    (1.5, 1, 0, 1),
    (math.nan, math.nan, 0, 2),
    (math.nan, 1, 0, 2),
    ("a", "b", 0, -1),
    ("a", "ab", 0, -1),
    ("é", "é", 1, 0),
    ("é", "z", 0, 1),
    ("中", "\U0001f40d", 0, -1),
    (b"a", b"b", 0, -1),
    (b"a", bytearray(b"a"), 1, 0),
    ("1", 1, 0, 2),
    (None, None, 1, 0),
    (None, 0, 0, 2),
    ((1, "a"), (1, "a"), 1, 0),
    ((1, 2), (1, 2, 3), 0, -1),
    ([1, [2.0]], [1, [2]], 1, 0),
    ([1], (1,), 0, 2),
    ([2], [1, 5], 0, 1),
    ({}, {}, 0, 2),
    ("x" * 10**6, "x" * 10**6 + "y", 0, "LIMIT"),
]


@pytest.mark.parametrize(("a", "b", "eq", "cmp"), COMPARISONS)
def test_compare(a, b, eq, cmp):
    assert core._compare(a, b) == (str(eq), str(cmp))
    mirrored = cmp if cmp in (2, "LIMIT") else -cmp
    assert core._compare(b, a) == (str(eq), str(mirrored))


def test_compare_does_not_ask():
    loud = hostile.make_everything()
    assert core._compare(loud, loud) == ("1", "0")
    assert core._compare(loud, hostile.make_everything()) == ("0", "2")
    assert core._compare(hostile.loud_subclass(int, 5), 5) == ("1", "0")
    loop = []
    loop.append(loop)
    other = []
    other.append(other)
    assert core._compare(loop, other) == ("LIMIT", "LIMIT")
