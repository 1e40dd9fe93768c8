"""What each import costs in time and in fuel, and how long a module that only calls it can go on.

In: the rows of docs/ABI.md, objects small and hostile. Out: a table, the dearest flood last; `--json`; or the table of
docs/PERFORMANCE.md. Never here: a bound that is asserted; the machine is noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import once

import waspect

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "python"))
import abi_rows

MODULE = "flooded"
# Three faults of some kinds disarm a probe: two floods of a session, and several sessions.
FLOODS, SESSIONS = 2, 3
CALLS = 16
FIRINGS = 400
TEXTS = {"get": "arg0.x", "path": ".x", "emit_msgpack": r"\81\a1x\01", "has": "emit", "str_new": "a" * 64}
# Where a number decides how much is done: the most.
MOST = {
    "str": (4096, 8192), "bytes": (4096, 8192), "show": (4096, 8192), "snapshot": (4096, 8192, 0),
    "at": (999,), "slice": (0, 2147483647), "entry_key": (999,), "entry_val": (999,), "stack": (64, 7),
}  # fmt: skip


class Plain:
    """An object with a few fields."""

    def __init__(self) -> None:
        for i in range(40):
            setattr(self, f"field{i}", i)
        self.x = 1


def _deep() -> object:
    it: object = "x"
    for _ in range(50):
        it = {"x": [it, it]}
    return it


def _many_bases() -> object:
    base = type("Base0", (), {})
    for i in range(300):
        base = type(f"Base{i + 1}", (base,), {})
    return base()


_ALIKE = [k * (2**61 - 1) for k in range(2_000)]
# By what each is: the value, and what it is compared with or looked up by.
SUBJECTS: dict[str, tuple[object, object]] = {
    "an object": (Plain(), "x"),
    "a short str": ("hello", "x"),
    "ints": (7, 3),
    "text": ("h\u00e9llo" * 4_000, "x"),
    "long alike": ("a" * 60_000 + "b", "a" * 60_000 + "c"),
    "a list": (list(range(1_000)), -1),
    "a list of long strs": (["a" * 1_000 for _ in range(100)], "a" * 999 + "b"),
    "equal lists": ([["a" * 500] * 20 for _ in range(20)], [["a" * 500] * 20 for _ in range(20)]),
    "a dict": ({f"key{i}": i for i in range(1_000)}, "key999"),
    "keys of one hash": (dict.fromkeys(_ALIKE), 2_000 * (2**61 - 1)),
    "a nest": (_deep(), "x"),
    "a big int": (10**4_000, 10**4_000 + 1),
    "a class of 300 bases": (_many_bases(), "x"),
    "a set": (set(range(1_000)), -1),
    "bytes": (b"a" * 60_000, b"a" * 60_000 + b"b"),
}


@dataclass
class Cost:
    """One import: a call on an ordinary object, and the longest flood."""

    name: str
    ns: float
    fuel: float
    flood_us: float
    by: str


def _arguments(name: str, params: tuple[str, ...]) -> str:
    most = iter(MOST.get(name, (1,)))
    text = TEXTS.get(name, "x")
    pointers = iter((16, len(text.encode()) if "\\" not in text else 4) * 2)
    values = iter(("(local.get $a)", "(local.get $b)") * 2)
    takes_text = params.count("i32") > 1 and name not in MOST

    def one(kind: str) -> str:
        if kind == "V":
            return next(values)
        if kind == "i32":
            return f"(i32.const {next(pointers, 2) if takes_text else next(most, 1)})"
        return f"({abi_rows.TYPES[kind]}.const 1)"

    return " ".join(map(one, params))


def _wat(row: abi_rows.Row) -> str:
    name = row.name.replace('"', '\\"')
    typed = " ".join(abi_rows.TYPES[kind] for kind in row.params)
    result = f"(result {abi_rows.TYPES[row.result]})" if row.result else ""
    call = f"(call $it {_arguments(row.name, row.params)})"
    called = f"(drop {call})" if row.result else call
    head = """(local $a i64) (local $b i64)
      (local.set $a (call $arg (i32.const 0))) (local.set $b (call $arg (i32.const 1)))"""
    return f"""(module
      (import "{row.module}" "{name}" (func $it (param {typed}) {result}))
      (import "probe1" "arg" (func $arg (param i32) (result i64)))
      (memory (export "memory") 1)
      (data (i32.const 16) "{TEXTS.get(row.name, "x")}")
      (func (export "fn:{MODULE}.none:entry") {head})
      (func (export "fn:{MODULE}.some:entry") {head} {called * CALLS})
      (func (export "fn:{MODULE}.flood:entry") {head} (loop $again {called} (br $again))))"""


def _module() -> types.ModuleType:
    made = types.ModuleType(MODULE)
    for name in ("none", "some", "flood"):
        exec(compile(f"def {name}(a, b):\n    return a\n", f"{MODULE}.py", "exec"), made.__dict__)
    sys.modules[MODULE] = made
    return made


def _timed_ns(function: Callable[..., object], pair: tuple[object, object]) -> int:
    start = time.thread_time_ns()
    function(*pair)
    return time.thread_time_ns() - start


def _fuel(session: waspect.Session, which: str) -> float:
    for summary in session.stats():
        if summary.get("type") == "summary" and f".{which}:" in summary["probe"]:
            return summary["fuel"] / summary["firings"]
    raise LookupError(which)


def _block_ns(function: Callable[..., object], pair: tuple[object, object]) -> float:
    start = time.thread_time_ns()
    for _ in range(FIRINGS):
        function(*pair)
    return (time.thread_time_ns() - start) / FIRINGS


def measure(compiler: str, row: abi_rows.Row, made: types.ModuleType) -> Cost:
    """Ordinary calls on the first subject that they do something with, and a flood on each."""
    artifact = once.compiled(compiler, _wat(row))
    pair = SUBJECTS["an object"]
    with once._load(artifact) as session:
        turns = [_block_ns(made.some, pair) - _block_ns(made.none, pair) for _ in range(9)]
        fuel = (_fuel(session, "some") - _fuel(session, "none")) / CALLS
    floods = {what: _flood_us(artifact, made, pair) for what, pair in SUBJECTS.items()}
    by = max(floods, key=floods.__getitem__)
    return Cost(row.title, statistics.median(turns) / CALLS, fuel, floods[by], by)


def _flood_us(artifact: bytes, made: types.ModuleType, pair: tuple[object, object]) -> float:
    times = []
    for _ in range(SESSIONS):
        with once._load(artifact):
            times += [_timed_ns(made.flood, pair) for _ in range(FLOODS)]
    return statistics.median(times) / 1e3


def measured(only: str) -> Iterator[Cost]:
    compiler, made = once.find_compiler(), _module()
    for row in abi_rows.rows():
        if only in row.title:
            yield measure(compiler, row, made)


def _flood_of_wasm(compiler: str, made: types.ModuleType) -> float:
    """The measure: a guest that only loops and never calls."""
    wat = f'(module (func (export "fn:{MODULE}.flood:entry") (loop $again (br $again))))'
    return _flood_us(once.compiled(compiler, wat), made, (1, 2))


_FORMS: dict[str, Callable[[Cost], str]] = {
    "text": lambda c: f"{c.name:24}{c.ns:8.1f} ns{c.fuel:8.1f} fuel   flood {c.flood_us:7.0f} µs   {c.by}",
    "json": lambda c: json.dumps(c.__dict__),
    "markdown": lambda c: f"| `{c.name}` | {c.ns:.0f} | {c.fuel:.0f} | {c.flood_us:.0f} | {c.by} |",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", default="", help="only imports whose name has this in it")
    parser.add_argument("--as", dest="form", choices=_FORMS, default="text", help="how (default: text)")
    asked = parser.parse_args()
    with once.own_cache():
        loop = _flood_of_wasm(once.find_compiler(), _module())
        costs = []
        for cost in measured(asked.only):
            costs.append(cost)
            print(_FORMS[asked.form](cost), flush=True)
    worst = max(costs, key=lambda cost: cost.flood_us)
    if asked.form != "json":
        longest = f"{worst.flood_us:.0f} µs: {worst.name}, {worst.by}"
        print(f"a loop without calls {loop:.0f} µs; the longest flood {longest}")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    main()
