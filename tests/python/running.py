"""Programs under `waspect run`, with their own account of what they did beside what the probes say.

In: a program's text and how it is started. Out: a `Run`: its streams, its exit code, the lines of the JSONL output,
and `truth`, what the program itself says it called, by process. Never: an interpreter other than the one that runs the
tests.
"""

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

BINARY = os.environ.get("WASPECT_BIN") or str(Path(sysconfig.get_path("scripts")) / "waspect")

# Counts by process and records every call; needs no memory.
PROBE = """(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.get" "$pid" (func $pid (result i64)))
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.count" "entries" (func $entries (param i64)))
  (import "probe1.count" "exits" (func $exits (param i64)))
  (import "probe1.field" "n" (func $n (param i64)))
  (func (export "fn:**.hit:entry") (call $entries (call $pid)))
  (func (export "fn:**.hit:exit") (call $exits (call $pid)))
  (func (export "fn:**.noted:entry") (call $n (call $arg0)) (drop (call $emit))))
"""

# What every program starts with. `calls` says what was done once it is done, in one write.
PRELUDE = """
import os, sys
def hit(n=0): return n
def noted(n=0): return n
def say(n, name="hit"):
    fd = os.open(os.path.join(WHERE, "truth"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, f"{name} {os.getpid()} {n}\\n".encode())
    os.close(fd)
def calls(n, what=hit):
    for i in range(n): what(i)
    say(n, what.__name__)
def wait(*pids):
    return [os.waitpid(pid, 0)[1] for pid in pids]
"""


class Run:
    """What came of one program."""

    def __init__(self, folder: Path, done: subprocess.CompletedProcess[bytes]):
        self.folder, self.out, self.err, self.code = folder, done.stdout, done.stderr, done.returncode
        out = folder / "out.jsonl"
        self.lines = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []

    def of(self, kind: str, **wanted) -> list[dict]:
        return [x for x in self.lines if x["type"] == kind and all(x[k] == v for k, v in wanted.items())]

    def counted(self, name: str) -> dict[int, int]:
        """An aggregation by process."""
        return {x["key"][0]: x["value"] for x in self.of("aggregation", name=name) if x["value"]}

    def truth(self, name: str = "hit") -> dict[int, int]:
        """What the program says, by process."""
        said = collections.Counter()
        path = self.folder / "truth"
        for line in path.read_text().splitlines() if path.exists() else ():
            what, pid, n = line.split()
            if what == name:
                said[int(pid)] += int(n)
        return {pid: n for pid, n in said.items() if n}

    def function(self, name: str) -> dict:
        (found,) = [x for x in self.of("function") if x["fn"].endswith(f".{name}")]
        return found

    def check(self) -> Run:
        """Every count is what the program says, in every process, and all counts balance."""
        truth = self.truth()
        assert self.counted("entries") == truth, self.err
        assert self.counted("exits") == truth
        self.check_balance()
        assert self.function("hit")["entries"] == sum(truth.values())
        starts = [x["pid"] for x in self.of("start")]
        assert len(starts) == len(set(starts)), "a process started twice"
        assert set(starts) >= set(truth) | set(self.truth("noted"))
        self.check_records()
        return self

    def check_balance(self) -> None:
        for f in self.of("function"):
            if f["returns"] is not None:
                assert f["entries"] == f["returns"] + f["raises"] + f["abandoned"] + f["live"], f

    def check_records(self) -> None:
        """Records are delivered or counted as dropped."""
        noted = self.truth("noted")
        records = collections.Counter(x["pid"] for x in self.of("record"))
        drops = sum(sum(x["drops"].values()) for x in self.of("summary") if "noted" in x["probe"])
        assert sum(records.values()) + drops == sum(noted.values())
        assert all(n <= noted[pid] for pid, n in records.items())


def environment(**changes: str | None) -> dict[str, str]:
    """This one, without what would show in a program's output."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV_")) and k != "PYTHONPATH"}
    env |= {"PYTHONDONTWRITEBYTECODE": "1"} | {k: v for k, v in changes.items() if v is not None}
    return {k: v for k, v in env.items() if not (k in changes and changes[k] is None)}


def write(folder: Path, program: str, probe: str = PROBE) -> Path:
    """A folder with a probe and the application; gives the application's path."""
    (folder / "probe.wat").write_text(probe)
    app = folder / "app.py"
    app.write_text(f"WHERE = {str(folder)!r}{PRELUDE}{program}")
    return app


def command(folder: Path, *args: str, options: tuple[str, ...] = (), python: str = sys.executable) -> list[str]:
    """The command line that probes `args`."""
    output = () if "-o" in options else ("-o", f"jsonl:{folder / 'out.jsonl'}")
    # Programs loop hotter than a process whose time is to be kept; tests about that say so.
    share = () if "--budget" in options else ("--budget", "share=100%")
    probe = ("-p", str(folder / "probe.wat"))
    return [BINARY, "run", *probe, *output, *share, "--python", python, *options, *args]


def run(folder: Path, program: str, *, probe: str = PROBE, args: tuple[str, ...] = ("app.py",), **options) -> Run:
    """A program under the probe, to its end."""
    write(folder, program, probe)
    names = {k: options.pop(k) for k in ("options", "python") if k in options}
    env = environment(**options.pop("env", {}))
    defaults = {"cwd": folder, "env": env, "capture_output": True, "stdin": subprocess.DEVNULL, "timeout": 60}
    if "input" in options:
        del defaults["stdin"]
    done = subprocess.run(command(folder, *args, **names), check=False, **(defaults | options))
    return Run(folder, done)


def alone(folder: Path, *args: str, **options) -> subprocess.CompletedProcess[bytes]:
    """The same program without waspect."""
    env = environment(**options.pop("env", {}))
    defaults = {"cwd": folder, "env": env, "capture_output": True, "stdin": subprocess.DEVNULL, "timeout": 60}
    if "input" in options:
        del defaults["stdin"]
    python = options.pop("python", sys.executable)
    (folder / "truth").unlink(missing_ok=True)
    return subprocess.run([python, *(args or ("app.py",))], check=False, **(defaults | options))
