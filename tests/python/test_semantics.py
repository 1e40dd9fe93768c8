"""What fires, when, how often and in which order; and counts that balance whatever becomes of a call.

In: sessions over `apps/kinds`. Out: counts by `entries = returns + raises + abandoned + live`, firings, records.
"""

import asyncio
import gc
import pickle
import sys
import threading
import time
from pathlib import Path

import pytest

from probing import alone, balanced, counts, events, firings, load, records, summaries

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "apps"))

import kinds  # noqa: E402


def raises(error, call, *args):
    with pytest.raises(error):
        call(*args)


# --- points: what fires for each outcome


def returns():
    kinds.plain(1)


def raises_value():
    raises(ValueError, kinds.raising, 1)


OUTCOMES = [
    ("plain", returns, {"entry": 1, "exit": 1, "return": 1, "raise": 0}, {"return"}),
    ("raising", raises_value, {"entry": 1, "exit": 1, "return": 0, "raise": 1}, {"raise"}),
]


@pytest.mark.parametrize(("target", "call", "fired", "points"), OUTCOMES, ids=[row[0] for row in OUTCOMES])
def test_points(target, call, fired, points):
    probes = {f"fn:kinds.{target}:{point}": "x=arg0" for point in fired}
    with load(probes) as session:
        call()
    assert firings(session) == {f"fn:kinds.{target}:{point}": n for point, n in fired.items()}
    assert {point for probe, point, _ in records(session) if "entry" not in probe} == points


READS = [
    (
        "entry",
        {"a": "arg0", "r": "retval", "e": "exception"},
        {"a": 1, "r": {"$error": "POINT"}, "e": {"$error": "POINT"}},
    ),
    ("return", {"a": "arg0", "r": "retval", "e": "exception"}, {"a": 1, "r": 3, "e": None}),
]


@pytest.mark.parametrize(("point", "reads", "expected"), READS, ids=[row[0] for row in READS])
def test_what_a_point_can_read(point, reads, expected):
    with load({f"fn:kinds.plain:{point}": " ".join(f"{k}={v}" for k, v in reads.items())}) as session:
        kinds.plain(1)
        assert [fields for *_, fields in records(session)] == [expected]


# --- what becomes of a call: counts after each step


class Steps:
    """Calls of `kinds.generator`, one step at a time."""

    def __init__(self, kind="generator"):
        self.made = getattr(kinds, kind)(1)

    def begin(self):
        next(self.made)

    def send(self):
        self.made.send(1)

    def end(self):
        raises(StopIteration, next, self.made)

    def close(self):
        self.made.close()

    def throw(self):
        raises(KeyError, self.made.throw, KeyError)

    def drop(self):
        self.made = None
        gc.collect()

    def nothing(self):
        pass


# Steps, and the counts after the last: entries, returns, raises, abandoned, live.
LIVES = [
    ("generator", "nothing", (0, 0, 0, 0, 0)),
    ("generator", "close", (0, 0, 0, 0, 0)),
    ("generator", "drop", (0, 0, 0, 0, 0)),
    ("generator", "throw", (0, 0, 0, 0, 0)),
    ("generator", "begin", (1, 0, 0, 0, 1)),
    ("generator", "begin send", (1, 0, 0, 0, 1)),
    ("generator", "begin send end", (1, 1, 0, 0, 0)),
    ("generator", "begin send end close", (1, 1, 0, 0, 0)),
    ("generator", "begin close", (1, 0, 1, 0, 0)),
    ("generator", "begin throw", (1, 0, 1, 0, 0)),
    ("generator", "begin drop", (1, 0, 1, 0, 0)),
    ("unguarded", "begin close", (1, 0, 1, 0, 0)),
    ("unguarded", "begin drop", (1, 0, 1, 0, 0)),
    ("delegating", "begin", (1, 0, 0, 0, 1)),
    ("delegating", "begin throw", (1, 0, 1, 0, 0)),
    ("delegating", "begin close", (1, 0, 1, 0, 0)),
]


@pytest.mark.parametrize(("kind", "steps", "expected"), LIVES, ids=[f"{k}-{s}" for k, s, _ in LIVES])
def test_lives(kind, steps, expected):
    with load({f"fn:kinds.{kind}:exit": "e=exception"}) as session:
        life = Steps(kind)
        for step in steps.split():
            getattr(life, step)()
            assert list(balanced(session)) == [f"kinds.{kind}"]
        assert counts(session)[f"kinds.{kind}"] == expected
        fired = expected[1] + expected[2]
        assert firings(session) == {f"fn:kinds.{kind}:exit": fired}


