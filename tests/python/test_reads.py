"""Reads by attribute and item, as a probe makes them, of objects that must not notice.

In: the extension's testing door. Out: verdicts. Never here: a probe, a rewritten function.
"""

import collections
import gc
import math
import types

import pytest

import hostile
from reads import (  # noqa: F401
    ABSENT,
    CODE,
    KIND,
    Borrowed,
    Colour,
    Plain,
    Slots,
    SlotsAndDict,
    caused,
    check,
    core,
    exception,
    general_dict,
    int_with_dict,
    loud_key_dict,
    many_attributes,
    materialised,
    nothing_ran,
    ok,
    replaced,
    replaced_by_subclass,
    tuple_with_dict,
)


def test_self_check_accepts_this_interpreter():
    assert core._self_check() is None


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
    "__class__": (Plain, ".__class__", ok(("$opaque", "type", f"{Plain.__module__}.Plain"))),
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
    "type's function": (lambda: Plain, ".__init__", ok(("$opaque", "function", f"{Plain.__module__}.Plain.__init__"))),
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
    for turn, cls in enumerate(classes * 3):
        i = turn % 50
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
