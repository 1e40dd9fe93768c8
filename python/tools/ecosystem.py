"""Well-known packages from PyPI as the judge: their own tests plain, then with every function of theirs under a probe.

In: the sdists that `ecosystem-sources.txt` names, unpacked; an environment with what their tests need. Out: for each
package and mode every test that ends otherwise than without probes, calls that do not balance, and how many of its
functions are instrumented; exit 0 if all is equal or accepted and the share of functions is reached, 1 if not. Never
here: a test that is left out because it fails; what is accepted is named in `ecosystem_accepted.txt`, with its reason.

The probes get in as a user's do, by `waspect run`, before the package is imported. Mode `count` counts at entry and
exit, mode `capture` records arguments, locals and results. A difference is run again, both ways, before it counts; a
test whose plain runs differ from each other is named, and proves nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import suites
from ecosystem_packages import PACKAGES, Package

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLUGIN = ROOT / "tests" / "python" / "ecosystem"
PLACE = ROOT / ".cache" / "ecosystem"
SOURCES = HERE / "ecosystem-sources.txt"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
SECONDS_MAX = 3600
ATTACHED_MIN = 0.95
# Of a suite, by itself: more says that the environment is wrong, and little is judged.
BAD_MAX = 0.02
MODES = {
    "count": ("{} @calls = count(); {}", "{} @ends[point] = count(); {}"),
    "capture": ("{} capture(args, kwargs); {}", "{} capture(locals, retval, exception, elapsed); {}"),
}
# What a probe may run into and still be right: its bounds.
BOUNDED = {"out_of_fuel", "host_budget", "stack"}
Told = dict[str, Any]


@dataclass
class Functions:
    """A package's functions, as its sources have them, by what became of each."""

    attached: int = 0
    # Instrumented before their module ran, and no function object has them: never made, or dropped since.
    unmade: int = 0
    # The same, and nobody says that they were instrumented.
    absent: list[str] = field(default_factory=list)
    # Live, and not instrumented.
    plain: list[str] = field(default_factory=list)
    # No target means them.
    lambdas: int = 0
    unnamed: int = 0

    @property
    def named(self) -> int:
        return self.attached + self.unmade + len(self.absent) + len(self.plain)

    @property
    def share(self) -> float:
        return (self.attached + self.unmade) / max(self.named, 1)


@dataclass
class Verdict:
    """What came of one package in one mode."""

    package: str
    mode: str
    tests: int = 0
    passed: int = 0
    functions: Functions = field(default_factory=Functions)
    calls: int = 0
    records: int = 0
    processes: int = 0
    # Reached bounds, by kind.
    bounded: dict[str, int] = field(default_factory=dict)
    differences: dict[str, str] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)
    flaky: list[str] = field(default_factory=list)

    @property
    def is_fine(self) -> bool:
        return not self.differences


