;; What `kind int float truthy len` say of each scalar; an int as a float shows all its bits.
;; frame: {"args":[null,true,false,0,-1,140737488355327,140737488355328,-140737488355328,-140737488355329,{"$int":"9223372036854775807"},{"$int":"-9223372036854775808"},{"$int":"9223372036854775808"},{"$int":"-36893488147419103232"},0.0,-0.0]}
;; fire: entry
;; frame: {"args":[1.5,-3.0,1e300,9223372036854774784.0,9223372036854775808.0,-9223372036854775808.0,{"$float":"nan"},{"$float":"inf"},{"$float":"-inf"},5e-324,"","a","0","héllo 😀",{"$bytes":""}]}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":null,"kind":0,"int":-7.0,"float":-7.5,"truthy":0,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":true,"kind":1,"int":1.0,"float":1.0,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":false,"kind":1,"int":0.0,"float":0.0,"truthy":0,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":0,"kind":2,"int":0.0,"float":0.0,"truthy":0,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":-1,"kind":2,"int":-1.0,"float":-1.0,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":140737488355327,"kind":2,"int":140737488355327.0,"float":140737488355327.0,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":140737488355328,"kind":2,"int":140737488355328.0,"float":140737488355328.0,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":-140737488355328,"kind":2,"int":-140737488355328.0,"float":-140737488355328.0,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":-140737488355329,"kind":2,"int":-140737488355329.0,"float":-140737488355329.0,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$int":"9223372036854775807"},"kind":2,"int":9.223372036854776e+18,"float":9.223372036854776e+18,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$int":"-9223372036854775808"},"kind":2,"int":-9.223372036854776e+18,"float":-9.223372036854776e+18,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$int":"9223372036854775808"},"kind":2,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$int":"-36893488147419103232"},"kind":2,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":0.0,"kind":3,"int":0.0,"float":0.0,"truthy":0,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":-0.0,"kind":3,"int":0.0,"float":-0.0,"truthy":0,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":1.5,"kind":3,"int":-7.0,"float":1.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":-3.0,"kind":3,"int":-3.0,"float":-3.0,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":1e+300,"kind":3,"int":-7.0,"float":1e+300,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":9.223372036854776e+18,"kind":3,"int":9.223372036854776e+18,"float":9.223372036854776e+18,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":9.223372036854776e+18,"kind":3,"int":-7.0,"float":9.223372036854776e+18,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":-9.223372036854776e+18,"kind":3,"int":-9.223372036854776e+18,"float":-9.223372036854776e+18,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$float":"nan"},"kind":3,"int":-7.0,"float":{"$float":"nan"},"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$float":"inf"},"kind":3,"int":-7.0,"float":{"$float":"inf"},"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$float":"-inf"},"kind":3,"int":-7.0,"float":{"$float":"-inf"},"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":5e-324,"kind":3,"int":-7.0,"float":5e-324,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":"","kind":4,"int":-7.0,"float":-7.5,"truthy":0,"len":0}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":"a","kind":4,"int":-7.0,"float":-7.5,"truthy":1,"len":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":"0","kind":4,"int":-7.0,"float":-7.5,"truthy":1,"len":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":"héllo 😀","kind":4,"int":-7.0,"float":-7.5,"truthy":1,"len":7}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$bytes":""},"kind":5,"int":-7.0,"float":-7.5,"truthy":0,"len":0}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":30,"faults":{},"drops":{}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "nargs" (func $nargs (result i32)))
  (import "probe1" "kind" (func $kind (param i64) (result i32)))
  (import "probe1" "int" (func $int (param i64 i64) (result i64)))
  (import "probe1" "float" (func $float (param i64 f64) (result f64)))
  (import "probe1" "truthy" (func $truthy (param i64) (result i32)))
  (import "probe1" "len" (func $len (param i64) (result i32)))
  (import "probe1.slot.set" "int" (func $keep (param i64) (result i32)))
  (import "probe1.field" "v" (func $f_v (param i64)))
  (import "probe1.field" "kind" (func $f_kind (param i64)))
  (import "probe1.field" "int" (func $f_int (param i64)))
  (import "probe1.field" "float" (func $f_float (param i64)))
  (import "probe1.field" "truthy" (func $f_truthy (param i64)))
  (import "probe1.field" "len" (func $f_len (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func (export "fn:shop.cart.*:entry")
    (local $i i32) (local $v i64)
    (loop $next
      (local.set $v (call $arg (local.get $i)))
      (call $f_v (local.get $v))
      (call $f_kind (call $box (call $kind (local.get $v))))
      (call $f_int (i64.reinterpret_f64 (f64.convert_i64_s (call $int (local.get $v) (i64.const -7)))))
      (call $f_float (i64.reinterpret_f64 (call $float (local.get $v) (f64.const -7.5))))
      (call $f_truthy (call $box (call $truthy (local.get $v))))
      (call $f_len (call $box (call $len (local.get $v))))
      (drop (call $emit))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_s (local.get $i) (call $nargs))))))
