;; Filling all of its memory, over and over: bytes cost fuel.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
(module
  (memory (export "memory") 32)
  (func (export "fn:till.cart.*:entry")
    (loop $again
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x200000))
      (br $again))))