def test_a_coroutine_that_is_never_awaited_was_never_entered():
    with load({"fn:kinds.coroutine:exit": ""}) as session:
        kinds.coroutine(1).close()
        assert balanced(session)["kinds.coroutine"] == (0, 0, 0, 0, 0)


def test_a_cancelled_task_raises():
    async def cancelled():
        task = asyncio.ensure_future(kinds.coroutine(1))
        await asyncio.sleep(0)
        assert counts(session)["kinds.coroutine"] == (1, 0, 0, 0, 1)
        task.cancel()
        raises_cancelled = await asyncio.gather(task, return_exceptions=True)
        return type(raises_cancelled[0]).__name__

    with load({"fn:kinds.coroutine:exit": "e=exception", "fn:kinds.coroutine:raise": ""}) as session:
        assert asyncio.run(cancelled()) == "CancelledError"
        assert balanced(session)["kinds.coroutine"] == (1, 0, 1, 0, 0)
        assert [f["e"]["$type"] for *_, f in records(session)] == ["asyncio.exceptions.CancelledError"]


def test_an_async_generator_left_half_way():
    async def leave():
        async for _ in kinds.agenerator(1):
            break

    with load({"fn:kinds.agenerator:exit": ""}) as session:
        asyncio.run(leave())
        assert balanced(session)["kinds.agenerator"] == (1, 0, 1, 0, 0)


def jumped():
    a = 1
    a = 2
    return a  # noqa: RET504 — lines to jump between


def test_a_debugger_that_jumps_back_to_the_beginning():
    """The entry runs twice: the first token is gone without an exit, and is counted for what it is."""
    done = []

    def trace(frame, event, arg):
        if frame.f_code.co_name != "jumped":
            return None
        if event == "line" and frame.f_lineno == frame.f_code.co_firstlineno + 2 and not done:
            done.append(True)
            frame.f_lineno = frame.f_code.co_firstlineno + 1
        return trace

    jumped.__module__ = "kinds"
    try:
        with load({"fn:kinds.jumped:exit": "r=retval"}) as session:
            sys.settrace(trace)
            assert jumped() == 2
            sys.settrace(None)
            assert done
            balanced(session)
            assert counts(session)["kinds.jumped"][1:] == (1, 0, counts(session)["kinds.jumped"][0] - 1, 0)
    finally:
        sys.settrace(None)
        jumped.__module__ = __name__


def test_recursion_to_the_limit():
    with load({"fn:kinds.recursive:exit": ""}) as session:
        assert kinds.recursive(200) == 200 * 201 // 2
        assert balanced(session)["kinds.recursive"] == (201, 201, 0, 0, 0)
        raises(RecursionError, kinds.recursive, 10**6)
        entries, returns, raised, *rest = balanced(session)["kinds.recursive"]
        assert (returns, rest) == (201, [0, 0]) and entries == 201 + raised


STORM = """
    import ctypes, signal, threading, time
    main = ctypes.c_ulong(threading.get_ident())
    def asynchronous():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(main, ctypes.py_object(KeyboardInterrupt))
    def by_signal():
        signal.raise_signal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, signal.default_int_handler)

    go, done = [], []
    def sending():
        while not go: time.sleep(0.001)
        for _ in range(600):
            SEND()
            time.sleep(0.0002)
        time.sleep(0.05)
        done.append(True)

    def calls():
        kinds.recursive(3)
        list(kinds.generator(1))
        kinds.plain(1)

    def sheltered(depth):
        # What rises while one level catches is caught by the next.
        try:
            while not done:
                sheltered(depth - 1) if depth else calls()
        except KeyboardInterrupt:
            pass

    session = load({"fn:kinds.*:exit": "", "fn:kinds.*:entry": ""})
    thread = threading.Thread(target=sending)
    thread.start()
    go.append(True)
    sheltered(20)
    entries, returns, raises, abandoned, live = map(sum, zip(*balanced(session).values()))
    print(entries > 1_000, raises > 50, abandoned, live)
    session.detach()
    print(kinds.plain.__code__.co_consts)
"""


@pytest.mark.parametrize("send", ["by_signal", "asynchronous"])
def test_a_storm_of_exceptions(send):
    """The place where one rises is never between an entry and its exit: nothing is lost, nothing abandoned."""
    assert alone(STORM.replace("SEND", send)) == ["True True 0 0", "(None,)"]


