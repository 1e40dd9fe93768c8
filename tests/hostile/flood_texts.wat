;; A text twice as long each time, until it may not.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"host_budget":2},"drops":{}}
(module
  (import "probe1" "str_new" (func $new (param i32 i32) (result i64)))
  (import "probe1" "add" (func $add (param i64 i64) (result i64)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry") (local $v i64)
    (loop $again
      (local.set $v (call $add (call $new (i32.const 16) (i32.const 1000)) (call $new (i32.const 16) (i32.const 1000)))) (local.set $v (call $add (local.get $v) (local.get $v)))
      (br $again))))
