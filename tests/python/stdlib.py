"""Every function of the standard library against the oracle.

In: source files. Out: how many functions, and each one that differs. Never here: code that is run.
"""

import os
import pathlib
import types
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import rewriter_rules as rules
from doors import _core
from rewriting import functions, parameters

LIBRARY = pathlib.Path(os.__file__).parent


@dataclass
class Tally:
    functions: int = 0
    comparisons: int = 0
    differ: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Tally") -> "Tally":
        self.functions += other.functions
        self.comparisons += other.comparisons
        self.differ += other.differ
        return self


class Probe:
    """Stands where a hook would."""


PROBE = Probe()


def files(full: bool) -> Iterator[pathlib.Path]:
    """The library's sources; `full` with its own tests."""
    for path in sorted(LIBRARY.rglob("*.py")):
        inside = path.relative_to(LIBRARY).parts
        if "site-packages" not in inside and (full or inside[0] != "test"):
            yield path


def compare(full: bool) -> Tally:
    """Two processes, every other file each."""
    paths = list(files(full))
    total = Tally()
    with ProcessPoolExecutor(2) as pool:
        for tally in pool.map(compare_files, [paths[0::2], paths[1::2]]):
            total += tally
    return total


def compare_files(paths: list[pathlib.Path]) -> Tally:
    tally = Tally()
    for path in paths:
        for code in functions(compiled(path)):
            compare_function(code, tally)
    return tally


def compiled(path: pathlib.Path) -> types.CodeType:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError):  # the library keeps files that are wrong on purpose
        return compile("", str(path), "exec")


def compare_function(code: types.CodeType, tally: Tally) -> None:
    tally.functions += 1
    for want in ([], [0][: parameters(code)], None):
        note(tally, code, want, token_difference)
    for want in ([], [0][: parameters(code)], [0, 1][: parameters(code)], None):
        note(tally, code, want, entry_difference)


def note(tally: Tally, code: types.CodeType, want: list[int] | None, difference: Any) -> None:
    tally.comparisons += 1
    try:
        found = difference(code, want)
    except Exception as e:
        found = f"{type(e).__name__}: {e}"
    if found:
        where = f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}"
        tally.differ.append(f"{where} want {want}: {difference.__name__} {found}")


SHOWN = [
    name
    for name in dir(types.CodeType)
    if name.startswith("co_") and name not in ("co_lines", "co_positions", "co_lnotab")
]


def token_difference(code: types.CodeType, want: list[int] | None) -> str:
    """The token shape is the oracle's, byte for byte, and everything else is as it was."""
    expected = rules.instrument_subscr(code, PROBE, want)
    found = _core._rewrite(code, PROBE, "token", want)
    return ", ".join(name for name in SHOWN if getattr(found, name) != getattr(expected, name))


def entry_difference(code: types.CodeType, want: list[int] | None) -> str:
    """The entry shape is the original with the entry behind `RESUME 0`: instructions, positions, jumps, handlers."""
    found = _core._rewrite(code, PROBE, "entry", want)
    old, old_index = rules.decode(code)
    new, new_index = rules.decode(found)
    expected = entry(code, want)
    first = next(k for k, i in enumerate(old) if i.op == rules.RESUME) + 1
    spliced = new[first : first + len(expected)]
    kept = new[:first] + new[first + len(expected) :]
    moved = [k if k < first else k + len(expected) for k in range(len(old) + 1)]
    if [(i.op, i.arg, i.loc) for i in spliced] != [(op, arg, None) for op, arg in expected]:
        return "entry"
    if [(i.op, i.loc) for i in kept] != [(i.op, i.loc) for i in old]:
        return "instructions"
    for was, now in zip(old, kept, strict=True):
        if was.tgt is None and was.arg != now.arg:
            return "argument"
        if was.tgt is not None and moved[old_index[was.tgt]] != new_index[now.tgt]:
            return "jump"
    was_handled, now_handled = handlers(code, old, old_index), handlers(found, new, new_index)
    for k in range(len(old)):
        was, now = was_handled[k], now_handled[moved[k]]
        if (was and (moved[was[0]], *was[1:])) != now:
            return "handler"
    if any(now_handled[first : first + len(expected)]):
        return "covered entry"
    appended = (PROBE, ()) if not expected_loads(code, want) else (PROBE,)
    return "" if found.co_consts == code.co_consts + appended else "constants"


def expected_loads(code: types.CodeType, want: list[int] | None) -> list[tuple[int, int]]:
    return [(i.op, i.arg) for i in rules.arg_loads(code, None, want)]


def entry(code: types.CodeType, want: list[int] | None) -> list[tuple[int, int]]:
    loads = expected_loads(code, want)
    hook = (rules.LOAD_CONST, len(code.co_consts))
    delete, store = (rules.DELETE_SUBSCR, 0), (rules.OP["STORE_SUBSCR"], 0)
    match loads:
        case []:
            expected = [hook, (rules.LOAD_CONST, len(code.co_consts) + 1), delete]
        case [one]:
            expected = [hook, one, delete]
        case [key, value]:
            expected = [value, hook, key, store]
        case _:
            expected = [hook, *loads, (rules.BUILD_TUPLE, len(loads)), delete]
    return expected


def handlers(code: types.CodeType, instructions: list[Any], index: dict[int, int]) -> list[Any]:
    """Of each instruction: its handler as an index, the depth, whether it is told the place."""
    found: list[Any] = [None] * len(instructions)
    for start, end, target, depth, lasti in rules.parse_exc(code.co_exceptiontable):
        for k in range(index[start], index[end]):
            found[k] = (index[target], depth, lasti)
    return found
