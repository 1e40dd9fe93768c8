;; budget: value_str_bytes_max=10 value_items_max=3 fuel_per_fire=1000000
;; Text by code points, bytes, sequences item by item; everything else by identity.
;; frame: {"args":["a","a", "a","b", "a","ab", "é","z", "","", "1",1, "a",{"$bytes":"a"}, {"$bytes":"a"},{"$bytes":"a"}, {"$bytes":"a"},{"$bytes":"b"}, [1,2],[1,2], [1,2],[1,3], {"$tuple":[1,"x"]},{"$tuple":[1,"x"]}, [1],{"$tuple":[1]}, {"a":1},{"a":1}, {"$set":[1]},{"$set":[1]}]}
;; fire: entry
;; frame: {"args":[{"$object":"shop.C","n":1},{"$object":"shop.C","n":1}, {"$named":["type","C"]},{"$named":["type","C"]}, {"$repeat":["a",70000]},{"$repeat":["a",70000]}, {"$repeat":["a",70000]},{"$repeat":["a",70001]}, {"$repeat":["a",3000]},{"$repeat":["a",3000]}, {"$range":5000},{"$range":5000}, {"$cycle":1},{"$cycle":1}]}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":"a","b":"a","eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":"a","b":"b","eq":0,"cmp":-1,"as a copy":-1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":"a","b":"ab","eq":0,"cmp":-1,"as a copy":-1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":"é","b":"z","eq":0,"cmp":1,"as a copy":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":"","b":"","eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":"1","b":1,"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":"a","b":{"$bytes":"YQ=="},"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$bytes":"YQ=="},"b":{"$bytes":"YQ=="},"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$bytes":"YQ=="},"b":{"$bytes":"Yg=="},"eq":0,"cmp":-1,"as a copy":-1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":[1,2],"b":[1,2],"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":[1,2],"b":[1,3],"eq":0,"cmp":-1,"as a copy":-1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$tuple":[1,"x"]},"b":{"$tuple":[1,"x"]},"eq":1,"cmp":0,"as a copy":10}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":[1],"b":{"$tuple":[1]},"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"a":1},"b":{"a":1},"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$set":[1]},"b":{"$set":[1]},"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$type":"shop.C","n":1},"b":{"$type":"shop.C","n":1},"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$type":"C"},"b":{"$type":"C"},"eq":0,"cmp":2,"as a copy":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$truncated":"bytes","total":70000,"value":"aaaaaaaaaa"},"b":{"$truncated":"bytes","total":70000,"value":"aaaaaaaaaa"},"eq":-4,"cmp":-4,"as a copy":-44}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$truncated":"bytes","total":70000,"value":"aaaaaaaaaa"},"b":{"$truncated":"bytes","total":70001,"value":"aaaaaaaaaa"},"eq":0,"cmp":-4,"as a copy":-44}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$truncated":"bytes","total":3000,"value":"aaaaaaaaaa"},"b":{"$truncated":"bytes","total":3000,"value":"aaaaaaaaaa"},"eq":1,"cmp":0,"as a copy":-44}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":{"$truncated":"items","total":5000,"value":[0,1,2]},"b":{"$truncated":"items","total":5000,"value":[0,1,2]},"eq":-4,"cmp":-4,"as a copy":-44}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"a":[{"$truncated":"cycle","total":1,"value":{"$type":"list"}}],"b":[{"$truncated":"cycle","total":1,"value":{"$type":"list"}}],"eq":-4,"cmp":-4,"as a copy":-44}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":22,"faults":{},"drops":{}}
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
