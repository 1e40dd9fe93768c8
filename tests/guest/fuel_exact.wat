;; Fuel is exact and the same on every machine: nothing, one import, a loop of a hundred.
;; show: fuel
;; frame: {"args":[1]}
;; fire: entry
;; expect summary {"probe":"import","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":22}
;; expect summary {"probe":"loop","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":503}
;; expect summary {"probe":"nothing","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":1}
;; expect summary {"probe":"status","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":2}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (func (export "fn:shop.cart.*:entry#nothing"))
  (func (export "fn:shop.cart.*:entry#status") (result i32) (i32.const 0))
  (func (export "fn:shop.cart.*:entry#import") (drop (call $arg0)))
  (func (export "fn:shop.cart.*:entry#loop") (local $i i32)
    (local.set $i (i32.const 100))
    (loop $n (br_if $n (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))
