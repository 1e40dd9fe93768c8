;; A field that does not fit its record is shown as cut, and counted; small ones after it still fit.
;; budget: record_bytes_max=256 value_str_bytes_max=120
;; frame: {"args":[{"$repeat":["a",100]},{"$repeat":["b",100]},{"$repeat":["c",100]},7]}
;; fire: entry
;; frame: {"args":[[{"$repeat":["a",100]},{"$repeat":["b",100]},{"$repeat":["c",100]}],1,2,3]}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"arg0":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","arg1":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","arg2":{"$truncated":"budget","total":null,"value":{"$type":""}},"arg3":7,"end":null}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"arg0":{"$truncated":"budget","total":3,"value":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]},"arg1":1,"arg2":2}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":2,"faults":{},"drops":{"fields":6}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.field" "arg0" (func $f0 (param i64)))
  (import "probe1.get" "arg1" (func $arg1 (result i64)))
  (import "probe1.field" "arg1" (func $f1 (param i64)))
  (import "probe1.get" "arg2" (func $arg2 (result i64)))
  (import "probe1.field" "arg2" (func $f2 (param i64)))
  (import "probe1.get" "arg3" (func $arg3 (result i64)))
  (import "probe1.field" "arg3" (func $f3 (param i64)))
  (import "probe1.field.str" "text" (func $text (param i32 i32)))
  (import "probe1.field" "end" (func $end (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (memory (export "memory") 1)
  (func (export "fn:shop.cart.*:entry")
    (call $f0 (call $arg0)) (call $f1 (call $arg1)) (call $f2 (call $arg2)) (call $f3 (call $arg3))
    (memory.fill (i32.const 0) (i32.const 0x74) (i32.const 200))
    (call $text (i32.const 0) (i32.const 200))
    (call $end (i64.const 0xFFF8_0000_0000_0000))
    (drop (call $emit))))
