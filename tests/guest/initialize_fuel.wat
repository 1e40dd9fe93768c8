;; `_initialize` has fuel of its own, far more than a firing; a firing is charged for none of it.
;; show: fuel
;; budget: fuel_per_fire=1000
;; fire: entry
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":1}
(module
  (func (export "_initialize") (local $i i32)
    (loop $n (br_if $n (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1_400_000)))))
  (func (export "fn:shop.cart.*:entry")))
