"""What is kept for one request: `RequestLocalStore`, and `RequestContext`, which begins with nothing.

In: names and any objects. Out: the same objects. Never: a value that another task or thread wrote; each context goes on
with what it was begun with, and its own writes.
"""

from __future__ import annotations

from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token
    from types import TracebackType

_NOTHING: dict[str, object] = {}


class RequestLocalStore:
    """Values by name, of the running context. A task begins with its parent's; neither sees what the other writes."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        # A dict that is in here is never changed: copies of the context have the same one.
        self._values: ContextVar[dict[str, object]] = ContextVar("hogtrace.request", default=_NOTHING)

    def set(self, name: str, value: object) -> None:
        self._values.set({**self._values.get(), name: value})

    def get(self, name: str, default: object = None) -> object:
        return self._values.get().get(name, default)

    def has(self, name: str) -> bool:
        return name in self._values.get()

    def delete(self, name: str) -> None:
        """Forgets a value, if there is one."""
        self._values.set({kept: value for kept, value in self._values.get().items() if kept != name})

    def clear(self) -> None:
        self._values.set(_NOTHING)

    def all(self) -> dict[str, object]:
        """A copy of everything."""
        return dict(self._values.get())

    def __contains__(self, name: object) -> bool:
        return name in self._values.get()

    def __getitem__(self, name: str) -> object:
        return self._values.get()[name]

    def __setitem__(self, name: str, value: object) -> None:
        self.set(name, value)

    def __repr__(self) -> str:
        return f"RequestLocalStore({self._values.get()!r})"

    def _written(self, values: Mapping[str, object]) -> None:
        self._values.set({**self._values.get(), **values})


class RequestContext:
    """`with RequestContext(store):`: the store is empty inside, and afterwards what it was before."""

    __slots__ = ("_tokens", "store")

    def __init__(self, store: RequestLocalStore) -> None:
        self.store = store
        self._tokens: list[Token[dict[str, object]]] = []

    def __enter__(self) -> RequestLocalStore:
        self._tokens.append(self.store._values.set(_NOTHING))
        return self.store

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.store._values.reset(self._tokens.pop())
        except ValueError:
            # Left in another context than it was entered in, which has nothing to go back to.
            self.store.clear()
