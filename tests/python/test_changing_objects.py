"""Containers that other threads change while probes read them.

In: a dict and a list that threads fill, empty and resize, under probes that walk them. Out: each firing sees one state
of them, for nothing else runs while it does: no import gives up the interpreter lock, and a firing is left before the
next bytecode. Between firings anything may happen, and a cursor of the last one knows nothing of it.
"""

from __future__ import annotations

import sys
import threading

import pytest

import probing

# Walks `arg0` by position, adds up what is torn and what was seen: pairs are (n, 3 * n), and as many as `len` says.
WALK = """(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "len" (func $len (param i64) (result i32)))
  (import "probe1" "int" (func $int (param i64 i64) (result i64)))
  (import "probe1" "kind" (func $kind (param i64) (result i32)))
  (import "probe1" "entry_key" (func $key (param i64 i32) (result i64)))
  (import "probe1" "entry_val" (func $val (param i64 i32) (result i64)))
  (import "probe1" "item" (func $item (param i64 i64) (result i64)))
  (import "probe1.sum" "torn" (func $torn (param i64 f64)))
  (import "probe1.sum" "entries" (func $entries (param i64 f64)))
  (import "probe1.max" "most" (func $most (param i64 f64)))
  (import "probe1.min" "least" (func $least (param i64 f64)))
  (func (export "fn:test_changing_objects.look:entry") (local $of i64) (local $i i32) (local $n i64) (local $torn i32)
    (local.set $of (call $arg (i32.const 0)))
    (block $end
      (loop $next
        (br_if $end (i32.eq (call $kind (call $key (local.get $of) (local.get $i))) (i32.const 255)))
        (local.set $n (call $int (call $key (local.get $of) (local.get $i)) (i64.const -1)))
        (if (i32.or
              (i64.ne (call $int (call $val (local.get $of) (local.get $i)) (i64.const -2))
                      (i64.mul (local.get $n) (i64.const 3)))
              (i64.ne (call $int (call $item (local.get $of) (call $key (local.get $of) (local.get $i))) (i64.const -2))
                      (i64.mul (local.get $n) (i64.const 3))))
          (then (local.set $torn (i32.const 1))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (if (i32.ne (local.get $i) (call $len (local.get $of))) (then (local.set $torn (i32.const 1))))
    (call $torn (i64.const 0xFFF8000000000000) (f64.convert_i32_s (local.get $torn)))
    (call $most (i64.const 0xFFF8000000000000) (f64.convert_i32_s (local.get $i)))
    (call $least (i64.const 0xFFF8000000000000) (f64.convert_i32_s (local.get $i)))
    (call $entries (i64.const 0xFFF8000000000000) (f64.convert_i32_s (local.get $i)))))"""

FIRINGS, ROOM = 20_000, 300


def look(_of):
    return None


def churn_dict(table, stop):
    """Through every form: split and combined tables, small and wide indices, holes at both ends, none at all."""
    while not stop.is_set():
        for n in range(ROOM):
            table[n] = 3 * n
        for n in range(0, ROOM, 3):
            table.pop(n, None)
        for _ in range(50):
            try:
                table.popitem()
            except KeyError:
                break
        table.clear()


def churn_list(items, stop):
    while not stop.is_set():
        items.extend(3 * n for n in range(len(items), ROOM))
        del items[ROOM // 2 :]
        items[:] = [3 * n for n in range(7)]
        items.clear()


def of_session(session):
    return {a["name"]: a["value"] for a in session.aggregations()}


def was_watched(totals, fired):
    return totals["least"] < totals["most"] and totals["entries"] > fired / 10


@pytest.mark.parametrize(("make", "churn"), [(dict, churn_dict), (list, churn_list)])
def test_a_firing_sees_one_state(make, churn):
    of, stop = make(), threading.Event()
    threads = [threading.Thread(target=churn, args=(of, stop)) for _ in range(1 if make is list else 3)]
    interval, fired = sys.getswitchinterval(), 0
    with probing.waspect.load(WALK.encode(), budget={"share": 1}) as session:
        sys.setswitchinterval(1e-6)
        try:
            [thread.start() for thread in threads]
            # However long the others are not scheduled: until it was watched while it changed.
            while fired < FIRINGS or (fired < 100 * FIRINGS and not was_watched(of_session(session), fired)):
                for _ in range(FIRINGS):
                    look(of)
                fired += FIRINGS
        finally:
            stop.set()
            [thread.join() for thread in threads]
            sys.setswitchinterval(interval)
        totals = of_session(session)
        (summary,) = probing.summaries(session).values()
    assert (summary["firings"], summary["faults"], totals["torn"]) == (fired, {}, 0)
    assert was_watched(totals, fired)


# Keeps the handle of its first firing, and reads the same place of both at each.
KEEP = """(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "entry_val" (func $val (param i64 i32) (result i64)))
  (import "probe1" "entry_key" (func $key (param i64 i32) (result i64)))
  (import "probe1.field" "now" (func $now (param i64)))
  (import "probe1.field" "next" (func $next (param i64)))
  (import "probe1.field" "kept" (func $was (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (global $kept (mut i64) (i64.const 0))
  (func (export "fn:test_changing_objects.look:entry") (local $of i64)
    (local.set $of (call $arg (i32.const 0)))
    (if (i64.eqz (global.get $kept)) (then (global.set $kept (local.get $of))))
    (call $was (call $val (global.get $kept) (i32.const 5)))
    (call $now (call $val (local.get $of) (i32.const 5)))
    (call $next (call $val (local.get $of) (i32.const 6)))
    (drop (call $emit))))"""


def grow(it, n):
    if isinstance(it, list):
        it[:] = [i * 3 for i in range(n)]
    else:
        it.clear()
        it.update({i: i * 3 for i in range(n)})


@pytest.mark.parametrize("make", [dict, list])
def test_a_cursor_ends_with_its_firing(make):
    it = make()
    absent, stale = {"$error": "ABSENT"}, {"$error": "STALE"}
    with probing.waspect.load(KEEP.encode(), budget={"share": 1}) as session:
        for n in (7, 10_000, 0, 6, 100_000, 7):
            grow(it, n)
            look(it)
        seen = [fields for _, _, fields in probing.records(session)]
    assert [row["kept"] for row in seen] == [15, *[stale] * 5]
    assert [row["now"] for row in seen] == [15, 15, absent, 15, 15, 15]
    assert [row["next"] for row in seen] == [18, 18, absent, absent, 18, 18]
