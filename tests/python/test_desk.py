"""Sessions that others can ask for: `load`, `list`, `stats`, `maps`, `tail`, `unload`, `detach`.

In: programs that run, and the commands a user would type. Out: nothing. Never: a session left behind.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import running
from asking import Place, Program, is_there, may_be_root, until

pytestmark = pytest.mark.once

COUNT = "fn:**.hit:exit { @n = count(); @lat = quantize(elapsed); }"
RECORD = "fn:**.hit:entry { capture(n, pad); }"


@pytest.fixture
def place():
    place = Place()
    yield place
    for session in place.operators():
        if is_there(session):
            os.kill(session, signal.SIGKILL)
    place.close()


@pytest.fixture
def program():
    program = Program()
    yield program
    program.close()


@pytest.fixture(autouse=True, scope="module")
def _may_trace():
    """Some sandboxes let nobody look into another process; there is nothing to see there."""
    program, place = Program(), Place()
    line = [running.BINARY, "attach", str(program.pid), "-e", "begin { }", "--for", "1ms"]
    said = subprocess.run(line, capture_output=True, env=place.environment(), check=False, timeout=60).stderr.decode()
    program.close()
    place.close()
    if "may not be entered" in said:
        pytest.skip(said)


def lines(out: bytes) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_session_in_the_background(place, program, tmp_path):
    """Loaded, looked at in every way, and taken out again."""
    out = tmp_path / "out.jsonl"
    done = place.run("load", str(program.pid), "--name", "carts", "-e", COUNT, "-o", f"jsonl:{out}")
    session = int(done.stdout)
    assert f"session {session} (carts) loaded into 1 process" in done.stderr.decode()
    assert program.says() == "probed"

    listed = place.mine()[session]
    assert {"name": "carts", "how": "load", "target": str(program.pid), "answers": True}.items() <= listed.items()
    assert [process["pid"] for process in listed["processes"]] == [program.pid]
    (probe,) = listed["probes"]
    assert {"state": "attached", "functions": 1, "reason": None}.items() <= probe.items()
    assert listed["outputs"] == [f"jsonl:{out}"]
    assert f"{session}  carts" in place.run("list").stdout.decode()

    stats = until(lambda: [x for x in [place.json("stats", "carts")] if x["probes"][0].get("p50_ns")])[0]
    (probe,), (function,) = stats["probes"], stats["functions"]
    assert probe["firings"] > 0
    assert probe["skipped"] == 0
    assert probe["p50_ns"] <= probe["p99_ns"]
    assert function["fn"] == "__main__.hit"
    assert function["entries"] == function["returns"] + function["live"] > 0
    assert b"__main__.hit" in place.run("stats", str(session)).stdout

    counted = {x["name"]: x for x in place.json("maps", "carts")["aggregations"]}
    assert counted["n"]["kind"] == "count"
    more = place.json("maps", "carts")["aggregations"]
    assert {x["name"]: x for x in more}["n"]["value"] >= counted["n"]["value"] > 0
    assert b"@lat  quantize" in place.run("maps", "carts").stdout

    assert f"session {session} (carts): its probes are out of 1 process" in place.run("unload", "carts").stdout.decode()
    assert program.says() == "clean"
    assert place.mine() == {}
    assert list(place.folder.iterdir()) == []
    until(lambda: not is_there(session))
    assert {x["type"] for x in lines(out.read_bytes())} >= {"start", "state", "aggregation", "function", "summary"}


def test_again_and_again(place, program):
    """`--every` goes on until the session ends."""
    session = str(place.load(str(program.pid), "-e", COUNT))
    shown = place.start("maps", session, "--every", "100ms", "--json", stdout=subprocess.PIPE)
    text = place.start("stats", session, "--every", "100ms", stdout=subprocess.PIPE)
    assert shown.stdout is not None
    seen = [json.loads(shown.stdout.readline()) for _ in range(3)]
    times = [picture["ts_ns"] for picture in seen]
    assert times == sorted(set(times))
    place.run("unload", session)
    for process in (shown, text):
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 0
    assert out.count(b"probe ") >= 2


def test_a_terminal_that_closes(place, program):
    """Whoever began it may go."""
    child, terminal = pty.fork()
    if child == 0:
        line = f"{running.BINARY} load {program.pid} -e '{COUNT}' && exec sleep 60"
        os.execvpe("sh", ["sh", "-c", line], place.environment())
    assert program.says() == "probed"
    session = until(lambda: list(place.mine()))[0]
    # It has a session of its own by the time the id is said.
    said = b""
    while f"\n{session}\r".encode() not in said:
        said += os.read(terminal, 4096)
    os.close(terminal)
    os.waitpid(child, 0)
    before = place.json("stats", str(session))["probes"][0]["firings"]
    until(lambda: place.json("stats", str(session))["probes"][0]["firings"] > before)
    assert os.getsid(session) == session
    assert {Path(f"/proc/{session}/fd/{fd}").readlink() for fd in range(3)} == {Path("/dev/null")}
    place.run("unload", str(session))
    assert program.says() == "clean"


def test_a_holder_that_is_killed(place, program):
    """The program is clean within a second, and nothing is listed."""
    session = place.load(str(program.pid), "-e", COUNT)
    assert program.says() == "probed"
    assert len(list(place.folder.iterdir())) == 1
    os.kill(session, signal.SIGKILL)
    began = time.monotonic()
    assert program.says() == "clean"
    # Generous where others run, and far from never.
    assert time.monotonic() - began < 5
    assert session not in {x["id"] for x in place.json("list")}
    assert list(place.folder.iterdir()) == []


def rate(program: Program, seconds: float = 1.0) -> float:
    began, before = time.monotonic(), program.calls()
    time.sleep(seconds)
    return (program.calls() - before) / (time.monotonic() - began)


def test_two_readers_one_of_them_stopped(place):
    """The other gets everything, the program is as fast as before, and the stopped one is told what it lost."""
    program = Program(pause=0.004)
    try:
        session = str(place.load(str(program.pid), "-e", RECORD, "--budget", "share=100%"))
        good = place.start("tail", session, "-o", "jsonl", stdout=subprocess.PIPE)
        heard: list[bytes] = []
        reading = threading.Thread(target=lambda: heard.extend(good.stdout))
        reading.start()
        slow = place.start("tail", session, "-o", "jsonl:/dev/null", stderr=subprocess.PIPE)
        until(lambda: len(heard) > 100)
        before = rate(program)
        slow.send_signal(signal.SIGSTOP)
        # What sockets and the queue take is some five thousand records.
        filled = program.calls() + 8_000
        alone = rate(program)
        until(lambda: program.calls() > filled, 120)
        behind = rate(program)
        # Half is generous where others run.
        assert min(alone, behind) > before / 2
        slow.send_signal(signal.SIGCONT)
        assert slow.stderr is not None
        lost = next(line for line in slow.stderr if b"lost" in line)
        assert int(lost.split()[1]) > 0
        place.run("unload", session)
        _, err = slow.communicate(timeout=60)
        assert slow.returncode == 0, err
        reading.join(60)
        assert good.wait(60) == 0
        seen = lines(b"".join(heard))
        numbers = [x["fields"]["n"] for x in seen if x["type"] == "record"]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        # A tail has what the session's own outputs have at the end.
        (summary,) = [x for x in seen if x["type"] == "summary"]
        assert summary["drops"] == {}
        assert next(x["state"] for x in seen if x["type"] == "state") == "attached"
    finally:
        program.close()


def test_a_reader_that_stops_reading(place, program):
    """Ctrl-C ends it well, and so does a pipe whose other end has enough."""
    session = str(place.load(str(program.pid), "-e", RECORD))
    tail = place.start("tail", session, "-o", "jsonl", stdout=subprocess.PIPE)
    assert tail.stdout is not None
    assert json.loads(tail.stdout.readline())["type"] == "start"
    tail.send_signal(signal.SIGINT)
    tail.communicate(timeout=30)
    assert tail.returncode == 0
    ended = place.start("tail", session, "-o", "jsonl", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert ended.stdout is not None
    ended.stdout.readline()
    ended.stdout.close()
    assert ended.wait(30) == 0
    # On a terminal's stderr, as `attach` shows it.
    shown = place.start("tail", session, stderr=subprocess.PIPE)
    assert shown.stderr is not None
    assert any(b"hit:entry" in line and b"n=" in line for line in shown.stderr)
    shown.kill()
    shown.communicate()
    place.run("unload", session)


def test_a_session_that_run_holds(place, tmp_path):
    """Its end is not the program's."""
    app = tmp_path / "app.py"
    app.write_text(
        "import sys, time\ndef hit(n): return n\nend = sys.argv[1]\nimport os\n"
        "while not os.path.exists(end): hit(1); time.sleep(0.001)\nsys.exit(7)\n"
    )
    end, out = tmp_path / "end", tmp_path / "out.jsonl"
    line = ["run", "--name", "mine", "-e", COUNT, "-o", f"jsonl:{out}", "--python", sys.executable, str(app), str(end)]
    process = place.start(*line)
    (session,) = until(place.mine).values()
    assert {"how": "run", "name": "mine", "id": process.pid, "target": f"{app} {end}"}.items() <= session.items()
    until(lambda: place.json("stats", "mine")["probes"])
    assert b"nothing fires in 1 process any more; the program goes on" in place.run("unload", "mine").stdout
    assert place.mine() == {}
    assert process.poll() is None
    end.touch()
    assert process.wait(30) == 7
    assert [x["value"] for x in lines(out.read_bytes()) if x["type"] == "aggregation" and x["name"] == "n"]


