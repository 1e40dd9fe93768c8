"""Counts the machine instructions of one call with a probe on it, part by part; other load does not change them.

In: Linux on x86-64, where a process may step through its child; `nm` and `addr2line`; the agent with doors, with
symbols where its parts shall have names (docs/PERFORMANCE.md has the command). Out: a table for each probe. Never here:
a time; what waits or is mispredicted counts as one instruction.

The child is warm before it is stepped through. Stepping takes so long that the clock looks at the system's own each
time it is read, which it does every 10 ms otherwise: what that takes is left out.
"""

from __future__ import annotations

import argparse
import bisect
import ctypes
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import meter
import once
import overhead
import subjects

# As many as there are firings between two that are timed, so that one is.
CALLS = 127
WARM_CALLS = 5_000
PROBES = ("untouched", "noop", "empty", "predicate", "latency", "capture_int", "capture_str")
LEAST = 0.5
LINE_BYTES = 64
TRACEME, PEEKUSER, SINGLESTEP = 0, 3, 9
RIP = 16 * 8
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.restype = ctypes.c_long
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


@dataclass
class Mapped:
    """A file in the child's memory."""

    start: int
    end: int
    base: int
    file: str


def inside(probe: str, folder: Path) -> None:
    """The child: prepares, warms up, asks to be stepped through, and calls."""
    module = subjects.module()
    if probe in subjects.PROBES:
        session = overhead._raised((folder / "probe.cwasm").read_bytes())
    function = subjects.with_hook() if probe == "noop" else getattr(module, probe)
    loop = meter.Variant(probe, function).loop
    # `with waspect.request()` stands around nothing here: a program without requests is the commonest.
    for _ in range(WARM_CALLS // CALLS):
        loop(function, CALLS, *meter.ARGUMENTS)
    if probe in subjects.PROBES:
        session._native.poll()
    LIBC.ptrace(TRACEME, 0, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
    loop(function, CALLS, *meter.ARGUMENTS)
    os._exit(0)


def stepped(probe: str, folder: Path) -> tuple[Counter[int], list[Mapped]]:
    """How often each address was executed between the child's stop and its end, and what lies there."""
    child = subprocess.Popen([sys.executable, __file__, "--inside", probe, str(folder)])
    pid = child.pid
    _, status = os.waitpid(pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        raise SystemExit(f"`{probe}`: the child ended before it could be stepped through")
    maps = _maps(pid)
    seen: Counter[int] = Counter()
    ptrace, waitpid = LIBC.ptrace, os.waitpid
    while os.WIFSTOPPED(status):
        ptrace(SINGLESTEP, pid, None, None)
        _, status = waitpid(pid, 0)
        seen[ptrace(PEEKUSER, pid, RIP, None) & (1 << 64) - 1] += 1
    child.returncode = os.waitstatus_to_exitcode(status)
    return seen, maps


def _maps(pid: int) -> list[Mapped]:
    bases: dict[str, int] = {}
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, *_, file = line.split(maxsplit=5) if len(line.split()) > 5 else [*line.split(), ""]
        start, end = (int(part, 16) for part in span.split("-"))
        base = bases.setdefault(file, start) if file.startswith("/") else start
        if "x" in rights:
            found.append(Mapped(start, end, base, file))
    return found


def named(seen: Counter[int], maps: list[Mapped], by_part: bool) -> Counter[str]:
    """Instructions by function, or by the part of ours that was inlined there."""
    by_file: dict[str, dict[int, int]] = {}
    found: Counter[str] = Counter()
    for address, count in seen.items():
        place = next((each for each in maps if each.start <= address < each.end), None)
        if place and place.file.startswith("/") and "memfd" not in place.file and "deleted" not in place.file:
            by_file.setdefault(place.file, {})[address - place.base] = count
        else:
            found[place.file if place and place.file.startswith("[") else "the guest's machine code"] += count
    for file, counts in by_file.items():
        names = _lines(file, list(counts)) if by_part and "_core" in file else _symbols(file, list(counts))
        for name, count in zip(names, counts.values(), strict=True):
            found[name] += count
    return found


def _symbols(file: str, addresses: list[int]) -> list[str]:
    """The function around each address; where there are no symbols, the file."""
    listed = []
    for dynamic in ([], ["-D"]):
        text = subprocess.run(
            ["nm", "-C", "--defined-only", *dynamic, file],
            stdout=subprocess.PIPE,
            text=True,
            stderr=subprocess.DEVNULL,
            check=False,
        ).stdout
        listed += [line.split(maxsplit=2) for line in text.splitlines() if line.split(maxsplit=2)[1] in "tTwWi"]
    table = sorted((int(start, 16), _short(name)) for start, _, name in listed)
    starts = [start for start, _ in table]
    nowhere = f"in {Path(file).name}"

    def name(address: int) -> str:
        at = bisect.bisect_right(starts, address) - 1
        return table[at][1] if at >= 0 else nowhere

    return [name(address) for address in addresses]


def _lines(file: str, addresses: list[int]) -> list[str]:
    """The innermost function at each address, inlined ones too, with its file."""
    text = subprocess.run(
        ["addr2line", "-i", "-f", "-C", "-a", "-e", file],
        input="\n".join(map(hex, addresses)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    blocks = re.split(r"^0x[0-9a-f]+\n", text, flags=re.MULTILINE)[1:]
    return [_innermost(block.splitlines()) for block in blocks]


def _innermost(lines: list[str]) -> str:
    """Of what was inlined, the innermost that is not the language's own library."""
    pairs = list(zip(lines[::2], lines[1::2], strict=False))
    for function, place in pairs:
        if "/library/" not in place and "??" not in place:
            path = re.sub(r".*/(wasmtime[\w-]*?)-[\d.]+/", r"\1/", place.partition(" ")[0])
            return f"{re.sub(r'.*/src/', 'src/', path) if 'wasmtime' not in path else path}".rpartition(":")[0] + (
                f"  {_short(function)}"
            )
    return _short(pairs[0][0]) if pairs else "?"


def _short(name: str) -> str:
    """Without hash, paths and type arguments."""
    name = re.sub(r"(::h[0-9a-f]{16}|\.llvm\.\d+|\.constprop\.\d+|\.isra\.\d+|@.*)$", "", name)
    while "<" in name and (shorter := re.sub(r"(::)?<[^<>]*>", "", name)) != name:
        name = shorter
    return "::".join(name.split("::")[-2:]).strip() or name


# What `Clock::set_anchor` and all below it are called.
ANCHOR = ("[vdso]", "clock::both", "clock::nanos", "clock_gettime", "Clock::set_anchor", "__udivti3")


def counted(probe: str, by_part: bool) -> tuple[dict[str, float], int]:
    """Instructions of one call, most first; and in how many cache lines those are that every call executes."""
    with tempfile.TemporaryDirectory(prefix="waspect-bench-") as folder:
        if probe in subjects.PROBES:
            once.artifact_file(once.find_compiler(), Path(folder, "probe.wat"), subjects.PROBES[probe])
        seen, maps = stepped(probe, Path(folder))
    found = {name: count / CALLS for name, count in named(seen, maps, by_part).most_common() if name not in ANCHOR}
    return found, len({address // LINE_BYTES for address, count in seen.items() if count >= CALLS})


def main() -> None:
    """A table for each probe."""
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], Path(sys.argv[3]))
        return
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("probes", nargs="*", default=PROBES, help=f"of {', '.join(PROBES)}")
    options.add_argument("--least", type=float, default=LEAST, help="leave out what is less (default %(default)s)")
    options.add_argument("--parts", action="store_true", help="also what was inlined; takes an agent with line tables")
    chosen = options.parse_args()
    with once.own_cache():
        for probe in chosen.probes:
            found, lines = counted(probe, chosen.parts)
            print(f"\n{probe}: {sum(found.values()):.0f} instructions per call, in {lines} cache lines")
            print("\n".join(f"{each:9.1f}  {name}" for name, each in found.items() if each >= chosen.least), flush=True)


if __name__ == "__main__":
    main()
