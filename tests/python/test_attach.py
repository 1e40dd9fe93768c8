"""Attaching: every kind of function, by every way of naming it, loaded or not yet; what is counted and recorded of it.

The application is `apps/kinds`. Each case is a row: a target, a call, its counts and its records.
"""

import asyncio
import gc
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from probing import balanced, counts, events, firings, load, records, wat

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "apps"))

import kinds  # noqa: E402


def drive(generator, *sent):
    """What a generator yields, then what it returns."""
    out = [next(generator)]
    try:
        for value in [*sent, None]:
            out.append(generator.send(value))  # noqa: PERF401 — no comprehension lets a StopIteration out
    except StopIteration as stop:
        out.append(stop.value)
    return out


async def collect(iterator):
    return [x async for x in iterator]


def raised(call, *args):
    try:
        call(*args)
    except Exception as error:
        return type(error).__name__
    raise AssertionError("nothing raised")


def set_prop(instance, value):
    instance.prop = value
    return instance.value


def fresh(call):
    kinds.cached.cache_clear()
    return [call(), call()]


# Target, call, result, counts (entries, returns, raises) by function, records as (point, field) pairs; the field is
# `arg0` at an entry, the return value at a return, the exception's type at a raise.
KINDS = [
    ("plain", lambda: kinds.plain(1), 3, {"plain": (1, 1, 0)}, [("entry", 1), ("return", 3)]),
    (
        "raising",
        lambda: raised(kinds.raising, 7),
        "ValueError",
        {"raising": (1, 0, 1)},
        [("entry", 7), ("raise", "ValueError")],
    ),
    (
        "recursive",
        lambda: kinds.recursive(2),
        3,
        {"recursive": (3, 3, 0)},
        [("entry", 2), ("entry", 1), ("entry", 0), ("return", 0), ("return", 1), ("return", 3)],
    ),
    (
        "positional_only",
        lambda: kinds.positional_only(3, b=1),
        2,
        {"positional_only": (1, 1, 0)},
        [("entry", 3), ("return", 2)],
    ),
    ("rest", lambda: kinds.rest(1, 2, k=3)[0], 1, {"rest": (1, 1, 0)}, [("entry", 1), ("return", (1, (2,), {"k": 3}))]),
    ("cell", lambda: kinds.cell(4), 4, {"cell": (1, 1, 0)}, [("entry", 4), ("return", 4)]),
    (
        "generator",
        lambda: drive(kinds.generator(1), 5),
        [1, 5, "done"],
        {"generator": (1, 1, 0)},
        [("entry", 1), ("return", "done")],
    ),
    (
        "delegating",
        lambda: drive(kinds.delegating(1), 5),
        [1, 5, "done"],
        {"delegating": (1, 1, 0)},
        [("entry", 1), ("return", "done")],
    ),
    ("coroutine", lambda: asyncio.run(kinds.coroutine(6)), 6, {"coroutine": (1, 1, 0)}, [("entry", 6), ("return", 6)]),
    (
        "agenerator",
        lambda: asyncio.run(collect(kinds.agenerator(6))),
        [6, 7],
        {"agenerator": (1, 1, 0)},
        [("entry", 6), ("return", None)],
    ),
    ("wrapped", lambda: kinds.wrapped(8), 8, {"wrapped": (1, 1, 0)}, [("entry", 8), ("return", 8)]),
    ("twice", lambda: kinds.twice(8), 8, {"twice": (1, 1, 0)}, [("entry", 8), ("return", 8)]),
    ("wraps.wrapper", lambda: kinds.wrapped(8), 8, {"wraps.wrapper": (1, 1, 0)}, [("entry", 8), ("return", 8)]),
    ("cached", lambda: fresh(lambda: kinds.cached(9)), [9, 9], {"cached": (1, 1, 0)}, [("entry", 9), ("return", 9)]),
    (
        "outer.inner.innermost",
        lambda: kinds.early(2)(3),
        6,
        {"outer.inner.innermost": (1, 1, 0)},
        [("entry", 3), ("return", 6)],
    ),
    (
        "outer.inner.innermost",
        lambda: kinds.outer(1)(2)(3),
        6,
        {"outer.inner.innermost": (1, 1, 0)},
        [("entry", 3), ("return", 6)],
    ),
    (
        "maker.made",
        lambda: [f(1) for f in (kinds.first, kinds.second, kinds.maker())],
        [1, 1, 1],
        {"maker.made": (3, 3, 0)},
        [("entry", 1), ("return", 1)] * 3,
    ),
    (
        "class_maker.Local.method",
        lambda: kinds.class_maker()().method(1),
        1,
        {"class_maker.Local.method": (1, 1, 0)},
        [("entry", "Local"), ("return", 1)],
    ),
    (
        "Kinds.method",
        lambda: kinds.Kinds().method(1),
        1,
        {"Kinds.method": (1, 1, 0)},
        [("entry", "Kinds"), ("return", 1)],
    ),
    (
        "Kinds.method",
        lambda: kinds.Child().method(1),
        1,
        {"Kinds.method": (1, 1, 0)},
        [("entry", "Child"), ("return", 1)],
    ),
    (
        "Child.method",
        lambda: kinds.Child().method(1),
        1,
        {"Child.method": (1, 1, 0)},
        [("entry", "Child"), ("return", 1)],
    ),
    ("Kinds.static", lambda: kinds.Kinds.static(1), 1, {"Kinds.static": (1, 1, 0)}, [("entry", 1), ("return", 1)]),
    (
        "Kinds.of_class",
        lambda: kinds.Child.of_class(1),
        1,
        {"Kinds.of_class": (1, 1, 0)},
        [("entry", "Child"), ("return", 1)],
    ),
    (
        "Kinds.prop",
        lambda: (kinds.Kinds().prop, set_prop(kinds.Kinds(), 5)),
        ("got", 5),
        {"Kinds.prop": (2, 2, 0)},
        [("entry", "Kinds"), ("return", "got"), ("entry", "Kinds"), ("return", None)],
    ),
    (
        "Kinds.slow",
        lambda: (k := kinds.Kinds()).slow + k.slow,
        "slowslow",
        {"Kinds.slow": (1, 1, 0)},
        [("entry", "Kinds"), ("return", "slow")],
    ),
    (
        "Kinds.taking",
        lambda: kinds.Kinds().with_one(2),
        (1, 2),
        {"Kinds.taking": (1, 1, 0)},
        [("entry", "Kinds"), ("return", (1, 2))],
    ),
    (
        "Kinds.__init__",
        lambda: kinds.Kinds(3).a,
        3,
        {"Kinds.__init__": (1, 1, 0)},
        [("entry", "Kinds"), ("return", None)],
    ),
    (
        "Kinds.__getitem__",
        lambda: kinds.Kinds()[4],
        4,
        {"Kinds.__getitem__": (1, 1, 0)},
        [("entry", "Kinds"), ("return", 4)],
    ),
    ("Kinds.__call__", lambda: kinds.Kinds()(4), 4, {"Kinds.__call__": (1, 1, 0)}, [("entry", "Kinds"), ("return", 4)]),
    (
        "Kinds.Nested.Deeper.method",
        lambda: kinds.Kinds.Nested.Deeper().method(1),
        1,
        {"Kinds.Nested.Deeper.method": (1, 1, 0)},
        [("entry", "Deeper"), ("return", 1)],
    ),
]