def test_detach(place, program):
    """Every session that touches the process, and no other."""
    other = Program()
    try:
        first, second = (place.load(str(program.pid), "-e", COUNT) for _ in range(2))
        attached = place.start("attach", str(program.pid), "-e", COUNT, "--name", "seen", stderr=subprocess.DEVNULL)
        third = place.load(str(other.pid), "-e", COUNT)
        until(lambda: len(place.mine()) == 4 and all(x["processes"] for x in place.mine().values()))
        ended = place.json("detach", str(program.pid))
        assert {x["id"]: x["put_back"] for x in ended} == {first: 1, second: 1, attached.pid: 1}
        assert attached.wait(30) == 0
        assert [program.says(), program.says()] == ["probed", "clean"]
        assert list(place.mine()) == [third]
        assert b"no session to end" in place.run("detach", str(program.pid)).stdout
        place.run("unload", str(third))
        assert other.says() == "probed"
        assert other.says() == "clean"
    finally:
        other.close()


def test_processes_of_a_name(place, tmp_path):
    """All are in, those that had just begun a little later, and all are out again."""
    script = tmp_path / f"desk{os.getpid()}.py"
    several = [Program(script=script) for _ in range(3)]
    name = f"name:{script.name}"
    try:
        done = place.run("load", name, "-e", "fn:**.hit:exit { @n[pid] = count(); }")
        session = int(done.stdout)
        assert f"session {session} loaded into " in done.stderr.decode()
        until(lambda: len(place.mine()[session]["processes"]) == 3)
        assert [program.says() for program in several] == ["probed"] * 3
        assert place.mine()[session]["target"] == name
        pids = {program.pid for program in several}
        until(lambda: {x["key"][0] for x in place.json("maps", str(session))["aggregations"]} == pids)
        # One that ended is still counted, and no longer there.
        several[0].process.kill()
        until(lambda: len(place.mine()[session]["processes"]) == 2)
        assert {x["key"][0] for x in place.json("maps", str(session))["aggregations"]} == pids
        (ended,) = place.json("detach", name)
        assert (ended["id"], ended["put_back"]) == (session, 2)
        assert [program.says() for program in several[1:]] == ["clean"] * 2
        assert b"no session to end" in place.run("detach", name).stdout
        assert "name:desk" in place.run("detach", name + "x", code=2).stderr.decode()
    finally:
        for program in several:
            program.close()


