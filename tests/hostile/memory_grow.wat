;; Memory that grows until it may not: to the limit, and no further.
;; fire: 2x entry
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":32}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":32}}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":2,"faults":{},"drops":{}}
(module
  (import "probe1.field" "n" (func $field (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (memory (export "memory") 1)
  (func (export "fn:till.cart.*:entry")
    (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 1))
    (call $field (i64.or (i64.const 0xFFF9000000000000) (i64.extend_i32_u (memory.size))))
    (drop (call $emit))))
