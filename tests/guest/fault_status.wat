;; A negative status is counted, shown, never disarms, and keeps the instance.
;; frame: {"args":[0]}
;; fire: 2x entry
;; frame: {"args":[-1]}
;; fire: 12x entry
;; frame: {"args":[5]}
;; fire: entry
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"guest","side":"guest","where":"shop.cart.Cart.add"}
;; expect aggregation {"name":"calls of this instance","kind":"max","key":[],"value":15}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":15,"rejected":0,"records":0,"faults":{"guest":12},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1" "int" (func $int (param i64 i64) (result i64)))
  (import "probe1.max" "calls of this instance" (func $max (param i64 f64)))
  (global $n (mut f64) (f64.const 0))
  (func (export "fn:shop.cart.*:entry") (result i32)
    (global.set $n (f64.add (global.get $n) (f64.const 1)))
    (call $max (i64.const 0xFFF8_0000_0000_0000) (global.get $n))
    (i32.wrap_i64 (call $int (call $arg0) (i64.const 0)))))
