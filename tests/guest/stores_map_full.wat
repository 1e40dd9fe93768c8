;; A map is bounded by entries: one more is LIMIT and counted, what is there can be written still.
;; budget: fuel_per_fire=10000000
;; fire: 5x entry
;; expect aggregation {"name":"refused with","kind":"max","key":[],"value":-4}
;; expect aggregation {"name":"set","kind":"count","key":[],"value":4096}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":5,"rejected":0,"records":0,"faults":{},"drops":{"map_full":4}}
(module
  (import "probe1.map.set" "m" (func $set (param i64 i64) (result i32)))
  (import "probe1.max" "refused with" (func $max (param i64 f64)))
  (import "probe1.count" "set" (func $count (param i64)))
  (global $next (mut i32) (i32.const 0))
  (func $n (param $n i32) (result i64)
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.extend_i32_u (local.get $n))))
  (func (export "fn:shop.cart.*:entry") (local $i i32) (local $status i32)
    (loop $more
      (local.set $status (call $set (call $n (global.get $next)) (call $n (i32.const 1))))
      (if (local.get $status)
        (then (call $max (i64.const 0xFFF8_0000_0000_0000) (f64.convert_i32_s (local.get $status))))
        (else (call $count (i64.const 0xFFF8_0000_0000_0000))))
      (global.set $next (i32.add (global.get $next) (i32.const 1)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 820))))
    (if (call $set (call $n (i32.const 0)) (call $n (i32.const 2))) (then (unreachable)))))
