;; at: on_add=fm:shop.cart.add:entry
;; An override that is no spec.
;; = export `on_add`: expected provider `fn`, `begin`, `end` or `tick`, found `fm` at byte 0 of spec `fm:shop.cart.add:entry`
;; = hint: did you mean `fn`?
(module (func (export "on_add")))
