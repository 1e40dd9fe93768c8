"""A probe in Rust as `waspect new` begins it, built, and run in a real program.

In: the binary that this environment's wheel installed, cargo, the wasm target. Out: nothing. Never: a registry; cargo's
home is an empty folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from running import BINARY

pytestmark = pytest.mark.once

CART = """
import time

def add(item, price):
    time.sleep(0.02)
    return price

def total(*prices):
    return sum(prices)
"""

PROGRAM = """
from shop.cart import add, total
total(add("book", 3), 4)
total()
"""


def call(folder: Path, *args: str) -> str:
    """What a command of waspect says on stdout; it must do what it was asked."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CARGO_", "RUSTFLAGS"))}
    env |= {"CARGO_HOME": str(folder / "cargo-home"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [BINARY, *args], cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_probe_as_it_begins_tells_of_a_program(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/cart.py").write_text(CART)
    (tmp_path / "shop/__main__.py").write_text(PROGRAM)
    call(tmp_path, "new", "rust", "slow_calls")
    built = json.loads(call(tmp_path, "build", "slow_calls", "--json", "-o", "slow_calls.wasm"))
    assert built["probes"] == ["fn:shop.cart.*:exit#latency", "fn:shop.cart.*:exit?min=5ms#slow"]
    call(tmp_path, "run", "-p", "slow_calls.wasm", "-o", "jsonl:out.jsonl", "--python", sys.executable, "-m", "shop")

    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    records = [line for line in lines if line["type"] == "record"]
    # A busy machine can make any call slow, so there may be others.
    assert all(record["probe"] == "slow" and record["fields"]["duration_ns"] >= 5_000_000 for record in records)
    (record,) = [record for record in records if record["fn"] == "shop.cart.add"]
    assert record["fields"]["args"] == {"$tuple": ["book", 3]}
    assert record["fields"]["duration_ns"] >= 20_000_000
    counts = {line["key"][0]: line["value"]["count"] for line in lines if line["type"] == "aggregation"}
    assert counts == {"shop.cart.add": 1, "shop.cart.total": 2}
