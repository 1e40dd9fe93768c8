;; A function that calls itself.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"stack","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"stack","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"stack":2},"drops":{}}
(module
  (func (export "fn:till.cart.*:entry")
    (call 0)))