def shown(value):
    """Captured objects and exceptions by the last part of their type's name, errors by their code."""
    if isinstance(value, dict) and ("$type" in value or "$error" in value):
        return value.get("$error") or value["$type"].rpartition(".")[2]
    return value


def named(session):
    """Counts by qualified name."""
    assert {n[3:] for n in balanced(session).values()} == {(0, 0)}
    return {fn.removeprefix("kinds."): n[:3] for fn, n in counts(session).items()}


ROW = ("target", "call", "result", "counted", "recorded")


@pytest.mark.parametrize(ROW, KINDS, ids=[row[0] for row in KINDS])
def test_kinds(target, call, result, counted, recorded):
    points = {"entry": "v=arg0", "return": "v=retval", "raise": "v=exception"}
    with load({f"fn:kinds.{target}:{point}": does for point, does in points.items()}) as session:
        assert [link["state"] for link in session.links] == ["attached"] * 3
        assert call() == result
        seen = [(point, shown(fields["v"])) for _, point, fields in records(session)]
    assert seen == recorded
    assert named(session) == counted


@pytest.mark.parametrize(ROW, KINDS, ids=[row[0] for row in KINDS])
def test_entries_alone(target, call, result, counted, recorded):
    """The cheaper shape: no exits, so nothing is said of them."""
    with load({f"fn:kinds.{target}:entry": "v=arg0"}) as session:
        assert call() == result
        seen = [("entry", shown(fields["v"])) for _, _, fields in records(session)]
    assert seen == [row for row in recorded if row[0] == "entry"]
    entries = sum(n[0] for n in counted.values())
    assert sum(n[0] for n in counts(session).values()) == entries
    assert {n[1:] for n in counts(session).values()} == {(None,) * 4}
    assert firings(session) == {f"fn:kinds.{target}:entry": entries}


