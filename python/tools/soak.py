"""A service under load while probes are loaded, fail, are disarmed and unloaded at random; what came of it, exactly.

In: `$SOAK_SECONDS` (300), `--seed`; this interpreter runs `tests/python/soak_service.py`, the binary beside it (or
`$WASPECT_BIN`) probes it. Out: a line of progress every ten seconds, a table, or with `--json` an object; exit code 1
if an answer was wrong, an event unaccounted for, or something remained. Never here: a difference that is tolerated.

In each session that ends in peace, over all processes: what the probe counted itself = records delivered + dropped, the
records of its account = those that arrived, firings = those + dropped + faults, and no event arrived twice. Sessions
that are killed (SIGKILL) are only to leave nothing behind.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import attaching

SERVICE = attaching.ROOT / "tests" / "python" / "soak_service.py"
CLIENTS, OPERATORS = 4, 2
# After a third of the time every cache is full; what is more at the end is a leak.
WARM_UP_SHARE, RSS_KIB_MAX = 0.33, 4_096
END_SECONDS_MAX = 60
ENTRY = "fn:__main__.numbered:entry"
TRAP = """(module (func (export "fn:__main__.price:entry") unreachable)
  (func (export "fn:__main__.total:exit") unreachable))"""
SPIN = '(module (func (export "fn:__main__.items:entry") (loop (br 0))))'
# The kind of a session: its program, and whether it fails.
KINDS = {
    "records": (f"{ENTRY} {{ @n = count(); capture(serial); }}", False),
    "exits": ("fn:__main__.numbered:return { @n = count(); capture(serial, retval); }", False),
    "many records": ("fn:__main__.*:exit { @n = count(); capture(serial, fn, retval, exception); }", False),
    "counts": ("fn:__main__.*:entry, fn:__main__.*:exit { @calls[fn] = count(); }", False),
    "traps": (TRAP, True),
    "endless": (SPIN, True),
}
SKIPPED = ("stack_headroom", "busy", "renewing", "throttled")
# What is said where two operators enter at the same moment.
ONE_TRACER = "a process can have one tracer"
# Outputs that are bounded so that records are dropped, and those that are not.
BOUNDS: list[list[str]] = [[], ["--events", "200"], ["--ring", "256K", "--events", "1000000"]]


@dataclass
class Account:
    """Everything that was done, and what was wrong."""

    did: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **more: int) -> None:
        with self.lock:
            self.did.update(more)

    def note(self, what: str) -> None:
        with self.lock:
            self.wrong.append(what)


def client(port: int, number: int, stop: threading.Event, account: Account) -> None:
    """Asks, and knows each answer."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=60).makefile("rwb")
    n = number
    while not stop.is_set():
        for _ in range(50):
            n += CLIENTS
            stream.write(b"%d\n" % n)
            stream.flush()
            # Twice the number and one, and thrice and one.
            if (line := stream.readline()) != b"%d\n" % (5 * n + 2):
                account.note(f"asked {n}, answered {line!r}")
        account.add(answers=50)


def operator(pid: int, dice: random.Random, folder: Path, stop: threading.Event, account: Account) -> None:
    """Session after session: one of each kind, of some length, ended in some way."""
    number = 0
    while not stop.is_set():
        number += 1
        kind = dice.choice([*KINDS])
        seconds, bounds, killed = dice.uniform(0.1, 2), dice.choice(BOUNDS), dice.random() < 0.1
        out = folder / f"{number}.jsonl"
        command = begun(pid, kind, folder, [*bounds, "-o", f"jsonl:{out}"])
        wait_for_start(command, out)
        time.sleep(seconds)
        command.send_signal(signal.SIGKILL if killed else signal.SIGINT)
        said = command.communicate(timeout=END_SECONDS_MAX)[1].decode(errors="replace")
        account.add(sessions=1, **{"killed" if killed else kind: 1})
        if ONE_TRACER in said and command.returncode == 2:
            # The other was in the middle of entering: said, and nothing was done.
            account.add(refused=1)
        elif not killed:
            judge(kind, out, command.returncode, said, account)
        out.unlink(missing_ok=True)


