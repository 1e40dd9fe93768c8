"""What others see of a probed function: debuggers, profilers, monitors, and whoever looks at it.

In: functions of `apps/kinds.py`, attached and not. Out: that the tools are told the same. Never: a tool left behind.
"""

import sys
from pathlib import Path

from probing import load

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "apps"))

import kinds  # noqa: E402

# --- what can be seen of a probe by other means

SEEN = """
def subject(a, b=2, *args, k=3, **kw):
    '''What it says of itself.'''
    c = a + b
    if c > 10:
        raise ValueError(c)
    return sorted(locals().items())
"""


def about(function):
    """Everything that tools ask of a function."""
    import inspect
    import traceback

    code = function.__code__
    lines = [line for *_, line in code.co_lines() if line is not None]
    positions = [p for p in code.co_positions() if p[0] is not None]
    try:
        function(10)
    except ValueError as error:
        text = traceback.format_exc()
        frames = [(f.name, f.lineno, f.colno, f.end_colno) for f in traceback.extract_tb(error.__traceback__)[1:]]
    return {
        "signature": str(inspect.signature(function)),
        "source": inspect.getsource(function),
        "doc": (function.__doc__, inspect.getdoc(function)),
        "names": (
            code.co_name,
            code.co_qualname,
            code.co_filename,
            code.co_firstlineno,
            code.co_varnames,
            code.co_names,
        ),
        "shape": (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_nlocals, code.co_flags),
        "cells": (code.co_cellvars, code.co_freevars),
        "lines": sorted(set(lines)),
        "positions": sorted(set(positions)),
        "locals": function(1, 2, 5, z=1),
        "traceback": (text, frames),
        "identity": (hash(function), repr(function), function.__defaults__, function.__kwdefaults__, vars(function)),
        "kind": (inspect.isfunction(function), inspect.isgeneratorfunction(function), callable(function)),
        "size": function.__sizeof__(),
    }


# What a probe cannot hide, and why.
INHERENT = {
    "co_code": "the hook's instructions are in it, and `dis` shows them",
    "co_consts": "the hook is one of them",
    "co_stacksize": "the token has a place on the stack",
    "co_exceptiontable": "the function's end is seen by a handler of its own",
    "co_linetable": "it is as long as the code",
    "__hash__": "code objects compare by what is in them",
}


def test_what_tools_are_told_of_a_probed_function(tmp_path, monkeypatch):
    import importlib

    (tmp_path / "seen.py").write_text(SEEN)
    monkeypatch.syspath_prepend(str(tmp_path))
    subject = importlib.import_module("seen").subject
    before, code = about(subject), subject.__code__
    with load({"fn:seen.subject:entry": "a=arg0", "fn:seen.subject:exit": "r=retval"}):
        after, ours = about(subject), subject.__code__
    assert after == before
    told = {name for name in dir(code) if name.startswith("co_")} - {"co_lnotab", "co_lines", "co_positions"}
    differ = {name for name in told if getattr(code, name) != getattr(ours, name)}
    differ |= {"__hash__"} if hash(code) != hash(ours) else set()
    assert differ - {"_co_code_adaptive"} == set(INHERENT)
    assert about(subject) == before


def test_cprofile_shows_the_same_functions():
    import cProfile

    def profiled():
        profile = cProfile.Profile()
        profile.runcall(lambda: (kinds.plain(1), kinds.recursive(3), list(kinds.generator(1)), kinds.Kinds().slow))
        return sorted((str(e.code), e.callcount, e.reccallcount) for e in profile.getstats())

    def nameless(stats):
        return [(str(code).split(" at ")[0], *rest) for code, *rest in stats]

    before = profiled()
    with load({"fn:kinds.**:entry": "a=arg0", "fn:kinds.**:exit": "r=retval"}):
        assert nameless(profiled()) == nameless(before)
    assert profiled() == before


if sys.version_info >= (3, 12):

    def test_monitoring_goes_on():
        """Events of the whole interpreter and of one function: the same names and lines, attached before or after."""
        mon, tool = sys.monitoring, sys.monitoring.PROFILER_ID
        seen = []
        wanted = mon.events.PY_START | mon.events.PY_RETURN | mon.events.LINE
        mon.use_tool_id(tool, "test")
        for event in (mon.events.PY_START, mon.events.LINE):
            mon.register_callback(
                tool, event, lambda code, where: seen.append((code.co_qualname, where if where > 8 else "start"))
            )
        mon.register_callback(
            tool, mon.events.PY_RETURN, lambda code, where, value: seen.append((code.co_qualname, value))
        )

        def observed():
            del seen[:]
            kinds.plain(1), kinds.recursive(1)
            return [event for event in seen if event[0] in {"plain", "recursive"}]

        def lines(events):
            return [event for event in events if event[1] != "start"]

        try:
            mon.set_local_events(tool, kinds.plain.__code__, wanted)
            before = observed()
            assert lines(before)
            with load({"fn:kinds.plain:exit": "", "fn:kinds.recursive:exit": ""}):
                assert lines(observed()) == lines(before)
            assert observed() == before
            mon.set_local_events(tool, kinds.plain.__code__, 0)
            mon.set_events(tool, wanted)
            before = observed()
            with load({"fn:kinds.plain:exit": "", "fn:kinds.recursive:exit": ""}):
                assert lines(observed()) == lines(before)
            assert observed() == before
        finally:
            mon.set_events(tool, 0)
            mon.set_local_events(tool, kinds.plain.__code__, 0)
            mon.free_tool_id(tool)
