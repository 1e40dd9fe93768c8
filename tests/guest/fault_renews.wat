;; After a fault memory, globals and tables are as declared, fields not emitted are gone; aggregations stay.
;; frame: {"args":[false]}
;; fire: 2x entry
;; frame: {"args":[true]}
;; fire: entry
;; frame: {"args":[false]}
;; fire: 2x entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"global":1,"memory":101,"pages":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"global":2,"memory":102,"pages":1}}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"global":1,"memory":101,"pages":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"global":2,"memory":102,"pages":1}}
;; expect aggregation {"name":"fired","kind":"count","key":[],"value":5}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":5,"rejected":0,"records":4,"faults":{"trap":1},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1" "truthy" (func $truthy (param i64) (result i32)))
  (import "probe1.count" "fired" (func $count (param i64)))
  (import "probe1.field" "torn" (func $f_torn (param i64)))
  (import "probe1.field" "global" (func $f_global (param i64)))
  (import "probe1.field" "memory" (func $f_memory (param i64)))
  (import "probe1.field" "pages" (func $f_pages (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 1)
  (data (i32.const 8) "\64")
  (global $n (mut i32) (i32.const 0))
  (func (export "fn:shop.cart.*:entry")
    (call $count (i64.const 0xFFF8_0000_0000_0000))
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store8 (i32.const 8) (i32.add (i32.load8_u (i32.const 8)) (i32.const 1)))
    (if (call $truthy (call $arg0)) (then
      (call $f_torn (i64.const 0xFFF8_0000_0000_0003))
      (drop (memory.grow (i32.const 1)))
      (unreachable)))
    (call $f_global (call $box (global.get $n)))
    (call $f_memory (call $box (i32.load8_u (i32.const 8))))
    (call $f_pages (call $box (memory.size)))
    (drop (call $emit))))
