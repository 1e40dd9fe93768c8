"""Requests that the program itself begins: a `with` statement, a WSGI wrapper, an ASGI wrapper.

In: applications. Out: the same applications, each of whose calls is one request to probes. Never: a changed answer.
"""

from __future__ import annotations

from . import _core

TYPE_CHECKING = False  # `typing` would double the time it takes to import this
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator
    from contextvars import Context
    from typing import Any

    Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
    Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def request() -> _core.Request:
    """`with waspect.request():`: what runs inside is one request, a child of the one around it."""
    return _core.Request()


def wsgi(app: Wsgi) -> Wsgi:
    """The application, each of whose calls is a request until its body is closed."""
    from contextvars import copy_context  # noqa: PLC0415 — only a program that wraps an application pays for it

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        context, scope = copy_context(), _core.Request()
        context.run(scope.__enter__)
        body: Iterable[bytes] = ()
        try:
            body = context.run(app, environ, start_response)
        finally:
            # What is whole already runs nothing more, and servers treat it better as itself.
            if isinstance(body, list | tuple):
                context.run(scope.__exit__, None, None, None)
        return body if isinstance(body, list | tuple) else _Body(context, scope, body)

    return application


def asgi(app: Asgi) -> Asgi:
    """The application, each of whose calls is a request, but for the one that lasts as long as the server."""

    async def application(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 — as ASGI has them
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            return
        with _core.Request():
            await app(scope, receive, send)

    return application


class _Body:
    """A body that is made while it is sent: each piece in the request's context."""

    def __init__(self, context: Context, scope: _core.Request, body: Iterable[bytes]) -> None:
        self._context, self._scope, self._body = context, scope, body
        self._pieces: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._pieces is None:
            self._pieces = self._context.run(iter, self._body)
        return self._context.run(next, self._pieces)

    def close(self) -> None:
        """As servers do once, whatever happened."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                self._context.run(close)
        finally:
            self._context.run(self._scope.__exit__, None, None, None)
