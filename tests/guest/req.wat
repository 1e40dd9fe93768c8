;; frame: {"args":{"value":"text","n":2}}
;; fire: entry
;; fire: return 1
;; request: begin
;; fire: return 1
;; fire: entry
;; fire: entry
;; fire: return 1
;; request: child
;; fire: return 1
;; frame: {"args":{"value":{"$object":"shop.Cart","total":5},"n":0.5}}
;; fire: entry
;; fire: return 1
;; frame: {"args":{"value":[1,"a"],"n":"no number"}}
;; fire: entry
;; fire: return 1
;; frame: {"args":{"value":null,"n":true}}
;; fire: entry
;; fire: return 1
;; request: end
;; fire: return 1
;; request: begin
;; fire: return 1
;; expect record {"probe":"fn:shop.f:entry","point":"entry","fields":{"status":-1,"sum":{"$error":"ABSENT"}}}
;; expect record {"probe":"fn:shop.f:exit","point":"return","fields":{"value":null,"literal":null,"n":null,"never":null,"of value":0}}
;; expect record {"probe":"fn:shop.f:exit","point":"return","fields":{"value":null,"literal":null,"n":null,"never":null,"of value":0}}
;; expect record {"probe":"fn:shop.f:entry","point":"entry","fields":{"status":0,"sum":2}}
;; expect record {"probe":"fn:shop.f:entry","point":"entry","fields":{"status":0,"sum":4}}
;; expect record {"probe":"fn:shop.f:exit","point":"return","fields":{"value":"text","literal":"a literal","n":4,"never":null,"of value":4}}
;; expect record {"probe":"fn:shop.f:exit","point":"return","fields":{"value":"text","literal":"a literal","n":4,"never":null,"of value":4}}
;; expect record {"probe":"fn:shop.f:entry","point":"entry","fields":{"status":0,"sum":4.5}}
;; expect record {"probe":"fn:shop.f:exit","point":"return","fields":{"value":{"$type":"shop.Cart","total":5},"literal":"a literal","n":4.5,"never":null,"of value":15}}
;; expect record {"probe":"fn:shop.f:entry","point":"entry","fields":{"status":0,"sum":{"$error":"KIND"}}}
;; expect record {"probe":"fn:shop.f:exit","point":"return","fields":{"value":[1,"a"],"literal":"a literal","n":4.5,"never":null,"of value":6}}
;; expect record {"probe":"fn:shop.f:entry","point":"entry","fields":{"status":0,"sum":5.5}}
;; expect record {"probe":"fn:shop.f:exit","point":"return","fields":{"value":null,"literal":"a literal","n":5.5,"never":null,"of value":0}}
;; expect record {"probe":"fn:shop.f:exit","point":"return","fields":{"value":null,"literal":null,"n":null,"never":null,"of value":0}}
;; expect record {"probe":"fn:shop.f:exit","point":"return","fields":{"value":null,"literal":null,"n":null,"never":null,"of value":0}}
;; expect summary {"probe":"fn:shop.f:entry","firings":6,"rejected":0,"records":6,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.f:exit","firings":9,"rejected":0,"records":9,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $value (result i64)))
  (import "probe1.get" "arg1" (func $n (result i64)))
  (import "probe1.str" "a literal" (func $literal (result i64)))
  (import "probe1.req.set" "value" (func $set (param i64) (result i32)))
  (import "probe1.req.set" "literal" (func $set_literal (param i64) (result i32)))
  (import "probe1.req.add" "n" (func $add (param i64) (result i64)))
  (import "probe1.req" "value" (func $req (result i64)))
  (import "probe1.req" "literal" (func $req_literal (result i64)))
  (import "probe1.req" "n" (func $req_n (result i64)))
  (import "probe1.req" "never set" (func $never (result i64)))
  (import "probe1.field" "status" (func $status (param i64)))
  (import "probe1.field" "sum" (func $sum (param i64)))
  (import "probe1.field" "value" (func $field (param i64)))
  (import "probe1.field" "literal" (func $field_literal (param i64)))
  (import "probe1.field" "n" (func $field_n (param i64)))
  (import "probe1.field" "never" (func $field_never (param i64)))
  (import "probe1.field" "of value" (func $field_kind (param i64)))
  (import "probe1" "kind" (func $kind (param i64) (result i32)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $int (param i32) (result i64)
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get 0)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func (export "fn:shop.f:entry")
    (call $status (call $int (call $set (call $value))))
    (drop (call $set_literal (call $literal)))
    (call $sum (call $add (call $n)))
    (drop (call $emit)))
  (func (export "fn:shop.f:exit")
    (call $field (call $req)) (call $field_literal (call $req_literal)) (call $field_n (call $req_n))
    (call $field_never (call $never)) (call $field_kind (call $int (call $kind (call $req))))
    (drop (call $emit))))
