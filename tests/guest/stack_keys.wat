;; Counts by stack, alone and beside another value; one too deep for a key holds the innermost frames, marked.
;; frame: {"module":"m","qualname":"main","line":1}
;; frame: {"module":"m","qualname":"f","line":2}
;; fire: 2x entry
;; frame: {"module":"m","qualname":"g","line":3}
;; fire: entry
;; frame: {"module":"m","qualname":["a_long_name_",8],"line":4,"times":12}
;; fire: 2x entry
;; expect aggregation {"name":"by name and stack","kind":"sum","key":["name",{"$stack":["m.f","m.main"]}],"value":2}
;; expect aggregation {"name":"by name and stack","kind":"sum","key":["name",{"$stack":["m.g","m.f"]}],"value":1}
;; expect aggregation {"name":"by name and stack","kind":"sum","key":["name",{"$stack":["m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_","m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_"]}],"value":2}
;; expect aggregation {"name":"by stack","kind":"count","key":[{"$truncated":"budget","total":15,"value":{"$stack":["m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_:4","m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_:4","m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_:4","m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_:4","m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_:4","m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_:4","m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_:4","m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_:4","m.a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_:4"]}}],"value":2}
;; expect aggregation {"name":"by stack","kind":"count","key":[{"$stack":["m.f:2","m.main:1"]}],"value":2}
;; expect aggregation {"name":"by stack","kind":"count","key":[{"$stack":["m.g:3","m.f:2","m.main:1"]}],"value":1}
;; expect aggregation {"name":"different","kind":"uniq","key":[],"value":3}
;; expect aggregation {"name":"stacks","kind":"top","key":[],"value":[[{"$truncated":"budget","total":15,"value":{"$stack":[]}},2,0],[{"$stack":["m.f","m.main"]},2,0],[{"$stack":["m.g","m.f","m.main"]},1,0]]}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":5,"rejected":0,"records":0,"faults":{},"drops":{}}
(module
  (import "probe1" "stack" (func $stack (param i32 i32) (result i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.count" "by stack" (func $count (param i64)))
  (import "probe1.sum" "by name and stack" (func $sum (param i64 f64)))
  (import "probe1.top" "stacks" (func $top (param i64 i64)))
  (import "probe1.uniq" "different" (func $uniq (param i64 i64)))
  (import "probe1.str" "name" (func $name (result i64)))
  (import "probe1" "tuple2" (func $tuple2 (param i64 i64) (result i64)))
  (func (export "fn:shop.cart.*:entry")
    (call $count (call $stack (i32.const 20) (i32.const 1)))
    (call $sum (call $tuple2 (call $name) (call $stack (i32.const 2) (i32.const 0))) (f64.const 1))
    (call $uniq (i64.const 0xFFF8_0000_0000_0000) (call $stack (i32.const 20) (i32.const 0)))
    (call $top (i64.const 0xFFF8_0000_0000_0000) (call $stack (i32.const 20) (i32.const 0)))))
