"""CPython's own regression tests as the judge: each module plain, then with every function instrumented, compared.

In: this interpreter's `test` package, the installed package, the agent with doors. Out: a line for each module and
mode, every test that ends otherwise than without instrumentation, every call that vanished; exit 0 if all of them are
accepted, 1 if not, 2 if the suite could not run. Never here: a test that is left out because it fails; what is accepted
is named in `cpython_accepted.txt`, with its reason.

A difference is run again, both ways, before it counts: CPython's tests have some of chance in them. `--revert RULE`
takes one rule of rewriting back, `--prove` each in turn: then the suite must find something.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import signal
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import debug_python
import suites
from cpython_modules import MODULES, PROOFS, TEN

HERE = Path(__file__).resolve().parent
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
SECONDS_MAX = 900
TRIES = 2

MODES = ("library", "tests")
# Where a rule changes nothing that could be noticed, and why.
WITHOUT_EFFECT = {
    ("3.11", "generator"): "3.11 closes a generator without looking at its blocks",
    ("3.11", "clip"): "3.11 looks for no handler when a tracer raises at a return",
    ("3.12", "generator"): "3.12.1 closes a generator without looking at its blocks",
}


@dataclass
class Verdict:
    """What came of one module in one mode."""

    module: str
    mode: str
    tests: int = 0
    functions: int = 0
    calls: int = 0
    differences: dict[str, str] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def is_fine(self) -> bool:
        return not self.differences


def main() -> int:
    suites.hear_interrupts()
    chosen = arguments()
    modules = chosen.module or (TEN if chosen.ten else MODULES)
    try:
        if chosen.debug and not has_debug_build():
            return 2
        if chosen.prove:
            return prove()
        jobs = [(module, mode) for module in modules for mode in chosen.mode or MODES]
        verdicts = judged(jobs, chosen)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    if chosen.json:
        print(suites.as_json(verdicts))
    return closing(verdicts, chosen.json)


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], epilog=f"Modules by default: {' '.join(MODULES)}"
    )
    options.add_argument("module", nargs="*", help="test modules, `test_generators`")
    options.add_argument("--ten", action="store_true", help="the ten quick ones")
    options.add_argument("--mode", action="append", choices=MODES, help="what is instrumented (default: each in turn)")
    options.add_argument("--revert", default="none", choices=["none", *PROOFS], help="take one rule of rewriting back")
    options.add_argument(
        "--prove", action="store_true", help="take back each rule in turn; fails if that is not noticed"
    )
    options.add_argument("--debug", action="store_true", help="run them by a debug build of this CPython")
    options.add_argument("--jobs", type=int, default=os.cpu_count(), help="modules at a time (default %(default)s)")
    options.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return options.parse_args()


def has_debug_build() -> bool:
    """Sets the interpreter; where there is none, says why."""
    found = debug_python.find(VERSION)
    if found:
        BY["interpreter"] = found
    else:
        print(debug_python.why_not(VERSION), file=sys.stderr)
    return bool(found)


def judged(jobs: list[tuple[str, str]], chosen: argparse.Namespace) -> list[Verdict]:
    """Every module in every mode, some at a time, told as they end."""
    known = suites.accepted("cpython_accepted.txt", VERSION)
    verdicts = []
    for verdict in suites.at_once(lambda job: judge(*job, chosen.revert, known), jobs, chosen.jobs):
        verdicts.append(verdict)
        print(line(verdict), file=sys.stderr, flush=True)
    return verdicts


def judge(module: str, mode: str, rule: str, known: dict[str, str]) -> Verdict:
    """A difference must come again, and both ways, to count; what is accepted does not."""
    verdict = compared(module, mode, rule, known)
    for _ in range(TRIES - 1):
        if verdict.is_fine or rule != "none":
            return verdict
        plain.cache_clear()
        again = compared(module, mode, rule, known)
        again.differences = {name: how for name, how in again.differences.items() if name in verdict.differences}
        verdict = again
    return verdict


def compared(module: str, mode: str, rule: str, known: dict[str, str]) -> Verdict:
    verdict = Verdict(module, mode)
    by_itself, probed = plain(module), child(module, mode, rule)
    if by_itself.get("absent"):
        verdict.skipped = by_itself["absent"]
        return verdict
    if by_itself.get("ended") is None:
        # Nothing was judged, and that is not agreement.
        verdict.differences["the plain run"] = by_itself["died"]
        return verdict
    verdict.tests = len(by_itself["ended"])
    found = dict(differing(by_itself["ended"], probed))
    if probed.get("probed"):
        of = probed["probed"]
        verdict.functions, verdict.calls = of["functions"], of["entries"]
        found |= {f"vanished {name}": f"{n} calls ended without their exit" for name, n in of["vanished"].items()}
        found |= {
            f"unbalanced {name}": "entries are not returns, raises, abandoned and live" for name in of["unbalanced"]
        }
        found |= {f"fault {name}": str(faults) for name, faults in of["faults"].items()}
    for name, how in found.items():
        reason = known.get(f"{module} {name}") or known.get(f"* {name}")
        if reason:
            verdict.accepted.append(name)
        else:
            verdict.differences[name] = how
    return verdict


@functools.cache
def plain(module: str) -> dict[str, Any]:
    """Both modes are held against one run; two at a time may make it twice."""
    return child(module, "plain", "none")


def differing(by_itself: dict[str, str], probed: dict[str, Any]) -> list[tuple[str, str]]:
    """Tests that passed without instrumentation, or were skipped, and end otherwise with it."""
    if probed.get("ended") is None:
        return [("the whole module", probed["died"])]
    ended = probed["ended"]
    fine = {"passed", "skipped"}
    return [
        (name, ended.get(name, "did not run"))
        for name, how in by_itself.items()
        if how in fine and ended.get(name) != how
    ]


# Who runs the tests.
BY = {"interpreter": sys.executable}


def child(module: str, mode: str, rule: str) -> dict[str, Any]:
    """What the module's process tells; `died` where it told nothing."""
    with tempfile.TemporaryDirectory(prefix="waspect-suite-") as folder:
        out = Path(folder) / "told.json"
        command = [
            BY["interpreter"],
            str(HERE.parents[1] / "tests" / "python" / "cpython_child.py"),
            module,
            mode,
            str(out),
            "--revert",
            rule,
        ]
        environment = os.environ | {"TMPDIR": folder, "PYTHONHASHSEED": "0"}
        if BY["interpreter"] != sys.executable:
            # It has no environment of its own; the agent of the release build loads into it as it is.
            environment["PYTHONPATH"] = sysconfig.get_path("purelib")
        status, said = suites.run(command, seconds=SECONDS_MAX, cwd=folder, env=environment)
        if out.exists():
            told: dict[str, Any] = json.loads(out.read_text())
            return told
        if f"No module named 'test.{module}'" in said:
            return {"absent": f"CPython {VERSION} has no {module}"}
        return {"died": f"status {status}: {said}"}


