"""Puts the watch into a test's interpreter: importlib's functions rewritten by the reference rules, with hook objects
in Python, and the script waited for. Every function called `hit` returns "rewritten" in place of "original"."""

import atexit
import sys
from pathlib import Path

HERE = Path(__file__).parent
MINE = [str(HERE.parent)]
sys.path[:0] = MINE

import rewriter_rules  # noqa: E402
from doors import _core  # noqa: E402

del sys.path[:1]
SEEN = []


class Probe:
    def __init__(self, returns, parameter):
        self.returns, self.parameter = returns, parameter

    def __getitem__(self, argument):
        return Token(self.returns, argument)


class Token:
    def __init__(self, returns, argument):
        self.returns, self.argument = returns, argument

    def __getitem__(self, value):
        new = _core._on_return(self.returns, self.argument, value)
        return value if new is None else new

    def __delitem__(self, error):
        pass


def hook():
    for function, argument, returns in _core._points():
        if not any(isinstance(c, Probe) for c in function.__code__.co_consts):
            probe = Probe(returns, argument)
            function.__code__ = rewriter_rules.instrument_subscr(function.__code__, probe, {argument})


def rewritten(code):
    """The code with every function `hit` in it rewritten; the same object if there is none."""
    consts = tuple(rewritten(c) if hasattr(c, "co_code") else c for c in code.co_consts)
    if code.co_name == "hit":
        consts = tuple("rewritten" if c == "original" else c for c in consts)
    return code if consts == code.co_consts else code.replace(co_consts=consts)


def transform(modules, code):
    SEEN.append(("code", *modules))
    new = rewritten(code)
    return None if new is code else new


def loaded(module):
    SEEN.append(("loaded", module))
    if module == "runpy":
        hook()


def residue():
    """What the application could still find of the watch in `sys`."""
    tools = [sys.monitoring.get_tool(i) for i in range(6)] if sys.version_info >= (3, 12) else []
    return [repr(x) for x in (sys.getprofile(), *tools) if x is not None]


def tell():
    """The last words of the process, on stderr: what was seen of the test's own modules."""
    own = [s for s in SEEN if any(n.split(".")[0] in OWN for n in s[1:])]
    print(*("+".join(s) for s in own), *residue(), file=sys.stderr)


OWN = ("__main__", "mod", "pkg", "ns", "zipped", "bare", "hooked", "lazy", "side", "app", "again")
_core._watch(transform, loaded)
hook()
assert _core._arm_script()
atexit.register(tell)
