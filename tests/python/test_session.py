"""What `waspect.load` gives or refuses; what a session yields, when it ends, who hears what.

First with a native half that is made up, then with real ones over `apps/kinds`.
"""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import waspect
from probing import alone, events, load, records, summaries, wat
from waspect import _core
from waspect.session import Session

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "apps"))

import kinds  # noqa: E402


class Native:
    """A native session that gives what it is told to, one list a poll."""

    def __init__(self, *polls, detached=False):
        self.polls = list(polls)
        self.detached = detached

    def poll(self):
        return self.polls.pop(0) if self.polls else []

    def detach(self):
        self.detached = True


def test_events_end_when_detached_and_drained():
    assert list(Session(Native([1, 2], [], [3], detached=True)).events()) == [1, 2]
    assert list(Session(Native([1, 2], [3], detached=True)).events()) == [1, 2, 3]


def test_events_end_when_nothing_came_for_a_while():
    assert list(Session(Native([1], [], [2])).events(timeout=0.01)) == [1, 2]
    assert list(Session(Native([1], [2])).events(timeout=0)) == [1, 2]


def test_leaving_the_block_detaches():
    native = Native()
    with Session(native) as session:
        assert repr(session) == "<waspect.Session attached>"
    assert native.detached
    assert repr(session) == "<waspect.Session detached>"


def test_a_callback_that_raises_misses_no_event(monkeypatch):
    heard, raised, done = [], [], threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda hook: raised.append(str(hook.exc_value)))

    def callback(event):
        heard.append(event)
        if event == 3:
            done.set()
        raise ValueError(event)

    Session(Native([1, 2], [3], detached=True)).on_event(callback)
    assert done.wait(10)
    assert heard == [1, 2, 3]
    assert raised[:2] == ["1", "2"]


@pytest.mark.parametrize("name", [n for n in waspect.__all__ if n.endswith("Error") or n == "CompilerMissing"])
def test_every_error_is_a_probe_error_with_a_hint(name):
    error = getattr(waspect, name)("`x` is wrong", "write `y`")
    assert isinstance(error, waspect.ProbeError)
    assert (str(error), error.hint) == ("`x` is wrong", "write `y`")


def test_nothing_is_a_module_that_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        waspect.load(tmp_path / "none.wasm")


# --- real sessions


def test_everything_a_session_tells():
    with load({"fn:kinds.plain:exit#p": "count a=arg0 r=retval", "fn:kinds.not_there:entry#q": ""}) as session:
        kinds.plain(1)
        assert repr(session) == "<waspect.Session attached>"
        assert [(link["probe"], link["state"], link["functions"]) for link in session.links] == [
            ("p", "attached", ["kinds.plain"]),
            ("q", "pending", []),
        ]
        assert session.aggregations() == [
            {
                "type": "aggregation",
                "module": "<bytes>",
                "name": "calls",
                "kind": "count",
                "key": ["kinds.plain"],
                "value": 1,
            }
        ]
        state_p, state_q, record = session.events(timeout=0)
        assert (state_p["state"], state_q["state"]) == ("attached", "pending")
        assert set(record) == set(waspect_types("Record"))
        assert (record["fields"], record["fn"], record["point"], record["thread"]) == (
            {"a": 1, "r": 3},
            "kinds.plain",
            "return",
            "MainThread",
        )
        p, q, function = session.stats()
        assert set(p) == set(q) == set(waspect_types("Summary")) and set(function) == set(waspect_types("Function"))
        assert (p["firings"], p["rejected"], p["records"], p["drops"], p["faults"]) == (1, 0, 1, {}, {})
    # Everything stays readable, and the end is told.
    assert repr(session) == "<waspect.Session detached>"
    assert [e["state"] for e in session.events()] == ["detached", "detached"]
    assert session.aggregations()[0]["value"] == 1 and session.stats()[2] == function
    session.detach()
    assert list(session.events()) == []


def waspect_types(name):
    from waspect import events as types

    return getattr(types, name).__annotations__


def test_leaving_by_an_exception_detaches():
    with pytest.raises(ZeroDivisionError), load({"fn:kinds.plain:exit": ""}):
        kinds.plain(1 / 0)
    assert kinds.plain.__code__.co_consts == (None,)


def test_events_of_a_session_that_ends_meanwhile():
    session = load({"fn:kinds.plain:exit": "r=retval"})
    heard = []
    listener = threading.Thread(target=lambda: heard.extend(session.events()))
    listener.start()
    for i in range(100):
        kinds.plain(i)
    session.detach()
    listener.join(10)
    assert not listener.is_alive()
    assert [e["fields"]["r"] for e in heard if e["type"] == "record"] == list(range(2, 102))


def test_callbacks_hear_everything_until_the_end():
    heard, done = [], threading.Event()

    def callback(event):
        heard.append(event)
        if event["type"] == "state" and event["state"] == "detached":
            done.set()

    with load({"fn:kinds.plain:exit": "r=retval"}) as session:
        session.on_event(callback)
        kinds.plain(1)
    assert done.wait(10)
    assert [e["type"] for e in heard] == ["state", "record", "state"]
    assert not [t for t in threading.enumerate() if t.name == "waspect-events" and t.join(10)]


