"""Attaching as its own judge: into each state that a program may be in, again and again, and killed at any moment.

In: this interpreter, whose programs are entered, and the installed binary. Out: tables on stdout: what was tried, how
often all was well, how long a thread stood still, what grew; each thing amiss on stderr; exit code 1 if anything was.
Never here: a try that is left out of the table, a second try for one that failed.

A try is well when the probes fired, every event was received or counted as dropped, the program's own results are
right, and of the visit nothing remains within a second: no other code, no thread, no descriptor.
"""

from __future__ import annotations

import argparse
import random
import signal
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import attaching
from attaching import DeadError, Target, Visit

VERSION = ".".join(map(str, sys.version_info[:3]))
# What programs do when they are entered; `attach_states.py` has them.
STATES = ["sleep", "select", "join", "cpu", "malloc", "mtcpu", "longc", "asyncio", "flask", "uvicorn", "fork"]
# What an operator does when it is killed, and what the program does.
MOMENTS = ["compiling", "entering", "borrowing", "observing", "detaching"]
KILLED_IN = ["cpu", "sleep", "malloc", "mtcpu", "asyncio", "fork"]
# Which number to close is known only where no other thread opens any: in this state a command that is killed within the
# microseconds after the memory file was opened leaves it open (docs/SECURITY.md).
KILLED_OPEN = {"mtcpu"}
STOP_MS_MAX = 10.0
SETTLED_SECONDS_MAX = 1.0
# An interpreter whose lock is held for seconds cannot put functions back meanwhile.
SLOW = {"longc": 9.0}
# Visits before growth is measured: the first ones fill caches.
WARM_UP = 10
# What may be more at the end, whatever the number of visits: the interpreter's and the allocator's own caches.
GROWTH_MAX = {"memory KiB": 1500, "objects": 20, "mappings": 4}
MEETINGS = "waspect-attach-*"


@dataclass
class Row:
    """What came of the tries of one kind."""

    name: str
    tries: int = 0
    ok: int = 0
    deaths: int = 0
    wrong: int = 0
    hangs: int = 0
    times: list[float] = field(default_factory=list)
    searches: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def is_fine(self) -> bool:
        return not self.said

    def note(self, kind: str, what: str) -> None:
        """One try that went wrong."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.said.append(f"{self.name}, try {self.tries}: {what}")


def main() -> int:
    chosen = arguments()
    try:
        fine = [part(chosen) for part in (states_part, growth_part, kills_part)]
    except DeadError as error:
        print(f"a program did not come up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return int(not all(fine))


def arguments() -> argparse.Namespace:
    epilog = f"States: {' '.join(STATES)}. With a number of 0 a part is left out."
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0], epilog=epilog)
    options.add_argument("state", nargs="*", help="only these states")
    options.add_argument("--tries", type=int, default=50, help="attaches for each state (default %(default)s)")
    options.add_argument("--rounds", type=int, default=200, help="attaches to see what grows (default %(default)s)")
    options.add_argument("--kills", type=int, default=200, help="commands killed (default %(default)s)")
    options.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the moments of the kills")
    return options.parse_args()


# --- states


def states_part(chosen: argparse.Namespace) -> bool:
    if not chosen.tries:
        return True
    print(f"CPython {VERSION}: attached, observed, detached; a thread stood still, and before, for a place to do so\n")
    heading("state", "stopped ms", "searched ms")
    fine = True
    for state in chosen.state or STATES:
        row = visited(state, chosen.tries)
        late = middle(row.times) > STOP_MS_MAX
        if late:
            row.said.append(f"{state}: half of the stops took more than {STOP_MS_MAX:.0f} ms")
        print(f"{counts(row)}{spread(row.times)}{spread(row.searches)}", flush=True)
        fine &= told(row)
    return fine


def visited(state: str, tries: int, *length: str, settled: float = SETTLED_SECONDS_MAX) -> Row:
    """Attaches so many times, to one program as long as it lives."""
    row, settled = Row(state), SLOW.get(state, 0) + settled
    while row.tries < tries:
        with Target(state, *length) as target:
            target.remember()
            try:
                while row.tries < tries:
                    row.tries += 1
                    enter(target, row, settled)
                check_end(target, row)
            except DeadError as error:
                row.note("deaths", str(error))
    return row


def enter(target: Target, row: Row, settled: float) -> None:
    of = attaching.visit(target)
    if not target.is_alive():
        raise DeadError(f"it ended: {'; '.join(of.amiss)}")
    remains = target.settle(settled)[1]
    count(row, of, remains)
    if remains:
        target.accept()


def count(row: Row, of: Visit, remains: str) -> None:
    amiss = [*of.amiss, *([remains] if remains else [])]
    if of.hung:
        row.note("hangs", "; ".join(amiss))
    elif amiss:
        row.note("wrong", "; ".join(amiss))
    else:
        row.ok += 1
        row.times.append(of.stopped)
        row.searches.append(of.searched)


def check_end(target: Target, row: Row) -> None:
    """The program's own account, once nobody will come any more."""
    account = target.end()
    if account["wrong"] or (not account["rounds"] and target.state not in attaching.SILENT):
        row.note("wrong", f"its account: {account}")


# --- growth


def growth_part(chosen: argparse.Namespace) -> bool:
    if not chosen.rounds:
        return True
    print(f"\nCPython {VERSION}: what {chosen.rounds} visits added to one program\n")
    fine = True
    for name, probe in (("a probe", attaching.PROBE), ("a probe with an end", attaching.PROBE + " end { }")):
        added = grown(probe, chosen.rounds)
        print(f"{name:20} " + ", ".join(f"{what} {n:+}" for what, n in added.items()), flush=True)
        much = too_much(added)
        print("".join(f"  {name}: {one}\n" for one in much), end="", file=sys.stderr, flush=True)
        fine &= not much
    return fine


