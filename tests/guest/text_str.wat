;; Text is copied up to the capacity, cut at a code point; the result is the full length, or more than the capacity.
;; frame: {"args":["short","h\u00e9llo \u20ac\ud83d\ude00",{"$repeat":["\u00e9",20000]},{"$repeat":["a",200000]},{"$bytes":"xyz"},7,null,[1,"two",{"k":[2,[3]]}],{"$object":"shop.Cart","n":1},{"$int":"-170141183460469231731687303715884105727"},1.5,{"$tuple":["it's"]},{"$set":[]},{"$named":["function","shop.f"]},{"$range":20}]}
;; fire: 2x entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":5,"text":"short........"}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":14,"text":"héllo €..."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":16388,"text":"éééééé."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":200000,"text":"aaaaaaaaaaaa."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-2,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-1,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":3,"text":"lé.........."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-5,"text":"............."}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-8}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-8}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-8}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":-8}}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"n":5}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":2,"rejected":0,"records":23,"faults":{},"drops":{}}
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1" "str" (func $it (param i64 i32 i32) (result i32)))
  (import "probe1" "lit" (func $lit (param i32 i32) (result i64)))
  (import "probe1" "every" (func $every (param i32) (result i32)))
  (import "probe1.field" "n" (func $fn (param i64)))
  (import "probe1.field.str" "text" (func $ft (param i32 i32)))
  (import "probe1" "emit" (func $emit (result i32)))
  (memory (export "memory") 1)
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (data (i32.const 32) "l\c3\a9")
  (func $one (param $v i64)
    (local $n i32)
    (memory.fill (i32.const 64) (i32.const 46) (i32.const 14))
    (local.set $n (call $it (local.get $v) (i32.const 64) (i32.const 12)))
    (call $fn (call $box (local.get $n)))
    (call $ft (i32.const 64) (i32.const 13))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry")
    (if (call $every (i32.const 2)) (then
    (call $one (call $arg (i32.const 0)))
      (call $one (call $arg (i32.const 1)))
      (call $one (call $arg (i32.const 2)))
      (call $one (call $arg (i32.const 3)))
      (call $one (call $arg (i32.const 4)))
      (call $one (call $arg (i32.const 5)))
      (call $one (call $arg (i32.const 6)))
      (call $one (call $arg (i32.const 7)))
      (call $one (call $arg (i32.const 8)))
      (call $one (call $arg (i32.const 9)))
      (call $one (call $arg (i32.const 10))))
    (else
    (call $one (call $arg (i32.const 11)))
      (call $one (call $arg (i32.const 12)))
      (call $one (call $arg (i32.const 13)))
      (call $one (call $arg (i32.const 14)))
      (call $one (call $arg (i32.const 99)))
      (call $one (call $lit (i32.const 32) (i32.const 3)))
      (call $one (i64.const 0xFFFA_0400_0001_FFFF))
      (call $fn (call $box (call $it (call $arg (i32.const 0)) (i32.const 65536) (i32.const 1)))) (drop (call $emit))
      (call $fn (call $box (call $it (call $arg (i32.const 0)) (i32.const -1) (i32.const 1)))) (drop (call $emit))
      (call $fn (call $box (call $it (call $arg (i32.const 0)) (i32.const 0) (i32.const -1)))) (drop (call $emit))
      (call $fn (call $box (call $it (call $arg (i32.const 0)) (i32.const 65530) (i32.const 7)))) (drop (call $emit))
      (call $fn (call $box (call $it (call $arg (i32.const 0)) (i32.const 65536) (i32.const 0)))) (drop (call $emit))))))
