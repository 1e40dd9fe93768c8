;; What `kind int float truthy len` say of what has parts, or none. 16 bits of length in the handle are not all there is.
;; frame: {"args":[{"$bytes":"xy"},[],[0],{"$tuple":[]},{"$tuple":[1,2]},{},{"a":1},{"$set":[]},{"$set":[1]},{"$frozenset":[1,2,3]},{"$object":"shop.Empty"},{"$object":"shop.Cart","n":1},{"$exception":"E","args":{"$tuple":[]}},{"$named":["type","shop.Cart"]},{"$named":["function","shop.f"]}]}
;; fire: entry
;; budget: value_str_bytes_max=10 value_items_max=3
;; frame: {"args":[{"$named":["module","shop"]},{"$named":["coroutine","shop.co"]},{"$named":["frame",""]},{"$repeat":["é",65534]},{"$repeat":["é",65535]},{"$repeat":["é",65536]},{"$range":70000},{"$bytes_repeat":["z",65537]},{"$cycle":true}]}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$bytes":"eHk="},"kind":5,"int":-7.0,"float":-7.5,"truthy":1,"len":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":[],"kind":6,"int":-7.0,"float":-7.5,"truthy":0,"len":0}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":[0],"kind":6,"int":-7.0,"float":-7.5,"truthy":1,"len":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$tuple":[]},"kind":7,"int":-7.0,"float":-7.5,"truthy":0,"len":0}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$tuple":[1,2]},"kind":7,"int":-7.0,"float":-7.5,"truthy":1,"len":2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{},"kind":8,"int":-7.0,"float":-7.5,"truthy":0,"len":0}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"a":1},"kind":8,"int":-7.0,"float":-7.5,"truthy":1,"len":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$set":[]},"kind":9,"int":-7.0,"float":-7.5,"truthy":0,"len":0}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$set":[1]},"kind":9,"int":-7.0,"float":-7.5,"truthy":1,"len":1}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$set":[1,2,3]},"kind":10,"int":-7.0,"float":-7.5,"truthy":1,"len":3}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$type":"shop.Empty"},"kind":15,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$type":"shop.Cart","n":1},"kind":15,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$type":"E","args":{"$tuple":[]}},"kind":11,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$type":"shop.Cart"},"kind":12,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$type":"shop.f"},"kind":13,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$type":"shop"},"kind":14,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$type":"shop.co"},"kind":18,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$type":""},"kind":19,"int":-7.0,"float":-7.5,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$truncated":"bytes","total":null,"value":"ééééé"},"kind":4,"int":-7.0,"float":-7.5,"truthy":1,"len":65534}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$truncated":"bytes","total":null,"value":"ééééé"},"kind":4,"int":-7.0,"float":-7.5,"truthy":1,"len":65535}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$truncated":"bytes","total":null,"value":"ééééé"},"kind":4,"int":-7.0,"float":-7.5,"truthy":1,"len":65536}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$truncated":"items","total":70000,"value":[0,1,2]},"kind":6,"int":-7.0,"float":-7.5,"truthy":1,"len":70000}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$truncated":"bytes","total":65537,"value":{"$bytes":"enp6enp6enp6eg=="}},"kind":5,"int":-7.0,"float":-7.5,"truthy":1,"len":65537}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":[{"$truncated":"cycle","total":1,"value":{"$type":"list"}}],"kind":6,"int":-7.0,"float":-7.5,"truthy":1,"len":1}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":24,"faults":{},"drops":{}}
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