# --- options


def many(n):
    for i in range(n):
        kinds.plain(i)


EVERY = [(1, [0, 1, 2, 3, 4, 5, 6]), (2, [0, 2, 4, 6]), (3, [0, 3, 6]), (7, [0]), (100, [0])]


@pytest.mark.parametrize(("n", "seen"), EVERY)
def test_every(n, seen):
    with load({f"fn:kinds.plain:entry?every={n}": "a=arg0"}) as session:
        many(7)
        assert [f["a"] for *_, f in records(session)] == seen
        assert counts(session)["kinds.plain"][0] == 7


@pytest.mark.parametrize(("share", "low", "high"), [("1", 4_000, 4_000), ("0.5", 1_800, 2_200), ("0.01", 10, 90)])
def test_sample(share, low, high):
    with load({f"fn:kinds.plain:exit?sample={share}": "count"}) as session:
        many(4_000)
        assert low <= firings(session)[f"fn:kinds.plain:exit?sample={share}"] <= high
        assert counts(session)["kinds.plain"] == (4_000, 4_000, 0, 0, 0)


def test_rate():
    with load({"fn:kinds.plain:entry?rate=50/s": ""}) as session:
        began = time.monotonic()
        many(2_000)
        took = time.monotonic() - began
        assert 50 <= firings(session)["fn:kinds.plain:entry?rate=50/s"] <= 51 + 50 * took
        time.sleep(0.1)
        before = firings(session)["fn:kinds.plain:entry?rate=50/s"]
        many(1)
        assert firings(session)["fn:kinds.plain:entry?rate=50/s"] == before + 1


def sleeper(ms):
    time.sleep(ms / 1_000)
    return ms


def test_min():
    sleeper.__module__ = "kinds"
    try:
        with load(
            {"fn:kinds.sleeper:exit?min=20ms#slow": "a=arg0 e=elapsed", "fn:kinds.sleeper:exit#all": ""}
        ) as session:
            [sleeper(ms) for ms in (0, 30, 1, 25)]
            slow = records(session)
            assert firings(session) == {"slow": 2, "all": 4}
            assert [f["a"] for *_, f in slow] == [30, 25]
            assert all(f["e"] >= f["a"] * 1_000_000 for *_, f in slow)
    finally:
        sleeper.__module__ = __name__


@pytest.mark.parametrize(("spec", "kind"), [("fuel=10", "out_of_fuel"), ("fuel=100000000", "out_of_fuel")])
def test_fuel(spec, kind):
    """An option lowers the budget and never raises it."""
    with load({f"fn:kinds.plain:entry?{spec}#x": "spin"}) as session:
        many(1)
        assert summaries(session)["x"]["faults"] == {kind: 1}
        assert summaries(session)["x"]["fuel"] <= (10 if spec == "fuel=10" else 100_000)


def test_order():
    """Low `prio` first, then load order, then export order; exits the other way round."""
    first = load(
        {
            "fn:kinds.plain:entry#b": "x=arg0",
            "fn:kinds.plain:exit#b2": "x=arg0",
            "fn:kinds.plain:entry?prio=5#last": "x=arg0",
            "fn:kinds.plain:exit?prio=5#first2": "x=arg0",
        }
    )
    second = load(
        {
            "fn:kinds.plain:entry#a": "x=arg0",
            "fn:kinds.plain:entry?prio=-1#early": "x=arg0",
            "fn:kinds.plain:exit#a2": "x=arg0",
            "fn:kinds.plain:exit?prio=-1#late2": "x=arg0",
            "fn:kinds.plain:entry#c": "x=arg0",
        }
    )
    with first, second:
        many(1)
        found = [(e["mono_ns"], i, e["probe"]) for s in (first, second) for i, e in enumerate(events(s, "record"))]
    assert [probe for *_, probe in sorted(found)] == ["early", "b", "a", "c", "last", "first2", "a2", "b2", "late2"]


