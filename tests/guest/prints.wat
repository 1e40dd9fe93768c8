;; What is printed is what was counted since the last clear, highest first; a cleared key without a count is not shown.
;; frame: {}
;; fire: tick
;; fire: 3x #a entry
;; fire: 5x #b entry
;; fire: #n entry
;; fire: tick
;; fire: #b entry
;; fire: tick
;; fire: tick
;; fire: #a entry
;; expect print {"probe":"tick:1s","name":"calls","kind":"count","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"sizes","kind":"lquantize","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"spread","kind":"stddev","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"spread","kind":"min","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"who","kind":"top","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"who","kind":"uniq","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"calls","kind":"count","rows":[{"key":["b"],"value":5},{"key":["a"],"value":3},{"key":[],"value":1}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"sizes","kind":"lquantize","rows":[{"key":["b"],"value":{"count":5,"sum":60,"buckets":[[10,{"$float":"inf"},5]]}},{"key":["a"],"value":{"count":3,"sum":9,"buckets":[[0,5,3]]}}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"spread","kind":"stddev","rows":[{"key":["a"],"value":{"count":3,"sum":9,"m2":0}},{"key":["b"],"value":{"count":5,"sum":60,"m2":0}}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"spread","kind":"min","rows":[{"key":["a"],"value":3},{"key":["b"],"value":12}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"who","kind":"top","rows":[{"key":["b"],"value":[["b",5,0]]},{"key":["a"],"value":[["a",3,0]]}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"who","kind":"uniq","rows":[{"key":["b"],"value":1},{"key":["a"],"value":1}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"calls","kind":"count","rows":[{"key":["b"],"value":1}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"sizes","kind":"lquantize","rows":[{"key":["b"],"value":{"count":1,"sum":12,"buckets":[[10,{"$float":"inf"},1]]}}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"spread","kind":"stddev","rows":[{"key":["b"],"value":{"count":1,"sum":12,"m2":0}}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"spread","kind":"min","rows":[{"key":["b"],"value":12}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"who","kind":"top","rows":[{"key":["b"],"value":[["b",1,0]]}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"who","kind":"uniq","rows":[{"key":["b"],"value":1}],"left_off":0}
;; expect print {"probe":"tick:1s","name":"calls","kind":"count","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"sizes","kind":"lquantize","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"spread","kind":"stddev","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"spread","kind":"min","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"who","kind":"top","rows":[],"left_off":0}
;; expect print {"probe":"tick:1s","name":"who","kind":"uniq","rows":[],"left_off":0}
;; expect aggregation {"name":"calls","kind":"count","key":["a"],"value":1}
;; expect aggregation {"name":"sizes","kind":"lquantize","key":["a"],"value":{"count":1,"sum":3,"buckets":[[0,5,1]]}}
;; expect aggregation {"name":"spread","kind":"min","key":["a"],"value":3}
;; expect aggregation {"name":"spread","kind":"stddev","key":["a"],"value":{"count":1,"sum":3,"m2":0}}
;; expect aggregation {"name":"who","kind":"top","key":["a"],"value":[["a",1,0]]}
;; expect aggregation {"name":"who","kind":"uniq","key":["a"],"value":1}
;; expect summary {"probe":"a","firings":4,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"b","firings":6,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"n","firings":1,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"tick:1s","firings":4,"rejected":0,"records":24,"faults":{},"drops":{}}
(module
  (import "probe1.count" "calls" (func $count (param i64)))
  (import "probe1.lquantize" "sizes,0,10,5" (func $sizes (param i64 f64)))
  (import "probe1.stddev" "spread" (func $spread (param i64 f64)))
  (import "probe1.min" "spread" (func $least (param i64 f64)))
  (import "probe1.top" "who" (func $top (param i64 i64)))
  (import "probe1.uniq" "who" (func $uniq (param i64 i64)))
  (import "probe1.str" "a" (func $a (result i64)))
  (import "probe1.str" "b" (func $b (result i64)))
  (import "probe1.print" "calls" (func $p_calls (result i32)))
  (import "probe1.print" "sizes" (func $p_sizes (result i32)))
  (import "probe1.print" "spread" (func $p_spread (result i32)))
  (import "probe1.print" "who" (func $p_who (result i32)))
  (import "probe1.clear" "calls" (func $c_calls (result i32)))
  (import "probe1.clear" "sizes" (func $c_sizes (result i32)))
  (import "probe1.clear" "spread" (func $c_spread (result i32)))
  (import "probe1.clear" "who" (func $c_who (result i32)))
  (func $seen (param $k i64) (param $x f64)
    (call $count (local.get $k)) (call $sizes (local.get $k) (local.get $x)) (call $spread (local.get $k) (local.get $x))
    (call $least (local.get $k) (local.get $x)) (call $top (local.get $k) (local.get $k)) (call $uniq (local.get $k) (local.get $k)))
  (func (export "fn:shop.cart.*:entry#a") (call $seen (call $a) (f64.const 3)))
  (func (export "fn:shop.cart.*:entry#b") (call $seen (call $b) (f64.const 12)))
  (func (export "fn:shop.cart.*:entry#n") (call $count (i64.const 0xFFF8000000000000)))
  (func (export "tick:1s") (result i32)
    (drop (call $p_calls)) (drop (call $p_sizes)) (drop (call $p_spread)) (drop (call $p_who))
    (drop (call $c_calls)) (drop (call $c_sizes)) (drop (call $c_spread)) (call $c_who)))
