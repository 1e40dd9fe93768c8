;; Texts that never die, each another.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
(module
  (import "probe1" "lit" (func $lit (param i32 i32) (result i64)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry") (local $n i64)
    (loop $again
      (i64.store (i32.const 32) (local.get $n)) (local.set $n (i64.add (local.get $n) (i64.const 1))) (drop (call $lit (i32.const 32) (i32.const 8)))
      (br $again))))
