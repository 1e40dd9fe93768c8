"""What a probe may take over time: its share, bytes, faults, its life; and that programs are right all the while.

In: probes that take too much, programs that call them. Out: states with their reasons, counts that add up, results.
Never: a bound on how long anything takes; how much a probe takes is the fuel it asks for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import types

import pytest

import probing
import running
import waspect

# Burns `{rounds}` turns of eight fuel each.
BURN = """(module (func (export "fn:{target}:entry") (local $i i32)
  (loop $again
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $i) (i32.const {rounds})))))
)"""
# 60 000 fuel, as measured: see `test_the_burner_burns`.
HEAVY, LIGHT = 7_500, 1


def burner(target, rounds=HEAVY):
    return BURN.format(target=target, rounds=rounds)


def made(name):
    """A module of its own with `work` and `other`."""
    module = types.ModuleType(name)
    exec("def work(n): return n + 1\ndef other(n): return n + 2\n", module.__dict__)
    for function in (module.work, module.other):
        function.__module__ = name
    sys.modules[name] = module
    return module


def summary(session):
    (found,) = [s for s in session.stats() if s["type"] == "summary"]
    return found


def states(session):
    return [(e["state"], e["reason"]) for e in session.events(timeout=0) if e["type"] == "state"]


def called(function, seconds, until=lambda: False):
    """Calls until then; gives how often, and checks each result."""
    calls, end = 0, time.monotonic() + seconds
    while time.monotonic() < end and not until():
        for i in range(20):
            assert function(i) == i + 1
        calls += 20
    return calls


def test_the_burner_burns():
    module = made("budget_burns")
    with waspect.load(burner("budget_burns.work").encode()) as session:
        assert module.work(1) == 2
        assert 55_000 <= summary(session)["fuel"] <= 65_000


def test_over_its_share_it_is_throttled_and_then_disarmed():
    """The reasons are told as they come, in links and in the account; every call is right, fired or skipped."""
    module = made("budget_over")
    with waspect.load(burner("budget_over.work").encode()) as session:
        calls = called(module.work, 60, lambda: session.links[0]["state"] == "throttled")
        (link,) = session.links
        assert link["state"] == "throttled"
        assert "of the process's time in the last second, 0.5 % allowed" in link["reason"]
        calls += called(module.work, 60, lambda: session.links[0]["state"] == "disarmed")
        (link,) = session.links
        account = summary(session)
        told = states(session)
        assert [state for state, _ in told] == ["attached", "throttled", "disarmed"]
        assert (account["state"], account["reason"]) == told[-1] == (link["state"], link["reason"])
        assert account["reason"].startswith("over its share of time again and again while throttled: ")
        # What was disarmed is skipped in silence; until then each call is a firing or a drop.
        assert account["firings"] + account["drops"]["throttled"] <= calls
        assert account["drops"]["throttled"] > account["firings"] > 100
        assert account["share"] > 0.005
    assert module.work(1) == 2


def test_a_share_of_all_is_not_judged():
    module = made("budget_all")
    with waspect.load(burner("budget_all.work").encode(), budget={"share": "100%"}) as session:
        calls = called(module.work, 2.5)
        assert summary(session)["firings"] == calls
        account = summary(session)
        assert account["state"] == "attached"
        assert account["share"] > 0.05


def test_below_its_share_nothing_happens():
    """Ten heavy firings a second, and a light one that is called all the time but not too often."""
    module = made("budget_below")
    heavy = waspect.load(burner("budget_below.work").encode(), budget={"time_share_max": 0.05})
    light = waspect.load(burner("budget_below.other", LIGHT).encode(), budget={"time_share_max": 0.05})
    calls = 0
    with heavy, light:
        for _ in range(30):
            module.work(calls)
            for i in range(50):
                assert module.other(i) == i + 2
            calls += 1
            time.sleep(0.1)
        assert (summary(heavy)["firings"], summary(light)["firings"]) == (calls, 50 * calls)
        for session in (heavy, light):
            assert states(session)[0][0] == "attached"
            assert summary(session)["drops"] == {}
            assert summary(session)["share"] < 0.05


def test_a_cheap_probe_that_is_called_all_the_time_says_what_it_takes():
    """A million calls a second of the cheapest probe there is are more than half a percent, and that is said."""
    module = made("budget_cheap")
    work = module.work
    with waspect.load(b'(module (func (export "fn:budget_cheap.work:entry")))') as session:
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            for i in range(10_000):
                work(i)
        account = summary(session)
        assert account["state"] == "throttled"
        assert "0.5 % allowed" in account["reason"]
        assert 0.005 < account["share"] < 1


def test_together_over_the_process_share():
    """Three sessions, each within its own half percent: the costliest is throttled for what all take."""
    module = made("budget_together")
    sessions = [waspect.load(burner("budget_together.work", HEAVY // 4).encode()) for _ in range(3)]
    # Paced by what was spent, not by the clock: 15 000 fuel a firing, at a ns each by default.
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end and all(summary(s)["state"] == "attached" for s in sessions):
            for i in range(60):
                assert module.work(i) == i + 1
            time.sleep(0.19)
        reasons = [summary(s)["reason"] for s in sessions if summary(s)["state"] == "throttled"]
    finally:
        for session in sessions:
            session.detach()
    assert reasons
    assert all("0.5 % allowed" in reason or "1 % allowed; this one" in reason for reason in reasons)


def test_a_throttled_probe_recovers():
    module = made("budget_recovers")
    with waspect.load(burner("budget_recovers.work").encode()) as session:
        called(module.work, 60, lambda: session.links[0]["state"] == "throttled")
        end = time.monotonic() + 30
        while time.monotonic() < end and session.links[0]["state"] == "throttled":
            time.sleep(0.1)
        assert session.links[0]["state"] == "attached"
        before = summary(session)["firings"]
        module.work(1)
        assert summary(session)["firings"] == before + 1
        assert [state for state, _ in states(session)] == ["attached", "throttled", "attached"]


def test_bytes_a_second():
    module = made("budget_bytes")
    text = "fn:budget_bytes.work:entry { capture(arg0); }"
    with waspect.load(text.encode(), budget={"bytes": "2K", "events": 10**6}) as session:
        for _ in range(300):
            module.work(1)
        account = summary(session)
        assert account["records"] + account["drops"]["byte_rate"] == 300
        # Two seconds' worth is there at once, and some came while it was used.
        assert 2 * 2048 - 64 <= account["record_bytes"] < 3 * 2048
        assert account["records"] == len([e for e in session.events(timeout=0) if e["type"] == "record"])
        assert account["host_bytes"] > 0


def test_faults_that_disarm():
    made("budget_faults")
    for faults in (1, 2, 3):
        with probing.load({"fn:budget_faults.work:entry#x": "trap"}, budget={"faults": faults}) as session:
            for i in range(5):
                assert sys.modules["budget_faults"].work(i) == i + 1
            assert probing.summaries(session)["x"]["faults"] == {"trap": faults}
            assert probing.summaries(session)["x"]["state"] == "disarmed"


@pytest.mark.parametrize("thread", [False, True])
def test_a_session_expires(thread):
    """The first firing after its time, on whatever thread, has the functions put back; what it counted stays."""
    module = made("budget_expires")
    code = module.work.__code__
    session = waspect.load(burner("budget_expires.work", LIGHT).encode(), expires=1.5)
    assert module.work.__code__ is not code
    assert module.work(1) == 2
    time.sleep(1.6)
    if thread:
        other = threading.Thread(target=module.work, args=(1,))
        other.start()
        other.join()
    else:
        module.work(1)
    for _ in range(10_000):
        if module.work.__code__ is code:
            break
    assert module.work.__code__ is code
    assert session._native.detached
    assert states(session) == [("attached", ""), ("detached", "expired")]
    (account,) = [s for s in session.stats() if s["type"] == "summary"]
    assert (account["firings"], account["state"], account["reason"]) == (1, "detached", "expired")
    assert session.links[0]["state"] == "detached"
    session.detach()


def test_a_session_expires_where_nothing_fires():
    module = made("budget_quiet")
    code = module.work.__code__
    session = waspect.load(burner("budget_quiet.work", LIGHT).encode(), expires=0.2)
    events = list(session.events())
    assert [e["state"] for e in events] == ["attached", "detached"]
    assert module.work.__code__ is code
    assert session._native.detached


def test_end_fires_when_a_session_expires():
    made("budget_end")
    text = b"fn:budget_end.work:entry { @n = count(); } end { capture(last=1); }"
    session = waspect.load(text, expires=0.1)
    assert [e["fields"] for e in session.events() if e["type"] == "record"] == [{"last": 1}]


def test_a_forked_child_has_windows_of_its_own(tmp_path):
    """The parent's probe is throttled; the child's fires as if nothing had been."""
    program = """