PATTERNS = [
    ("kinds.f*", []),
    ("kinds.p*", ["plain", "positional_only"]),
    ("kinds.*.method", ["Child.method", "Kinds.method"]),
    ("kinds.**.method", ["Child.method", "Kinds.Nested.Deeper.method", "Kinds.method", "class_maker.Local.method"]),
    ("kinds.Kinds.Nested.**", ["Kinds.Nested.Deeper.method"]),
    ("kinds.outer.**", ["outer", "outer.inner", "outer.inner.innermost"]),
    ("kinds:Kinds.m*d", ["Kinds.method"]),
    ("k*s.plain", ["plain"]),
    ("**.outer.inner", ["outer.inner"]),
]


@pytest.mark.parametrize(("target", "expected"), PATTERNS, ids=[p for p, _ in PATTERNS])
def test_patterns(target, expected):
    with load({f"fn:{target}:entry": ""}) as session:
        [link] = session.links
    # Modules of other tests may be loaded too, and have functions of these names.
    assert [name.removeprefix("kinds.") for name in link["functions"] if name.startswith("kinds.")] == expected
    assert link["state"] == ("attached" if expected else "pending")


def test_what_one_probe_is_attached_to_is_said():
    with load({"fn:kinds.maker.made:entry": "", "fn:kinds.none:entry": "", "fn:math.sqrt:entry": ""}) as session:
        said = [(e["probe"], e["state"], e["reason"], e["functions"]) for e in events(session, "state")]
        now = [(link["probe"], link["state"], link["reason"], len(link["functions"])) for link in session.links]
    assert said == now
    assert now == [
        ("fn:kinds.maker.made:entry", "attached", "", 1),
        ("fn:kinds.none:entry", "pending", "`kinds` is loaded and has no `none`", 0),
        ("fn:math.sqrt:entry", "failed", "`math.sqrt` is a builtin_function_or_method, not a function", 0),
    ]
    assert [link["state"] for link in session.links] == ["detached"] * 3


# --- code that has not run yet, in process


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module, to be imported under a name of its own."""
    made = []

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        made.append(name)

    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield write
    for name in made:
        sys.modules.pop(name, None)
    gc.collect()


PENDING = """
    import functools

    def called(a):
        def inner(b):
            return a + b
        return inner

    class Cart:
        @property
        def total(self):
            return 4
        def add(self, a):
            return a

    twice = lambda x: 2 * x
    inner = called(1)
    SEEN = [inner(2), called(3)(4), Cart().add(5), Cart().total, twice(6)]
