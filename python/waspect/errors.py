"""Why a probe was not loaded: `ProbeError`, and one subclass per stage it can fail at.

In: nothing. Out: classes; the native half raises them as `SpecError(message, hint)`. Never: an error for a call of the
application, which goes through whatever happens to its probes.
"""

from __future__ import annotations


class ProbeError(Exception):
    """A probe was not loaded. The text says why; `hint`, where there is one, what would be accepted."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class SpecError(ProbeError):
    """An export's name, or one given with `at`, is not a probe spec."""


class ModuleError(ProbeError):
    """The bytes are not a module that may run: malformed, too large, or with an import or feature that is refused."""


class CompileError(ProbeError):
    """The compiler ended without an artifact; the text names the limit that ended it, if one did."""


class CompilerMissing(CompileError):  # noqa: N818 — named for what the reader must install
    """No `waspect` binary beside this package; a ready `.cwasm` can still be loaded."""


class EngineError(ProbeError):
    """The artifact is damaged, or was made by another version or for another machine."""


class AttachError(ProbeError):
    """This interpreter cannot be probed. (A function that is missing or cannot be is no error: see `Session.links`.)"""


class PolicyError(ProbeError):
    """The module asks for something that policy withholds here."""
