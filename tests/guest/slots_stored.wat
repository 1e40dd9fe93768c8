;; What is kept is a copy: cut like any value, the same after the original changed; too much is refused.
;; budget: value_str_bytes_max=10 value_items_max=60
;; frame: {"args":["short","rather too long",140737488355328,{"$int":"9223372036854775808"},[1,[2,[3,[4]]]],{"$range":61},{"$bytes":"xy"},{"$object":"shop.Cart","n":1},null,1.5,{"$set":[1]},{"k":"v"}]}
;; fire: entry
;; frame: {}
;; fire: return null
;; frame: {"args":["again"]}
;; fire: entry
;; fire: raise E
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":"short","kind":4,"truthy":1,"len":5}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":{"$truncated":"bytes","total":15,"value":"rather too"},"kind":4,"truthy":1,"len":15}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":140737488355328,"kind":2,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":{"$int":"9223372036854775808"},"kind":2,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":[1,[2,[3,{"$truncated":"depth","total":1,"value":{"$type":"list"}}]]],"kind":6,"truthy":1,"len":2}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":{"$truncated":"items","total":61,"value":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59]},"kind":6,"truthy":1,"len":61}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":{"$bytes":"eHk="},"kind":5,"truthy":1,"len":2}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":{"$type":"shop.Cart","n":1},"kind":15,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":null,"kind":0,"truthy":0,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":1.5,"kind":3,"truthy":1,"len":-2}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":{"$set":[1]},"kind":9,"truthy":1,"len":1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":{"k":"v"},"kind":8,"truthy":1,"len":1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":"again","kind":4,"truthy":1,"len":5}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"raise","fields":{"v":{"$error":"ABSENT"},"kind":255,"truthy":0,"len":-1}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":2,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.cart.*:exit","firings":2,"rejected":0,"records":26,"faults":{},"drops":{}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "kind" (func $kind (param i64) (result i32)))
  (import "probe1" "truthy" (func $truthy (param i64) (result i32)))
  (import "probe1" "len" (func $len (param i64) (result i32)))
  (import "probe1" "int" (func $int (param i64 i64) (result i64)))
  (import "probe1.slot.set" "s0" (func $set0 (param i64) (result i32)))
  (import "probe1.slot" "s0" (func $get0 (result i64)))
  (import "probe1.slot.set" "s1" (func $set1 (param i64) (result i32)))
  (import "probe1.slot" "s1" (func $get1 (result i64)))
  (import "probe1.slot.set" "s2" (func $set2 (param i64) (result i32)))
  (import "probe1.slot" "s2" (func $get2 (result i64)))
  (import "probe1.slot.set" "s3" (func $set3 (param i64) (result i32)))
  (import "probe1.slot" "s3" (func $get3 (result i64)))
  (import "probe1.slot.set" "s4" (func $set4 (param i64) (result i32)))
  (import "probe1.slot" "s4" (func $get4 (result i64)))
  (import "probe1.slot.set" "s5" (func $set5 (param i64) (result i32)))
  (import "probe1.slot" "s5" (func $get5 (result i64)))
  (import "probe1.slot.set" "s6" (func $set6 (param i64) (result i32)))
  (import "probe1.slot" "s6" (func $get6 (result i64)))
  (import "probe1.slot.set" "s7" (func $set7 (param i64) (result i32)))
  (import "probe1.slot" "s7" (func $get7 (result i64)))
  (import "probe1.slot.set" "s8" (func $set8 (param i64) (result i32)))
  (import "probe1.slot" "s8" (func $get8 (result i64)))
  (import "probe1.slot.set" "s9" (func $set9 (param i64) (result i32)))
  (import "probe1.slot" "s9" (func $get9 (result i64)))
  (import "probe1.slot.set" "s10" (func $set10 (param i64) (result i32)))
  (import "probe1.slot" "s10" (func $get10 (result i64)))
  (import "probe1.slot.set" "s11" (func $set11 (param i64) (result i32)))
  (import "probe1.slot" "s11" (func $get11 (result i64)))
  (import "probe1.slot.set" "s12" (func $set12 (param i64) (result i32)))
  (import "probe1.slot" "s12" (func $get12 (result i64)))
  (import "probe1.field" "v" (func $f_v (param i64)))
  (import "probe1.field" "kind" (func $f_kind (param i64)))
  (import "probe1.field" "truthy" (func $f_truthy (param i64)))
  (import "probe1.field" "len" (func $f_len (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func $show (param $v i64)
    (call $f_v (local.get $v))
    (call $f_kind (call $box (call $kind (local.get $v))))
    (call $f_truthy (call $box (call $truthy (local.get $v))))
    (call $f_len (call $box (call $len (local.get $v))))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry")
    (drop (call $set0 (call $arg (i32.const 0))))
    (drop (call $set1 (call $arg (i32.const 1))))
    (drop (call $set2 (call $arg (i32.const 2))))
    (drop (call $set3 (call $arg (i32.const 3))))
    (drop (call $set4 (call $arg (i32.const 4))))
    (drop (call $set5 (call $arg (i32.const 5))))
    (drop (call $set6 (call $arg (i32.const 6))))
    (drop (call $set7 (call $arg (i32.const 7))))
    (drop (call $set8 (call $arg (i32.const 8))))
    (drop (call $set9 (call $arg (i32.const 9))))
    (drop (call $set10 (call $arg (i32.const 10))))
    (drop (call $set11 (call $arg (i32.const 11))))
    (drop (call $set12 (call $arg (i32.const 12)))))
  (func (export "fn:shop.cart.*:exit")
    (call $show (call $get0))
    (call $show (call $get1))
    (call $show (call $get2))
    (call $show (call $get3))
    (call $show (call $get4))
    (call $show (call $get5))
    (call $show (call $get6))
    (call $show (call $get7))
    (call $show (call $get8))
    (call $show (call $get9))
    (call $show (call $get10))
    (call $show (call $get11))
    (call $show (call $get12))))
