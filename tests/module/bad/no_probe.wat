;; Nothing that fires.
;; = module has no probe
;; = hint: name a function export after its place, as in `fn:shop.cart.add:entry`, or give `--at 'EXPORT=SPEC'`; function exports: `on_add`, `helper`
(module (func (export "on_add")) (func (export "helper")) (memory (export "memory") 1))
