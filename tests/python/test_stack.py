"""Call stacks: what a probe is told is what Python itself would show of the same moment, and nobody notices.

In: functions of a made-up module, called every way. Out: the probe's frames beside those of `sys._getframe`. Never here: a
pause, a network.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import sys
import threading
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


@pytest.fixture(autouse=True)
def subject():
    module = types.ModuleType("stack_subject")
    exec(compile(SOURCE, SUBJECT_FILE, "exec"), module.__dict__)
    sys.modules["stack_subject"] = module
    yield module
    del sys.modules["stack_subject"]


def probed(run, flags=0, most=FRAMES_MAX, target="leaf", point="entry"):
    """What `run` gives, and each firing's stack."""
    wat = WAT.format(target=target, point=point, max=most, flags=flags)
    with waspect.load(wat.encode()) as session:
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


CALLS = [
    "plain nested generator delegating comprehended expression sorting partial mapping handling executed evaluated",
    "class_body ending",
]


@pytest.mark.parametrize("flags", [0, LINES, FILES, LINES | FILES, TASKS])
@pytest.mark.parametrize("name", " ".join(CALLS).split())
def test_as_python_shows_it(subject, name, flags):
    def run():
        result = getattr(subject, name)()
        return next(result) if isinstance(result, types.GeneratorType) else result

    seen, found = one(run, flags)
    assert found == expected(seen, flags)
    assert found[0].startswith("stack_subject.leaf")


@pytest.mark.parametrize("name", ["method", "of_class", "static", "computed", "absent"])
def test_methods(subject, name):
    def run():
        it = getattr(subject.Thing(), name)
        return it() if callable(it) else it

    seen, found = one(run, LINES | FILES)
    assert found == expected(seen, LINES | FILES)


def test_a_special_method(subject):
    it = subject.Thing()
    _, found = one(lambda: it == 1, LINES)
    assert found[1].startswith("stack_subject.Thing.__eq__:")
    assert found == expected(it.seen, LINES)


def test_recursion(subject):
    seen, found = one(lambda: subject.recursive(10), LINES)
    assert found == expected(seen, LINES)
    assert sum(frame.startswith("stack_subject.recursive:") for frame in found) == 11


@pytest.mark.parametrize("most", [1, 2, 5, 63, 64, 65, 2**31 - 1])
def test_no_more_than_was_asked_for(subject, most):
    seen, found = one(lambda: subject.recursive(100), LINES, most)
    assert found == expected(seen, LINES, min(most, FRAMES_MAX))


def test_a_hundred_thousand_frames(subject):
    """In a thread with a stack of its own: the walk ends where it was told to."""
    limit, out = sys.getrecursionlimit(), []

    def run():
        thread = threading.Thread(target=lambda: out.append(subject.recursive(100_000)))
        thread.start()
        thread.join()

    sys.setrecursionlimit(200_000)
    threading.stack_size(512 << 20)
    try:
        _, found = one(run)
    finally:
        threading.stack_size(0)
        sys.setrecursionlimit(limit)
    assert len(out[0]) > 100_000
    assert found == ["stack_subject.leaf", *["stack_subject.recursive"] * (FRAMES_MAX - 1)]