def main() -> int:
    suites.hear_interrupts()
    chosen = arguments()
    packages = [each for each in PACKAGES if not chosen.only or each.name in chosen.only]
    if chosen.prepare:
        prepare(chosen.prepare)
        return 0
    verdicts = []
    try:
        for of_package in suites.at_once(lambda package: judge(package, chosen), packages, chosen.jobs):
            for verdict in of_package:
                verdicts.append(verdict)
                print(line(verdict), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    if chosen.json:
        print(suites.as_json(verdicts))
    return closing(verdicts, sys.stderr if chosen.json else sys.stdout)


def arguments() -> argparse.Namespace:
    names = [package.name for package in PACKAGES]
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--only", action="append", metavar="PACKAGE", choices=names, help=", ".join(names))
    options.add_argument("--mode", action="append", choices=[*MODES], help="which probes (default: each in turn)")
    options.add_argument("--jobs", type=int, default=os.cpu_count(), help="packages at a time (default %(default)s)")
    options.add_argument("--json", action="store_true", help="one JSON object on stdout")
    options.add_argument("--waspect", default=str(Path(sys.executable).parent / "waspect"), help="the command")
    options.add_argument("--python", default=str(ROOT / ".venv" / f"ecosystem-{VERSION}" / "bin" / "python"))
    options.add_argument("--prepare", metavar="PYTHON", help="fetch and unpack the sources, install them there")
    return options.parse_args()


# --- the sources


def prepare(python: str) -> None:
    """Downloads what is not here, by hash, and installs it as its maintainers would have it: from source."""
    PLACE.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"DISABLE_SQLALCHEMY_CEXT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    # What builds them is in the environment.
    options = ["--quiet", "--no-deps", "--no-build-isolation"]
    pip = [python, "-m", "pip"]
    download = [*pip, "download", *options, "--no-binary", ":all:", "--require-hashes", "-r", str(SOURCES)]
    subprocess.run([*download, "--dest", str(PLACE)], check=True, env=environment)
    for archive in PLACE.glob("*.tar.gz"):
        if not unpacked(archive).exists():
            shutil.unpack_archive(archive, PLACE, filter="data")
    folders = [str(source(package)) for package in PACKAGES]
    subprocess.run([*pip, "install", *options, "--force-reinstall", *folders], check=True, env=environment)


def unpacked(archive: Path) -> Path:
    return archive.with_name(archive.name.removesuffix(".tar.gz"))


def source(package: Package) -> Path:
    """The folder of a package's sdist, of the version that is asked for."""
    if package.folder:
        return package.folder
    rows = SOURCES.read_text().splitlines()
    version = next(row.split()[0].partition("==")[2] for row in rows if row.startswith(f"{package.name}=="))
    return PLACE / f"{package.name.replace('-', '_')}-{version}"


# --- judging


def judge(package: Package, chosen: argparse.Namespace) -> list[Verdict]:
    """A difference must come again, and both ways, to count."""
    by_itself = plain(package, chosen)
    return [judge_mode(package, mode, by_itself, chosen) for mode in chosen.mode or MODES]


def judge_mode(package: Package, mode: str, by_itself: Told, chosen: argparse.Namespace) -> Verdict:
    verdict = compared(package, mode, by_itself, chosen)
    if verdict.is_fine or by_itself["ended"] is None:
        return verdict
    again = plain(package, chosen)
    flaky = {name for name, _ in differing(by_itself, again)} | {name for name, _ in differing(again, by_itself)}
    second = compared(package, mode, again, chosen)
    both = {name: how for name, how in second.differences.items() if name in verdict.differences}
    second.differences = {name: how for name, how in both.items() if name not in flaky}
    second.flaky = sorted(set(verdict.differences) - set(second.differences))
    return second


def compared(package: Package, mode: str, by_itself: Told, chosen: argparse.Namespace) -> Verdict:
    verdict = Verdict(package.name, mode)
    if by_itself["ended"] is None:
        # Nothing was judged, and that is not agreement.
        verdict.differences["the plain run"] = by_itself["died"]
        return verdict
    ends = Counter(by_itself["ended"].values())
    verdict.tests, verdict.passed = ends.total(), ends["passed"]
    if (bad := ends["failed"] + ends["error"]) > BAD_MAX * ends.total():
        verdict.differences["the plain run"] = (
            f"{bad} of {ends.total()} tests fail by themselves: what they need is missing"
        )
    told, reports = probed(package, mode, chosen)
    found = dict(differing(by_itself, told)) | wrong(verdict, reports)
    if told["functions"]:
        verdict.functions = sorted_out(told["functions"], reports.functions)
    known = suites.accepted("ecosystem_accepted.txt", VERSION)
    for name, how in found.items():
        if known.get(f"{package.name} {name}"):
            verdict.accepted.append(name)
        else:
            verdict.differences[name] = how
    return verdict


def differing(by_itself: Told, told: Told) -> list[tuple[str, str]]:
    """Tests that end otherwise, whichever way; and the whole of it, where nothing was told."""
    if told["ended"] is None:
        return [("the whole suite", told["died"])]
    plain_ends, ends = by_itself["ended"], told["ended"]
    names = [name for name in plain_ends | ends if plain_ends.get(name) != ends.get(name)]
    differ = [
        (name, f"{plain_ends.get(name)}, then {ends.get(name)}: {told['why'].get(name, '')[-600:]}") for name in names
    ]
    if by_itself["status"] != told["status"]:
        differ.append(("exit status", f"{by_itself['status']}, then {told['status']}"))
    return differ


def wrong(verdict: Verdict, reports: Reports) -> dict[str, str]:
    """What the probes' own accounts show; the counts go to the verdict."""
    verdict.calls = sum(each["entries"] for each in reports.functions)
    verdict.records, verdict.processes = reports.records, reports.processes
    vanished, unbalanced = suites.balance(reports.functions)
    found = {f"vanished {name}": f"{n} calls ended without their exit" for name, n in vanished.items()}
    found |= {f"unbalanced {name}": "entries are not returns, raises, abandoned and live" for name in unbalanced}
    for summary in reports.summaries:
        for kind, n in [*summary["faults"].items(), *summary["drops"].items()]:
            if kind in summary["drops"] or kind in BOUNDED:
                verdict.bounded[kind] = verdict.bounded.get(kind, 0) + n
            else:
                found[f"fault {summary['probe']}"] = f"{n} {kind}"
    return found


def sorted_out(found: dict[str, Any], reported: list[Told]) -> Functions:
    """What no function object has was instrumented if the agent says so, as of all that it met on the way in."""
    met = {each["fn"] for each in reported}
    unmade = [name for name in found["absent"] if name in met]
    absent = [name for name in found["absent"] if name not in met]
    return Functions(
        found["attached"], len(unmade), absent, found["plain"], lambdas=found["lambdas"], unnamed=found["unnamed"]
    )


# --- runs


@dataclass
class Reports:
    """What `waspect run` told, records only counted."""

    functions: list[Told] = field(default_factory=list)
    summaries: list[Told] = field(default_factory=list)
    records: int = 0
    processes: int = 0

    def read(self, pipe: Path) -> None:
        with pipe.open("rb") as lines:
            for row in lines:
                if row.startswith(b'{"type":"record"'):
                    self.records += 1
                else:
                    self.note(json.loads(row))

    def note(self, report: Told) -> None:
        match report["type"]:
            case "function":
                self.functions.append(report)
            case "summary":
                self.summaries.append(report)
            case "start":
                self.processes += 1


def plain(package: Package, chosen: argparse.Namespace) -> Told:
    return tests(package, [chosen.python], [], Path())


def probed(package: Package, mode: str, chosen: argparse.Namespace) -> tuple[Told, Reports]:
    """The tests by `waspect run`, its output read as it comes: records of a long suite are gigabytes."""
    reports = Reports()
    with tempfile.TemporaryDirectory(prefix="waspect-ecosystem-") as folder:
        pipe = Path(folder) / "told.jsonl"
        os.mkfifo(pipe)
        reader = threading.Thread(target=reports.read, args=(pipe,), daemon=True)
        reader.start()
        command = [chosen.waspect, "run", "--python", chosen.python, "--budget", "share=100%", "-o", f"jsonl:{pipe}"]
        of = [f"--functions-of={module}" for module in package.modules]
        told = tests(package, [*command, "-e", program(package, mode), "--"], of, pipe)
        reader.join()
    return told, reports


def program(package: Package, mode: str) -> str:
    """A clause for every way in and one for every way out of every function of the package."""
    clauses = []
    options = package.captures if mode == "capture" else ""
    for point, body in zip(("entry", "exit"), MODES[mode], strict=True):
        points = ", ".join(f"fn:{module}.**:{point}{options}" for module in package.modules)
        clauses.append(points + " " + body.format("{", "}"))
    return " ".join(clauses)


def tests(package: Package, command: list[str], of: list[str], pipe: Path) -> Told:
    """What the plugin told; `died` where it told nothing."""
    with tempfile.TemporaryDirectory(prefix="waspect-ecosystem-") as folder:
        out = Path(folder) / "told.json"
        pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "waspect_outcomes", f"--told={out}", *of]
        # Each run has folders of its own, so that none is another's past.
        pytest += ["--continue-on-collection-errors", f"--basetemp={folder}/base", *package.arguments]
        changes = {"PYTHONPATH": str(PLUGIN), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": folder}
        environment = os.environ | changes | package.environment
        status, said = suites.run([*command, *pytest], seconds=SECONDS_MAX, cwd=source(package), env=environment)
        if pipe.is_fifo() and not out.exists():
            unblock(pipe)
        if not out.exists():
            return {"ended": None, "died": f"status {status}: {said}", "functions": None}
        return {**json.loads(out.read_text()), "status": status}


def unblock(pipe: Path) -> None:
    """For a reader whose writer may never have come."""
    os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))


