;; The cheapest call of the host, for ever.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
(module
  (import "probe1" "tid" (func $f (result i64)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry")
    (loop $again
      (drop (call $f))
      (br $again))))
