"""Lists the CPythons of this machine that waspect is built for and tested on: `3.12=/usr/bin/python3.12`, one a line.

In: `$PYENV_ROOT/versions`, `~/.pyenv/versions` and PATH. Out: the newest patch of each minor from 3.11 to 3.13, GIL
builds only. Never: an interpreter that cannot say what it is, or a virtual environment in place of its base.
Runs on any Python from 3.8 on, so that an older `python3` can still find the newer ones.
"""

from __future__ import annotations

import glob
import json
import os
import subprocess
import sys
from typing import NamedTuple

OLDEST, NEWEST = (3, 11), (3, 13)
ASK = """
import json, sys, sysconfig
def has(name):
    try: __import__(name)
    except ImportError: return False
    return True
print(json.dumps({
    "cpython": sys.implementation.name == "cpython", "version": list(sys.version_info[:3]),
    "gil": not sysconfig.get_config_var("Py_GIL_DISABLED"), "final": sys.version_info.releaselevel == "final",
    "path": getattr(sys, "_base_executable", "") or sys.executable, "venv": has("venv") and has("ensurepip"),
}))
"""


class Python(NamedTuple):
    """One interpreter, ordered by how much it is wanted: one that can make environments, then the newest patch."""

    venv: bool
    version: tuple[int, int, int]
    path: str

    @property
    def minor(self) -> str:
        return "%d.%d" % self.version[:2]


def candidates() -> list[str]:
    """Every file that may be an interpreter, each once."""
    homes = [os.environ.get("PYENV_ROOT") or "", os.path.expanduser("~/.pyenv")]
    found = [p for home in homes if home for p in glob.glob(os.path.join(home, "versions", "*", "bin", "python3"))]
    names = ["python3"] + ["python3.%d" % minor for minor in range(OLDEST[1], NEWEST[1] + 1)]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found += [os.path.join(folder, name) for name in names if os.access(os.path.join(folder, name), os.X_OK)]
    return list(dict.fromkeys(map(os.path.realpath, found)))


def ask(path: str) -> Python | None:
    """What the interpreter says of itself; None if it cannot be used."""
    try:
        done = subprocess.run([path, "-I", "-c", ASK], capture_output=True, timeout=20, check=True)
        told = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    version = (told["version"][0], told["version"][1], told["version"][2])
    usable = told["cpython"] and told["gil"] and told["final"] and OLDEST <= version[:2] <= NEWEST
    return Python(told["venv"], version, told["path"]) if usable else None


def pythons() -> list[Python]:
    """The best interpreter of each minor, oldest minor first."""
    best: dict[str, Python] = {}
    for python in filter(None, map(ask, candidates())):
        best[python.minor] = max(python, best.get(python.minor, python))
    return sorted(best.values(), key=lambda python: python.version)


def main() -> int:
    found = pythons()
    for python in found:
        print("%s=%s" % (python.minor, python.path))
        if not python.venv:
            package = "python%s-venv" % python.minor
            print("%s cannot make environments; install `%s`" % (python.path, package), file=sys.stderr)
    if not found:
        print("no CPython from 3.11 to 3.13 found; install one with its `venv` package", file=sys.stderr)
    return 0 if found and all(python.venv for python in found) else 1


if __name__ == "__main__":
    sys.exit(main())
