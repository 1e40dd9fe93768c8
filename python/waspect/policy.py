"""Policy files: what may be loaded, read, probed and spent in this process.

In: a path, or what `WASPECT_POLICY` names. Out: rules as the agent takes them, empty where there is no file. Never: a
file passed over that cannot be read.
"""

from __future__ import annotations

import os

from . import _core
from .errors import PolicyError


def rules_of(path: str | os.PathLike[str] | None = None) -> bytes:
    """The rules of a file, read by another process. Raises `PolicyError`."""
    path = path or os.environ.get("WASPECT_POLICY")
    if not path:
        return b""
    from . import compiler  # noqa: PLC0415 — without a file none is needed

    try:
        with open(os.fspath(path), "rb") as file:
            text = file.read()
    except OSError as error:
        # Whoever named a policy wants it kept: nothing is loaded without.
        raise PolicyError(f"the policy `{os.fspath(path)}` cannot be read: {error.strerror}") from error
    return _core.policy(compiler.find(), text, os.fspath(path))
