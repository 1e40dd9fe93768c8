;; The 65th field is dropped and counted; what was not emitted dies with the firing.
;; frame: {"args":["v"]}
;; fire: #many entry
;; fire: #left entry
;; fire: #empty entry
;; expect record {"probe":"many","point":"entry","fields":{"n":63}}
;; expect record {"probe":"empty","point":"entry","fields":{}}
;; expect summary {"probe":"empty","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"left","firings":1,"rejected":1,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"many","firings":1,"rejected":0,"records":1,"faults":{},"drops":{"fields":2}}
(module
  (import "probe1.field" "n" (func $field (param i64)))
  (import "probe1.field.str" "t" (func $text (param i32 i32)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 1)
  (func (export "fn:shop.cart.*:entry#many") (local $i i32)
    (loop $n (call $field (call $box (local.get $i)))
      (br_if $n (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 65))))
    (call $text (i32.const 0) (i32.const 1))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry#left") (call $field (call $box (i32.const 1))))
  (func (export "fn:shop.cart.*:entry#empty") (drop (call $emit))))
