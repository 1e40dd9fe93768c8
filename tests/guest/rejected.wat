;; A firing that wrote nothing is rejected; reads, comparisons and slots write nothing.
;; frame: {"args":[5]}
;; fire: entry
;; frame: {"args":[50]}
;; fire: entry
;; frame: {"args":[500]}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"f":500}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":3,"rejected":2,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1" "cmp" (func $cmp (param i64 i64) (result i32)))
  (import "probe1.slot.set" "s" (func $set (param i64) (result i32)))
  (import "probe1.field" "f" (func $field (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func (export "fn:shop.cart.*:entry")
    (drop (call $set (call $arg0)))
    (if (i32.lt_s (call $cmp (call $arg0) (i64.const 0xFFF9_0000_0000_000A)) (i32.const 1)) (then (return)))
    (call $field (call $arg0))
    (if (i32.lt_s (call $cmp (call $arg0) (i64.const 0xFFF9_0000_0000_0064)) (i32.const 1)) (then (return)))
    (drop (call $emit))))
