;; The smallest probe: fires and does nothing.
;; = fn:shop.cart.add:entry is fn:shop.cart.add:entry args []
(module (func (export "fn:shop.cart.add:entry")))
