"""`docs/LANGUAGE.md` is true: every example on it compiles, runs against `apps/store`, and says what stands below it.

In: the page. Out: for a `probe` block followed by `text`, that `waspect run -e` prints just that (`text shape`: with
any numbers); by `error`, that `waspect check` says that; alone, that it is taken; and for each question of the table,
that its line is answered. `WASPECT_BLESS=1` writes what is printed into the page. Never here: an example of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from running import BINARY, environment

# It is the page that is tested; what each CPython shows to probes is tested beside it.
pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "LANGUAGE.md"
APPS = ROOT / "tests" / "python" / "apps"
BLOCK = re.compile(
    r"^```probe\n(?P<probe>.*?)^```\n(?:```(?P<kind>text shape|text|error)\n(?P<said>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
ROW = re.compile(r"^\| (?P<question>[A-Z][^|]*\?) \| `(?P<probe>.*)` \|$", re.MULTILINE)
ROWS_MIN = 25


class Example(NamedTuple):
    probe: str
    kind: str | None
    said: str | None
    span: tuple[int, int]


def examples() -> list[Example]:
    return [Example(m["probe"], m["kind"], m["said"], m.span("said")) for m in BLOCK.finditer(PAGE.read_text())]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = environment(COLUMNS="100", PYTHONHASHSEED="0")
    return subprocess.run(
        [BINARY, *arguments], cwd=APPS, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def probed(probe: str, *options: str) -> str:
    done = run("run", "-e", probe, *options, "--python", sys.executable, "-m", "store.web")
    assert done.returncode == 0 and done.stdout == "", done.stderr
    return steady(done.stderr)


# The time of day differs from run to run; that something is observed, and how often, is said of all.
BEFORE = re.compile(r"^(?:(?:observing|attached) .*\n|[\d:.]+Z  )", re.MULTILINE)
AFTER = re.compile(r"\n(?:functions|probes)\n.*", re.DOTALL)


def steady(said: str) -> str:
    return AFTER.sub("", BEFORE.sub("", said)).lstrip("\n")


def shape(said: str) -> list[str]:
    """The words alone, without units."""
    return sorted(set(re.findall(r"[A-Za-z_.]{3,}", said)))


def says(example: Example) -> str:
    if example.kind == "error":
        done = run("check", "-e", example.probe)
        assert done.returncode == 1, done.stderr
        return done.stderr
    return probed(example.probe)


@pytest.mark.parametrize("number", range(len(examples())))
def test_examples(number):
    example = examples()[number]
    if example.kind is None:
        done = run("check", "-e", example.probe)
        assert done.returncode == 0, done.stderr
        return
    said = says(example)
    if os.environ.get("WASPECT_BLESS"):
        page, (start, end) = PAGE.read_text(), examples()[number].span
        PAGE.write_text(page[:start] + said + page[end:])
    elif example.kind == "text shape":
        assert shape(said) == shape(example.said or "")
    else:
        assert said == example.said


def questions() -> list[tuple[str, str]]:
    # A bar inside of a table is written `\|`.
    return [(m["question"], m["probe"].replace("\\|", "|")) for m in ROW.finditer(PAGE.read_text())]


def test_there_are_enough_questions():
    assert len(questions()) >= ROWS_MIN


@pytest.mark.parametrize("question", [question for question, _ in questions()])
def test_questions(question, tmp_path):
    out = tmp_path / "out.jsonl"
    probed(dict(questions())[question], "-o", f"jsonl:{out}")
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [x["faults"] for x in lines if x["type"] == "summary" and any(x["faults"].values())] == []
    told = [x for x in lines if x["type"] in {"record", "aggregation", "log", "print"}]
    assert told, lines
