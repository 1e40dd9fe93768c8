"""Work that only the walk itself can tell costs fuel: long chains of bases, of colliding keys, of equal text.

In: two objects that a read treats alike, one cheap and one dear. Out: the fuel of a firing on each. Never here: a
clock.
"""

from __future__ import annotations

import sys
import types

import pytest

import probing
import waspect

CALLS = 8


def module(imports, call):
    return f"""(module
      {imports}
      (import "probe1" "arg" (func $arg (param i32) (result i64)))
      (func (export "fn:fuel_subject.f:entry") (local $a i64) (local $b i64)
        (local.set $a (call $arg (i32.const 0))) (local.set $b (call $arg (i32.const 1)))
        {call * CALLS}))"""


def of_bases(count, last=object):
    base = type("Base", (last,), {})
    for _ in range(count):
        base = type("Base", (base,), {})
    return base()


def of_holes():
    table = dict.fromkeys(range(2_000))
    for key in range(1_990):
        del table[key]
    return table


MODULUS = 2**61 - 1
ALIKE = dict.fromkeys(k * MODULUS for k in range(1, 200))
APART = dict.fromkeys(range(1, 200))
# Import, call, cheap arguments, dear arguments, what the dear ones cost more at each call.
ROWS = {
    "the kind of a class of many bases": (
        '(import "probe1" "kind" (func $it (param i64) (result i32)))',
        "(drop (call $it (local.get $a)))",
        (of_bases(1), None),
        (of_bases(200), None),
        200,
    ),
    "a member of a set under many bases": (
        '(import "probe1" "in" (func $it (param i64 i64) (result i32)))',
        "(drop (call $it (local.get $b) (local.get $a)))",
        (of_bases(1, set), 1),
        (of_bases(200, set), 1),
        200,
    ),
    "an item among keys of one hash": (
        '(import "probe1" "item" (func $it (param i64 i64) (result i64)))',
        "(drop (call $it (local.get $a) (local.get $b)))",
        (APART, 5),
        (ALIKE, 250 * MODULUS),
        1_000,
    ),
    "a member among members of one hash": (
        '(import "probe1" "in" (func $it (param i64 i64) (result i32)))',
        "(drop (call $it (local.get $b) (local.get $a)))",
        (set(APART), 5),
        (set(ALIKE), 250 * MODULUS),
        100,
    ),
    "a walk over holes": (
        '(import "probe1" "entry_key" (func $it (param i64 i32) (result i64)))',
        "(drop (call $it (local.get $a) (i32.const 0)))",
        ({1: 1, 2: 2}, None),
        (of_holes(), None),
        500,
    ),
    "text that differs late": (
        '(import "probe1" "cmp" (func $it (param i64 i64) (result i32)))',
        "(drop (call $it (local.get $a) (local.get $b)))",
        ("é", "ä"),
        ("é" * 800 + "a", "é" * 800 + "b"),
        800,
    ),
    "text that is shown": (
        '(import "probe1" "log_value" (func $it (param i32 i64) (result i32)))',
        "(drop (call $it (i32.const 5) (local.get $a)))",
        (1, None),
        ({f"key{i}": [i] * 5 for i in range(8)}, None),
        200,
    ),
}


@pytest.fixture
def f():
    made = types.ModuleType("fuel_subject")
    exec("def f(a, b):\n    return a\n", made.__dict__)
    sys.modules[made.__name__] = made
    yield made.f
    del sys.modules[made.__name__]


def fuel(f, wat, arguments):
    with waspect.load(wat.encode(), budget={"share": 1}) as session:
        f(*arguments)
        (summary,) = probing.summaries(session).values()
        assert summary["firings"] == 1 and not any(summary["faults"].values()), summary
        return summary["fuel"]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_dear_reads_cost_more(f, row):
    imports, call, cheap, dear, more = row
    wat = module(imports, call)
    assert fuel(f, wat, dear) - fuel(f, wat, cheap) >= more * (CALLS - 1)


def test_loading_is_not_charged(f):
    """What is walked through to load and attach costs the first firing nothing."""
    imports, call, cheap, _, _ = ROWS["the kind of a class of many bases"]
    with waspect.load(module(imports, call).encode(), budget={"share": 1}) as session:
        f(*cheap)
        (first,) = probing.summaries(session).values()
        f(*cheap)
        (both,) = probing.summaries(session).values()
    assert both["fuel"] == 2 * first["fuel"]


def test_a_read_is_charged_whatever_went_before(f):
    """The same firing costs the same: nothing of one firing is charged to the next."""
    imports, call, cheap, dear, _ = ROWS["the kind of a class of many bases"]
    wat = module(imports, call)
    first = fuel(f, wat, cheap)
    fuel(f, wat, dear)
    assert fuel(f, wat, cheap) == first
