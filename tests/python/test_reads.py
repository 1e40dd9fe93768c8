"""Reads as a probe makes them, of objects that must not notice.

In: the extension's testing door. Out: verdicts. Never here: a probe, a rewritten function.
"""

import collections
import datetime
import decimal
import enum
import gc
import math
import sys
import types
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import hostile  # noqa: E402
from waspect import _core as core  # noqa: E402


@pytest.fixture(autouse=True)
def nothing_ran():
    """Whatever a test reads, no code of the application runs."""
    hostile.CALLS.clear()
    hostile.LoudKey.loud = False
    yield
    hostile.LoudKey.loud = False
    assert hostile.CALLS == []


def check(obj, path, expected):
    """Reads twice through one site (first read, remembered read) and once through a fresh one."""
    reader = core.Reader(path)
    hostile.LoudKey.loud = True
    reads = [reader(obj), reader(obj), core._read(obj, path)]
    hostile.LoudKey.loud = False
    assert reads == [expected] * 3


def ok(value):
    return ("OK", value)


ABSENT, CODE, KIND = ("ABSENT", None), ("CODE", None), ("KIND", None)


def test_self_check_accepts_this_interpreter():
    assert core._self_check() is None


# --- attributes


class Plain:
    shared = "of the class"

    def __init__(self):
        self.x = 1


class Slots:
    __slots__ = ("left", "right")

    def __init__(self):
        self.left = 1


class SlotsAndDict(Slots):
    def __init__(self):
        super().__init__()
        self.own = 2


def materialised():
    plain = Plain()
    plain.__dict__
    return plain


def replaced():
    plain = Plain()
    plain.__dict__ = {"x": 1, "other": 2}
    return plain


def replaced_by_subclass():
    plain = Plain()
    plain.__dict__ = hostile.loud_subclass(dict, {"x": 1})
    return plain


def general_dict():
    plain = Plain()
    plain.__dict__[1] = 2
    return plain


def loud_key_dict():
    plain = Plain()
    plain.__dict__[hostile.LoudKey("loud")] = 1
    return plain


def many_attributes():
    plain = Plain()
    for i in range(100):
        setattr(plain, f"a{i}", i)
    return plain


def exception():
    error = ValueError("message", 2)
    error.note = 3
    return error


def caused():
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise ValueError("outer") from inner
    except ValueError as outer:
        return outer


class IntWithDict(int):
    pass


def int_with_dict(n):
    number = IntWithDict(n)
    number.x = 1
    return number


class TupleWithDict(tuple):
    pass


def tuple_with_dict():
    it = TupleWithDict((1, 2, 3))
    it.x = 1
    return it


class Borrowed:
    left = Slots.left


class Colour(enum.Enum):
    RED = 1


