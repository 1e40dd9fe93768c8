"""How many records a second reach a file of JSON lines: probed calls in one process, the `waspect` binary in another.

In: the installed package, and the agent with doors, which alone takes its rates from the environment. Out: one line, or
`--json`. Never here: a record that is neither delivered nor counted as dropped; then there is no figure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import once

DOORS = Path(once.doors.__file__).parent
# The program is its own clock: what is drained after its end counts, the time for it does not.
PROGRAM = """
import sys, time
def f(a, b):
    return a
calls, began = 0, time.monotonic()
while time.monotonic() - began < float(sys.argv[1]):
    for i in range(1000):
        f(i, "hello world!")
    calls += 1000
print(calls, time.monotonic() - began)
"""
PROBE = """(module
  (import "probe1.get" "arg0" (func $a (result i64)))
  (import "probe1.get" "arg1" (func $b (result i64)))
  (import "probe1.field" "a" (func $field_a (param i64)))
  (import "probe1.field" "b" (func $field_b (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func (export "fn:__main__.f:entry")
    (call $field_a (call $a)) (call $field_b (call $b)) (drop (call $emit))))"""


def drain(seconds: float) -> dict[str, float]:
    """One run: calls, records delivered and dropped, and delivered per second of the program."""
    with tempfile.TemporaryDirectory(prefix="waspect-bench-") as folder:
        probe, lines = Path(folder, "probe.wat"), Path(folder, "out.jsonl")
        probe.write_text(PROBE)
        script = Path(folder, "program.py")
        script.write_text(PROGRAM)
        command = [once.find_compiler(), "run", "-p", str(probe), "-o", f"jsonl:{lines}", "--python", sys.executable]
        environment = {**os.environ, "WASPECT_AGENT_DIR": str(DOORS), "WASPECT_DOORS_EVENTS_PER_SECOND": str(1 << 40)}
        command += ["--", str(script), str(seconds)]
        done = subprocess.run(command, env=environment, check=True, text=True, stdout=subprocess.PIPE)
        calls, took = done.stdout.split()
        return _figures(lines, int(calls), float(took))


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
    """One line, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="how long the program calls the probed function")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with once.own_cache():
        found = drain(asked.seconds)
    if asked.json:
        print(json.dumps(found))
        return
    share = found["delivered"] / found["calls"]
    delivered = f"{share:.0%} of {found['calls']:,} calls"
    print(f"records to JSON lines  {found['per_second']:>10,.0f} /s, {delivered}; ≥ 300 000 /s")


if __name__ == "__main__":
    main()
