"""A place of its own for sessions, programs to observe, and commands that ask for them.

In: a folder for sockets. Out: what commands answer. Never: a session that is somebody else's: whoever runs these tests
may have some.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import running

# Says whenever its function is another than before; counts its calls in a file that is mapped.
PROGRAM = """
import mmap, sys, time
def hit(n, pad="x" * 1000): return n
own, last = hit.__code__, None
with open(sys.argv[1], "r+b") as file:
    calls = mmap.mmap(file.fileno(), 8)
pause = float(sys.argv[2])
n = 0
while True:
    for _ in range(10):
        hit(n)
        n += 1
    calls[:] = n.to_bytes(8, "little")
    now = "clean" if hit.__code__ is own else "probed"
    if now != last: print(last := now, flush=True)
    time.sleep(pause)
"""


class Place:
    """A user's folder for sockets, and nothing in it."""

    def __init__(self) -> None:
        # A socket's address is short.
        self.runtime = Path(tempfile.mkdtemp(prefix="wd-", dir="/tmp"))
        self.folder = self.runtime / "waspect"
        self.prefix: tuple[str, ...] = ()

    def environment(self) -> dict[str, str]:
        return running.environment(XDG_RUNTIME_DIR=str(self.runtime), CLICOLOR_FORCE=None)

    def start(self, *args: str, **options: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self.prefix, running.BINARY, *args], env=self.environment(), **options)

    def run(self, *args: str, code: int = 0, **options: Any) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [*self.prefix, running.BINARY, *args],
            env=self.environment(),
            capture_output=True,
            check=False,
            timeout=60,
            **options,
        )
        assert done.returncode == code, done.stderr.decode()
        return done

    def json(self, *args: str, code: int = 0) -> Any:
        return json.loads(self.run(*args, "--json", code=code).stdout)

    def load(self, *args: str) -> int:
        return int(self.run("load", *args).stdout)

    def operators(self) -> set[int]:
        """Whose sockets are in this place."""
        paths = () if self.folder.is_symlink() or not self.folder.is_dir() else self.folder.iterdir()
        return {int(path.name.split("-")[1]) for path in paths if path.name.startswith("op-")}

    def mine(self) -> dict[int, dict[str, Any]]:
        """Sessions whose sockets are in this place."""
        here = self.operators()
        return {session["id"]: session for session in self.json("list") if session["id"] in here}

    def close(self) -> None:
        shutil.rmtree(self.runtime)


class Program:
    """One that calls its `hit` all the time."""

    def __init__(self, pause: float = 0.001, script: Path | None = None) -> None:
        with tempfile.NamedTemporaryFile(prefix="wd-calls-", delete=False) as file:
            file.write(bytes(8))
        self.file = Path(file.name)
        what = ["-c", PROGRAM]
        if script:
            script.write_text(PROGRAM)
            what = [str(script)]
        line = [sys.executable, *what, file.name, str(pause)]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, env=running.environment())
        self.pid = self.process.pid
        assert self.says() == "clean"

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().strip()

    def calls(self) -> int:
        return int.from_bytes(self.file.read_bytes(), "little")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.file.unlink()


def until(what, seconds: float = 30.0) -> Any:
    """The first answer that is something."""
    late = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < late, "it never came"
        time.sleep(0.01)
    return answer


def is_there(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")")[-1].split()[0] not in "ZX"


def may_be_root() -> bool:
    return os.geteuid() == 0