ATTRIBUTES = {
    "instance": (Plain, ".x", ok(1)),
    "class": (Plain, ".shared", ok("of the class")),
    "missing": (Plain, ".nothing", ABSENT),
    "materialised": (materialised, ".x", ok(1)),
    "materialised missing": (materialised, ".nothing", ABSENT),
    "replaced dict": (replaced, ".other", ok(2)),
    "replaced by subclass": (replaced_by_subclass, ".x", ok(1)),
    "dict of any keys": (general_dict, ".x", ok(1)),
    "dict of any keys missing": (general_dict, ".nothing", ABSENT),
    "loud key beside": (loud_key_dict, ".x", ok(1)),
    "loud key": (loud_key_dict, ".loud", CODE),
    "hundred": (many_attributes, ".a99", ok(99)),
    "slot": (Slots, ".left", ok(1)),
    "unset slot": (Slots, ".right", ABSENT),
    "inherited slot": (SlotsAndDict, ".left", ok(1)),
    "beside slots": (SlotsAndDict, ".own", ok(2)),
    "another class's slot": (Borrowed, ".left", CODE),
    "__class__": (Plain, ".__class__", ok(("$opaque", "type", f"{__name__}.Plain"))),
    "__dict__": (Plain, ".__dict__", CODE),
    "__doc__": (Plain, ".__doc__", ok(None)),
    "special": (hostile.make_special, ".x", ok(1)),
    "special missing": (hostile.make_special, ".nothing", ABSENT),
    "__getattribute__": (hostile.make_everything, ".x", CODE),
    "__getattr__ not needed": (hostile.OnlyGetattr, ".x", ok(1)),
    "__getattr__": (hostile.OnlyGetattr, ".nothing", CODE),
    "property": (hostile.Computed, ".prop", CODE),
    "data descriptor": (hostile.Computed, ".data", CODE),
    "descriptor": (hostile.Computed, ".nondata", CODE),
    "shadowed descriptor": (hostile.Computed, ".shadowed", ok(2)),
    "method": (hostile.Computed, ".method", CODE),
    "classmethod": (hostile.Computed, ".klass", CODE),
    "staticmethod": (hostile.Computed, ".static", CODE),
    "beside them": (hostile.Computed, ".x", ok(1)),
    "class attribute": (hostile.Computed, ".y", ok(7)),
    "metaclass's instance's instance": (hostile.OfLoud, ".x", ok(1)),
    "metaclass's class attribute": (hostile.OfLoud, ".attribute", ok(1)),
    "metaclass": (lambda: hostile.OfLoud, ".attribute", CODE),
    "type's attribute": (lambda: Plain, ".shared", ok("of the class")),
    "type's missing": (lambda: Plain, ".nothing", ABSENT),
    "type's name": (lambda: Plain, ".__name__", CODE),
    "type's property": (lambda: hostile.Computed, ".prop", CODE),
    "type's function": (lambda: Plain, ".__init__", ok(("$opaque", "function", f"{__name__}.Plain.__init__"))),
    "enum member": (lambda: Colour.RED, "._value_", ok(1)),
    "module": (lambda: math, ".pi", ok(math.pi)),
    "module missing": (lambda: math, ".nothing", ABSENT),
    "int": (lambda: 5, ".x", ABSENT),
    "int's getter": (lambda: 5, ".real", CODE),
    "None": (lambda: None, ".x", ABSENT),
    "args": (exception, ".args", ok(("message", 2))),
    "args[0]": (exception, ".args[0]", ok("message")),
    "note": (exception, ".note", ok(3)),
    "errno": (lambda: OSError(2, "no"), ".errno", ok(2)),
    "cause": (caused, ".__cause__.args", ok(("inner",))),
    "no cause": (exception, ".__cause__", ok(None)),
    "int subclass": (lambda: int_with_dict(5), ".x", ok(1)),
    "big int subclass": (lambda: int_with_dict(1 << 200), ".x", ok(1)),
    "negative int subclass": (lambda: int_with_dict(-(1 << 200)), ".x", ok(1)),
    "tuple subclass": (tuple_with_dict, ".x", ok(1)),
    "namespace": (lambda: types.SimpleNamespace(x=1), ".x", ok(1)),
    "function's attribute": (lambda: check, ".x", ABSENT),
    "slice": (lambda: slice(1, 2), ".start", ok(1)),
}


@pytest.mark.parametrize("case", ATTRIBUTES)
def test_attribute(case):
    make, path, expected = ATTRIBUTES[case]
    check(make(), path, expected)


def test_attribute_follows_changes_of_the_class():
    class Changing:
        pass

    obj, read = Changing(), core.Reader(".x")
    assert read(obj) == ABSENT
    Changing.x = 1
    assert read(obj) == ok(1)
    Changing.x = property(hostile.armed("late property"))
    assert read(obj) == CODE
    del Changing.x
    obj.x = 2
    assert read(obj) == ok(2)
    Changing.__getattribute__ = hostile.armed("late __getattribute__")
    assert read(obj) == CODE
    del Changing.__getattribute__
    assert read(obj) == ok(2)
    obj.__class__ = type("Other", (), {"x": property(hostile.armed("property of the other"))})
    assert read(obj) == CODE


