"""Runs every part of the test suite and closes with one line: `N passed, N failed`.

In: the CPython minors to test; their environments under `.venv/` are ready. Out: each part's own output as it comes,
under its name; then a line per part with the names of what failed, then the sum; exit 1 if any part failed.
Never: a part skipped because an earlier one failed.

The Rust tests go first, those of the ready-made probes behind them, then the suites of the CPythons, one after another.
Two files of a suite run at a time: more would starve tests that watch a program while it runs.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2
# Both `test result: ok. 12 passed; 0 failed; …` and `=== 3 passed, 1 failed, 2 errors in 0.1s ===`.
TALLY = re.compile(r"^(test result: .*|=+ .* in [\d.]+s.* =+)$")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|ignored)\b")
FAILURE = re.compile(r"^(?:(?:FAILED|ERROR) (?P<python>\S+)|test (?P<rust>\S+) .*\.\.\. FAILED)")


class Part(NamedTuple):
    name: str
    command: list[str]


class Outcome(NamedTuple):
    name: str
    passed: int
    failed: int
    seconds: float
    names: list[str]


def parts(minors: list[str]) -> list[Part]:
    rust = Part("rust", ["cargo", "test", "--release", "--workspace", "--no-fail-fast"])
    # A workspace of their own, whose artifacts stay apart too.
    own = ["--locked", "--manifest-path", "probes/Cargo.toml", "--target-dir", "target/probes"]
    probes = Part("probes", ["cargo", "test", *own])
    spread = ["-n", str(AT_ONCE), "--dist", "loadfile"]
    pythons = (Part(f"python {m}", [f".venv/{m}/bin/python", "-m", "pytest", *spread]) for m in minors)
    return [rust, probes, *pythons]


def run(part: Part) -> Outcome:
    print(f"\n== {part.name}: {' '.join(part.command)}", flush=True)
    began, passed, failed = time.monotonic(), 0, 0
    names: list[str] = []
    with subprocess.Popen(part.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            print(line, flush=True)
            now_passed, now_failed = tally(line)
            passed, failed = passed + now_passed, failed + now_failed
            names += [found["python"] or found["rust"] for found in FAILURE.finditer(line)]
    # A part that ends badly without a failed test, or without any test, failed as a whole.
    broken = process.returncode != 0 or passed == 0
    return Outcome(part.name, passed, max(failed, int(broken)), time.monotonic() - began, names)


def tally(line: str) -> tuple[int, int]:
    """Passed and failed of a closing line of cargo or pytest; of any other line, none."""
    if not TALLY.match(line):
        return 0, 0
    counts = [(int(n), what) for n, what in COUNT.findall(line)]
    return sum(n for n, w in counts if w == "passed"), sum(n for n, w in counts if w in {"failed", "error", "errors"})


def main(minors: list[str]) -> int:
    outcomes = [run(part) for part in parts(minors)]
    print()
    for o in outcomes:
        verdict = "FAILED" if o.failed else "ok"
        print(f"{verdict:6}  {o.name:12} {o.passed} passed, {o.failed} failed, {o.seconds:.0f} s")
        print("".join(f"        {name}\n" for name in o.names), end="")
    print(f"{sum(o.passed for o in outcomes)} passed, {sum(o.failed for o in outcomes)} failed")
    return int(any(o.failed for o in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
