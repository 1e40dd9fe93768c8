"""The native half: artifacts in, sessions out. Use `waspect.load` instead."""

from collections.abc import Sequence
from os import PathLike
from types import FrameType
from typing import final

from waspect.events import Aggregation, Budget, Event, Function, Ledger, Link, Summary

__version__: str

def handed_compiler() -> PathLike[str] | None:
    """The `waspect` binary that started this process, if one did."""

def compile(  # noqa: A001
    compiler: str, source: bytes, name: str, at: Sequence[str], profile: str = "default"
) -> bytes:
    """Text or wasm → artifact, by `compiler` in a process of its own that the application never sees as a child.

    Raises `SpecError`, `ModuleError`, `CompileError` or, for a profile that there is not, `PolicyError`.
    """

def policy(compiler: str, text: bytes, name: str) -> bytes:
    """A policy file's text → what it says, by `compiler`. Raises `PolicyError`."""

def load(artifact: bytes, budget: Budget, policy: bytes, expires: float | None = None) -> Session:
    """Attaches an artifact's probes, under what `policy` gave (empty: what holds without a file), for `expires` seconds
    if that is said.

    Raises `EngineError`, `AttachError` or `PolicyError`.
    """

def load_for_frames(artifact: bytes, policy: bytes) -> Session:
    """An artifact whose probes are attached nowhere, for `Session.execute`, under what `policy` gave.

    Raises `EngineError`, `AttachError` or `PolicyError`.
    """

def _listen(folder: str) -> str:
    """Lets operators reach this process by a socket in a private folder; gives the socket's path."""

@final
class Request:
    """A place where a request begins; use `waspect.request`."""

    def __enter__(self) -> Request: ...
    def __exit__(self, kind: object, error: object, trace: object) -> None: ...

@final
class Session:
    """Probes loaded together; dropping it detaches them."""

    def poll(self) -> list[Event]:
        """What was committed since the last call, without waiting."""

    def execute(
        self,
        probe: int,
        frame: FrameType,
        point: int,
        outcome: object,
        store: dict[str, object],
        written: dict[str, object],
    ) -> list[Event]:
        """Executes one probe on a frame, at its entry (0), return (1) or raise (2); gives what it emitted."""

    def aggregations(self) -> list[Aggregation]: ...
    def stats(self) -> list[Summary | Function | Ledger]: ...
    def links(self) -> list[Link]: ...
    def detach(self) -> None:
        """Gives every function its original code back; counts stay readable. Again: nothing."""

    @property
    def detached(self) -> bool: ...
