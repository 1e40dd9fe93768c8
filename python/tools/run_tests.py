"""Runs every part of the test suite and closes with one line: `N passed, N failed`.

In: the CPython minors to test; their environments under `.venv/` are ready. Or `--quick`, which prints how the Rust
tests are compiled. Out: each part's own output as it comes, under its name; then a line per part with the names of what
failed, then the sum; exit 1 if any part failed. Never: a part skipped because an earlier one failed.

The Rust tests go first, those of the ready-made probes behind them, then the suites of the CPythons, one after another.
Two files of a suite run at a time: more would starve tests that watch a program while it runs. What does not depend on
the CPython that runs it (`pytest.mark.once`) runs on the newest, and is named in the output.
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
# The dependencies as in the product, this crate little optimised.
QUICK = ["--release", "--config", "profile.release.package.waspect.opt-level=1"]
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
    rust = Part("rust", ["cargo", "test", *QUICK, "--workspace", "--no-fail-fast"])
    # A workspace of their own, whose artifacts stay apart too.
    own = ["--locked", "--manifest-path", "probes/Cargo.toml", "--target-dir", "target/probes"]
    probes = Part("probes", ["cargo", "test", *own])
    spread = ["-n", str(AT_ONCE), "--dist", "loadfile"]
    pythons = (Part(f"python {m}", [f".venv/{m}/bin/python", "-m", "pytest", *spread, *but(m, minors)]) for m in minors)
    return [rust, probes, *pythons]


def newest(minors: list[str]) -> str:
    return max(minors, key=lambda minor: [int(part) for part in minor.split(".")])


def but(minor: str, minors: list[str]) -> list[str]:
    """What leaves out of a suite that which another has."""
    return [] if minor == newest(minors) else ["-m", "not once"]


def once(folder: Path) -> str:
    """The files of which all, then those of which some, runs on one CPython."""
    texts = {path.stem: path.read_text() for path in sorted(folder.glob("test_*.py"))}
    whole = [name for name, text in texts.items() if re.search(r"^pytestmark = .*mark\.once\b", text, re.MULTILINE)]
    some = [name for name, text in texts.items() if re.search(r"^@pytest\.mark\.once$", text, re.MULTILINE)]
    return " ".join(whole) + (f"; of {' and '.join(some)} what only looks at the products" if some else "")


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
    if minors == ["--quick"]:
        print(*QUICK)
        return 0
    if len(minors) > 1:
        print(f"run once, on {newest(minors)}: {once(ROOT / 'tests' / 'python')}", flush=True)
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
