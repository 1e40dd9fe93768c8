"""Prepared processes: reached by their own socket, with no thread until somebody knocks.

In: the binary, the agent and the wheel of this environment. Out: nothing. Never: a process traced.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import running
from test_attach_live import Target, attach

STATES = Path(__file__).parent / "attach_states.py"
PROBE = "fn:__main__.hit:entry { @hits = count(); }"
# How it was reached; a traced process says how long it was stopped.
KNOCKED = b"came by its own socket"

HIT = """
import sys, threading, time, os, warnings
def hit(n): return n
own = hit.__code__
def hits():
    while True: hit(1); time.sleep(0.001)
def threads(): return len(os.listdir("/proc/self/task"))
"""
PREPARED = HIT + "import waspect\nprint(waspect.listen(), flush=True)\n"
THREAD = "threading.Thread(target=hits, daemon=True).start()\n"
# Where the main thread is when somebody knocks.
PLACES = {
    "python": "hits()",
    "sleep": THREAD + "time.sleep(3600)",
    "join": "t = threading.Thread(target=hits, daemon=True); t.start(); t.join()",
    "lock": THREAD + "l = threading.Lock(); l.acquire(); l.acquire()",
    "select": THREAD + "import select\nwhile True: select.select([0], [], [])",
    "read": THREAD + "os.read(0, 1)",
    "asyncio": """
import asyncio
async def main():
    while True: hit(1); await asyncio.sleep(0.001)
asyncio.run(main())
""",
}


def counted(path: Path) -> int:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return sum(line["value"] for line in lines if line["type"] == "aggregation")


def knock(target: Target, path: Path, *args: str) -> int:
    """Attaches for a while; gives what was counted."""
    done = attach(target.pid, "-e", PROBE, "--for", "500ms", "-o", f"jsonl:{path}", *args)
    assert done.returncode == 0 and KNOCKED in done.stderr, done.stderr
    return counted(path)


@pytest.mark.parametrize("place", PLACES)
def test_reached_wherever_the_main_thread_is(place, tmp_path):
    with Target("-c", PREPARED + PLACES[place]) as target:
        own = Path(target.line())
        assert own.stat().st_mode & 0o777 == 0o600 and own.parent.stat().st_mode & 0o777 == 0o700
        assert [knock(target, tmp_path / "out") > 0 for _ in range(2)] == [True, True]
        assert target.process.poll() is None


def test_no_thread_and_no_warning_until_somebody_knocks():
    """From 3.12 on, whoever forks with more than one thread is warned."""
    body = "warnings.simplefilter('error')\nfor _ in range(3):\n  if os.fork() == 0: os._exit(threads() - 1)\n"
    body += "print([os.wait()[1] for _ in range(3)], threads())"
    with Target("-c", PREPARED + body) as target:
        target.line()
        assert target.line() == "[0, 0, 0] 1"


def test_what_was_loaded_is_gone_with_the_operator(tmp_path):
    body = "threading.Thread(target=hits, daemon=True).start()\n"
    body += (
        "while input() is not None: print(hit.__code__ is own, threads(), len(os.listdir('/proc/self/fd')), flush=True)"
    )
    with Target("-c", PREPARED + body) as target:
        target.line()
        target.go_on()
        before = target.line()
        assert knock(target, tmp_path / "out") > 0
        target.go_on()
        assert target.line() == before


def test_forked_children_have_sockets_of_their_own(tmp_path):
    body = "child = os.fork()\nif child == 0: hits()\nprint(child, flush=True)\nhits()"
    with Target("-c", PREPARED + body) as target:
        parents, child = Path(target.line()), int(target.line())
        try:
            deadline = time.monotonic() + 10
            while not (own := list(parents.parent.glob(f"{child}-*.sock"))):
                assert time.monotonic() < deadline
            done = attach(child, "-e", PROBE, "--for", "500ms", "-o", f"jsonl:{tmp_path / 'out'}")
            assert KNOCKED in done.stderr, done.stderr
            assert counted(tmp_path / "out") > 0
            assert sockets(child) == [os.fspath(own[0])]
        finally:
            os.kill(child, signal.SIGKILL)


AGAIN = (
    HIT
    + """
