"""`docs/OPERATIONS.md` is true: every command on it runs, in order, against the server that it describes, and says what stands below.

In: the page; a folder, ports and processes of this test's own, in place of the page's by the table `Names`. Out: for each
`sh` block that it ends as it should, and that each line of the `text` below is said; for each text that the page explains, that
the program has it; for each `yaml` block, that it is what Kubernetes reads. Never here: a session of somebody else's.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import running
from asking import until
from serving import free_port

# It is the page that is tested; attaching to each CPython is tested beside it.
pytestmark = [pytest.mark.once, pytest.mark.usefixtures("may_trace")]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "OPERATIONS.md"
BLOCK = re.compile(r"^```sh\n(?P<script>.*?)^```\n(?:```text\n(?P<said>.*?)^```\n)?", re.MULTILINE | re.DOTALL)
SECONDS_MAX = 60
# How long whoever ends a command by Ctrl-C looks at it first.
LOOK_SECONDS = 1.5


class Block(NamedTuple):
    script: str
    said: str

    def is_until_ctrl_c(self) -> bool:
        return "# until Ctrl-C" in self.script

    def code(self) -> int:
        return 2 if self.said.startswith("error:") else 0


def blocks() -> list[Block]:
    return [Block(m["script"], m["said"] or "") for m in BLOCK.finditer(PAGE.read_text())]


def fenced(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


class House:
    """Where commands run: a folder, names and numbers instead of the page's, and a server in it, with clients."""

    def __init__(self, folder: Path):
        self.folder, tag = folder, f"gunicorn-{os.getpid()}"
        self.runtime = Path(tempfile.mkdtemp(prefix="wo-", dir="/tmp"))  # a socket's address is short
        self.ports = {shown: free_port() for shown in ("8000", "8001", "8002", "8003")}
        (folder / "bin").mkdir()
        self.launcher = folder / "bin" / tag
        self.launcher.write_text(f"#!{sys.executable}\nfrom gunicorn.app.wsgiapp import run\nrun()\n")
        (folder / "bin" / "waspect").symlink_to(running.BINARY)
        (folder / "shop.py").write_text(fenced("python")[0])
        for path in (self.launcher, folder / "shop.py"):
            path.chmod(0o755)
        self.server = self.box = None
        self.clients: list[threading.Thread] = []
        self.is_open = threading.Event()
        self.space = self.apart()
        # What the page shows, and what stands for it here.
        self.names = {
            r"\bgunicorn\b": tag,
            r"--for 10s": "--for 1s",
            r"\bsudo ": "",  # whoever runs this is root, or the block is not run
            **{rf"\b{shown}\b": str(port) for shown, port in self.ports.items()},
        }

    def apart(self) -> subprocess.Popen[bytes] | None:
        """A mount namespace where this user's usual folder for sockets is another: `--all` means all."""
        usual = f"/tmp/waspect-{os.geteuid()}"
        script = f"mkdir -p -m 700 {usual} && mount --bind {self.runtime} {usual} && echo ready && exec sleep 600"
        space = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], stdout=-1, stderr=subprocess.DEVNULL)
        assert space.stdout is not None
        if space.stdout.readline() == b"ready\n":
            return space
        space.wait()
        return None

    def open(self) -> None:
        """Starts the server as the page says, a process as in a container, and clients."""
        self.server = self.start(blocks()[-1].script.replace("&\n", "& echo $!\n", 1) + "echo ready; wait")
        assert self.server.stdout is not None
        self.pid = int(self.server.stdout.readline())
        self.names[r"\b4242\b"] = str(self.pid)
        assert b"ready\n" in self.server.stdout
        self.is_open.set()
        self.clients = [threading.Thread(target=self.ask, args=(port,)) for port in self.ports.values()]
        for client in self.clients:
            client.start()
        until(lambda: len(workers(self.pid)) == 2)
        self.box = self.start(BOX) if self.space else None
        if self.box:
            assert self.box.stdout is not None and self.box.stdout.readline() == b"\n"
            (self.names[r"\b5151\b"],) = workers(self.box.pid)
        self.before = traces(self.pid)

    def start(self, script: str) -> subprocess.Popen[bytes]:
        prefix = ["nsenter", f"--mount=/proc/{self.space.pid}/ns/mnt", f"--wd={self.folder}"] if self.space else []
        for shown, ours in self.names.items():
            script = re.sub(shown, ours, script)
        line = [*prefix, "bash", "-e", "-c", script]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            line, cwd=self.folder, env=self.environment(), stdout=pipe, stderr=subprocess.STDOUT, start_new_session=True
        )

    def environment(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        # Where the wheel's own is replaced, prepared processes have theirs from there too.
        agents = os.environ.get("WASPECT_AGENT_DIR")
        more = {"PYTHONPATH": str(Path(agents).parent)} if agents else {}
        env = running.environment(PATH=path, HOME=str(self.folder), XDG_RUNTIME_DIR=str(self.runtime), COLUMNS="100")
        return env | more | {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"}

    def ask(self, port: int) -> None:
        """Carts of a few sizes, one of them empty, for as long as this is open."""
        for cart in ["a", "bb", "ccc", ""] * 10**6:
            if not self.is_open.is_set():
                return
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request("GET", f"/{cart}")
                connection.getresponse().read()
            time.sleep(0.02)

    def close(self) -> None:
        self.is_open.clear()
        for client in self.clients:
            client.join()
        for process in (self.server, self.box, self.space):
            if process:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL) if process is not self.space else process.kill()
                process.communicate()
        for path in (self.runtime / "waspect").glob("*"):
            path.unlink()
        with contextlib.suppress(OSError):
            (self.runtime / "waspect").rmdir()
            self.runtime.rmdir()


# Files and process ids of its own, as in a container.
BOX = """exec unshare --mount --pid --fork --kill-child --mount-proc bash -ec '
mount --make-rprivate / && cp shop.py /dev/shm && mount -t tmpfs none /tmp && mv /dev/shm/shop.py /tmp && cd /tmp
exec python -c "import shop; print(flush=True)
while True: shop.price([1, 2])"'"""


def workers(pid: int) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return []


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("operations"))
    try:
        house.open()
        yield house
    finally:
        house.close()