@pytest.mark.parametrize("how", ["path", "text path", "bytes", "text", "artifact"])
def test_what_can_be_loaded(how, tmp_path):
    text = wat({"fn:kinds.plain:exit": "r=retval"})
    artifact = _core.compile(find(), text.encode(), "p", [])
    (tmp_path / "p.wat").write_text(text)
    module = {
        "path": tmp_path / "p.wat",
        "text path": str(tmp_path / "p.wat"),
        "bytes": text.encode(),
        "text": b"  " + text.encode(),
        "artifact": artifact,
    }[how]
    with waspect.load(module) as session:
        kinds.plain(1)
        assert len(records(session)) == 1
        assert session.links[0]["module"] == {"path": "p.wat", "text path": "p.wat", "artifact": "p"}.get(
            how, "<bytes>"
        )


def find():
    from waspect import compiler

    return compiler.find()


PLAIN = b'(module (func (export "on_call")) (func (export "fn:kinds.maker:entry")))'


def test_at_says_where_an_export_belongs():
    with waspect.load(PLAIN, at={"on_call": "fn:kinds.plain:entry#here"}) as session:
        kinds.plain(1)
        assert {p: s["firings"] for p, s in summaries(session).items()} == {"here": 1, "fn:kinds.maker:entry": 0}


BUDGETS = [
    ({"events_per_second": 3}, "a=arg0", {"records": 3, "drops": {"rate": 7}}),
    ({"fuel_per_fire": 5}, "spin", {"records": 0, "faults": {"out_of_fuel": 10}}),
    ({}, "a=arg0", {"records": 10, "drops": {}, "faults": {}}),
]


@pytest.mark.parametrize(("budget", "does", "expected"), BUDGETS, ids=[str(b) for b, *_ in BUDGETS])
def test_budget(budget, does, expected):
    with load({"fn:kinds.plain:entry#p": does}, budget=budget) as session:
        for i in range(10):
            kinds.plain(i)
        summary = summaries(session)["p"]
        assert {key: summary[key] for key in expected} == expected


def test_a_budget_bounds_what_is_captured():
    with load({"fn:kinds.rest:entry": "v=arg0"}, budget={"value_str_bytes_max": 4, "value_items_max": 2}) as session:
        kinds.rest("123456789"), kinds.rest([1, 2, 3, 4])
        assert [fields["v"] for *_, fields in records(session)] == [
            {"$truncated": "bytes", "total": 9, "value": "1234"},
            {"$truncated": "items", "total": 4, "value": [1, 2]},
        ]


SPEC = b'(module (func (export "%s")))'
GOOD = SPEC % b"fn:kinds.plain:entry"
REFUSED = [
    ("one part", "SpecError", lambda: waspect.load(SPEC % b"fn:kinds:entry"), "kinds"),
    ("no such point", "SpecError", lambda: waspect.load(SPEC % b"fn:kinds.plain:begin"), "begin"),
    ("no such option", "SpecError", lambda: waspect.load(SPEC % b"fn:kinds.plain:entry?often=1"), "often"),
    ("min at entry", "SpecError", lambda: waspect.load(SPEC % b"fn:kinds.plain:entry?min=1ms"), "min"),
    ("at without spec", "SpecError", lambda: waspect.load(PLAIN, at={"on_call": "somewhere"}), "somewhere"),
    ("at of no export", "ModuleError", lambda: waspect.load(PLAIN, at={"on_cal": "fn:kinds.plain:entry"}), "on_cal"),
    ("no module", "ModuleError", lambda: waspect.load(b"(modul)"), "modul"),
    ("wasm cut short", "ModuleError", lambda: waspect.load(b"\0asm\1\0\0\0\1"), ""),
    ("no probe", "ModuleError", lambda: waspect.load(b"(module)"), "no probe"),
    (
        "import",
        "ModuleError",
        lambda: waspect.load(b'(module (import "env" "x" (func)) (func (export "fn:a.b:entry")))'),
        "env",
    ),
    ("compiler ends", "CompileError", lambda: _core.compile("/bin/false", GOOD, "p", []), "/bin/false"),
    ("no compiler", "CompileError", lambda: _core.compile("/nowhere", GOOD, "p", []), "/nowhere"),
    ("no artifact", "EngineError", lambda: waspect.load(b"\x00neither"), ""),
    ("empty", "EngineError", lambda: waspect.load(b""), ""),
    ("artifact cut short", "EngineError", lambda: waspect.load(_core.compile(find(), GOOD, "p", [])[:-1]), ""),
    ("artifact changed", "EngineError", lambda: waspect.load(changed(_core.compile(find(), GOOD, "p", []))), ""),
    ("budget raised", "PolicyError", lambda: waspect.load(GOOD, budget={"fuel_per_fire": 10**9}), "fuel_per_fire"),
    ("budget unknown", "PolicyError", lambda: waspect.load(GOOD, budget={"feul": 1}), "feul"),
    ("budget as a bool", "PolicyError", lambda: waspect.load(GOOD, budget={"fuel": True}), "True"),
    ("a share of more than all", "PolicyError", lambda: waspect.load(GOOD, budget={"share": 1.5}), "150 %"),
    ("expires before now", "PolicyError", lambda: waspect.load(GOOD, expires=-1), "expires"),
    ("expires never", "PolicyError", lambda: waspect.load(GOOD, expires=float("nan")), "expires"),
    ("budget below nothing", "PolicyError", lambda: waspect.load(GOOD, budget={"fuel_per_fire": -1}), "-1"),
    (
        "budget beyond everything",
        "PolicyError",
        lambda: waspect.load(GOOD, budget={"fuel_per_fire": 2**70}),
        "fuel_per_fire",
    ),
]


