;; What a firing knows, asked by function: the same as by path; calls and firings are numbered.
;; frame: {"line":42}
;; fire: entry
;; fire: return 1
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"pid":true,"tid":true,"line":42,"depth":0,"invocation":1,"firing is new":true,"firing stays":true,"thread_name":"MainThread","fn_name":"Cart.add","module_name":"shop.cart","file_name":"/srv/shop/cart.py"}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"pid":true,"tid":true,"line":42,"depth":0,"invocation":1,"firing is new":true,"firing stays":true,"thread_name":"MainThread","fn_name":"Cart.add","module_name":"shop.cart","file_name":"/srv/shop/cart.py"}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"pid":true,"tid":true,"line":42,"depth":0,"invocation":2,"firing is new":true,"firing stays":true,"thread_name":"MainThread","fn_name":"Cart.add","module_name":"shop.cart","file_name":"/srv/shop/cart.py"}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":2,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.cart.*:exit","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "pid" (func $pid (result i32)))
  (import "probe1" "tid" (func $tid (result i64)))
  (import "probe1" "line" (func $line (result i32)))
  (import "probe1" "depth" (func $depth (result i32)))
  (import "probe1" "invocation" (func $invocation (result i64)))
  (import "probe1" "firing" (func $firing (result i64)))
  (import "probe1" "thread_name" (func $thread_name (result i64)))
  (import "probe1" "fn_name" (func $fn_name (result i64)))
  (import "probe1" "module_name" (func $module_name (result i64)))
  (import "probe1" "file_name" (func $file_name (result i64)))
  (import "probe1" "int" (func $int (param i64 i64) (result i64)))
  (import "probe1.get" "$pid" (func $path_pid (result i64)))
  (import "probe1.get" "$tid" (func $path_tid (result i64)))
  (import "probe1.field" "pid" (func $f_pid (param i64)))
  (import "probe1.field" "tid" (func $f_tid (param i64)))
  (import "probe1.field" "line" (func $f_line (param i64)))
  (import "probe1.field" "depth" (func $f_depth (param i64)))
  (import "probe1.field" "invocation" (func $f_invocation (param i64)))
  (import "probe1.field" "firing is new" (func $f_new (param i64)))
  (import "probe1.field" "firing stays" (func $f_stays (param i64)))
  (import "probe1.field" "thread_name" (func $f_thread (param i64)))
  (import "probe1.field" "fn_name" (func $f_fn (param i64)))
  (import "probe1.field" "module_name" (func $f_module (param i64)))
  (import "probe1.field" "file_name" (func $f_file (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (global $last (mut i64) (i64.const 0))
  (func $box (param $n i64) (result i64)
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (local.get $n) (i64.const 0xFFFF_FFFF_FFFF))))
  (func $bool (param $b i32) (result i64) (i64.add (i64.const 0xFFF8_0000_0000_0002) (i64.extend_i32_u (local.get $b))))
  (func $all
    (call $f_pid (call $bool (i64.eq (i64.extend_i32_u (call $pid)) (call $int (call $path_pid) (i64.const -1)))))
    (call $f_tid (call $bool (i64.eq (call $tid) (call $int (call $path_tid) (i64.const -1)))))
    (call $f_line (call $box (i64.extend_i32_s (call $line))))
    (call $f_depth (call $box (i64.extend_i32_s (call $depth))))
    (call $f_invocation (call $box (call $invocation)))
    (call $f_new (call $bool (i64.gt_s (call $firing) (global.get $last))))
    (global.set $last (call $firing))
    (call $f_stays (call $bool (i64.eq (call $firing) (global.get $last))))
    (call $f_thread (call $thread_name))
    (call $f_fn (call $fn_name))
    (call $f_module (call $module_name))
    (call $f_file (call $file_name))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry") (call $all))
  (func (export "fn:shop.cart.*:exit") (call $all)))
