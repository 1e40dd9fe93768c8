"""What the same probe costs in the probe language and in Rust, side by side; and what compiling the language costs.

In: the installed package, the agent with doors, cargo with the wasm target. Out: a table against the goals, or
`--json`. Never here: a judgement; a missed goal is shown and the exit status is 0.

HogTrace's figures are what it publishes (3.11, its release build, another machine, the frame's own cost not among
them): they say in which order of size it is, not by how much. `hogtrace.py` times the programs that it is for.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import meter
import once
import overhead
import subjects
from once import doors

import waspect

CLAUSE = "fn:{module}.{name}:{point} {body}\n"
RUST = '#[probe("fn:{module}.{name}_in_rust:{point}")]\nfn {name}() {{ {rust} }}\n'


@dataclass
class Probe:
    """One question, both ways; goal in ns, and what HogTrace publishes."""

    title: str
    point: str
    body: str
    rust: str
    goal: float | None = None
    hogtrace: str = "–"


PROBES = {
    "predicate": Probe(
        "predicate false on an argument", "entry", "/ arg0 > 100 / { capture(x = arg0); }",
        'if get!("arg0").as_int().is_some_and(|n| n > 100) { capture!(x = get!("arg0")); }', 32, "458",
    ),
    "request": Probe(
        "`$req.s = timestamp()`", "entry", "{ $req.s = timestamp(); }",
        'req_set!("s", now_wall() as f64 / 1e9).ok();', 70,
    ),
    "capture": Probe(
        "`capture(x = arg0)`", "entry", "{ capture(x = arg0); }", 'capture!(x = get!("arg0"));', 65, "838",
    ),
    "captures": Probe(
        "capture of five values", "entry", "{ capture(a = arg0, b = arg1, c = arg0, d = arg1, e = 1); }",
        'capture!(a = get!("arg0"), b = get!("arg1"), c = get!("arg0"), d = get!("arg1"), e = 1);', None, "1 591",
    ),
    "latency": Probe(
        "`@lat[fn] = quantize(elapsed)`", "exit", "{ @lat[fn] = quantize(elapsed); }",
        'quantize!("lat", get!("$fn"), elapsed());', 60,
    ),
}  # fmt: skip
CLAUSES = 20


def in_language(name: str, probe: Probe) -> str:
    return CLAUSE.format(module=subjects.MODULE, name=name, point=probe.point, body=probe.body)


def in_rust(compiler: str) -> bytes:
    """All of them as one crate, built as users build theirs."""
    functions = "\n".join(
        RUST.format(module=subjects.MODULE, name=name, point=probe.point, rust=probe.rust)
        for name, probe in PROBES.items()
    )
    with tempfile.TemporaryDirectory(prefix="waspect-bench-") as folder:
        crate = Path(folder) / "compared"
        subprocess.run([compiler, "new", "rust", crate.name], cwd=folder, check=True, capture_output=True)
        (crate / "src" / "lib.rs").write_text(
            f'#![cfg_attr(target_family = "wasm", no_std)]\n#![allow(unused)]\nuse waspect_probe::*;\n{functions}'
        )
        out = Path(folder) / "compared.wasm"
        subprocess.run([compiler, "build", str(crate), "-o", str(out)], check=True, capture_output=True)
        return out.read_bytes()


def calls(compiler: str, repeats: int) -> list[dict[str, object]]:
    """Each on its own function; all timed in turn."""
    names = [name + way for name in PROBES for way in ("", "_in_rust")]
    functions = {name: subjects.alone() for name in ["untouched", *names]}
    module = subjects.module()
    for name, function in functions.items():
        function.__qualname__, function.__module__ = name, subjects.MODULE
        function.__code__ = function.__code__.replace(co_name=name, co_qualname=name)
        setattr(module, name, function)
    text = "".join(in_language(name, probe) for name, probe in PROBES.items())
    sources = [(text.encode(), "language.probe"), (in_rust(compiler), "rust.wasm")]
    sessions = [
        waspect.Session(doors._load_raised(doors.compile(compiler, s, n, []), overhead.RING_BYTES, overhead.PER_SECOND))
        for s, n in sources
    ]
    variants = {name: meter.Variant(name, function) for name, function in functions.items()}
    for variant in variants.values():
        variant.after_block = lambda: [session._native.poll() for session in sessions]
    with doors.Request():
        meter.measure([*variants.values()], repeats)
    for session in sessions:
        lost = [
            s for s in session.stats() if s["type"] == "summary" and (not s["firings"] or any(s["faults"].values()))
        ]
        if lost:
            raise SystemExit(f"did not fire, or not well: {lost}")
        session.detach()
    added = {name: meter.added_ns(variant, variants["untouched"]) for name, variant in variants.items()}
    return [asdict(probe) | {"ns": added[name], "rust_ns": added[f"{name}_in_rust"]} for name, probe in PROBES.items()]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--repeats", type=int, default=15)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    with once.own_cache():
        rows = calls(once.find_compiler(), chosen.repeats)
    if chosen.json:
        print(json.dumps(rows))
        return
    print(
        "| added per call, ns | goal | in the language | in Rust | ratio | HogTrace, as published |\n"
        "|---|---|---|---|---|---|"
    )
    for row in rows:
        goal = f"≤ {row['goal']}" if row["goal"] else ""
        ratio = row["ns"] / row["rust_ns"]
        print(
            f"| {row['title']} | {goal} | {row['ns']:.0f} | {row['rust_ns']:.0f} | {ratio:.2f} × | {row['hogtrace']} |"
        )


if __name__ == "__main__":
    main()
