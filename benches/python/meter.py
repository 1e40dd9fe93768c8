"""Times calls of many variants of one function against each other.

In: variants, each a function and perhaps something to do before or after a block. Out: medians of nanoseconds per call.
Never here: a variant timed alone; all take turns, so that whatever slows the machine slows all of them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import repeat
from types import FunctionType

ARGUMENTS = (1, "hello world!")
BLOCK_CALLS = 10_000
WARM_BLOCKS = 3


def _calls(function, count, first, second):
    for _ in repeat(None, count):
        function(first, second)


def _nothing() -> None:
    pass


@dataclass
class Variant:
    """A function to time. Its loop is its own, for the interpreter specialises a call by what it has seen there."""

    name: str
    function: Callable[..., object]
    after_block: Callable[[], object] = _nothing
    before_block: Callable[[], object] = _nothing
    # Of one block; fewer where a call takes microseconds.
    calls: int = BLOCK_CALLS
    blocks_ns: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = FunctionType(_calls.__code__.replace(), globals())

    def run_block(self) -> float:
        self.before_block()
        start = time.thread_time_ns()
        self.loop(self.function, self.calls, *ARGUMENTS)
        spent = time.thread_time_ns() - start
        self.after_block()
        return spent / self.calls


def measure(variants: list[Variant], repeats: int) -> None:
    """Fills every variant's `blocks_ns`, one block each in turn; where a turn begins moves on."""
    for variant in variants:
        for _ in range(WARM_BLOCKS):
            variant.run_block()
    for turn in range(repeats):
        first = turn % len(variants)
        for variant in variants[first:] + variants[:first]:
            variant.blocks_ns.append(variant.run_block())


def added_ns(variant: Variant, base: Variant) -> float:
    """What a call costs more than one of `base`: the median over turns."""
    return statistics.median(a - b for a, b in zip(variant.blocks_ns, base.blocks_ns, strict=True))


def total_ns(variant: Variant) -> float:
    return statistics.median(variant.blocks_ns)