"""


@pytest.mark.parametrize(
    ("target", "entries"),
    [
        ("called", {"called": 2}),
        ("called.inner", {"called.inner": 2}),
        ("*", {"called": 2}),
        ("**", {"called": 2, "called.inner": 2, "Cart.total": 1, "Cart.add": 1}),
        ("Cart.*", {"Cart.total": 1, "Cart.add": 1}),
    ],
)
def test_the_first_call_of_a_module_is_seen(module, target, entries):
    module("later", PENDING)
    with load({f"fn:later.{target}:exit": "count"}) as session:
        assert [link["state"] for link in session.links] == ["pending"]
        import later

        assert later.SEEN == [3, 7, 5, 4, 12]
        assert {fn.removeprefix("later."): n[0] for fn, n in balanced(session).items()} == entries
        states = [e["state"] for e in events(session, "state")]
        assert states == ["pending", "attached"]
        function = later.inner
        assert ("Probe" in str(later.called.__code__.co_consts + later.inner.__code__.co_consts)) == (
            "called" in entries or "called.inner" in entries
        )
    # Again the code that the module was compiled to: nothing of it has a hook, at any depth.
    plain = {c.co_qualname: c for c in codes(compile(textwrap.dedent(PENDING), later.__file__, "exec"))}
    for code in (later.called.__code__, function.__code__, later.Cart.add.__code__, later.Cart.total.fget.__code__):
        assert code == plain[code.co_qualname]


def codes(code):
    for const in code.co_consts:
        if hasattr(const, "co_code"):
            yield const
            yield from codes(const)


def test_a_module_that_fails_half_way_is_met_again(module):
    module("broken", "def f(): return 1\nX = f()\nimport sys\nif not hasattr(sys, 'mended'): raise ValueError")
    with load({"fn:broken.f:entry": ""}) as session:
        assert raised(__import__, "broken") == "ValueError"
        sys.mended = True
        try:
            __import__("broken")
        finally:
            del sys.mended
        assert sum(n[0] for n in counts(session).values()) == 2


def test_functions_made_by_exec_are_found_once_their_module_is_loaded(module):
    module("made", "exec('def f(a): return a')\nimport dataclasses\n@dataclasses.dataclass\nclass D:\n  x: int\n")
    with load({"fn:made.f:entry": "a=arg0", "fn:made.D.__init__:entry": "a=arg1"}) as session:
        import made

        made.f(1), made.D(2)
        assert [fields for _, _, fields in records(session)] == [{"a": 1}, {"a": 2}]


# --- under `waspect run`


def run(waspect, where, probes, *command, env=()):
    """Exit code, stdout, the terminal's lines, JSONL as dicts."""
    (where / "probe.wat").write_text(wat(probes))
    jsonl = where / "out.jsonl"
    done = subprocess.run(
        [
            waspect,
            "run",
            "-p",
            where / "probe.wat",
            "-o",
            "terminal",
            "-o",
            f"jsonl:{jsonl}",
            "--python",
            sys.executable,
            "--",
            *command,
        ],
        cwd=where,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done, [json.loads(line) for line in jsonl.read_text().splitlines()]


SCRIPT = """
import sys

def plain(a):
    def inner(b):
        return a + b
    return inner

class Cart:
    def add(self, a):
        return a
    @staticmethod
    def fixed(a):
        return a

def generator(a):
    yield a

class Outer:
    class Inner:
        async def go(self, a):
            return a

import asyncio
print(plain(1)(2), Cart().add(3), Cart.fixed(4), *generator(5), asyncio.run(Outer.Inner().go(6)))
"""


@pytest.mark.parametrize("how", ["script", "module", "command", "stdin"])
def test_the_first_call_of_a_program_is_seen(waspect, tmp_path, how):
    (tmp_path / "prog.py").write_text(SCRIPT)
    command = {"script": ["prog.py"], "module": ["-m", "prog"], "command": ["-c", SCRIPT], "stdin": ["-c", SCRIPT]}[how]
    targets = ["plain", "plain.inner", "Cart.add", "Cart.fixed", "generator", "Outer.Inner.go"]
    done, lines = run(waspect, tmp_path, {f"fn:__main__.{t}:exit": "" for t in targets}, *command)
    assert (done.returncode, done.stdout) == (0, "3 3 4 5 6\n"), done.stderr
    functions = {x["fn"].split(".", 1)[1]: (x["entries"], x["returns"]) for x in lines if x["type"] == "function"}
    assert functions == dict.fromkeys(targets, (1, 1))
    states = [(x["state"], x["functions"]) for x in lines if x["type"] == "state"]
    assert states == [("pending", 0)] * len(targets) + [("attached", 1)] * len(targets)
    assert "pending" not in done.stderr


def test_what_never_attached_is_said_at_the_end(waspect, tmp_path):
    (tmp_path / "prog.py").write_text("import json\nclass Cart:\n  def add(self): pass\nCart().add()\n")
    probes = dict.fromkeys(
        ["fn:__main__.Cart.ad:entry", "fn:__main__.Cart.add:entry", "fn:json.dumpss:entry", "fn:jason.dumps:entry"], ""
    )
    done, lines = run(waspect, tmp_path, probes, "prog.py")
    said = [line for line in done.stderr.splitlines() if line.startswith(("pending", "attached", "failed"))]
    assert said == [
        "attached  fn:__main__.Cart.add:entry: 1 function",
        "pending  fn:__main__.Cart.ad:entry: never attached: "
        "`__main__.Cart` is loaded and has no `ad`; did you mean `add`?",
        "pending  fn:jason.dumps:entry: never attached: `jason` was never imported; did you mean `json`?",
        "pending  fn:json.dumpss:entry: never attached: `json` is loaded and has no `dumpss`; did you mean `dumps`?",
    ]
    last = {x["probe"]: (x["state"], x["reason"]) for x in lines if x["type"] == "state"}
    assert last["fn:__main__.Cart.ad:entry"] == (
        "pending",
        "`__main__.Cart` is loaded and has no `ad`; did you mean `add`?",
    )