def grown(probe: str, rounds: int) -> dict[str, int]:
    """What a program holds after so many visits, compared with before."""
    with Target("sleep") as target:
        target.remember()
        for n in range(WARM_UP + rounds):
            if n == WARM_UP:
                before = held(target)
            of = attaching.visit(target, probe)
            target.settle(attaching.ANSWER_SECONDS_MAX)
            if of.amiss:
                raise DeadError("; ".join(of.amiss))
        after = held(target)
    return {what: after[what] - before[what] for what in after}


def held(target: Target) -> dict[str, int]:
    told = target.ask(all_of_it=True)
    folder = Path(f"/proc/{target.pid}")
    return {
        "memory KiB": int((folder / "statm").read_text().split()[1]) * 4,
        "mappings": len((folder / "maps").read_text().splitlines()),
        "descriptors": len(target.descriptors()),
        "threads": len(list((folder / "task").iterdir())),
        "objects": told["objects"],
        "atexit": told["atexit"],
        "folders": len(abandoned()),
    }


def abandoned() -> list[str]:
    """Folders in which nobody waits any more."""
    waiting = Path("/proc/net/unix").read_text()
    return [str(folder) for folder in Path("/tmp").glob(MEETINGS) if f"{folder}/" not in waiting]


def too_much(added: dict[str, int]) -> list[str]:
    much = {what: n for what, n in added.items() if n > GROWTH_MAX.get(what, 0)}
    return [f"{what} {n:+}, expected at most {GROWTH_MAX.get(what, 0):+}" for what, n in much.items()]


# --- kills


def kills_part(chosen: argparse.Namespace) -> bool:
    if not chosen.kills:
        return True
    print(f"\nCPython {VERSION}: the command killed while it does this; nothing remained after (seed {chosen.seed})\n")
    heading("while", "settled ms")
    moments = random.Random(chosen.seed)
    fine = True
    for moment in MOMENTS:
        row = killed(moment, -(-chosen.kills // len(MOMENTS)), moments, states_for(moment))
        print(f"{counts(row)}{spread(row.times)}", flush=True)
        fine &= told(row)
    return fine


def states_for(moment: str) -> list[str]:
    return [state for state in KILLED_IN if moment != "borrowing" or state not in KILLED_OPEN]


def killed(
    moment: str, tries: int, moments: random.Random, states: list[str], settled: float = SETTLED_SECONDS_MAX
) -> Row:
    """Kills so many commands at such a moment, in one state after the other."""
    row = Row(moment)
    for n, state in enumerate(states):
        share = len(range(n, tries, len(states)))
        if not share:
            continue
        with Target(state) as target:
            target.remember()
            try:
                usual = attaching.visit(target).seconds
                for _ in range(share):
                    row.tries += 1
                    kill(target, moment, moments, usual)
                    remains(target, row, settled)
                check_after(target, row)
            except DeadError as error:
                row.note("deaths", f"in `{state}`: {error}")
    return row


def kill(target: Target, moment: str, moments: random.Random, usual: float) -> None:
    """One command, from its start to its end by SIGKILL."""
    # Another number is another module, which nobody has compiled yet.
    fresh = f" begin {{ @n = sum({moments.randrange(1 << 40)}); }}" if moment == "compiling" else ""
    with attaching.started(target, attaching.PROBE + fresh) as command:
        assert command.stdout is not None
        if moment in {"compiling", "entering"}:
            time.sleep(moments.uniform(0, usual))
        elif moment == "borrowing":
            opened(target, usual)
            time.sleep(moments.uniform(0, 0.002))
        else:
            next((line for line in command.stdout if b'"type":"record"' in line), None)
            if moment == "detaching":
                command.send_signal(signal.SIGINT)
            time.sleep(moments.uniform(0, 0.03))
        command.kill()
        command.communicate()


def opened(target: Target, most: float) -> None:
    """Until the command has had the program open its memory file, which it has for some milliseconds."""
    before, until = target.before[1], time.monotonic() + most
    while time.monotonic() < until:
        if any("/memfd:" in link and link not in before for link in target.descriptors()):
            break


def remains(target: Target, row: Row, settled: float) -> None:
    took, amiss = target.settle(settled)
    if amiss:
        row.note("wrong", f"in `{target.state}`: {amiss}")
        target.accept()
    else:
        row.ok += 1
        row.times.append(took * 1e3)


def check_after(target: Target, row: Row) -> None:
    """It can be observed as ever, and all its results were right."""
    amiss = [*attaching.visit(target).amiss, target.settle(SETTLED_SECONDS_MAX)[1]]
    if any(amiss):
        row.note("wrong", f"in `{target.state}`, attached afterwards: {'; '.join(filter(None, amiss))}")
    check_end(target, row)


# --- tables


def heading(name: str, *spreads: str) -> None:
    columns = "".join(f"{spread + ' p50/p95/max':>32}" for spread in spreads)
    print(f"{name:10} {'version':8}{'tries':>6}{'ok':>6}{'deaths':>8}{'wrong':>7}{'hangs':>7}{columns}")


def counts(row: Row) -> str:
    return f"{row.name:10} {VERSION:8}{row.tries:6}{row.ok:6}{row.deaths:8}{row.wrong:7}{row.hangs:7}"


def spread(values: list[float]) -> str:
    if not values:
        return f"{'-':>32}"
    ordered = sorted(values)
    late = ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
    return f"{f'{middle(values):.1f} / {late:.1f} / {ordered[-1]:.1f}':>32}"


def middle(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def told(row: Row) -> bool:
    print("".join(f"  {one}\n" for one in row.said), end="", file=sys.stderr, flush=True)
    return row.is_fine


if __name__ == "__main__":
    sys.exit(main())
