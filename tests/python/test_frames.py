"""Reads in a running frame: arguments, locals, free variables, globals, line.

In: the extension's testing door, called from the frame that is read. Out: verdicts. Never here: `locals()`.
"""

import sys

import pytest

import hostile
from reads import (  # noqa: F401
    ABSENT,
    core,
    nothing_ran,
    ok,
)


def positional(a, b=2, /, c=3, *rest, d=4, **kw):
    read = core._frame_read
    args = [read("arg0"), read("arg1"), read("arg2"), read("arg3"), read("arg4"), read("arg5")]
    return [value for _, value in args], read("arg-1"), read("$nargs"), read("args"), read("kwargs")


def test_arguments():
    args, last, count, all_, kwargs = positional(1, 2, 3, 5, 6, d=7, e=8)
    assert args == [1, 2, 3, 5, 6, None]
    assert (last, count, all_) == (ok(6), ok(5), ok((1, 2, 3, 5, 6)))
    assert kwargs == ok({"e": 8})
    args, last, count, all_, kwargs = positional(1)
    assert (args, last, count) == ([1, 2, 3, None, None, None], ok(3), ok(3))
    assert kwargs == ok({})


def test_negative_and_absent_arguments():
    def two(a, b):
        read = core._frame_read
        return [read("arg-1"), read("arg-2"), read("arg-3"), read("arg2")]

    assert two(1, 2) == [ok(2), ok(1), ABSENT, ABSENT]

    def none():
        return core._frame_read("arg0"), core._frame_read("arg-1"), core._frame_read("args")

    assert none() == (ABSENT, ABSENT, ok(()))


def test_arguments_are_the_current_ones():
    def rebinding(a, b, *rest):
        a = 10  # noqa: F841
        del b
        first = core._frame_read("arg0"), core._frame_read("arg1"), core._frame_read("local.b")
        rest = [9]  # noqa: F841
        return first, core._frame_read("arg2"), core._frame_read("locals")

    first, rest, locals_ = rebinding(1, 2, 3)
    assert first == (ok(10), ABSENT, ABSENT)
    assert rest == ABSENT
    assert locals_[1]["a"] == 10 and locals_[1]["rest"] == [9] and "b" not in locals_[1]


def test_cells_are_seen_through():
    def outer(a, b):
        c = 3

        def inner(d):
            nonlocal c
            c += 1
            return a, core._frame_read("closure.c"), core._frame_read("closure.d"), core._frame_read("local.a")

        return core._frame_read("arg0"), core._frame_read("local.c"), inner(4), core._frame_read("closure.c")

    arg0, c, inner, not_free = outer(1, 2)
    assert (arg0, c, not_free) == (ok(1), ok(3), ABSENT)
    assert inner == (1, ok(4), ABSENT, ok(1))


def test_unbound_cell():
    def outer():
        def inner():
            return late

        before = core._frame_read("local.late")
        late = 1
        return before, core._frame_read("local.late"), inner

    assert outer()[:2] == (ABSENT, ok(1))


def test_generator_frames():
    def counting(n):
        for i in range(n):  # noqa: B007 — read through the frame
            yield core._frame_read("local.i"), core._frame_read("arg0")

    assert list(counting(2)) == [(ok(0), ok(2)), (ok(1), ok(2))]

    async def task(x):
        return core._frame_read("arg0")

    with pytest.raises(StopIteration) as stop:
        task(5).send(None)
    assert stop.value.value == ok(5)


def test_comprehension_and_lambda():
    n = 5
    assert [(n, core._frame_read("local.n"))[1] for _ in range(1)] == [ok(5)]
    assert (lambda x: core._frame_read("arg0"))(7) == ok(7)  # noqa: PLC3002 — the frame of a lambda is what is read


def test_class_and_module_bodies():
    class Body:
        x = 5
        seen = core._frame_read("local.x")

    assert Body.seen == ok(5)
    scope = {"core": core}
    exec(
        "x = 6\nseen = core._frame_read('local.x'), core._frame_read('global.x')\nline = core._frame_read('$line')",
        scope,
    )
    assert scope["seen"] == (ok(6), ok(6)) and scope["line"] == ok(3)


GLOBAL = {"deep": [1, {"k": 2}]}


def test_globals_and_paths():
    assert core._frame_read('global.GLOBAL["deep"][1]["k"]') == ok(2)
    assert core._frame_read("global.nothing_such") == ABSENT
    assert core._frame_read("global.len") == ABSENT
    assert core._frame_read("local.nothing_such") == ABSENT


def test_line():
    here = core._frame_read("$line")[1], sys._getframe().f_lineno
    assert here[0] == here[1]
    there = (
        core._frame_read("$line")[1],
        sys._getframe().f_lineno,
    )
    assert there[1] - there[0] == 1


def test_frame_reads_leave_no_trace():
    def traced(a):
        frame_before = sys.getrefcount(a)
        for _ in range(100):
            core._frame_read("arg0"), core._frame_read("locals"), core._frame_read("$line")
        return sys.getrefcount(a) - frame_before

    assert traced(object()) == 0


def test_locals_of_hostile_values():
    def holder(loud, special):
        return core._frame_read("locals")

    status, value = holder(hostile.make_everything(), hostile.make_special())
    assert status == "OK" and value["loud"][0] == "$object"
