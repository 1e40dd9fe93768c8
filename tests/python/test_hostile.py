"""Modules that mean harm, one after the other in one process that works meanwhile: its results are its own.

In: `tests/hostile/*.wat`, and for every import of docs/ABI.md a module that hands it what nobody should. Out: the
workload's own account, firings that ended, a process that lives. Never here: what a firing answers;
`tests/it/hostile` has that.
"""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import textwrap
import time
import types
from pathlib import Path

import pytest

import abi_rows
import hostile
import probing
import waspect

FOLDER = Path(__file__).resolve().parents[1] / "hostile"
FILES = sorted(FOLDER.glob("*.wat"))
IMPORTS = list(abi_rows.rows())
# A firing may use 100 000 fuel, and one more call of the host; on a machine that does much else.
FIRING_SECONDS_MAX = 0.25
WORKLOAD = """
class OutOfStock(Exception):
    pass

class Cart:
    def __init__(self):
        self.items = {}

    def add(self, sku, n=1, *rest, **options):
        if n < 0:
            raise OutOfStock(sku)
        self.items[sku] = self.items.get(sku, 0) + n
        return self.items[sku]

def lines(cart):
    def each(sku):
        yield sku
        yield cart.add(sku, 0)
    return [list(each(sku)) for sku in sorted(cart.items)]
"""
# Pointers and lengths: inside, at the end, beyond, negative, and such that they wrap together.
WILD = [0, 8, 65_535, 65_536, -1, -(2**31), 2**31 - 1]
# Values of each class: floats, None and its neighbours, ints, errors, handles of this firing, of others and of none.
VALUES = [
    *(0x7FF0_0000_0000_0001, 0xFFF0_0000_0000_0001, 0x8000_0000_0000_0000, 0xFFF8_0000_0000_0001),
    *(0xFFF9_8000_0000_0000, 0xFFFB_0000_0000_0000, 0xFFFB_FFFF_FFFF_FFFF, 0xFFFC_0000_0000_0000, 2**64 - 1),
    *(0xFFFA << 48 | kind << 40 | length << 24 | generation << 16 | index
      for kind in (*range(22), 99, 255)
      for length, generation, index in ((0, 0, 0), (0xFFFF, 0, 0xFFFF), (1, 1, 0), (3, 2, 1), (0, 255, 0xFFFF))),
]  # fmt: skip


@pytest.fixture(scope="module")
def till():
    """The program that is probed. Handlers of signals and of faults are the application's, and stay so."""
    cart = types.ModuleType("till.cart")
    exec(compile(WORKLOAD, "till/cart.py", "exec"), cart.__dict__)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "till", types.ModuleType("till"))
        patch.setitem(sys.modules, "till.cart", cart)
        yield cart


def work(till):
    """What the application does, and how often it called."""
    cart = till.Cart()
    assert [cart.add("a"), cart.add("a", 2), cart.add("b", 5, None, x=1), cart.add("a", n=0)] == [1, 3, 5, 3]
    with pytest.raises(till.OutOfStock, match=r"^c$") as raised:
        cart.add("c", -1)
    assert raised.value.__context__ is None and len(raised.traceback) == 2
    assert till.lines(cart) == [["a", 3], ["b", 5]]
    return 7


def loaded(text):
    """None where it is refused; why is said."""
    try:
        return waspect.load(text)
    except waspect.ProbeError as refused:
        said = str(refused)
    assert said
    return None


def survives(till, text):
    """Whatever the module is: it is refused in words, or its firings end and the application goes on as it was."""
    handlers = [signal.getsignal(number) for number in (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP)]
    code = till.Cart.add.__code__
    session = loaded(text)
    if session is None:
        work(till)
        return {}
    with session:
        start = time.perf_counter()
        calls = work(till)
        took = time.perf_counter() - start
        summaries = probing.summaries(session)
        assert took < FIRING_SECONDS_MAX * max(1, sum(one["firings"] for one in summaries.values()))
        assert all(one["firings"] <= calls for one in summaries.values())
        assert not any(one["faults"].get("host_panic") for one in summaries.values()), summaries
        list(session.events(timeout=0))
    assert till.Cart.add.__code__ is code
    work(till)
    now = [signal.getsignal(number) for number in (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP)]
    assert now == handlers
    return summaries


def test_there_are_modules():
    assert len(FILES) > 20


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_module_of_the_corpus(till, file):
    survives(till, file.read_bytes())


