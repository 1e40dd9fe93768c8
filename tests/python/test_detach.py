"""Detaching: nothing of a session remains, in whatever order sessions come and go and whatever happens meanwhile.

In: sessions over `apps/kinds` and over functions made here. Out: the same code objects, counts of references, memory.
"""

import dis
import gc
import itertools
import random
import sys
import threading
import time
import types
from pathlib import Path

import pytest

from probing import alone, balanced, counts, firings, load, records

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "apps"))

import kinds  # noqa: E402

POINTS = ("entry", "exit", "return", "raise")


def functions():
    """Every function there is, with its code and the version by which it is called fast."""
    gc.collect()
    return {id(o): (o, o.__code__) for o in gc.get_objects() if type(o) is types.FunctionType}


def changed(before):
    """Names of functions that have another code than before."""
    return [f.__qualname__ for f, code in before.values() if f.__code__ is not code]


def hooked(code):
    """Whether a hook is in a code object, at any depth."""
    return any(type(c).__module__ == "waspect" or (hasattr(c, "co_code") and hooked(c)) for c in code.co_consts)


def everything_is_plain():
    return [f.__qualname__ for f, code in functions().values() if hooked(code)] == []


TARGETS = [
    "kinds.**",
    "kinds.plain",
    "kinds.maker.made",
    "kinds.outer.inner.innermost",
    "kinds.class_maker.Local.method",
    "kinds.Kinds.prop",
    "nowhere.at.all",
]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("target", TARGETS)
def test_every_function_has_its_own_code_back(target, point):
    before = functions()
    with load({f"fn:{target}:{point}": "count"}) as session:
        made = [kinds.outer(1)(2), kinds.maker(), kinds.class_maker().method]
        kinds.plain(1), kinds.early(1)(2), [f(1) for f in (kinds.first, kinds.second, made[0], made[1])]
        attached = session.links[0]["functions"]
        assert bool(attached) == bool(
            [
                n
                for n in changed(before)
                if "import" not in n
                and "get_code" not in n
                and n not in {"_exec", "_load_unlocked", "_get_code_from_file"}
            ]
        )
    assert changed(before) == []
    assert everything_is_plain()
    # Closures made while attached have the very constants that their makers have.
    inner = kinds.outer.__code__.co_consts[1]
    assert made[0].__code__ is next(c for c in inner.co_consts if hasattr(c, "co_code"))
    assert made[1].__code__ is kinds.first.__code__ is kinds.maker.__code__.co_consts[1]


def test_what_the_application_can_see_of_imports_is_untouched():
    import importlib._bootstrap as b
    import importlib._bootstrap_external as e

    def seen():
        return [
            list(sys.meta_path),
            list(sys.path_hooks),
            set(sys.modules),
            dict(sys.path_importer_cache),
            sys.getprofile(),
            sys.gettrace(),
        ]

    watched = [b._load_unlocked, b._exec, e.SourceLoader.get_code, e.SourcelessFileLoader.get_code]
    codes = [f.__code__ for f in watched]
    before = seen()
    with load({"fn:not_yet.f:entry": ""}):
        assert seen() == before
        assert all(hooked(f.__code__) for f in watched)
    assert seen() == before
    assert [f.__code__ for f in watched] == codes and not any(map(hooked, codes))


def test_nobody_is_watched_when_nobody_waits():
    import importlib._bootstrap as b

    with load({"fn:kinds.plain:entry": ""}):
        assert not hooked(b._exec.__code__)


# --- two sessions


