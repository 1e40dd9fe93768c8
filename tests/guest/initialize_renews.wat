;; `_initialize` runs once for each instance; after a fault firings are skipped and counted until it is renewed.
;; frame: {"args":[false]}
;; fire: 2x entry
;; frame: {"args":[true]}
;; fire: entry
;; frame: {"args":[false]}
;; fire: 3x entry
;; renew
;; fire: 2x entry
;; renew
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":1,"state":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":2,"state":10}}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":1,"state":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":2,"state":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":3,"state":10}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":6,"rejected":0,"records":5,"faults":{"trap":1},"drops":{"renewing":3}}
;; expect summary {"probe":"other","firings":5,"rejected":5,"records":0,"faults":{},"drops":{"renewing":4}}
(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1" "truthy" (func $truthy (param i64) (result i32)))
  (import "probe1.field" "n" (func $f_n (param i64)))
  (import "probe1.field" "state" (func $f_state (param i64)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (global $started (mut i32) (i32.const 0))
  (global $fired (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $started (i32.add (global.get $started) (i32.const 10))))
  (func (export "fn:shop.cart.*:entry")
    (global.set $fired (i32.add (global.get $fired) (i32.const 1)))
    (if (call $truthy (call $arg0)) (then (unreachable)))
    (call $f_n (call $box (global.get $fired)))
    (call $f_state (call $box (global.get $started)))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry#other")))
