"""Finds the `waspect` binary that came with this package.

In: this installation's RECORD, or what the binary that started the process handed over. Out: its path. Never: PATH, or
any other place where somebody else could put a program of that name.
"""

from __future__ import annotations

import os

from .errors import CompilerMissing


def find() -> str:
    """The path of the binary; raises `CompilerMissing`."""
    from . import _core  # noqa: PLC0415 — `python -m waspect` finds the binary even where the native half cannot load

    handed = _core.handed_compiler()
    return os.fspath(handed) if handed else installed()


def installed() -> str:
    """The binary of this wheel; raises `CompilerMissing`."""
    from importlib import metadata  # noqa: PLC0415 — slow to import and rarely wanted

    here = os.path.realpath(os.path.dirname(__file__))
    for distribution in metadata.distributions(name="waspect", path=[os.path.dirname(here)]):
        for file in distribution.files or []:
            path = os.path.realpath(str(distribution.locate_file(file)))
            if file.name == "waspect" and os.access(path, os.X_OK) and not os.path.isdir(path):
                return path
    raise CompilerMissing(f"no `waspect` binary belongs to `{here}`", "install the wheel, or load a ready `.cwasm`")
