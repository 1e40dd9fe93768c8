"""One of CPython's own test modules, run in this process, plain or with every function instrumented at entry and exit.

In: a test module's name, a mode, perhaps a rule of rewriting to take back. Out: a JSON file: how each test ended, how
many functions were probed, and whether their calls balance. Never here: a judgement; `cpython_suite.py` compares two.

Modes: `plain`; `library`, every function of the standard library; `tests`, every function of the test modules. The
probe is a real one, loaded as any; it does nothing, so that all there is to see is the instrumentation.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

# Each is an export; a module may have 256.
NOT_LIBRARY = {
    "test",
    "idlelib",
    "lib2to3",
    "tkinter",
    "turtle",
    "turtledemo",
    "ensurepip",
    "this",
    "antigravity",
    "__main__",
}
PARTS_OF_A_CALL = ("entries", "returns", "raises", "abandoned", "live")


class Outcomes(unittest.TestResult):
    """How each test ended, subtests with their test."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[str, str] = {}

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self.ended.setdefault(test.id(), "passed")

    def _bad(self, test: unittest.TestCase, how: str, error: object) -> None:
        self.ended[test.id()] = f"{how}: {error}"[:2000]

    def addError(self, test, err):
        super().addError(test, err)
        self._bad(test, "error", self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._bad(test, "failure", self.failures[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._bad(test, "failure", f"{subtest}: {err[1]!r}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.ended[test.id()] = "skipped"

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._bad(test, "failure", "unexpected success")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("module")
    options.add_argument("mode", choices=["plain", "library", "tests"])
    options.add_argument("out", type=Path)
    options.add_argument("--revert", default="none")
    options.add_argument("--compiler")
    chosen = options.parse_args()
    faulthandler.enable()
    session = None if chosen.mode == "plain" else attached(chosen.mode, chosen.compiler, chosen.revert)
    ended = run(chosen.module)
    told = {"ended": ended, "probed": balance(session) if session else None}
    chosen.out.write_text(json.dumps(told))
    # What the tests left running is not waited for.
    sys.stdout.flush()
    os._exit(0)


def attached(mode: str, compiler: str | None, rule: str):
    """A session of the agent with doors, over everything the mode means."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import waspect
    from doors import _core
    from waspect.compiler import find

    _core._revert(rule)
    artifact = _core.compile(compiler or find(), wat(mode).encode(), "everything.wat", [])
    return waspect.Session(_core._load_raised(artifact, 1 << 20, 1 << 40))


def wat(mode: str) -> str:
    """Exit points make the shape with a token: entry, every return, every way out."""
    tops = ["test"] if mode == "tests" else sorted(library())
    exports = "\n".join(f'(func (export "fn:{top}.**:exit"))' for top in tops)
    return f"(module {exports})"


def library() -> set[str]:
    """Top-level modules of the standard library that are written in Python."""
    from importlib.machinery import PathFinder

    found = {name for name in sys.stdlib_module_names if name not in NOT_LIBRARY and not name.startswith("_pyrepl")}
    specs = {name: PathFinder.find_spec(name) for name in found}
    frozen = {"os", "abc", "codecs", "io", "genericpath", "posixpath", "stat", "_collections_abc", "importlib", "site"}
    return {name for name, spec in specs.items() if name in frozen or (spec and str(spec.origin).endswith(".py"))}


def run(name: str) -> dict[str, str]:
    """The module's tests, as `python -m test` would set them up, without resources that need a network or a screen."""
    from test import support

    support.use_resources, support.verbose = set(), 0
    folder = tempfile.mkdtemp(prefix="waspect-suite-")
    os.chdir(folder)
    result = Outcomes()
    try:
        module = importlib.import_module(f"test.{name}")
    except unittest.SkipTest:
        return {name: "skipped"}
    unittest.TestLoader().loadTestsFromModule(module).run(result)
    return result.ended


def balance(session) -> dict[str, object]:
    """Of all functions together: calls, and what does not add up, function by function."""
    functions = [stat for stat in session.stats() if stat["type"] == "function"]
    totals = {part: sum(stat[part] or 0 for stat in functions) for part in PARTS_OF_A_CALL}
    vanished = {stat["fn"]: stat["abandoned"] for stat in functions if stat["abandoned"]}
    wrong = [
        stat["fn"]
        for stat in functions
        if stat["entries"] != stat["returns"] + stat["raises"] + stat["abandoned"] + stat["live"]
    ]
    faults = {
        stat["probe"]: stat["faults"]
        for stat in session.stats()
        if stat["type"] == "summary" and any(stat["faults"].values())
    }
    return {"functions": len(functions), **totals, "vanished": vanished, "unbalanced": wrong, "faults": faults}


if __name__ == "__main__":
    main()