def test_attribute_follows_changes_of_the_descriptor():
    class Late:
        pass

    class Owner:
        x = Late()

    obj, read = Owner(), core.Reader(".x")
    assert read(obj)[0] == "OK"
    Late.__get__ = hostile.armed("late __get__")
    assert read(obj) == CODE
    obj.x = 1
    assert read(obj) == ok(1)
    Late.__set__ = hostile.armed("late __set__")
    assert read(obj) == CODE


def test_attribute_follows_changes_of_bases():
    class A:
        x = 1

    class B:
        x = 2

    class C(A):
        pass

    obj, read = C(), core.Reader(".x")
    assert read(obj) == ok(1)
    C.__bases__ = (B,)
    assert read(obj) == ok(2)


def test_one_site_reads_many_classes():
    read = core.Reader(".x")
    classes = [type(f"C{i}", (), {} if i % 2 else {"x": -i}) for i in range(50)]
    for i, cls in enumerate(classes * 3):
        i %= 50
        assert read(cls()) == (ABSENT if i % 2 else ok(-i))


def test_module_with_getattr():
    module = types.ModuleType("late")
    module.x = 1
    check(module, ".x", ok(1))
    check(module, ".nothing", ABSENT)
    module.__getattr__ = hostile.armed("module __getattr__")
    check(module, ".nothing", CODE)


def test_class_dict_written_behind_the_classs_back():
    class Owner:
        x = 1

    read = core.Reader(".x")
    assert read(Owner()) == ok(1)
    inner = gc.get_referents(Owner.__dict__)[0]
    inner["x"] = ["another", "object"]
    assert read(Owner()) == ok(["another", "object"])
    del inner["x"]
    assert read(Owner()) == ABSENT


# --- items


def with_holes():
    table = {i: i for i in range(10_000)}
    for i in range(9_999):
        del table[i]
    return table


def str_keys_deleted():
    table = {f"k{i}": i for i in range(200)}
    for i in range(0, 200, 2):
        del table[f"k{i}"]
    return table


def non_interned():
    return {"".join(["ke", "y"]): 1, "é" * 3: 2, "\U0001f40d": 3}


