"""The thin Python layer: what a session yields, when it ends, who hears what. Its native half is made up."""

from __future__ import annotations

import threading

import pytest

import waspect
from waspect.session import Session


class Native:
    """A native session that gives what it is told to, one list a poll."""

    def __init__(self, *polls, detached=False):
        self.polls = list(polls)
        self.detached = detached

    def poll(self):
        return self.polls.pop(0) if self.polls else []

    def detach(self):
        self.detached = True


def test_events_end_when_detached_and_drained():
    assert list(Session(Native([1, 2], [], [3], detached=True)).events()) == [1, 2]
    assert list(Session(Native([1, 2], [3], detached=True)).events()) == [1, 2, 3]


def test_events_end_when_nothing_came_for_a_while():
    assert list(Session(Native([1], [], [2])).events(timeout=0.01)) == [1, 2]
    assert list(Session(Native([1], [2])).events(timeout=0)) == [1, 2]


def test_leaving_the_block_detaches():
    native = Native()
    with Session(native) as session:
        assert repr(session) == "<waspect.Session attached>"
    assert native.detached
    assert repr(session) == "<waspect.Session detached>"


def test_a_callback_that_raises_misses_no_event(monkeypatch):
    heard, raised, done = [], [], threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda hook: raised.append(str(hook.exc_value)))

    def callback(event):
        heard.append(event)
        if event == 3:
            done.set()
        raise ValueError(event)

    Session(Native([1, 2], [3], detached=True)).on_event(callback)
    assert done.wait(10)
    assert heard == [1, 2, 3]
    assert raised[:2] == ["1", "2"]


@pytest.mark.parametrize("name", [n for n in waspect.__all__ if n.endswith("Error") or n == "CompilerMissing"])
def test_every_error_is_a_probe_error_with_a_hint(name):
    error = getattr(waspect, name)("`x` is wrong", "write `y`")
    assert isinstance(error, waspect.ProbeError)
    assert (str(error), error.hint) == ("`x` is wrong", "write `y`")


def test_nothing_is_a_module_that_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        waspect.load(tmp_path / "none.wasm")
