;; Without a frame there is no stack.
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"stack":{"$error":"ABSENT"}}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "stack" (func $stack (param i32 i32) (result i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.field" "stack" (func $f0 (param i64)))
  (func (export "fn:shop.cart.*:entry")
    (call $f0 (call $stack (i32.const 1) (i32.const 0)))
    (drop (call $emit))))
