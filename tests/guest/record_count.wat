;; The 17th record of a firing is dropped, said and counted; the next firing has its own sixteen.
;; fire: 2x entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{}}
;; expect aggregation {"name":"statuses","kind":"sum","key":[],"value":-44}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":32,"faults":{},"drops":{"per_fire":4}}
(module
  (import "probe1.sum" "statuses" (func $sum (param i64 f64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func (export "fn:shop.cart.*:entry") (local $i i32)
    (local.set $i (i32.const 18))
    (loop $n (call $sum (i64.const 0xFFF8_0000_0000_0000) (f64.convert_i32_s (call $emit)))
      (br_if $n (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))
