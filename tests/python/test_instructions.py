"""How many machine instructions a firing takes. Time depends on the machine and on who else is there; this does not.

In: the agent with doors, and the bench that steps through a call of it. Out: nothing. Never: a time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import running

BENCH = Path(__file__).parents[2] / "benches/python/instructions.py"
# More than any CPython's by some 5 %, for other compilers. docs/PERFORMANCE.md has what they are, and why.
MOST = {"empty": 720, "predicate": 900, "latency": 1_400}


def counted(name: str) -> float:
    done = subprocess.run(
        [sys.executable, str(BENCH), name, "--least", "1e9"],
        capture_output=True,
        env=running.environment(),
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.decode().splitlines() if "instructions per call" in line]
    return float(line.split()[1])


@pytest.fixture(scope="module")
def untouched() -> float:
    return counted("untouched")


@pytest.mark.parametrize(("name", "most"), MOST.items())
def test_a_firing_takes_no_more(name, most, untouched):
    assert counted(name) - untouched <= most
