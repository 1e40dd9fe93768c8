;; Without a call there is nothing of one to read, whatever frame and request the interpreter is in; the rest works.
;; frame: {"args":[7],"line":42,"globals":{"G":1}}
;; request: begin
;; fire: begin
;; fire: entry
;; fire: tick
;; fire: end
;; expect record {"probe":"begin","point":"begin","fields":{"arg0":{"$error":"POINT"},"args":{"$error":"POINT"},"x":{"$error":"POINT"},"global":{"$error":"POINT"},"retval":{"$error":"POINT"},"exc.type":{"$error":"POINT"},"$$fn":{"$error":"POINT"},"$$line":{"$error":"POINT"},"$$depth":{"$error":"POINT"},"arg":{"$error":"POINT"},"exception":{"$error":"POINT"},"stack":{"$error":"POINT"},"nargs":0,"line":-7,"depth":-7,"req.set":-1,"slot.set":-7,"speculate":-1,"request":null,"task":null,"elapsed":-1,"req":null,"thread":"MainThread","now":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"arg0":7}}
;; expect record {"probe":"tick:5s","point":"tick","fields":{"arg0":{"$error":"POINT"},"args":{"$error":"POINT"},"x":{"$error":"POINT"},"global":{"$error":"POINT"},"retval":{"$error":"POINT"},"exc.type":{"$error":"POINT"},"$$fn":{"$error":"POINT"},"$$line":{"$error":"POINT"},"$$depth":{"$error":"POINT"},"arg":{"$error":"POINT"},"exception":{"$error":"POINT"},"stack":{"$error":"POINT"},"nargs":0,"line":-7,"depth":-7,"req.set":-1,"slot.set":-7,"speculate":-1,"request":null,"task":null,"elapsed":-1,"req":null,"thread":"MainThread","now":1}}
;; expect record {"probe":"end","point":"end","fields":{"arg0":{"$error":"POINT"},"args":{"$error":"POINT"},"x":{"$error":"POINT"},"global":{"$error":"POINT"},"retval":{"$error":"POINT"},"exc.type":{"$error":"POINT"},"$$fn":{"$error":"POINT"},"$$line":{"$error":"POINT"},"$$depth":{"$error":"POINT"},"arg":{"$error":"POINT"},"exception":{"$error":"POINT"},"stack":{"$error":"POINT"},"nargs":0,"line":-7,"depth":-7,"req.set":-1,"slot.set":-7,"speculate":-1,"request":null,"task":null,"elapsed":-1,"req":null,"thread":"MainThread","now":1}}
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
  (import "probe1.field" "arg0" (func $f_arg0 (param i64)))
  (import "probe1.field" "args" (func $f_args (param i64)))
  (import "probe1.field" "x" (func $f_x (param i64)))
  (import "probe1.field" "global" (func $f_global (param i64)))
  (import "probe1.field" "retval" (func $f_retval (param i64)))
  (import "probe1.field" "exc.type" (func $f_exc_type (param i64)))
  (import "probe1.field" "$fn" (func $f_of_fn (param i64)))
  (import "probe1.field" "$line" (func $f_of_line (param i64)))
  (import "probe1.field" "$depth" (func $f_of_depth (param i64)))
  (import "probe1.field" "arg" (func $f_arg (param i64)))
  (import "probe1.field" "exception" (func $f_exception (param i64)))
  (import "probe1.field" "stack" (func $f_stack (param i64)))
  (import "probe1.field" "nargs" (func $f_nargs (param i64)))
  (import "probe1.field" "line" (func $f_line (param i64)))
  (import "probe1.field" "depth" (func $f_depth (param i64)))
  (import "probe1.field" "req.set" (func $f_req_set (param i64)))
  (import "probe1.field" "slot.set" (func $f_slot_set (param i64)))
  (import "probe1.field" "speculate" (func $f_speculate (param i64)))
  (import "probe1.field" "request" (func $f_request (param i64)))
  (import "probe1.field" "task" (func $f_task (param i64)))
  (import "probe1.field" "elapsed" (func $f_elapsed (param i64)))
  (import "probe1.field" "req" (func $f_req (param i64)))
  (import "probe1.field" "thread" (func $f_thread (param i64)))
  (import "probe1.field" "now" (func $f_now (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $n (param $n i32) (result i64) (call $int (i64.extend_i32_s (local.get $n))))
  (func $reads
    (call $f_arg0 (call $arg0)) (call $f_args (call $args)) (call $f_x (call $local)) (call $f_global (call $global))
    (call $f_retval (call $retval)) (call $f_exc_type (call $exc)) (call $f_of_fn (call $fn)) (call $f_of_line (call $line_path))
    (call $f_of_depth (call $depth_path)) (call $f_arg (call $arg (i32.const 0))) (call $f_exception (call $exception))
    (call $f_stack (call $stack (i32.const 4) (i32.const 0))))
  (func $all
    (call $reads)
    (call $f_nargs (call $n (call $nargs))) (call $f_line (call $n (call $line))) (call $f_depth (call $n (call $depth)))
    (call $f_req_set (call $n (call $req_set (call $n (i32.const 1))))) (call $f_slot_set (call $n (call $slot_set (call $n (i32.const 1)))))
    (call $f_speculate (call $n (call $speculate)))
    (call $f_request (call $request)) (call $f_task (call $task)) (call $f_elapsed (call $elapsed)) (call $f_req (call $req))
    (call $f_thread (call $thread)) (call $f_now (call $n (i64.gt_s (call $now) (i64.const 0))))
    (drop (call $emit)))
  (func (export "begin") (call $all))
  (func (export "fn:shop.cart.*:entry") (call $f_arg0 (call $arg0)) (drop (call $emit)))
  (func (export "tick:5s") (call $all))
  (func (export "end") (call $all)))
