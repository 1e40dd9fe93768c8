;; Copying all of its memory over itself, over and over.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
(module
  (memory (export "memory") 32)
  (func (export "fn:till.cart.*:entry")
    (loop $again
      (memory.copy (i32.const 0) (i32.const 1) (i32.const 90000))
      (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x1FFFFF))
      (br $again))))