def traces(pid: int) -> tuple[list[str], list[str], bool]:
    """Threads, descriptors, and whether a segment is mapped."""
    links = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            links.append(str(path.readlink()))
    threads = sorted(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208
    return threads, sorted(links), "/memfd:waspect" in Path(f"/proc/{pid}/maps").read_text()


def says(text: str, said: str) -> bool:
    """Whether a line is said: a number is any, space is any, `…` is anything."""
    parts = re.findall(r"\d[\d.]*|\s+|…|[^\d\s…]+", text.strip())
    return re.search("".join(map(pattern, parts)), said) is not None


def pattern(part: str) -> str:
    if part == "…":
        return ".*"
    if part.isspace():
        return r"\s+"
    return r"[\d.]+" if part[0].isdigit() else re.escape(part)


@pytest.mark.parametrize("number", range(len(blocks()) - 1))
def test_commands(house, number):
    block = blocks()[number]
    if house.space is None and ("--all" in block.script or "sudo" in block.script):
        pytest.skip("takes root, to have a namespace of its own")
    process = house.start(block.script)
    if block.is_until_ctrl_c():
        time.sleep(LOOK_SECONDS)
        os.killpg(process.pid, signal.SIGINT)
    try:
        out = process.communicate(timeout=SECONDS_MAX)[0].decode()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == block.code(), out
    missing = [line for line in block.said.splitlines() if not says(renamed(house, line), out)]
    assert not missing, out


def test_nothing_remains(house):
    """After all of it the server is as before the first command."""
    until(lambda: traces(house.pid) == house.before)


def renamed(house: House, line: str) -> str:
    for shown, ours in house.names.items():
        line = re.sub(shown, ours, line)
    return line


# --- what it says


def explained() -> list[str]:
    """Every text that the page explains."""
    table = PAGE.read_text().split("## What it says")[1].split("\n## ")[0]
    rows = [row.split(" | ")[0].lstrip("| ") for row in table.splitlines() if row.startswith("| `")]
    return [text for row in rows for text in re.findall(r"`([^`]+)`", row)]


def literals() -> list[str]:
    """Every string of the sources, its lines joined."""
    found = []
    for path in (ROOT / "src").rglob("*.rs"):
        found += re.findall(r'"((?:[^"\\]|\\.)*)"', path.read_text(), re.DOTALL)
    return [re.sub(r"\\\n\s*", "", text) for text in found]


def test_the_program_can_say_what_the_page_explains():
    texts, own = explained(), literals()
    assert len(texts) >= 25
    for text in texts:
        parts = [re.escape(part.strip("`. ")) for part in re.split(r"…|\b\d+\b", text)]
        pattern = re.compile(".*".join(part for part in parts if part), re.DOTALL)
        assert any(pattern.search(literal) for literal in own), text
