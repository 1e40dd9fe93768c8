;; A full ledger drops new keys, counted; what it has goes on counting.
;; budget: fuel_per_fire=1000000
;; sizes: 4096 4096
;; fire: 2x entry
;; expect aggregation {"name":"by number","kind":"quantize","key":[0],"value":{"count":2,"sum":2,"buckets":[[1,2,2]]}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{},"drops":{"map_full":6}}
;; expect ledger {"refused":6}
(module
  (import "probe1.quantize" "by number" (func $q (param i64 f64)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func (export "fn:shop.cart.*:entry") (local $i i32)
    (loop $n
      (call $q (call $box (local.get $i)) (f64.const 1))
      (br_if $n (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))))
