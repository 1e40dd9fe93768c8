;; The wall clock and the monotonic one; other clocks are EINVAL, a bad pointer EFAULT.
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"wall":0,"mono":0,"cpu":28,"negative":28,"bad pointer":21,"is wall":1,"is mono":1}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "probe1" "now_mono" (func $mono (result i64)))
  (import "probe1" "now_wall" (func $wall (result i64)))
  (import "probe1.field" "wall" (func $f_wall (param i64)))
  (import "probe1.field" "mono" (func $f_mono (param i64)))
  (import "probe1.field" "cpu" (func $f_cpu (param i64)))
  (import "probe1.field" "negative" (func $f_negative (param i64)))
  (import "probe1.field" "bad pointer" (func $f_bad_pointer (param i64)))
  (import "probe1.field" "is wall" (func $f_is_wall (param i64)))
  (import "probe1.field" "is mono" (func $f_is_mono (param i64)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 1)
  (func $near (param $a i64) (result i64) ;; whether time went on by less than ten seconds
    (i64.extend_i32_u (i64.lt_u (local.get $a) (i64.const 10_000_000_000))))
  (func (export "fn:shop.cart.*:entry")
    (call $f_wall (call $box (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 8))))
    (call $f_mono (call $box (call $clock_time_get (i32.const 1) (i64.const -1) (i32.const 16))))
    (call $f_cpu (call $box (call $clock_time_get (i32.const 2) (i64.const 1) (i32.const 24))))
    (call $f_negative (call $box (call $clock_time_get (i32.const -1) (i64.const 1) (i32.const 24))))
    (call $f_bad_pointer (call $box (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 65529))))
    (call $f_is_wall (call $box (i32.wrap_i64 (call $near (i64.sub (call $wall) (i64.load (i32.const 8)))))))
    (call $f_is_mono (call $box (i32.wrap_i64 (call $near (i64.sub (call $mono) (i64.load (i32.const 16)))))))
    (drop (call $emit))))