@pytest.fixture
def alone(place, tmp_path):
    """A place where this user has no other sessions: its usual folder is another one there."""
    usual = f"/tmp/waspect-{os.geteuid()}"
    script = f"mkdir -p -m 700 {usual} && mount --bind {place.runtime} {usual} && echo ready && exec sleep 600"
    space = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = space.stdout.readline()
    if said == b"ready\n":
        place.prefix = ("nsenter", f"--mount=/proc/{space.pid}/ns/mnt")
        yield place
    space.kill()
    _, err = space.communicate()
    if said != b"ready\n":
        pytest.skip(f"takes a mount namespace: {err.decode()}")


def test_the_only_session_needs_no_name(alone, program, tmp_path):
    assert b"there is no session" in alone.run("stats", code=2).stderr
    assert alone.run("list").stdout == b"no sessions\n"
    assert alone.json("list") == []
    first = alone.load(str(program.pid), "--name", "twin", "-e", COUNT)
    assert alone.json("stats")["id"] == first
    assert alone.json("maps")["name"] == "twin"
    said = alone.run("maps", "nobody", code=2).stderr.decode()
    assert "there is no session `nobody`" in said
    assert f"there are: {first} (twin)" in said
    second = alone.load(str(program.pid), "--name", "twin", "-e", COUNT)
    said = alone.run("unload", code=2).stderr.decode()
    assert "there is more than one session" in said
    assert f"{first} (twin), {second} (twin)" in said
    said = alone.run("stats", "twin", code=2).stderr.decode()
    assert "2 sessions have the name `twin`" in said
    assert f"{first}, {second}" in said
    # Nothing is ended where one of several is not there.
    alone.run("unload", str(first), "nobody", code=2)
    assert len(alone.json("list")) == 2
    alone.run("unload", str(first), str(second))

    # All there are, one of them by `run`.
    app = tmp_path / "app.py"
    app.write_text("import time\ndef hit(n): return n\nfor i in range(100000): hit(1); time.sleep(0.001)\n")
    ran = alone.start("run", "-e", COUNT, "--python", sys.executable, str(app), stderr=subprocess.DEVNULL)
    loaded = alone.load(str(program.pid), "-e", COUNT)
    until(lambda: all(x["processes"] for x in alone.json("list")))
    ended = {x["id"]: x for x in alone.json("detach", "--all")}
    assert {each for each, x in ended.items() if x["ended"]} == {loaded, ran.pid}
    assert (ended[loaded]["put_back"], ended[ran.pid]["inert"]) == (1, 1)
    assert alone.json("list") == []
    assert alone.json("detach", "--all") == []
    ran.kill()
    ran.wait()


