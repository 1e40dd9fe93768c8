;; What each keeps of 3, -1.5, 0, 1e300, infinities and NaN; by one key and by none.
;; frame: {"args":[3]}
;; fire: #plain entry
;; frame: {"args":[-1.5]}
;; fire: #plain entry
;; frame: {"args":[0]}
;; fire: #plain entry
;; frame: {"args":[2.5]}
;; fire: #plain entry
;; frame: {"args":[1e300]}
;; fire: #odd entry
;; frame: {"args":[{"$float":"inf"}]}
;; fire: #odd entry
;; frame: {"args":[{"$float":"nan"}]}
;; fire: #nan entry
;; frame: {"args":[{"$float":"inf"}]}
;; fire: #inf entry
;; frame: {"args":[{"$float":"-inf"}]}
;; fire: #inf entry
;; expect aggregation {"name":"inf","kind":"avg","key":[],"value":{"count":2,"sum":{"$float":"nan"}}}
;; expect aggregation {"name":"inf","kind":"lquantize","key":[],"value":{"count":2,"sum":{"$float":"nan"},"buckets":[[{"$float":"-inf"},-2,1],[4,{"$float":"inf"},1]]}}
;; expect aggregation {"name":"inf","kind":"max","key":[],"value":{"$float":"inf"}}
;; expect aggregation {"name":"inf","kind":"min","key":[],"value":{"$float":"-inf"}}
;; expect aggregation {"name":"inf","kind":"quantize","key":[],"value":{"count":2,"sum":{"$float":"nan"},"buckets":[[{"$float":"-inf"},-4.611686018427388e+18,1],[4.611686018427388e+18,{"$float":"inf"},1]]}}
;; expect aggregation {"name":"inf","kind":"sum","key":[],"value":{"$float":"nan"}}
;; expect aggregation {"name":"nan","kind":"avg","key":[],"value":{"count":1,"sum":{"$float":"nan"}}}
;; expect aggregation {"name":"nan","kind":"lquantize","key":[],"value":{"count":1,"sum":{"$float":"nan"},"buckets":[]}}
;; expect aggregation {"name":"nan","kind":"max","key":[],"value":{"$float":"-inf"}}
;; expect aggregation {"name":"nan","kind":"min","key":[],"value":{"$float":"inf"}}
;; expect aggregation {"name":"nan","kind":"quantize","key":[],"value":{"count":1,"sum":{"$float":"nan"},"buckets":[]}}
;; expect aggregation {"name":"nan","kind":"sum","key":[],"value":{"$float":"nan"}}
;; expect aggregation {"name":"odd","kind":"avg","key":[],"value":{"count":2,"sum":{"$float":"inf"}}}
;; expect aggregation {"name":"odd","kind":"lquantize","key":[],"value":{"count":2,"sum":{"$float":"inf"},"buckets":[[4,{"$float":"inf"},2]]}}
;; expect aggregation {"name":"odd","kind":"max","key":[],"value":{"$float":"inf"}}
;; expect aggregation {"name":"odd","kind":"min","key":[],"value":1e+300}
;; expect aggregation {"name":"odd","kind":"quantize","key":[],"value":{"count":2,"sum":{"$float":"inf"},"buckets":[[4.611686018427388e+18,{"$float":"inf"},2]]}}
;; expect aggregation {"name":"odd","kind":"sum","key":[],"value":{"$float":"inf"}}
;; expect aggregation {"name":"plain","kind":"avg","key":[],"value":{"count":4,"sum":4}}
;; expect aggregation {"name":"plain","kind":"count","key":[],"value":4}
;; expect aggregation {"name":"plain","kind":"lquantize","key":[],"value":{"count":4,"sum":4,"buckets":[[-2,0,1],[0,2,1],[2,4,2]]}}
;; expect aggregation {"name":"plain","kind":"max","key":[],"value":3}
;; expect aggregation {"name":"plain","kind":"min","key":[],"value":-1.5}
;; expect aggregation {"name":"plain","kind":"quantize","key":[],"value":{"count":4,"sum":4,"buckets":[[-2,-1,1],[0,1,1],[2,4,2]]}}
;; expect aggregation {"name":"plain","kind":"sum","key":[],"value":4}
;; expect summary {"probe":"inf","firings":2,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"nan","firings":1,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"odd","firings":2,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"plain","firings":4,"rejected":0,"records":0,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1" "float" (func $float (param i64 f64) (result f64)))
  (import "probe1.sum" "plain" (func $_plain_sum (param i64 f64)))
  (import "probe1.min" "plain" (func $_plain_min (param i64 f64)))
  (import "probe1.max" "plain" (func $_plain_max (param i64 f64)))
  (import "probe1.avg" "plain" (func $_plain_avg (param i64 f64)))
  (import "probe1.quantize" "plain" (func $_plain_quantize (param i64 f64)))
  (import "probe1.lquantize" "plain,-2,4,2" (func $_plain_lquantize (param i64 f64)))
  (import "probe1.sum" "odd" (func $_odd_sum (param i64 f64)))
  (import "probe1.min" "odd" (func $_odd_min (param i64 f64)))
  (import "probe1.max" "odd" (func $_odd_max (param i64 f64)))
  (import "probe1.avg" "odd" (func $_odd_avg (param i64 f64)))
  (import "probe1.quantize" "odd" (func $_odd_quantize (param i64 f64)))
  (import "probe1.lquantize" "odd,-2,4,2" (func $_odd_lquantize (param i64 f64)))
  (import "probe1.sum" "nan" (func $_nan_sum (param i64 f64)))
  (import "probe1.min" "nan" (func $_nan_min (param i64 f64)))
  (import "probe1.max" "nan" (func $_nan_max (param i64 f64)))
  (import "probe1.avg" "nan" (func $_nan_avg (param i64 f64)))
  (import "probe1.quantize" "nan" (func $_nan_quantize (param i64 f64)))
  (import "probe1.lquantize" "nan,-2,4,2" (func $_nan_lquantize (param i64 f64)))
  (import "probe1.sum" "inf" (func $_inf_sum (param i64 f64)))
  (import "probe1.min" "inf" (func $_inf_min (param i64 f64)))
  (import "probe1.max" "inf" (func $_inf_max (param i64 f64)))
  (import "probe1.avg" "inf" (func $_inf_avg (param i64 f64)))
  (import "probe1.quantize" "inf" (func $_inf_quantize (param i64 f64)))
  (import "probe1.lquantize" "inf,-2,4,2" (func $_inf_lquantize (param i64 f64)))
  (import "probe1.count" "plain" (func $count (param i64)))
  (func (export "fn:shop.cart.*:entry#plain") (local $x f64)
    (local.set $x (call $float (call $arg0) (f64.const 0)))
    (call $_plain_sum (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_plain_min (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_plain_max (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_plain_avg (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_plain_quantize (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_plain_lquantize (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $count (i64.const 0xFFF8_0000_0000_0000)))
  (func (export "fn:shop.cart.*:entry#odd") (local $x f64)
    (local.set $x (call $float (call $arg0) (f64.const 0)))
    (call $_odd_sum (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_odd_min (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_odd_max (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_odd_avg (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_odd_quantize (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_odd_lquantize (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
)
  (func (export "fn:shop.cart.*:entry#nan") (local $x f64)
    (local.set $x (call $float (call $arg0) (f64.const 0)))
    (call $_nan_sum (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_nan_min (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_nan_max (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_nan_avg (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_nan_quantize (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_nan_lquantize (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
)
  (func (export "fn:shop.cart.*:entry#inf") (local $x f64)
    (local.set $x (call $float (call $arg0) (f64.const 0)))
    (call $_inf_sum (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_inf_min (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_inf_max (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_inf_avg (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_inf_quantize (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
    (call $_inf_lquantize (i64.const 0xFFF8_0000_0000_0000) (local.get $x))
)
)
