"""Times what is paid once: import, compile, load, attach, rewrite; and weighs what stays in memory.

In: a compiler, fresh interpreters. Out: numbers. Never here: what a probed call costs.
"""

from __future__ import annotations

import contextlib
import gc
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import types
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import subjects

import waspect
from waspect import compiler as package_compiler

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "python"))
from doors import _core as doors  # its folder belongs to the tests

FRESH_RUNS = 9
LOADS = 15
FUNCTIONS_MAX = 4_000
LIBRARY = ("json", "decimal", "argparse", "asyncio", "email.message", "http.client", "inspect", "logging", "unittest")


def find_compiler() -> str:
    """The binary of the installed package, else the one built beside it."""
    with contextlib.suppress(waspect.CompilerMissing):
        return package_compiler.find()
    built = Path(waspect.__file__).resolve().parents[2] / "target" / "release" / "waspect"
    if not built.is_file():
        raise SystemExit("no `waspect` binary: install the wheel, or `cargo build --release`")
    return str(built)


@contextlib.contextmanager
def own_cache() -> Iterator[None]:
    """A cache of this run alone, so that the first compilation is one."""
    with tempfile.TemporaryDirectory(prefix="waspect-bench-") as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        yield


def compiled(compiler: str, wat: str) -> bytes:
    """An artifact that the agent with doors believes."""
    return doors.compile(compiler, wat.encode(), "bench.wat", [])


def _load(artifact: bytes) -> waspect.Session:
    return waspect.Session(doors.load(artifact, {}))


def _ms(work) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def _load_timed(artifact: bytes) -> tuple[waspect.Session, float]:
    sessions = []
    spent = _ms(lambda: sessions.append(_load(artifact)))
    return sessions[0], spent


def compile_ms(compiler: str) -> tuple[float, float]:
    """The first time, with the start of the compiling process; and from the cache."""
    wat = subjects.PROBES["latency_by_fn"]
    fresh = [f"{wat};; {i}" for i in range(FRESH_RUNS)]
    first = [_ms(partial(compiled, compiler, each)) for each in fresh]
    again = [_ms(partial(compiled, compiler, each)) for each in fresh]
    return statistics.median(first), statistics.median(again)


def load_ms(compiler: str) -> float:
    """A ready artifact to an attached probe, the heap of a small program being searched for its function."""
    artifact = compiled(compiler, subjects.empty(f"{subjects.MODULE}.untouched"))

    def one() -> float:
        session, spent = _load_timed(artifact)
        session.detach()
        return spent

    return statistics.median(one() for _ in range(LOADS))


def attach_ms(compiler: str) -> tuple[float, float]:
    """A thousand functions by one pattern, on and off again."""
    name = "thousand_of_bench"
    subjects.thousand(name)
    artifact = compiled(compiler, subjects.empty(f"{name}.*"))
    on, off = [], []
    for _ in range(5):
        session, spent = _load_timed(artifact)
        on.append(spent)
        (link,) = session.links
        if len(link["functions"]) != 1_000:
            raise SystemExit(f"attached to {len(link['functions'])} functions, expected 1000")
        off.append(_ms(session.detach))
    return statistics.median(on), statistics.median(off)


def rewrite_us() -> float:
    """Both hooks into functions of the standard library: code read, spliced, checked, made, assigned."""
    for name in LIBRARY:
        __import__(name)
    everything = [f for f in gc.get_objects() if type(f) is types.FunctionType and _is_library(f)]
    spent = []
    for function in everything[:FUNCTIONS_MAX]:
        copy = types.FunctionType(function.__code__, {}, closure=function.__closure__)
        start = time.perf_counter_ns()
        doors._instrument(copy)
        spent.append(time.perf_counter_ns() - start)
    return statistics.median(spent) / 1e3


def _is_library(function: types.FunctionType) -> bool:
    return function.__code__.co_filename.startswith(sysconfig.get_path("stdlib"))


def _fresh(program: str, *arguments: str) -> float:
    """What a fresh interpreter prints."""
    path = os.pathsep.join(filter(None, [str(Path(waspect.__file__).parents[1]), str(Path(__file__).parent)]))
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        stdout=subprocess.PIPE,
    )
    return float(done.stdout)


def import_ms() -> float:
    """Processor time, files being in the page cache after the first run."""
    program = "import time; s = time.process_time(); import waspect; print((time.process_time() - s) * 1e3)"
    return statistics.median(_fresh(program) for _ in range(FRESH_RUNS))


MEMORY = """
import sys, os
def resident(): return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
import subjects, tempfile
module = subjects.thousand("ten_of_bench", 10)
before = resident()
import waspect
sessions = []
for i in range(10):
    with open(sys.argv[1 + i], "rb") as file:
        sessions.append(waspect.load(file.read()))
    getattr(module, f"f{i}")(1, "hello world!")
print((resident() - before) / 1e6)
"""


def memory_mb(compiler: str) -> float:
    """Resident memory that importing, loading ten probes and firing each once adds."""
    with tempfile.TemporaryDirectory() as folder:
        return _fresh(MEMORY, *(_file(compiler, Path(folder), i) for i in range(10)))


def _file(compiler: str, folder: Path, i: int) -> str:
    """An artifact that this user believes, in a file."""
    wat = subjects.PROBES["latency_by_fn"].replace(f"{subjects.MODULE}.latency_by_fn", f"ten_of_bench.f{i}")
    return artifact_file(compiler, folder / f"p{i}.wat", wat)


def artifact_file(compiler: str, source: Path, wat: str) -> str:
    """Beside the source, made by the command line."""
    made = source.with_suffix(".cwasm")
    source.write_text(wat)
    subprocess.run([compiler, "compile", str(source), "-o", str(made)], check=True, stdout=subprocess.DEVNULL)
    return str(made)