import waspect
try: waspect._core._listen("/nowhere")
except OSError: print("refused", flush=True)
print(waspect.listen(), flush=True)
if (child := os.fork()) == 0: hits()
print(child, flush=True)
hits()
"""
)


def test_what_failed_once_may_be_asked_again(tmp_path):
    """Forked children have sockets of their own then, too."""
    with Target("-c", AGAIN) as target:
        assert target.line() == "refused"
        own, child = target.line(), int(target.line())
        try:
            done = attach(child, "-e", PROBE, "--for", "500ms", "-o", f"jsonl:{tmp_path / 'out'}")
            assert KNOCKED in done.stderr, done.stderr
            assert own not in sockets(child)
        finally:
            os.kill(child, signal.SIGKILL)


def sockets(pid: int) -> list[str]:
    """The paths that a process listens on."""
    inodes = {
        str(fd.readlink())[8:-1] for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.readlink().name.startswith("socket:")
    }
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return [row[7] for row in rows if row[6] in inodes and len(row) > 7]


def test_a_socket_ends_with_its_process():
    with Target("-c", PREPARED + "input()") as target:
        own = Path(target.line())
        target.go_on()
        assert target.process.wait(10) == 0
        assert not own.exists()


def test_a_process_that_becomes_another_is_reached_by_the_same_name(tmp_path):
    again = PREPARED + "os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"
    with Target("-c", again, PREPARED + "hits()") as target:
        assert target.line() == target.line()
        assert knock(target, tmp_path / "out") > 0


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            "import signal, waspect; signal.signal(signal.SIGURG, lambda *_: 0); waspect.listen()",
            "SIGURG has a handler",
        ),
        ("import threading, waspect; t = threading.Thread(target=waspect.listen); t.start(); t.join()", "main thread"),
        ("import os, waspect; os.environ['XDG_RUNTIME_DIR'] = 'HERE'; waspect.listen()", "is not a folder of user"),
    ],
)
def test_what_cannot_be_prepared_says_why(body, error):
    # Shorter than pytest's own: a socket's address has a hundred bytes.
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "waspect").symlink_to("/tmp")
        line = [sys.executable, "-c", body.replace("HERE", folder)]
        done = subprocess.run(line, capture_output=True, env=running.environment(), check=False, timeout=60)
    assert error in done.stderr.decode()


@pytest.mark.parametrize(("asked", "prepared"), [("1", True), ("0", False), ("", False), (None, False)])
def test_the_variable_prepares_where_the_wheel_is_installed(asked, prepared, tmp_path):
    code = HIT + "print('waspect' in sys.modules, threads(), flush=True)\nhits()"
    env = running.environment() | ({} if asked is None else {"WASPECT": asked})
    with Target("-c", code, env=env) as target:
        assert target.line() == f"{prepared} 1"
        done = attach(target.pid, "-e", PROBE, "--for", "100ms", "-o", f"jsonl:{tmp_path / 'out'}")
        if asked == "0":
            assert done.returncode == 2 and b"WASPECT=0" in done.stderr, done.stderr
        else:
            assert (KNOCKED in done.stderr, counted(tmp_path / "out") > 0) == (prepared, True), done.stderr


def test_another_user_is_not_met():
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    with Target("-c", PREPARED + "hits()") as target:
        path = target.line()
        if (child := os.fork()) == 0:
            os.setuid(65534)
            os._exit(socket.socket(socket.AF_UNIX).connect_ex(path))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == errno.EACCES


def test_silent_and_senseless_guests_harm_nobody(tmp_path):
    """Who connects and says nothing gets a thread that waits for ten seconds; who says nonsense is told."""
    with Target("-c", PREPARED + "hits()") as target:
        path = target.line()
        guests = [socket.socket(socket.AF_UNIX) for _ in range(3)]
        for guest in guests:
            guest.connect(path)
        guests[0].sendall(b"GET / HTTP/1.1\r\n\r\n")
        guests[1].close()
        os.kill(target.pid, signal.SIGURG)
        guests[0].settimeout(10)
        # Its first word is no length of a frame.
        said = b""
        # What was not read of its words resets the connection.
        with contextlib.suppress(ConnectionResetError):
            while part := guests[0].recv(4096):
                said += part
        assert b"frame of" in said
        assert knock(target, tmp_path / "out") > 0
        for guest in guests:
            guest.close()


# As another user: listens on its own socket, and, where there is a path for it, knocks with an invitation there.
STRANGER = """
import os, socket, sys
own, meet, invitation = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3])
os.setgid(65534)
os.setuid(65534)
place = socket.socket(socket.AF_UNIX)
place.bind(meet)
os.chmod(meet, 0o666)
place.listen()
if own:
    guest = socket.socket(socket.AF_UNIX)
    guest.connect(own)
    guest.sendall(invitation)
print("ready", flush=True)
if own:
    try:
        while part := guest.recv(4096):
            os.write(1, part)
    except ConnectionResetError:
        pass  # what was not read of its words
    place.setblocking(False)
try:
    print("met", place.accept()[0].recv(4096), flush=True)
except BlockingIOError:
    print("nobody came", flush=True)
"""


@pytest.mark.parametrize("who", ["stranger", "root"])
def test_another_user_is_not_heard_where_the_folder_lets_them_in(who):
    """Modes are one lock, the kernel's word the other: no invitation of another user, none to another's socket."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    number = int((Path(__file__).parents[2] / "docs/PROTOCOL.md").read_text().split("`protocol` is ")[1].split(".")[0])
    # A folder of its own: what is opened here would be open for every process of this user.
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        runtime = Path(folder, "own")
        runtime.mkdir(mode=0o700)
        env = running.environment(XDG_RUNTIME_DIR=str(runtime))
        target = stack.enter_context(Target("-c", PREPARED + "hits()", env=env))
        Path(folder).chmod(0o777)
        own, meet = Path(target.line()), f"{folder}/meet"
        body = bytes([number, len(meet)]) + meet.encode()
        invitation = len(body).to_bytes(4, "little") + body
        assert own.is_relative_to(runtime)
        for each, mode in ((runtime, 0o755), (own.parent, 0o755), (own, 0o666)):
            each.chmod(mode)
        line = [sys.executable, "-c", STRANGER, str(own) if who == "stranger" else "", meet, invitation.hex()]
        stranger = subprocess.Popen(line, stdout=subprocess.PIPE)
        assert stranger.stdout.readline() == b"ready\n"
        with socket.socket(socket.AF_UNIX) as guest:
            if who == "root":
                guest.connect(str(own))
                guest.sendall(invitation)
            os.kill(target.pid, signal.SIGURG)
            said = stranger.communicate(timeout=60)[0]
        if who == "stranger":
            assert b"peer runs as user 65534, expected user 0" in said
            assert said.endswith(b"nobody came\n")
        else:
            assert said == b"met b''\n"
        assert target.process.poll() is None
