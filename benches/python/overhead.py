"""What waspect costs in this interpreter: per probed call beside a Python no-op and peers in the same run, and once.

In: the installed package, or a checkout (`PYTHONPATH=python`), agents built under the `agent` profile; for the calls
the agent with doors, which is the same but may raise rates; the peers' environment, if there is one. Out: a table
against the goals, or `--json`, and `--plot`. Never here: a judgement; a missed goal is shown and the exit status is 0.

Time is the processor time of the thread, so that other processes count little; single cells still differ by a few ns
from run to run, and the ratio is what carries over to another machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import meter
import once
import peers
import plot
import subjects
from once import doors

import waspect

RING_BYTES = 1 << 20
PER_SECOND = 1 << 40


@dataclass
class Row:
    """One line of the table."""

    name: str
    value: float | None
    unit: str
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    # Whose: `waspect`, `peer`, or nobody's.
    group: str = ""
    # Why there is no value.
    skipped: str = ""


def per_call(compiler: str, repeats: int, others: peers.Peers) -> list[Row]:
    """Every probe on its own function, all attached at once, all timed in turn, and the peers with them."""
    module = subjects.module()
    sessions = {name: _raised(once.compiled(compiler, wat)) for name, wat in subjects.PROBES.items()}
    _attach_and_detach(compiler, "detached")
    variants = {name: meter.Variant(name, getattr(module, name)) for name in ("untouched", "detached", *sessions)}
    for name, session in sessions.items():
        variants[name].after_block = session._native.poll
    variants["noop"] = meter.Variant("noop", subjects.with_hook())
    # A request around all of it, as around whatever a server runs; of the agent that fires, which has its own.
    with doors.Request():
        meter.measure([*variants.values(), *others.variants.values()], repeats)
    for name, session in sessions.items():
        _check_fired(name, session, repeats + meter.WARM_BLOCKS)
        session.detach()
    return _call_rows(variants) + _peer_rows(others, variants)


def _raised(artifact: bytes) -> waspect.Session:
    """Without limits of rate, and with a ring small enough that its pages are soon warm, as they are in a long run."""
    return waspect.Session(doors._load_raised(artifact, RING_BYTES, PER_SECOND))


def _attach_and_detach(compiler: str, name: str) -> None:
    with _raised(once.compiled(compiler, subjects.empty(f"{subjects.MODULE}.{name}"))):
        getattr(sys.modules[subjects.MODULE], name)(*meter.ARGUMENTS)


def _check_fired(name: str, session: waspect.Session, blocks: int) -> None:
    """A probe that did not fire costs nothing: then there is nothing to show."""
    (summary, *_) = session.stats()
    lost = {why: count for why, count in (summary["drops"] | summary["faults"]).items() if count}
    if summary["firings"] != blocks * meter.BLOCK_CALLS or lost:
        raise SystemExit(f"`{name}`: {summary['firings']} firings, expected {blocks * meter.BLOCK_CALLS}; lost {lost}")


def _call_rows(variants: dict[str, meter.Variant]) -> list[Row]:
    untouched = variants["untouched"]
    noop = meter.added_ns(variants["noop"], untouched)

    def row(key: str, name: str, goal_ns: float = 0) -> Row:
        added = meter.added_ns(variants[key], untouched)
        goal, met = (f"≤ {goal_ns} ns", added <= goal_ns) if goal_ns else ("", None)
        return Row(name, added, "ns", added / noop, goal, met, "peer" if key == "noop" else "waspect")

    empty = row("empty", "empty probe at entry")
    empty.goal, empty.met = "≤ 1.0 × no-op", empty.value <= noop
    total = meter.total_ns(untouched)
    again = meter.total_ns(variants["detached"]) / total
    return [
        Row("untouched function, call and loop", total, "ns"),
        row("noop", "injected Python no-op `hook(a, b)`"),
        empty,
        row("predicate", "predicate false on an argument", 32),
        row("latency", "entry + exit latency histogram", 50),
        row("latency_by_fn", "… by `$fn`", 50),
        row("req_set", "an int kept in the request", 70),
        row("req_get", "… read from it", 70),
        row("capture_int", "capture of an int, emitted", 65),
        row("capture_str", "capture of a 12-byte str, emitted", 65),
        Row("detached again, of untouched", again, "×", None, "1.00 ×", again <= 1.03),
    ]


def _peer_rows(others: peers.Peers, variants: dict[str, meter.Variant]) -> list[Row]:
    """What the others cost, and by name those that are not here."""
    untouched = variants["untouched"]
    noop = meter.added_ns(variants["noop"], untouched)
    added = {name: meter.added_ns(variant, untouched) for name, variant in others.variants.items()}
    there = [Row(name, ns, "ns", ns / noop, group="peer") for name, ns in added.items()]
    return there + [Row(name, None, "", group="peer", skipped=why) for name, why in others.skipped.items()]


def only_once(compiler: str) -> list[Row]:
    """What is paid once: by a process, a probe or a function."""

    def at_most(name: str, value: float, unit: str, most: float | None = None) -> Row:
        return Row(name, value, unit, None, f"≤ {most:g} {unit}", value <= most) if most else Row(name, value, unit)

    compile_ms, again_ms = once.compile_ms(compiler)
    attach_ms, detach_ms = once.attach_ms(compiler)
    return [
        at_most("rewriting one function, median", once.rewrite_us(), "µs", 5),
        at_most("attaching to 1 000 functions", attach_ms, "ms"),
        at_most("detaching from them", detach_ms, "ms"),
        at_most("loading a compiled probe", once.load_ms(compiler), "ms"),
        at_most("compiling a probe, first time", compile_ms, "ms"),
        at_most("compiling it again", again_ms, "ms"),
        at_most("`import waspect`", once.import_ms(), "ms", 5),
        at_most("agent `.so`", Path(waspect._core.__file__).stat().st_size / 1e6, "MB", 2),
        at_most("memory with 10 probes", once.memory_mb(compiler), "MB", 4),
    ]


def table(rows: list[Row]) -> str:
    """The rows under each other, numbers aligned."""
    width = max(len(row.name) for row in rows)
    mark = {None: "", True: "met", False: "missed"}

    def line(row: Row) -> str:
        if row.value is None:
            return f"{row.name:<{width}} skipped: {row.skipped}"
        ratio = f"{row.ratio:6.2f} ×" if row.ratio is not None else " " * 8
        return f"{row.name:<{width}} {row.value:9.2f} {row.unit:<2} {ratio}  {row.goal:<15} {mark[row.met]}".rstrip()

    return "\n".join(line(row) for row in rows)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options.add_argument("--repeats", type=int, default=41, help="turns that the medians are of (default %(default)s)")
    options.add_argument(
        "--compiler", help="the `waspect` binary (default: the one installed or built beside the package)"
    )
    options.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="time other ways in the same run"
    )
    options.add_argument(
        "--peers-env",
        type=Path,
        default=peers.DEFAULT,
        help="the environment with their packages (default: %(default)s)",
    )
    options.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw it, too")
    chosen = options.parse_args()
    compiler = chosen.compiler or once.find_compiler()
    with once.own_cache():
        # Before the peers come: a larger heap takes longer to search for functions.
        paid_once = only_once(compiler)
        others = peers.find(chosen.peers_env) if chosen.peers else peers.Peers()
        rows = per_call(compiler, chosen.repeats, others) + paid_once
    about = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    measured = about | {"rows": [asdict(row) for row in rows]}
    if chosen.plot:
        chosen.plot.write_text(plot.draw([plot.panel(measured)]))
    if chosen.json:
        print(json.dumps(measured, ensure_ascii=False))
    else:
        version = platform.python_version()
        print(f"CPython {version}: added per call, × of the injected Python no-op; then what is paid once")
        print(table(rows))


if __name__ == "__main__":
    main()
