;; A request that keeps what it may not.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"host_budget":2},"drops":{}}
(module
  (import "probe1.req.set" "k" (func $set (param i64) (result i32)))
  (import "probe1" "str_new" (func $new (param i32 i32) (result i64)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry")
    (loop $again
      (drop (call $set (call $new (i32.const 16) (i32.const 4000))))
      (br $again))))
