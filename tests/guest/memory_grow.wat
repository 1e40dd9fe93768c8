;; To the cap and no further: 32 pages of 64 KiB.
;; fire: 2x entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"before":1,"over":-1,"at":1,"past":-1,"after":32}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"before":32,"over":-1,"at":-1,"past":-1,"after":32}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":2,"faults":{},"drops":{}}
(module
  (import "probe1.field" "before" (func $f_before (param i64)))
  (import "probe1.field" "over" (func $f_over (param i64)))
  (import "probe1.field" "at" (func $f_at (param i64)))
  (import "probe1.field" "past" (func $f_past (param i64)))
  (import "probe1.field" "after" (func $f_after (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 1)
  (func (export "fn:shop.cart.*:entry")
    (call $f_before (call $box (memory.size)))
    (call $f_over (call $box (memory.grow (i32.const 32))))
    (call $f_at (call $box (memory.grow (i32.const 31))))
    (call $f_past (call $box (memory.grow (i32.const 1))))
    (call $f_after (call $box (memory.size)))
    (drop (call $emit))))
