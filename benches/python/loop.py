"""Calls one probed function for some seconds, so that a profiler sees where a firing's time goes.

In: the name of a probe of `subjects`. Out: load for `perf record -e cpu-clock`. Never here: a measurement. An agent
that was not stripped has symbols (docs/PERFORMANCE.md has the command).
"""

from __future__ import annotations

import argparse
import time

import meter
import once
import overhead
import subjects


def main() -> None:
    """Until the time is up; what was recorded is thrown away on the way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("probe", choices=sorted(subjects.PROBES))
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    module = subjects.module()
    with once.own_cache():
        session = overhead._raised(once.compiled(once.find_compiler(), subjects.PROBES[asked.probe]))
    variant = meter.Variant(asked.probe, getattr(module, asked.probe), session._native.poll)
    end = time.monotonic() + asked.seconds
    while time.monotonic() < end:
        variant.run_block()


if __name__ == "__main__":
    main()
