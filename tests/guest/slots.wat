;; frame: {"args":{"self":{"$object":"shop.Cart","total":5},"sku":"abc"}}
;; fire: entry
;; fire: return 7
;; fire: entry
;; fire: raise ValueError "boom"
;; fire: return 1
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"sku":"abc","retval":7}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"sku":"abc","retval":{"$error":"POINT"}}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"sku":null,"retval":1}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":2,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.cart.*:exit","firings":3,"rejected":0,"records":3,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg1" (func $sku (result i64)))
  (import "probe1.get" "retval" (func $retval (result i64)))
  (import "probe1.slot.set" "sku" (func $keep (param i64) (result i32)))
  (import "probe1.slot" "sku" (func $kept (result i64)))
  (import "probe1.field" "sku" (func $field (param i64)))
  (import "probe1.field" "retval" (func $field_r (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func (export "fn:shop.cart.*:entry") (result i32) (call $keep (call $sku)))
  (func (export "fn:shop.cart.*:exit")
    (call $field (call $kept)) (call $field_r (call $retval)) (drop (call $emit))))
