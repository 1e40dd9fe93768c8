;; The module names an export that is not there.
;; = custom section `probe1.at` names export `on_ad`, which is not a function export of the module
;; = hint: function exports: `on_add`
(module (func (export "on_add")) (@custom "probe1.at" "on_ad=fn:shop.cart.add:entry"))
