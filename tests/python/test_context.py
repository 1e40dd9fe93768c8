"""What a firing says of its call: the same number at entry and exit, another for every call.

In: functions of a made-up module, called every way. Out: numbers compared. Never here: what a number is.
"""

from __future__ import annotations

import sys
import threading
import types

import pytest

import probing
import waspect

WAT = b"""(module
  (import "probe1" "invocation" (func $invocation (result i64)))
  (import "probe1" "firing" (func $firing (result i64)))
  (import "probe1" "line" (func $line (result i32)))
  (import "probe1" "depth" (func $depth (result i32)))
  (import "probe1" "tid" (func $tid (result i64)))
  (import "probe1" "thread_name" (func $thread_name (result i64)))
  (import "probe1" "fn_name" (func $fn_name (result i64)))
  (import "probe1.field" "invocation" (func $f0 (param i64)))
  (import "probe1.field" "firing" (func $f1 (param i64)))
  (import "probe1.field" "line" (func $f2 (param i64)))
  (import "probe1.field" "depth" (func $f3 (param i64)))
  (import "probe1.field" "tid" (func $f4 (param i64)))
  (import "probe1.field" "name" (func $f5 (param i64)))
  (import "probe1.field" "fn_name" (func $f6 (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param i64) (result i64)
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (local.get 0) (i64.const 0xFFFF_FFFF_FFFF))))
  (func $all
    (call $f0 (call $box (call $invocation)))
    (call $f1 (call $box (call $firing)))
    (call $f2 (call $box (i64.extend_i32_s (call $line))))
    (call $f3 (call $box (i64.extend_i32_s (call $depth))))
    (call $f4 (call $box (call $tid)))
    (call $f5 (call $thread_name))
    (call $f6 (call $fn_name))
    (drop (call $emit)))
  (func (export "fn:numbered.*:entry") (call $all))
  (func (export "fn:numbered.*:exit") (call $all)))"""

SOURCE = """
def down(n):
    return n and down(n - 1)

def each(n):
    for i in range(n):
        yield i
"""


@pytest.fixture
def numbered():
    module = types.ModuleType("numbered")
    exec(compile(SOURCE, "numbered.py", "exec"), module.__dict__)
    sys.modules["numbered"] = module
    yield module
    del sys.modules["numbered"]


def records(run):
    with waspect.load(WAT, budget={"share": 1}) as session:
        run()
        return [fields for _, _, fields in probing.records(session)]


def test_a_call_has_one_number(numbered):
    found = records(lambda: numbered.down(3))
    numbers = [r["invocation"] for r in found]
    assert len(numbers) == 8 and len(set(numbers)) == 4
    assert numbers[4:] == numbers[:4][::-1]
    assert len({r["firing"] for r in found}) == 8
    depths = [r["depth"] for r in found]
    assert [d - depths[0] for d in depths] == [0, 1, 2, 3, 3, 2, 1, 0]
    assert {r["fn_name"] for r in found} == {"down"}


def test_generators_that_alternate_keep_their_numbers(numbered):
    found = records(lambda: list(zip(numbered.each(2), numbered.each(3), strict=False)))
    numbers = [r["invocation"] for r in found]
    assert len(set(numbers)) == 2


def test_threads_have_their_own(numbered):
    def run():
        thread = threading.Thread(target=numbered.down, args=(0,), name="other")
        thread.start()
        thread.join()
        numbered.down(0)

    found = records(run)
    assert [r["name"] for r in found] == ["other", "other", "MainThread", "MainThread"]
    assert found[0]["tid"] == found[1]["tid"] != found[2]["tid"]
    assert len({r["invocation"] for r in found}) == 2
