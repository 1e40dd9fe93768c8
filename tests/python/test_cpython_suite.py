"""CPython's own tests judge the rewriter: ten of its modules, all functions instrumented, and a proof that they notice.

In: `python/tools/cpython_suite.py`, which has the modules and the rules. Out: no test that ends otherwise, no call that
vanished; each rule of rewriting, taken back, is noticed. Never here: a list of modules; `make cpython-suite` runs all.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUITE = Path(__file__).parents[2] / "python" / "tools" / "cpython_suite.py"
SECONDS_MAX = 900


def suite(*arguments: str) -> str:
    command = [sys.executable, str(SUITE), "--jobs", "1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_ten_modules():
    said = suite("--ten")
    assert "20 runs" in said and ": 0 differ" in said


def test_each_rule_that_is_taken_back_is_noticed():
    said = suite("--prove")
    rows = said.splitlines()
    assert len(rows) == 5
    assert all("noticed" in row and "NOT" not in row for row in rows)