def begun(pid: int, kind: str, folder: Path, options: list[str]) -> subprocess.Popen[bytes]:
    text = KINDS[kind][0]
    what = ["-e", text]
    if text.startswith("("):
        module = folder / f"{kind}.wat"
        module.write_text(text)
        what = ["-p", str(module)]
    line = [attaching.BINARY, "attach", str(pid), "--children", *what, *attaching.SHARE, *options]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=attaching.environment())


def wait_for_start(command: subprocess.Popen[bytes], out: Path) -> None:
    until = time.monotonic() + END_SECONDS_MAX
    while command.poll() is None and time.monotonic() < until:
        if out.exists() and out.stat().st_size:
            return
        time.sleep(0.01)


def judge(kind: str, out: Path, code: int, said: str, account: Account) -> None:
    """One session's account, over all its processes."""
    if code or not out.exists():
        account.note(f"`{kind}` ended with {code}: {said.strip()}")
        return
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    of: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        of.setdefault(line["type"], []).append(line)
    amiss = differences(kind, of)
    for what in amiss:
        account.note(f"`{kind}`: {what}")
    sums = of.get("summary", [])
    account.add(
        processes=len(of.get("start", [])),
        firings=sum(s["firings"] for s in sums),
        delivered=len(of.get("record", [])),
        dropped=sum(sum(s["drops"].values()) for s in sums),
        faults=sum(sum(s["faults"].values()) for s in sums),
        disarmed=sum(s["state"] == "disarmed" for s in sums),
    )