@pytest.mark.parametrize("order", sorted(set(itertools.permutations("aabb"))), ids="".join)
@pytest.mark.parametrize(("a", "b"), [("entry", "entry"), ("entry", "exit"), ("exit", "exit"), ("return", "raise")])
def test_two_sessions_on_one_function(order, a, b):
    """Attached and detached in every order: each counts what was called while it was there."""
    before = functions()
    points, sessions, expected = {"a": a, "b": b}, {}, {"a": 0, "b": 0}
    for step in order:
        if step in sessions:
            sessions[step].detach()
        else:
            sessions[step] = load(
                {f"fn:kinds.plain:{points[step]}": "a=arg0", f"fn:kinds.maker.made:{points[step]}": ""}
            )
        for name, session in sessions.items():
            expected[name] += 0 if session._native.detached else 1
        assert kinds.plain(1) == 3
        assert kinds.maker()(1) == kinds.first(1) == 1
    for name, session in sessions.items():
        count = counts(session)
        assert count["kinds.plain"][0] == expected[name]
        assert count["kinds.maker.made"][0] == 2 * expected[name]
        if points[name] != "entry":
            assert count["kinds.plain"][1:] == (expected[name], 0, 0, 0)
        fired = expected[name] if points[name] != "raise" else 0
        assert firings(session)[f"fn:kinds.plain:{points[name]}"] == fired
        assert [fields["a"] for _, _, fields in records(session)] == [1] * fired
    assert changed(before) == []


def test_each_hands_over_its_own_arguments():
    """What a session adds changes which arguments the hook is handed; a copy with the older code goes on as it was."""

    def target(a, b, c):
        return a, b, c

    kinds.target, target.__module__ = target, "kinds"
    try:
        first = load({f"fn:*.**.{target.__name__}:entry": "v=arg2"})
        copy = types.FunctionType(target.__code__, {}, "copy")
        with load({f"fn:*.**.{target.__name__}:entry": "v=arg0"}) as second:
            assert target(1, 2, 3) == copy(1, 2, 3) == (1, 2, 3)
            assert [f["v"] for *_, f in records(first)] == [3, 3]
            assert [f["v"] for *_, f in records(second)] == [1, 1]
        first.detach()
        assert copy(1, 2, 3) == (1, 2, 3) and records(first) == []
    finally:
        del kinds.target


# --- others at work


def other(a, b=2):
    return "other"


def test_code_of_somebody_else_is_never_reverted():
    def target(a, b=2):
        return "own"

    def third(a, b=2):
        return "third"

    target.__module__, original = "kinds", target.__code__
    probe = {"fn:kinds.**.target:exit": ""}
    with load(probe) as session:
        target.__code__ = other.__code__
        with load(probe):
            assert target(1) == "other"
        assert target(1) == "other"
    assert (
        target.__code__ is other.__code__
        and counts(session)["kinds.test_code_of_somebody_else_is_never_reverted.target"][0] == 0
    )
    target.__code__ = original
    with load(probe) as session:
        ours = target.__code__
        target.__code__ = third.__code__
    target.__code__ = ours  # The other one undoes what it did.
    assert target(1) == "own" and hooked(ours)
    with load(probe) as session:
        assert target(1) == "own"
        assert list(counts(session).values()) == [(1, 1, 0, 0, 0)]
    assert target.__code__ is original


def test_a_session_nobody_has_any_more_is_detached():
    before = functions()
    session = load({"fn:kinds.**:exit": ""})
    del session
    assert changed(before) == []
    session = load({"fn:kinds.**:exit": ""})
    cycle = [session]
    cycle.append(cycle)
    session.on_event(lambda event: None)
    del session, cycle
    gc.collect()
    assert changed(before) == []


def test_iterating_keeps_a_session():
    events = load({"fn:kinds.plain:exit": "a=retval"}).events(timeout=5)
    assert next(events)["state"] == "attached"
    kinds.plain(1)
    assert next(events)["fields"] == {"a": 3}
    events.close()
    gc.collect()
    assert not hooked(kinds.plain.__code__)


def test_frames_that_outlive_their_session():
    older, oldest = kinds.generator(1), kinds.generator(1)
    next(oldest)
    with load({"fn:kinds.generator:exit": "r=retval", "fn:kinds.generator:entry": "a=arg0"}) as session:
        assert next(older) == 1  # A generator has its code from when it was made.
        generator = kinds.generator(1)
        next(generator)
        newer = kinds.generator(2)
        assert balanced(session)["kinds.generator"] == (1, 0, 0, 0, 1)
        older.close(), oldest.close()
        assert balanced(session)["kinds.generator"] == (1, 0, 0, 0, 1)
    assert [generator.send(5), *generator] == [5]
    assert list(newer) == [2, None]
    newer = None
    assert counts(session)["kinds.generator"] == (1, 0, 0, 0, 1)
    assert [r[2] for r in records(session)] == [{"a": 1}]
    assert everything_is_plain()


