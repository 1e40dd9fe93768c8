;; A guest that only calls the host ends as well.
;; show: fuel
;; budget: fuel_per_fire=5000
;; frame: {"args":[{"$object":"a.B","x":1}]}
;; fire: entry
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{},"fuel":5000}
(module
  (import "probe1.get" "arg0.x" (func $get (result i64)))
  (func (export "fn:shop.cart.*:entry") (loop $again (drop (call $get)) (br $again))))
