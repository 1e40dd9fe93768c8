;; Text kept for the firing is work, too.
;; frame: {}
;; budget: fuel_per_fire=1000000
;; fire: #thread entry
;; fire: #step entry
;; expect fault {"probe":"thread","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"step","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"step","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"thread","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
(module
  (import "probe1.get" "$thread" (func $thread (result i64)))
  (import "probe1.get" "$thread.x" (func $step (result i64)))
  (func (export "fn:shop.cart.*:entry#thread") (loop $n (drop (call $thread)) (br $n)))
  (func (export "fn:shop.cart.*:entry#step") (loop $n (drop (call $step)) (br $n))))
