"""The tools of the house: how test results are counted, which Pythons are chosen, what an ELF file is said to need."""

from __future__ import annotations

import sys

import pytest

import elf
import pythons
import run_tests

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.01s", (12, 0)),
        ("test result: FAILED. 8 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s", (8, 1)),
        ("======= 3 passed, 1 failed, 2 errors in 0.12s =======", (3, 3)),
        ("=================== 7 passed in 61.00s (0:01:01) ====================", (7, 0)),
        ("3 passed and 1 failed, says the test itself", (0, 0)),
    ],
)
def test_results_are_counted(line, counts):
    assert run_tests.tally(line) == counts


@pytest.mark.parametrize(
    ("script", "passed", "failed"),
    [
        ("print('=== 2 passed in 0.1s ===')", 2, 0),
        ("print('=== 2 passed in 0.1s ==='); raise SystemExit(3)", 2, 1),
        ("print('nothing ran')", 0, 1),
    ],
)
def test_a_part_that_ends_badly_or_without_a_test_failed(script, passed, failed):
    outcome = run_tests.run(run_tests.Part("made up", [sys.executable, "-c", script]))
    assert (outcome.passed, outcome.failed) == (passed, failed)


def test_one_python_of_each_minor_is_chosen(monkeypatch):
    told = {
        "a": pythons.Python(True, (3, 12, 1), "a"),
        "b": pythons.Python(True, (3, 12, 4), "b"),
        "c": pythons.Python(False, (3, 12, 9), "c"),
        "d": pythons.Python(False, (3, 11, 2), "d"),
    }
    monkeypatch.setattr(pythons, "candidates", lambda: [*told, "none"])
    monkeypatch.setattr(pythons, "ask", told.get)
    assert [python.path for python in pythons.pythons()] == ["d", "b"]


def test_this_python_says_what_it_is():
    found = pythons.ask(sys.executable)
    assert found is not None
    assert found.version == sys.version_info[:3]
    assert pythons.ask("/bin/true") is None


def test_an_elf_file_says_what_it_needs(waspect, tmp_path):
    assert "libc.so.6" in elf.needed(waspect)
    assert elf.glibc(waspect) >= (2, 17)
    (tmp_path / "text").write_text("not a program")
    with pytest.raises(ValueError, match="expected a 64-bit"):
        elf.needed(tmp_path / "text")


def test_what_does_not_depend_on_the_cpython_runs_on_the_newest(tmp_path):
    suites = {part.name: part.command for part in run_tests.parts(["3.9", "3.13", "3.12"])[2:]}
    assert [name for name, command in suites.items() if "not once" not in command] == ["python 3.13"]
    assert "not once" not in run_tests.parts(["3.11"])[-1].command
    (tmp_path / "test_a.py").write_text("import pytest\npytestmark = pytest.mark.once\n")
    (tmp_path / "test_b.py").write_text("import pytest\n@pytest.mark.once\ndef test(): pass\n")
    (tmp_path / "test_c.py").write_text("'mark.once'\n")
    assert run_tests.once(tmp_path) == "test_a; of test_b what only looks at the products"
