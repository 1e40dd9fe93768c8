;; What a firing knows besides the frame, where it is the same in every run.
;; frame: {"line":42}
;; fire: entry
;; fire: return 1
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"$$fn":"shop.cart.Cart.add","$$qualname":"Cart.add","$$module":"shop.cart","$$file":"/srv/shop/cart.py","$$line":42,"$$depth":0,"$$thread":"MainThread","$$task":null,"$$request":null}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"$$fn":"shop.cart.Cart.add","$$qualname":"Cart.add","$$module":"shop.cart","$$file":"/srv/shop/cart.py","$$line":42,"$$depth":0,"$$thread":"MainThread","$$task":null,"$$request":null}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.cart.*:exit","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1.get" "$fn" (func $g0 (result i64)))
  (import "probe1.field" "$fn" (func $f0 (param i64)))
  (import "probe1.get" "$qualname" (func $g1 (result i64)))
  (import "probe1.field" "$qualname" (func $f1 (param i64)))
  (import "probe1.get" "$module" (func $g2 (result i64)))
  (import "probe1.field" "$module" (func $f2 (param i64)))
  (import "probe1.get" "$file" (func $g3 (result i64)))
  (import "probe1.field" "$file" (func $f3 (param i64)))
  (import "probe1.get" "$line" (func $g4 (result i64)))
  (import "probe1.field" "$line" (func $f4 (param i64)))
  (import "probe1.get" "$depth" (func $g5 (result i64)))
  (import "probe1.field" "$depth" (func $f5 (param i64)))
  (import "probe1.get" "$thread" (func $g6 (result i64)))
  (import "probe1.field" "$thread" (func $f6 (param i64)))
  (import "probe1.get" "$task" (func $g7 (result i64)))
  (import "probe1.field" "$task" (func $f7 (param i64)))
  (import "probe1.get" "$request" (func $g8 (result i64)))
  (import "probe1.field" "$request" (func $f8 (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $all
    (call $f0 (call $g0))
    (call $f1 (call $g1))
    (call $f2 (call $g2))
    (call $f3 (call $g3))
    (call $f4 (call $g4))
    (call $f5 (call $g5))
    (call $f6 (call $g6))
    (call $f7 (call $g7))
    (call $f8 (call $g8))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry") (call $all))
  (func (export "fn:shop.cart.*:exit") (call $all)))
