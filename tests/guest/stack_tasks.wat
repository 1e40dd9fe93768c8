;; Flag 4: behind the running task's own coroutine come the tasks that wait, each under its name; the loop's frames do not.
;; frame: {"module":"asyncio","qualname":"run"}
;; frame: {"module":"a","qualname":"main","task":"Task-1"}
;; frame: {"module":"a","qualname":"wait"}
;; frame: {"module":"a","qualname":"work","task":"Task-2","line":5}
;; frame: {"module":"a","qualname":"step"}
;; fire: entry
;; frame: {"module":"b","qualname":"alone","task":"Task-3"}
;; frame: {"module":"b","qualname":"in it"}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"without":{"$stack":["a.step","a.work","a.wait","a.main","asyncio.run"]},"with":{"$stack":["a.step","a.work","task:Task-1","a.wait","a.main"]},"cut at the root":{"$stack":["a.step","a.work"]},"cut at the task":{"$stack":["a.step","a.work","task:Task-1"]},"with lines":{"$stack":["a.step:0","a.work:5","task:Task-1","a.wait:0","a.main:0"]}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"without":{"$stack":["b.in it","b.alone","a.step","a.work","a.wait","a.main","asyncio.run"]},"with":{"$stack":["b.in it","b.alone","task:Task-2","a.step","a.work","task:Task-1","a.wait","a.main"]},"cut at the root":{"$stack":["b.in it","b.alone"]},"cut at the task":{"$stack":["b.in it","b.alone","task:Task-2"]},"with lines":{"$stack":["b.in it:0","b.alone:0","task:Task-2","a.step:0","a.work:5","task:Task-1","a.wait:0","a.main:0"]}}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":2,"faults":{},"drops":{}}
(module
  (import "probe1" "stack" (func $stack (param i32 i32) (result i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.field" "without" (func $f0 (param i64)))
  (import "probe1.field" "with" (func $f1 (param i64)))
  (import "probe1.field" "cut at the root" (func $f2 (param i64)))
  (import "probe1.field" "cut at the task" (func $f3 (param i64)))
  (import "probe1.field" "with lines" (func $f4 (param i64)))
  (func (export "fn:shop.cart.*:entry")
    (call $f0 (call $stack (i32.const 10) (i32.const 0)))
    (call $f1 (call $stack (i32.const 10) (i32.const 4)))
    (call $f2 (call $stack (i32.const 2) (i32.const 4)))
    (call $f3 (call $stack (i32.const 3) (i32.const 4)))
    (call $f4 (call $stack (i32.const 10) (i32.const 5)))
    (drop (call $emit))))
