;; at: on_add=fn:shop.cart.add:entry
;; at: on_add=fn:shop.cart:add:entry
;; The same thing said twice.
;; = export `on_add` is given spec `fn:shop.cart.add:entry` twice
(module (func (export "on_add")))
