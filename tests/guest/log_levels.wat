;; Levels 1 to 5; the text is cut at `value_str_bytes_max` without splitting a character.
;; fire: entry
;; expect log {"probe":"fn:shop.cart.*:entry","level":"error","text":"hello"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"trace","text":"hello"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"warn","text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"minus":-9,"zero":-9,"one":0,"five":0,"six":-9,"long":0}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "probe1.field" "minus" (func $f_minus (param i64)))
  (import "probe1.field" "zero" (func $f_zero (param i64)))
  (import "probe1.field" "one" (func $f_one (param i64)))
  (import "probe1.field" "five" (func $f_five (param i64)))
  (import "probe1.field" "six" (func $f_six (param i64)))
  (import "probe1.field" "long" (func $f_long (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 1)
  (data (i32.const 0) "hello")
  (func (export "fn:shop.cart.*:entry")
    (call $f_minus (call $box (call $log (i32.const -1) (i32.const 0) (i32.const 5))))
    (call $f_zero (call $box (call $log (i32.const 0) (i32.const 0) (i32.const 5))))
    (call $f_one (call $box (call $log (i32.const 1) (i32.const 0) (i32.const 5))))
    (call $f_five (call $box (call $log (i32.const 5) (i32.const 0) (i32.const 5))))
    (call $f_six (call $box (call $log (i32.const 6) (i32.const 0) (i32.const 5))))
    (memory.fill (i32.const 100) (i32.const 0x78) (i32.const 1023))
    (i32.store16 (i32.const 1123) (i32.const 0xa9c3))
    (call $f_long (call $box (call $log (i32.const 2) (i32.const 100) (i32.const 1025))))
    (drop (call $emit))))
