"""Call stacks of asyncio: awaits are calls, and with flag 4 a stack goes on with the tasks that wait.

In: coroutines of a made-up module, run by tasks. Out: their frames and those that wait for them. Never here: a pause, a
network.
"""

from __future__ import annotations

import asyncio
import collections.abc
import functools
import types

import pytest

from stacks import (
    FRAMES_MAX,
    LINES,
    SOURCE,
    TASKS,
    expected,
    made_subject,  # noqa: F401
    one,
)

AWAITED = ["stack_subject.leaf", "stack_subject.level2", "stack_subject.level1"]


def awaits(subject, name):
    async def named():
        asyncio.current_task().set_name("main")
        return await getattr(subject, name)()

    return one(lambda: asyncio.run(named()), TASKS)


@pytest.mark.parametrize(
    ("name", "behind"),
    {
        "a_task": ["a_task"],
        "gathered": ["gathered"],
        "shielded": ["shielded"],
        "waited": ["waited"],
        "waited_for": ["waited_for"],
        "grouped": ["grouped"],
        "from_asynchronous_generator": ["from_asynchronous_generator.each", "from_asynchronous_generator"],
    }.items(),
)
def test_tasks_that_wait(subject, name, behind):
    """The frames that asyncio has in between differ by version."""
    _, found = awaits(subject, name)
    assert found[:4] == [*AWAITED, "task:main"]
    between = [frame for frame in found[4:] if not frame.startswith("asyncio.")]
    assert between == [*(f"stack_subject.{frame}" for frame in behind), f"{__name__}.awaits.named"]
    assert not any(frame.startswith(("asyncio.events", "asyncio.runners")) for frame in found)


def test_tasks_that_wait_for_tasks_that_wait(subject):
    _, found = awaits(subject, "two_tasks_on")
    assert found == [
        *AWAITED,
        "task:outer",
        "stack_subject.two_tasks_on.outer",
        "task:main",
        "stack_subject.two_tasks_on",
        f"{__name__}.awaits.named",
    ]


@pytest.mark.parametrize("name", ["nested_awaits", "alone", "no_frame_of_callbacks"])
def test_nobody_waits(subject, name):
    """Awaits inside one task are calls; where no other task waits, the event loop's frames follow as ever."""
    seen, found = awaits(subject, name)
    assert found == expected(seen)
    assert "asyncio.runners.run" in found


def test_lines_of_those_that_wait(subject):
    _, found = one(lambda: asyncio.run(subject.a_task()), TASKS | LINES)
    number = next(n for n, line in enumerate(SOURCE.splitlines(), 1) if line.startswith("async def a_task"))
    assert found[-1] == f"stack_subject.a_task:{number}"
    assert found[-2].startswith("task:Task-")


def test_what_asyncio_did_not_add_tells_nothing(subject):
    """Callbacks of the application: methods of tasks, of classes that look like a group, closures with such names."""

    class Group:
        def __init__(self):
            self._parent_task = asyncio.current_task()

        def _on_task_done(self, task):
            pass

    def closure(outer):
        return lambda task: outer

    async def main():
        task = asyncio.create_task(subject.level1())
        other = asyncio.create_task(asyncio.sleep(0))
        for callback in (other.cancel, Group()._on_task_done, closure(other), functools.partial(closure, other)):
            task.add_done_callback(callback)
        while not task.done():
            await asyncio.sleep(0)
        task.remove_done_callback(other.cancel)
        return task.result()

    seen, found = one(lambda: asyncio.run(main()), TASKS)
    assert found == expected(seen)


def test_deep_awaits(subject):
    """A task whose awaits go deep: the innermost frames that fit."""

    async def down(n):
        return await (asyncio.create_task(subject.level1()) if n == 0 else down(n - 1))

    _, found = one(lambda: asyncio.run(down(300)), TASKS)
    assert len(found) == FRAMES_MAX
    assert found[4:] == [f"{__name__}.test_deep_awaits.down"] * (FRAMES_MAX - 4)


def test_eager_tasks(subject):
    """3.12 and newer: a task that begins inside its maker's frames has no other that waits for it yet."""
    factory = getattr(asyncio, "eager_task_factory", None)

    async def at_once():
        return subject.leaf()

    async def main():
        asyncio.get_running_loop().set_task_factory(factory)
        return await asyncio.create_task(at_once())

    seen, found = one(lambda: asyncio.run(main()), TASKS)
    assert factory is None or found == expected(seen)
    assert factory is not None or found[2].startswith("task:")


class Awaitable:
    """Awaited by what its coroutine gives to be iterated."""

    def __init__(self, coroutine):
        self.coroutine = coroutine

    def __await__(self):
        return self.coroutine.__await__()


class Handmade(collections.abc.Coroutine):
    """A coroutine that is none of the interpreter's: only it knows what it awaits."""

    def __init__(self, coroutine):
        self.coroutine = coroutine

    def send(self, value):
        return self.coroutine.send(value)

    def throw(self, *error):
        return self.coroutine.throw(*error)

    def __await__(self):
        return self.coroutine.__await__()


@types.coroutine
def by_generator(coroutine):
    return (yield from coroutine)


def test_awaits_of_every_kind(subject):
    """Through wrappers, generators that are coroutines, and objects that are awaited."""

    async def inner():
        return await by_generator(asyncio.create_task(subject.level1()))

    async def outer():
        return await Awaitable(inner())

    _, found = one(lambda: asyncio.run(outer()), TASKS)
    here = f"{__name__}.test_awaits_of_every_kind"
    assert found[4:] == [f"{__name__}.by_generator", f"{here}.inner", f"{here}.outer"]


def test_a_waiting_task_whose_coroutine_is_handmade(subject):
    """It has no frames that can be told; nor has what it awaits."""

    async def inner():
        return await asyncio.create_task(subject.level1())

    async def main():
        return await asyncio.create_task(Handmade(inner()), name="handmade")

    _, found = one(lambda: asyncio.run(main()), TASKS)
    assert found[3] == "task:handmade"
    assert found[4].startswith("task:Task-")
    assert found[5:] == [f"{__name__}.test_a_waiting_task_whose_coroutine_is_handmade.main"]


def test_a_running_task_whose_coroutine_is_handmade(subject):
    """Where it begins cannot be told, so the flag changes nothing."""

    async def main():
        return await asyncio.create_task(Handmade(subject.level1()))

    seen, found = one(lambda: asyncio.run(main()), TASKS)
    assert found == expected(seen)


def test_tasks_of_python(subject):
    """A loop whose tasks are asyncio's in Python: what they keep is not read."""

    async def main():
        asyncio.get_running_loop().set_task_factory(
            lambda loop, coro, **kw: asyncio.tasks._PyTask(coro, loop=loop, **kw)
        )
        return await asyncio.create_task(subject.level1())

    seen, found = one(lambda: asyncio.run(main()), TASKS)
    assert found == expected(seen)
