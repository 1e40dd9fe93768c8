"""Probes in your own process: `with waspect.load("slow.wasm") as session: …`.

In: a module as a path or bytes. Out: a `Session`, or a `ProbeError` that names the stage. Never: a dependency, a thread
that nobody asked for, an effect on the probed functions beyond the probe itself.
"""

from __future__ import annotations

import os

from . import _core
from .errors import (
    AttachError,
    CompileError,
    CompilerMissing,
    EngineError,
    ModuleError,
    PolicyError,
    ProbeError,
    SpecError,
)
from .policy import rules_of
from .prepared import listen
from .scopes import asgi, request, wsgi
from .session import Session

TYPE_CHECKING = False  # `typing` would double the time it takes to import this
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from .events import Budget

__all__ = [
    "AttachError",
    "CompileError",
    "CompilerMissing",
    "EngineError",
    "ModuleError",
    "PolicyError",
    "ProbeError",
    "Session",
    "SpecError",
    "asgi",
    "listen",
    "load",
    "request",
    "wsgi",
]
__version__ = _core.__version__


def load(
    path_or_bytes: str | os.PathLike[str] | bytes,
    at: Mapping[str, str] | None = None,
    budget: Budget | None = None,
    *,
    policy: str | os.PathLike[str] | None = None,
    expires: float | None = None,
    profile: Literal["default", "large"] = "default",
) -> Session:
    """Loads a module's probes into this process and attaches them.

    `path_or_bytes` is `.wasm`, `.wat`, a program as `.probe`, or a ready `.cwasm`; as bytes, the content of one
    (`b"fn:shop.cart.add:entry { capture(arg0); }"`). `at` says where exports belong that do not say it themselves
    (`{"on_query": "fn:shop.db.query:entry"}`); `budget` lowers limits, and also raises rates and the
    share of time; `policy` is a file of rules for what may be read, probed and spent (else what `WASPECT_POLICY`
    names); after `expires` seconds the probes are detached, by the first firing or look at the session that comes
    then; `profile="large"` is for modules that bring a language's runtime along, as Go's do (an artifact has the
    profile it was compiled with). Raises a `ProbeError`.
    """
    rules = rules_of(policy)
    source, name = _read(path_or_bytes)
    artifact = _compiled(source, name, at or {}, profile) if _is_source(source, name) else source
    return Session(_core.load(artifact, budget or {}, rules, expires))


def _read(path_or_bytes: str | os.PathLike[str] | bytes) -> tuple[bytes, str]:
    if isinstance(path_or_bytes, bytes):
        return path_or_bytes, "<bytes>"
    # A number would be taken for a descriptor, and closed.
    with open(os.fspath(path_or_bytes), "rb") as file:
        return file.read(), str(file.name).rpartition("/")[2]


def _is_source(source: bytes, name: str) -> bool:
    """Wasm, its text, or a program; anything else is an artifact, or refused as one."""
    first = source.lstrip()[:1]
    if source.startswith(b"\0asm") or first in {b"(", b";"} or name.endswith(".probe"):
        return True
    # Bytes without a name: an artifact begins with a word too, but has zeros.
    return name == "<bytes>" and b"\0" not in source and (first.isalpha() or first in {b"#", b"/", b"@"})


def _compiled(source: bytes, name: str, at: Mapping[str, str], profile: str = "default") -> bytes:
    from . import compiler  # noqa: PLC0415 — a ready artifact needs none

    specs = [f"{export}={spec}" for export, spec in at.items()]
    return _core.compile(compiler.find(), source, name, specs, profile)
