;; Without a call there is nothing of one to read, whatever frame and request the interpreter is in; the rest works.
;; frame: {"args":[7],"line":42,"globals":{"G":1}}
;; request: begin
;; fire: begin
;; fire: entry
;; fire: tick
;; fire: end
;; expect record {"probe":"begin","point":"begin","fields":{"reads":{"$error":"POINT"},"numbers":-1,"context":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"reads":7}}
;; expect record {"probe":"tick:5s","point":"tick","fields":{"reads":{"$error":"POINT"},"numbers":-1,"context":1}}
;; expect record {"probe":"end","point":"end","fields":{"reads":{"$error":"POINT"},"numbers":-1,"context":1}}
;; expect summary {"probe":"begin","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"end","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"tick:5s","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1.get" "arg0" (func $arg0 (result i64)))
  (import "probe1.get" "args" (func $args (result i64)))
  (import "probe1.get" "x" (func $local (result i64)))
  (import "probe1.get" "global.G" (func $global (result i64)))
  (import "probe1.get" "retval" (func $retval (result i64)))
  (import "probe1.get" "exc.type" (func $exc (result i64)))
  (import "probe1.get" "$fn" (func $fn (result i64)))
  (import "probe1.get" "$line" (func $line_path (result i64)))
  (import "probe1.get" "$depth" (func $depth_path (result i64)))
  (import "probe1.get" "$request" (func $request (result i64)))
  (import "probe1.get" "$task" (func $task (result i64)))
  (import "probe1.get" "$elapsed" (func $elapsed (result i64)))
  (import "probe1.get" "$thread" (func $thread (result i64)))
  (import "probe1.req" "k" (func $req (result i64)))
  (import "probe1.req.set" "k" (func $req_set (param i64) (result i32)))
  (import "probe1.slot.set" "k" (func $slot_set (param i64) (result i32)))
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "nargs" (func $nargs (result i32)))
  (import "probe1" "line" (func $line (result i32)))
  (import "probe1" "depth" (func $depth (result i32)))
  (import "probe1" "stack" (func $stack (param i32 i32) (result i64)))
  (import "probe1" "exception" (func $exception (result i64)))
  (import "probe1" "speculate" (func $speculate (result i32)))
  (import "probe1" "int_new" (func $int (param i64) (result i64)))
  (import "probe1" "now_mono" (func $now (result i64)))
  (import "probe1.field" "reads" (func $f_reads (param i64)))
  (import "probe1.field" "numbers" (func $f_numbers (param i64)))
  (import "probe1.field" "context" (func $f_context (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $n (param $n i32) (result i64) (call $int (i64.extend_i32_s (local.get $n))))
  (func $reads
    (call $f_reads (call $arg0)) (call $f_reads (call $args)) (call $f_reads (call $local)) (call $f_reads (call $global))
    (call $f_reads (call $retval)) (call $f_reads (call $exc)) (call $f_reads (call $fn)) (call $f_reads (call $line_path))
    (call $f_reads (call $depth_path)) (call $f_reads (call $arg (i32.const 0))) (call $f_reads (call $exception))
    (call $f_reads (call $stack (i32.const 4) (i32.const 0))))
  (func $all
    (call $reads)
    (call $f_numbers (call $n (call $nargs))) (call $f_numbers (call $n (call $line))) (call $f_numbers (call $n (call $depth)))
    (call $f_numbers (call $n (call $req_set (call $n (i32.const 1))))) (call $f_numbers (call $n (call $slot_set (call $n (i32.const 1)))))
    (call $f_numbers (call $n (call $speculate)))
    (call $f_context (call $request)) (call $f_context (call $task)) (call $f_context (call $elapsed)) (call $f_context (call $req))
    (call $f_context (call $thread)) (call $f_context (call $n (i64.gt_s (call $now) (i64.const 0))))
    (drop (call $emit)))
  (func (export "begin") (call $all))
  (func (export "fn:shop.cart.*:entry") (call $f_reads (call $arg0)) (drop (call $emit)))
  (func (export "tick:5s") (call $all))
  (func (export "end") (call $all)))
