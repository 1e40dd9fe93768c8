;; A handle kept in a global is an error in every later firing, and never another object.
;; frame: {"args":["first"]}
;; fire: entry
;; frame: {"args":["second"]}
;; fire: 2x entry
;; frame: {"args":[7]}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"now":"first","kept":null,"len":-2,"eq":0}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"now":"second","kept":{"$error":"STALE"},"len":-5,"eq":-5}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"now":"second","kept":{"$error":"STALE"},"len":-5,"eq":-5}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"now":7,"kept":{"$error":"STALE"},"len":-5,"eq":-5}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":4,"rejected":0,"records":4,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1" "len" (func $len (param i64) (result i32)))
  (import "probe1" "eq" (func $eq (param i64 i64) (result i32)))
  (import "probe1.field" "now" (func $f_now (param i64)))
  (import "probe1.field" "kept" (func $f_kept (param i64)))
  (import "probe1.field" "len" (func $f_len (param i64)))
  (import "probe1.field" "eq" (func $f_eq (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (global $kept (mut i64) (i64.const 0xFFF8_0000_0000_0000))
  (func (export "fn:shop.cart.*:entry")
    (local $now i64)
    (local.set $now (call $arg0))
    (call $f_now (local.get $now))
    (call $f_kept (global.get $kept))
    (call $f_len (call $box (call $len (global.get $kept))))
    (call $f_eq (call $box (call $eq (global.get $kept) (local.get $now))))
    (drop (call $emit))
    (global.set $kept (local.get $now))))