def differences(kind: str, of: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Whatever does not add up."""
    amiss: list[str] = []
    is_recorded = "capture" in KINDS[kind][0]
    records, sums = of.get("record", []), of.get("summary", [])
    arrived = Counter(record["probe"] for record in records)
    dropped = 0
    for s in sums:
        lost, faults = sum(s["drops"].values()), sum(s["faults"].values())
        dropped += lost
        if s["records"] != arrived[s["probe"]]:
            amiss.append(f"{s['records']} records in the account, {arrived[s['probe']]} arrived: {s}")
        skipped = sum(s["drops"].get(why, 0) for why in SKIPPED)
        # A firing whose record is dropped has counted before, so it is not rejected either.
        ended = s["records"] + s["rejected"] + faults + (lost - skipped if is_recorded else 0)
        if kind != "counts" and s["firings"] != ended:
            amiss.append(f"firings do not add up: {s}")
        if faults and not KINDS[kind][1]:
            amiss.append(f"a fault: {s}")
    counted = sum(a["value"] for a in of.get("aggregation", []) if a["name"] == "n")
    if is_recorded and counted != len(records) + dropped:
        amiss.append(f"counted {counted}, delivered {len(records)}, dropped {dropped}")
    serials = Counter((r["pid"], r["probe"], r["fields"]["serial"]) for r in records if kind != "many records")
    if twice := [key for key, n in serials.items() if n > 1]:
        amiss.append(f"arrived twice: {twice[:3]}")
    calls = [f for f in of.get("function", []) if f["returns"] is not None]
    return amiss + [f"counts do not agree: {f}" for f in calls if not attaching.balances(f)]


@dataclass
class Held:
    """What a process holds."""

    rss: int
    files: int
    threads: int


def held(pid: int) -> Held:
    folder = Path(f"/proc/{pid}")
    rss = int((folder / "statm").read_text().split()[1]) * 4
    return Held(rss, len(list((folder / "fd").iterdir())), len(list((folder / "task").iterdir())))


def soak(seconds: float, seed: int, *, is_quiet: bool = False) -> tuple[Account, dict[int, tuple[Held, Held]]]:
    """The service under load for so long; its account, and what each process held after a third, and in the end."""
    account, stop, dice = Account(), threading.Event(), random.Random(seed)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener, tempfile.TemporaryDirectory() as folder:
        port = listener.getsockname()[1]
        service = started(listener)
        assert service.stdout is not None
        workers = json.loads(service.stdout.readline())
        clients = [threading.Thread(target=client, args=(port, n, stop, account)) for n in range(CLIENTS)]
        for thread in clients:
            thread.start()
        began, operators = time.monotonic(), threading.Event()
        before: dict[int, Held] = {}
        churn = []
        for n in range(OPERATORS):
            (place := Path(folder, str(n))).mkdir()
            own = random.Random(dice.random())
            work = functools.partial(operator, service.pid, own, place, operators, account)
            churn.append(threading.Thread(target=guarded, args=(work, account)))
            churn[-1].start()
        while (passed := time.monotonic() - began) < seconds:
            time.sleep(min(10, seconds - passed))
            if not is_quiet:
                print(f"{time.monotonic() - began:5.0f} s  {dict(account.did)}", file=sys.stderr, flush=True)
            if not before and passed >= seconds * WARM_UP_SHARE:
                before = {pid: held(pid) for pid in workers}
        operators.set()
        for thread in churn:
            thread.join()
        # Whoever was killed is noticed by the process it observed.
        time.sleep(2)
        after = {pid: held(pid) for pid in workers}
        stop.set()
        for thread in clients:
            thread.join()
        service.terminate()
        check_end(service, account)
    before = before or after
    return account, {pid: (before[pid], after[pid]) for pid in workers}


def guarded(function: Callable[[], None], account: Account) -> None:
    try:
        function()
    except Exception as error:
        account.note(f"an operator: {error!r}")


def started(listener: socket.socket) -> subprocess.Popen[bytes]:
    # The socket is to be descriptor 3, whatever it is here.
    line = ["/bin/sh", "-c", f'exec "$@" 3<&{listener.fileno()}', "sh", sys.executable, str(SERVICE)]
    number = listener.fileno()
    return subprocess.Popen(line, stdout=subprocess.PIPE, env=attaching.environment(), pass_fds=(number,))


def check_end(service: subprocess.Popen[bytes], account: Account) -> None:
    said = service.communicate(timeout=END_SECONDS_MAX)[0]
    told = [json.loads(line) for line in said.splitlines()]
    if len(told) != 2:
        account.note(f"of two workers {len(told)} told how they are")
    account.wrong += [f"worker {t['pid']} has not its own functions back" for t in told if not t["clean"]]
    if (handled := sum(t["answers"] for t in told)) != account.did["answers"]:
        account.note(f"{handled} answers were made, {account.did['answers']} came")


def grown(processes: dict[int, tuple[Held, Held]]) -> list[str]:
    """What is more at the end."""
    found = []
    for pid, (before, after) in processes.items():
        if after.rss - before.rss > RSS_KIB_MAX:
            found.append(f"process {pid} had {before.rss} KiB and has {after.rss} KiB")
        # Two sessions may have been there when it was looked at first.
        if after.files > before.files or after.threads > before.threads:
            found.append(f"process {pid} held {before} and holds {after}")
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=float(os.environ.get("SOAK_SECONDS", "300")))
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    options.add_argument("--json", action="store_true", help="an object instead of a table")
    chosen = options.parse_args()
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"soak: CPython {version}, {chosen.seconds:.0f} s, seed {chosen.seed}", file=sys.stderr, flush=True)
    account, processes = soak(chosen.seconds, chosen.seed)
    wrong = account.wrong + grown(processes)
    rss = {pid: [before.rss, after.rss] for pid, (before, after) in processes.items()}
    told = {"python": version, "seconds": chosen.seconds, "seed": chosen.seed, **account.did, "rss_kib": rss}
    if chosen.json:
        print(json.dumps(told | {"wrong": wrong}))
    else:
        print("\n".join(f"{what:14} {n}" for what, n in told.items()))
        print(f"{'wrong':14} {len(wrong)}")
    print("".join(f"  {one}\n" for one in wrong[:50]), end="", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
