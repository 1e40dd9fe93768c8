"""What HogTrace's interface costs here: compiling a program, executing a probe on a frame, keeping a value.

In: programs like those of HogTrace's documents. Out: a table of nanoseconds of CPU time, the least of several rounds,
beside what HogTrace takes where it was measured: its commit 6faa24e built for release, CPython 3.11, another day of a
machine like this one, the same programs on the same kind of frame. Never here: HogTrace itself, which no registry has.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType

from waspect.hogtrace import ProbeExecutor, RequestLocalStore, compile  # noqa: A004 — HogTrace's name for it

ROUNDS, CALLS, COMPILATIONS = 7, 5_000, 5
FIVE = "{ capture(a=a, b=b, c=c, d=d, e=e); }"
# What a clause does, and HogTrace's nanoseconds: none where it was not measured.
EXECUTED: list[tuple[str, int | None]] = [
    ("{ }", 89),
    ("/ False / { capture(x=a); }", 105),
    ("/ a > 100 / { capture(x=a); }", None),
    ("/ arg0 > 100 / { capture(x=a); }", 458),
    ("{ capture(x=1); }", 286),
    ("{ capture(x=a); }", 664),
    ("{ capture(x=arg0); }", 838),
    (FIVE, 1_591),
    ("{ $req.s = timestamp(); }", 415),
]
COMPILED: list[tuple[int, int]] = [(1, 3_500), (10, 28_000), (100, 270_000)]


def main() -> None:
    print(f"{'executing':<44}{'ns':>10}{'HogTrace':>12}")
    for body, theirs in EXECUTED:
        print(f"{body:<44}{_executed(body):>10.0f}{theirs or '':>12}")
    print(
        "\nCompiling makes machine code, in a process of its own; a program that was compiled before is in the cache."
    )
    print(f"{'compiling, seconds of the clock':<44}{'new':>10}{'again':>10}{'HogTrace':>12}")
    for clauses, theirs in COMPILED:
        new, again = _compiled(clauses)
        print(f"{clauses:<44}{new:>10.4f}{again:>10.4f}{theirs / 1e9:>12.7f}")


def _frame(a: int, b: str, c: float, d: None, e: bool) -> FrameType:
    args = (a, b, c)  # noqa: F841
    return sys._getframe()


def _executed(body: str) -> float:
    program = compile(f"fn:app.f:entry {body}")
    execute = ProbeExecutor(program, program.probes[0], RequestLocalStore()).execute
    frame = _frame(7, "seven", 7.5, None, True)
    return min(_each(lambda: execute(frame), CALLS, time.process_time) for _ in range(ROUNDS)) * 1e9


def _compiled(clauses: int) -> tuple[float, float]:
    # The number makes every program another one.
    def text(number: int) -> str:
        return "\n".join(f"fn:app.f{i}:entry / a > {number} / {{ capture(x=a); }}" for i in range(clauses))

    start = time.time_ns()
    new = min(_each(lambda n=n: compile(text(start + n)), 1, time.perf_counter) for n in range(COMPILATIONS))
    again = min(_each(lambda: compile(text(start)), 1, time.perf_counter) for _ in range(COMPILATIONS))
    return new, again


def _each(call: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    begun = clock()
    for _ in range(calls):
        call()
    return (clock() - begun) / calls


if __name__ == "__main__":
    main()