def line(verdict: Verdict) -> str:
    where = f"{VERSION} {verdict.module:<24} {verdict.mode:<8}"
    if verdict.skipped:
        return f"{where} skipped: {verdict.skipped}"
    counts = f"{verdict.tests:6} tests {verdict.functions:6} functions {verdict.calls:10} calls"
    rows = [f"{where} {counts}  {len(verdict.differences)} differ, {len(verdict.accepted)} accepted"]
    rows += [f"    {name}: {' '.join(how.split())[-300:]}" for name, how in list(verdict.differences.items())[:20]]
    return "\n".join(rows)


def closing(verdicts: list[Verdict], is_quiet: bool) -> int:
    ran = [v for v in verdicts if not v.skipped]
    differ = sum(len(v.differences) for v in ran)
    tests, calls = sum(v.tests for v in ran), sum(v.calls for v in ran)
    functions = sum(v.functions for v in ran)
    agreed = {name for v in ran for name in v.accepted}
    stream = sys.stderr if is_quiet else sys.stdout
    which = VERSION if BY["interpreter"] == sys.executable else f"{VERSION} with assertions"
    print(
        f"CPython {which}: {len(ran)} runs, {tests} tests, {functions} functions instrumented, {calls} calls: "
        f"{differ} differ, {len(agreed)} accepted",
        file=stream,
    )
    return 1 if differ else 0 if ran else 2


def prove() -> int:
    """With each rule taken back the suite must find a difference, or a call that vanished."""
    unseen, known = [], suites.accepted("cpython_accepted.txt", VERSION)
    for rule, modules in PROOFS.items():
        if why := WITHOUT_EFFECT.get((VERSION, rule)):
            print(f"CPython {VERSION}: without the rule `{rule}`: not to be noticed: {why}", flush=True)
            continue
        found = [v for module in modules for mode in MODES if not (v := compared(module, mode, rule, known)).is_fine]
        if found:
            shown = next(iter(found[0].differences.items()))
            how = f"noticed in {found[0].module}, {found[0].mode}: {shown[0]}: {' '.join(shown[1].split())[:120]}"
        else:
            how = "NOT noticed"
            unseen.append(rule)
        print(f"CPython {VERSION}: without the rule `{rule}`: {how}", flush=True)
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
