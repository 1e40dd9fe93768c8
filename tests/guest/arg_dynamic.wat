;; Arguments by a number that only run time knows; at exits the current ones. What the hook hands over is not asked of the frame.
;; frame: {"args":{"self":"me","n":{"$int":"36893488147419103232"}},"rest":[2.5,"last"]}
;; fire: entry
;; fire: entry {"1":"handed"}
;; frame: {"args":{"self":{"$deleted":true},"n":"rebound"},"rest":[2.5,"last"]}
;; fire: return [1]
;; fire: raise E "x"
;; frame: {}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"arg(0)":"me","arg(1)":{"$int":"36893488147419103232"},"arg(2)":2.5,"arg(3)":"last","arg(4)":{"$error":"ABSENT"},"arg(-1)":"last","arg(-2)":2.5,"arg(-4)":"me","arg(-5)":{"$error":"ABSENT"},"arg(2147483647)":{"$error":"ABSENT"},"arg(-2147483648)":{"$error":"ABSENT"},"nargs":4,"retval":{"$error":"POINT"},"exception":{"$error":"POINT"},"arg1":{"$int":"36893488147419103232"}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"arg(0)":"me","arg(1)":"handed","arg(2)":2.5,"arg(3)":"last","arg(4)":{"$error":"ABSENT"},"arg(-1)":"last","arg(-2)":2.5,"arg(-4)":"me","arg(-5)":{"$error":"ABSENT"},"arg(2147483647)":{"$error":"ABSENT"},"arg(-2147483648)":{"$error":"ABSENT"},"nargs":4,"retval":{"$error":"POINT"},"exception":{"$error":"POINT"},"arg1":"handed"}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"arg(0)":{"$error":"ABSENT"},"arg(1)":"rebound","arg(2)":2.5,"arg(3)":"last","arg(4)":{"$error":"ABSENT"},"arg(-1)":"last","arg(-2)":2.5,"arg(-4)":{"$error":"ABSENT"},"arg(-5)":{"$error":"ABSENT"},"arg(2147483647)":{"$error":"ABSENT"},"arg(-2147483648)":{"$error":"ABSENT"},"nargs":4,"retval":[1],"exception":null,"arg1":"rebound"}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"arg(0)":{"$error":"ABSENT"},"arg(1)":"rebound","arg(2)":2.5,"arg(3)":"last","arg(4)":{"$error":"ABSENT"},"arg(-1)":"last","arg(-2)":2.5,"arg(-4)":{"$error":"ABSENT"},"arg(-5)":{"$error":"ABSENT"},"arg(2147483647)":{"$error":"ABSENT"},"arg(-2147483648)":{"$error":"ABSENT"},"nargs":4,"retval":{"$error":"POINT"},"exception":{"$type":"E","args":{"$tuple":["x"]}},"arg1":"rebound"}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"arg(0)":{"$error":"ABSENT"},"arg(1)":{"$error":"ABSENT"},"arg(2)":{"$error":"ABSENT"},"arg(3)":{"$error":"ABSENT"},"arg(4)":{"$error":"ABSENT"},"arg(-1)":{"$error":"ABSENT"},"arg(-2)":{"$error":"ABSENT"},"arg(-4)":{"$error":"ABSENT"},"arg(-5)":{"$error":"ABSENT"},"arg(2147483647)":{"$error":"ABSENT"},"arg(-2147483648)":{"$error":"ABSENT"},"nargs":0,"retval":{"$error":"POINT"},"exception":{"$error":"POINT"},"arg1":{"$error":"ABSENT"}}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":3,"rejected":0,"records":3,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.cart.*:exit","firings":2,"rejected":0,"records":2,"faults":{},"drops":{}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "nargs" (func $nargs (result i32)))
  (import "probe1" "retval" (func $retval (result i64)))
  (import "probe1" "exception" (func $exception (result i64)))
  (import "probe1.get" "arg1" (func $arg1 (result i64)))
  (import "probe1.field" "arg(0)" (func $f0 (param i64)))
  (import "probe1.field" "arg(1)" (func $f1 (param i64)))
  (import "probe1.field" "arg(2)" (func $f2 (param i64)))
  (import "probe1.field" "arg(3)" (func $f3 (param i64)))
  (import "probe1.field" "arg(4)" (func $f4 (param i64)))
  (import "probe1.field" "arg(-1)" (func $f5 (param i64)))
  (import "probe1.field" "arg(-2)" (func $f6 (param i64)))
  (import "probe1.field" "arg(-4)" (func $f7 (param i64)))
  (import "probe1.field" "arg(-5)" (func $f8 (param i64)))
  (import "probe1.field" "arg(2147483647)" (func $f9 (param i64)))
  (import "probe1.field" "arg(-2147483648)" (func $f10 (param i64)))
  (import "probe1.field" "nargs" (func $f_nargs (param i64)))
  (import "probe1.field" "retval" (func $f_retval (param i64)))
  (import "probe1.field" "exception" (func $f_exception (param i64)))
  (import "probe1.field" "arg1" (func $f_arg1 (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func $all
    (call $f0 (call $arg (i32.const 0)))
    (call $f1 (call $arg (i32.const 1)))
    (call $f2 (call $arg (i32.const 2)))
    (call $f3 (call $arg (i32.const 3)))
    (call $f4 (call $arg (i32.const 4)))
    (call $f5 (call $arg (i32.const -1)))
    (call $f6 (call $arg (i32.const -2)))
    (call $f7 (call $arg (i32.const -4)))
    (call $f8 (call $arg (i32.const -5)))
    (call $f9 (call $arg (i32.const 2147483647)))
    (call $f10 (call $arg (i32.const -2147483648)))
    (call $f_nargs (call $box (call $nargs)))
    (call $f_retval (call $retval)) (call $f_exception (call $exception)) (call $f_arg1 (call $arg1))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry") (call $all))
  (func (export "fn:shop.cart.*:exit") (call $all)))
