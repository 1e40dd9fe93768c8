"""`docs/OPERATIONS.md` is true: every command on it runs, in order, against its server, and says what stands below.

In: the page; a folder, ports and processes of this test's own in place of the page's. Out: for each `sh` block that it
ends as it should, and that each line of the `text` below is said; for each text that the page explains, that the
program has it; for each `yaml` block, that it is what Kubernetes reads. Never here: a session of somebody else's.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest

import attaching
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
LOOK_SECONDS = 1.0


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
        # What the page shows, and what stands for it here: whoever runs this is root, or the block is left out.
        self.names = {"gunicorn": tag, "--for 10s": "--for 1s", "sudo waspect": "waspect"}
        self.names |= {shown: str(port) for shown, port in self.ports.items()}

    def apart(self) -> subprocess.Popen[bytes] | None:
        """A mount namespace where nobody else has sockets, and no file stays: `--all` means all there is in it."""
        needed = {self.folder.parent, ROOT, Path(sys.prefix), Path(sys.base_prefix)}
        within = [path.relative_to("/tmp") for path in needed if path.is_relative_to("/tmp")]
        lines = ["mount --make-rprivate /", "mount --rbind /tmp /mnt", "mount -t tmpfs none /tmp"]
        lines += [f"mkdir -p /tmp/{path} && mount --rbind /mnt/{path} /tmp/{path}" for path in within]
        lines += ["mkdir -p /run/user && mount -t tmpfs none /run/user", "echo ready", "exec sleep 600"]
        line = ["unshare", "--mount", "sh", "-ec", "\n".join(lines)]
        space = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
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
        self.names["4242"] = str(self.pid)
        assert b"ready\n" in self.server.stdout
        self.is_open.set()
        self.clients = [threading.Thread(target=self.ask, args=(port,)) for port in self.ports.values()]
        for client in self.clients:
            client.start()
        self.worker = until(lambda: workers(self.pid)[1:])[0]
        self.names["4250"] = self.worker
        self.box = self.start(BOX) if self.space else None
        if self.box:
            assert self.box.stdout is not None and self.box.stdout.readline() == b"\n"
            (self.names["5151"],) = workers(self.box.pid)
        self.before = self.traces()

    def ours(self, text: str) -> str:
        shown = "|".join(map(re.escape, self.names))
        return re.sub(rf"(?<!\w)(?:{shown})(?!\w)", lambda found: self.names[found[0]], text)

    def start(self, script: str, out: int | IO[bytes] = subprocess.PIPE) -> subprocess.Popen[bytes]:
        prefix = ["nsenter", f"--mount=/proc/{self.space.pid}/ns/mnt", f"--wd={self.folder}"] if self.space else []
        line = [*prefix, "bash", "-e", "-c", self.ours(script)]
        options = {"cwd": self.folder, "env": self.environment(), "start_new_session": True}
        return subprocess.Popen(line, stdout=out, stderr=subprocess.STDOUT, **options)

    def run(self, block: Block) -> tuple[int, str]:
        """How it ended, and all that was said."""
        with tempfile.TemporaryFile(dir=self.folder) as out:

            def said() -> str:
                return os.pread(out.fileno(), 1 << 24, 0).decode()

            process = self.start(block.script, out)
            try:
                if block.is_until_ctrl_c():
                    until(lambda: "attached" in said() or process.poll() is not None)
                    time.sleep(LOOK_SECONDS)
                    os.killpg(process.pid, signal.SIGINT)
                return process.wait(SECONDS_MAX), said()
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def environment(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        # Where the wheel's own is replaced, prepared processes have theirs from there too.
        agents = os.environ.get("WASPECT_AGENT_DIR")
        more = {"PYTHONPATH": str(Path(agents).parent)} if agents else {}
        runtime = None if self.space else str(self.runtime)
        env = running.environment(PATH=path, HOME=str(self.folder), XDG_RUNTIME_DIR=runtime, COLUMNS="100")
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
            time.sleep(0.01)

    def traces(self) -> list[tuple[list[str], list[str], bool]]:
        return [traces(Path("/proc", str(pid))) for pid in (self.pid, self.worker)]

    def close(self) -> None:
        self.is_open.clear()
        for client in self.clients:
            client.join()
        for process in (self.server, self.box, self.space):
            if process:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        shutil.rmtree(self.runtime)


# Files and process ids of its own, as in a container.
BOX = """exec unshare --mount --pid --fork --kill-child --mount-proc bash -ec '
mount --make-rprivate / && cp shop.py /dev/shm && mount -t tmpfs none /tmp && mv /dev/shm/shop.py /tmp && cd /tmp
exec python -c "import shop; print(flush=True)
while True: shop.price([1, 2])"'"""


