"""Call stacks: what a probe is told is what Python itself would show of the same moment, and nobody notices.

In: functions of a made-up module, called every way. Out: the frames of the probe beside those of `sys._getframe`. Never
here: a pause, a network.
"""

from __future__ import annotations

import gc
import sys
import threading
import types

import pytest

import probing
import waspect
from stacks import (
    CAPTURE,
    FILES,
    FRAMES_MAX,
    LINES,
    SOURCE,
    TASKS,
    WAT,
    expected,
    made_subject,  # noqa: F401
    one,
    probed,
)

CALLS = """plain nested generator delegating comprehended expression sorting partial mapping handling executed evaluated
    class_body ending"""


@pytest.mark.parametrize("flags", [0, LINES, FILES, LINES | FILES, TASKS])
@pytest.mark.parametrize("name", CALLS.split())
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
        with pytest.raises(ValueError, match="0"):
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


@pytest.mark.parametrize(("lines", "shown"), [(10_000, ":10002"), (100_000, "")])
def test_long_functions(subject, lines, shown):
    """A line is looked for in a table of 50 kB, not in one of 500 kB."""
    space = {}
    exec(compile("def f(leaf):\n" + "    x = 1\n" * lines + "    leaf()\n", "<long>", "exec"), space)
    _, found = one(lambda: space["f"](subject.leaf), LINES, 2)
    assert found[1] == "f" + shown


def test_long_lines_are_charged(subject):
    """Looking for lines costs by the tables' length, so that a firing cannot do it for ever."""
    body = "def f(n):\n" + "    x = 1\n" * 10_000 + "    return f(n - 1) if n else leaf()\n"
    space = {"leaf": subject.leaf}
    exec(compile(body, "<long>", "exec"), space)
    wat = WAT.format(target="leaf", point="entry", max=10, flags=LINES)
    with waspect.load(wat.encode(), budget={"share": 1}) as session:
        space["f"](10)
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
    with waspect.load(wat.encode(), budget={"share": 1}) as session:
        for call in (subject.plain, subject.plain, subject.nested):
            call()
        found = {tuple(a["key"][0]["$stack"]): a["value"] for a in session.aggregations()}
    assert found == {
        ("stack_subject.leaf", "stack_subject.plain", "test_stack.test_as_a_key"): 2,
        ("stack_subject.leaf", "stack_subject.nested.inner.<lambda>", "stack_subject.nested.inner"): 1,
    }


def test_a_deep_key_is_cut_and_marked(subject):
    wat = WAT.format(target="leaf", point="entry", max=64, flags=0)
    with waspect.load(wat.encode(), budget={"share": 1}) as session:
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
        with waspect.load(wat.encode(), budget={"share": 1}) as session:
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
    with waspect.load(wat.encode(), budget={"share": 1}) as session:
        before, after = outer()
        assert list(probing.firings(session).values()) == [1]
    assert [each[0] for each in before[2:]] == [each[0] for each in after[2:]]
    assert [each[1] for each in before[2:]] == [each[1] for each in after[2:]]
