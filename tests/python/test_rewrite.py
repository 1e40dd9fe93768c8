"""The rewriter: equal to its oracle over the standard library, unseen by a program over the corpus.

In: `_core._rewrite`. Out: what differs. Run with `WASPECT_FULL=1` for the library's own tests as well.
"""

import gc
import os
import sys
import types

import pytest

import rewriter_rules as rules
import rewriting
import stdlib
from doors import _core
from rewriting import Hook, Splice, load, outcome, profiled, scenarios, traced

FAMILIES = rewriting.corpus() | {"long_jumps": rewriting.long_jumps(range(90, 130, 3))}
WAYS = [("entry", 0), ("entry", 1), ("entry", 2), ("entry", None), ("token", 0), ("token", 1), ("token", None)]


@pytest.fixture(params=[*WAYS, "native"], ids=lambda way: way if way == "native" else f"{way[0]}-{way[1]}")
def instrument(request):
    """What is done to every function's code of a module: our shapes with hooks in Python, and the product's hooks."""
    if request.param != "native":
        return Splice(*request.param)
    return rewriting.native


def test_standard_library(capsys):
    tally = stdlib.compare(full=os.environ.get("WASPECT_FULL") == "1")
    with capsys.disabled():
        version = ".".join(map(str, sys.version_info[:3]))
        print(f"\n{version}: {tally.functions} functions, {tally.comparisons} comparisons")
    assert tally.functions > 10_000
    assert tally.differ == []


# Jumps just short of 256 and of 65,536 units; of the second two sizes, as no one size fits every version.
@pytest.mark.parametrize("sizes", [range(60, 140), range(32_723, 32_729, 5)], ids=str)
def test_long_jumps_against_the_oracle(sizes):
    tally = stdlib.Tally()
    grown = 0
    for code in rewriting.functions(compile(rewriting.long_jumps(sizes), "long", "exec")):
        stdlib.compare_function(code, tally)
        grown += prefixes(_core._rewrite(code, Hook(), "token", [])) > prefixes(code)
    assert tally.differ == []
    assert grown > 0


def prefixes(code: types.CodeType) -> int:
    return sum(instruction.ext for instruction in rules.decode(code)[0])


# 3.13 closes a suspended generator without a `try` by forgetting its frame. The token's handler is a `try`, so the
# frame is resumed, where it raises GeneratorExit at once: a tracer sees one more call and return. Nothing else can be
# seen of it.
CLOSED_UNGUARDED = {
    "generator": {"scenario_close_bare", "scenario_drop_bare", "scenario_frame"},
    "coroutine": {"scenario_closed", "scenario_closed_bare"},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_corpus(family, instrument):
    """Results, exceptions, traceback positions, `locals()`; profiler's and tracer's events; entries balance ends."""
    original = scenarios(load(FAMILIES[family], family))
    spliced = scenarios(load(FAMILIES[family], family, instrument))
    filename = str(rewriting.CORPUS / f"{family}.py")
    for name, call in original.items():
        assert outcome(spliced[name]) == outcome(call), name
        for observed in (profiled, traced):
            (expected, was), (found, now) = observed(call, filename), observed(spliced[name], filename)
            assert found == expected, name
            if resumed_to_close(family, name, instrument):
                now = without_resumption(was, now)
            assert now == was, name
    if isinstance(instrument, Splice):
        balances(instrument)


def resumed_to_close(family, name, instrument):
    token = instrument is rewriting.native or instrument.shape == "token"
    return token and sys.version_info >= (3, 13) and name in CLOSED_UNGUARDED.get(family, ())


def without_resumption(was, now):
    """`now` without the one resumption it has more, which must be there and end at the line where it began."""
    at = next(i for i, event in enumerate(now) if was[i : i + 1] != [event])
    more = now[at : at + len(now) - len(was)]
    assert [event[0] for event in more] in (["call", "return"], ["call", "exception", "return"])
    assert len({event[1:3] for event in more}) == 1
    return now[:at] + now[at + len(more) :]


def balances(splice: Splice) -> None:
    gc.collect()
    hook = splice.hook
    assert hook.entries > 0
    if splice.shape == "token":
        assert hook.entries == hook.returns + hook.raises + hook.abandoned


def f_plain(a, b):
    return a, b


def f_cells(a, b, c=3):
    return (lambda: a, b, c)[0]


def f_rest(a, *args, k=4, **kwargs):
    return a


def g_generator(a, b):
    yield a


HANDED = [
    (f_plain, (1, 2), [], ()),
    (f_plain, (1, 2), [0], 1),
    (f_plain, (1, 2), [1], 2),
    (f_plain, (1, 2), [0, 1], (1, 2)),
    (f_cells, (1, 2), [0], 1),
    (f_cells, (1, 2), [0, 2], (1, 3)),
    (f_cells, (1, 2), None, (1, 2, 3)),
    (f_rest, (1, 2, 3), None, (1, 4, (2, 3), {})),
    (f_rest, (1, 2, 3), [2], (2, 3)),
    (f_rest, (1, 2, 3), [1, 3], (4, {})),
]


@pytest.mark.parametrize("shape", ["entry", "token"])
@pytest.mark.parametrize(("function", "args", "want", "handed"), HANDED)
def test_what_the_hook_is_handed(shape, function, args, want, handed):
    hook = Hook(keep=True)
    copy = types.FunctionType(_core._rewrite(function.__code__, hook, shape, want), {}, "copy", function.__defaults__)
    copy.__kwdefaults__ = function.__kwdefaults__
    copy(*args)
    assert hook.handed == [handed]
    assert hook.returns == (shape == "token")


@pytest.mark.parametrize("shape", ["entry", "token"])
def test_a_generator_enters_at_its_first_next(shape):
    hook = Hook()
    copy = types.FunctionType(_core._rewrite(g_generator.__code__, hook, shape, []), {})
    generator = copy(1, 2)
    assert hook.entries == 0
    assert list(generator) == [1]
    assert hook.entries == 1


def damaged(**changes):
    return f_plain.__code__.replace(**changes)


REFUSED = [
    (compile("x = 1", "m", "exec"), [], "code is not a function's"),
    (next(c for c in compile("class A: pass", "m", "exec").co_consts if hasattr(c, "co_code")), [], "not a function's"),
    (f_plain.__code__, [2], "parameter 2 is wanted"),
    (f_plain.__code__, [1, 0], "parameter 0 is wanted"),
    (damaged(co_code=bytes(8)), [], "opcode 0 at unit 0 is not known"),
    (damaged(co_code=bytes([rules.OP["NOP"], 0]) * 4), [], "no `RESUME`"),
    (damaged(co_code=bytes([rules.RESUME, 1])), [], "first `RESUME` has argument 1"),
    (damaged(co_code=bytes([rules.RESUME, 0, rules.OP["JUMP_FORWARD"], 9])), [], "jump from unit 1 to unit 11"),
    (damaged(co_exceptiontable=b"\x80\x01"), [], "exception table is not understood at byte 2"),
    (damaged(co_exceptiontable=b"\x81\x01\x3f\x00"), [], "handler at unit 63"),
    (damaged(co_linetable=b"\xf0"), [], "line table is not understood at byte 1"),
]


@pytest.mark.parametrize("shape", ["entry", "token"])
@pytest.mark.parametrize(("code", "want", "message"), REFUSED, ids=[row[2] for row in REFUSED])
def test_what_is_not_understood_is_refused(shape, code, want, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        _core._rewrite(code, Hook(), shape, want)
