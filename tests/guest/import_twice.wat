;; One import under two names is one import.
;; frame: {}
;; fire: entry
;; expect aggregation {"name":"calls","kind":"count","key":[5e-324],"value":2}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":0,"faults":{},"drops":{}}
(module
  (import "probe1.count" "calls" (func $once (param i64)))
  (import "probe1.count" "calls" (func $again (param i64)))
  (func (export "fn:shop.cart.*:entry")
    (call $once (i64.const 1))
    (call $again (i64.const 1))))
