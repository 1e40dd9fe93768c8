;; frame: {"args":[{"$repeat":["x",9000]},9223372036854775807]}
;; budget: value_str_bytes_max=1024
;; request: begin
;; fire: entry
;; fire: entry
;; expect record {"probe":"fn:shop.f:entry","point":"entry","fields":{"set":0,"cut":{"$truncated":"bytes","total":9000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},"text plus one":{"$error":"KIND"},"sum":{"$int":"9223372036854775807"},"kept":{"$int":"9223372036854775807"},"stale":{"$error":"STALE"}}}
;; expect record {"probe":"fn:shop.f:entry","point":"entry","fields":{"set":0,"cut":{"$truncated":"bytes","total":9000,"value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},"text plus one":{"$error":"KIND"},"sum":{"$error":"RANGE"},"kept":{"$int":"9223372036854775807"},"stale":{"$error":"STALE"}}}
;; expect summary {"probe":"fn:shop.f:entry","firings":2,"rejected":0,"records":2,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $long (result i64)))
  (import "probe1.get" "arg1" (func $most (result i64)))
  (import "probe1.req.set" "a" (func $a (param i64) (result i32)))
  (import "probe1.req" "a" (func $get_a (result i64)))
  (import "probe1.req.add" "a" (func $add_a (param i64) (result i64)))
  (import "probe1.req.add" "n" (func $add (param i64) (result i64)))
  (import "probe1.req" "n" (func $n (result i64)))
  (import "probe1.field" "set" (func $set (param i64)))
  (import "probe1.field" "cut" (func $cut (param i64)))
  (import "probe1.field" "text plus one" (func $text (param i64)))
  (import "probe1.field" "sum" (func $sum (param i64)))
  (import "probe1.field" "kept" (func $kept (param i64)))
  (import "probe1.field" "stale" (func $stale (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $int (param i32) (result i64)
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get 0)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func (export "fn:shop.f:entry")
    (call $set (call $int (call $a (call $long))))
    (call $cut (call $get_a))
    (call $text (call $add_a (call $int (i32.const 1))))
    (call $sum (call $add (call $most)))
    (call $kept (call $n))
    ;; A handle that nobody gave out: kept as the error it is.
    (drop (call $a (i64.const 0xFFFA_0500_00FF_1234)))
    (call $stale (call $get_a))
    (drop (call $emit))))
