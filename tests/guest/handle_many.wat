;; The 65 537th handle of a firing is LIMIT; the next firing starts anew.
;; budget: fuel_per_fire=2000000
;; frame: {"args":["text"]}
;; fire: 2x entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"first":"text","last":"text","beyond":{"$error":"LIMIT"},"int":5}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"first":"text","last":"text","beyond":{"$error":"LIMIT"},"int":5}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":2,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.field" "first" (func $f_first (param i64)))
  (import "probe1.field" "last" (func $f_last (param i64)))
  (import "probe1.field" "beyond" (func $f_beyond (param i64)))
  (import "probe1.field" "int" (func $f_int (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func (export "fn:shop.cart.*:entry")
    (local $i i32)
    (call $f_first (call $arg0))
    (local.set $i (i32.const 65534))
    (loop $next
      (drop (call $arg0))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $f_last (call $arg0))
    (call $f_beyond (call $arg0))
    (call $f_int (i64.const 0xFFF9_0000_0000_0005))
    (drop (call $emit))))
