;; Paths made at run time, each another.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
(module
  (import "probe1" "get" (func $get (param i32 i32) (result i64)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry") (local $n i64)
    (loop $again
      (i64.store (i32.const 32) (i64.or (i64.shl (local.get $n) (i64.const 56)) (i64.const 0x4141412E30677261))) (local.set $n (i64.add (local.get $n) (i64.const 1))) (drop (call $get (i32.const 32) (i32.const 8)))
      (br $again))))
