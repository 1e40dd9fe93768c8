"""HogTrace's `hogtrace.vm`.

In: nothing. Out: names of the package, by their full path, for as `hogtrace.vm` this file
runs once more. Never: a class of its own.
"""

from waspect.hogtrace._program import (
    BYTECODE_VERSION,
    Probe,
    ProbeExecutor,
    ProbeSpec,
    Program,
    compile,  # noqa: A004 — HogTrace's name for it
    execute_probe,
)

__all__ = ["BYTECODE_VERSION", "Probe", "ProbeExecutor", "ProbeSpec", "Program", "compile", "execute_probe"]