def test_a_later_session_knows_nothing_of_calls_that_run():
    """Its exits fire for calls that it saw begin; a time since the entry is never one since the machine started."""
    with load({"fn:kinds.generator:exit": "r=retval"}) as first:
        generator = kinds.generator(1)
        next(generator)
        with load(
            {"fn:kinds.generator:exit?min=1ms#slow": "e=elapsed", "fn:kinds.generator:exit#all": "k=kept"}
        ) as second:
            generator.send(5)
            assert next(generator, "end") == "end"
            assert list(kinds.generator(1)) == [1, None]
            assert balanced(second)["kinds.generator"] == (1, 1, 0, 0, 0)
            assert firings(second) == {"slow": 0, "all": 1}
        assert balanced(first)["kinds.generator"] == (2, 2, 0, 0, 0)
        assert [f["r"] for *_, f in records(first)] == ["done"] * 2


def test_entries_before_an_exit_was_probed_do_not_live_for_ever():
    """A session with an entry alone says nothing of exits, also while another one sees them."""
    with load({"fn:kinds.plain:entry": ""}) as entries:
        kinds.plain(1)
        with load({"fn:kinds.plain:exit": ""}) as exits:
            kinds.plain(1)
            assert counts(exits)["kinds.plain"] == (1, 1, 0, 0, 0)
            assert counts(entries)["kinds.plain"] == (2, None, None, None, None)


def test_a_frame_that_runs_makes_functions_that_are_found_again():
    """`holder` runs while it is detached and makes an inner function from the constant it began with; a later session
    knows that code for its own, and gives the original back."""

    def holder():
        yield

        def inner(a):
            return a

        yield inner

    holder.__module__ = "kinds"
    original = holder.__code__.co_consts
    with load({"fn:kinds.**.holder.inner:exit": ""}):
        running = holder()
        next(running)
    inner = next(running)
    assert inner(1) == 1 and hooked(inner.__code__)
    running.close()
    with load({"fn:kinds.**.holder.inner:exit": ""}) as session:
        assert inner(1) == 1
        assert list(counts(session).values()) == [(1, 1, 0, 0, 0)]
    assert inner.__code__ in original and not hooked(inner.__code__)


def test_attaching_while_finalizers_and_callbacks_do(tmp_path):
    """The end of an object may run code that attaches and detaches: at any moment of attaching and detaching."""
    before = functions()

    class Restless:
        def __init__(self):
            self.me = self

        def __del__(self):
            with load({"fn:kinds.plain:exit": ""}):
                kinds.plain(1)

    threshold = gc.get_threshold()
    gc.set_threshold(20)
    try:
        for _ in range(30):
            Restless()
            with load({"fn:kinds.plain:exit": "", "fn:kinds.maker.made:entry": ""}) as session:
                assert kinds.plain(1) == 3
                assert session.links[0]["state"] == "attached"
    finally:
        gc.set_threshold(*threshold)
        gc.collect()
    assert changed(before) == []


# --- threads


def specialised(function):
    """The adaptive instructions of a caller once it is warm."""

    def caller():
        return function(1)

    for _ in range(200):
        caller()
    return [i.opname for i in dis.get_instructions(caller, adaptive=True)]


def test_calls_are_as_fast_again():
    def target(a):
        return a

    target.__module__ = "kinds"
    plain = specialised(target)
    assert any("PY_EXACT_ARGS" in name or "CALL_PY" in name for name in plain)
    with load({"fn:kinds.**.target:exit": ""}):
        assert specialised(target) == plain
    assert specialised(target) == plain
    target.__defaults__ = (1,)
    with load({"fn:kinds.**.target:exit": ""}):
        pass
    assert target() == 1


