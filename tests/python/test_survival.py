"""Where it runs: every point of a function fires, and the program does not notice, under each condition that there is.

Rows are conditions (`survival_rows.py`), columns are points (`POINTS`): one process for each row calls functions of
every kind, with a probe that captures at each point, and says itself what it called. In: programs. Out: the same
streams and exit code as without probes; of each point exactly the events that the calls have, with the right values, in
the right process. Never here: a record that nobody asked where it went.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import running
from probing import wat
from survival_rows import ONCE, ROWS, Row

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "apps"))

import surviving  # noqa: E402

# The columns: a point and what is captured there.
POINTS = {
    "begin": "pid=$pid",
    "end": "pid=$pid",
    "tick:1ms": "pid=$pid",
    "fn:survivor.**:entry": "fn=$fn",
    "fn:survivor.**:exit": "n=local.n r=retval e=exc.type",
    "fn:survivor.**:return": "n=local.n r=retval",
    "fn:survivor.**:raise": "n=local.n e=exc.type",
}
# So that each event is delivered.
WHOLE = ("--events", "10000000", "--ring", "256M", "--budget", "share=100%")
PRELUDE = "import os, sys\nfrom surviving import *\n"


class Survived(running.Run):
    """What came of a row, and what it said it did."""

    def said(self) -> dict[int, list[tuple[str, int]]]:
        told: dict[int, list[tuple[str, int]]] = {}
        path = self.folder / "truth"
        for line in path.read_text().splitlines() if path.exists() else ():
            what, pid, n = line.split()
            told.setdefault(int(pid), []).append((what, int(n)))
        return told

    def events(self, point: str) -> dict[int, Counter]:
        """Of one point, by process: function, how it ended, the values that were captured."""
        found: dict[int, Counter] = {}
        for record in self.of("record", probe=f"fn:survivor.**:{point}"):
            found.setdefault(record["pid"], Counter())[event(record, point)] += 1
        return found


def event(record: dict, point: str) -> str | tuple:
    fn = record["fn"].removeprefix("survivor.")
    if point == "entry":
        return fn
    values = {name: plain(value) for name, value in record["fields"].items()}
    return fn, record["point"], repr(values["n"]), repr(values["r"]) if record["point"] == "return" else "-"


def plain(value):
    """An error value where there is no such local, as there is none in some functions."""
    return None if value == {"$error": "ABSENT"} else value


def start(folder: Path, row: Row, *, probed: bool) -> Survived:
    (folder / "app.py").write_text(PRELUDE + row.program)
    (folder / "truth").unlink(missing_ok=True)
    path = f"{HERE}:{HERE / 'apps'}"
    env = running.environment(**({"PYTHONPATH": path, "TRUTH": str(folder / "truth")} | row.env))
    line = [sys.executable, *row.args]
    if probed:
        (folder / "probe.wat").write_text(wat(POINTS))
        line = running.command(folder, *row.args, options=(*WHOLE, *row.options))
    done = subprocess.run(
        line, cwd=folder, env=env, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False
    )
    return Survived(folder, done)


def check(folder: Path, row: Row) -> None:
    probed = start(folder, row, probed=True)
    said = probed.said()
    same(probed, start(folder, row, probed=False))
    check_accounts(probed, row.drops)
    if row.is_counted:
        check_events(probed, said, is_whole=not row.drops)
    check_moments(probed, said, row)


def same(probed: Survived, alone: Survived) -> None:
    """Streams and exit code, but for numbers of processes and threads."""
    assert unnumbered(probed.err) == unnumbered(alone.err)
    assert unnumbered(probed.out) == unnumbered(alone.out)
    assert probed.code == alone.code


def unnumbered(text: bytes) -> str:
    return re.sub(r"0x[0-9a-f]{6,}|(?<=pid=)\d+", "…", text.decode(errors="replace"))


def check_accounts(probed: Survived, drops: frozenset[str]) -> None:
    """Nothing faulted; each record was delivered or is counted as dropped, for a reason that is known there."""
    probed.check_balance()
    delivered = Counter(record["probe"] for record in probed.of("record"))
    for summary in probed.of("summary"):
        assert summary["faults"] == {} and set(summary["drops"]) <= drops, summary
        assert summary["records"] == delivered[summary["probe"]] == summary["firings"], summary


def check_events(probed: Survived, said: dict[int, list[tuple[str, int]]], *, is_whole: bool) -> None:
    """Of each point in each process exactly what the calls have; where firings may be skipped, nothing else."""
    points = {point: probed.events(point) for point in ("entry", "exit", "return", "raise")}
    assert said and {pid for found in points.values() for pid in found} <= set(said)
    missing = Counter()
    for pid, calls in said.items():
        for point, expected in surviving.expected(calls).items():
            found = points[point].get(pid, Counter())
            assert not (found - expected), (pid, point)
            missing[point] += (expected - found).total()
    skipped = Counter({s["probe"].rpartition(":")[2]: sum(s["drops"].values()) for s in probed.of("summary")})
    assert {point: n for point, n in missing.items() if n} == {
        point: skipped[point] for point in missing if skipped[point]
    }
    assert bool(missing.total()) != is_whole


def check_moments(probed: Survived, said: dict[int, list[tuple[str, int]]], row: Row) -> None:
    """`begin` and `end` once where there is one, and ticks wherever something was called."""
    of = {point: Counter(r["pid"] for r in probed.of("record", probe=point)) for point in ("begin", "end", "tick:1ms")}
    assert of["begin"].total() == row.begins
    assert row.ends in {None, of["end"].total()}
    assert set(of["begin"].values()) <= {1} and set(of["end"].values()) <= {1}
    assert row.drops or set(of["tick:1ms"]) >= set(said)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_point_fires_and_nobody_notices(tmp_path, row):
    check(tmp_path, row)


@pytest.mark.once
@pytest.mark.parametrize("row", ONCE.values(), ids=ONCE)
def test_what_does_not_depend_on_the_interpreter(tmp_path, row):
    check(tmp_path, row)
