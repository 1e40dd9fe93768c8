"""`waspect run`: the program is as it would have been, and what is wrong is said before it starts.

Each case is a program run twice, with and without waspect, and compared; or a command line and what it must answer.
In: the binary that this environment's wheel installed, or the one `WASPECT_BIN` names. Out: nothing. Never: an
interpreter other than the one that runs these tests.
"""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

BINARY = os.environ.get("WASPECT_BIN") or str(Path(sysconfig.get_path("scripts")) / "waspect")

# Prints everything that a program can see of how it was started.
MIRROR = """
import os, sys
print(sys.argv, sys.orig_argv, sys.executable, sys.flags, sys.warnoptions, sys._xoptions)
print(sys.path, sorted(sys.path_importer_cache), sys.meta_path, sys.path_hooks)
print(list(os.environ.items()))
print([line for line in open('/proc/self/environ').read().split(chr(0)) if not line.startswith('PYTHONPATH')])
import subprocess
print(subprocess.check_output(['env'], text=True))
main = sys.modules['__main__'].__dict__
print({k: v for k, v in main.items() if isinstance(v, (str, int, type(None)))}, list(main))
print(list(sys.modules))
print([n for n in sorted(os.listdir('/proc/self/fd')) if int(n) < 200], sys.stdin.read())
print(os.getpgrp() == os.getpgid(os.getppid()))
import signal
print([signal.getsignal(s) for s in signal.valid_signals() if s != signal.SIGURG])
print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
import threading
print(threading.enumerate(), len(os.listdir('/proc/self/task')))
sys.exit(7)
"""

PROBE = """(module
  (import "probe1.count" "calls" (func $count (param i64)))
  (func (export "fn:app.f:entry") (call $count (i64.const 0xFFF8000000000000))))
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a probe and an application; current while the test runs."""
    (tmp_path / "probe.wat").write_text(PROBE)
    (tmp_path / "app.py").write_text(MIRROR)
    monkeypatch.chdir(tmp_path)
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return tmp_path


def run(*args: str, **options: object) -> subprocess.CompletedProcess[str]:
    """The program under one probe."""
    return waspect("-p", "probe.wat", "-o", "jsonl:out.jsonl", "--python", sys.executable, *args, **options)


def waspect(*args: str, **options: object) -> subprocess.CompletedProcess[str]:
    options = {"input": "typed", "capture_output": True, "text": True, "timeout": 60, **options}
    return subprocess.run([BINARY, "run", *args], check=False, **options)  # type: ignore[call-overload, no-any-return]


def alone(*args: str) -> subprocess.CompletedProcess[str]:
    """The same without waspect."""
    return subprocess.run(
        [sys.executable, *args], check=False, input="typed", capture_output=True, text=True, timeout=60
    )


def lines() -> list[dict[str, object]]:
    return [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("search_path", [None, "", "elsewhere", "elsewhere:other:", ":"])
@pytest.mark.parametrize(
    "args",
    [
        ["app.py"],
        ["app.py", "-p", "x", "--", "-o", "--for"],
        ["-m", "app", "-p", "x"],
        ["-O", "-X", "dev", "-W", "ignore::ResourceWarning", "app.py"],
        ["-B", "-c", MIRROR, "a"],
        ["-P", "app.py"],
        ["-s", "app.py"],
    ],
    ids=lambda args: " ".join(args)[:20],
)
def test_a_program_sees_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch, search_path: str | None, args: list[str]
) -> None:
    if search_path is not None:
        monkeypatch.setenv("PYTHONPATH", search_path)
    before, after = alone(*args), run("--no-children", *args)
    assert unnumbered(after.stdout) == unnumbered(before.stdout)
    assert (after.returncode, after.stderr) == (before.returncode, before.stderr) == (7, before.stderr)
    assert lines()[0] == {**lines()[0], "type": "start", "format": 1, "python": sys.version.split()[0]}