# --- telling


def line(verdict: Verdict) -> str:
    of, where = verdict.functions, f"{VERSION} {verdict.package:<14} {verdict.mode:<7}"
    rows = [
        f"{where} {verdict.tests:6} tests, {verdict.passed} passed; {of.share:.1%} of {of.named} functions; "
        f"{verdict.calls} calls, {verdict.records} records in {verdict.processes} processes: "
        f"{len(verdict.differences)} differ, {len(verdict.accepted)} accepted, {len(verdict.flaky)} flaky",
        f"    functions: {of.attached} attached, {of.unmade} instrumented that no function object has, "
        f"{len(of.absent)} unknown, {len(of.plain)} not attached; besides {of.lambdas} lambdas, "
        f"{of.unnamed} comprehensions, no target's",
    ]
    rows += [f"    unknown: {' '.join(of.absent[:8])}"] * bool(of.absent)
    rows += [f"    not attached: {' '.join(of.plain[:20])}"] * bool(of.plain)
    rows += [f"    bounds reached: {verdict.bounded}"] * bool(verdict.bounded)
    rows += [f"    flaky: {' '.join(verdict.flaky[:20])}"] * bool(verdict.flaky)
    rows += [f"    {name}: {' '.join(how.split())[-400:]}" for name, how in list(verdict.differences.items())[:20]]
    return "\n".join(rows)


def closing(verdicts: list[Verdict], stream: TextIO) -> int:
    differ = {(v.package, name) for v in verdicts for name in v.differences}
    agreed = {(v.package, name) for v in verdicts for name in v.accepted}
    short = sorted({v.package for v in verdicts if v.functions.share < ATTACHED_MIN})
    calls, tests = sum(v.calls for v in verdicts), sum(v.tests for v in verdicts)
    print(
        f"CPython {VERSION}: {len({v.package for v in verdicts})} packages, {len(verdicts)} runs, {tests} tests, "
        f"{calls} calls: {len(differ)} differ, {len(agreed)} accepted"
        + (f"; less than {ATTACHED_MIN:.0%} of functions attached: {' '.join(short)}" if short else ""),
        file=stream,
    )
    return 1 if differ or short or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
