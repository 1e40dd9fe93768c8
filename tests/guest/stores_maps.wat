;; Maps: absent, set, copied, added to, deleted; ints past 48 bits, overflow, what is no number, errors passed on.
;; frame: {"args":["k",{"$tuple":[1,"a"]},"text",9223372036854775807,1.5,null]}
;; fire: entry
;; expect record {"probe":"first","point":"entry","fields":{"v":{"$error":"ABSENT"}}}
;; expect record {"probe":"first","point":"entry","fields":{"v":0}}
;; expect record {"probe":"first","point":"entry","fields":{"v":"text"}}
;; expect record {"probe":"first","point":"entry","fields":{"v":{"$error":"ABSENT"}}}
;; expect record {"probe":"first","point":"entry","fields":{"v":5}}
;; expect record {"probe":"first","point":"entry","fields":{"v":6.5}}
;; expect record {"probe":"first","point":"entry","fields":{"v":{"$error":"KIND"}}}
;; expect record {"probe":"first","point":"entry","fields":{"v":0}}
;; expect record {"probe":"first","point":"entry","fields":{"v":{"$error":"RANGE"}}}
;; expect record {"probe":"first","point":"entry","fields":{"v":{"$int":"9223372036854775806"}}}
;; expect record {"probe":"first","point":"entry","fields":{"v":{"$int":"9223372036854775806"}}}
;; expect record {"probe":"first","point":"entry","fields":{"v":1}}
;; expect record {"probe":"first","point":"entry","fields":{"v":0}}
;; expect record {"probe":"first","point":"entry","fields":{"v":0}}
;; expect record {"probe":"second","point":"entry","fields":{"v":"literal"}}
;; expect record {"probe":"second","point":"entry","fields":{"v":{"$error":"STALE"}}}
;; expect record {"probe":"second","point":"entry","fields":{"v":{"$error":"STALE"}}}
;; expect record {"probe":"second","point":"entry","fields":{"v":{"$error":"CODE"}}}
;; expect record {"probe":"second","point":"entry","fields":{"v":{"$error":"KIND"}}}
;; expect record {"probe":"second","point":"entry","fields":{"v":-6}}
;; expect record {"probe":"second","point":"entry","fields":{"v":-5}}
;; expect record {"probe":"second","point":"entry","fields":{"v":-1}}
;; expect summary {"probe":"first","firings":1,"rejected":0,"records":14,"faults":{},"drops":{}}
;; expect summary {"probe":"second","firings":1,"rejected":0,"records":8,"faults":{},"drops":{}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1.str" "literal" (func $lit (result i64)))
  (import "probe1.map.get" "m" (func $get (param i64) (result i64)))
  (import "probe1.map.set" "m" (func $set (param i64 i64) (result i32)))
  (import "probe1.map.del" "m" (func $del (param i64) (result i32)))
  (import "probe1.map.add" "m" (func $add (param i64 i64) (result i64)))
  (import "probe1.map.get" "other" (func $other (param i64) (result i64)))
  (import "probe1.field" "v" (func $v (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $show (param i64) (call $v (local.get 0)) (drop (call $emit)))
  (func $n (param $n i32) (result i64)
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func $status (param i32) (call $show (call $n (local.get 0))))
  (func (export "fn:shop.cart.*:entry#first") (local $k i64) (local $t i64)
    (local.set $k (call $arg (i32.const 0)))
    (local.set $t (call $arg (i32.const 1)))
    (call $show (call $get (local.get $k)))
    (call $status (call $set (local.get $t) (call $arg (i32.const 2))))
    (call $show (call $get (local.get $t)))
    (call $show (call $other (local.get $t)))
    (call $show (call $add (local.get $k) (call $n (i32.const 5))))
    (call $show (call $add (local.get $k) (call $arg (i32.const 4))))
    (call $show (call $add (local.get $t) (call $n (i32.const 1))))
    (call $status (call $set (local.get $k) (call $arg (i32.const 3))))
    (call $show (call $add (local.get $k) (call $n (i32.const 1))))
    (call $show (call $add (local.get $k) (call $n (i32.const -1))))
    (call $show (call $get (local.get $k)))
    (call $status (call $del (local.get $k)))
    (call $status (call $del (local.get $k)))
    (call $status (call $set (call $arg (i32.const 5)) (call $lit))))
  (func (export "fn:shop.cart.*:entry#second")
    (call $show (call $get (call $arg (i32.const 5))))
    (call $show (call $get (i64.const 0xFFFA_0400_0042_0000)))
    (call $show (call $get (i64.const 0xFFFA_0400_0000_FFFF)))
    (call $show (call $add (call $lit) (i64.const 0xFFFB_0000_0000_0003)))
    (call $show (call $add (call $lit) (call $lit)))
    (call $status (call $set (call $lit) (i64.const 0xFFFB_0000_0000_0006)))
    (call $status (call $set (i64.const 0xFFFF_0000_0000_0000) (call $lit)))
    (call $status (call $del (call $arg (i32.const 99))))))