def changed(artifact):
    return artifact[:2000] + bytes([artifact[2000] ^ 1]) + artifact[2001:]


@pytest.mark.parametrize(("error", "call", "named"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_is_refused_and_at_which_stage(error, call, named):
    with pytest.raises(waspect.ProbeError) as caught:
        call()
    assert type(caught.value).__name__ == error
    text = str(caught.value)
    assert named in text
    assert text[:1] not in {"", "E"} and not text.endswith(".")
    assert caught.value.hint is None or caught.value.hint
    assert kinds.plain.__code__.co_consts == (None,)


@pytest.mark.parametrize("wrong", [None, 1, "", ["p.wat"]])
def test_what_is_no_module_at_all(wrong):
    with pytest.raises((TypeError, FileNotFoundError, OSError)):
        waspect.load(wrong)


def test_an_interpreter_that_is_not_known():
    assert alone("""
        import subprocess, sys
        program = "import _frozen_importlib_external as e, waspect; e.MAGIC_NUMBER = b'abcd'\\n" \\
            "try: waspect.load(b'(module (func (export \\"fn:a.b:entry\\")))')\\n" \\
            "except waspect.AttachError as e: print('AttachError', e)"
        print(subprocess.run([sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\\n" + program],
            capture_output=True, text=True).stdout.split()[0])
    """) == ["AttachError"]


def test_a_package_without_its_binary(tmp_path):
    shutil.copytree(Path(waspect.__file__).parent, tmp_path / "waspect", ignore=shutil.ignore_patterns("__pycache__"))
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport waspect\n"
        "try: waspect.load(b'(module)')\nexcept waspect.CompilerMissing as e: print(e, e.hint)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert str(tmp_path) in done.stdout and ".cwasm" in done.stdout, done.stderr


def test_losing_the_session_detaches_although_somebody_listens():
    session = load({"fn:kinds.plain:exit": ""})
    session.on_event(lambda event: None)
    del session
    gc.collect()
    assert kinds.plain.__code__.co_consts == (None,)
    listening = [t for t in threading.enumerate() if t.name == "waspect-events"]
    for thread in listening:
        thread.join(10)
    assert not any(thread.is_alive() for thread in listening)


def test_faults_and_logs_are_events():
    with load({"fn:kinds.plain:entry#p": "trap"}) as session:
        for i in range(4):
            kinds.plain(i)
        faults = events(session, "fault")
        assert [(f["probe"], f["kind"], f["side"], f["where"]) for f in faults] == [
            ("p", "trap", "guest", "kinds.plain")
        ] * 3
        assert session.links[0]["state"] == "disarmed"


# What is kept in cycles goes when the interpreter has no modules left, and destructors still run.
KEPT = """
import threading
class Kept:
    def __init__(self): self.me = self
    def __del__(self, early=kinds.early, plain=kinds.plain): plain(1), early(1)(2)
kept = Kept()
threading.Thread.kept, kept.kinds = kept, kinds
"""
READS = "t=$thread k=$task m=$module f=$file l=$line s=local.self"
AT_THE_END = {
    "a session": f"kept.session = load({{'fn:kinds.**:exit': '{READS} count'}})",
    "a session, detached": "kept.session = load({'fn:kinds.**:exit': 'count'}); kept.session.detach()",
    "a session beside a tool": """
getattr(sys, "monitoring", None) and sys.monitoring.use_tool_id(3, "tool")
kept.session = load({'fn:kinds.**:entry': 'count'})
""",
    "an end of its own": f"""
kept.session = load({{'end': 'count t=$thread k=$task m=$now', 'fn:kinds.**:exit': '{READS}'}})
""",
    "its events": """
kept.session = load({'fn:kinds.**:exit': 'a=arg0'})
Kept.__del__ = lambda self: (self.session.stats(), list(self.session.events(timeout=0)), self.session.links)
""",
    "asyncio, and a session": f"""
import asyncio; kept.a = asyncio
kept.session = load({{'fn:kinds.**:exit': '{READS}'}})
""",
}


@pytest.mark.parametrize("name", AT_THE_END)
def test_a_session_that_outlives_the_modules_ends_with_the_process(name):
    assert alone(KEPT + AT_THE_END[name] + "\nprint('done')")[-1] == "done"
