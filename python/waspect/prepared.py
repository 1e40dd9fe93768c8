"""A process that operators reach without the right to trace it: `waspect.listen()`, or `WASPECT=1` in its environment.

In: nothing. Out: a socket in the user's private folder, on which nothing waits until somebody knocks. Never: a thread,
an import that the interpreter has not made by itself.
"""

from __future__ import annotations

import os
import stat
import sys

# As `src/control/place.rs`: less the longest name, and what leads into another process's files.
_FOLDER_BYTES_MAX = 107 - len("/op-4194304-18446744073709551615.sock") - len("/proc/4194304/root")


def listen() -> str:
    """Lets `waspect attach`, `load` and `top` of this user and of root reach this process; gives the socket's path.

    Call it on the main thread, which runs a handler of SIGURG when somebody knocks: like any signal that ends a
    `signal.pause()`. Forked children get sockets of their own. Raises OSError where there can be no socket, and
    RuntimeError where SIGURG has a handler already.
    """
    from . import _core  # noqa: PLC0415 — this module is imported where nobody listens, too

    return _core._listen(_folder())


def start() -> None:
    """For the interpreter's start: the same, where anything of the application's will run."""
    if not _is_tracker():
        listen()


def _is_tracker() -> bool:
    """A helper of `multiprocessing` that runs nothing of the application's."""
    return any("multiprocessing.resource_tracker" in word for word in sys.orig_argv[1:4])


def _folder() -> str:
    user = os.geteuid()
    folder = _runtime(user) or f"/tmp/waspect-{user}"
    try:  # noqa: SIM105 — `contextlib` is not imported by now
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user or found.st_mode & 0o077:
        raise OSError(f"`{folder}` is not a folder of user {user} with mode 700; remove it, or set XDG_RUNTIME_DIR")
    return folder


def _runtime(user: int) -> str | None:
    """Where nobody else can put something in the place of what is in there."""
    parent = os.environ.get("XDG_RUNTIME_DIR", "")
    folder = f"{parent}/waspect"
    if not parent.startswith("/") or len(os.fsencode(folder)) > _FOLDER_BYTES_MAX:
        return None
    try:
        found = os.stat(parent)
    except OSError:
        return None
    return folder if stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o022 else None
