;; What is still owed when a guest returns counts: more than there was is a fault, though nothing trapped.
;; show: fuel
;; budget: fuel_per_fire=1000
;; fire: entry
;; expect fault {"probe":"beyond","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect aggregation {"name":"n","kind":"count","key":[],"value":2}
;; expect summary {"probe":"beyond","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{},"fuel":1051}
;; expect summary {"probe":"within","firings":1,"rejected":0,"records":0,"faults":{},"drops":{},"fuel":876}
(module
  (import "probe1.count" "n" (func $count (param i64)))
  (func $burn (param $i i32)
    (loop $n (br_if $n (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
  (func (export "fn:shop.cart.*:entry#within") (call $count (i64.const 0xFFF8000000000000)) (call $burn (i32.const 150)))
  (func (export "fn:shop.cart.*:entry#beyond") (call $count (i64.const 0xFFF8000000000000)) (call $burn (i32.const 185))))
