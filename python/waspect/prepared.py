"""A process that operators reach without the right to trace it: `waspect.listen()`, or `WASPECT=1` in its environment.

In: nothing. Out: a socket in the user's private folder, on which nothing waits until somebody knocks. Never: a thread, an
import that the interpreter has not made by itself, an error that keeps the program from starting.
"""

from __future__ import annotations

import os
import stat
import sys

# As `src/control/place.rs`: less the longest name, and what leads into another process's file system.
_FOLDER_BYTES_MAX = 107 - len("/op-4194304-18446744073709551615.sock") - len("/proc/4194304/root")


def listen() -> str:
    """Lets `waspect attach`, `load` and `top` of this user and of root reach this process; gives the socket's path.

    Call it on the main thread, which runs a handler of SIGURG when somebody knocks. Forked children get sockets of their
    own. Raises OSError where there can be no socket, and RuntimeError where SIGURG has a handler already.
    """
    from . import _core  # noqa: PLC0415 — where the native half cannot load, the reason is said, not raised on import

    return _core._listen(_folder())


def start() -> None:
    """For the interpreter's start: the same, but says what fails on stderr and goes on."""
    if _is_tracker():
        return
    try:
        listen()
    except Exception as why:  # noqa: BLE001 — the program starts, whatever happens here
        sys.stderr.write(f"waspect: this process cannot be reached: {why}\n")


def _is_tracker() -> bool:
    """A helper of `multiprocessing` that runs nothing of the application's."""
    return any("multiprocessing.resource_tracker" in word for word in sys.orig_argv[1:4])


def _folder() -> str:
    user = os.geteuid()
    folder = _runtime(user) or f"/tmp/waspect-{user}"  # noqa: S108 — checked below
    try:
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
