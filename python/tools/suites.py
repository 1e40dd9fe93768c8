"""What the suites that judge by other people's tests share: processes run to their end, jobs, accepted differences.

In: commands, rows of work, what probes told of calls. Out: what a process said, and what does not balance. Never here:
a test's name, a judgement on one suite's own terms.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).resolve().parent
TAIL_CHARACTERS = 1500
CHILDREN: set[subprocess.Popen[bytes]] = set()
# Nothing is to be started any more: what a killed run would be tried again as.
STOPPED = threading.Event()

T = TypeVar("T")
R = TypeVar("R")


def hear_interrupts() -> None:
    """A shell's job in the background is born deaf to SIGINT, and its children with it; some tests are about that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run(command: list[str], seconds: int, cwd: str | Path, env: dict[str, str]) -> tuple[int | None, str]:
    """A command to its end, and whatever it started with it; its status and the last of what it said."""
    if STOPPED.is_set():
        return None, "stopped"
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=cwd,
        start_new_session=True,
    )  # fmt: skip
    CHILDREN.add(process)
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        said = f"no end after {seconds} s".encode()
    finally:
        kill(process)
        CHILDREN.discard(process)
    return process.returncode, said.decode(errors="replace")[-TAIL_CHARACTERS:]


def kill(process: subprocess.Popen[bytes]) -> None:
    """The process and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def at_once(work: Callable[[T], R], rows: Iterable[T], jobs: int) -> Iterator[R]:
    """What comes of each row as it ends, some worked on at a time; none is left behind when the caller goes."""
    pool = ThreadPoolExecutor(max(jobs, 1))
    try:
        for ended in as_completed([pool.submit(work, row) for row in rows]):
            yield ended.result()
    except BaseException:
        STOPPED.set()
        raise
    finally:
        for child in list(CHILDREN):
            kill(child)
        pool.shutdown(cancel_futures=True)


def as_json(verdicts: Iterable[Any]) -> str:
    """Verdicts, which are dataclasses, of this interpreter."""
    return json.dumps({"python": sys.version.split()[0], "verdicts": [asdict(v) for v in verdicts]})


def accepted(file: str, version: str) -> dict[str, str]:
    """`VERSION WHERE: reason` for each difference that is inherent; `*` is every version."""
    known = {}
    for row in (HERE / file).read_text().splitlines():
        if row and not row.startswith("#"):
            where, _, reason = row.partition(": ")
            of, _, name = where.partition(" ")
            if of in {version, "*"}:
                known[name] = reason
    return known


def balance(functions: Iterable[dict[str, Any]]) -> tuple[dict[str, int], list[str]]:
    """Of `function` reports: those of which calls ended without their exit, and those whose counts do not add up."""
    probed = [each for each in functions if each["returns"] is not None]
    vanished = {each["fn"]: each["abandoned"] for each in probed if each["abandoned"]}
    ends = ("returns", "raises", "abandoned", "live")
    return vanished, [each["fn"] for each in probed if each["entries"] != sum(each[end] for end in ends)]
