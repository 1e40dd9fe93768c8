;; at: on_add
;; Half an override.
;; = expected `EXPORT=SPEC`, found `on_add`
;; = hint: for example `--at 'on_add=fn:shop.cart.add:entry'`
(module (func (export "on_add")))