ITEMS = {
    "key": (lambda: {"key": 1}, '["key"]', ok(1)),
    "missing": (lambda: {"key": 1}, '["other"]', ABSENT),
    "empty": (dict, '["key"]', ABSENT),
    "empty index": (dict, "[0]", ABSENT),
    "general": (lambda: {"key": 1, 2: 3}, '["key"]', ok(1)),
    "equal but not identical": (non_interned, '["key"]', ok(1)),
    "latin": (non_interned, '["ééé"]', ok(2)),
    "astral": (non_interned, '["\U0001f40d"]', ok(3)),
    "after deletions": (str_keys_deleted, '["k199"]', ok(199)),
    "deleted": (str_keys_deleted, '["k198"]', ABSENT),
    "int key": (lambda: {5: 1}, "[5]", ok(1)),
    "int key absent": (lambda: {5: 1}, "[6]", ABSENT),
    "negative int key": (lambda: {-1: 1, -2: 2}, "[-1]", ok(1)),
    "large int key": (lambda: {2**62: 1, 2**61 - 1: 2, 0: 3}, f"[{2**62}]", ok(1)),
    "modulus": (lambda: {2**62: 1, 2**61 - 1: 2, 0: 3}, f"[{2**61 - 1}]", ok(2)),
    "least": (lambda: {-(2**63): 1}, f"[{-(2**63)}]", ok(1)),
    "bool key": (lambda: {True: "t"}, "[1]", ok("t")),
    "float key": (lambda: {3.0: "f"}, "[3]", ok("f")),
    "quiet str subclass": (lambda: {hostile.QuietKey("k"): 1}, '["k"]', ok(1)),
    "loud str subclass": (lambda: {hostile.LoudKey("k"): 1}, '["k"]', CODE),
    "loud beside": (lambda: {hostile.LoudKey("k"): 1, "other": 2}, '["other"]', ok(2)),
    "collision": (lambda: {hostile.Colliding("k"): 1, "k": 2}, '["k"]', ok(2)),
    "collision only": (lambda: {hostile.Colliding("k"): 1}, '["k"]', CODE),
    "int collision": (lambda: {hostile.Colliding(5): 1, 5: 2}, "[5]", ok(2)),
    "mostly holes": (with_holes, "[9999]", ok(9999)),
    "ordered": (lambda: collections.OrderedDict(k=1), '["k"]', ok(1)),
    "default": (lambda: collections.defaultdict(hostile.armed("factory"), k=1), '["k"]', ok(1)),
    "default missing": (lambda: collections.defaultdict(hostile.armed("factory")), '["k"]', ABSENT),
    "dict subclass": (lambda: type("D", (dict,), {"__len__": hostile.armed("len")})(k=1), '["k"]', ok(1)),
    "list subclass": (lambda: type("L", (list,), {"__len__": hostile.armed("len")})([1, 2]), "[-1]", ok(2)),
    "tuple subclass": (lambda: type("T", (tuple,), {"__len__": hostile.armed("len")})([1, 2]), "[-1]", ok(2)),
    "counter": (lambda: collections.Counter("aab"), '["a"]', ok(2)),
    "loud dict": (lambda: hostile.loud_subclass(dict, {"k": 1}), '["k"]', CODE),
    "list": (lambda: [1, 2, 3], "[1]", ok(2)),
    "from the end": (lambda: [1, 2, 3], "[-1]", ok(3)),
    "past the end": (lambda: [1, 2, 3], "[3]", ABSENT),
    "before the start": (lambda: [1, 2, 3], "[-4]", ABSENT),
    "tuple": (lambda: (1, (2, 3)), "[1][0]", ok(2)),
    "loud list": (lambda: hostile.loud_subclass(list, [1]), "[0]", CODE),
    "named tuple": (lambda: collections.namedtuple("P", "x y")(1, 2), "[1]", ok(2)),
    "str": (lambda: "abc", "[0]", KIND),
    "bytes": (lambda: b"abc", "[0]", KIND),
    "str key of list": (lambda: [1], '["k"]', KIND),
    "object": (Plain, "[0]", KIND),
    "object's __getitem__": (hostile.make_special, "[0]", CODE),
    "object's __getitem__ by str": (hostile.make_special, '["k"]', CODE),
    "None": (lambda: None, "[0]", KIND),
    "instance dict": (lambda: vars(Plain()), '["x"]', ok(1)),
}


@pytest.mark.parametrize("case", ITEMS)
def test_item(case):
    make, path, expected = ITEMS[case]
    check(make(), path, expected)


def test_colliding_keys_are_given_up():
    class Same:
        def __hash__(self):
            return 7

    table = {Same(): i for i in range(3_000)}
    table[7] = "here"
    assert core._read(table, "[7]") == ("LIMIT", None)


def test_item_follows_changes_of_the_class():
    class Table(dict):
        pass

    table, read = Table(k=1), core.Reader('["k"]')
    assert read(table) == ok(1)
    Table.__getitem__ = hostile.armed("late __getitem__")
    assert read(table) == CODE
    del Table.__getitem__
    assert read(table) == ok(1)


# --- kinds and trees


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


def tree(obj, **limits):
    return core._encode(obj, **limits)[1]


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
    __slots__ = ("a", "b", "__dict__")


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
    "type": (lambda: Slots, ("$opaque", "type", f"{__name__}.Slots")),
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
    name = f"{__name__}.Plain"
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
    cut, why, total, value = tree(many_attributes(), items=5)
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


@pytest.mark.parametrize("a, b, eq, cmp", COMPARISONS)
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


# --- frames


