;; An entry after the other.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
(module
  (import "probe1.map.set" "m" (func $set (param i64 i64) (result i32)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry") (local $n i64)
    (loop $again
      (local.set $n (i64.add (local.get $n) (i64.const 1))) (drop (call $set (i64.or (i64.const 0xFFF9000000000000) (local.get $n)) (i64.const 1)))
      (br $again))))
