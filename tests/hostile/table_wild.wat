;; Calls through a table: beyond it, of nothing, of another type; each a fault of its own.
;; fire: entry
;; expect fault {"probe":"beyond","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"negative","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"nothing","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"other","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"beyond","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"negative","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"nothing","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"other","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
(module
  (type $f (func)) (type $g (func (param i64) (result i64)))
  (table 4 funcref)
  (elem (i32.const 0) $other)
  (func $other (param i64) (result i64) (local.get 0))
  (func (export "fn:till.cart.*:entry#beyond") (call_indirect (type $f) (i32.const 4)))
  (func (export "fn:till.cart.*:entry#negative") (call_indirect (type $f) (i32.const -1)))
  (func (export "fn:till.cart.*:entry#nothing") (call_indirect (type $f) (i32.const 3)))
  (func (export "fn:till.cart.*:entry#other") (call_indirect (type $f) (i32.const 0))))
