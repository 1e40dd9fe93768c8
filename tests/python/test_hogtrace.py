"""HogTrace's interface: a table of programs, each executed on a frame, with what its documentation says they give.

In: programs, frames with given locals, how the call went. Out: pass or fail. Never here: an instrumented function.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from waspect import hogtrace
from waspect.hogtrace import ProbeExecutor, RequestContext, RequestLocalStore, execute_probe


class User:
    """What programs look into."""

    def __init__(self, name, age=30, role="admin"):
        self.name, self.age, self.role = name, age, role
        self.tags = ["a", "b", "c"]

    @property
    def secret(self):
        raise AssertionError("code of the application ran")


ADA = User("ada")
ERROR = ValueError("no such user")


def frame_with(**values):
    """A frame that ended, with these locals, and those that `locals()` of a function cannot be given otherwise."""
    parameters = ", ".join(values)
    space = {"sys": sys, "PAGE": 25}
    exec(f"def subject({parameters}):\n    return sys._getframe()", space)
    return space["subject"](**values)


def run(source, frame, kept=None, **outcome):
    """Whether one clause gives this, and what the store has afterwards."""
    store = RequestLocalStore()
    with RequestContext(store):
        for name, value in (kept or {}).items():
            store.set(name, value)
        program = hogtrace.compile(source)
        captured = execute_probe(program, program.probes[0], frame, store, **outcome)
        return captured, store.all()


ENTRY = frame_with(
    a=7, b=2.5, name="Ada", ok=True, nothing=None, items=[1, 2, 3], config={"env": "prod", "n": {"x": 1}}, user=ADA
)
HANDED = frame_with(args=(10, "two", ADA), kwargs={"limit": 5}, self=ADA)

# The body of a clause, or `/ predicate / { body }`; what the capture gives.
AT_ENTRY = [
    # Values.
    ("{ capture(x=1, y=2.5, z=1e3, s='it', d=\"is\", t=True, f=False, n=None); }",
     {"x": 1, "y": 2.5, "z": 1000.0, "s": "it", "d": "is", "t": True, "f": False, "n": None}),
    (r"{ capture(s='a\n\t\\\'b'); }", {"s": "a\n\t\\'b"}),
    # Names.
    ("{ capture(a, name); }", {"arg0": 7, "arg1": "Ada"}),
    ("{ capture(arg0, arg2); }", {"arg0": 7, "arg1": "Ada"}),
    ("{ capture(x=arg7.name, y=user.age, z=user.tags[1], last=user.tags[-1]); }",
     {"x": "ada", "y": 30, "z": "b", "last": "c"}),
    ("{ capture(x=config[\"env\"], y=config['n']['x'], z=items[0]); }", {"x": "prod", "y": 1, "z": 1}),
    ("{ capture(x=items[1:], y=items[:2]); }", {"x": [2, 3], "y": [1, 2]}),
    ("{ capture(a, x=b); }", {"arg0": 7, "x": 2.5}),
    ("{ capture(); }", {}),
    ("{ send(a); }", {"arg0": 7}),
    ("{ capture(first=a); capture(second=b); }", {"first": 7}),
    ("{ }", None),
    # Arithmetic is Python's.
    ("{ capture(x=a + 1, y=a - 10, z=a * 2, w=a % 4); }", {"x": 8, "y": -3, "z": 14, "w": 3}),
    ("{ capture(x=a / 2, y=(0 - 7) % 3, z=b + 1); }", {"x": 3.5, "y": 2, "z": 3.5}),
    ("{ capture(x=name + '!'); }", {"x": "Ada!"}),
    ("{ capture(x=1 + 2 * 3, y=(1 + 2) * 3, z=10 - 3 - 2); }", {"x": 7, "y": 9, "z": 5}),
    # Comparison and logic.
    ("{ capture(x=a == 7, y=a != 7, z=a < 8, w=a >= 8, v=name < 'B'); }",
     {"x": True, "y": False, "z": True, "w": False, "v": True}),
    ("{ capture(x=a == 'a', y=nothing == None, z=name != None); }", {"x": False, "y": True, "z": True}),
    ("{ capture(x=ok && a > 5, y=a > 9 || ok, z=!ok, w=!user.name); }",
     {"x": True, "y": True, "z": False, "w": False}),
    ("{ capture(x=nothing != None && nothing.name == 1); }", {"x": False}),
    # Predicates.
    ("/ a > 5 / { capture(a); }", {"arg0": 7}),
    ("/ a > 7 / { capture(a); }", None),
    ("/ a / { capture(1); }", {"arg0": 1}),
    ("/ user / { capture(1); }", {"arg0": 1}),
    ("/ nothing / { capture(1); }", None),
    ("/ missing / { capture(1); }", None),
    ("/ missing.name == 1 / { capture(1); }", None),
    ("/ user.secret / { capture(1); }", None),
    ("/ name == 'Ada' && user.role == \"admin\" / { capture(1); }", {"arg0": 1}),
    ("/ (6/2) == 3 / { capture(1); }", {"arg0": 1}),
    ("/ len(items) > 2 && items[0] == 1 / { capture(n=len(items)); }", {"n": 3}),
    # Functions.
    ("{ capture(x=len(name), y=str(a), z=int(b), w=float(a), v=int('5')); }",
     {"x": 3, "y": "7", "z": 2, "w": 7.0, "v": 5}),
    # Sampling.
    ("{ sample 100%; capture(a); }", {"arg0": 7}),
    ("{ sample 1/1; capture(a); }", {"arg0": 7}),
]  # fmt: skip

# Frames whose owner calls its arguments `args`.
WITH_ARGS = [
    ("{ capture(arg0, arg1); }", {"arg0": 10, "arg1": "two"}),
    ("{ capture(x=arg2.name, y=self.name, z=kwargs['limit'], n=len(args), first=args[0], rest=args[1:2]); }",
     {"x": "ada", "y": "ada", "z": 5, "n": 3, "first": 10, "rest": ("two",)}),
    ("/ arg9 == 1 / { capture(1); }", None),
]  # fmt: skip

# Body, how the call went, what it gives.
AT_EXIT = [
    ("{ capture(r=retval); }", {"retval": 42}, {"r": 42}),
    ("{ capture(r=retval['n'], e=exception); }", {"retval": {"n": 1}}, {"r": 1, "e": None}),
    ("/ retval == None / { capture(1); }", {}, {"arg0": 1}),
    ("/ exception == None / { capture(a); }", {"retval": 1}, {"arg0": 7}),
    ("/ exception == None / { capture(a); }", {"exception": ERROR}, None),
    ("/ exception != None / { capture(a); }", {"exception": ERROR}, {"arg0": 7}),
    ("/ exception != None / { capture(a); }", {"retval": 1}, None),
    ("/ retval > 100 / { capture(retval); }", {"retval": 500}, {"arg0": 500}),
]

# Body, what the store has, what it gives, what the store has then.
REQUESTS = [
    ("{ $req.n = a; }", {}, None, {"n": 7}),
    ("{ $request.n = a; capture(n=$req.n); }", {}, {"n": 7}, {"n": 7}),
    ("{ $req.n = $req.n + 1; capture(n=$req.n); }", {"n": 4}, {"n": 5}, {"n": 5}),
    ("{ $req.n += 2; }", {"n": 4}, None, {"n": 6}),
    ("{ $req.n += 2; }", {}, None, {"n": 2}),
    ("{ capture(x=$req.unset); }", {}, {"x": None}, {}),
    ("/ $req.user.name == 'ada' / { capture(who=$req.user.name, tag=$req.user.tags[0]); }", {"user": ADA},
     {"who": "ada", "tag": "a"}, {"user": ADA}),
    ("/ $req.on / { capture(1); }", {"on": False}, None, {"on": False}),
    ("{ $req.items = items; }", {}, None, {"items": [1, 2, 3]}),
    ("{ $req.t = name; }", {"t": ADA}, None, {"t": "Ada"}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), AT_ENTRY)
def test_at_entry(body, expected):
    assert run(f"fn:app.views.show:entry {body}", ENTRY) == (expected, {})


@pytest.mark.parametrize(("body", "expected"), WITH_ARGS)
def test_arguments_are_what_the_frame_calls_so(body, expected):
    assert run(f"fn:app.views.show:entry {body}", HANDED) == (expected, {})


@pytest.mark.parametrize(("body", "outcome", "expected"), AT_EXIT)
def test_at_exit(body, outcome, expected):
    assert run(f"fn:app.views.show:exit {body}", ENTRY, **outcome) == (expected, {})


@pytest.mark.parametrize(("body", "kept", "expected", "then"), REQUESTS)
def test_requests(body, kept, expected, then):
    assert run(f"fn:app.views.show:entry {body}", ENTRY, kept) == (expected, then)


def test_names_of_the_language_are_those_of_locals():
    frame = frame_with(request=ADA, line=3, task=None)
    captured, _ = run("fn:request:entry / request.role == 'admin' && line > 2 / { $req.line = line; "
                      "capture(request=request.name, task, line); }", frame)  # fmt: skip
    assert captured == {"request": "ada", "arg1": None, "arg2": 3}
    assert run("fn:x:entry / task == None / { capture(x=$request.line); }", frame, {"line": 9})[0] == {"x": 9}


def test_all_of_a_frame():
    captured, _ = run("fn:x:entry { capture(args, locals); }", frame_with(a=1, b="two"))
    assert captured == {"arg0": (1, "two"), "arg1": {"a": 1, "b": "two"}}
    captured, _ = run("fn:x:entry { capture(page=globals['PAGE']); }", ENTRY)
    assert captured == {"page": 25}


def test_frames_of_every_kind():
    """That of a caller, of a generator that waits, of another thread, of a class body; cells are seen through."""
    program = hogtrace.compile("fn:x:entry { capture(x=x); }")
    look = ProbeExecutor(program, program.probes[0], RequestLocalStore()).execute

    def outer(x):
        def inner():
            return x, look(sys._getframe(1))

        return inner()

    assert outer(3) == (3, {"x": 3})

    def steps():
        x = 5  # noqa: F841 — the probe reads it
        yield

    generator = steps()
    next(generator)
    assert look(generator.gi_frame) == {"x": 5}

    class Body:
        x = 6
        seen = look(sys._getframe())

    assert Body.seen == {"x": 6}
    begun, done, frames = threading.Event(), threading.Event(), []

    def work(x):
        frames.append(sys._getframe())
        begun.set()
        done.wait()

    thread = threading.Thread(target=work, args=(8,))
    thread.start()
    begun.wait()
    assert look(frames[0]) == {"x": 8}
    done.set()
    thread.join()
    assert look(frames[0]) == {"x": 8}
    frames[0].clear()
    assert look(frames[0]) == {"x": {"$error": "ABSENT"}}
    with pytest.raises(TypeError):
        look("no frame")


def test_nothing_is_attached_and_what_is_goes_on():
    """Also in a forked child."""
    program = hogtrace.compile(f"fn:{__name__}.User.__init__:entry {{ capture(x=x); }}")
    look = ProbeExecutor(program, program.probes[0], RequestLocalStore()).execute
    code = User.__init__.__code__
    assert User("bob").name == "bob" and User.__init__.__code__ is code and look(frame_with(x=1)) == {"x": 1}
    if (child := os.fork()) == 0:
        os._exit(0 if look(frame_with(x=2)) == {"x": 2} else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_objects_are_captured_by_their_fields():
    captured, _ = run("fn:x:entry { capture(user); }", ENTRY)
    assert captured["arg0"]["name"] == "ada" and captured["arg0"]["$type"].endswith("User")


def test_clock_and_chance():
    captured, _ = run("fn:x:entry { capture(now=timestamp(), r=rand()); }", ENTRY)
    assert abs(captured["now"] - time.time()) < 60 and 0 <= captured["r"] < 1
    program = hogtrace.compile("fn:x:entry { sample 50%; capture(1); }")
    store = RequestLocalStore()
    fired = sum(execute_probe(program, program.probes[0], ENTRY, store) is not None for _ in range(400))
    assert 100 < fired < 300


def test_a_request_from_probe_to_probe():
    program = hogtrace.compile(
        """
        # Two functions of one request.
        fn:app.begin:entry { $req.who = arg0; $req.since = timestamp(); }
        /* and */
        py:app.save:exit / retval == 1 / { capture(who=$req.who, took=timestamp() - $req.since); }
        """
    )
    assert [str(probe.spec) for probe in program.probes] == ["fn:app.begin:entry", "fn:app.save:exit"]
    store = RequestLocalStore()
    with RequestContext(store):
        assert ProbeExecutor(program, program.probes[0], store).execute(frame_with(who="ada")) is None
        captured = ProbeExecutor(program, program.probes[1], store).execute(ENTRY, retval=1)
        assert captured["who"] == "ada" and 0 <= captured["took"] < 60
    assert store.all() == {}


# --- programs


def test_a_program_tells_what_it_is():
    text = "fn:app.*.save:entry / a > 1 / { capture(a); }\nfn:b.f:exit+3 { }"
    program = hogtrace.compile(text)
    first, second = program.probes
    assert (program.version, program.sampling, hogtrace.BYTECODE_VERSION) == (1, 1.0, 1)
    assert (first.id, second.id) == ("probe_0", "probe_1")
    assert (first.spec.specifier, first.spec.target) == ("app.*.save", "entry")
    assert (second.spec.specifier, second.spec.target) == ("b.f", "exit")
    assert (first.predicate, first.body, second.predicate) == (b"a > 1", b"{ capture(a); }", b"")
    again = hogtrace.Program.from_bytes(program.to_bytes())
    assert [str(probe.spec) for probe in again.probes] == ["fn:app.*.save:entry", "fn:b.f:exit"]
    assert execute_probe(again, again.probes[0], ENTRY, RequestLocalStore()) == {"arg0": 7}


def test_an_empty_program_is_one():
    assert hogtrace.compile("").probes == hogtrace.compile("# nothing\n/* at all */").probes == []


@pytest.mark.parametrize("data", [b"", b"junk", b"waspect.hogtrace\0\1\xff", b"waspect.hogtrace\0\1fn:"])
def test_bytes_that_are_no_program(data):
    with pytest.raises(RuntimeError, match="Deserialization error: "):
        hogtrace.Program.from_bytes(data)


def test_files(tmp_path):
    (tmp_path / "good.hogtrace").write_text("fn:a.b:entry { capture(a); }", encoding="utf-8")
    (tmp_path / "bad.hogtrace").write_text("fn:a.b:entry { capture(a) }", encoding="utf-8")
    assert len(hogtrace.compile_file(tmp_path / "good.hogtrace").probes) == 1
    assert len(hogtrace.parse_file(str(tmp_path / "good.hogtrace")).probes) == 1
    with pytest.raises(hogtrace.CompilationError):
        hogtrace.compile_file(tmp_path / "bad.hogtrace")
    with pytest.raises(hogtrace.ParseError):
        hogtrace.parse_file(tmp_path / "bad.hogtrace")
    with pytest.raises(FileNotFoundError):
        hogtrace.compile_file(tmp_path / "none.hogtrace")


# What does not compile, and what the message says of it.
MISTAKES = [
    ("fn:a.b:entri { }", "entry"),
    ("fn:a.b:entry { capture(a) }", ";"),
    ("fn:a.b:entry { capture(a);", "}"),
    ("xx:a.b:entry { }", "fn:"),
    ("fn:a.b:entry / a > 1 { capture(a); }", "/"),
    ("fn:a.b:entry { capture(x=99999999999999999999); }", "99999999999999999999"),
    ("fn:a.b:entry { capture(x=lenn(a)); }", "len"),
    # What runs there.
    ("fn:a.b:entry { capture(x=exec(\"open('f', 'w')\")); }", "exec"),
    ('fn:a.b:entry { capture(x=eval("sum(range(20000000))")); }', "eval"),
    ("fn:a.b:entry { capture(x=" + "(" * 10_000 + "1" + ")" * 10_000 + "); }", "64"),
]


@pytest.mark.parametrize(("source", "says"), MISTAKES, ids=[source[:60] for source, _ in MISTAKES])
def test_mistakes_are_told(source, says):
    with pytest.raises(ValueError, match=r"^Compilation error: ") as raised:
        hogtrace.compile(source)
    assert says in str(raised.value) and isinstance(raised.value, hogtrace.CompilationError)
    assert len(str(raised.value)) < 10_000


def test_work_ends_within_its_budget():
    """What is more than a firing may do ends in an error, each time; the program goes on as it was."""
    source = "fn:a.b:entry { " + "$req.n = name * 1 + name; capture(x=locals, y=locals);" * 200 + " }"
    program, frame = hogtrace.compile(source), frame_with(name="x" * 1000, all=[["y" * 1000] * 90] * 9)
    for _ in range(30):
        begun = time.perf_counter()
        with pytest.raises(RuntimeError, match=r"^Execution error: "):
            execute_probe(program, program.probes[0], frame, RequestLocalStore())
        assert time.perf_counter() - begun < 1


# --- the store


def test_a_store():
    store, user = RequestLocalStore(), User("ada")
    store.set("a", 1)
    store["user"] = user
    assert store.get("a") == store["a"] == 1 and store.get("b") is None and store.get("b", 2) == 2
    assert "a" in store and store.has("user") and not store.has("b") and store["user"] is user
    copy = store.all()
    copy["c"] = 3
    store.delete("a")
    store.delete("never")
    assert store.all() == {"user": user} and "user" in repr(store)
    with pytest.raises(KeyError):
        store["a"]
    with RequestContext(store) as inside:
        assert inside is store and store.all() == {}
        store.set("b", 1)
    assert store.all() == {"user": user}
    store.clear()
    assert store.all() == {} and RequestLocalStore().all() == {}


def test_tasks_do_not_see_each_other():
    """Also where their parent used the store before; they begin with what it had."""
    store = RequestLocalStore()

    async def one(n):
        store.set("n", n)
        await asyncio.sleep(0.001)
        return store.get("n"), store.get("of parent")

    async def all_of_them():
        store.set("of parent", "p")
        found = await asyncio.gather(*(one(n) for n in range(5)))
        return found, store.get("n")

    assert asyncio.run(all_of_them()) == ([(n, "p") for n in range(5)], None)


def test_a_context_that_is_left_elsewhere():
    store = RequestLocalStore()
    context = RequestContext(store)
    contextvars.copy_context().run(context.__enter__)
    store.set("a", 1)
    context.__exit__(None, None, None)
    assert store.all() == {}


def test_in_its_place():
    """A script that imports `hogtrace`."""
    script = """
        import sys
        import hogtrace
        import hogtrace.vm
        from hogtrace.request_store import RequestContext, RequestLocalStore
        from hogtrace.vm import ProbeExecutor

        assert hogtrace.vm.Program is hogtrace.Program and RequestLocalStore is hogtrace.RequestLocalStore
        program = hogtrace.compile('''
            fn:shop.add:entry / arg1 > 1 / { $req.n = $req.n + arg1; capture(item=arg0, total=$req.n); }
        ''')
        store = RequestLocalStore()
        executor = ProbeExecutor(program, program.probes[0], store)

        def add(item, quantity):
            return executor.execute(sys._getframe())

        with RequestContext(store):
            store.set("n", 0)
            print(add("tea", 2), add("cup", 1), add("pot", 3), store.all())
    """
    first = "import sys, waspect.hogtrace as h; sys.modules['hogtrace'] = h\n"
    command = [sys.executable, "-c", first + textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == (
        "{'item': 'tea', 'total': 2} None {'item': 'pot', 'total': 5} {'n': 5}\n", ""
    )  # fmt: skip
