"""How many records a second reach a file: probed calls in one process or several, the `waspect` binary in another.

In: the installed package. Out: one line for each form of output, or `--json`. Never here: a record that is neither
delivered nor counted as dropped; then there is no figure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import once

# The program is its own clock: what is drained after its end counts, the time for it does not. Its processes say each
# how often they called, and the first how long it took.
PROGRAM = """
import os, sys, time
def f(a, b):
    return a
for i in range(int(sys.argv[2]) - 1):
    if os.fork() == 0:
        break
calls, began = 0, time.monotonic()
while time.monotonic() - began < float(sys.argv[1]):
    for i in range(1000):
        f(i, "hello world!")
    calls += 1000
os.write(1, f"{calls} {time.monotonic() - began}\\n".encode())
"""
PROBE = """(module
  (import "probe1.get" "arg0" (func $a (result i64)))
  (import "probe1.get" "arg1" (func $b (result i64)))
  (import "probe1.field" "a" (func $field_a (param i64)))
  (import "probe1.field" "b" (func $field_b (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func (export "fn:__main__.f:entry")
    (call $field_a (call $a)) (call $field_b (call $b)) (drop (call $emit))))"""


def drain(seconds: float, form: str, processes: int, ring: str) -> dict[str, float]:
    """One run: calls, records delivered and dropped, and delivered per second of the program."""
    with tempfile.TemporaryDirectory(prefix="waspect-bench-") as folder:
        probe, lines = Path(folder, "probe.wat"), Path(folder, "out.jsonl")
        probe.write_text(PROBE)
        script = Path(folder, "program.py")
        script.write_text(PROGRAM)
        # Every output is told everything; where another is measured, the count comes with it.
        other = [] if form == "jsonl" else ["-o", f"{form}:{folder}/out"]
        outputs = ["-o", f"jsonl:{lines}", *other]
        command = [once.find_compiler(), "run", "-p", str(probe), *outputs, "--python", sys.executable]
        command += ["--events", str(1 << 40), "--budget", "share=100%", "--ring", ring]
        command += ["--", str(script), str(seconds), str(processes)]
        done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
        said = [line.split() for line in done.stdout.splitlines()]
        took = max(float(seconds) for _, seconds in said)
        return _figures(lines, sum(int(calls) for calls, _ in said), took)


def _figures(lines: Path, calls: int, took: float) -> dict[str, float]:
    delivered, summary = 0, {}
    with lines.open() as file:
        for line in file:
            if line.startswith('{"type":"record"'):
                delivered += 1
            elif line.startswith('{"type":"summary"'):
                summary = json.loads(line)
    dropped = sum(summary["drops"].values())
    if delivered + dropped != calls:
        raise SystemExit(f"{calls} calls, but {delivered} records and {summary}")
    return {"calls": calls, "delivered": delivered, "dropped": dropped, "per_second": delivered / took}


def main() -> None:
    """A line for each form, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="how long the program calls the probed function")
    parser.add_argument("--processes", type=int, default=1, help="how many processes do")
    parser.add_argument("--ring", default="8M", help="room for records in each")
    parser.add_argument("--forms", default="jsonl", help="outputs, with commas: the others are measured beside jsonl")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with once.own_cache():
        forms = asked.forms.split(",")
        found = {form: drain(asked.seconds, form, asked.processes, asked.ring) for form in forms}
    if asked.json:
        print(json.dumps(found["jsonl"] if forms == ["jsonl"] else found))
        return
    for form, of in found.items():
        name = "JSON lines" if form == "jsonl" else f"JSON lines and {form}"
        delivered = f"{of['delivered'] / of['calls']:.0%} of {of['calls']:,} calls"
        print(f"records to {name}  {of['per_second']:>10,.0f} /s, {delivered}; ≥ 300 000 /s")


if __name__ == "__main__":
    main()
