;; Each way a guest stops itself is a counted fault; the call and the other probes go on.
;; fire: #unreachable entry
;; fire: #load entry
;; fire: #store entry
;; fire: #fill entry
;; fire: #div entry
;; fire: #rem entry
;; fire: #trunc entry
;; fire: #null entry
;; fire: #missing entry
;; fire: #type entry
;; fire: #fine entry
;; expect fault {"probe":"unreachable","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"load","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"store","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fill","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"div","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"rem","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"trunc","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"null","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"missing","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"type","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect aggregation {"name":"alive","kind":"count","key":[],"value":1}
;; expect summary {"probe":"div","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"fill","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"fine","firings":1,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"load","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"missing","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"null","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"rem","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"store","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"trunc","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"type","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"unreachable","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
(module
  (import "probe1.count" "alive" (func $count (param i64)))
  (type $unit (func)) (type $int (func (result i32)))
  (table 3 3 funcref)
  (elem (i32.const 0) $nothing)
  (memory (export "memory") 1)
  (func $nothing)
  (func (export "fn:shop.cart.*:entry#unreachable") 
    (unreachable))
  (func (export "fn:shop.cart.*:entry#load") 
    (drop (i64.load (i32.const 65529))))
  (func (export "fn:shop.cart.*:entry#store") 
    (i32.store8 (i32.const -1) (i32.const 0)))
  (func (export "fn:shop.cart.*:entry#fill") 
    (memory.fill (i32.const 65530) (i32.const 0) (i32.const 7)))
  (func (export "fn:shop.cart.*:entry#div") 
    (drop (i32.div_s (i32.const 1) (i32.const 0))))
  (func (export "fn:shop.cart.*:entry#rem") 
    (drop (i64.rem_u (i64.const 1) (i64.const 0))))
  (func (export "fn:shop.cart.*:entry#trunc") 
    (drop (i32.trunc_f64_s (f64.const nan))))
  (func (export "fn:shop.cart.*:entry#null") 
    (call_indirect (type $unit) (i32.const 1)))
  (func (export "fn:shop.cart.*:entry#missing") 
    (call_indirect (type $unit) (i32.const 3)))
  (func (export "fn:shop.cart.*:entry#type") 
    (drop (call_indirect (type $int) (i32.const 0))))
  (func (export "fn:shop.cart.*:entry#fine") 
    (call $count (i64.const 0xFFF8_0000_0000_0000))))
