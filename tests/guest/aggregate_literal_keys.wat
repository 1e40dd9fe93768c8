;; Text of any origin is one key: a literal, an argument, a copy, a name.
;; frame: {"args":["x"]}
;; fire: 3x entry
;; expect aggregation {"name":"by text","kind":"count","key":["x"],"value":9}
;; expect aggregation {"name":"by text","kind":"count","key":["shop.cart.Cart.add"],"value":6}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":3,"rejected":0,"records":0,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.get" "$fn" (func $fn (result i64)))
  (import "probe1.str" "x" (func $x (result i64)))
  (import "probe1.str" "shop.cart.Cart.add" (func $name (result i64)))
  (import "probe1.slot.set" "s" (func $set (param i64) (result i32)))
  (import "probe1.slot" "s" (func $get (result i64)))
  (import "probe1.count" "by text" (func $count (param i64)))
  (func (export "fn:shop.cart.*:entry")
    (drop (call $set (call $arg0)))
    (call $count (call $arg0)) (call $count (call $x)) (call $count (call $get))
    (call $count (call $fn)) (call $count (call $name))))
