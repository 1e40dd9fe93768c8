"""Modules whose loader makes their code itself: nobody meets that code before it runs.

In: programs with a loader of their own, as pytest's that rewrites assertions. Out: every call of such a module's
functions is seen from its end on. Never here: a loader of importlib's; `test_pending.py` has those.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from running import run

LOADER = """
import importlib.abc, importlib.util
class Own(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.util.spec_from_loader(name, self) if name == "own" else None
    def create_module(self, spec): return None
    def exec_module(self, module): exec(compile(SOURCE, "own.py", "exec"), module.__dict__)
sys.meta_path.insert(0, Own())
"""
SOURCES = {
    "alone": "def hit(n=0): return n\n",
    # Whoever is met in the middle runs as a function too, whose constants the later functions are made from.
    "imports another before": "import colorsys\ndef hit(n=0): return n\n",
    "imports another between": "def hit(n=0): return n\nimport colorsys\n",
    "in a class": "import colorsys\nclass A:\n def hit(n=0): return n\nhit = A.hit\n",
    "in a class that imports": "class A:\n import colorsys\n def hit(n=0): return n\nhit = A.hit\n",
    "inside of another": "import colorsys\ndef made():\n def hit(n=0): return n\n return hit\nhit = made()\n",
    "made when it is called": "import colorsys\ndef made():\n def hit(n=0): return n\n return hit\n"
    "class Late:\n def __call__(self, n=0): return made()(n)\nhit = Late()\nhit.__name__ = 'hit'\n",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_every_call_is_seen(tmp_path: Path, source: str) -> None:
    done = run(tmp_path, f"\nSOURCE = {source!r}{LOADER}\nimport own\ncalls(7, own.hit)\n")
    assert (done.code, done.out) == (0, b""), done.err
    assert done.counted("entries") == done.counted("exits") == done.truth()
    done.check_balance()
