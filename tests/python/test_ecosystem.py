"""The judge by other people's tests is judged: what it must see in a small package, it sees.

In: a package with a function of every kind, tests that pass either way, one that looks for probes. Out: the verdict of
`python/tools/ecosystem.py`. Never here: a package of somebody else; `make ecosystem` fetches those.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from running import BINARY

TOOLS = Path(__file__).parents[2] / "python" / "tools"
sys.path.insert(0, str(TOOLS))

import ecosystem  # noqa: E402
from ecosystem_packages import Package  # noqa: E402

SHOP = """
import functools

class Cart:
    def __init__(self): self._total = 0
    @property
    def total(self): return self._total
    @total.setter
    def total(self, value): self._total = value
    @staticmethod
    def kinds(): return [kind for kind in ("a", "b")]

def outer(n):
    def inner(): return n
    return inner

@functools.cache
def cached(n): return n

def generates(n):
    yield from range(n)

async def awaits(): return 1

def raises(): raise KeyError("no")

def forgotten(): pass
del forgotten

if len(__name__) > 100:
    def never(): pass

double = lambda n: 2 * n
"""
TESTS = """
import asyncio, sys, pytest, shop, shop.late

def test_all():
    cart = shop.Cart()
    cart.total = 3
    assert cart.total == 3 and cart.kinds() == ["a", "b"]
    assert shop.outer(4)() == 4 and shop.cached(1) == 1 and list(shop.generates(2)) == [0, 1]
    assert asyncio.run(shop.awaits()) == 1 and shop.double(2) == 4 and shop.late.late() == 5

@pytest.mark.parametrize("n", range(60))
def test_rows(n):
    with pytest.raises(KeyError):
        shop.raises()

def test_skipped(): pytest.skip("as it was")

def test_expected(): pytest.xfail("as it was")

def test_fails_either_way(): assert shop.cached(1) == 2
"""
# What no honest test looks at.
LOOKS = """
def test_looks(): assert not any(type(each).__name__ == "Probe" for each in shop.raises.__code__.co_consts)
"""


def verdicts(folder: Path, tests: str) -> list[ecosystem.Verdict]:
    """Of both modes, as the tool has them of a package."""
    for name, text in {"shop/__init__.py": SHOP, "shop/late.py": "def late(): return 5", "test_shop.py": tests}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    chosen = argparse.Namespace(waspect=BINARY, python=sys.executable, mode=None)
    return ecosystem.judge(Package("shop", ("shop",), folder=folder), chosen)


def test_a_package_that_is_as_it_was(tmp_path):
    for verdict in verdicts(tmp_path, TESTS):
        assert verdict.differences == {} and verdict.flaky == []
        assert (verdict.tests, verdict.passed, verdict.processes) == (64, 61, 1)
        assert verdict.calls >= 70 and (verdict.records > 0) == (verdict.mode == "capture")
        found = verdict.functions
        # Both of the property, and the inner one; what was forgotten, and what never was, had their code instrumented.
        assert (found.attached, found.unmade, found.lambdas) == (11, 2, 1)
        assert (found.absent, found.plain) == ([], [])


def test_a_difference_is_seen(tmp_path):
    for verdict in verdicts(tmp_path, TESTS + LOOKS):
        assert [*verdict.differences] == ["test_shop.py::test_looks"]
        assert verdict.differences["test_shop.py::test_looks"].startswith("passed, then failed")


def test_a_suite_that_proves_nothing_is_no_agreement(tmp_path):
    for verdict in verdicts(tmp_path, "import no_such_module\ndef test(): ..."):
        assert "the plain run" in verdict.differences
