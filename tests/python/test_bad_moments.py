"""An operator and an application that do what neither expects: descriptors closed, answers not read, knocks heard late.

Each case is a real process; where no command would behave so, the operator is the test itself, with frames as
docs/PROTOCOL.md has them. In: the binary and the agent of this environment. Out: nothing. Never: a bound that a slow
machine breaks.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import struct
import sysconfig
from pathlib import Path

import pytest

from asking import until
from test_attach_live import Target, attach, meeting, started
from test_prepared import HIT, KNOCKED, PREPARED, PROBE, THREAD, counted, knock

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"
PROTOCOL = int(re.search(r"`protocol` is (\d+)", DOCUMENT.read_text())[1])
FIND_ALL, LIST = bytes.fromhex("02 00 ff ff ff ff 0f"), b"\x03"


def framed(body: bytes) -> bytes:
    return struct.pack("<I", len(body)) + body


def exactly(stream: socket.socket, many: int) -> bytes:
    taken = b""
    while len(taken) < many:
        part = stream.recv(many - len(taken))
        assert part, f"closed after {len(taken)} of {many} bytes"
        taken += part
    return taken


def answer(stream: socket.socket) -> bytes:
    return exactly(stream, struct.unpack("<I", exactly(stream, 4))[0])


class Operator:
    """One that says what it wants."""

    def __init__(self, folder: Path):
        self.path = os.fspath(folder / "meet")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()

    def knock(self, target: Target, door: str) -> socket.socket:
        """Knocks, and waits for nothing."""
        guest = socket.socket(socket.AF_UNIX)
        guest.connect(door)
        path = self.path.encode()
        guest.sendall(framed(bytes([PROTOCOL, len(path)]) + path))
        os.kill(target.pid, signal.SIGURG)
        return guest

    def meet(self, target: Target, door: str) -> socket.socket:
        """The process's connection, after its greeting."""
        with self.knock(target, door):
            self.listener.settimeout(60)
            stream, _ = self.listener.accept()
            stream.settimeout(60)
            hello = answer(stream)
        assert hello[:2] == bytes([0, PROTOCOL])
        return stream

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


@pytest.fixture
def operator(tmp_path):
    with Operator(tmp_path) as operator:
        yield operator


def test_an_operator_that_does_not_read_holds_up_nobody(operator):
    """Were answers written under the interpreter's lock, the program would stand until the agent gives up."""
    with Target("-c", PREPARED + "while input() is not None: print(hit(7), flush=True)") as target:
        stream, questions = operator.meet(target, target.line()), 64
        for _ in range(questions):
            stream.sendall(framed(FIND_ALL))
        # Enough for any socket's buffer, before anything is read.
        first = struct.unpack("<I", exactly(stream, 4))[0]
        assert first * questions > 4 * stream.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        target.go_on()
        assert target.line() == "7"
        exactly(stream, first)
        assert {len(answer(stream)) for _ in range(questions - 1)} == {first}
        stream.close()


REPLACING = """
input()
os.closerange(3, 1000)
import socket
pairs = [socket.socketpair() for _ in range(150)]
ends = [end for pair in pairs for end in pair]
for end in ends:
    end.sendall(b"12345678")
    end.settimeout(10)
print("replaced", flush=True)
input()
# The agent's thread has its own way to go to its end.
late = time.monotonic() + 30
while threads() > 1 and time.monotonic() < late: time.sleep(0.01)
print([end.recv(100) for end in ends].count(b"12345678"), threads(), flush=True)
input()
"""


def test_what_an_application_opened_under_our_numbers_is_its_own(operator):
    """Not a byte of its is read there, and nothing is closed, though the operator asks and ends."""
    with Target("-c", PREPARED + REPLACING) as target:
        stream = operator.meet(target, target.line())
        stream.sendall(framed(LIST))
        assert answer(stream)[0] == 5
        target.go_on()
        assert target.line() == "replaced"
        # Broken, if the agent has seen already that it is not its connection any more.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            stream.sendall(framed(LIST))
            assert stream.recv(1) == b""
        stream.close()
        target.go_on()
        assert target.line() == "300 1"


def test_a_knock_heard_too_late_is_not_followed(operator, tmp_path):
    """Who has gone found another way in meanwhile, or none; who waits is met."""
    with Target("-c", PREPARED + "hits()") as target:
        door = target.line()
        os.kill(target.pid, signal.SIGSTOP)
        for _ in range(20):
            operator.knock(target, door).close()
        os.kill(target.pid, signal.SIGCONT)
        operator.listener.settimeout(1)
        with pytest.raises(TimeoutError):
            operator.listener.accept()
        operator.meet(target, door).close()
        assert knock(target, tmp_path / "out") > 0


@pytest.mark.usefixtures("may_trace")
def test_a_wait_for_any_signal_is_not_ended_by_a_knock(tmp_path):
    with Target("-c", PREPARED + THREAD + "import signal\nsignal.pause()") as target:
        target.line()
        pauses = Path(f"/proc/{target.pid}/syscall")
        until(lambda: pauses.read_text().startswith("34 "))
        done = attach(target.pid, "-e", PROBE, "--for", "500ms", "-o", f"jsonl:{tmp_path / 'out'}")
        assert done.returncode == 0 and KNOCKED not in done.stderr, done.stderr
        assert counted(tmp_path / "out") > 0
        assert pauses.read_text().startswith("34 ") and target.process.poll() is None


@pytest.mark.usefixtures("may_trace")
def test_another_packages_core_is_not_taken_for_ours(tmp_path):
    """Whose file is called as the agent is, and is mapped first."""
    other = tmp_path / "other" / f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"
    other.parent.mkdir()
    other.write_bytes(bytes(4096))
    body = f"import mmap\nf = open({os.fspath(other)!r}, 'rb')\nm = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\n"
    with Target("-c", HIT + body + "print('mapped', flush=True)\nhits()") as target:
        assert target.line() == "mapped"
        for _ in range(2):
            done = attach(target.pid, "-e", PROBE, "--for", "500ms", "-o", f"jsonl:{tmp_path / 'out'}")
            assert done.returncode == 0, done.stderr
            assert counted(tmp_path / "out") > 0


# Holds the interpreter's lock until somebody writes to standard input: nobody's agent gets to say anything.
HOLDING = """
import ctypes
read = ctypes.PyDLL(None).read
print("holds", flush=True)
read(0, ctypes.create_string_buffer(1), 1)
hits()
"""


@pytest.mark.usefixtures("may_trace")
def test_what_a_stranger_says_is_no_word_of_the_process_that_is_entered(tmp_path):
    """Somebody else of the same user comes to the meeting meanwhile, and talks nonsense."""
    with Target("-c", HIT + HOLDING) as target:
        assert target.line() == "holds"
        command = started(target.pid, "-e", PROBE, "--for", "500ms", "-o", f"jsonl:{tmp_path / 'out'}")
        # The agent's thread is there, and waits for the lock.
        until(lambda: len(list(Path(f"/proc/{target.pid}/task").iterdir())) > 1)
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(os.fspath(meeting(command.pid) / "meet"))
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            target.go_on()
            said = command.communicate(timeout=60)[1].decode()
        assert command.returncode == 0, said
        assert f"process {os.getpid()} could not join: frame of" in said, said
        assert counted(tmp_path / "out") > 0
