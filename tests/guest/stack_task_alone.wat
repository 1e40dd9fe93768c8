;; A task for which no other waits: flag 4 changes nothing.
;; frame: {"module":"asyncio","qualname":"run"}
;; frame: {"module":"b","qualname":"alone","task":"Task-3"}
;; frame: {"module":"b","qualname":"in it"}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"with":{"$stack":["b.in it","b.alone","asyncio.run"]}}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "stack" (func $stack (param i32 i32) (result i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.field" "with" (func $f0 (param i64)))
  (func (export "fn:shop.cart.*:entry")
    (call $f0 (call $stack (i32.const 10) (i32.const 4)))
    (drop (call $emit))))