WRONG = ["trap", "spin", "fail"]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("point", ["entry", "exit"])
def test_a_fault_skips_no_other(wrong, point):
    probes = {
        f"fn:kinds.plain:{point}#1": "x=arg0",
        f"fn:kinds.plain:{point}#2": wrong,
        f"fn:kinds.plain:{point}#3": "x=arg0",
    }
    with load(probes) as session, load({f"fn:kinds.plain:{point}#other": "x=arg0"}) as other:
        assert kinds.plain(7) == 9
        assert sorted(probe for probe, *_ in records(session)) == ["1", "3"]
        assert [probe for probe, *_ in records(other)] == ["other"]
        assert {probe: sum(s["faults"].values()) for probe, s in summaries(session).items()} == {"1": 0, "2": 1, "3": 0}


def test_faults_disarm_a_probe_and_no_other():
    with load({"fn:kinds.plain:entry#bad": "trap", "fn:kinds.plain:entry#good": ""}) as session:
        many(10)
        assert firings(session) == {"bad": 3, "good": 10}
        assert [(link["probe"], link["state"]) for link in session.links] == [("bad", "disarmed"), ("good", "attached")]
        assert "trap" in session.links[0]["reason"]


def test_slots_are_of_one_call_and_one_module():
    """What an entry keeps its exit finds, in recursion and in another session's midst."""
    probes = {"fn:kinds.recursive:entry": "keep", "fn:kinds.recursive:return": "k=kept a=arg0"}
    with load(probes) as one, load({"fn:kinds.recursive:return": "k=kept"}) as none, load(probes) as two:
        kinds.recursive(2)
        for session in (one, two):
            assert [(f["k"], f["a"]) for *_, f in records(session)] == [(0, 0), (1, 1), (2, 2)]
        assert [f["k"] for *_, f in records(none)] == [None] * 3


def test_what_an_exit_reads_is_what_the_frame_has_now():
    def rebinding(a, b, c):
        a = b
        del c
        return a

    rebinding.__module__ = "kinds"
    with load({"fn:kinds.**.rebinding:exit": "a=arg0 b=arg1 c=arg2"}) as session:
        rebinding(1, 2, 3)
        assert [f for *_, f in records(session)] == [{"a": 2, "b": 2, "c": {"$error": "ABSENT"}}]


def test_calls_of_many_threads_are_all_counted():
    with load({"fn:kinds.*:exit": "", "fn:kinds.plain:entry": "count"}) as session:
        threads = [
            threading.Thread(target=lambda: (many(500), [list(kinds.generator(1)) for _ in range(100)]))
            for _ in range(8)
        ]
        [t.start() for t in threads], [t.join() for t in threads]
        count = balanced(session)
        assert count["kinds.plain"] == (4_000, 4_000, 0, 0, 0)
        assert count["kinds.generator"] == (800, 800, 0, 0, 0)
        assert [a["value"] for a in session.aggregations()] == [4_000]


# --- what an application may do with functions and code


def test_a_copy_of_a_function_shares_its_probes_until_they_go():
    import copy
    import types

    with load({"fn:kinds.plain:exit": "r=retval"}) as session:
        double = types.FunctionType(kinds.plain.__code__, vars(kinds), "double", (2,))
        assert (
            copy.copy(kinds.plain)
            is copy.deepcopy(kinds.plain)
            is pickle.loads(pickle.dumps(kinds.plain))
            is kinds.plain
        )
        assert (double(1), kinds.plain(1)) == (3, 3)
        assert counts(session)["kinds.plain"] == (2, 2, 0, 0, 0)
    assert double.__code__ is kinds.plain.__code__


def test_code_sent_elsewhere_works_there():
    """By value, as cloudpickle does it: the hook becomes an object that does nothing."""
    import subprocess

    with load({"fn:kinds.plain:exit": ""}):
        code = kinds.plain.__code__
        with pytest.raises(ValueError, match="unmarshallable"):
            __import__("marshal").dumps(code)
        assert code != kinds.wrapped.__code__ and code == code and isinstance(hash(code), int)
        parts = [
            code.co_code,
            list(code.co_consts),
            code.co_stacksize,
            code.co_linetable,
            code.co_exceptiontable,
        ]
        sent = pickle.dumps(parts)
    program = (
        "import sys, pickle, types\n"
        "code, consts, size, lines, table = pickle.load(sys.stdin.buffer)\n"
        "def plain(a, b=2): return a + b\n"
        "plain.__code__ = plain.__code__.replace(co_code=code, co_consts=tuple(consts), co_stacksize=size, "
        "co_linetable=lines, co_exceptiontable=table)\n"
        "print(plain(1))\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], input=sent, capture_output=True, check=False)
    assert done.stdout == b"3\n", done.stderr
