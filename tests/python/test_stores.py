"""What probes keep beside records: maps, and sketches that add up over processes.

In: programs that fork. Out: what the probes kept, beside what the programs did. Never: a sleep where a program could
wait for another.
"""

from __future__ import annotations

import statistics

from running import run

PROBE = """(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.get" "$pid" (func $pid (result i64)))
  (import "probe1" "float" (func $float (param i64 f64) (result f64)))
  (import "probe1.str" "calls" (func $key (result i64)))
  (import "probe1.map.add" "by name" (func $add (param i64 i64) (result i64)))
  (import "probe1.map.get" "by name" (func $get (param i64) (result i64)))
  (import "probe1.map.set" "by name" (func $set (param i64 i64) (result i32)))
  (import "probe1.map.del" "by name" (func $del (param i64) (result i32)))
  (import "probe1.field" "calls" (func $calls (param i64)))
  (import "probe1.field" "last" (func $last (param i64)))
  (import "probe1.stddev" "spread" (func $stddev (param i64 f64)))
  (import "probe1.uniq" "values" (func $uniq (param i64 i64)))
  (import "probe1.top" "values" (func $top (param i64 i64)))
  (global $none i64 (i64.const 0xFFF8000000000000))
  (func (export "fn:**.hit:entry")
    (drop (call $add (call $key) (i64.const 0xFFF9000000000001)))
    (drop (call $set (global.get $none) (call $arg0)))
    (call $stddev (global.get $none) (call $float (call $arg0) (f64.const 0)))
    (call $uniq (global.get $none) (call $arg0))
    (call $top (global.get $none) (call $arg0)))
  (func (export "fn:**.noted:entry")
    (call $calls (call $get (call $key)))
    (call $last (call $get (global.get $none)))
    (drop (call $emit)))
  (func (export "fn:**.forgotten:entry") (drop (call $del (call $key)))))
"""


def kept(probed, kind):
    (found,) = [x for x in probed.of("aggregation") if x["kind"] == kind]
    return found["value"]


def test_a_child_goes_on_with_a_copy_of_the_maps(tmp_path):
    probed = run(
        tmp_path,
        """
def forgotten(): pass
for text in ("a", "b" * 200): hit(text)
noted()
if (p := os.fork()) == 0:
    noted(); hit((1, "c")); noted(); forgotten(); noted(); os._exit(0)
wait(p)
noted(); hit(None); noted()
""",
        probe=PROBE,
    )
    shown = [(x["fields"]["calls"], x["fields"]["last"]) for x in probed.of("record")]
    parent = probed.of("start")[0]["pid"]
    of_parent = [pair for pair, x in zip(shown, probed.of("record"), strict=True) if x["pid"] == parent]
    of_child = [pair for pair, x in zip(shown, probed.of("record"), strict=True) if x["pid"] != parent]
    long = "b" * 200
    assert of_parent == [(2, long), (2, long), (3, None)]
    assert of_child == [(2, long), (3, {"$tuple": [1, "c"]}), ({"$error": "ABSENT"}, {"$tuple": [1, "c"]})]


def test_sketches_of_processes_add_up(tmp_path):
    probed = run(
        tmp_path,
        """
for i in range(300): hit(i); hit(7)
for k in range(3):
    if (p := os.fork()) == 0:
        for i in range(200 * k, 200 * k + 400): hit(i); hit(7); hit(k)
        os._exit(0)
    wait(p)
""",
        probe=PROBE,
    )
    numbers = [x for i in range(300) for x in (i, 7)]
    for k in range(3):
        numbers += [x for i in range(200 * k, 200 * k + 400) for x in (i, 7, k)]
    spread = kept(probed, "stddev")
    assert spread["count"] == len(numbers)
    assert abs(spread["sum"] - sum(numbers)) < 1e-3
    assert abs((spread["m2"] / spread["count"]) ** 0.5 - statistics.pstdev(numbers)) < 1e-6
    distinct = len(set(numbers))
    assert abs(kept(probed, "uniq") - distinct) < 0.15 * distinct
    top = kept(probed, "top")
    assert top[0][0] == 7
    assert len(top) == 32
    for value, count, error in top:
        assert count - error <= numbers.count(value) <= count


def test_a_child_that_is_killed_while_it_counts_is_read(tmp_path):
    probed = run(
        tmp_path,
        """
import mmap, time
seen = mmap.mmap(-1, 8)
if (p := os.fork()) == 0:
    n = 0
    while True:
        n += 1
        hit(n % 1000); seen[:8] = n.to_bytes(8, "little")
while int.from_bytes(seen[:8], "little") < 5_000: time.sleep(0.001)
os.kill(p, 9); wait(p)
print(int.from_bytes(seen[:8], "little"))
""",
        probe=PROBE,
    )
    n = int(probed.out)
    assert kept(probed, "stddev")["count"] in (n, n + 1)
    assert abs(kept(probed, "uniq") - 1000) < 150
    assert all(0 <= error <= count <= n + 1 for _, count, error in kept(probed, "top"))