def argument(row, place, kind, wild):
    if kind == "V":
        return f"(i64.load (i32.add (i32.const {4096 + 8 * place}) (local.get $at)))"
    if kind == "i32":
        return f"(i32.const {wild[place % len(wild)]})"
    return f"({abi_rows.TYPES[kind]}.const {-1 if kind == 'i64' else 'nan'})"


def attack(row):
    """For each pair of numbers a probe that makes the call with every value in every place."""
    where, name, params, result = row
    escaped = name.replace('"', '\\"')
    typed = " ".join(abi_rows.TYPES[kind] for kind in params)
    returns = f"(result {abi_rows.TYPES[result]})" if result else ""
    pairs = list(itertools.product(WILD, repeat=2)) if "i32" in params else [(0, 0)]
    of_counts = where in {"probe1.print", "probe1.clear"}
    counts = f'(import "probe1.count" "{escaped}" (func (param i64)))' if of_counts else ""
    data = "".join(f"\\{byte:02x}" for value in VALUES for byte in value.to_bytes(8, "little"))
    # One value where there are many numbers, for a firing has but so much fuel.
    turns = len(VALUES) - 4 if len(pairs) == 1 and "V" in params else 1
    probes = []
    for number, pair in enumerate(pairs):
        call = f"(call $it {' '.join(argument(row, place, kind, pair) for place, kind in enumerate(params))})"
        call = f"(drop {call})" if result else call
        at = (number * 7) % (len(VALUES) - 4) * 8
        probes.append(f"""(func (export "fn:till.cart.Cart.add:entry#pair{number}") (local $at i32)
          (local.set $at (i32.const {at if turns == 1 else 0}))
          (loop $next {call} (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (br_if $next (i32.lt_u (local.get $at) (i32.const {at if turns == 1 else turns * 8})))))""")
    return f"""(module
      (import "{where}" "{escaped}" (func $it (param {typed}) {returns}))
      {counts}
      (import "probe1" "arg" (func $arg (param i32) (result i64)))
      (memory (export "memory") 1)
      (data (i32.const 8) "\\ff\\fe") (data (i32.const 4096) "{data}")
      {" ".join(probes)}
      (func (export "fn:till.cart.Cart.add:exit") (drop (call $arg (i32.const 1))) (unreachable)))"""


@pytest.mark.parametrize("row", IMPORTS, ids=[row.title for row in IMPORTS])
def test_an_import_is_handed_what_nobody_should(till, row):
    hostile.CALLS.clear()
    summaries = survives(till, attack(row).encode())
    assert summaries and hostile.CALLS == []
    wild = {kind for one in summaries.values() for kind, times in one["faults"].items() if times}
    assert wild <= {"trap", "out_of_fuel", "host_budget"}
    ended = [one for name, one in summaries.items() if "exit" not in name]
    assert not any(one["faults"].get("trap") for one in ended), "only what is told to trap does"


def test_the_large_profile():
    """Taken with it, and refused without, in words that name it."""
    text = b'(module (memory 100) (func (export "fn:no.such:entry")))'
    with pytest.raises(waspect.ModuleError, match="guest_memory_bytes_max") as refused:
        waspect.load(text)
    assert 'profile="large"' in str(refused.value) + str(getattr(refused.value, "hint", ""))
    with waspect.load(text, profile="large") as session:
        assert session.links
    with pytest.raises(waspect.PolicyError, match="no profile `huge`"):
        waspect.load(text, profile="huge")


def test_the_process_that_met_them_all_ends_as_it_should(tmp_path):
    """In a process of its own, with every module of the corpus loaded at once."""
    program = tmp_path / "app.py"
    program.write_text(
        textwrap.dedent(f"""
        import pathlib, sys, types, waspect
        cart = types.ModuleType("till.cart")
        sys.modules["till"], sys.modules["till.cart"] = types.ModuleType("till"), cart
        exec({WORKLOAD!r}, cart.__dict__)
        sessions = []
        for file in sorted(pathlib.Path({str(FOLDER)!r}).glob("*.wat")):
            try:
                sessions.append(waspect.load(file))
            except waspect.ProbeError as refused:
                assert str(refused)
        it = cart.Cart()
        print(len(sessions) > 20, [it.add("a", n) for n in range(20)][-1])
    """)
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True 190\n", "")
