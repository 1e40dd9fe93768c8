;; Blocks that do nothing, as deep as they may be, for ever.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
(module
  (func (export "fn:till.cart.*:entry")
    (loop $again (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block )))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))) (br $again))))