SHOWN = """
import os, signal
print(os.environ.get('PYTHONPATH', '').split(':')[0].rsplit('/', 1)[-1].split('-')[0])
print([os.readlink(f'/proc/self/fd/{n}').split(':')[0] for n in os.listdir('/proc/self/fd') if int(n) >= 200])
print(type(signal.getsignal(signal.SIGURG)).__name__)
"""


def test_what_a_program_could_see(here: Path) -> None:
    """How children are reached, and how others reach it: nothing else, and nothing that `waspect run` does without."""
    shown = ["['socket']", "builtin_function_or_method"]
    assert run("-c", SHOWN).stdout.split("\n")[:-1] == ["waspect", *shown]
    assert run("--no-children", "-c", SHOWN).stdout.split("\n")[:-1] == ["", *shown]


def unnumbered(text: str) -> str:
    """Without addresses and thread numbers, which differ from run to run."""
    return re.sub(r"0x[0-9a-f]+|\d{10,}", "#", text)


@pytest.mark.parametrize(
    "text",
    [
        "import sys; sys.from_the_application = 1; print(__name__, __file__, __spec__)",
        "raise ImportError('nothing', name='sitecustomize')",
        "import nothing_of_that_name",
        "1 / 0",
        "import sys; print(list(sys.modules)[-1], sys.path)",
    ],
)
def test_the_applications_own_sitecustomize_runs(here: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (here / "own").mkdir()
    (here / "own/sitecustomize.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(here / "own"))
    code = "import sys; print(hasattr(sys, 'from_the_application'), 'sitecustomize' in sys.modules, list(sys.modules))"
    before, after = alone("-c", code), run("-c", code)
    assert (after.returncode, after.stderr) == (before.returncode, before.stderr)
    assert unnumbered(after.stdout) == unnumbered(before.stdout)


def test_nothing_is_left_behind(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(here / "tmp"))
    codes = ["pass", "import os; os.kill(os.getpid(), 15)", "1/0"]
    assert [run("-c", code).returncode for code in codes] == [0, -15, 1]
    assert list((here / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGPIPE])
def test_it_ends_as_the_program_ended(here: Path, number: int) -> None:
    default = f"signal.signal({number}, signal.SIG_DFL) if {number} != 9 else 0"
    code = f"import os, signal; {default}; os.kill(os.getpid(), {number})"
    found = run("-c", code).returncode
    # SIGPIPE does not end waspect itself; a shell would say the same number.
    assert found in (-number, 128 + number)
    assert found == -number or number == signal.SIGPIPE


WAITING = """
import signal, sys, time
for n in {signals}:
    signal.signal(n, lambda n, frame: (print('got', n, flush=True), sys.exit(5)))
print('ready', flush=True)
while True: time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT, signal.SIGINT])
def test_signals_are_passed_on(here: Path, number: int) -> None:
    program = start("-c", WAITING.format(signals=[int(number)]))
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    program.send_signal(number)
    assert program.stdout.readline() == f"got {int(number)}\n"
    assert program.wait(10) == 5


def start(*args: str) -> subprocess.Popen[str]:
    command = [BINARY, "run", "-p", "probe.wat", "-o", "jsonl:out.jsonl", "--python", sys.executable, *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_terminals_interrupt_reaches_the_program_once(here: Path) -> None:
    code = """
import time
try:
    print('ready', flush=True); time.sleep(20)
except KeyboardInterrupt:
    print('once', flush=True)
    try: time.sleep(0.5)
    except KeyboardInterrupt: print('twice', flush=True)
"""
    pid, terminal = pty.fork()
    if pid == 0:
        # Whoever runs the tests in the background has it ignored, which a child would inherit.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execv(
            BINARY, [BINARY, "run", "-p", "probe.wat", "-o", "jsonl:out.jsonl", "--python", sys.executable, "-c", code]
        )
    read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    shown = read_until(terminal, None)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"once" in shown
    assert b"twice" not in shown
    assert lines()


def read_until(terminal: int, word: bytes | None) -> bytes:
    shown = b""
    while word is None or word not in shown:
        try:
            part = os.read(terminal, 1024)
        except OSError:
            break
        if not part:
            break
        shown += part
    return shown


def test_observing_ends_before_the_program(here: Path) -> None:
    code = "import sys, time; print('ready', flush=True); time.sleep(1.5); print('done', flush=True)"
    program = start("--for", "300ms", "-c", code)
    assert program.stdout is not None
    program.stdout.readline()
    time.sleep(0.8)
    assert lines()[0]["type"] == "start"
    assert program.poll() is None
    assert program.communicate(timeout=10)[0] == "done\n"
    assert program.returncode == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["-p", "none.wat", "app.py"], "probe `none.wat` does not load: No such file"),
        (["-p", "app.py", "app.py"], "probe `app.py` does not load"),
        (["app.py"], "expected `-p FILE`"),
        (["-p", "probe.wat", "--at", "x=fn:a.b:entry", "app.py"], "names export `x`"),
        (["-p", "probe.wat", "-o", "jsonl:-", "app.py"], "the program has stdout for itself"),
        (["-p", "probe.wat", "-o", "xml:x", "app.py"], "expected `terminal`, `jsonl`, `csv`, or one of"),
        (
            ["-p", "probe.wat", "-o", "jsonl:no/such/folder", "app.py"],
            "output `jsonl:no/such/folder` cannot be written",
        ),
        (["-p", "probe.wat", "--for", "10", "app.py"], "expected a number and `ms`, `s`, `m` or `h`"),
        (["-p", "probe.wat", "-I", "app.py"], "with `-I` the interpreter ignores the environment"),
        (["-p", "probe.wat", "-BSm", "app"], "with `-S` the interpreter imports no `site`"),
        (["-p", "probe.wat", "--prob", "app.py"], "`--prob` is no option"),
        (["-p", "probe.wat", "--python", "no-python", "app.py"], "interpreter `no-python` cannot be started"),
        (["-p", "probe.wat", "--python", "/bin/true", "app.py"], "does not answer as a Python 3"),
    ],
)
def test_what_is_wrong_is_said_before_the_program_starts(here: Path, args: list[str], said: str) -> None:
    (here / "app.py").write_text("open('started', 'w')")
    found = waspect("--python", sys.executable, *args) if "--python" not in args else waspect(*args)
    assert said in found.stderr
    assert (found.returncode, found.stdout) == (2, "")
    assert not (here / "started").exists()


def test_an_agent_that_does_not_load_starts_no_program(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "agents").mkdir()
    monkeypatch.setenv("WASPECT_AGENT_DIR", str(here / "agents"))
    assert "no agent for CPython" in run("app.py").stderr
    import _imp  # the suffix as the interpreter itself knows it

    (here / "agents" / f"_core{_imp.extension_suffixes()[0]}").write_bytes(b"not an extension")
    found = run("-c", "open('started', 'w')")
    assert "the agent does not load: ImportError" in found.stderr
    assert found.returncode == 2
    assert not (here / "started").exists()


def test_the_interpreter_is_that_of_the_virtual_environment(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "venv"], check=True)
    monkeypatch.setenv("VIRTUAL_ENV", str(here / "venv"))
    found = waspect("-p", "probe.wat", "-o", "jsonl:out.jsonl", "-c", "import sys; print(sys.prefix)")
    assert found.stdout == f"{here}/venv\n"


def test_several_outputs_get_the_same(here: Path) -> None:
    found = run("-o", "jsonl:two.jsonl", "-o", "terminal", "-c", "pass")
    assert (here / "two.jsonl").read_text() == (here / "out.jsonl").read_text()
    assert f"observing python {sys.version.split()[0]}" in found.stderr
    assert "\x1b" not in found.stderr
