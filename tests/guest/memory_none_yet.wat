;; A memory without pages.
;; fire: entry
;; expect log {"probe":"fn:shop.cart.*:entry","level":"error","text":""}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":{"$error":"MEMORY"},"log0":0,"log1":-8}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "probe1.field.str" "text" (func $text (param i32 i32)))
  (import "probe1.field" "log0" (func $f_log0 (param i64)))
  (import "probe1.field" "log1" (func $f_log1 (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 0)
  (func (export "fn:shop.cart.*:entry")
    (call $text (i32.const 0) (i32.const 1))
    (call $f_log0 (call $box (call $log (i32.const 1) (i32.const 0) (i32.const 0))))
    (call $f_log1 (call $box (call $log (i32.const 1) (i32.const 0) (i32.const 1))))
    (drop (call $emit))))
