"""What tests of reads share: the testing door, verdicts, and ordinary objects in every form of storage.

In: nothing. Out: helpers. Never here: a test.
"""

import enum
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import hostile
from doors import _core as core


@pytest.fixture(autouse=True)
def nothing_ran():
    """Whatever a test reads, no code of the application runs."""
    hostile.CALLS.clear()
    hostile.LoudKey.loud = False
    yield
    hostile.LoudKey.loud = False
    assert hostile.CALLS == []


def check(obj, path, expected):
    """Reads twice through one site (first read, remembered read) and once through a fresh one."""
    reader = core.Reader(path)
    hostile.LoudKey.loud = True
    reads = [reader(obj), reader(obj), core._read(obj, path)]
    hostile.LoudKey.loud = False
    assert reads == [expected] * 3


def ok(value):
    return ("OK", value)


def tree(obj, **limits):
    """An object as captured and decoded."""
    return core._encode(obj, **limits)[1]


ABSENT, CODE, KIND = ("ABSENT", None), ("CODE", None), ("KIND", None)


class Plain:
    shared = "of the class"

    def __init__(self):
        self.x = 1


class Slots:
    __slots__ = ("left", "right")

    def __init__(self):
        self.left = 1


class SlotsAndDict(Slots):
    def __init__(self):
        super().__init__()
        self.own = 2


def materialised():
    plain = Plain()
    plain.__dict__  # noqa: B018 — looking at it is what makes it
    return plain


def replaced():
    plain = Plain()
    plain.__dict__ = {"x": 1, "other": 2}
    return plain


def replaced_by_subclass():
    plain = Plain()
    plain.__dict__ = hostile.loud_subclass(dict, {"x": 1})
    return plain


def general_dict():
    plain = Plain()
    plain.__dict__[1] = 2
    return plain


def loud_key_dict():
    plain = Plain()
    plain.__dict__[hostile.LoudKey("loud")] = 1
    return plain


def many_attributes():
    plain = Plain()
    for i in range(100):
        setattr(plain, f"a{i}", i)
    return plain


def exception():
    error = ValueError("message", 2)
    error.note = 3
    return error


def caused():
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise ValueError("outer") from inner
    except ValueError as outer:
        return outer


class IntWithDict(int):
    pass


def int_with_dict(n):
    number = IntWithDict(n)
    number.x = 1
    return number


class TupleWithDict(tuple):
    pass


def tuple_with_dict():
    it = TupleWithDict((1, 2, 3))
    it.x = 1
    return it


class Borrowed:
    left = Slots.left


class Colour(enum.Enum):
    RED = 1
