"""Objects without measure under every import: text of ten million characters, ints of a hundred thousand digits,
cycles, a hundred thousand levels, a million items.

In: such objects as arguments. Out: each firing ends at once, with the right answer or LIMIT. Never here: a time that
depends on how large an object is.
"""

from __future__ import annotations

import re

import pytest

import probing
from test_every_import import IMPORTS, module, subject  # noqa: F401 — a fixture

MANY, DIGITS, LEVELS, WIDE = 10_000_000, 100_000, 100_000, 1_000_000


def nested(make):
    it = make("x")
    for _ in range(LEVELS):
        it = make(it)
    return it


def cyclic():
    it = [1]
    it.append(it)
    return it


HUGE = {
    "text": lambda: "\u20ac" * MANY,
    "the same text": lambda: "\u20ac" * MANY,
    "other text": lambda: "\u20ac" * (MANY - 1) + "x",
    "text with an early difference": lambda: "y" + "\u20ac" * (MANY - 1),
    "ASCII": lambda: "x" * MANY,
    "surrogates": lambda: "x\ud800" * (MANY // 10),
    "bytes": lambda: b"x" * MANY,
    "int": lambda: 10**DIGITS,
    "the same int": lambda: 10**DIGITS,
    "next int": lambda: 10**DIGITS + 1,
    "negative int": lambda: -(10**DIGITS),
    "beyond": lambda: 10 ** (5 * DIGITS),
    "cycle": cyclic,
    "another cycle": cyclic,
    "deep": lambda: nested(lambda it: [it]),
    "as deep": lambda: nested(lambda it: [it]),
    "deep tuple": lambda: nested(lambda it: (it,)),
    "deep dict": lambda: nested(lambda it: {"x": it}),
    "wide": lambda: list(range(1_000, WIDE + 1_000)),
    "as wide": lambda: list(range(1_000, WIDE + 1_000)),
    "wide tuple": lambda: tuple(range(WIDE)),
    "wide dict": lambda: dict.fromkeys(range(WIDE), "x"),
    "wide set": lambda: set(range(WIDE)),
    "float keys": lambda: {1e20: "float", -(2.0**70): "negative"},
    "int keys": lambda: {10**20: "int", 2**64: "zeros", -(2**70): "negative", ("k" * 100,): "tuple"},
    "float set": lambda: {1e20},
    "int set": lambda: {10**20, 2**64},
    "1e20": lambda: 1e20,
    "10**20": lambda: 10**20,
    "10**20+1": lambda: 10**20 + 1,
    "-2**70": lambda: -(2**70),
    "2.0**64": lambda: 2.0**64,
    "long part": lambda: ("y" * 2_000,),
    "short part": lambda: ("k" * 100,),
    "many parts": lambda: tuple(range(65)),
    "deep parts": lambda: (((((1,),),),),),
    "ten": lambda: 10,
    "letter": lambda: "\u20ac",
}


@pytest.fixture(scope="module")
def huge():
    return {name: make() for name, make in HUGE.items()}


# --- every import ends soon

FUEL_PER_FIRE, OWED_MAX, HOST_UNITS_MAX = 100_000, 1_024, 1 << 16
"""What one firing may cost: its fuel, what is taken in portions, and what its last call does."""


@pytest.mark.parametrize("row", IMPORTS, ids=[f"{where} {name}" for where, name, *_ in IMPORTS])
def test_every_import_ends_within_its_fuel(subject, row, huge):  # noqa: F811
    """Faults of the budget are an end, too; the probe that they disarm is loaded anew."""
    text = module("every_import_subject.f", row).encode()
    session = probing.waspect.load(text, budget={"share": 1})
    for name, it in huge.items():
        for args in ((it, "x"), ("x", it), (it, it)):
            assert subject.f(*args) is args[0]
        for summary in probing.summaries(session).values():
            assert summary["fuel"] <= summary["firings"] * (FUEL_PER_FIRE + OWED_MAX + HOST_UNITS_MAX), name
            assert all(kind in {"host_budget", "out_of_fuel"} for kind, n in summary["faults"].items() if n), name
        if any(any(s["faults"].values()) for s in probing.summaries(session).values()):
            session.detach()
            session = probing.waspect.load(text, budget={"share": 1})
    session.detach()


# --- and is right

FUNCTIONS = {
    "len": "(param i64) (result i32)",
    "truthy": "(param i64) (result i32)",
    "str": "(param i64 i32 i32) (result i32)",
    "show": "(param i64 i32 i32) (result i32)",
    "snapshot": "(param i64 i32 i32 i32) (result i32)",
    "bytes": "(param i64 i32 i32) (result i32)",
    "str_eq": "(param i64 i32 i32) (result i32)",
    "str_test": "(param i64 i32 i32 i32) (result i32)",
    "eq": "(param i64 i64) (result i32)",
    "cmp": "(param i64 i64) (result i32)",
    "in": "(param i64 i64) (result i32)",
    "item": "(param i64 i64) (result i64)",
    "at": "(param i64 i32) (result i64)",
    "slice": "(param i64 i32 i32) (result i64)",
    "entry_key": "(param i64 i32) (result i64)",
    "entry_val": "(param i64 i32) (result i64)",
    "tuple2": "(param i64 i64) (result i64)",
    "to_str": "(param i64) (result i64)",
    "mul": "(param i64 i64) (result i64)",
}
KIND, LIMIT = -2, -4
ERROR = {n: {"$error": name} for n, name in ((1, "ABSENT"), (2, "KIND"), (4, "LIMIT"), (9, "RANGE"))}
# What is called: words are functions, names in quotes are objects, numbers are numbers.
ANSWERS = {
    "len 'text'": MANY,
    "len 'surrogates'": MANY // 5,
    "len 'int'": KIND,
    "len 'deep'": 1,
    "len 'wide'": WIDE,
    "len 'wide dict'": WIDE,
    "len 'cycle'": 2,
    "truthy 'int'": 1,
    "truthy 'deep'": 1,
    "str 'ASCII' 64 8": MANY,
    "bytes 'bytes' 64 8": MANY,
    "str_eq 'text' 0 1": 0,
    "str_test 'ASCII' 0 1 0": 1,
    "str_test 'text' 0 1 0": 0,
    "str_test 'ASCII' 2 1 2": LIMIT,
    "str_test 'text' 2 1 2": LIMIT,
    "eq 'text' 'the same text'": LIMIT,
    "eq 'text' 'other text'": LIMIT,
    "eq 'text' 'text with an early difference'": 0,
    "eq 'text' 'text'": 1,
    "eq 'text' 'letter'": 0,
    "cmp 'text' 'letter'": 1,
    "cmp 'text with an early difference' 'text'": -1,
    "cmp 'letter' 'text'": -1,
    "eq 'int' 'the same int'": 1,
    "eq 'int' 'next int'": 0,
    "cmp 'int' 'next int'": -1,
    "cmp 'negative int' 'int'": -1,
    "cmp 'int' 'ten'": 1,
    "cmp 'int' 'beyond'": LIMIT,
    "eq 'cycle' 'cycle'": 1,
    "eq 'cycle' 'another cycle'": LIMIT,
    "eq 'deep' 'as deep'": LIMIT,
    "cmp 'deep' 'as deep'": LIMIT,
    "eq 'wide' 'as wide'": LIMIT,
    "eq 'wide' 'cycle'": 0,
    "cmp 'wide' 'cycle'": 1,
    "in 'ten' 'wide tuple'": 1,
    "in 'letter' 'wide'": LIMIT,
    "in 'ten' 'wide dict'": 1,
    "in 'int' 'wide dict'": LIMIT,
    "in 'text' 'wide dict'": LIMIT,
    "in 'letter' 'wide dict'": 0,
    "in 'ten' 'wide set'": 1,
    "in 'deep tuple' 'wide set'": LIMIT,
    "in 'deep' 'wide set'": KIND,
    "in 'wide' 'wide set'": KIND,
    "item 'wide dict' 'ten'": "x",
    "item 'wide dict' 'text'": ERROR[4],
    "item 'wide dict' 'wide tuple'": ERROR[4],
    "item 'wide dict' 'wide'": ERROR[2],
    # Ints and floats are one key where they are equal.
    "item 'float keys' '10**20'": "float",
    "item 'float keys' '10**20+1'": ERROR[1],
    "item 'float keys' '-2**70'": "negative",
    "item 'int keys' '1e20'": "int",
    "item 'int keys' '2.0**64'": "zeros",
    "item 'int keys' '10**20'": "int",
    "item 'int keys' '10**20+1'": ERROR[1],
    "in '10**20' 'float set'": 1,
    "in '10**20+1' 'float set'": 0,
    "in '1e20' 'int set'": 1,
    "in '2.0**64' 'int set'": 1,
    "in '-2**70' 'int set'": 0,
    "eq '10**20' '1e20'": 1,
    "cmp '1e20' '10**20+1'": -1,
    "item 'int keys' 'short part'": "tuple",
    "item 'int keys' 'long part'": ERROR[4],
    "item 'int keys' 'many parts'": ERROR[4],
    "item 'int keys' 'deep parts'": ERROR[4],
    "at 'wide' -1": WIDE + 999,
    "at 'wide tuple' 500000": 500_000,
    "at 'text' 9999999": "\u20ac",
    "at 'surrogates' 1": "\ufffd",
    "at 'bytes' -1": ord("x"),
    "at 'wide' 1000000": ERROR[1],
    "slice 'wide' -2 2147483647": [WIDE + 998, WIDE + 999],
    "slice 'text' 5000000 5000002": "\u20ac\u20ac",
    "entry_val 'wide' 3": 1_003,
    "entry_key 'wide dict' 3": 3,
    "entry_key 'wide set' 3": 3,
    "mul 'int' 'ten'": ERROR[9],
    "to_str 'int'": ERROR[4],
}
DATA = ["x", " ", "y"]


def compiled(call, names):
    word, *args = re.findall(r"'[^']+'|\S+", call)

    def value(arg):
        return f"(call $arg (i32.const {names.index(arg[1:-1])}))" if arg[0] == "'" else f"(i32.const {arg})"

    called = f"(call ${word} {' '.join(map(value, args))})"
    return called if FUNCTIONS[word].endswith("i64)") else f"(call $int (i64.extend_i32_s {called}))"


def answering(calls, names):
    """A module with a probe for each call, which records what it gives."""
    imports = [f'(import "probe1" "{name}" (func ${name} {kind}))' for name, kind in FUNCTIONS.items()]
    probes = [
        f'(func (export "fn:test_huge_objects.given:entry#n{i}")'
        f" (call $out {compiled(call, names)}) (drop (call $emit)))"
        for i, call in enumerate(calls)
    ]
    data = "".join(DATA)
    return f"""(module {" ".join(imports)}
      (import "probe1" "arg" (func $arg (param i32) (result i64)))
      (import "probe1.field" "out" (func $out (param i64)))
      (import "probe1" "emit" (func $emit (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "{data}") {probing.INT} {" ".join(probes)})"""


def given(*_args):
    return None


def test_answers(huge):
    names = list(huge)
    with probing.waspect.load(answering(ANSWERS, names).encode(), budget={"share": 1}) as session:
        given(*huge.values())
        events = list(session.events(timeout=0))
        found = {e["probe"]: e["fields"]["out"] for e in events if e["type"] == "record"}
    answers = {call: found.get(f"n{i}") for i, call in enumerate(ANSWERS)}
    assert answers == ANSWERS


@pytest.mark.parametrize("name", HUGE)
def test_captures(huge, name):
    """What is captured is a front that says what it is the front of; of ints, nothing or all."""
    probes = {"fn:test_huge_objects.given:entry": "out=arg0"}
    with probing.load(probes) as session:
        given(huge[name])
        ((_, _, fields),) = probing.records(session)
    assert len(repr(fields)) < 5_000
    out, it = fields["out"], huge[name]
    if isinstance(it, str) and len(it) > 1:
        assert out["$truncated"] == "bytes"
        assert out["value"] == it.replace("\ud800", "\ufffd")[: len(out["value"])]
    elif isinstance(it, list | tuple | dict | set) and len(it) == WIDE:
        assert (out["$truncated"], out["total"]) == ("items", WIDE)
    elif "deep" in name:
        assert "depth" in repr(out)
    elif "cycle" in name:
        assert "cycle" in repr(out)
