;; Recursion ends at the guest's own stack, not the thread's.
;; fire: 2x entry
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"stack","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"stack","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"stack":2},"drops":{}}
(module
  (func $down (param i64 i64 i64 i64) (result i64)
    (i64.add (call $down (local.get 3) (local.get 2) (local.get 1) (local.get 0)) (local.get 0)))
  (func (export "fn:shop.cart.*:entry")
    (drop (call $down (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)))))