def test_an_operator_that_is_stopped(place, program):
    """It cannot be asked, and it is said what to do."""
    session = place.load(str(program.pid), "-e", COUNT)
    assert program.says() == "probed"
    os.kill(session, signal.SIGSTOP)
    until(lambda: Path(f"/proc/{session}/stat").read_text().rsplit(")")[-1].split()[0] == "T")
    listed = place.mine()[session]
    assert (listed["answers"], listed["reason"]) == (False, "it is stopped")
    for command in (["unload", str(session)], ["detach", str(program.pid)], ["stats", str(session)]):
        said = place.run(*command, code=2).stderr.decode()
        assert f"session {session} cannot be asked: it is stopped" in said
        assert f"`kill -9 {session}` ends it" in said
    # What was said is so.
    os.kill(session, signal.SIGKILL)
    assert program.says() == "clean"
    assert session not in place.mine()


def test_a_program_that_is_stopped(place, program):
    """Its functions cannot be put back now; that is said, and they are as soon as they can be."""
    session = place.load(str(program.pid), "--name", "still", "-e", COUNT)
    assert program.says() == "probed"
    program.process.send_signal(signal.SIGSTOP)
    (ended,) = place.json("unload", "still")
    assert (ended["id"], ended["ended"], ended["put_back"], ended["late"]) == (session, True, 0, [program.pid])
    assert place.mine() == {}
    program.process.send_signal(signal.SIGCONT)
    assert program.says() == "clean"


