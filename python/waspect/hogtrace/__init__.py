"""HogTrace's interface over waspect's compiler and runtime: what is written for `hogtrace` runs with this in its place.

In: programs as text, frames of the caller, a request store. Out: what the first capture captured, or nothing. Never: a
function that is instrumented, a name of `builtins` that a program calls, work without a bound.

    import sys
    import waspect.hogtrace as h
    sys.modules["hogtrace"] = h
"""

from __future__ import annotations

import os

from . import request_store, vm
from ._program import (
    BYTECODE_VERSION,
    CompilationError,
    ParseError,
    Probe,
    ProbeExecutor,
    ProbeSpec,
    Program,
    compile,  # noqa: A004 — HogTrace's name for it
    execute_probe,
    parse,
)
from ._store import RequestContext, RequestLocalStore

__all__ = [
    "BYTECODE_VERSION",
    "CompilationError",
    "ParseError",
    "Probe",
    "ProbeExecutor",
    "ProbeSpec",
    "Program",
    "RequestContext",
    "RequestLocalStore",
    "compile",
    "compile_file",
    "execute_probe",
    "parse",
    "parse_file",
    "request_store",
    "vm",
]


def compile_file(file_path: str | os.PathLike[str]) -> Program:
    """Compiles a file. Raises `FileNotFoundError`, or `CompilationError`."""
    with open(file_path, encoding="utf-8") as file:
        return compile(file.read())


def parse_file(file_path: str | os.PathLike[str]) -> Program:
    """The same, raising `ParseError`."""
    with open(file_path, encoding="utf-8") as file:
        return parse(file.read())
