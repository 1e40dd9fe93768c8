;; Clocks and numbers; the last firing is of a call whose entry was not seen.
;; frame: {}
;; fire: entry
;; fire: return 1
;; fire: return 1
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"$$pid is an int, not below 0":true,"$$tid is an int, not below 0":true,"$$now is an int, not below 0":true,"$$mono is an int, not below 0":true,"$$cpu is an int, not below 0":true,"$$elapsed is an int, not below 0":true,"clocks agree":true,"elapsed grows or is -1":true,"rand in [0, 1), not twice the same":true,"abi":0}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"$$pid is an int, not below 0":true,"$$tid is an int, not below 0":true,"$$now is an int, not below 0":true,"$$mono is an int, not below 0":true,"$$cpu is an int, not below 0":true,"$$elapsed is an int, not below 0":true,"clocks agree":true,"elapsed grows or is -1":true,"rand in [0, 1), not twice the same":true,"abi":0}}
;; expect record {"probe":"fn:shop.cart.*:exit","point":"return","fields":{"$$pid is an int, not below 0":true,"$$tid is an int, not below 0":true,"$$now is an int, not below 0":true,"$$mono is an int, not below 0":true,"$$cpu is an int, not below 0":true,"$$elapsed is an int, not below 0":false,"clocks agree":true,"elapsed grows or is -1":true,"rand in [0, 1), not twice the same":true,"abi":0}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"fn:shop.cart.*:exit","firings":2,"rejected":0,"records":2,"faults":{},"drops":{}}
(module
  (import "probe1.get" "$pid" (func $g0 (result i64)))
  (import "probe1.field" "$pid is an int, not below 0" (func $f0 (param i64)))
  (import "probe1.get" "$tid" (func $g1 (result i64)))
  (import "probe1.field" "$tid is an int, not below 0" (func $f1 (param i64)))
  (import "probe1.get" "$now" (func $g2 (result i64)))
  (import "probe1.field" "$now is an int, not below 0" (func $f2 (param i64)))
  (import "probe1.get" "$mono" (func $g3 (result i64)))
  (import "probe1.field" "$mono is an int, not below 0" (func $f3 (param i64)))
  (import "probe1.get" "$cpu" (func $g4 (result i64)))
  (import "probe1.field" "$cpu is an int, not below 0" (func $f4 (param i64)))
  (import "probe1.get" "$elapsed" (func $g5 (result i64)))
  (import "probe1.field" "$elapsed is an int, not below 0" (func $f5 (param i64)))
  (import "probe1" "int" (func $int (param i64 i64) (result i64)))
  (import "probe1" "kind" (func $kind (param i64) (result i32)))
  (import "probe1" "now_mono" (func $now_mono (result i64)))
  (import "probe1" "now_wall" (func $now_wall (result i64)))
  (import "probe1" "elapsed" (func $elapsed (result i64)))
  (import "probe1" "rand" (func $rand (result f64)))
  (import "probe1" "abi" (func $abi (result i32)))
  (import "probe1.field" "clocks agree" (func $f_clock (param i64)))
  (import "probe1.field" "elapsed grows or is -1" (func $f_elapsed (param i64)))
  (import "probe1.field" "rand in [0, 1), not twice the same" (func $f_rand (param i64)))
  (import "probe1.field" "abi" (func $f_abi (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (func $bool (param $b i32) (result i64) (i64.add (i64.const 0xFFF8_0000_0000_0002) (i64.extend_i32_u (local.get $b))))
  (func $fine (param $v i64) (result i64)
    (call $bool (i32.and (i32.eq (call $kind (local.get $v)) (i32.const 2))
      (i64.ge_s (call $int (local.get $v) (i64.const -1)) (i64.const 0)))))
  (func $near (param $a i64) (param $b i64) (result i32) ;; $b is at most a minute later
    (i64.lt_u (i64.sub (local.get $b) (local.get $a)) (i64.const 60_000_000_000)))
  (func $all
    (local $a f64) (local $b f64)
    (call $f0 (call $fine (call $g0)))
    (call $f1 (call $fine (call $g1)))
    (call $f2 (call $fine (call $g2)))
    (call $f3 (call $fine (call $g3)))
    (call $f4 (call $fine (call $g4)))
    (call $f5 (call $fine (call $g5)))
    (call $f_clock (call $bool (i32.and
      (call $near (call $int (call $g3) (i64.const 0)) (call $now_mono))
      (call $near (call $int (call $g2) (i64.const 0)) (call $now_wall)))))
    (call $f_elapsed (call $bool (i32.or
      (i64.eq (call $elapsed) (i64.const -1))
      (i64.le_s (call $elapsed) (call $int (call $g5) (i64.const 0))))))
    (local.set $a (call $rand)) (local.set $b (call $rand))
    (call $f_rand (call $bool (i32.and (f64.ne (local.get $a) (local.get $b))
      (i32.and (f64.ge (local.get $a) (f64.const 0)) (f64.lt (local.get $a) (f64.const 1))))))
    (call $f_abi (call $box (call $abi)))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry") (call $all))
  (func (export "fn:shop.cart.*:exit") (call $all)))
