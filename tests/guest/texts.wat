;; Literals: any text, counted in code points, the same firing after firing.
;; fire: 2x entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"","len":0}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"plain","len":5}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"héllo 😀","len":7}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"with \"quotes\" and \\ and \n","len":25}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"$dollar","len":7}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"","len":0}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"plain","len":5}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"héllo 😀","len":7}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"with \"quotes\" and \\ and \n","len":25}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"text":"$dollar","len":7}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":10,"faults":{},"drops":{}}
(module
  (import "probe1.str" "" (func $s0 (result i64)))
  (import "probe1.str" "plain" (func $s1 (result i64)))
  (import "probe1.str" "héllo 😀" (func $s2 (result i64)))
  (import "probe1.str" "with \"quotes\" and \\ and \n" (func $s3 (result i64)))
  (import "probe1.str" "$dollar" (func $s4 (result i64)))
  (import "probe1" "len" (func $len (param i64) (result i32)))
  (import "probe1.field" "text" (func $f_text (param i64)))
  (import "probe1.field" "len" (func $f_len (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func $show (param $v i64) (call $f_text (local.get $v)) (call $f_len (call $box (call $len (local.get $v)))) (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry")
    (call $show (call $s0))
    (call $show (call $s1))
    (call $show (call $s2))
    (call $show (call $s3))
    (call $show (call $s4))
  ))
