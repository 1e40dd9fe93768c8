;; Known, and not there yet.
;; = export `line:shop/cart.py:42`: provider `line` is not supported yet at byte 0 of spec `line:shop/cart.py:42`
;; = hint: this version has the provider `fn`: `fn:MODULE.FUNCTION:POINT`
(module (func (export "line:shop/cart.py:42")))
