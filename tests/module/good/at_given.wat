;; at: on_add=fn:shop.cart.add:entry?every=2
;; at: on_add=fn:shop.cart.remove:entry
;; at: fn:a.b:entry?every=3=fn:c.d:entry
;; The operator says where exports belong, also twice and instead of the name.
;; = on_add is fn:shop.cart.add:entry?every=2 args []
;; = on_add is fn:shop.cart.remove:entry args []
;; = fn:a.b:entry?every=3 is fn:c.d:entry args []
(module (func (export "on_add")) (func (export "fn:a.b:entry?every=3")))