def test_an_operator_whose_output_nobody_reads(place):
    """It is listed and described; what it counted can be asked for when it goes on."""
    program = Program()
    try:
        stuck = place.start(
            "attach", str(program.pid), "-e", RECORD, "-o", "jsonl", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        until(place.mine)
        busy = until(
            lambda: [
                x
                for x in [
                    subprocess.run(
                        [running.BINARY, "maps", str(stuck.pid)],
                        env=place.environment(),
                        capture_output=True,
                        check=False,
                    )
                ]
                if x.returncode
            ]
        )[0]
        assert b"it waits for whoever reads its output" in busy.stderr
        assert place.mine()[stuck.pid]["answers"]
        reading = threading.Thread(target=stuck.stdout.read)
        reading.start()
        place.run("unload", str(stuck.pid))
        reading.join(30)
        assert stuck.wait(30) == 0
    finally:
        program.close()


def test_refusals(place, program, tmp_path):
    """What is wrong is said before anything is touched, and nothing stays."""
    target = str(program.pid)
    for args, said in [
        (["-e", "fn:**.hit:entry {"], "is not closed"),
        ([], "no probe given"),
        (["-e", COUNT, "-o", "terminal"], "a session in the background has no terminal"),
        (["-e", COUNT, "-o", "jsonl"], "a session in the background has no terminal"),
        (["-e", COUNT, "--every", "1s"], "waspect maps --every 1s"),
        (["-e", COUNT, "--name", "42"], "not digits alone"),
        (["-e", COUNT, "--name", "a b"], "expected at most 40 of letters"),
    ]:
        done = place.run("load", target, *args, code=2)
        assert said in done.stderr.decode()
        assert done.stdout == b""
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert "does not exist" in place.run("load", str(gone.pid), "-e", COUNT, code=2).stderr.decode()
    assert place.mine() == {}


@pytest.mark.parametrize("what", ["link", "file", "open"])
def test_something_else_in_the_folders_place(place, program, tmp_path, what):
    """It is said what it is; who observes does so all the same, but not in the background."""
    if what == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        place.folder.symlink_to(tmp_path / "elsewhere")
    elif what == "file":
        place.folder.touch()
    else:
        place.folder.mkdir()
        place.folder.chmod(0o755)
    why = {"link": "is a link", "file": "is no folder", "open": "has mode 755"}[what]
    for args in (["list"], ["stats"], ["detach", "--all"], ["load", str(program.pid), "-e", COUNT]):
        assert why in place.run(*args, code=2).stderr.decode()
    said = place.run("attach", str(program.pid), "-e", COUNT, "--for", "50ms").stderr.decode()
    assert f"other commands cannot ask for this session: `{place.folder}` {why}" in said
    assert "@n  count" in said


def test_another_user(place, program):
    """Root may ask anybody; nobody else may ask root, even where the folder lets them in."""
    if not may_be_root():
        pytest.skip("takes root, to be another user")
    place.load(str(program.pid), "-e", COUNT)
    (path,) = place.folder.iterdir()
    for each, mode in ((place.runtime, 0o755), (place.folder, 0o755), (path, 0o666)):
        each.chmod(mode)
    # A hello: its length, the protocol, a text of one byte.
    ask = """
import os, socket, sys
os.setgid(65534)
os.setuid(int(sys.argv[2]))
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.settimeout(20)
try:
    s.sendall(bytes([3, 0, 0, 0, 1, 1, 120]))
    print(len(s.recv(100)))
except (BrokenPipeError, ConnectionResetError):
    print(0)
"""
    answers = [subprocess.check_output([sys.executable, "-c", ask, str(path), user]).strip() for user in ("0", "65534")]
    assert answers[0] > b"0"
    assert answers[1] == b"0"
    for each, mode in ((place.runtime, 0o700), (place.folder, 0o700)):
        each.chmod(mode)
    (session,) = place.mine()
    place.run("unload", str(session))


def test_questions_that_are_none(place, program):
    """Whoever talks nonsense, or says nothing, is hung up on; others are answered meanwhile, and afterwards."""
    session = place.load(str(program.pid), "-e", COUNT)
    (path,) = place.folder.iterdir()
    silent = [socket.socket(socket.AF_UNIX) for _ in range(8)]
    for each in silent:
        each.connect(str(path))
        each.settimeout(30)
    for nonsense in (b"\xff" * 64, bytes(64), b"GET / HTTP/1.1\r\n\r\n", bytes([3, 0, 0, 0, 99, 1, 120])):
        with socket.socket(socket.AF_UNIX) as other:
            other.connect(str(path))
            other.settimeout(30)
            other.sendall(nonsense)
            other.shutdown(socket.SHUT_WR)
            while other.recv(4096):
                pass
    assert place.json("stats", str(session))["id"] == session
    for each in silent:
        assert each.recv(1) == b""
        each.close()
    place.run("unload", str(session))
