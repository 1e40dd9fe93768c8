"""A pytest plugin for other people's tests: how each ended, and which of a package's functions are instrumented.

In: `--told FILE`, and under probes `--functions-of PACKAGE`. Out: a JSON file. Never here: an import of waspect, a
change to a test or to the order of tests; what is instrumented is read from code objects as anybody could.

Alone in its folder, so that nothing else of ours can be imported by the tests.
"""

import gc
import json
import sys
import types
from pathlib import Path

FUNCTION = 0x1 | 0x2  # CO_OPTIMIZED | CO_NEWLOCALS
# The later goes first where a test has several: its setup, its body, its subtests, its teardown.
WORST = ("passed", "skipped", "xfailed", "xpassed", "failed", "error")


def pytest_addoption(parser):
    parser.addoption("--told", type=Path)
    parser.addoption("--functions-of", action="append", default=[])


def pytest_configure(config):
    told = config.getoption("--told", None)
    if told:
        config.pluginmanager.register(Outcomes(told, config.getoption("--functions-of")))


class Outcomes:
    def __init__(self, told, packages):
        self.told, self.packages = told, packages
        self.ended, self.why = {}, {}

    def pytest_runtest_logreport(self, report):
        self.note(report, "failed" if report.when == "call" else "error")

    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            self.note(report, "error")

    def note(self, report, bad):
        how = report.outcome if report.outcome != "failed" else bad
        if hasattr(report, "wasxfail"):
            how = "xfailed" if how == "skipped" else "xpassed"
        name = report.nodeid
        self.ended[name] = max(self.ended.get(name, "passed"), how, key=WORST.index)
        if how in ("failed", "error"):
            self.why[name] = str(report.longrepr)[-1500:]

    def pytest_unconfigure(self):
        functions = instrumented(self.packages) if self.packages else None
        self.told.write_text(json.dumps({"ended": self.ended, "why": self.why, "functions": functions}))


def instrumented(packages):
    """Every function that the loaded modules of the packages define in their sources, by what became of it."""
    live = live_codes()
    found = {"attached": 0, "unnamed": 0, "lambdas": 0, "absent": [], "plain": []}
    for module in list(sys.modules.values()):
        name, file = getattr(module, "__name__", None), getattr(module, "__file__", None)
        if isinstance(name, str) and name.partition(".")[0] in packages and str(file).endswith(".py"):
            for code in functions_in(compiled(file)):
                sort(found, name, code, live.get(key(code)))
    return found


def sort(found, module, code, states):
    """Into what no target names, what is attached, what no living object has, and what is not attached."""
    if "<" in code.co_qualname.replace("<locals>", ""):
        is_lambda = code.co_name == "<lambda>"
        found["lambdas" if is_lambda else "unnamed"] += 1
        return
    name = f"{module}.{code.co_qualname.replace('.<locals>', '')}"
    if states is None:
        found["absent"].append(name)
    elif states == {True}:
        found["attached"] += 1
    else:
        found["plain"].append(name)


def compiled(file):
    return compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)


def functions_in(code):
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            if inner.co_flags & FUNCTION == FUNCTION:
                yield inner
            yield from functions_in(inner)


def key(code):
    return code.co_filename, code.co_firstlineno, code.co_qualname


def live_codes():
    """The codes that function objects have, and those inside of them: whether each has a hook."""
    live, seen = {}, set()
    # Some suites freeze what was there before their tests.
    gc.unfreeze()
    work = [each.__code__ for each in gc.get_objects() if type(each) is types.FunctionType]
    while work:
        code = work.pop()
        if id(code) not in seen:
            seen.add(id(code))
            live.setdefault(key(code), set()).add(any(map(is_hook, code.co_consts)))
            work += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
    return live


def is_hook(constant):
    kind = type(constant)
    return (kind.__module__, kind.__qualname__) == ("waspect", "Probe")
