;; Patterns under the tags of none, bools, ints and errors that nobody is told to make.
;; frame: {"args":["text"]}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":null,"kind":0,"int":-7,"truthy":0,"len":-2,"eq":1,"cmp":0,"kept":null}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":null,"kind":0,"int":-7,"truthy":0,"len":-2,"eq":1,"cmp":0,"kept":null}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":false,"kind":1,"int":0,"truthy":0,"len":-2,"eq":1,"cmp":0,"kept":false}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":true,"kind":1,"int":1,"truthy":1,"len":-2,"eq":1,"cmp":0,"kept":true}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":null,"kind":0,"int":-7,"truthy":0,"len":-2,"eq":1,"cmp":0,"kept":null}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":null,"kind":0,"int":-7,"truthy":0,"len":-2,"eq":1,"cmp":0,"kept":null}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":0,"kind":2,"int":0,"truthy":0,"len":-2,"eq":1,"cmp":0,"kept":0}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":-140737488355328,"kind":2,"int":-140737488355328,"truthy":1,"len":-2,"eq":1,"cmp":0,"kept":-140737488355328}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":140737488355327,"kind":2,"int":140737488355327,"truthy":1,"len":-2,"eq":1,"cmp":0,"kept":140737488355327}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$error":"ABSENT"},"kind":255,"int":-7,"truthy":0,"len":-1,"eq":-1,"cmp":-1,"kept":{"$error":"ABSENT"}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$error":"INTERNAL"},"kind":255,"int":-7,"truthy":0,"len":-10,"eq":-10,"cmp":-10,"kept":{"$error":"INTERNAL"}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$error":"DROPPED"},"kind":255,"int":-7,"truthy":0,"len":-11,"eq":-11,"cmp":-11,"kept":{"$error":"DROPPED"}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$error":"INTERNAL"},"kind":255,"int":-7,"truthy":0,"len":-10,"eq":-10,"cmp":-10,"kept":{"$error":"INTERNAL"}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$error":"INTERNAL"},"kind":255,"int":-7,"truthy":0,"len":-10,"eq":-10,"cmp":-10,"kept":{"$error":"INTERNAL"}}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"v":{"$error":"STALE"},"kind":255,"int":-7,"truthy":0,"len":-5,"eq":-5,"cmp":-5,"kept":{"$error":"STALE"}}}
;; expect aggregation {"name":"by bits","kind":"count","key":[],"value":4}
;; expect aggregation {"name":"by bits","kind":"count","key":[false],"value":1}
;; expect aggregation {"name":"by bits","kind":"count","key":[true],"value":1}
;; expect aggregation {"name":"by bits","kind":"count","key":[0],"value":1}
;; expect aggregation {"name":"by bits","kind":"count","key":[-140737488355328],"value":1}
;; expect aggregation {"name":"by bits","kind":"count","key":[140737488355327],"value":1}
;; expect aggregation {"name":"by bits","kind":"count","key":[{"$error":"ABSENT"}],"value":1}
;; expect aggregation {"name":"by bits","kind":"count","key":[{"$error":"STALE"}],"value":1}
;; expect aggregation {"name":"by bits","kind":"count","key":[{"$error":"INTERNAL"}],"value":3}
;; expect aggregation {"name":"by bits","kind":"count","key":[{"$error":"DROPPED"}],"value":1}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":15,"faults":{},"drops":{}}
(module
  (import "probe1" "kind" (func $kind (param i64) (result i32)))
  (import "probe1" "int" (func $int (param i64 i64) (result i64)))
  (import "probe1" "truthy" (func $truthy (param i64) (result i32)))
  (import "probe1" "len" (func $len (param i64) (result i32)))
  (import "probe1" "eq" (func $eq (param i64 i64) (result i32)))
  (import "probe1" "cmp" (func $cmp (param i64 i64) (result i32)))
  (import "probe1.count" "by bits" (func $count (param i64)))
  (import "probe1.slot.set" "kept" (func $keep (param i64) (result i32)))
  (import "probe1.slot" "kept" (func $kept (result i64)))
  (import "probe1.str" "literal" (func $literal (result i64)))
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1.field" "v" (func $f_v (param i64)))
  (import "probe1.field" "kind" (func $f_kind (param i64)))
  (import "probe1.field" "int" (func $f_int (param i64)))
  (import "probe1.field" "truthy" (func $f_truthy (param i64)))
  (import "probe1.field" "len" (func $f_len (param i64)))
  (import "probe1.field" "eq" (func $f_eq (param i64)))
  (import "probe1.field" "cmp" (func $f_cmp (param i64)))
  (import "probe1.field" "kept" (func $f_kept (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\00\00\00\00\00\f8\ff\01\00\00\00\00\00\f8\ff\02\00\00\00\00\00\f8\ff\03\00\00\00\00\00\f8\ff\04\00\00\00\00\00\f8\ff\ff\ff\ff\ff\ff\ff\f8\ff\00\00\00\00\00\00\f9\ff\00\00\00\00\00\80\f9\ff\ff\ff\ff\ff\ff\7f\f9\ff\01\00\00\00\00\00\fb\ff\00\00\00\00\00\00\fb\ff\0b\00\00\00\00\00\fb\ff\0c\00\00\00\00\00\fb\ff\ff\00\00\00\00\00\fb\ff\05\ff\ff\ff\ff\ff\fb\ff")
  (func (export "fn:shop.cart.*:entry")
    (local $i i32) (local $v i64)
    (drop (call $literal)) (drop (call $arg (i32.const 0)))
    (loop $next
      (local.set $v (i64.load (local.get $i)))
      (call $f_v (local.get $v))
      (call $f_kind (call $box (call $kind (local.get $v))))
      (call $f_int (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.const 0xFFFF_FFFF_FFFF)
        (call $int (local.get $v) (i64.const -7)))))
      (call $f_truthy (call $box (call $truthy (local.get $v))))
      (call $f_len (call $box (call $len (local.get $v))))
      (call $f_eq (call $box (call $eq (local.get $v) (local.get $v))))
      (call $f_cmp (call $box (call $cmp (local.get $v) (local.get $v))))
      (call $count (local.get $v))
      (drop (call $keep (local.get $v)))
      (call $f_kept (call $kept))
      (drop (call $emit))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 120))))))
