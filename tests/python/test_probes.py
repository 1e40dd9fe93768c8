"""The ready-made probes, built and run as their READMEs say: on httpbin behind waitress, and aimed at other code.

In: the binary that this environment's wheel installed, cargo, the wasm target, `probes/`. Out: nothing. Never: an
address off this machine, a time that is compared. What a probe wrote is held against `expected.jsonl` beside it; with
`WASPECT_EXPECT=write` that file is written anew, and the test fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from running import BINARY

ROOT = Path(__file__).resolve().parents[2]
PROBES = ROOT / "probes"
NAMES = ["slow_calls", "exceptions", "calls", "call_counts"]
WASM_BYTES_MAX = 4096
# Of fields: what differs from run to run, or from one version of a framework to the next.
VOLATILE = ["duration_ns"]
SLEEPS = "httpbin.core.delay_response"

# One worker, and one request after the other: records come in one order.
SERVED = """
import http.client, threading, time
from httpbin import app
from waitress.server import create_server
server = create_server(app, host="127.0.0.1", port=0, threads=1)
threading.Thread(target=server.run, daemon=True).start()
client = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=60)
for path, status in [
    ("/delay/0.01", 200), ("/get?shape=round", 200), ("/bytes/8?seed=none", 500),
    ("/bytes/9?seed=none", 500), ("/status/418", 418), ("/base64/d2FzcGVjdA==", 200),
]:
    client.request("GET", path, headers={"Host": "httpbin.test", "User-Agent": "tests"})
    answer = client.getresponse()
    answer.read()
    assert answer.status == status, (path, answer.status)
"""

SHOP = """
import threading

class Cart:
    def add(self, item, /, *more, price=1, **options):
        if price < 0:
            raise ValueError("price below zero")
        return price

    def missing(self):
        return {}[7]

def through(price):
    return Cart().add("book", price=price)

def tried(function, *args):
    try:
        function(*args)
    except Exception:
        pass

def main():
    cart = Cart()
    cart.add("pen", 2, 3, price=5, colour="red")
    tried(through, -1)
    tried(through, -2)
    tried(cart.missing)
    worker = threading.Thread(target=cart.add, args=("cup",), name="packer")
    worker.start()
    worker.join()

main()
"""


@pytest.fixture(scope="session")
def modules(tmp_path_factory) -> dict[str, Path]:
    """Every probe, built as a user does it."""
    folder = tmp_path_factory.mktemp("modules")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CARGO_", "RUSTFLAGS"))}
    env |= {"CARGO_TARGET_DIR": str(ROOT / "target" / "probes"), "CARGO_HOME": str(folder / "cargo-home")}
    for name in NAMES:
        command = [BINARY, "build", str(PROBES / name), "-o", str(folder / f"{name}.wasm")]
        done = subprocess.run(command, env=env, check=False, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    return {name: folder / f"{name}.wasm" for name in NAMES}


def run(module: Path, script: str, folder: Path, *at: str) -> list[dict]:
    """A program under a probe; its lines, none of which tells of a loss."""
    program, out = folder / "program.py", folder / "out.jsonl"
    program.write_text(script)
    aimed = [part for each in at for part in ("--at", each)]
    command = [BINARY, "run", "--budget", "share=100%", "-p", str(module), *aimed, "-o", f"jsonl:{out}"]
    command += ["--python", sys.executable, str(program)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [s for s in lines if s["type"] == "summary" and (s["faults"] or s["drops"])] == []
    return lines


def steady(lines: list[dict]) -> list[dict]:
    """Records in order and then numbers by key, as they are in every run."""
    calls: dict[int, int] = {}
    records = [record(line, calls) for line in lines if line["type"] == "record"]
    # A busy machine can make any call slow; this one sleeps.
    records = [r for r in records if r["probe"] != "slow" or not r["fn"].startswith("httpbin.") or r["fn"] == SLEEPS]
    numbers = [
        {"name": line["name"], "key": line["key"], "value": counted(line["value"])}
        for line in lines
        if line["type"] == "aggregation"
    ]
    return records + sorted(numbers, key=json.dumps)


def record(line: dict, calls: dict[int, int]) -> dict:
    fields = {name: plain(value) for name, value in line["fields"].items() if name not in VOLATILE}
    if "call" in fields:
        fields["call"] = calls.setdefault(fields["call"], len(calls) + 1)
    return {key: line[key] for key in ("probe", "fn", "point", "thread")} | {"fields": fields}


def plain(value):
    """Objects by their type, and of a stack the frames of the application."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$type" in value:
        return {"$type": value["$type"]}
    if "$stack" in value:
        return {"$stack": [frame for frame in value["$stack"] if frame.startswith("httpbin.")]}
    return {key: plain(item) for key, item in value.items()}


