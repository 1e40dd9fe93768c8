;; The first of each three; the others are not firings.
;; frame: {}
;; fire: 7x entry
;; expect aggregation {"name":"fired","kind":"count","key":[],"value":10}
;; expect summary {"probe":"each","firings":7,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"third","firings":3,"rejected":0,"records":0,"faults":{},"drops":{}}
(module
  (import "probe1.count" "fired" (func $count (param i64)))
  (func (export "fn:shop.cart.*:entry?every=3#third") (call $count (i64.const 0xFFF8_0000_0000_0000)))
  (func (export "fn:shop.cart.*:entry?every=1#each") (call $count (i64.const 0xFFF8_0000_0000_0000))))
