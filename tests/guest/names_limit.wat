;; A module computes so many names and literals; the rest is counted.
;; fire: 2x entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-4,"v":{"$error":"LIMIT"}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-4,"v":{"$error":"LIMIT"}}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":2,"faults":{},"drops":{"fields":4}}
(module
  (import "probe1" "field_f64" (func $fd (param i32 i32 f64) (result i32)))
  (import "probe1" "lit" (func $lit (param i32 i32) (result i64)))
  (import "probe1" "discard" (func $discard (result i32)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.field" "n" (func $fn (param i64)))
  (import "probe1.field" "v" (func $f (param i64)))
  (memory (export "memory") 1)
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func (export "fn:shop.cart.*:entry")
    (local $i i32)
    (loop $l
      (i32.store8 (i32.const 0) (i32.add (i32.const 32) (i32.and (local.get $i) (i32.const 31))))
      (i32.store8 (i32.const 1) (i32.add (i32.const 32) (i32.shr_u (local.get $i) (i32.const 5))))
      (drop (call $discard))
      (i32.store (i32.const 8) (call $fd (i32.const 0) (i32.const 2) (f64.const 1)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 258))))
    (call $fn (call $box (i32.load (i32.const 8))))
    (local.set $i (i32.const 0))
    (loop $m
      (i32.store (i32.const 0) (i32.or (i32.const 0x20202020) (local.get $i)))
      (i64.store (i32.const 16) (call $lit (i32.const 0) (i32.const 4)))
      (br_if $m (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))
    (call $f (i64.load (i32.const 16)))
    (call $f (call $lit (i32.const 0) (i32.const 5000)))
    (drop (call $emit))))