def test_threads_call_while_others_attach_and_detach():
    """Nothing is lost or doubled, no result is wrong, whoever attaches when; defaults change meanwhile."""
    seconds, stop, wrong, calls = 2.0, [], [], [0] * 4

    def target(a, b=1):
        return a + b

    def call(number):
        shared = kinds.maker()
        instance = kinds.Kinds()
        while not stop:
            calls[number] += 1
            if target(1) not in {2, 3} or shared(1) != 1 or instance.method(2) != 2 or instance.prop != "got":
                wrong.append("call")
            if [*kinds.generator(1)] != [1, None] or kinds.outer(1)(2)(3) != 6:
                wrong.append("generator")

    def attach(probes):
        while not stop:
            session = load(probes)
            time.sleep(random.random() / 500)
            session.detach()
            for fn, (entries, returns, raises, abandoned, live) in counts(session).items():
                if returns is not None and entries != returns + raises + abandoned + live:
                    wrong.append((fn, entries, returns, raises, abandoned, live))

    def redefine():
        while not stop:
            target.__defaults__ = (random.choice([1, 2]),)
            time.sleep(0.001)

    target.__module__ = "kinds"
    before = functions()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    every = {
        f"fn:{t}:exit": ""
        for t in ("kinds.**.target", "kinds.maker.made", "kinds.Kinds.*", "kinds.generator", "kinds.outer.**")
    }
    some = {"fn:kinds.**.target:entry": "a=arg0", "fn:kinds.outer.inner:entry": "count", "fn:kinds.Kinds.prop:exit": ""}
    threads = [threading.Thread(target=call, args=(n,)) for n in range(4)]
    threads += [threading.Thread(target=attach, args=(p,)) for p in (every, some)] + [threading.Thread(target=redefine)]
    try:
        for thread in threads:
            thread.start()
        time.sleep(seconds)
    finally:
        stop.append(True)
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert wrong == []
    assert min(calls) > 100
    assert changed(before) == []
    assert everything_is_plain()


# --- an application that forbids it


@pytest.mark.parametrize("event", ["object.__setattr__", "code.__new__"])
def test_an_audit_hook_that_refuses(event):
    assert alone(f"""
        plain, made = kinds.plain.__code__, kinds.maker.__code__
        def hook(event, args):
            if event == {event!r}: raise RuntimeError('no such thing here')
        sys.addaudithook(hook)
        with load({{"fn:kinds.plain:exit": "", "fn:kinds.maker.made:exit": ""}}) as session:
            for link in session.links: print(link["state"], link["functions"], link["reason"])
            print([e["state"] for e in events(session, "state")])
            print(kinds.plain(1), kinds.maker()(1), kinds.plain.__code__ is plain, kinds.maker.__code__ is made)
            print({{n[0] for n in counts(session).values()}})
        print(kinds.plain.__code__ is plain)
    """) == [
        "failed [] `plain`: RuntimeError: no such thing here",
        "failed [] `maker.<locals>.made`: RuntimeError: no such thing here".replace(".<locals>", ""),
        "['failed', 'failed']",
        "3 1 True True",
        "{0}",
        "True",
    ]


def test_an_audit_hook_that_refuses_the_way_back():
    assert alone("""
        plain = kinds.plain.__code__
        refuse = []
        def hook(event, args):
            if refuse and event == "object.__setattr__": raise RuntimeError('too late')
        sys.addaudithook(hook)
        session = load({"fn:kinds.plain:exit": "a=arg0"})
        refuse.append(1)
        session.detach()
        print(kinds.plain(1), counts(session), records(session))
        print([(e["state"], e["reason"]) for e in events(session, "state")])
        refuse.clear()
        with load({"fn:kinds.plain:exit": ""}) as session: print(kinds.plain(1), counts(session))
        print(kinds.plain.__code__ is plain)
    """) == [
        "3 {'kinds.plain': (0, 0, 0, 0, 0)} []",
        "[]",
        "3 {'kinds.plain': (1, 1, 0, 0, 0)}",
        "True",
    ]
