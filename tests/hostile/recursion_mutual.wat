;; Two functions that call each other through a table, with locals to carry.
;; fire: 2x entry
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"stack","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"stack","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"stack":2},"drops":{}}
(module
  (type $f (func))
  (table 2 funcref)
  (elem (i32.const 0) $ping $pong)
  (func $ping (local i64 i64 i64 i64 i64 i64 i64 i64) (call_indirect (type $f) (i32.const 1)))
  (func $pong (local i64 i64 i64 i64 i64 i64 i64 i64) (call_indirect (type $f) (i32.const 0)))
  (func (export "fn:till.cart.*:entry") (call $ping)))
