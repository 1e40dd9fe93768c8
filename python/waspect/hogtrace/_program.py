"""Programs and their execution on frames.

In: a program's text; a frame, a store, how the call went. Out: a `Program`; what its first capture captured. Never: an
exception for a read that failed, a change of the frame.
"""

from __future__ import annotations

from .. import _core
from ..errors import ProbeError
from ..policy import rules_of
from . import _source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from ._store import RequestLocalStore

BYTECODE_VERSION = 1
# What serialised programs begin with. The text follows: bytes that were compiled elsewhere would have to be trusted.
_MAGIC = b"waspect.hogtrace\x00\x01"


class CompilationError(ValueError):
    """A program that does not compile; the text shows every mistake."""


class ParseError(CompilationError):
    """The same, from `parse`."""


class ProbeSpec:
    """Where a probe belongs: a dotted path, and `entry`, `exit`, `return` or `raise`."""

    __slots__ = ("specifier", "target")

    def __init__(self, specifier: str, target: str) -> None:
        self.specifier = specifier
        self.target = target

    def __str__(self) -> str:
        return f"fn:{self.specifier}:{self.target}" if self.specifier else self.target

    def __repr__(self) -> str:
        return f"<ProbeSpec {self}>"


class Probe:
    """One probe of a program. `predicate` and `body` are its text; a probe without predicate has none."""

    __slots__ = ("_is_exit", "_number", "body", "id", "predicate", "spec")

    def __init__(self, number: int, point: _source.Point) -> None:
        self._number = number
        self._is_exit = point.target in {"exit", "return"}
        self.id = f"probe_{number}"
        self.spec = ProbeSpec(point.specifier, point.target)
        self.predicate = point.predicate.encode()
        self.body = point.body.encode()

    def __repr__(self) -> str:
        return f"<Probe {self.id} {self.spec}>"


class Program:
    """Probes that were compiled together."""

    __slots__ = ("_artifact", "_native", "_rules", "_text", "probes")
    version = BYTECODE_VERSION
    sampling = 1.0

    def __init__(self, text: str, artifact: bytes | None) -> None:
        self._text = text
        self._artifact = artifact
        # Of the whole process: whoever executes a program is held to it as whoever loads a module.
        self._rules = rules_of() if artifact else b""
        self.probes = [Probe(number, point) for number, point in enumerate(_source.points(text))]
        self._renew()

    def _renew(self) -> None:
        self._native = _core.load_for_frames(self._artifact, self._rules) if self._artifact else None

    def to_bytes(self) -> bytes:
        return _MAGIC + self._text.encode()

    @staticmethod
    def from_bytes(data: bytes) -> Program:
        """The program that `to_bytes` gave. Raises `RuntimeError` for anything else."""
        if not data.startswith(_MAGIC):
            raise RuntimeError("Deserialization error: expected what `Program.to_bytes` gives")
        try:
            return compile(data[len(_MAGIC) :].decode())
        except ValueError as error:
            raise RuntimeError(f"Deserialization error: {error}") from error

    def __len__(self) -> int:
        return len(self.probes)

    def __repr__(self) -> str:
        return f"<Program of {len(self.probes)} probes>"


class ProbeExecutor:
    """One probe with its store, to be executed on many frames."""

    __slots__ = ("_probe", "_program", "_store")

    def __init__(self, program: Program, probe: Probe, store: RequestLocalStore) -> None:
        self._program, self._probe, self._store = program, probe, store

    def execute(
        self, frame: FrameType, retval: object = None, exception: BaseException | None = None
    ) -> dict[str, object] | None:
        return execute_probe(self._program, self._probe, frame, self._store, retval, exception)


def compile(source: str) -> Program:  # noqa: A001 — HogTrace's name for it
    """A program from its text. Raises `CompilationError`, which is a `ValueError`."""
    try:
        return Program(source, _compiled(source))
    except ProbeError as error:
        raise CompilationError(f"Compilation error: {_told(error)}") from error


def parse(source: str) -> Program:
    """The same, raising `ParseError`."""
    try:
        return compile(source)
    except CompilationError as error:
        raise ParseError(*error.args) from error


def execute_probe(  # noqa: PLR0917 — HogTrace's order
    program: Program,
    probe: Probe,
    frame: FrameType,
    store: RequestLocalStore,
    retval: object = None,
    exception: BaseException | None = None,
) -> dict[str, object] | None:
    """Executes a probe of the program on a frame, at the exit of its call if there is a return value or an exception.

    Gives the first capture; none where the predicate does not hold. Raises `RuntimeError` when a bound ended the probe.
    """
    native = program._native
    if native is None:
        return None
    written: dict[str, object] = {}
    # A probe of an exit sees one even where the value is None.
    point = 2 if exception is not None else 1 if retval is not None or probe._is_exit else 0
    outcome = exception if point == 2 else retval
    reports = native.execute(probe._number, frame, point, outcome, store._values.get(), written)
    if written:
        store._written(written)
    if not reports:
        return None
    captured: dict[str, object] | None = None
    for report in reports:
        if report["type"] == "record" and captured is None:
            captured = dict(report["fields"])
        elif report["type"] == "state" and report["state"] == "disarmed":
            # Whoever calls this decides when to stop.
            program._renew()
    for report in reports:
        if report["type"] == "fault":
            raise RuntimeError(f"Execution error: the probe was ended, `{report['kind']}`")
    return captured


def _compiled(source: str) -> bytes | None:
    if _source.is_empty(source):
        return None
    from .. import compiler  # noqa: PLC0415 — slow to import, and its absence is this call's error

    binary, adapted = compiler.find(), _source.adapted(source)
    try:
        return _core.compile(binary, adapted.encode(), "<program>.probe", [])
    except ProbeError:
        if adapted == source:
            raise
    # Once more as it was written: its mistakes are shown where they are.
    return _core.compile(binary, source.encode(), "<program>.probe", [])


def _told(error: ProbeError) -> str:
    return f"{error}\n  help: {error.hint}" if error.hint else str(error)