import time
end = time.monotonic() + 1.2
n = 0
while time.monotonic() < end:
    hit(n); n += 1
if (p := os.fork()) == 0:
    for i in range(100): hit(i)
    say(100); os._exit(0)
wait(p)
"""
    probe = burner("**.hit").replace(":entry", ":entry#burn")
    run = running.run(tmp_path, program, probe=probe, options=("--budget", "fuel=100000"))
    assert run.code == 0, run.err
    throttled = [s for s in run.of("state") if s["state"] == "throttled"]
    assert len(throttled) == 1
    (account,) = run.of("summary")
    assert account["state"] == "throttled"
    assert account["drops"]["throttled"] > 0


def test_the_operator_sees_it(tmp_path):
    """On the terminal: the state when it comes, and the account at the end."""
    program = """
import time
end = time.monotonic() + 13
n = 0
while time.monotonic() < end:
    assert hit(n) == n
    n += 1
print("right")
"""
    probe = burner("**.hit")
    options = ("--budget", "share=0.4%", "-o", "terminal", "-o", f"jsonl:{tmp_path / 'out.jsonl'}")
    run = running.run(tmp_path, program, probe=probe, options=options)
    assert (run.code, run.out) == (0, b"right\n"), run.err
    text = run.err.decode()
    assert "throttled  fn:**.hit:entry" in text
    assert "of the process's time in the last second, 0.4 % allowed" in text
    assert "disarmed  fn:**.hit:entry" in text
    assert [s["state"] for s in run.of("state")] == ["pending", "attached", "throttled", "disarmed"]
    (account,) = run.of("summary")
    assert account["state"] == "disarmed"
    assert account["share"] > 0.004


REFUSED = [
    ("fuel=100001", "budget `fuel_per_fire` of 100001, expected 0 to 100000: only the operator's policy file raises"),
    ("feul=1", "unknown budget `feul`, expected one of fuel, events, bytes, share, faults"),
    ("fuel", "expected `NAME=N`, as in `fuel=50000`"),
    ("share=much", "budget `time_share_max` of much, expected a share of the time, as `0.5%` or `0.005`"),
    ("faults=0", "budget `faults_to_disarm` of 0, expected 1 to 3"),
]


@pytest.mark.parametrize(("budget", "message"), REFUSED, ids=[r[0] for r in REFUSED])
@pytest.mark.parametrize("command", ["run", "attach", "load", "top"])
def test_budgets_that_are_refused(command, budget, message, tmp_path):
    text = "fn:a.b:entry { @n = count(); }"
    # This process, which nobody enters.
    target = ["-c", "print('never')"] if command == "run" else [str(os.getpid())]
    extra = ["--json"] if command == "top" else []
    args = [running.BINARY, command, *extra, "-e", text, "--budget", budget, *target]
    done = subprocess.run(args, capture_output=True, check=False, timeout=60, env=running.environment())
    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert done.stdout == b""


def test_limits_has_them():
    done = subprocess.run([running.BINARY, "limits", "--json"], capture_output=True, check=True, timeout=60)
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert (rows["time_share_max"]["value"], rows["time_share_max_process"]["value"]) == (5_000, 10_000)
    done = subprocess.run([running.BINARY, "limits"], capture_output=True, check=True, timeout=60)
    assert "0.5 % of the time that passes, per probe" in done.stdout.decode()
