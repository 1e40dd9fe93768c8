"""What waspect looks at outside of the probed frame, replaced by the application: asyncio's own tables and classes, and
the context variable that requests are kept in.

In: programs that put something else there. Out: no name, no request, or the right one; nothing raised, nothing called,
nothing of theirs dropped. Never here: a program that is left as it should be.
"""

from __future__ import annotations

import pytest

from probing import alone

# What is done to asyncio inside a task called "named"; the task's name that a probe may then see.
PATCHES = {
    "nothing": ("pass", {"named"}),
    "current_task": ("asyncio.current_task = asyncio.tasks.current_task = armed", {"named"}),
    "a class of another layout": ("_asyncio.Task = type('Task', (), {'__module__': '_asyncio'})", {None}),
    "a class with slots": (
        "_asyncio.Task = type('_asyncio.Task', (), {'__slots__': tuple(f's{i}' for i in range(30))})",
        {None},
    ),
    "a subclass of the class": ("_asyncio.Task = type('_asyncio.Task', (Task,), {})", {None}),
    "the class is none": ("_asyncio.Task = 'Task'", {None}),
    "the class is gone": ("del _asyncio.Task", {None}),
    "the module is gone": ("del sys.modules['_asyncio']", {None}),
    "the module is another": ("sys.modules['_asyncio'] = Loud()", {None}),
    "no tasks module": ("del sys.modules['asyncio.tasks']", {None}),
    "another tasks module": ("sys.modules['asyncio.tasks'] = Loud()", {None}),
    "another loop's task": ("tasks._current_tasks = {loop: Small()}", {None}),
    "an uninitialised task": ("tasks._current_tasks = {loop: Task.__new__(Task)}", {None}),
    "an object with a name": ("tasks._current_tasks = {loop: Python()}", {"of its own"}),
    "an object with a loud name": ("tasks._current_tasks = {loop: Loud()}", {None}),
    "an int for a name": ("it = Python(); it._name = 7; tasks._current_tasks = {loop: it}", {"Task-7"}),
    "a list for a name": ("it = Python(); it._name = [1]; tasks._current_tasks = {loop: it}", {None}),
    "surrogates for a name": ("it = Python(); it._name = 'x\\ud800'; tasks._current_tasks = {loop: it}", {"x\ufffd"}),
    "a long name": ("it = Python(); it._name = 'x' * 10**7; tasks._current_tasks = {loop: it}", {"x" * 128}),
    "no table": ("tasks._current_tasks = [loop, 1]", {None}),
    "a loud table": ("tasks._current_tasks = type('D', (dict,), {'items': armed})({loop: Python()})", {"of its own"}),
    "loud loops": ("tasks._current_tasks = {Loud(): 1, 5: 6, None: 7}", {None}),
    # So many loops are looked at, and no more.
    "the last loop that is looked at": (
        "tasks._current_tasks = {**{i: i for i in range(63)}, loop: Python()}",
        {"of its own"},
    ),
    "a loop behind it": ("tasks._current_tasks = {**{i: i for i in range(64)}, loop: Python()}", {None}),
    "many loops": ("tasks._current_tasks = {i: i for i in range(10**6)}", {None}),
}

PROGRAM = """
import asyncio, _asyncio
from asyncio import tasks
Task = _asyncio.Task
def armed(*args): print("ran"); raise RuntimeError
class Loud:
    __getattribute__ = __getattr__ = __eq__ = __str__ = __repr__ = armed
    def __hash__(self): return 1
class Small:
    __slots__ = ()
class Python:
    def __init__(self): self._name = "of its own"
def hit(n): return n
async def main():
    loop = asyncio.get_running_loop()
    modules, own, table, current = dict(sys.modules), vars(_asyncio).copy(), tasks._current_tasks, asyncio.current_task
    {patch}
    hit(1)
    sys.modules.clear(); sys.modules.update(modules)
    vars(_asyncio).update(own)
    tasks._current_tasks, asyncio.current_task, tasks.current_task = table, current, current
async def named():
    await asyncio.create_task(main(), name="named")
with load({{"fn:__main__.hit:entry": "task=$task"}}) as session:
    asyncio.run(named())
    print(ascii([r[2]["task"] for r in records(session)]))
"""


@pytest.mark.parametrize("patch", PATCHES)
def test_asyncio_replaced(patch):
    does, names = PATCHES[patch]
    (line,) = alone(PROGRAM.format(patch=does))
    (name,) = eval(line)
    assert name in names


# What the application puts into the variable, and whether a request can begin there.
VALUES = {
    "None": ("None", True),
    "text": ("'x'", False),
    "a capsule of another's": ("datetime.datetime_CAPI", False),
    "a capsule with our name": ("capsule(1, b'waspect.request', None)", False),
    "one with an end": ("Ends()", False),
    "a loud one": ("Loud()", False),
}
CONTEXT = """
import contextvars, ctypes, datetime, waspect
ended = []
class Ends:
    def __del__(self): ended.append(1)
class Loud:
    def __getattribute__(self, name): print("ran"); raise RuntimeError
    __eq__ = __hash__ = __bool__ = None
capsule = ctypes.pythonapi.PyCapsule_New
capsule.restype, capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
def handle(f): return f()
def put(v): return v
def look(who): return who
with load({{
    "fn:__main__.handle:entry?scope=request": "", "fn:__main__.put:entry": "set:v",
    "fn:__main__.look:entry": "who=arg0 v=req:v request=$request",
}}) as session:
    handle(lambda: put("known"))
    context = contextvars.copy_context()
    (variable,) = [v for v in context if v.name == "waspect.request"]
    def foreign():
        token = variable.set({value})
        value = variable.get()
        put("foreign")
        look("foreign")
        def within():
            put("within")
            look("within")
        handle(within)
        with waspect.request():
            look("request")
        look("after")
        print(variable.get() is value, ended)
        variable.reset(token)
    context.run(foreign)
    def again():
        put("again")
        look("again")
    handle(again)
    print([(r[2]["who"], r[2]["v"], r[2]["request"] is not None) for r in records(session)])
"""


@pytest.mark.parametrize("value", VALUES)
def test_foreign_values_in_the_variable(value):
    it, begins = VALUES[value]
    kept, rows = alone(CONTEXT.format(value=it))
    assert kept == "True []"
    within = ("within", "within", True) if begins else ("within", None, False)
    assert eval(rows) == [
        ("foreign", None, False),
        within,
        ("request", None, begins),
        ("after", None, False),
        ("again", "again", True),
    ]