def positional(a, b=2, /, c=3, *rest, d=4, **kw):
    read = core._frame_read
    args = [read("arg0"), read("arg1"), read("arg2"), read("arg3"), read("arg4"), read("arg5")]
    return [value for _, value in args], read("arg-1"), read("$nargs"), read("args"), read("kwargs")


def test_arguments():
    args, last, count, all_, kwargs = positional(1, 2, 3, 5, 6, d=7, e=8)
    assert args == [1, 2, 3, 5, 6, None]
    assert (last, count, all_) == (ok(6), ok(5), ok((1, 2, 3, 5, 6)))
    assert kwargs == ok({"e": 8})
    args, last, count, all_, kwargs = positional(1)
    assert (args, last, count) == ([1, 2, 3, None, None, None], ok(3), ok(3))
    assert kwargs == ok({})


def test_negative_and_absent_arguments():
    def two(a, b):
        read = core._frame_read
        return [read("arg-1"), read("arg-2"), read("arg-3"), read("arg2")]

    assert two(1, 2) == [ok(2), ok(1), ABSENT, ABSENT]

    def none():
        return core._frame_read("arg0"), core._frame_read("arg-1"), core._frame_read("args")

    assert none() == (ABSENT, ABSENT, ok(()))


def test_arguments_are_the_current_ones():
    def rebinding(a, b, *rest):
        a = 10
        del b
        first = core._frame_read("arg0"), core._frame_read("arg1"), core._frame_read("local.b")
        rest = [9]
        return first, core._frame_read("arg2"), core._frame_read("locals")

    first, rest, locals_ = rebinding(1, 2, 3)
    assert first == (ok(10), ABSENT, ABSENT)
    assert rest == ABSENT
    assert locals_[1]["a"] == 10 and locals_[1]["rest"] == [9] and "b" not in locals_[1]


def test_cells_are_seen_through():
    def outer(a, b):
        c = 3

        def inner(d):
            nonlocal c
            c += 1
            return a, core._frame_read("closure.c"), core._frame_read("closure.d"), core._frame_read("local.a")

        return core._frame_read("arg0"), core._frame_read("local.c"), inner(4), core._frame_read("closure.c")

    arg0, c, inner, not_free = outer(1, 2)
    assert (arg0, c, not_free) == (ok(1), ok(3), ABSENT)
    assert inner == (1, ok(4), ABSENT, ok(1))


def test_unbound_cell():
    def outer():
        def inner():
            return late

        before = core._frame_read("local.late")
        late = 1
        return before, core._frame_read("local.late"), inner

    assert outer()[:2] == (ABSENT, ok(1))


def test_generator_frames():
    def counting(n):
        for i in range(n):
            yield core._frame_read("local.i"), core._frame_read("arg0")

    assert list(counting(2)) == [(ok(0), ok(2)), (ok(1), ok(2))]

    async def task(x):
        return core._frame_read("arg0")

    try:
        task(5).send(None)
    except StopIteration as stop:
        assert stop.value == ok(5)


def test_comprehension_and_lambda():
    n = 5
    assert [(n, core._frame_read("local.n"))[1] for _ in range(1)] == [ok(5)]
    assert (lambda x: core._frame_read("arg0"))(7) == ok(7)


def test_class_and_module_bodies():
    class Body:
        x = 5
        seen = core._frame_read("local.x")

    assert Body.seen == ok(5)
    scope = {"core": core}
    exec("x = 6\nseen = core._frame_read('local.x'), core._frame_read('global.x')\nline = core._frame_read('$line')", scope)
    assert scope["seen"] == (ok(6), ok(6)) and scope["line"] == ok(3)


GLOBAL = {"deep": [1, {"k": 2}]}


def test_globals_and_paths():
    assert core._frame_read('global.GLOBAL["deep"][1]["k"]') == ok(2)
    assert core._frame_read("global.nothing_such") == ABSENT
    assert core._frame_read("global.len") == ABSENT
    assert core._frame_read("local.nothing_such") == ABSENT


