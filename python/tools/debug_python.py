"""Finds or fetches debug builds of CPython: with assertions, and a count of all references.

In: minors, `3.11 3.12`. Out: for each a line, the interpreter or why there is none; `find(minor)` gives what was found
before. Never: an installation, a right beyond the user's own; a package of the distribution is unpacked in `.cache/`.

An agent is built against release builds and loads into these as it is: since 3.8 both have the same ABI.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PLACE = Path(__file__).resolve().parents[2] / ".cache" / "debug"
# Debian's; the interpreter finds its library beside itself wherever it stands.
PACKAGES = [
    "python{0}-dbg", "libpython{0}-dbg", "python{0}-minimal", "libpython{0}-minimal", "libpython{0}-stdlib",
    "libpython{0}-testsuite",
]  # fmt: skip
SECONDS_MAX = 300


def find(minor: str) -> str | None:
    """The interpreter, where there is one: installed, or fetched before."""
    unpacked = PLACE / minor / "usr" / "bin" / f"python{minor}-dbg"
    places = [shutil.which(f"python{minor}-dbg"), str(unpacked)]
    return next((place for place in places if place and os.access(place, os.X_OK)), None)


def why_not(minor: str) -> str:
    """The reason that was found when it was looked for."""
    note = PLACE / f"{minor}.txt"
    return note.read_text() if note.exists() else "not looked for; `make test` does"


def fetch(minor: str) -> str | None:
    """Unpacks the distribution's packages; gives why that cannot be done."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        return f"no debug build of CPython {minor}: neither `python{minor}-dbg` nor apt is here"
    packages = [name.format(minor) for name in PACKAGES]
    known = subprocess.run(["apt-cache", "show", "--no-all-versions", packages[0]], capture_output=True, check=False)
    if known.returncode:
        return f"no debug build of CPython {minor}: apt has no package `{packages[0]}`"
    archives = PLACE / f"{minor}.archives"
    shutil.rmtree(archives, ignore_errors=True)
    archives.mkdir(parents=True)
    try:
        run(["apt-get", "-q", "download", *packages], archives)
        for archive in archives.glob("*.deb"):
            run(["dpkg", "-x", str(archive), str(PLACE / minor)], archives)
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(PLACE / minor, ignore_errors=True)
        said = getattr(error, "stderr", None) or b""
        return f"no debug build of CPython {minor}: {error} {said.decode(errors='replace').strip()[-300:]}"
    finally:
        shutil.rmtree(archives)
    return None


def run(command: list[str], where: Path) -> None:
    subprocess.run(command, cwd=where, capture_output=True, check=True, timeout=SECONDS_MAX)


def main(minors: list[str]) -> int:
    PLACE.mkdir(parents=True, exist_ok=True)
    for minor in minors:
        reason = None if find(minor) else fetch(minor)
        note = PLACE / f"{minor}.txt"
        note.unlink(missing_ok=True)
        if reason:
            note.write_text(reason)
        print(reason or f"debug build of {minor}: {find(minor)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
