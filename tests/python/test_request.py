"""Requests: what one function keeps, another of the same request reads, and nobody else.

In: programs with tasks, threads, executors, contexts; applications under servers. Out: agreement of what was set and
what was read. Never here: an answer that depends on which task ran first.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import random
import sys
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor

import pytest

from probing import load, records

PROBES = {
    "fn:test_request.handle:entry?scope=request": "",
    "fn:test_request.ahandle:entry?scope=request": "",
    "fn:test_request.put:entry": "set:v",
    "fn:test_request.more:entry": "add:n",
    "fn:test_request.look:entry": "who=arg0 v=req:v n=req:n",
}


def handle(work, *args):
    return work(*args)


async def ahandle(work, *args):
    return await work(*args)


def put(value):
    return value


def more(n):
    return n


def look(who):
    return who


@pytest.fixture
def session():
    with load(PROBES) as session:
        yield session


def looked(session):
    """By who looked: what they saw, each once."""
    rows = [(r["who"], r["v"], r["n"]) for _, _, r in records(session)]
    assert len({who for who, _, _ in rows}) == len(rows)
    return {who: (v, n) for who, v, n in rows}


def test_nothing_outside(session):
    put("lost")
    more(1)
    look("out")
    assert looked(session) == {"out": (None, None)}


def test_nested_scopes_are_children(session):
    def inner():
        look("inner")
        put("changed")
        look("after")

    def outer():
        put("mine")
        more(2)
        more(0.5)
        handle(inner)
        look("outer")

    handle(outer)
    look("out")
    expected = {"inner": ("mine", 2.5), "after": ("changed", 2.5), "outer": ("mine", 2.5), "out": (None, None)}
    assert looked(session) == expected


def test_exceptions_end_the_scope(session):
    def fails():
        put("gone")
        raise KeyError

    with pytest.raises(KeyError):
        handle(fails)
    look("out")
    assert looked(session) == {"out": (None, None)}


def test_tasks_never_see_each_other(session):
    async def request(i):
        for turn in range(5):
            put(f"{i}.{turn}")
            more(1)
            await asyncio.sleep(random.random() / 1000)
            look(f"{i}.{turn}")

    async def main():
        await asyncio.gather(*(ahandle(request, i) for i in range(50)))
        look("out")

    asyncio.run(main())
    seen = looked(session)
    assert seen.pop("out") == (None, None)
    assert seen == {f"{i}.{turn}": (f"{i}.{turn}", turn + 1) for i in range(50) for turn in range(5)}


def test_child_tasks_inherit_and_keep_to_themselves(session):
    async def child(i):
        look(f"inherited {i}")
        put(f"own {i}")
        await asyncio.sleep(0.001)
        look(f"child {i}")

    async def request():
        put("parent")
        await asyncio.gather(child(1), child(2))
        look("parent")

    asyncio.run(ahandle(request))
    v = {who: v for who, (v, _) in looked(session).items()}
    inherited = {"inherited 1": "parent", "inherited 2": "parent"}
    assert v == {**inherited, "child 1": "own 1", "child 2": "own 2", "parent": "parent"}


def test_task_groups(session):
    async def child(i):
        put(i)
        await asyncio.sleep(0.001)
        look(f"child {i}")

    async def request():
        put("parent")
        async with asyncio.TaskGroup() as group:
            for i in range(5):
                group.create_task(child(i))
        look("parent")

    asyncio.run(ahandle(request))
    v = {who: v for who, (v, _) in looked(session).items()}
    assert v == {"parent": "parent", **{f"child {i}": i for i in range(5)}}


def test_copied_contexts(session):
    def request():
        put("parent")
        context = contextvars.copy_context()
        context.run(look, "copy")
        context.run(put, "copied")
        context.run(look, "again")
        look("parent")

    handle(request)
    v = {who: v for who, (v, _) in looked(session).items()}
    assert v == {"copy": "parent", "again": "copied", "parent": "parent"}


def test_an_owner_that_is_gone_is_nobody(session):
    """A context at the address of one that has ended writes to a copy all the same."""

    def request():
        for i in range(200):
            first = contextvars.copy_context()
            first.run(put, "first")
            second = first.run(contextvars.copy_context)
            del first
            third = second.run(contextvars.copy_context)
            third.run(put, "third")
            second.run(look, i)

    handle(request)
    assert {v for v, _ in looked(session).values()} == {"first"}


def test_threads_of_their_own(session):
    def request(i):
        put(i)
        time.sleep(random.random() / 500)
        look(i)

    threads = [threading.Thread(target=handle, args=(request, i)) for i in range(20)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert looked(session) == {i: (i, None) for i in range(20)}


def test_executors_carry_the_request(session):
    def work(i):
        look(f"work {i}")
        put("worker")
        time.sleep(0.001)
        look(f"end {i}")

    def request(pool, i):
        put(i)
        pool.submit(work, i).result()
        look(f"request {i}")

    with ThreadPoolExecutor(4) as pool, ThreadPoolExecutor(8) as requests:
        list(requests.map(lambda i: handle(request, pool, i), range(40)))
        list(pool.map(look, [f"out {i}" for i in range(8)]))
    v = {who: v for who, (v, _) in looked(session).items()}
    expected = {
        f"{who} {i}": value for i in range(40) for who, value in (("work", i), ("end", "worker"), ("request", i))
    }
    assert v == {**expected, **{f"out {i}": None for i in range(8)}}


def test_items_that_never_ran_leave_nothing(session):
    def request(pool, i):
        put(i)
        [pool.submit(look, f"never {i} {j}") for j in range(20)]

    for i in range(10):
        pool = ThreadPoolExecutor(1)
        gate = threading.Event()
        pool.submit(gate.wait)
        handle(request, pool, i)
        pool.shutdown(wait=False, cancel_futures=True)
        gate.set()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(look, [f"out {i}" for i in range(100)]))
    outside = {v for who, v in looked(session).items() if who.startswith("out")}
    assert outside == {(None, None)}


def test_asyncio_threads(session):
    async def request(i):
        put(i)
        await asyncio.to_thread(look, f"to_thread {i}")
        await asyncio.get_running_loop().run_in_executor(None, look, f"executor {i}")

    async def main():
        await asyncio.gather(*(ahandle(request, i) for i in range(20)))

    asyncio.run(main())
    expected = {f"{how} {i}": (i, None) for how in ("to_thread", "executor") for i in range(20)}
    assert looked(session) == expected


def test_values_are_copies(session):
    value = ["a", {"k": 1}]

    def request():
        put(value)
        value.append("later")
        look("copy")

    before = sys.getrefcount(value)
    handle(request)
    assert sys.getrefcount(value) == before
    assert looked(session) == {"copy": (["a", {"k": 1}], None)}


def test_a_foreign_value_in_the_variable_is_nothing(session):
    def request():
        put("x")
        (variable,) = [v for v in contextvars.copy_context() if v.name == "waspect.request"]
        variable.set("not a capsule")
        put("y")
        look("foreign")

    contextvars.copy_context().run(handle, request)
    assert looked(session) == {"foreign": (None, None)}


def test_task_and_request_in_records(session):
    async def named():
        look("task")

    async def request():
        await asyncio.create_task(named(), name="the task")
        look("main")

    asyncio.run(ahandle(request))
    look("out")
    events = [e for e in session.events(timeout=0) if e["type"] == "record"]
    inside, main, out = events
    assert inside["task"] == "the task"
    assert main["task"].startswith("Task-")
    assert inside["request"] == main["request"] and main["request"].startswith("r-")
    assert (out["task"], out["request"]) == (None, None)


def test_the_task_is_found_wherever_it_is_kept_now(session):
    """What was found once is asked again when a dict on the way to it has changed."""
    tasks, current = asyncio.tasks, asyncio.tasks._current_tasks

    async def named():
        look("found")
        tasks._current_tasks = {}
        look("another dict")
        tasks._current_tasks = dict(current)
        look("a copy")
        del tasks._current_tasks
        look("no dict")
        tasks._current_tasks = current
        del sys.modules["asyncio.tasks"]
        look("no module")
        sys.modules["asyncio.tasks"] = types.SimpleNamespace(_current_tasks=current)
        look("something else")
        sys.modules["asyncio.tasks"] = tasks
        look("found again")

    async def main():
        await asyncio.create_task(named(), name="the task")

    try:
        asyncio.run(main())
    finally:
        tasks._current_tasks, sys.modules["asyncio.tasks"] = current, tasks
    look("ended")
    seen = {e["fields"]["who"]: e["task"] for e in session.events(timeout=0) if e["type"] == "record"}
    there, nowhere = "the task", None
    assert seen == {
        "found": there,
        "another dict": nowhere,
        "a copy": there,
        "no dict": nowhere,
        "no module": nowhere,
        "something else": there,
        "found again": there,
        "ended": nowhere,
    }


def test_a_forked_child_has_copies(session):
    def request():
        put("parent")
        child = os.fork()
        if child == 0:
            look("inherited")
            put("child")
            look("own")
            os._exit(looked(session) != {"inherited": ("parent", None), "own": ("child", None)})
        assert os.waitpid(child, 0)[1] == 0
        look("parent")

    handle(request)
    assert looked(session) == {"parent": ("parent", None)}
