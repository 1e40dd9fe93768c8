;; Fuel bounds a firing; an option lowers it. What was written before stays written.
;; show: fuel
;; fire: #short entry
;; fire: #long entry
;; fire: #short entry
;; expect fault {"probe":"short","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"long","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"short","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect aggregation {"name":"begun","kind":"count","key":[],"value":3}
;; expect summary {"probe":"long","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{},"fuel":100000}
;; expect summary {"probe":"short","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{},"fuel":2000}
(module
  (import "probe1.count" "begun" (func $count (param i64)))
  (func $spin (call $count (i64.const 0xFFF8_0000_0000_0000)) (loop $again (br $again)))
  (func (export "fn:shop.cart.*:entry?fuel=1000#short") (call $spin))
  (func (export "fn:shop.cart.*:entry#long") (call $spin)))
