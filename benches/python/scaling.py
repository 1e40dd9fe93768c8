"""How the cost grows: with probes on one function, functions, threads, arguments, and in cold caches.

In: a compiler, the agent with doors, fresh interpreters for what is weighed. Out: a table for each, or `--json`. Never
here: a judgement, or a cell without the firings that it is the cost of.

Time is the processor time of the thread, except where single calls are timed: those by the wall clock, as a median.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path

import meter
import once
import overhead
import subjects

import waspect

PROBES = (1, 2, 4, 8, 16)
FUNCTIONS = (1, 100, 1_000, 10_000)
THREADS = (1, 2, 4, 8, 16)
ARGUMENTS = (0, 1, 2, 3, 6)
# Between all threads of a cell together; each is interrupted many times meanwhile.
THREAD_CALLS, SWITCH_SECONDS = 40_000, 1e-4
RING_BYTES = 1 << 23
# Beyond the second level's cache, and beyond all.
COLD_BYTES, COLD_CALLS = (4 << 20, 32 << 20), 101
SIX = "def {name}(a, b, c=3, d=4, e=5, f=6):\n    return a\n"
Row = list[float | str]


def _functions(names: list[str], source: str = subjects._FUNCTION) -> dict[str, Callable[..., object]]:
    """Functions of the module of subjects, one for each cell."""
    module = subjects.module()
    for name in names:
        exec(compile(source.format(name=name), f"{subjects.MODULE}.py", "exec"), module.__dict__)
    return {name: getattr(module, name) for name in names}


def _load(compiler: str, wat: str) -> waspect.Session:
    return waspect.Session(overhead.doors._load_raised(once.compiled(compiler, wat), RING_BYTES, overhead.PER_SECOND))


@contextmanager
def _loaded(compiler: str, by_name: dict[str, list[str]]) -> Iterator[dict[str, list[waspect.Session]]]:
    """A session for each module of each function, attached together, gone at the end."""
    with ExitStack() as stack:
        yield {name: [stack.enter_context(_load(compiler, wat)) for wat in wats] for name, wats in by_name.items()}


def _check_fired(session: waspect.Session, least: int) -> None:
    for summary in (each for each in session.stats() if "firings" in each):
        lost = {why: count for why, count in (summary["drops"] | summary["faults"]).items() if count}
        if summary["firings"] < least or lost:
            raise SystemExit(f"{summary['firings']} firings, expected {least}; lost {lost}")


def _timed(compiler: str, functions: dict[str, Callable], modules: dict[str, list[str]], repeats: int) -> dict:
    """ns added by what is on each function over the first of them, which has nothing."""
    with _loaded(compiler, modules) as sessions:
        variants = {name: meter.Variant(name, function) for name, function in functions.items()}
        meter.measure(list(variants.values()), repeats)
        for session in (each for several in sessions.values() for each in several):
            _check_fired(session, repeats * meter.BLOCK_CALLS)
    bare, *_ = variants.values()
    return {name: meter.added_ns(variant, bare) for name, variant in variants.items()}


def probes_on_one(compiler: str, repeats: int) -> tuple[list[str], list[Row]]:
    """Empty probes on one function, in one module and in as many."""
    names = ["bare", *(f"together{n}" for n in PROBES), *(f"apart{n}" for n in PROBES)]
    functions = _functions(names)

    def together(n: int) -> str:
        exports = (f'(func (export "fn:{subjects.MODULE}.together{n}:entry?prio={i}"))' for i in range(n))
        return f"(module {' '.join(exports)})"

    modules = {f"together{n}": [together(n)] for n in PROBES}
    modules |= {f"apart{n}": [subjects.empty(f"{subjects.MODULE}.apart{n}")] * n for n in PROBES}
    added = _timed(compiler, functions, modules, repeats)
    rows: list[Row] = [[n, added[f"together{n}"], added[f"apart{n}"]] for n in PROBES]
    return ["probes on one function", "ns, one module", "ns, a session each"], rows


def arguments(compiler: str, repeats: int) -> tuple[list[str], list[Row]]:
    """A probe that reads so many arguments of a function of six, and does nothing with them."""
    functions = _functions(["bare", *(f"args{n}" for n in ARGUMENTS)], SIX)

    def reading(n: int) -> str:
        imports = "".join(f'(import "probe1.get" "arg{i}" (func $a{i} (result i64)))' for i in range(n))
        body = "".join(f"(drop (call $a{i}))" for i in range(n))
        return subjects._entry(f"args{n}", imports, body)

    added = _timed(compiler, functions, {f"args{n}": [reading(n)] for n in ARGUMENTS}, repeats)
    return ["arguments read", "ns"], [[n, added[f"args{n}"]] for n in ARGUMENTS]


def threads(compiler: str, repeats: int) -> tuple[list[str], list[Row]]:
    """All threads call one function at once; the time is that of all of them together."""
    probes = ("empty", "latency", "capture_int")
    functions = {"untouched": subjects.module().untouched}
    functions |= {name: getattr(sys.modules[subjects.MODULE], name) for name in probes}
    spent: dict[tuple[int, str], list[float]] = {}
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with _loaded(compiler, {name: [subjects.PROBES[name]] for name in probes}) as sessions:
            for count in [THREADS[0], *(count for _ in range(repeats) for count in THREADS)]:
                for name, function in functions.items():
                    spent.setdefault((count, name), []).append(_together(function, count))
                    [session._native.poll() for session in sessions.get(name, ())]
            [_check_fired(session, repeats * THREAD_CALLS) for (session,) in sessions.values()]
    finally:
        sys.setswitchinterval(before)
    middle = {cell: statistics.median(several) for cell, several in spent.items()}
    rows = [[n, middle[n, "untouched"], *(middle[n, p] - middle[n, "untouched"] for p in probes)] for n in THREADS]
    return ["threads", "untouched call, ns", *(f"+ {name}" for name in probes)], rows


def _together(function: Callable, count: int) -> float:
    """ns of processor time per call."""
    start = threading.Barrier(count)
    calls = THREAD_CALLS // count

    def work(_: int) -> int:
        start.wait()
        began = time.thread_time_ns()
        for _ in repeat(None, calls):
            function(*meter.ARGUMENTS)
        return time.thread_time_ns() - began

    with ThreadPoolExecutor(count) as pool:
        return sum(pool.map(work, range(count))) / (calls * count)


def cold(compiler: str, _: int) -> tuple[list[str], list[Row]]:
    """Single calls, the caches filled with something else before each, or not."""
    names = ("empty", "predicate", "latency", "capture_int")
    module = subjects.module()
    functions = {"untouched": module.untouched, "noop": subjects.with_hook()}
    functions |= {name: getattr(module, name) for name in names}
    with _loaded(compiler, {name: [subjects.PROBES[name]] for name in names}):
        single = [_single(functions, lambda: None)]
        for size in COLD_BYTES:
            other = bytearray(size)
            single.append(_single(functions, lambda other=other: other.count(1)))
    rows = [[name, *(each[name] - each["untouched"] for each in single)] for name in list(functions)[1:]]
    return ["added to", "warm, ns", *(f"after {size >> 20} MB, ns" for size in COLD_BYTES)], rows


def _single(functions: dict[str, Callable], between: Callable[[], object]) -> dict[str, float]:
    """The median of single calls by the wall clock, in turn."""
    spent: dict[str, list[int]] = {name: [] for name in functions}
    clock, (a, b) = time.perf_counter_ns, meter.ARGUMENTS
    for _ in range(COLD_CALLS):
        for name, function in functions.items():
            between()
            began = clock()
            function(a, b)
            spent[name].append(clock() - began)
    return {name: statistics.median(several) for name, several in spent.items()}


def functions_probed(compiler: str, _: int) -> tuple[list[str], list[Row]]:
    """One pattern on so many functions, each count in an interpreter of its own."""
    command = [sys.executable, __file__, "--compiler", compiler, "--attach"]
    outputs = [
        subprocess.run([*command, str(count)], check=True, stdout=subprocess.PIPE, text=True).stdout
        for count in FUNCTIONS
    ]
    return ["functions", "attach, ms", "detach, ms", "memory, KB", "KB left"], [json.loads(each) for each in outputs]


def attach(compiler: str, count: int) -> Row:
    """In this interpreter, which has loaded and detached one probe before: so only what functions cost is seen."""
    subjects.thousand("one_of_bench", 1)
    name = "many_of_bench"
    module = subjects.thousand(name, count)
    with once.own_cache():
        first, artifact = (once.compiled(compiler, subjects.empty(f"{each}.*")) for each in ("one_of_bench", name))
    once._load(first).detach()
    gc.collect()
    before = _resident()
    session, on = once._load_timed(artifact)
    held = _resident() - before
    for i in range(count):
        getattr(module, f"f{i}")(1, 2)
    _check_fired(session, count)
    off = once._ms(session.detach)
    del session
    gc.collect()
    return [count, on, off, held / 1e3, (_resident() - before) / 1e3]


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


TABLES = {
    "probes": probes_on_one,
    "arguments": arguments,
    "threads": threads,
    "cold": cold,
    "functions": functions_probed,
}


def table(heads: list[str], rows: list[Row]) -> str:
    """Numbers under their heads."""
    cells = [heads, *([cell if isinstance(cell, str) else f"{cell:.6g}" for cell in _rounded(row)] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)


def _rounded(row: Row) -> Row:
    return [round(cell, 1) if isinstance(cell, float) else cell for cell in row]


def main() -> None:
    """Each table in turn."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    options.add_argument("--repeats", type=int, default=15, help="turns that the medians are of (default %(default)s)")
    options.add_argument("--only", choices=TABLES, nargs="+", default=list(TABLES), help="some of the tables")
    options.add_argument("--compiler", help="the `waspect` binary (default: the one installed or built here)")
    options.add_argument("--attach", type=int, help="attach to so many functions in this interpreter, and no more")
    chosen = options.parse_args()
    compiler = chosen.compiler or once.find_compiler()
    if chosen.attach:
        print(json.dumps(attach(compiler, chosen.attach)))
        return
    with once.own_cache():
        made = {name: TABLES[name](compiler, chosen.repeats) for name in chosen.only}
    if chosen.json:
        print(json.dumps({"python": platform.python_version(), "tables": made}, ensure_ascii=False))
    else:
        print("\n\n".join(table(*each) for each in made.values()))


if __name__ == "__main__":
    main()