def counted(value):
    return {"count": value["count"]} if isinstance(value, dict) else value


@pytest.mark.parametrize("name", NAMES)
def test_on_httpbin_it_writes_what_is_expected(name, modules, tmp_path):
    lines = run(modules[name], SERVED, tmp_path)
    found = steady(lines)
    path = PROBES / name / "expected.jsonl"
    if os.environ.get("WASPECT_EXPECT") == "write":
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in found))
        pytest.fail(f"{path} is written, and nothing was compared")
    assert found == [json.loads(line) for line in path.read_text().splitlines()]
    slow = [line for line in lines if line["type"] == "record" and line["probe"] == "slow"]
    assert all(line["fields"]["duration_ns"] >= 5_000_000 for line in slow)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small(name, modules):
    assert 0 < modules[name].stat().st_size < WASM_BYTES_MAX


def test_slow_calls_aimed_elsewhere_with_another_threshold(modules, tmp_path):
    at = [
        "fn:httpbin.core.*:exit#latency=fn:__main__.**:exit#latency",
        "fn:httpbin.core.*:exit?min=5ms#slow=fn:__main__.Cart.*:exit?min=1ns#slow",
    ]
    found = steady(run(modules["slow_calls"], SHOP, tmp_path, *at))
    counts = {line["key"][0]: line["value"]["count"] for line in found if "key" in line}
    assert counts["__main__.Cart.add"] == 4
    assert counts["__main__.through"] == 2
    given = [line["fields"]["args"]["$tuple"][1:] for line in found if "fields" in line]
    assert given == [["pen", 2, 3], ["book"], ["book"], [], ["cup"]]


def test_exceptions_aimed_elsewhere(modules, tmp_path):
    found = steady(run(modules["exceptions"], SHOP, tmp_path, "fn:httpbin.**:raise#raised=fn:__main__.**:raise#raised"))
    counts = {tuple(line["key"]): line["value"] for line in found if "key" in line}
    assert counts == {
        ("__main__.Cart.add", "ValueError"): 2,
        ("__main__.through", "ValueError"): 2,
        ("__main__.Cart.missing", "KeyError"): 1,
    }
    records = [(line["fn"], line["fields"]["message"]) for line in found if "fields" in line]
    assert records == [
        ("__main__.Cart.add", "price below zero"),
        ("__main__.through", "price below zero"),
        ("__main__.Cart.missing", {"$error": "ABSENT"}),
    ]


def test_calls_aimed_elsewhere(modules, tmp_path):
    points = [("entry", "start"), ("return", "end"), ("raise", "error")]
    at = [f"fn:httpbin.core.*:{p}#{tag}=fn:__main__.Cart.add:{p}#{tag}" for p, tag in points]
    found = steady(run(modules["calls"], SHOP, tmp_path, *at))
    cart = {"$type": "__main__.Cart"}
    told = [(line["probe"], line["thread"], line["fields"]) for line in found]
    error = {"exception": "ValueError", "message": "price below zero"}
    book = {"args": {"$tuple": [cart, "book"]}, "kwargs": {}}
    pen = {"args": {"$tuple": [cart, "pen", 2, 3]}, "kwargs": {"colour": "red"}}
    assert told == [
        ("start", "MainThread", {"call": 1, **pen}),
        ("end", "MainThread", {"call": 1, "returned": 5}),
        ("start", "MainThread", {"call": 2, **book}),
        ("error", "MainThread", {"call": 2, **error}),
        ("start", "MainThread", {"call": 3, **book}),
        ("error", "MainThread", {"call": 3, **error}),
        ("start", "packer", {"call": 4, "args": {"$tuple": [cart, "cup"]}, "kwargs": {}}),
        ("end", "packer", {"call": 4, "returned": 1}),
    ]


def test_call_counts_aimed_elsewhere(modules, tmp_path):
    at = [f"fn:httpbin.core.*:{p}=fn:__main__.**:{p}" for p in ("entry#calls", "raise#raises")]
    found = steady(run(modules["call_counts"], SHOP, tmp_path, *at))
    counts = {(line["name"], line["key"][0]): line["value"] for line in found}
    assert counts[("calls", "__main__.Cart.add")] == 4
    assert counts[("raises", "__main__.Cart.add")] == 2
    assert counts[("calls", "__main__.tried")] == 3
    assert ("raises", "__main__.tried") not in counts
