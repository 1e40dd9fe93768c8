;; `eq` 0 or 1; `cmp` -1, 0, 1, or 2 for what has no order. A copy compares as what it was copied from.
;; frame: {"args":[1,1, 1,2, 2,1, 1,1.0, true,1, true,1.0, 0.0,-0.0, 1,1.5, {"$float":"nan"},{"$float":"nan"}, {"$float":"nan"},1, 9007199254740993,9007199254740992.0, 9223372036854775807,9223372036854775808.0, {"$float":"inf"},{"$int":"9223372036854775807"}, null,null, null,0]}
;; fire: entry
;; frame: {"args":[{"$int":"9223372036854775808"},{"$int":"9223372036854775808"}, {"$int":"9223372036854775808"},9223372036854775808.0, {"$int":"9223372036854775808"},5, -5,{"$int":"-9223372036854775809"}, {"$int":"9223372036854775809"},9223372036854775808.0, {"$int":"200000000000000"},200000000000000, {"$int":"200000000000000"},200000000000000.0, 200000000000000,200000000000001]}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":1,"b":1,"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":1,"b":2,"eq":0,"cmp":-1,"as a copy":-1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":2,"b":1,"eq":0,"cmp":1,"as a copy":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":1,"b":1.0,"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":true,"b":1,"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":true,"b":1.0,"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":0.0,"b":-0.0,"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":1,"b":1.5,"eq":0,"cmp":-1,"as a copy":-1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$float":"nan"},"b":{"$float":"nan"},"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$float":"nan"},"b":1,"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$int":"9007199254740993"},"b":9007199254740992.0,"eq":0,"cmp":1,"as a copy":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$int":"9223372036854775807"},"b":9.223372036854776e+18,"eq":0,"cmp":-1,"as a copy":-1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$float":"inf"},"b":{"$int":"9223372036854775807"},"eq":0,"cmp":1,"as a copy":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":null,"b":null,"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":null,"b":0,"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$int":"9223372036854775808"},"b":{"$int":"9223372036854775808"},"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$int":"9223372036854775808"},"b":9.223372036854776e+18,"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$int":"9223372036854775808"},"b":5,"eq":0,"cmp":1,"as a copy":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":-5,"b":{"$int":"-9223372036854775809"},"eq":0,"cmp":1,"as a copy":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$int":"9223372036854775809"},"b":9.223372036854776e+18,"eq":0,"cmp":1,"as a copy":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":200000000000000,"b":200000000000000,"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":200000000000000,"b":200000000000000.0,"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":200000000000000,"b":200000000000001,"eq":0,"cmp":-1,"as a copy":-1}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":23,"faults":{},"drops":{}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "nargs" (func $nargs (result i32)))
  (import "probe1" "eq" (func $eq (param i64 i64) (result i32)))
  (import "probe1" "cmp" (func $cmp (param i64 i64) (result i32)))
  (import "probe1.slot.set" "a" (func $keep (param i64) (result i32)))
  (import "probe1.slot" "a" (func $kept (result i64)))
  (import "probe1.field" "a" (func $f_a (param i64)))
  (import "probe1.field" "b" (func $f_b (param i64)))
  (import "probe1.field" "eq" (func $f_eq (param i64)))
  (import "probe1.field" "cmp" (func $f_cmp (param i64)))
  (import "probe1.field" "as a copy" (func $f_copy (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func (export "fn:shop.cart.*:entry")
    (local $i i32) (local $a i64) (local $b i64)
    (loop $next
      (local.set $a (call $arg (local.get $i)))
      (local.set $b (call $arg (i32.add (local.get $i) (i32.const 1))))
      (call $f_a (local.get $a))
      (call $f_b (local.get $b))
      (call $f_eq (call $box (call $eq (local.get $a) (local.get $b))))
      (call $f_cmp (call $box (call $cmp (local.get $a) (local.get $b))))
      ;; the same with a kept copy of the first: two digits, eq and cmp
      (drop (call $keep (local.get $a)))
      (call $f_copy (call $box (i32.add
        (i32.mul (call $eq (call $kept) (local.get $b)) (i32.const 10))
        (call $cmp (call $kept) (local.get $b)))))
      (drop (call $emit))
      (local.set $i (i32.add (local.get $i) (i32.const 2)))
      (br_if $next (i32.lt_s (local.get $i) (call $nargs))))))
