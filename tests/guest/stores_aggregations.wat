;; Deviation of numbers; distinct and most frequent values, None and what is shown by its type among them.
;; frame: {"args":["a",2]}
;; fire: 3x entry
;; frame: {"args":["b",4]}
;; fire: entry
;; frame: {"args":[null,9]}
;; fire: 2x entry
;; frame: {"args":[{"$object":"shop.Cart","n":1},{"$float":"nan"}]}
;; fire: #values entry
;; frame: {"args":["0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",1]}
;; fire: #values entry
;; expect aggregation {"name":"spread","kind":"stddev","key":[],"value":{"count":6,"sum":27.999999999999996,"m2":59.33333333333334}}
;; expect aggregation {"name":"users","kind":"top","key":[],"value":[["a",3,0],[null,2,0],["b",1,0],[{"$type":"shop.Cart"},1,0],[{"$truncated":"bytes","total":121,"value":"012345678901234567890123456789012345678901234567890123456789012345678901234567890"},1,0]]}
;; expect aggregation {"name":"users","kind":"uniq","key":[],"value":5}
;; expect summary {"probe":"numbers","firings":6,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"values","firings":8,"rejected":0,"records":0,"faults":{},"drops":{}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "float" (func $float (param i64 f64) (result f64)))
  (import "probe1.stddev" "spread" (func $stddev (param i64 f64)))
  (import "probe1.uniq" "users" (func $uniq (param i64 i64)))
  (import "probe1.top" "users" (func $top (param i64 i64)))
  (func (export "fn:shop.cart.*:entry#numbers")
    (call $stddev (i64.const 0xFFF8_0000_0000_0000) (call $float (call $arg (i32.const 1)) (f64.const 0))))
  (func (export "fn:shop.cart.*:entry#values")
    (call $uniq (i64.const 0xFFF8_0000_0000_0000) (call $arg (i32.const 0)))
    (call $top (i64.const 0xFFF8_0000_0000_0000) (call $arg (i32.const 0)))))
