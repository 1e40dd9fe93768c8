"""`waspect top`: a dashboard on a real terminal, over a web application that serves meanwhile.

Each case is `waspect top` on a pty, with a terminal of our own that shows what came of the bytes, and an application
that says whenever its functions are others than before. In: the binary and the agent of this environment. Out: nothing.
Never: a look at the bytes where the screen says more.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import running
from screen import Screen

# What is shown is the command line's work, whichever CPython is observed.
pytestmark = pytest.mark.once

# Where others run too.
PATIENCE = 60.0
SHOWN = b"\x1b[?2026l"

ORDERS = """
import time

class OutOfStock(Exception): pass

class Cart:
    def __init__(self): self.items = []
    def add(self, item, quantity=1):
        self.items.append((item, price(item) * quantity))
        return self.items[-1]

def price(item):
    if item == "slow": time.sleep(0.02)
    if item == "truffle": raise OutOfStock(item)
    return len(item)

def never(): return None
number = 3
"""

APP = """
import http.client, sys, threading, time
import flask, orders
from werkzeug.serving import make_server

app = flask.Flask(__name__)

@app.get("/buy/<item>")
def buy(item):
    try: return str(orders.Cart().add(item)[1])
    except orders.OutOfStock: return "sold out", 409

def ask(port):
    connection, wrong = http.client.HTTPConnection("127.0.0.1", port), 0
    while True:
        for item, expected in (("apple", b"5"), ("slow", b"4"), ("truffle", b"sold out")):
            connection.request("GET", f"/buy/{item}")
            if connection.getresponse().read() != expected: print("wrong", flush=True)

def watch():
    functions = [orders.Cart.add, orders.price, orders.never, buy]
    own, last = [f.__code__ for f in functions], None
    while True:
        now = "clean" if all(f.__code__ is code for f, code in zip(functions, own)) else "probed"
        if now != last: print(last := now, flush=True)
        time.sleep(0.005)

