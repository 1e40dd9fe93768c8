;; While `_initialize` runs there is no call: neither that of whoever loads nor one that is interrupted. It may log, count and keep.
;; loader: {"args":[1,2],"locals":{"x":1},"globals":{"x":1}}
;; frame: {"args":[3,4],"locals":{"x":1},"globals":{"x":1}}
;; request: begin
;; fire: entry
;; renew
;; fire: entry
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"0"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"None"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"None"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"None"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"None"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"from the map":7}}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"0"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"None"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"None"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-1"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"None"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"None"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"-7"}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"from the map":7}}
;; expect fault {"probe":"fn:shop.cart.*:entry","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect aggregation {"name":"starts","kind":"count","key":[],"value":2}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":2,"faults":{"trap":2},"drops":{}}
(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.get" "arg0" (func $get_arg0 (result i64)))
  (import "probe1.get" "self" (func $get_self (result i64)))
  (import "probe1.get" "args" (func $get_args (result i64)))
  (import "probe1.get" "kwargs" (func $get_kwargs (result i64)))
  (import "probe1.get" "locals" (func $get_locals (result i64)))
  (import "probe1.get" "globals" (func $get_globals (result i64)))
  (import "probe1.get" "global.x" (func $get_global_x (result i64)))
  (import "probe1.get" "retval" (func $get_retval (result i64)))
  (import "probe1.get" "exception" (func $get_exception (result i64)))
  (import "probe1.get" "exc.message" (func $get_exc (result i64)))
  (import "probe1.get" "$fn" (func $get_fn (result i64)))
  (import "probe1.get" "$line" (func $get_line (result i64)))
  (import "probe1.get" "$depth" (func $get_depth (result i64)))
  (import "probe1.get" "$elapsed" (func $get_elapsed (result i64)))
  (import "probe1.slot" "s" (func $slot (result i64)))
  (import "probe1.slot.set" "s" (func $slot_set (param i64) (result i32)))
  (import "probe1.req" "r" (func $req (result i64)))
  (import "probe1.req.set" "r" (func $req_set (param i64) (result i32)))
  (import "probe1.req.add" "r" (func $req_add (param i64) (result i64)))
  (import "probe1" "request" (func $request (result i64)))
  (import "probe1" "task" (func $task (result i64)))
  (import "probe1" "nargs" (func $nargs (result i32)))
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "line" (func $line (result i32)))
  (import "probe1" "depth" (func $depth (result i32)))
  (import "probe1" "get" (func $get (param i32 i32) (result i64)))
  (import "probe1" "emit_msgpack" (func $emit_msgpack (param i32 i32) (result i32)))
  (import "probe1" "log_value" (func $log (param i32 i64) (result i32)))
  (import "probe1.count" "starts" (func $count (param i64)))
  (import "probe1.map.set" "m" (func $map_set (param i64 i64) (result i32)))
  (import "probe1.map.get" "m" (func $map_get (param i64) (result i64)))
  (import "probe1.field" "from the map" (func $f_map (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "locals\80")
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func $say (param $v i64) ;; an error as its code below zero
    (if (i64.eq (i64.shr_u (local.get $v) (i64.const 48)) (i64.const 0xFFFB))
      (then (local.set $v (call $box (i32.sub (i32.const 0) (i32.wrap_i64 (local.get $v)))))))
    (drop (call $log (i32.const 3) (local.get $v))))
  (func (export "_initialize")
    (call $say (call $get_arg0))
    (call $say (call $get_self))
    (call $say (call $get_args))
    (call $say (call $get_kwargs))
    (call $say (call $get_locals))
    (call $say (call $get_globals))
    (call $say (call $get_global_x))
    (call $say (call $get_retval))
    (call $say (call $get_exception))
    (call $say (call $get_exc))
    (call $say (call $get_fn))
    (call $say (call $get_line))
    (call $say (call $get_depth))
    (call $say (call $get_elapsed))
    (call $say (call $arg (i32.const 0)))
    (call $say (call $arg (i32.const -1)))
    (call $say (call $get (i32.const 0) (i32.const 6)))
    (call $say (call $box (call $nargs)))
    (call $say (call $box (call $line)))
    (call $say (call $box (call $depth)))
    (call $say (call $slot))
    (call $say (call $box (call $slot_set (i64.const 0))))
    (call $say (call $req))
    (call $say (call $box (call $req_set (i64.const 0))))
    (call $say (call $req_add (i64.const 0)))
    (call $say (call $request))
    (call $say (call $task))
    (call $f_map (i64.const 0))
    (call $say (call $box (call $emit)))
    (call $say (call $box (call $emit_msgpack (i32.const 6) (i32.const 1))))
    (call $count (i64.const 0xFFF8_0000_0000_0000))
    (drop (call $map_set (call $box (i32.const 1)) (call $box (i32.const 7)))))
  (func (export "fn:shop.cart.*:entry")
    (call $f_map (call $map_get (call $box (i32.const 1))))
    (drop (call $emit))
    (unreachable)))
