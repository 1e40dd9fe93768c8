"""The subject of the tests of call stacks, what a probe is told of it, and what Python shows.

In: a call to make under a probe. Out: what it gave, and the stacks. Never here: an assertion but that all went well.
"""

from __future__ import annotations

import sys
import types

import pytest

import probing
import waspect

LINES, FILES, TASKS = 1, 2, 4
FRAMES_MAX = 64

WAT = """(module
  (import "probe1" "stack" (func $stack (param i32 i32) (result i64)))
  (import "probe1.field" "s" (func $field (param i64)))
  (import "probe1.count" "stacks" (func $count (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func (export "fn:stack_subject.{target}:{point}")
    (call $count (call $stack (i32.const {max}) (i32.const {flags})))
    (call $field (call $stack (i32.const {max}) (i32.const {flags})))
    (drop (call $emit))))"""

# The same without the count, for stacks so long that a firing has no budget for two.
CAPTURE = "\n".join(line for line in WAT.splitlines() if "$count" not in line)

SOURCE = '''
import asyncio, functools, sys

def leaf(*args, **kwargs):
    return callers(sys._getframe(0))

def callers(frame):
    """What Python shows of the frames from here on; the innermost first."""
    found = []
    while frame is not None:
        code, name = frame.f_code, frame.f_globals.get("__name__")
        dotted = code.co_qualname.replace(".<locals>", "")
        found.append((f"{name}.{dotted}" if type(name) is str else dotted, code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return found

def plain():
    return leaf()

def recursive(n):
    return leaf() if n == 0 else recursive(n - 1)

class Thing:
    def method(self):
        return leaf()

    @classmethod
    def of_class(cls):
        return leaf()

    @staticmethod
    def static():
        return leaf()

    @property
    def computed(self):
        return leaf()

    def __getattr__(self, name):
        return leaf()

    def __eq__(self, other):
        self.seen = leaf()
        return True

def nested():
    def inner():
        return (lambda: leaf())()
    return inner()

def generator():
    yield leaf()

def delegating():
    yield from generator()

def comprehended():
    return [leaf() for _ in range(1)][0]

def expression():
    return next(leaf() for _ in range(1))

def sorting():
    seen = []
    sorted([1], key=lambda x: seen.append(leaf()) or 0)
    return seen[0]

def partial():
    return functools.partial(functools.partial(leaf, 1), 2)()

def mapping():
    return next(map(leaf, [1]))

def handling():
    try:
        raise ValueError
    except ValueError:
        return leaf()

def executed():
    space = {"leaf": leaf}
    exec(compile("def f():\\n    return leaf()\\nout = f()", "<made up>", "exec"), space)
    return space["out"]

def evaluated():
    return eval("leaf()")

def class_body():
    class Body:
        out = leaf()
    return Body.out

def imported():
    import stack_subject_module
    return stack_subject_module.out

def ending():
    class Ends:
        def __del__(self):
            seen.append(leaf())
    seen = []
    it = Ends()
    del it
    return seen[0]

def after_return(n):
    if n:
        return n
    raise ValueError(n)

async def level2(): await asyncio.sleep(0); return leaf()
async def level1(): return await level2()

async def nested_awaits(): return await level1()
async def a_task(): return await asyncio.create_task(level1(), name="child")
async def gathered(): return (await asyncio.gather(level1(), asyncio.sleep(0)))[0]
async def shielded(): return await asyncio.shield(level1())
async def waited_for(): return await asyncio.wait_for(asyncio.create_task(level1()), 60)
async def waited(): return [t.result() for t in (await asyncio.wait([asyncio.create_task(level1())]))[0]][0]

async def grouped():
    async with asyncio.TaskGroup() as group:
        task = group.create_task(level1())
    return task.result()

async def two_tasks_on():
    async def outer(): return await asyncio.create_task(level1(), name="inner")
    return await asyncio.create_task(outer(), name="outer")

async def from_asynchronous_generator():
    async def each():
        yield await asyncio.create_task(level1())
    async for it in each():
        return it

async def alone():
    task = asyncio.create_task(level1())
    while not task.done():
        await asyncio.sleep(0)
    return task.result()

async def no_frame_of_callbacks():
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: done.set_result(leaf()))
    return await done
'''

SUBJECT_FILE = "/srv/stack_subject.py"


@pytest.fixture(name="subject")
def made_subject():
    module = types.ModuleType("stack_subject")
    exec(compile(SOURCE, SUBJECT_FILE, "exec"), module.__dict__)
    sys.modules["stack_subject"] = module
    yield module
    del sys.modules["stack_subject"]


def probed(run, flags=0, most=FRAMES_MAX, target="leaf", point="entry"):
    """What `run` gives, and each firing's stack."""
    wat = WAT.format(target=target, point=point, max=most, flags=flags)
    with waspect.load(wat.encode(), budget={"share": 1}) as session:
        given = run()
        found = [fields["s"] for _, _, fields in probing.records(session)]
        for summary in probing.summaries(session).values():
            assert not summary["faults"], summary["faults"]
    return given, found


def one(run, flags=0, most=FRAMES_MAX):
    given, found = probed(run, flags, most)
    assert len(found) == 1
    return given, found[0]["$stack"]


def expected(seen, flags=0, most=FRAMES_MAX):
    """The texts of what `callers` saw; at entry the innermost stands at its first line."""
    name, file, _ = seen[0]
    first = next(n for n, line in enumerate(SOURCE.splitlines(), 1) if line.startswith("def leaf"))
    frames = [(name, file, first), *seen[1:]]
    both = LINES | FILES
    forms = {0: "{0}", LINES: "{0}:{2}", FILES: "{0} ({1})", both: "{0} ({1}:{2})"}
    return [forms[flags & both].format(*frame) for frame in frames][:most]
