;; Fields with computed names, each another.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{"fields":1608}}
(module
  (import "probe1" "field" (func $field (param i32 i32 i64) (result i32)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry") (local $n i64)
    (loop $again
      (i64.store (i32.const 32) (i64.or (local.get $n) (i64.const 0x4141414141414141))) (local.set $n (i64.add (local.get $n) (i64.const 1))) (drop (call $field (i32.const 32) (i32.const 8) (i64.const 0xFFF8000000000000)))
      (br $again))))