import logging; logging.getLogger("werkzeug").disabled = True
server = make_server("127.0.0.1", 0, app, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
threading.Thread(target=ask, args=(server.port,), daemon=True).start()
watch()
"""


class Application:
    """A web application with a customer."""

    def __init__(self, folder: Path):
        (folder / "orders.py").write_text(ORDERS)
        (folder / "app.py").write_text(APP)
        self.process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=folder, stdout=subprocess.PIPE, text=True, env=running.environment()
        )
        self.pid = self.process.pid
        assert self.line() == "clean"

    def line(self) -> str:
        """What it says next of its functions."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Application]:
    application = Application(tmp_path)
    try:
        yield application
    finally:
        application.end()


@pytest.fixture(autouse=True, scope="module")
def _may_trace(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Some sandboxes let nobody look into another process; there is nothing to see there."""
    application = Application(tmp_path_factory.mktemp("app"))
    said = subprocess.run(
        [running.BINARY, "top", str(application.pid), "--json", "--for", "1ms"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    ).stderr
    application.end()
    if "may not be entered" in said:
        pytest.skip(said)


class Top:
    """`waspect top` on a terminal of its own."""

    def __init__(self, *args: str, columns: int = 80, rows: int = 24, **env: str | None):
        self.screen = Screen(columns, rows)
        self.rest = self.came = b""
        line = [running.BINARY, "top", *args]
        environment = running.environment(**{"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", **env})
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execve(line[0], line, environment)
        # Ours keeps the terminal alive when the program has left it.
        self.modes = termios.tcgetattr(self.terminal)

    def take(self, seconds: float) -> bool:
        """Takes up what came; gives whether more may come."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return True
        try:
            part = os.read(self.terminal, 65536)
        except OSError:
            part = b""
        self.rest += part
        self.came += part
        # Only whole drawings are shown, but for what comes after the last.
        whole, _, rest = self.rest.rpartition(SHOWN)
        if not part:
            whole, rest = self.rest, b""
        if whole:
            self.screen.feed(whole + (SHOWN if part else b""))
        self.rest = rest
        return bool(part)

    def shows(self, what: str) -> re.Match[str]:
        """Waits until the screen shows it."""
        late = time.monotonic() + PATIENCE
        while time.monotonic() < late:
            if found := re.search(what, self.text(), re.MULTILINE):
                return found
            assert self.take(0.2), f"ended, and never showed {what!r}:\n{self.text()}"
        raise AssertionError(f"{what!r} was not shown:\n{self.text()}")

    def settles(self) -> None:
        """Waits until nothing is searched for any more."""
        late = time.monotonic() + PATIENCE
        while "searching" in self.text() and time.monotonic() < late:
            assert self.take(0.2)
        assert "searching" not in self.text()

    def text(self) -> str:
        return "\n".join(self.screen.rows())

    def press(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def size(self, columns: int, rows: int) -> None:
        beneath = self.screen.beneath
        self.screen = Screen(columns, rows)
        self.screen.beneath = beneath
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def ended(self) -> int:
        """Its exit code, once it has given the terminal back."""
        while self.take(0.2):
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                while select.select([self.terminal], [], [], 0)[0] and self.take(0):
                    pass
                self.take_rest()
                return os.waitstatus_to_exitcode(status)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def take_rest(self) -> None:
        self.screen.feed(self.rest)
        self.rest = b""

    def gave_back(self) -> None:
        """The terminal is as it was."""
        assert self.screen.beneath is None, "the other screen was left"
        assert self.screen.cursor_is_shown


ENTER, ESC, DOWN = "\r", "\x1b", "\x1b[B"


def instrument(top: Top, name: str, wanted: str) -> None:
    top.press("i" + name)
    top.shows(rf"^ *> {re.escape(wanted)}$")
    top.press(ENTER)


def test_a_session(app: Application) -> None:
    """A function is found and instrumented while the application runs, looked at and let go."""
    top = Top(str(app.pid))
    top.shows("Nothing is instrumented yet")
    top.shows(r"app\.py +1 process  \d:\d\d  probes take 0%")
    instrument(top, "ORDERS.PRI", "orders.price")
    assert app.line() == "probed"
    row = r"^ *>? ?orders\.price +(\d+) +([\d.]+) +\d+\S+s +\d+\S+s +([1-9]\d*) +\S+% +live"
    first = top.shows(row)
    late = time.monotonic() + PATIENCE
    while int(top.shows(row)[1]) <= int(first[1]) and time.monotonic() < late:
        top.take(0.2)
    assert int(top.shows(row)[1]) > int(first[1]), "its calls go on"
    assert float(top.shows(row)[2]) > 0
    # Another one, as Python's own tools write names.
    instrument(top, "orders.cart.a", "orders.Cart.add")
    top.shows(r"^ *>? ?orders\.Cart\.add .* live")
    top.shows("RATE/s▼")
    top.press("/price" + ENTER)
    late = time.monotonic() + PATIENCE
    while "Cart" in "".join(top.screen.rows()[1:20]) and time.monotonic() < late:
        top.take(0.2)
    top.press(ENTER)
    top.shows(r"count \d+, mean")
    top.shows(r"calls of \S+ and more")
    top.shows(r"\d\d:\d\d:\d\d \S+s  args=\('slow',\)")
    top.press(ESC)
    top.shows(r"FUNCTION")
    top.press("d")
    top.shows("`orders.price` is as it was before")
    top.press(ESC)
    top.shows(r"orders\.Cart\.add .* live")
    top.press("q")
    assert top.ended() == 0
    top.gave_back()
    assert app.line() == "clean"


def test_names(app: Application) -> None:
    """What is no function is said, with the longest part of it that is there; the operator may wait for it."""
    top = Top(str(app.pid), "-f", "orders:Cart.add")
    top.shows(r"orders\.Cart\.add .* live")
    for name, expected in (
        ("prizes", "has one part"),
        ("orders..price", "is no name of a function"),
        ("orders.pri ce", "is no name of a function"),
        ("nowhere.price", "`nowhere` was never imported"),
        ("orders.prize", "`orders` is loaded and has no `prize`; did you mean `price`"),
        ("orders:Cart.addd", "`orders.Cart` is loaded and has no `addd`; did you mean `add`"),
        ("orders.number", "`orders.number` is an int, not a function"),
        ("orders.Cart.add", "is instrumented already"),
    ):
        top.press("i" + name)
        top.shows(re.escape(f"name: {name}_"))
        top.settles()
        top.press(ENTER)
        # A sentence may go over two lines.
        late = time.monotonic() + PATIENCE
        while expected not in " ".join(row.strip() for row in top.screen.rows()) and time.monotonic() < late:
            assert top.take(0.2)
        assert expected in " ".join(row.strip() for row in top.screen.rows()), top.text()
        top.press(ESC)
        top.shows("FUNCTION")
    top.press("iorders.later")
    top.shows("name: orders.later_")
    top.settles()
    top.press(ENTER)
    top.shows("Enter once more waits")
    top.press(ENTER)
    top.shows(r"orders\.later .* waiting")
    top.press("q")
    assert top.ended() == 0


ENDS: dict[str, Callable[[Top], None]] = {
    "ctrl-c": lambda top: top.press("\x03"),
    "q": lambda top: top.press("q"),
    "int": lambda top: os.kill(top.pid, signal.SIGINT),
    "term": lambda top: os.kill(top.pid, signal.SIGTERM),
    "hup": lambda top: os.kill(top.pid, signal.SIGHUP),
    "kill": lambda top: os.kill(top.pid, signal.SIGKILL),
    "closed": lambda top: os.close(top.terminal),
}


def test_ends(app: Application) -> None:
    """However it ends, the functions are what they were within a second, and the terminal too."""
    for name, end in ENDS.items():
        top = Top(str(app.pid), "-f", "orders.price")
        assert app.line() == "probed", name
        top.shows(r"orders\.price .* live")
        began = time.monotonic()
        end(top)
        assert app.line() == "clean", name
        # Generous where others run, and far from never.
        assert time.monotonic() - began < 10, name
        if name == "closed":
            os.waitpid(top.pid, 0)
            continue
        code = top.ended()
        assert code == (-signal.SIGKILL if name == "kill" else 0), name
        if name != "kill":
            top.gave_back()
            assert termios.tcgetattr(top.terminal) == top.modes, name
        os.close(top.terminal)


def test_the_application_ends(app: Application) -> None:
    top = Top(str(app.pid), "-f", "orders.price")
    top.shows(r"orders\.price .* live")
    app.process.kill()
    app.process.wait()
    top.shows(rf"process {app.pid} has ended; q ends")
    top.press("q")
    assert top.ended() == 0
    top.gave_back()


def test_sizes(app: Application) -> None:
    """A small terminal says what it needs; another size is drawn at once."""
    top = Top(str(app.pid), "-f", "orders.price", columns=50, rows=12)
    top.shows("50x12 is too small, expected 70x10 or more")
    top.size(120, 30)
    top.shows(r"FUNCTION .* TREND")
    top.shows(r"orders\.price .* live")
    top.size(70, 10)
    top.shows(r"orders\.price .* live")
    top.press("q")
    assert top.ended() == 0


def test_colour(app: Application) -> None:
    """Only where it is wanted; what it says is said in words too."""
    for color, wanted in (("never", False), ("always", True)):
        top = Top("--color", color, str(app.pid), "-f", "orders.price", NO_COLOR=None)
        top.shows(r"orders\.price .* live")
        top.press("q")
        assert top.ended() == 0
        assert bool(re.search(rb"\x1b\[(38|3[0-7])[;m]", top.came)) == wanted


def test_no_dashboard(app: Application) -> None:
    """Where a screen cannot be, it is said, and nothing is entered."""
    for env, expected in (({"TERM": "dumb"}, "TERM is `dumb`"), ({"TERM": "xterm"}, "standard output is no terminal")):
        line = [running.BINARY, "top", str(app.pid)]
        environment = running.environment(**env)
        if env["TERM"] == "dumb":
            top = Top(str(app.pid), TERM="dumb")
            code = top.ended()
            said = "\n".join(top.screen.all())
        else:
            done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)
            code, said = done.returncode, done.stderr
        assert code == 2
        assert expected in said
        assert "--json" in said


def test_json(app: Application) -> None:
    """The same numbers for scripts, a line each second."""
    program = "fn:orders.Cart.add:exit { @[fn] = quantize(elapsed); }"
    line = [running.BINARY, "top", str(app.pid), "--json", "--for", "5s", "-f", "orders.price", "-f", "orders.nothing"]
    done = subprocess.run([*line, "-e", program], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    moments = [json.loads(text) for text in done.stdout.splitlines()]
    assert len(moments) >= 3
    last = {function["fn"]: function for function in moments[-1]["functions"]}
    assert moments[-1]["processes"] == [app.pid]
    price, add, nothing = last["orders.price"], last["orders.Cart.add"], last["orders.nothing"]
    for function in (price, add):
        assert function["state"] == "live"
        assert function["calls"] == function["returns"] + function["raises"] + function["live"]
        assert function["rate"] > 0
        assert 0 < function["p50_ns"] <= function["p99_ns"]
        assert function["raises"] > 0
        assert 0 < function["cost"] < 1
    assert price["p99_ns"] > 20_000_000, "some calls sleep for so long"
    assert add["session"] == "-e"
    assert (nothing["state"], nothing["calls"], nothing["rate"]) == ("waiting", 0, 0)
    assert "has no `nothing`" in nothing["reason"]
    assert app.line() == "probed"
    assert app.line() == "clean"


WORKERS = """
import os, time, orders
def work():
    while True:
        orders.price("apple")
        time.sleep(0.01)
for _ in range(2):
    if os.fork() == 0: work()
print("ready", flush=True)
work()
"""

FORKING = """
import os, sys, time, orders
code = orders.price.__code__
print("ready", flush=True)
while orders.price.__code__ is code: time.sleep(0.01)
for _ in range(4):
    if (child := os.fork()) == 0:
        for _ in range(50): orders.price("apple")
        os._exit(0)
    os.waitpid(child, 0)
while True: time.sleep(1)
"""


def moments(target: str, folder: Path, program: str) -> list[dict]:
    """What `--json` says of a program that runs."""
    (folder / "orders.py").write_text(ORDERS)
    (folder / f"{target}.py").write_text(program)
    process = subprocess.Popen(
        [sys.executable, f"{target}.py"],
        cwd=folder,
        env=running.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    line = [running.BINARY, "top", f"name:{target}", "--json", "--for", "8s", "-f", "orders.price"]
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=PATIENCE)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert done.returncode == 0, done.stderr
    return [json.loads(text) for text in done.stdout.splitlines()]


def test_workers(tmp_path: Path) -> None:
    """The processes of a group are one application."""
    last = moments("top_workers", tmp_path, WORKERS)[-1]
    assert len(last["processes"]) == 3
    (price,) = last["functions"]
    assert price["state"] == "live"
    assert price["calls"] > 0


def test_forked_children(tmp_path: Path) -> None:
    """What children count is added up, also of those that have ended."""
    last = moments("top_forking", tmp_path, FORKING)[-1]
    (price,) = last["functions"]
    assert price["calls"] == price["returns"] == 200


def test_bad_arguments(app: Application) -> None:
    for args, expected in (
        (("-f", "price"), "has one part"),
        (("-e", "fn:x"), "error"),
        (("4294967",), "4294967"),
        (("name:",), "expected a name"),
    ):
        line = [running.BINARY, "top", *([] if "name:" in args else [str(app.pid)]), "--json", *args]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 2, done.stdout
        assert expected in done.stderr
