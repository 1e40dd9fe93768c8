;; A handle kept until its generation comes again is stale all the same.
;; frame: {"args":["text"]}
;; fire: 255x #use entry
;; fire: #look entry
;; expect record {"probe":"look","point":"entry","fields":{"fresh":"text","kept":{"$error":"STALE"}}}
;; expect summary {"probe":"look","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"use","firings":255,"rejected":255,"records":0,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1" "len" (func $len (param i64) (result i32)))
  (import "probe1.field" "kept" (func $f_kept (param i64)))
  (import "probe1.field" "fresh" (func $f_fresh (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (global $kept (mut i64) (i64.const 0))
  (func (export "fn:shop.cart.*:entry#use") (local $v i64)
    (local.set $v (call $arg0))
    (if (i64.eqz (global.get $kept)) (then (global.set $kept (local.get $v)))))
  (func (export "fn:shop.cart.*:entry#look")
    (call $f_fresh (call $arg0))
    (call $f_kept (global.get $kept))
    (drop (call $emit))))