def test_a_module_being_imported(subject, tmp_path, monkeypatch):
    (tmp_path / "stack_subject_module.py").write_text("import stack_subject\nout = stack_subject.leaf()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        seen, found = one(subject.imported, LINES | FILES)
    finally:
        sys.modules.pop("stack_subject_module", None)
    assert found == expected(seen, LINES | FILES)
    assert found[1] == f"stack_subject_module.<module> ({tmp_path / 'stack_subject_module.py'}:2)"


def test_exits(subject):
    """At a return the line is the one that returns."""
    _, found = probed(lambda: subject.after_return(1), LINES, 1, "after_return", "return")
    first = next(n for n, line in enumerate(SOURCE.splitlines(), 1) if line.startswith("def after_return"))
    assert found == [{"$stack": [f"stack_subject.after_return:{first + 2}"]}]

    def raises():
        with pytest.raises(ValueError):
            subject.after_return(0)

    _, found = probed(raises, LINES, 2, "after_return", "raise")
    assert found[0]["$stack"][0] == f"stack_subject.after_return:{first + 3}"
    assert found[0]["$stack"][1].startswith("test_stack.test_exits.raises:")


def test_threads(subject):
    out = []

    def run():
        thread = threading.Thread(target=lambda: out.append(subject.plain()), name="other")
        thread.start()
        thread.join()

    _, found = one(run, LINES)
    assert found == expected(out[0], LINES)
    assert found[-1].startswith("threading.Thread._bootstrap:")


def test_greenlets(subject):
    gevent = pytest.importorskip("gevent")

    def run():
        jobs = [gevent.spawn(lambda: (gevent.sleep(0), subject.plain())[1]) for _ in range(3)]
        gevent.joinall(jobs)
        return [job.value for job in jobs]

    given, found = probed(run, LINES)
    assert [stack["$stack"] for stack in found] == [expected(seen, LINES) for seen in given]
    assert not any("pytest" in frame for frame in found[0]["$stack"])


# --- asyncio

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
    assert between == [*(f"stack_subject.{frame}" for frame in behind), "test_stack.awaits.named"]
    assert not any(frame.startswith(("asyncio.events", "asyncio.runners")) for frame in found)


def test_tasks_that_wait_for_tasks_that_wait(subject):
    _, found = awaits(subject, "two_tasks_on")
    assert found == [
        *AWAITED,
        "task:outer",
        "stack_subject.two_tasks_on.outer",
        "task:main",
        "stack_subject.two_tasks_on",
        "test_stack.awaits.named",
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
    assert found[4:] == ["test_stack.test_deep_awaits.down"] * (FRAMES_MAX - 4)


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


# --- what is odd


def replaced(function, **changes):
    return types.FunctionType(function.__code__.replace(**changes), function.__globals__)


@pytest.mark.parametrize(
    ("name", "shown"),
    {
        "x\ud800y": "x\ufffdy",
        "a\nb\x1b[2J": "a\nb\x1b[2J",
        "": "",
        "\u20ac" * 2: "\u20ac\u20ac",
        "n" * 100_000: "n" * 256 + "\u2026",
        "\U0001f40d" * 10_000: "\U0001f40d" * 64 + "\u2026",
    }.items(),
    ids=["surrogate", "controls", "empty", "wide", "long", "long and wide"],
)
def test_hostile_names(subject, name, shown):
    caller = replaced(subject.plain, co_qualname=name, co_filename=name)
    _, found = one(caller, FILES)
    file = name.encode("utf-8", "replace").decode().replace("?", "\ufffd") if len(name) < 100 else None
    assert found[1].startswith(f"stack_subject.{shown} (")
    if file is not None:
        assert found[1] == f"stack_subject.{shown} ({file})"
    assert len(found[1].encode()) < 1_200


@pytest.mark.parametrize("name", [None, 7, b"bytes", type("Name", (str,), {})("sub"), ""])
def test_modules_without_a_name(subject, name):
    space = {"leaf": subject.leaf} | ({} if name is None else {"__name__": name})
    exec(compile("def f(): leaf()", "<made up>", "exec"), space)
    _, found = one(space["f"])
    assert found[1] == "f"


@pytest.mark.parametrize("table", [b"", b"\x00", b"\xff" * 3, b"\x80" * 5, bytes(range(256)), b"\xf0" * 500], ids=repr)
def test_code_without_lines(subject, table):
    """A line table that says nothing, or nothing sensible: what Python makes of it, and no line where it makes none."""
    caller = replaced(subject.plain, co_linetable=table)
    seen, found = one(caller, LINES)
    line = seen[1][2]
    assert found[1] == "stack_subject.plain" + (f":{line}" if line is not None else "")
    assert found[2:] == expected(seen, LINES)[2:]


def test_long_lines_are_charged(subject):
    """A caller with a huge line table: walking it costs, so that a firing cannot do it for ever."""
    body = "def f(leaf):\n" + "    x = 1\n" * 200_000 + "    leaf()\n"
    space = {}
    exec(compile(body, "<long>", "exec"), space)
    wat = WAT.format(target="leaf", point="entry", max=2, flags=LINES)
    with waspect.load(wat.encode()) as session:
        space["f"](subject.leaf)
        assert [e["kind"] for e in probing.events(session, "fault")] == ["host_budget"]


def test_long_stacks_are_cut(subject):
    """Names so long that not all frames fit: a mark says so."""
    name = "m" * 256
    space = {"leaf": subject.leaf, "__name__": name}
    exec(compile("def f(n): return leaf() if n == 0 else f(n - 1)", "/" * 600, "exec"), space)
    deep = replaced(space["f"], co_qualname=name)
    space["f"] = deep
    with waspect.load(CAPTURE.format(target="leaf", point="entry", max=64, flags=FILES).encode()) as session:
        deep(100)
        (record,) = probing.records(session)
    cut = record[2]["s"]
    assert (cut["$truncated"], cut["total"]) == ("budget", None)
    frames = cut["value"]["$stack"]
    assert frames[0].startswith("stack_subject.leaf") and 10 < len(frames) < 20
    assert frames[1] == f"{name}.{name} ({'/' * 512}\u2026)"


def test_as_a_key(subject):
    wat = WAT.format(target="leaf", point="entry", max=3, flags=0)
    with waspect.load(wat.encode()) as session:
        for call in (subject.plain, subject.plain, subject.nested):
            call()
        found = {tuple(a["key"][0]["$stack"]): a["value"] for a in session.aggregations()}
    assert found == {
        ("stack_subject.leaf", "stack_subject.plain", "test_stack.test_as_a_key"): 2,
        ("stack_subject.leaf", "stack_subject.nested.inner.<lambda>", "stack_subject.nested.inner"): 1,
    }


def test_a_deep_key_is_cut_and_marked(subject):
    wat = WAT.format(target="leaf", point="entry", max=64, flags=0)
    with waspect.load(wat.encode()) as session:
        subject.recursive(100)
        (aggregation,) = session.aggregations()
    (key,) = aggregation["key"]
    assert (key["$truncated"], key["total"]) == ("budget", FRAMES_MAX)
    assert key["value"]["$stack"][:2] == ["stack_subject.leaf", "stack_subject.recursive"]
    assert 20 < len(key["value"]["$stack"]) < FRAMES_MAX


# --- nobody notices


def test_no_frame_object_is_made(subject):
    """Frames that nobody asked for stay as they are: no object appears, no reference is kept."""
    counts = []

    def down(n):
        return subject.quiet() if n == 0 else down(n - 1)

    exec("def quiet(): pass", subject.__dict__)
    code = down.__code__, subject.quiet.__code__
    down(20)
    gc.collect()
    gc.disable()
    try:
        wat = WAT.format(target="quiet", point="entry", max=64, flags=LINES | FILES | TASKS)
        with waspect.load(wat.encode()) as session:
            down(20)
            before = [sys.getrefcount(c) for c in code], sum(type(o) is types.FrameType for o in gc.get_objects())
            for _ in range(100):
                down(20)
            after = [sys.getrefcount(c) for c in code], sum(type(o) is types.FrameType for o in gc.get_objects())
            counts.append(probing.firings(session))
    finally:
        gc.enable()
    assert before == after
    assert list(counts[0].values()) == [101]


def test_the_frames_are_the_same_afterwards(subject):
    """A frame object that was there before is the one that is there afterwards, linked as before."""
    exec("def quiet(): pass", subject.__dict__)

    def inner():
        frame = sys._getframe()
        chain = []
        while frame is not None:
            chain.append((id(frame), sys.getrefcount(frame), frame.f_lineno if chain else 0))
            frame = frame.f_back
        return chain

    def outer():
        before = inner()
        subject.quiet()
        after = inner()
        return before, after

    wat = WAT.format(target="quiet", point="entry", max=64, flags=LINES | TASKS)
    with waspect.load(wat.encode()) as session:
        before, after = outer()
        assert list(probing.firings(session).values()) == [1]
    assert [each[0] for each in before[2:]] == [each[0] for each in after[2:]]
    assert [each[1] for each in before[2:]] == [each[1] for each in after[2:]]
