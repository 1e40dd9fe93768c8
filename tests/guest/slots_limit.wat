;; A copy over `slot_bytes_max` is -LIMIT and leaves what was kept; a second set replaces the first.
;; frame: {"args":["one",{"$map":[[1,{"$repeat":["a",1000]}],[2,{"$repeat":["b",1000]}],[3,{"$repeat":["c",1000]}],[4,{"$repeat":["d",1000]}],[5,{"$repeat":["e",1000]}]]},"two"]}
;; fire: entry
;; fire: return 1
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"unset":null,"a":0,"one":"one","b":-4,"still_one":"one","c":0,"two":"two"}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"two":"two"}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.cart.*:exit","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1.slot.set" "s" (func $set (param i64) (result i32)))
  (import "probe1.slot" "s" (func $get (result i64)))
  (import "probe1.field" "unset" (func $f_unset (param i64)))
  (import "probe1.field" "a" (func $f_a (param i64)))
  (import "probe1.field" "one" (func $f_one (param i64)))
  (import "probe1.field" "b" (func $f_b (param i64)))
  (import "probe1.field" "still_one" (func $f_still_one (param i64)))
  (import "probe1.field" "c" (func $f_c (param i64)))
  (import "probe1.field" "two" (func $f_two (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func (export "fn:shop.cart.*:entry")
    (call $f_unset (call $get))
    (call $f_a (call $box (call $set (call $arg (i32.const 0))))) (call $f_one (call $get))
    (call $f_b (call $box (call $set (call $arg (i32.const 1))))) (call $f_still_one (call $get))
    (call $f_c (call $box (call $set (call $arg (i32.const 2))))) (call $f_two (call $get))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:exit") (call $f_two (call $get)) (drop (call $emit))))
