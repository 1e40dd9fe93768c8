;; Growth that is refused, and growth by nothing, over and over.
;; fire: 2x entry
;; expect fault {"probe":"refused","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"nothing","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"a_page","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"refused","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"nothing","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"a_page","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"a_page","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
;; expect summary {"probe":"nothing","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
;; expect summary {"probe":"refused","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
(module
  (memory (export "memory") 1)
  (func (export "fn:till.cart.*:entry#refused") (loop $again (drop (memory.grow (i32.const -1))) (br $again)))
  (func (export "fn:till.cart.*:entry#nothing") (loop $again (drop (memory.grow (i32.const 0))) (br $again)))
  (func (export "fn:till.cart.*:entry#a_page") (loop $again (drop (memory.grow (i32.const 1))) (br $again))))
