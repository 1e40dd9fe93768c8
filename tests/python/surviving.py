"""What the rows of `test_survival.py` do: call each function of `apps/survivor.py`, and say so.

In: a number. Out: `work` and `awork` call each function once and give what came of it; each says in the file `$TRUTH`
what it did, in one write; `expected` gives the events of what was said. Never: anything of waspect.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter

from survivor import (
    DEEPEST,
    PAUSE,
    Thing,
    agenerator,
    cancelled,
    coroutine,
    delegating,
    endless,
    failing,
    outer,
    paused,
    plain,
    raising,
    recursive,
    sleeping,
    through_c,
)  # fmt: skip

__all__ = ["PAUSE", "awork", "calls", "deep", "endless", "plain", "say", "through_c", "to_the_limit", "work"]


def work(n):
    """Calls each function that needs no loop; gives their results."""
    # So long that a tick comes with the next call.
    time.sleep(0.002)
    told, thing = [plain(n), recursive(3), paused(n), outer(n)], Thing(n)
    told += [thing.method(n), Thing.of_class(n), Thing.static(n), thing.prop, thing[n]]
    try:
        raising(n)
    except KeyError as error:
        told.append(error.args)
    told.append(driven(delegating(n), n))
    told.append(driven(coroutine(n), n))
    say("work", n)
    return told


def driven(steps, n):
    """What a generator or a coroutine gives, and what it ends with."""
    given = []
    try:
        given.append(steps.send(None))
        while True:
            given.append(steps.send(n))
    except StopIteration as end:
        return given, end.value


async def awork(n):
    """Calls each function that needs one."""
    told = [await sleeping(n), [item async for item in agenerator(n)]]
    told.append((await asyncio.gather(failing(n), return_exceptions=True))[0].args)
    task = asyncio.create_task(cancelled(n))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    told.append((await asyncio.gather(task, return_exceptions=True))[0].args)
    say("awork", n)
    return told


def deep(n):
    """So many frames of one function."""
    told = recursive(n)
    say("recursive", n)
    return told


def to_the_limit(function):
    """As deep as the interpreter lets it; gives how deep."""
    try:
        function(0)
    except RecursionError as error:
        say(function.__name__, DEEPEST[0])
        return DEEPEST[0], str(error)


def calls(n):
    """The plain function, so many times, and nothing else: for loops that are to be hot."""
    for i in range(n):
        assert plain(i) == 2 * i
    say("calls", n)


def say(what, n):
    fd = os.open(os.environ["TRUTH"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, f"{what} {os.getpid()} {n}\n".encode())
    os.close(fd)


# --- the account of it, for the test


def of_work(n):
    """Function, how it ended, its `n` at the end, what it returned; for each call that `work` makes."""
    yield "plain", "return", n, n * 2
    yield from of_recursive(3)
    yield "paused", "return", n, n + 1
    yield "outer", "return", n, n + 4
    yield "outer.inner", "return", n + 1, n + 4
    yield "Thing.__init__", "return", n, None
    yield "Thing.method", "return", n, n * n
    yield "Thing.of_class", "return", n, "Thing" * n
    yield "Thing.static", "return", n, -n
    yield "Thing.prop", "return", n, n
    yield "Thing.__getitem__", "return", n, [n]
    yield "raising", "raise", n, None
    yield "delegating", "return", n, n
    yield "generator", "return", n, n
    yield "coroutine", "return", n, 2 * n
    yield "Awaitable.__await__", "return", None, n


def of_awork(n):
    yield "sleeping", "return", n, n
    yield "agenerator", "return", n, None
    yield "failing", "raise", n, None
    yield "cancelled", "raise", n, None


def of_recursive(n):
    return (("recursive", "return", i, i) for i in range(n + 1))


def of_endless(n, fn="endless"):
    return ((fn, "raise", i, None) for i in range(n + 1))


def of_through_c(n):
    return of_endless(n, "through_c")


def of_calls(n):
    return (("plain", "return", i, 2 * i) for i in range(n))


OF = {
    "work": of_work,
    "awork": of_awork,
    "recursive": of_recursive,
    "endless": of_endless,
    "through_c": of_through_c,
    "calls": of_calls,
}


def expected(said):
    """The events of each point of a function, counted, of lines that were said."""
    events = {point: Counter() for point in ("entry", "exit", "return", "raise")}
    for what, n in said:
        for fn, how, last, value in OF[what](n):
            events["entry"][fn] += 1
            for point in ("exit", how):
                events[point][fn, how, repr(last), repr(value) if how == "return" else "-"] += 1
    return events