def traces(process: Path) -> tuple[list[str], list[str], bool]:
    """Threads, descriptors but for those of requests, and whether a segment is mapped."""
    local = {line.split()[6] for line in (process / "net" / "unix").read_text().splitlines()[1:]}
    links = []
    for path in (process / "fd").iterdir():
        with contextlib.suppress(OSError):
            links.append(str(path.readlink()))
    kept = sorted(link for link in links if not link.startswith("socket:") or attaching.is_ours(link, local))
    threads = sorted(path.name for path in (process / "task").iterdir())
    return threads, kept, "/memfd:waspect" in (process / "maps").read_text()


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
    code, said = house.run(block)
    assert code == block.code(), said
    missing = [line for line in block.said.splitlines() if not says(house.ours(line), said)]
    assert not missing, said


def test_nothing_remains(house):
    """After all of it the server is as before the first command."""
    with contextlib.suppress(AssertionError):
        until(lambda: house.traces() == house.before)
    assert house.traces() == house.before


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


BEGIN = "-e 'begin { }' --for 1s"
# A process whose `/tmp` is mounted so.
TEMPORARY = f"""unshare --mount --pid --fork --kill-child --mount-proc bash -ec '
mount --make-rprivate / && mount -t tmpfs -o OPTIONS none /tmp && exec python -c "while True: pass"' &
is_there() {{ inside=$(cat /proc/$!/task/$!/children); waspect ps | grep -q " ${{inside:-none}}.*attachable"; }}
until is_there; do sleep 0.1; done
waspect attach $inside {BEGIN}"""
# What makes the program say it. `root`: takes namespaces or capabilities to give away.
PROVOKED = {
    "does not exist, or is hidden from this user": f"waspect attach 4194304 {BEGIN}",
    "no Python process is called": f"waspect attach name:nobody-is-called-so {BEGIN}",
    "nobody listens on": f"waspect attach :1 {BEGIN}",
    "is stopped, expected one that runs": f"""python -c 'while True: pass' &
until waspect ps | grep -q " $! .*attachable"; do sleep 0.1; done
kill -STOP $!; waspect attach $! {BEGIN}""",
    "expected CPython": f"sleep 60 & waspect attach $! {BEGIN}",
    "root: this command runs as root without CAP_SYS_PTRACE": (
        f"setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace waspect attach 4250 {BEGIN}"
    ),
    "root: no private folder can be made in": TEMPORARY.replace("OPTIONS", "ro"),
    "root: cannot load the agent": TEMPORARY.replace("OPTIONS", "noexec"),
}


@pytest.mark.parametrize("text", PROVOKED)
def test_it_says_so(house, text):
    if text.startswith("root: ") and house.space is None:
        pytest.skip("takes root, to have namespaces")
    text, script = text.removeprefix("root: "), PROVOKED[text]
    assert any(text in explained for explained in explained())
    code, said = house.run(Block(script, ""))
    assert code == 2 and text in said, said


# --- Kubernetes


def yaml(lines: list[str]) -> Any:
    """As much of YAML as the page has: maps, lists of maps, lists in brackets. Anything else is an error."""
    if lines[0].startswith("- "):
        return [yaml([item[0][2:], *within(item)]) for item in items(lines)]
    found = {}
    for item in items(lines):
        key, colon, value = item[0].partition(":")
        assert colon and key.isidentifier() and (not value.strip()) == (len(item) > 1), item
        found[key] = yaml(within(item)) if len(item) > 1 else scalar(value.strip())
    return found


def items(lines: list[str]) -> list[list[str]]:
    """Each line that is not further in, with those below it that are."""
    starts = [at for at, line in enumerate(lines) if not line.startswith(" ")]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def within(item: list[str]) -> list[str]:
    assert all(line.startswith("  ") for line in item[1:]), item
    return [line[2:] for line in item[1:]]


def scalar(text: str) -> Any:
    if text.startswith("["):
        return [scalar(part.strip()) for part in text.strip("[]").split(",")]
    if text.startswith('"'):
        return text.strip('"')
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)


def pods() -> list[dict[str, Any]]:
    lines = [[re.sub(r"\s+#.*", "", line) for line in text.splitlines()] for text in fenced("yaml")]
    return [yaml(each)["spec"] for each in lines]


def test_pods():
    """What Kubernetes is asked for is what the kernel and the agent ask for."""
    beside, together = pods()
    (visitor,) = beside["ephemeralContainers"]
    assert visitor["targetContainerName"] == "shop"
    assert visitor["securityContext"] == {"runAsUser": 0, "capabilities": {"add": ["SYS_PTRACE"]}}
    assert together["shareProcessNamespace"] is True
    shop, operator = together["containers"]
    assert shop["env"] == [{"name": "WASPECT", "value": "1"}]
    assert shop["securityContext"]["runAsUser"] == operator["securityContext"]["runAsUser"]
    assert all({"name", "image"} <= each.keys() for each in (visitor, shop, operator))
