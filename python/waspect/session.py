"""A session: the probes of one module, attached while it lives.

In: the native session. Out: events, aggregations, counts. Never: state of its own beside the callbacks' thread, which
exists only once somebody registered a callback.
"""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from . import _core
    from .events import Aggregation, Event, Function, Ledger, Link, Summary

# How long to sleep when nothing came: short at first, so that a busy probe is followed closely.
_NAP_SECONDS_MIN, _NAP_SECONDS_MAX = 0.001, 0.05


class Session:
    """Probes loaded together. Leaving the `with` block detaches them; so does losing the last reference to it."""

    def __init__(self, native: _core.Session) -> None:
        self._native = native

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.detach()

    def __del__(self) -> None:
        # A thread that calls back has the native half; it ends with this.
        if native := getattr(self, "_native", None):
            native.detach()

    def __repr__(self) -> str:
        return f"<waspect.Session {'detached' if self._native.detached else 'attached'}>"

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """Yields events as they come, until detached and drained, or until none came for `timeout` seconds.

        Each event goes to one reader: iterators and callbacks of one session share them.
        """
        # A generator of its own, which keeps the session while somebody iterates.
        yield from _events(self._native, timeout)

    def aggregations(self) -> list[Aggregation]:
        """Every key of every aggregation, as it stands now."""
        return self._native.aggregations()

    def stats(self) -> list[Summary | Function | Ledger]:
        """Each probe's account and each function's calls, as they stand now; last, what a full ledger refused."""
        return self._native.stats()

    @property
    def links(self) -> list[Link]:
        """Where each probe is attached, and why it is not."""
        return self._native.links()

    def on_event(self, callback: Callable[[Event], object]) -> None:
        """Calls back with each event, from a thread of its own; what it raises goes to `threading.excepthook`."""
        import threading  # noqa: PLC0415 — only callbacks need one

        follow = threading.Thread(target=_follow, args=(self._native, callback), name="waspect-events", daemon=True)
        follow.start()

    def detach(self) -> None:
        """Gives every function its original code back; events and counts stay readable."""
        self._native.detach()


def _events(native: _core.Session, timeout: float | None) -> Iterator[Event]:
    nap, heard = _NAP_SECONDS_MIN, time.monotonic()
    while True:
        last = native.detached
        if events := native.poll():
            yield from events
            nap, heard = _NAP_SECONDS_MIN, time.monotonic()
        elif last or (timeout is not None and time.monotonic() - heard >= timeout):
            return
        else:
            time.sleep(nap)
            nap = min(nap * 2, _NAP_SECONDS_MAX)


def _follow(native: _core.Session, callback: Callable[[Event], object]) -> None:
    import threading  # noqa: PLC0415 — only callbacks need one

    for event in _events(native, None):
        try:
            callback(event)
        except Exception:
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