def test_line():
    here = core._frame_read("$line")[1], sys._getframe().f_lineno
    assert here[0] == here[1]
    there = (
        core._frame_read("$line")[1],
        sys._getframe().f_lineno,
    )
    assert there[1] - there[0] == 1


def test_frame_reads_leave_no_trace():
    def traced(a):
        frame_before = sys.getrefcount(a)
        for _ in range(100):
            core._frame_read("arg0"), core._frame_read("locals"), core._frame_read("$line")
        return sys.getrefcount(a) - frame_before

    assert traced(object()) == 0


def test_locals_of_hostile_values():
    def holder(loud, special):
        return core._frame_read("locals")

    status, value = holder(hostile.make_everything(), hostile.make_special())
    assert status == "OK" and value["loud"][0] == "$object"


# --- everything there is

LIBRARY = """
    argparse array ast asyncio base64 calendar collections concurrent.futures configparser contextlib csv ctypes dataclasses
    datetime decimal difflib dis email.message enum fractions functools hashlib heapq html.parser http.client http.server
    inspect io ipaddress itertools json logging.config multiprocessing numbers operator pathlib pickle platform queue random
    re sched selectors shelve shutil socket sqlite3 ssl statistics string struct subprocess tempfile threading traceback types
    typing unittest.mock urllib.request uuid weakref xml.dom.minidom xml.etree.ElementTree zipfile zoneinfo
""".split()


def everything():
    """Every tracked object after importing much of the standard library, and what is right inside it."""
    for name in LIBRARY:
        __import__(name)
    seen = {}
    for obj in gc.get_objects():
        for inner in (obj, *gc.get_referents(obj)):
            seen[id(inner)] = inner
    return list(seen.values())


def names_of(obj):
    """Names worth asking for: the instance's, some of the class's, one that nothing has."""
    own = []
    if type(obj).__dictoffset__:
        own = [r for r in gc.get_referents(obj) if type(r) is dict][:1]
        own = [key for d in own for key in list(d)[:5]]
    of_class = [name for cls in type(obj).__mro__[:3] for name in list(cls.__dict__)[-4:]]
    return [n for n in (*own, *of_class, "__class__", "__doc__", "no_such_name") if type(n) is str and n.isidentifier()]


def test_reads_agree_with_python_over_the_standard_library():
    """What is given is what `getattr` gives; what is said to be absent, `getattr` does not find either."""
    readers, verdicts = {}, collections.Counter()
    for obj in everything():
        for name in names_of(obj):
            reader = readers.setdefault(name, core.Reader("." + name))
            verdict = reader.can(obj)
            verdicts[verdict] += 1
            if verdict == "OK":
                assert reader.gives(obj, getattr(obj, name)) == "SAME", (type(obj), name)
            elif verdict == "ABSENT":
                assert not hasattr(obj, name), (type(obj), name)
    assert verdicts["OK"] > 50_000 and verdicts["ABSENT"] > 50_000
    assert set(verdicts) == {"OK", "ABSENT", "CODE"}


def test_trees_of_everything():
    for obj in everything():
        bytes_, _ = core._encode(obj, depth=4, budget_bytes=2_000)
        assert len(bytes_) <= 2_000


def test_items_agree_with_python_over_the_standard_library():
    readers = {}
    for obj in everything():
        if type(obj) is dict:
            keys = [k for k in list(obj)[:20] if type(k) is str and "]" not in k and '"' not in k and k.isprintable()]
            paths = [(f'["{key}"]', obj[key]) for key in keys]
            paths += [(f"[{key}]", obj[key]) for key in list(obj)[:20] if type(key) is int and abs(key) < 2**63]
        elif type(obj) in (list, tuple) and obj:
            paths = [("[0]", obj[0]), ("[-1]", obj[-1])]
        else:
            continue
        for path, expected in paths:
            reader = readers.setdefault(path, core.Reader(path))
            assert reader.gives(obj, expected) == "SAME", (obj, path)
